"""What the store and the use cases raise, as problems: one place, for every route."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import Response

from api import credentials, logs, problems, service
from api.problems import Fault
from api.store import corrections, cursors, programs, rubrics, search
from api.store import credentials as kept_credentials
from evaluator.condition import ConditionError
from providers.sources import UnknownProvider

log = logs.logger(__name__)
Place = Callable[[Exception], str]
"""Where in the request the mistake lies; empty: nowhere in particular."""


def _correction_place(error: Exception) -> str:
    return f"/{error.field}" if isinstance(error, corrections.BadCorrection) else ""


def _at(pointer: str) -> Place:
    return lambda _: pointer


KINDS: Mapping[type[Exception], tuple[str, Place]] = {
    programs.UnknownProgram: ("not-found", _at("")),
    kept_credentials.UnknownCredential: ("not-found", _at("")),
    credentials.NotKept: ("not-kept", _at("")),
    service.StaleProgram: ("changed-meanwhile", _at("")),
    service.BadComparison: ("invalid", _at("/programs")),
    rubrics.BadWeights: ("invalid", _at("/weights")),
    corrections.BadCorrection: ("invalid", _correction_place),
    search.BadSearch: ("invalid", _at("#query/q")),
    cursors.BadCursor: ("bad-cursor", _at("#query/cursor")),
    ConditionError: ("invalid", _at("#query/where")),
    UnknownProvider: ("invalid", _at("/provider")),
}
"""The type of problem and the place, by what was raised."""


def sentence(error: Exception) -> str:
    """The message of an error as a sentence."""
    text = str(error).strip()
    return f"{text[:1].upper()}{text[1:].rstrip('.')}{'' if text.endswith('?') else '.'}"


def install(app: FastAPI) -> None:
    """Answer these errors as problems."""
    for kind, (type_id, place) in KINDS.items():
        app.add_exception_handler(kind, _handler(type_id, place))
    for away in (OperationalError, PoolTimeout):
        app.add_exception_handler(away, _no_database)


def _handler(type_id: str, place: Place) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        pointer, says = place(error), sentence(error)
        faults = [Fault(pointer=pointer, detail=says)] if pointer else []
        return problems.response(type_id, says, request.scope, faults)

    return answer


def _no_database(request: Request, error: Exception) -> Response:
    log.error("database", request_id=request.scope["state"]["request_id"], reason=type(error).__name__)
    says = "The database can't be reached."
    return problems.response("not-ready", says, request.scope, headers={"Retry-After": "5"})
