"""`/v1/programs/{key}`: read a program, see its versions and scorecards, correct a fact."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from starlette.responses import Response

from api import auth, examples, service
from api.auth import Caller
from api.http import etag, idempotency
from api.http.media import Body, body_must_be
from api.http.negotiate import JSON
from api.openapi import BODY, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, ONCE, json_answer, operation
from api.routes import given
from api.routes.given import AsOf, RubricNames
from api.store import corrections, forming, programs
from api.store.database import Database
from evaluator.derive import derive
from evaluator.program import Program
from evaluator.score import Scorecard

router = APIRouter(prefix="/v1/programs", tags=["programs"])
Key = Annotated[
    str, Path(description="Key of the program, 20 hexadecimal digits.", openapi_examples={"key": {"value": 20 * "0"}})
]


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
_DERIVED = derive(examples.program(), examples.DAY)
_MOMENT = "2026-11-24T09:30:00.000000Z"
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
_OUTCOME = forming.Outcome(key=KEY_EXAMPLE, id=_DETAIL.id, title=_DETAIL.program.title, version=2, change="changed")


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
