"""Events: what happened to a credential after its first verdict, in the order in which it was found out."""

from __future__ import annotations

import datetime
import secrets
from typing import Any, Literal

import msgspec
from sqlalchemy import insert, select
from sqlmodel import Session

from api.store.packed import moment, pack, unpack
from api.store.tables import EventRow, table
from evaluator.credentials.verdict import Overall

EventType = Literal["credential.revoked", "credential.changed"]
_EVENTS = table(EventRow)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a credential stood."""

    outcome: Overall
    codes: tuple[str, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a new verification found different."""

    before: Standing
    after: Standing


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a credential. Names the credential by its id and nobody by name."""

    id: str
    type: EventType
    credential: str
    at: str
    before: Standing
    after: Standing


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some events, and where they end."""

    events: tuple[Event, ...]
    last: int
    """Number of the last one; that of the start where there is none."""
    more: bool


def add(session: Session, type: EventType, credential: str, change: Change, at: datetime.datetime) -> Event:
    """Note an event."""
    event = Event(
        id=secrets.token_hex(10),
        type=type,
        credential=credential,
        at=moment(at),
        before=change.before,
        after=change.after,
    )
    values = {"id": event.id, "type": type, "credential": credential, "at": event.at, "content": pack(change)}
    session.execute(insert(_EVENTS).values(**values))
    return event


def page(session: Session, after: int, limit: int) -> Page:
    """Events after the one of that number, the oldest first."""
    c = _EVENTS.c
    rows = session.execute(select(_EVENTS).where(c.number > after).order_by(c.number).limit(limit + 1)).all()
    shown = rows[:limit]
    return Page(
        events=tuple(_event(row) for row in shown),
        last=shown[-1].number if shown else after,
        more=len(rows) > limit,
    )


def _event(row: Any) -> Event:
    change = unpack(row.content, Change)
    return Event(
        id=row.id, type=row.type, credential=row.credential, at=row.at, before=change.before, after=change.after
    )
