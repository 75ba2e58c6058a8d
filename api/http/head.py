"""HEAD for everything that has GET (RFC 9110, section 9.3.2); the server leaves the body out."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class AnswerHead:
    """Innermost middleware: routes see GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            seen = {**scope, "method": "GET"}
            try:
                await self.app(seen, receive, send)
            finally:
                scope["route"] = seen.get("route")
        else:
            await self.app(scope, receive, send)
