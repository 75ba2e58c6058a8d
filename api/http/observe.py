"""Around every request: its id, its line in the log, its figures, and an answer even when everything fails."""

from __future__ import annotations

import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import logs, metrics, problems

REQUEST_ID = "X-Request-Id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET = frozenset({"/v1/health", "/v1/ready", "/v1/metrics"})
"""Routes that machines call all the time; logged only at level debug."""

log = logs.logger(__name__)


def request_id(given: str | None) -> str:
    """The id that the client gave, where it is a plain word of 8 to 64 characters; else a new one."""
    return given if given and _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


class Observe:
    """Outermost middleware."""

    def __init__(self, app: ASGIApp, figures: metrics.Metrics) -> None:
        self.app = app
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own_id = request_id(Headers(scope=scope).get(REQUEST_ID))
        scope.setdefault("state", {})["request_id"] = own_id
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = own_id
                for name, value in scope["state"].get("headers", {}).items():
                    headers[name] = value
            await send(message)

        self.figures.running.inc()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            log.error("failed", request_id=own_id, route=metrics.route_of(scope), **logs.trace(error))
            if status:
                raise
            detail = problems.TYPES["internal"].detail
            await problems.response("internal", detail, scope)(scope, receive, send_with_id)
        finally:
            self.figures.running.dec()
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = metrics.route_of(scope), scope["method"]
        self.figures.answered(method, route, status, seconds)
        level = "debug" if route in QUIET and status < 400 else "info"
        getattr(log, level)(
            "request",
            method=method if method in metrics.METHODS else "other",
            route=route,
            status=status,
            ms=round(1000 * seconds, 1),
            request_id=scope["state"]["request_id"],
            key_id=scope["state"].get("key_id"),
        )
