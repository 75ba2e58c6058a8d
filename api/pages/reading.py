"""What people read up: rubrics, the fact dictionary, and the method with its limits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from api import auth, service
from api.pages.page import HEADERS, page
from api.pages.rubric import rubric_text
from api.routes import given
from api.routes.rubrics import as_json, as_yaml, by_name
from api.store import search
from api.words import CLAIM_SAYS, CLAIM_VERBS, GRADE_SAYS
from evaluator.facts import FactDefinition, dictionary

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.needs("read"))])

MOST_TRIED = 250
"""Programs that are offered for trying a rubric."""


@router.get("/rubrics")
def rubrics(request: Request) -> Response:
    """The latest version of every rubric."""
    return page(request, "rubrics.html", "/rubrics", rubrics=given.rubrics(request, None, ""))


@router.get("/rubrics/{name}.yaml")
def rubric_as_yaml(request: Request, name: str) -> Response:
    """A rubric as it is published."""
    return Response(as_yaml(by_name(request, name)), media_type="application/yaml")


@router.get("/rubrics/{name}.json")
def rubric_as_json(request: Request, name: str) -> Response:
    """A rubric with its digest."""
    return Response(as_json(by_name(request, name)), media_type="application/json")


@router.get("/rubrics/{name}")
def rubric(request: Request, name: str, program: Annotated[str, Query(max_length=40)] = "") -> Response:
    """A rubric in full, tried on a program where one is chosen."""
    shown = by_name(request, name)
    database = request.app.state.database
    found = service.search_programs(database, search.Search(), [], limit=MOST_TRIED).items
    tried = service.scorecards_of(database, [program], [shown], given.today())[0][0] if program else None
    rows = [{"key": each.key, "title": each.title or each.id} for each in found]
    return HTMLResponse(rubric_text(request, shown, rows, tried, program), headers=HEADERS)


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
