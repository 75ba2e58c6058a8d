"""What the API says about itself: its OpenAPI document, its documentation, and its problem types."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api import problems
from api.http import etag, negotiate
from api.http.negotiate import HTML, JSON
from api.pages import api_reference
from api.pages.page import text
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
    api = request.app.openapi()
    return _page(request, "api.html", api=api, groups=api_reference.groups(api))


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
        return _page(request, "problems.html", types=types, example=problems.example)
    rows = [{"type": each.type, **msgspec.to_builtins(each)} for each in types]
    body = msgspec.json.encode({"problems": rows} if len(rows) > 1 else rows[0])
    return etag.answer(request, body, JSON, headers={"Vary": "Accept"})


def _page(request: Request, template: str, **values: Any) -> Response:
    shown = text(request, template, "/docs", **values).encode()
    return etag.answer(request, shown, HTML, headers={"Vary": "Accept, Accept-Language"})
