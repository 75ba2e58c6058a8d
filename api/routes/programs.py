"""`/v1/programs`: search them, read them, see their versions and scorecards, correct a fact."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from starlette.responses import Response

from api import auth, examples, service
from api.auth import Caller
from api.http import etag, idempotency, pages
from api.http.media import Body, body_must_be
from api.http.negotiate import JSON
from api.openapi import BODY, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, ONCE, json_answer, operation
from api.problems import Fault, ProblemError
from api.routes import given
from api.routes.given import AsOf, RubricNames
from api.store import corrections, forming, programs, search
from api.store.database import Database
from api.store.scorecards import Bar
from evaluator.derive import derive
from evaluator.program import Program
from evaluator.score import Scorecard
from evaluator.sql import parse_condition

router = APIRouter(prefix="/v1/programs", tags=["programs"])
Key = Annotated[
    str, Path(description="Key of the program, 20 hexadecimal digits.", openapi_examples={"key": {"value": 20 * "0"}})
]
SORTS = r"^-?(title|issuer|newest|score)$"


class ProgramSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A program as a list tells it."""

    key: str
    """By which `/v1/programs/{key}` knows it."""
    id: str
    """As its source calls it: an address, CTID or URN."""
    title: str | None
    issuer: str | None
    version: int
    digest: str
    facts: dict[str, Any]
    """Every known fact, and those that follow from them, as of `as_of`."""
    scores: dict[str, Bar]
    """By rubric, such as `rigor@1.0.0`, as of `as_of`."""
    as_of: str
    added: str
    changed: str


class ProgramList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the programs found."""

    programs: tuple[ProgramSummary, ...]
    next: str | None
    """The cursor of the next page; null on the last."""


class ProgramDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A program in one version."""

    key: str
    id: str
    version: int
    digest: str
    """Of the content as published, without the facts that follow from others."""
    as_of: str
    program: Program
    """With every fact's evidence, and the facts that follow from others as of `as_of`."""


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """Every content that a program had, the newest first."""

    key: str
    versions: tuple[programs.Version, ...]


class ScorecardList(msgspec.Struct, frozen=True, kw_only=True):
    """A program under several rubrics."""

    key: str
    as_of: str
    scorecards: tuple[Scorecard, ...]


class CorrectionList(msgspec.Struct, frozen=True, kw_only=True):
    """What people corrected, the oldest first."""

    key: str
    corrections: tuple[corrections.Correction, ...]


