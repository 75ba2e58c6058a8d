"""Requests that must have their effect once, however often they are sent.

Whoever begins a key first does the work; others with the same request get its response, or learn that it is under
way; the same key with another request is a mistake of the caller.
"""

from __future__ import annotations

import datetime
import secrets

import msgspec
from sqlalchemy import delete, select, update
from sqlmodel import Session

from api.store.database import insert_missing
from api.store.packed import moment
from api.store.tables import IdempotencyRow, table

KEPT = datetime.timedelta(hours=24)
"""How long a response is repeated."""
LOST = datetime.timedelta(minutes=5)
"""After which a request that never ended is taken to have died with its process, and may be sent again."""
_RECORDS = table(IdempotencyRow)


class Begun(msgspec.Struct, frozen=True):
    """The key is this caller's: do the work, then `finish` or `abandon` with the token."""

    token: str


class Done(msgspec.Struct, frozen=True):
    """The work was done before; this was the response."""

    response: bytes


class UnderWay(msgspec.Struct, frozen=True):
    """Another request with this key is at work."""


class Different(msgspec.Struct, frozen=True):
    """The key was used for another request."""


State = Begun | Done | UnderWay | Different


def begin(
    session: Session, owner: str, key: str, request: str, at: datetime.datetime, kept: datetime.timedelta = KEPT
) -> State:
    """Begin a request at a moment: `owner` is who asks, `key` what they call it, `request` a digest of its content."""
    c = _RECORDS.c
    here = (c.owner == owner) & (c.key == key)
    expired = c.response.is_not(None) & (c.started < moment(at - kept))
    lost = c.response.is_(None) & (c.started < moment(at - LOST))
    session.execute(delete(_RECORDS).where(here, expired | lost))
    token = secrets.token_hex(16)
    mine = {"owner": owner, "key": key, "request": request, "token": token, "started": moment(at)}
    insert_missing(session, IdempotencyRow, [mine])
    row = session.execute(select(c.request, c.token, c.response).where(here)).one_or_none()
    if row is None:
        # Abandoned by its owner this very moment.
        return UnderWay()
    if row.token == token:
        return Begun(token)
    if row.request != request:
        return Different()
    return UnderWay() if row.response is None else Done(row.response)


def finish(session: Session, token: str, response: bytes) -> None:
    """Keep the response of a request that was begun."""
    session.execute(update(_RECORDS).where(_RECORDS.c.token == token).values(response=response))


def abandon(session: Session, token: str) -> None:
    """Forget a request that had no effect, so that it can be sent again."""
    session.execute(delete(_RECORDS).where(_RECORDS.c.token == token))


def purge(session: Session, at: datetime.datetime, kept: datetime.timedelta = KEPT) -> None:
    """Forget every record older than its time."""
    session.execute(delete(_RECORDS).where(_RECORDS.c.started < moment(at - kept)))
