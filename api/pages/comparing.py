"""Two to five programs side by side, at a permanent address."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from api import auth, report, service
from api.pages import catalogue
from api.pages.page import page, texts
from api.problems import ProblemError
from api.routes import given
from api.store import comparisons, programs
from api.store.comparisons import Kept

router = APIRouter(prefix="/compare", include_in_schema=False, dependencies=[Depends(auth.needs("read"))])

MOST = 5
"""Programs that fit side by side on a screen."""


@router.get("")
def choose(request: Request, asked: Annotated[catalogue.Asked, Query()]) -> Response:
    """Compare the chosen programs and lead to the comparison's own address."""
    keys = list(dict.fromkeys(asked.program))
    if not 2 <= len(keys) <= MOST:
        return catalogue.show(request, asked, "choice")
    kept = service.compare(request.app.state.database, keys, given.rubrics(request, None, ""), given.today())
    return RedirectResponse(f"/compare/{kept.id}", 303)


@router.get("/{id}.csv")
def as_csv(request: Request, id: str) -> Response:
    """Every score and level for a spreadsheet."""
    name = {"Content-Disposition": f'attachment; filename="comparison-{id[:8]}.csv"'}
    return Response(report.table(_kept(request, id).comparison()), media_type="text/csv; charset=utf-8", headers=name)


@router.get("/{id}")
def compared(request: Request, id: str) -> Response:
    """A comparison as it was made."""
    kept = _kept(request, id)
    comparison = kept.comparison()
    shown = report.view(comparison, texts(request))
    keys = [each.key for each in kept.request.programs]
    with request.app.state.database.session() as session:
        there = programs.present(session, keys)
    pairs = zip(comparison.programs, keys, strict=True)
    links = {side.program: f"/programs/{key}" for side, key in pairs if key in there}
    again = urlencode([("program", key) for key in there])
    return page(request, "compare.html", "/", id=kept.id, again=f"/?{again}", **{**shown, "links": links})


def _kept(request: Request, id: str) -> Kept:
    with request.app.state.database.session() as session:
        kept = comparisons.get(session, id)
    if kept is None:
        raise ProblemError("not-found", "There is no such comparison.")
    return kept
