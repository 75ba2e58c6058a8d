"""`/v1/health`, `/v1/ready` and `/v1/metrics`: for those who keep the service running."""

from __future__ import annotations

from typing import Literal

import msgspec
from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from api import logs, metrics
from api.http.negotiate import JSON
from api.openapi import Answer, json_answer, operation
from api.problems import ProblemError
from evaluator import __version__

router = APIRouter(prefix="/v1", tags=["service"])
log = logs.logger(__name__)
NOT_KEPT = {"Cache-Control": "no-store"}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service answers."""

    status: Literal["ok"]
    version: str


@router.get(
    "/health",
    **operation(
        "getHealth",
        "Ask whether the process lives",
        json_answer("It does.", "Health", {"status": "ok", "version": __version__}, headers=()),
        scope=None,
    ),
)
def health() -> Response:
    """Touches nothing but the process: restart it when this fails."""
    return _ok()


@router.get(
    "/ready",
    **operation(
        "getReadiness",
        "Ask whether requests can be answered",
        json_answer("They can.", "Health", {"status": "ok", "version": __version__}, headers=()),
        scope=None,
        problem_ids=["not-ready"],
    ),
)
def ready(request: Request) -> Response:
    """Tests the database and its tables: send no requests while this fails."""
    try:
        current = request.app.state.database.is_current()
    except SQLAlchemyError as error:
        log.warning("not ready", reason=type(error).__name__)
        raise ProblemError("not-ready", "The database can't be reached.") from None
    if not current:
        raise ProblemError("not-ready", "The tables of the database are not those of this version.")
    return _ok()


@router.get(
    "/metrics",
    **operation(
        "getMetrics",
        "Read figures for Prometheus",
        Answer(
            "Counters and histograms by route.",
            {metrics.MEDIA_TYPE: ({"type": "string"}, 'touchstone_requests_total{method="GET"} 1.0\n')},
            headers=(),
        ),
    ),
)
def figures(request: Request) -> Response:
    """Labels are routes, never addresses as called."""
    return Response(request.app.state.figures.text(), 200, NOT_KEPT, metrics.MEDIA_TYPE)


def _ok() -> Response:
    return Response(msgspec.json.encode(Health(status="ok", version=__version__)), 200, NOT_KEPT, JSON)
