"""What the API says about itself: its OpenAPI document, its documentation, and its problem types."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api import plain_pages, problems
from api.http import etag, negotiate
from api.http.negotiate import HTML, JSON
from api.problems import ProblemError, ProblemType
from evaluator.strict_yaml import did_you_mean

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return etag.answer(request, msgspec.json.encode(request.app.openapi()), JSON)


@router.get("/docs")
def docs(request: Request) -> Response:
    """The API on one page, which needs no script and no other host."""
    return etag.answer(request, plain_pages.documentation(request.app.openapi()), HTML)


@router.get("/docs/plain.css")
def style(request: Request) -> Response:
    """The style of these pages."""
    return etag.answer(request, plain_pages.style(), "text/css")


@router.get("/problems")
def list_problems(request: Request) -> Response:
    """Every problem type."""
    return _types(request, list(problems.TYPES.values()))


@router.get("/problems/{id}")
def get_problem(request: Request, id: str) -> Response:
    """One problem type, which is what `type` in a problem document leads to."""
    if id not in problems.TYPES:
        raise ProblemError("not-found", f'There is no problem type "{id}".{did_you_mean(id, problems.TYPES)}')
    return _types(request, [problems.TYPES[id]])


def _types(request: Request, types: list[ProblemType]) -> Response:
    if negotiate.chosen(request, (HTML, JSON)) == HTML:
        return etag.answer(request, plain_pages.problem_types(types), HTML, headers={"Vary": "Accept"})
    rows = [{"type": each.type, **msgspec.to_builtins(each)} for each in types]
    body = msgspec.json.encode({"problems": rows} if len(rows) > 1 else rows[0])
    return etag.answer(request, body, JSON, headers={"Vary": "Accept"})