class CorrectionRequest(Body):
    """A fact as a person found it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "fact": "supervised",
                    "value": True,
                    "author": "R. Example",
                    "reason": "Watched an examination on 2026-11-20",
                }
            ]
        },
    )

    fact: str = Field(description="Name of the fact, as /v1/facts lists it.")
    value: StrictBool | StrictInt | StrictFloat | StrictStr = Field(description="What the person found.")
    author: str = Field(min_length=1, max_length=200, description="Who found it.")
    reason: str = Field(min_length=1, max_length=2000, description="How, and why it differs from what is published.")


KEY_EXAMPLE = programs.key_of(examples.program().id)
_CARD = examples.scorecard()
_BAR = Bar(evidenced=_CARD.evidenced, stated=_CARD.stated, possible=_CARD.possible, coverage=_CARD.coverage)
_DERIVED = derive(examples.program(), examples.DAY)
_MOMENT = "2026-11-24T09:30:00.000000Z"
_SUMMARY = ProgramSummary(
    key=KEY_EXAMPLE,
    id=examples.program().id,
    title=examples.program().title,
    issuer="Example College",
    version=1,
    digest=examples.program().digest(),
    facts={"identity_verified": True, "pass_mark": 0.7},
    scores={examples.rubric().name: _BAR},
    as_of=examples.DAY.isoformat(),
    added=_MOMENT,
    changed=_MOMENT,
)
_DETAIL = ProgramDetail(
    key=KEY_EXAMPLE,
    id=examples.program().id,
    version=1,
    digest=examples.program().digest(),
    as_of=examples.DAY.isoformat(),
    program=_DERIVED,
)
_VERSION = programs.Version(version=1, digest=_DETAIL.digest, made=_MOMENT, documents=(examples.source().digest,))
_CHANGE = programs.FactChange(
    fact="supervised",
    before=None,
    after=True,
    grade_before=None,
    grade_after="verified",
    conflict_before=False,
    conflict_after=False,
)
_OUTCOME = forming.Outcome(key=KEY_EXAMPLE, id=_DETAIL.id, title=_SUMMARY.title, version=2, change="changed")


@router.get(
    "",
    **operation(
        "searchPrograms",
        "Search the programs",
        json_answer(
            "A page of what was found.",
            "ProgramList",
            examples.plain(ProgramList(programs=(_SUMMARY,), next=None)),
            headers=("ETag", "Link"),
        ),
        problem_ids=["bad-cursor", "invalid"],
        parameters=[IF_NONE_MATCH],
    ),
)
def search_programs(
    request: Request,
    q: Annotated[
        str,
        Query(
            max_length=500,
            description="Words, each of which the program must hold, or a longer word that starts so.",
            openapi_examples={"words": {"value": "data analysis"}},
        ),
    ] = "",
    where: Annotated[
        str | None,
        Query(
            max_length=5000,
            description="A condition over facts, in the language of rubrics. Where a fact is not known, the condition "
            "is not met.",
            openapi_examples={"condition": {"value": "identity_verified AND pass_mark >= 0.7"}},
        ),
    ] = None,
    sort: Annotated[
        str,
        Query(
            pattern=SORTS,
            description="title, issuer, newest (first), or score (highest first); with - before it, the other way round.",
            openapi_examples={"title": {"value": "title"}},
        ),
    ] = "title",
    rubric: RubricNames = None,
    measure: Annotated[
        Literal["evidenced", "stated", "possible"],
        Query(
            description="Which of the three scores `sort=score` means, under the one rubric that is named.",
            openapi_examples={"stated": {"value": "stated"}},
        ),
    ] = "stated",
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`next` of the page before, with the same parameters.")
    ] = None,
    limit: Annotated[
        int,
        Query(ge=1, le=pages.MOST, description="Programs on a page.", openapi_examples={"few": {"value": 10}}),
    ] = pages.USUAL,
) -> Response:
    """By words, by a condition over facts, in an order, page by page."""
    chosen = given.rubrics(request, rubric, "#query/rubric")
    order = sort.removeprefix("-")
    if order == "score" and len(chosen) != 1:
        says = "To sort by score, name the one rubric that is meant: rubric=…"
        raise ProblemError("invalid", says, [Fault(pointer="#query/rubric", detail=says)])
    asked = search.Search(
        text=q,
        where=parse_condition(where) if where else None,
        order=order,  # type: ignore[arg-type]
        rubric=chosen[0].digest if order == "score" else "",
        measure=measure,
        reverse=sort.startswith("-"),
    )
    page = service.search_programs(_database(request), asked, chosen, cursor or None, limit)
    names = {each.digest: each.name for each in chosen}
    found = ProgramList(programs=tuple(_summary(each, names) for each in page.items), next=page.next)
    return etag.answer(request, msgspec.json.encode(found), JSON, headers=pages.link(request, page.next))


def _summary(found: search.Found, names: dict[str, str]) -> ProgramSummary:
    return ProgramSummary(
        key=found.key,
        id=found.id,
        title=found.title,
        issuer=found.issuer,
        version=found.version,
        digest=found.digest,
        facts=found.facts,
        scores={names[digest]: bar for digest, bar in found.bars.items()},
        as_of=found.seen_on,
        added=found.added,
        changed=found.changed,
    )


@router.get(
    "/{key}",
    **operation(
        "getProgram",
        "Read a program",
        json_answer("The program in its current version.", "ProgramDetail", examples.plain(_DETAIL)),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_program(request: Request, key: Key) -> Response:
    """What is known of it, each fact with its evidence: document, place, quote, time and grade."""
    current = _current(request, key)
    tag = _tag(current)
    if unchanged := etag.known(request, tag):
        return unchanged
    return etag.answer(request, msgspec.json.encode(_detail(current, current.program)), JSON, etag=tag)


@router.get(
    "/{key}/versions",
    **operation(
        "listVersions",
        "List the versions of a program",
        json_answer(
            "Every content that it had.",
            "VersionList",
            examples.plain(VersionList(key=KEY_EXAMPLE, versions=(_VERSION,))),
        ),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def list_versions(request: Request, key: Key) -> Response:
    """The newest first, each with the documents it rests on."""
    with _database(request).session() as session:
        found = VersionList(key=key, versions=tuple(programs.versions(session, key)))
    return etag.answer(request, msgspec.json.encode(found), JSON)


Number = Annotated[
    int,
    Path(ge=1, le=2**31 - 1, description="Number of the version, from 1.", openapi_examples={"first": {"value": 1}}),
]


@router.get(
    "/{key}/versions/{version}",
    **operation(
        "getVersion",
        "Read a program as it was",
        json_answer("The content of that version, as published.", "Program", examples.plain(examples.program())),
        problem_ids=["not-found", "invalid"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_version(request: Request, key: Key, version: Number) -> Response:
    """Without the facts that follow from others, because those depend on the day."""
    with _database(request).session() as session:
        found = programs.at_version(session, key, version)
    return etag.answer(request, msgspec.json.encode(found), JSON)


@router.get(
    "/{key}/versions/{version}/changes",
    **operation(
        "getChanges",
        "See what a version changed",
        json_answer(
            "What differs from the version before.",
            "Difference",
            examples.plain(programs.Difference(facts=(_CHANGE,), fields=(), evidence_only=())),
        ),
        problem_ids=["not-found", "invalid"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_changes(request: Request, key: Key, version: Number) -> Response:
    """Facts with their values before and after; null is unknown. The first version has no version before it."""
    found = service.difference(_database(request), key, version - 1, version)
    return etag.answer(request, msgspec.json.encode(found), JSON)


@router.get(
    "/{key}/scorecards",
    **operation(
        "getScorecards",
        "Score a program",
        json_answer(
            "One scorecard per rubric.",
            "ScorecardList",
            examples.plain(ScorecardList(key=KEY_EXAMPLE, as_of=examples.DAY.isoformat(), scorecards=(_CARD,))),
        ),
        problem_ids=["not-found", "invalid"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_scorecards(request: Request, key: Key, rubric: RubricNames = None, as_of: AsOf = None) -> Response:
    """Three scores per rubric, and every criterion with its level, reason, evidence and what would raise it."""
    chosen, day = given.rubrics(request, rubric, "#query/rubric"), as_of or given.today()
    current = _current(request, key)
    tag = etag.tag("scorecards", current.digest, day.isoformat(), *(each.digest for each in chosen))
    if unchanged := etag.known(request, tag):
        return unchanged
    cards = service.scorecards_of(_database(request), [key], chosen, day)[0]
    found = ScorecardList(key=key, as_of=day.isoformat(), scorecards=tuple(cards))
    return etag.answer(request, msgspec.json.encode(found), JSON, etag=tag)


@router.get(
    "/{key}/corrections",
    **operation(
        "listCorrections",
        "List the corrections of a program",
        json_answer(
            "What people corrected.", "CorrectionList", examples.plain(CorrectionList(key=KEY_EXAMPLE, corrections=()))
        ),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def list_corrections(request: Request, key: Key) -> Response:
    """The oldest first, each with author and reason. None is ever deleted."""
    number = _current(request, key).number
    with _database(request).session() as session:
        found = corrections.of(session, [number]).get(number, ())
    return etag.answer(request, msgspec.json.encode(CorrectionList(key=key, corrections=found)), JSON)


@router.post(
    "/{key}/corrections",
    **operation(
        "correctFact",
        "Correct a fact of a program",
        json_answer("The program in its next version.", "Outcome", examples.plain(_OUTCOME), 201, ("ETag", "Location")),
        scope="write",
        problem_ids=["not-found", "changed-meanwhile", "precondition-needed", *BODY, *ONCE],
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        checks=[Depends(body_must_be(JSON))],
    ),
)
def correct_fact(
    request: Request, key: Key, body: CorrectionRequest, caller: Annotated[Caller, Depends(auth.current)]
) -> Response:
    """What a person found is one more piece of evidence, of the grade `verified`; nothing is overwritten."""

    def work() -> Response:
        current = _current(request, key)
        etag.require_match(request, _tag(current), "program")
        correcting = service.Correcting(**body.model_dump())
        outcome = service.correct(_database(request), key, correcting, given.way(request), current.version)
        headers = {"ETag": _tag(_current(request, key)), "Location": f"/v1/programs/{key}"}
        return Response(msgspec.json.encode(outcome), 201, headers, JSON)

    return idempotency.once(request, caller, body.model_dump(), work)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _current(request: Request, key: str) -> programs.Current:
    with _database(request).session() as session:
        return programs.current(session, [key])[0]


def _detail(current: programs.Current, program: Program) -> ProgramDetail:
    day = given.today()
    return ProgramDetail(
        key=current.key,
        id=program.id,
        version=current.version,
        digest=current.digest,
        as_of=day.isoformat(),
        program=derive(program, day),
    )


def _tag(current: programs.Current) -> str:
    """Of the program as it is answered today: derived facts depend on the day."""
    return etag.tag("program", str(current.version), current.digest, given.today().isoformat())
