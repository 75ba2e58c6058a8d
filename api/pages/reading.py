"""What people read up: rubrics, the fact dictionary, and the method with its limits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import auth, service
from api.pages.page import page
from api.routes import given
from api.routes.rubrics import by_name
from api.store import search
from api.words import CLAIM_SAYS, CLAIM_VERBS, GRADE_SAYS
from evaluator.facts import FactDefinition, dictionary
from evaluator.sql import compile_rubric

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.needs("read"))])

MOST_TRIED = 250
"""Programs that are offered for trying a rubric."""


@router.get("/rubrics")
def rubrics(request: Request) -> Response:
    """The latest version of every rubric."""
    return page(request, "rubrics.html", "/rubrics", rubrics=given.rubrics(request, None, ""))


@router.get("/rubrics/{name}")
def rubric(request: Request, name: str, program: Annotated[str, Query(max_length=40)] = "") -> Response:
    """A rubric in full, tried on a program where one is chosen."""
    shown = by_name(request, name)
    database, asked = request.app.state.database, search.Search()
    programs = service.search_programs(database, asked, [], limit=MOST_TRIED).items
    tried = service.scorecards_of(database, [program], [shown], given.today())[0][0] if program else None
    return page(
        request,
        "rubric.html",
        "/rubrics",
        rubric=shown,
        sql=compile_rubric(shown).sql("postgres", pretty=True),
        programs=[{"key": each.key, "title": each.title or each.id} for each in programs],
        tried=tried,
        tried_key=program,
    )


@router.get("/facts")
def facts(request: Request) -> Response:
    """The dictionary by group."""
    groups: dict[str, list[FactDefinition]] = {}
    for definition in dictionary().values():
        groups.setdefault(definition.group, []).append(definition)
    return page(request, "facts.html", "/facts", groups=groups)


@router.get("/method")
def method(request: Request) -> Response:
    """How scores are made and what they can't tell."""
    claims = {CLAIM_VERBS[claim]: says for claim, says in CLAIM_SAYS.items()}
    return page(request, "method.html", "/method", grades=GRADE_SAYS, claims=claims)
