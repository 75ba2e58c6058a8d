"""`/v1/programs`: search the programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api import examples, service
from api.http import etag, pages
from api.http.negotiate import JSON
from api.openapi import IF_NONE_MATCH, json_answer, operation
from api.problems import Fault, ProblemError
from api.routes import given
from api.routes.programs import KEY_EXAMPLE
from api.store import search
from api.store.scorecards import Bar
from evaluator.condition import parse_condition

router = APIRouter(prefix="/v1/programs", tags=["programs"])
Sort = Literal["title", "-title", "issuer", "-issuer", "newest", "-newest", "score", "-score"]


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


class SearchQuery(BaseModel):
    """What is looked for. Other names are mistakes, which would otherwise widen a search without a word."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        default="",
        max_length=500,
        description="Words, each of which the program must hold, or a longer word that starts so.",
        examples=["data analysis"],
    )
    where: str | None = Field(
        default=None,
        max_length=5000,
        description="A condition over facts, in the language of rubrics. Where a fact is not known, the condition is "
        "not met.",
        examples=["identity_verified AND pass_mark >= 0.7"],
    )
    sort: Sort = Field(
        default="title",
        description="title, issuer, newest (first), or score (highest first); after -, the other way round.",
        examples=["title"],
    )
    rubric: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="Rubrics whose scores are shown, by id, id@version or digest; none: the latest of each.",
    )
    measure: Literal["evidenced", "stated", "possible"] = Field(
        default="stated",
        description="Which of the three scores `sort=score` means, under the one rubric that is named.",
        examples=["stated"],
    )
    cursor: str | None = Field(
        default=None, max_length=2000, description="`next` of the page before, with the same parameters."
    )
    limit: int = Field(default=pages.USUAL, ge=1, le=pages.MOST, description="Programs on a page.", examples=[10])


_CARD = examples.scorecard()
_MOMENT = "2026-11-24T09:30:00.000000Z"
_SUMMARY = ProgramSummary(
    key=KEY_EXAMPLE,
    id=examples.program().id,
    title=examples.program().title,
    issuer="Example College",
    version=1,
    digest=examples.program().digest(),
    facts={"identity_verified": True, "pass_mark": 0.7},
    scores={
        examples.rubric().name: Bar(
            evidenced=_CARD.evidenced, stated=_CARD.stated, possible=_CARD.possible, coverage=_CARD.coverage
        )
    },
    as_of=examples.DAY.isoformat(),
    added=_MOMENT,
    changed=_MOMENT,
)


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
def search_programs(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """By words, by a condition over facts, in an order, page by page."""
    chosen = given.rubrics(request, query.rubric, "#query/rubric")
    order = query.sort.removeprefix("-")
    if order == "score" and len(query.rubric) != 1:
        says = "To sort by score, name the one rubric that is meant: rubric=…"
        raise ProblemError("invalid", says, [Fault(pointer="#query/rubric", detail=says)])
    asked = search.Search(
        text=query.q,
        where=parse_condition(query.where) if query.where else None,
        order=order,  # type: ignore[arg-type]
        rubric=chosen[0].digest if order == "score" else "",
        measure=query.measure,
        reverse=query.sort.startswith("-"),
    )
    page = service.search_programs(request.app.state.database, asked, chosen, query.cursor or None, query.limit)
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
