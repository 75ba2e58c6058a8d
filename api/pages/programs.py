"""One program: what it is, its scores criterion by criterion, what is not known, and its versions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import auth, service
from api.pages.page import page, texts
from api.routes import given
from api.store.programs import Version
from api.words import introduction, say_own
from evaluator.beside import beside

router = APIRouter(prefix="/programs", include_in_schema=False, dependencies=[Depends(auth.needs("read"))])

MOST_VERSIONS = 10
"""Versions whose changes are shown, the newest."""


@router.get("/{key}")
def program(request: Request, key: str) -> Response:
    """Everything that is known and judged of a program. Answers 404 for an unknown key."""
    rubrics = given.rubrics(request, None, "")
    found = service.program_page(request.app.state.database, key, rubrics, given.today())
    side, spoken = beside([found.derived])[0], texts(request)
    unknown = [name for card in found.scorecards for own in card.criteria for name in own.unknown]
    return page(
        request,
        "program.html",
        "/",
        key=key,
        program=found.derived,
        introduction=introduction(found.derived, side, spoken),
        beside=say_own(side, spoken),
        cards=found.scorecards,
        rubrics={rubric.rubric: rubric for rubric in rubrics},
        unknown=list(dict.fromkeys(unknown)),
        versions=_versions(request, key, found.versions[:MOST_VERSIONS]),
    )


def _versions(request: Request, key: str, versions: tuple[Version, ...]) -> list[dict[str, Any]]:
    """Versions, the newest first, each with the facts that changed since the one before."""
    database = request.app.state.database
    changes = {
        new.version: service.difference(database, key, old.version, new.version).facts
        for new, old in pairwise(versions)
    }
    return [{"number": each.version, "since": each.made, "changes": changes.get(each.version, ())} for each in versions]
