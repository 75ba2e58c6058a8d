"""NDJSON: lines in, lines out, while both are still under way."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Mapping

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http.negotiate import NDJSON
from api.problems import ProblemError

Work = Callable[[int, bytes | ProblemError], bytes]
"""The answer to a line, by its number from 1; called in a thread. A line that can't be had comes as its problem."""


class LineResponse(Response):
    """Answers each line of the request as it comes.

    The request is read on while the answer is sent: a client that sends everything before it reads would otherwise
    wait for a server that waits for it. What is held back is at most the request, whose size is limited.
    """

    def __init__(self, request: Request, longest: int, work: Work, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(None, 200, dict(headers or {}), NDJSON)
        del self.headers["content-length"]
        self.request = request
        self.longest = longest
        self.work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        put, take = anyio.create_memory_object_stream[bytes | ProblemError](math.inf)

        async def read() -> None:
            async with put:
                async for line in lines(self.request.stream(), self.longest):
                    await put.send(line)

        try:
            async with anyio.create_task_group() as group, take:
                group.start_soon(read)
                number = 0
                async for line in take:
                    number += 1
                    answer = await run_in_threadpool(self.work, number, line)
                    await send({"type": "http.response.body", "body": answer, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except* ClientDisconnect:
            # Nobody is left to answer.
            pass


async def lines(chunks: AsyncIterator[bytes], longest: int) -> AsyncIterator[bytes | ProblemError]:
    """The lines that are not empty; a line over `longest` bytes, and a body over its limit, come as problems."""
    held, skipping = b"", False
    try:
        async for chunk in chunks:
            *whole, held = (held + chunk).split(b"\n")
            for line in whole:
                if skipping:
                    skipping = False
                elif line.strip():
                    yield line if len(line) <= longest else _too_long(longest)
            if len(held) > longest:
                if not skipping:
                    yield _too_long(longest)
                held, skipping = b"", True
    except HTTPException as error:
        if not isinstance(error, ProblemError):
            raise
        yield error
        return
    if held.strip() and not skipping:
        yield held


def _too_long(longest: int) -> ProblemError:
    return ProblemError("too-large", f"The line is longer than {longest} bytes.")
