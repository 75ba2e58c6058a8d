"""The catalogue: search, filters, and three small interval bars per program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api import auth, service
from api.failures import sentence
from api.pages.page import page
from api.routes import given
from api.store import programs, search
from api.store.cursors import BadCursor
from api.store.database import Database
from evaluator.condition import Condition, ConditionError, parse_condition
from evaluator.facts import dictionary
from evaluator.rubric import Rubric

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.needs("read"))])

ON_A_PAGE = 25
LONGEST = 2_000
"""Characters of a condition."""
SHOWN = {
    "assessed": "assessment_summative",
    "supervised": "identity_verified AND supervised",
    "credit": "credit_awarded OR credit_recommended",
    "quality": "qa_external_program",
    "free": "free",
}
"""The conditions of the ready-made filters, which the page names."""


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
    program: list[str] = Field(default=[], max_length=100)
    """Keys of the programs that are chosen already."""

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
            parts.append(SHOWN[self.shows])
        return parse_condition(" AND ".join(f"({part})" for part in parts)) if parts else None


def kinds() -> tuple[str, ...]:
    """The kinds of credential that a program can lead to."""
    return dictionary()["credential_type"].values


@router.get("/")
def catalogue(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Every program, or those that fit."""
    return show(request, asked)


def show(request: Request, asked: Asked, problem: str = "") -> Response:
    """The catalogue, with what is wrong before it, if anything is; `choice` stands for too few or many chosen."""
    rubrics = given.rubrics(request, None, "")
    database: Database = request.app.state.database
    found, count = search.Page(items=(), next=None), 0
    try:
        wanted = _search(asked, rubrics)
        found = service.search_programs(database, wanted, rubrics, asked.cursor, ON_A_PAGE)
        count = service.count_programs(database, wanted)
    except (ConditionError, search.BadSearch, BadCursor) as error:
        problem = sentence(error).replace(" The facts are listed by `touchstone facts`.", "")
    return page(
        request,
        "catalogue.html",
        "/",
        status=422 if problem else 200,
        query=asked,
        count=count,
        kinds=kinds(),
        rubrics=[(rubric.rubric, rubric.title) for rubric in rubrics],
        problem=problem,
        rows=[_row(each, rubrics) for each in found.items],
        elsewhere=_titles(database, asked.program, {each.key for each in found.items}),
        more=found.next,
    )


def _titles(database: Database, keys: Sequence[str], shown: set[str]) -> list[dict[str, str]]:
    """The chosen programs that are not among those shown. Raises UnknownProgram."""
    with database.session() as session:
        chosen = programs.current(session, [key for key in dict.fromkeys(keys) if key not in shown])
    return [{"key": each.key, "title": each.program.title or each.program.id} for each in chosen]


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
