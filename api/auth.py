"""API keys: who calls, and what the caller may do."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.problems import ProblemError
from api.store import keys
from api.store.database import Database
from api.store.keys import ApiKey, Scope

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="touchstone", Basic realm="touchstone"'}


@dataclass(frozen=True)
class Caller:
    """Who makes a request."""

    name: str
    """Under which its requests are counted and its Idempotency-Keys are kept."""
    key: ApiKey | None
    """`None` for callers on the own machine, who may do everything."""

    def may(self, scope: Scope) -> bool:
        """Whether the caller may do what needs `scope`."""
        return self.key is None or self.key.may(scope)


def key_of(authorization: str | None) -> str | None:
    """The key in a header Authorization: as Bearer token, or as user name without password (Basic), which is how
    applicant tracking systems send keys. `None` without the header.

    Raises ProblemError `key-needed` for anything else.
    """
    if authorization is None:
        return None
    kind, _, value = authorization.strip().partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    if kind.lower() == "basic":
        try:
            name, _, _ = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = ""
        if name:
            return name
    raise ProblemError("key-needed", "Authorization has to be Bearer and a key.", headers=CHALLENGE)


def address_of(request: Request) -> str:
    """The network address of the caller."""
    return request.client.host if request.client else "unknown"


def needs(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that lets callers with this scope through, counts their request, and gives the caller."""

    async def caller(request: Request) -> Caller:
        state = request.app.state
        try:
            found = await _caller(request)
        except ProblemError:
            # Guessing keys costs requests of the address it comes from.
            state.rate.count(request.scope, address_of(request))
            raise
        state.rate.count(request.scope, found.name)
        request.scope["state"]["caller"] = found
        if not found.may(scope):
            held = ", ".join(found.key.scopes) if found.key else "none"
            raise ProblemError("scope-missing", f"This needs the scope {scope}; the key has {held}.")
        return found

    return caller


async def current(request: Request) -> Caller:
    """A dependency that gives the caller whom `needs` let through."""
    found: Caller = request.scope["state"]["caller"]
    return found


async def _caller(request: Request) -> Caller:
    secret = key_of(request.headers.get("authorization"))
    if secret is None:
        if request.app.state.settings.needs_key:
            raise ProblemError("key-needed", "The request has no API key.", headers=CHALLENGE)
        return Caller(name=address_of(request), key=None)
    key = await run_in_threadpool(_find, request.app.state.database, secret)
    if key is None:
        raise ProblemError("key-needed", "The API key is not known, or was revoked.", headers=CHALLENGE)
    request.scope["state"]["key_id"] = key.id
    return Caller(name=key.id, key=key)


def _find(database: Database, secret: str) -> ApiKey | None:
    """The key, whose use is noted."""
    with database.session() as session:
        key = keys.find(session, secret)
    if key is not None and keys.is_due(key):
        with database.session(write=True) as session:
            keys.used(session, key)
    return key
