"""Verify credentials: drop files or paste links; each becomes a card that says if it is real, and what it is worth.

The page keeps nothing of what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import auth, credentials, presented, service
from api.pages.page import page, texts
from api.presented import Report, Seen
from api.problems import ProblemError
from api.routes import given
from api.routes.presenting import MOST, Presentation, from_form
from api.store import programs
from api.verdict_words import CHECK_NAMES, OUTCOME_SIGNS, OUTCOME_WORDS, headline, say_claims, say_program
from evaluator.rubric import Rubric

router = APIRouter(prefix="/verify", include_in_schema=False, dependencies=[Depends(auth.needs("write"))])


@router.get("")
def form(request: Request) -> Response:
    """The form."""
    return _form(request)


@router.post("")
async def verify(request: Request) -> Response:
    """The verdicts."""
    try:
        presentation = await from_form(request)
    except ProblemError as error:
        says = dict.fromkeys([str(error.detail), *(fault.detail for fault in error.errors)])
        return _form(request, " ".join(says), error.status_code)
    return await run_in_threadpool(_verdicts, request, presentation)


def _form(request: Request, fault: str = "", status: int = 200) -> Response:
    limit = request.app.state.settings.max_upload_bytes // 1_000_000
    return page(request, "verify.html", "/verify", status=status, fault=fault, limit=limit, most=MOST)


def _verdicts(request: Request, presentation: Presentation) -> Response:
    state = request.app.state
    seen = credentials.look_at(state.database, presentation.items, state.worlds, presentation.asked)
    flat = [each for item in seen for each in item]
    rubrics = given.rubrics(request, None, "")
    outcomes = [each.report.outcome for each in flat]
    return page(
        request,
        "verified.html",
        "/verify",
        cards=[_card(request, each, rubrics) for each in flat],
        counts={outcome: outcomes.count(outcome) for outcome in presented.WORST},
        signs=OUTCOME_SIGNS,
        words=OUTCOME_WORDS,
        names=CHECK_NAMES,
        rubrics={rubric.rubric: rubric.title for rubric in rubrics},
    )


def _card(request: Request, seen: Seen, rubrics: Sequence[Rubric]) -> dict[str, Any]:
    report, spoken = seen.report, texts(request)
    shows = report.issuer is not None or report.achievement is not None
    return {
        "report": report,
        "details": seen.details,
        "tone": _tone(report),
        "headline": headline(report, spoken),
        "claims": say_claims(report, spoken) if shows else "",
        "asks": presented.asks(report),
        "inside": [(each.format, headline(each, spoken), say_claims(each, spoken)) for each in seen.inside],
        "worth": _worth(request, seen, rubrics),
        "found": say_program(report.program, spoken) if report.program else "",
    }


def _tone(report: Report) -> str:
    """How the verdict is set off: `good` only for what is real, by somebody known, and not somebody else's."""
    doubtful = report.outcome == "valid" and report.holder_match is not False and presented.is_only_a_key(report)
    if report.outcome == "indeterminate" or doubtful:
        return "open"
    return "good" if presented.is_real(report) else "bad"


def _worth(request: Request, seen: Seen, rubrics: Sequence[Rubric]) -> dict[str, Any] | None:
    """The program of a real credential with its scores; `None` where there is none to show."""
    found, day = seen.report.program, given.today()
    if found is None or not presented.is_real(seen.report):
        return None
    if seen.own_program is not None:
        cards = presented.judged(seen.own_program, rubrics, day)
        return {"title": found.title or found.id, "link": "", "cards": cards}
    key = programs.key_of(found.id)
    cards = service.scorecards_of(request.app.state.database, [key], rubrics, day)[0]
    return {"title": found.title or found.id, "link": f"/programs/{key}", "cards": cards}
