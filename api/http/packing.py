"""gzip for answers, by Starlette; packed answers get an entity tag of their own (RFC 9110, section 8.8.3.3)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.etag import PACKED

SMALLEST = 1024
"""Bytes below which packing gains nothing: such an answer fits one network packet."""
LEVEL = 5
"""Of zlib: a third of the time of level 9 for answers of the same size within a few per cent."""


class Pack:
    """Middleware that packs answers and marks their entity tags."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                etag = headers.get("etag")
                if etag and headers.get("content-encoding") == "gzip":
                    headers["etag"] = f'{etag[:-1]}{PACKED}"'
            await send(message)

        await self.app(scope, receive, marked)
