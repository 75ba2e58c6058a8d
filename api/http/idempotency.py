"""`Idempotency-Key`: a creating request that is sent again has its effect once, and gets the same answer.

The header is that of the IETF draft (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Caller
from api.problems import Fault, ProblemError
from api.store import idempotency
from api.store.database import Database
from evaluator.canonical import digest

HEADER = "Idempotency-Key"
LONGEST = 255
REPLAYED = {"Idempotency-Replayed": "true"}
KEPT_HEADERS = ("content-type", "etag", "link", "location", "cache-control", "retry-after")
SOON = {"Retry-After": "1"}


class _Kept(msgspec.Struct, frozen=True):
    """An answer as the store keeps it."""

    status: int
    headers: dict[str, str]
    body: bytes


def once(request: Request, caller: Caller, content: Any, work: Callable[[], Response]) -> Response:
    """The answer that `work` makes, or made when the same request came before with the same Idempotency-Key.

    `content` is what the request says, as JSON holds it. Without the header, `work` is simply done. A request that
    fails had no effect and may be sent again. Raises ProblemError.
    """
    key = key_of(request)
    if key is None:
        return work()
    database: Database = request.app.state.database
    kept = datetime.timedelta(hours=request.app.state.settings.idempotency_hours)
    asked = digest(msgspec.json.encode([request.method, request.url.path, request.url.query, content]))
    moment = datetime.datetime.now(datetime.UTC)
    with database.session(write=True) as session:
        idempotency.purge(session, moment, kept)
        state = idempotency.begin(session, caller.name, key, asked, moment, kept)
    match state:
        case idempotency.Done(response):
            return _replayed(response)
        case idempotency.UnderWay():
            raise ProblemError(
                "request-in-progress", "A request with this Idempotency-Key is being worked on.", (), SOON
            )
        case idempotency.Different():
            says = "This Idempotency-Key was used for another request."
            raise ProblemError("key-reused", says, [Fault(pointer=f"#header/{HEADER}", detail=says)])
        case idempotency.Begun(token):
            return _done(database, token, work)


def key_of(request: Request) -> str | None:
    """The key of a request, with or without the quotes of the draft. Raises ProblemError for one that is none."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    where = f"#header/{HEADER}"
    if len(given) > LONGEST:
        says = f"The header {HEADER} is longer than {LONGEST} characters."
        raise ProblemError("header-too-large", says, [Fault(pointer=where, detail=says)])
    key = given.strip().strip('"')
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        says = f"The header {HEADER} has to be a word of visible ASCII characters."
        raise ProblemError("invalid", "1 value is not valid.", [Fault(pointer=where, detail=says)])
    return key


def _done(database: Database, token: str, work: Callable[[], Response]) -> Response:
    try:
        answer = work()
    except BaseException:
        with database.session(write=True) as session:
            idempotency.abandon(session, token)
        raise
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    kept = _Kept(answer.status_code, headers, bytes(answer.body))
    with database.session(write=True) as session:
        idempotency.finish(session, token, msgspec.json.encode(kept))
    return answer


def _replayed(response: bytes) -> Response:
    kept = msgspec.json.decode(response, type=_Kept)
    return Response(kept.body, kept.status, {**kept.headers, **REPLAYED})
