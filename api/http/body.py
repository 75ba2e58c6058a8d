"""How large a request may be, counted while it arrives and before anything parses it.

Starlette has such a limit, but answers text; here every error is a problem document.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.problems import ProblemError


class LimitBody:
    """Middleware that ends a request with `too-large` at the first byte over the limit of its path."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self.app = app
        self.limit_of = limit_of
        """Bytes that a request to a path may have."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        if refusal := _refusal(Headers(scope=scope), limit):
            answer = problems.response(refusal.type.id, refusal.detail, scope, headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise too_large(limit)
            return message

        await self.app(scope, counted, send)


def too_large(limit: int) -> ProblemError:
    """The problem of a request over its limit, in bytes."""
    return ProblemError("too-large", f"The request is larger than {limit} bytes.", headers={"Connection": "close"})


def _refusal(headers: Headers, limit: int) -> ProblemError | None:
    packing = headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("", "identity"):
        return ProblemError("media-type-unknown", "Packed bodies are not read; send it without Content-Encoding.")
    declared = headers.get("content-length", "")
    return too_large(limit) if declared.isdecimal() and int(declared) > limit else None
