"""The catalogue: search, filters, and three small interval bars per program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api import auth, service
from api.pages.page import page
from api.routes import given
from api.store import search
from api.store.cursors import BadCursor
from evaluator.facts import dictionary
from evaluator.rubric import Rubric
from evaluator.sql import Condition, ConditionError, parse_condition

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.needs("read"))])

ON_A_PAGE = 25
LONGEST = 2_000
"""Characters of a condition."""
SHOWN = {
    "assessed": ("A final assessment", "assessment_summative"),
    "supervised": ("Holders identified and supervised", "identity_verified AND supervised"),
    "credit": ("Academic credit", "credit_awarded OR credit_recommended"),
    "quality": ("Outside quality assurance of the program", "qa_external_program"),
    "free": ("No price", "free"),
}
"""Ready-made filters: what people read, and the condition over facts."""


class RowScores(NamedTuple):
    """The scores of a program under one rubric."""

    title: str
    evidenced: float
    stated: float
    possible: float


class Asked(BaseModel):
    """What the address asks for."""

    q: str = Field(default="", max_length=200)
    kind: str = Field(default="", max_length=40)
    shows: str = Field(default="", max_length=20)
    where: str = Field(default="", max_length=LONGEST)
    sort: str = Field(default="title", max_length=60)
    cursor: str | None = Field(default=None, max_length=2000)
    compare: str = Field(default="", max_length=20)
    """Key of a program that is chosen already."""

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves programs out."""
        return bool(self.q or self.kind or self.shows or self.where)

    def condition(self) -> Condition | None:
        """All filters as one condition. Raises ConditionError."""
        parts = [parse_condition(self.where).text] if self.where.strip() else []
        if self.kind in kinds():
            parts.append(f"credential_type = '{self.kind}'")
        if self.shows in SHOWN:
            parts.append(SHOWN[self.shows][1])
        return parse_condition(" AND ".join(f"({part})" for part in parts)) if parts else None

    def address(self, **other: str) -> str:
        """The same catalogue with other parameters."""
        own = {"q": self.q, "kind": self.kind, "shows": self.shows, "where": self.where, "sort": self.sort, **other}
        return "/?" + urlencode({name: value for name, value in own.items() if value})


def kinds() -> tuple[str, ...]:
    """The kinds of credential that a program can lead to."""
    return dictionary()["credential_type"].values


@router.get("/")
def catalogue(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Every program, or those that fit."""
    return show(request, asked)


def show(request: Request, asked: Asked, fault: str = "", status: int = 200) -> Response:
    """The catalogue, with what went wrong before it, if anything did."""
    rubrics = given.rubrics(request, None, "")
    found, count = search.Page(items=(), next=None), 0
    try:
        wanted = _search(asked, rubrics)
        found = service.search_programs(request.app.state.database, wanted, rubrics, asked.cursor, ON_A_PAGE)
        count = service.count_programs(request.app.state.database, wanted)
    except (ConditionError, search.BadSearch, BadCursor) as error:
        fault, status = str(error), 422
    return page(
        request,
        "catalogue.html",
        "/",
        status=status,
        heading=_heading(count, asked.is_narrow),
        query=asked,
        kinds=kinds(),
        shown_choices={name: {"label": label} for name, (label, _) in SHOWN.items()},
        sorts=_sorts(rubrics),
        fault=fault,
        rows=[_row(each, rubrics) for each in found.items],
        more=asked.address(cursor=found.next) if found.next else None,
        searched=asked.is_narrow,
    )


def _heading(count: int, is_narrow: bool) -> str:
    programs = "1 program" if count == 1 else f"{count:,} programs"
    return f"{programs} fit{'s' if count == 1 else ''}" if is_narrow else f"{programs}, judged apart under each rubric"


def _sorts(rubrics: Sequence[Rubric]) -> dict[str, str]:
    sorts = {"title": "Title", "issuer": "Issuer", "newest": "Newest first"}
    return sorts | {f"score-{rubric.rubric}": f"{rubric.title} stated" for rubric in rubrics}


def _search(asked: Asked, rubrics: Sequence[Rubric]) -> search.Search:
    order, _, rubric = asked.sort.partition("-")
    digests = {each.rubric: each.digest for each in rubrics}
    if order == "score" and rubric in digests:
        return search.Search(text=asked.q, where=asked.condition(), order="score", rubric=digests[rubric])
    plain: search.Order = "issuer" if order == "issuer" else "newest" if order == "newest" else "title"
    return search.Search(text=asked.q, where=asked.condition(), order=plain)


def _row(found: search.Found, rubrics: Sequence[Rubric]) -> dict[str, Any]:
    bars = [(rubric.title, found.bars.get(rubric.digest)) for rubric in rubrics]
    return {
        "key": found.key,
        "title": found.title or found.id,
        "issuer": found.issuer,
        "kind": found.facts.get("credential_type"),
        "scores": [RowScores(title, bar.evidenced, bar.stated, bar.possible) for title, bar in bars if bar],
    }
