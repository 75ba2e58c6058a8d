"""Jobs: many documents at once, each kept before the work begins.

A worker takes a job for some seconds by one UPDATE that says what it expects, and takes it again and again while it
works. When the worker dies, its time runs out and another one goes on; what was done stays done.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import and_, func, insert, or_, select, update
from sqlmodel import Session

from api.store.packed import moment, now, pack, plain, unpack
from api.store.tables import JobItemRow, JobRow, table
from evaluator.program import Problem

State = Literal["waiting", "running", "done"]
ItemState = Literal["waiting", "done", "failed"]
LEASE = datetime.timedelta(seconds=30)
"""For how long a worker has a job without a sign of life."""
MOST_ATTEMPTS = 3
"""How often an item is begun before it is taken to be what kills the worker."""
_JOBS, _ITEMS = table(JobRow), table(JobItemRow)


class LeaseLost(RuntimeError):
    """Another worker has the job now."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a job, or an address whose document is still to be fetched."""

    number: int
    position: int
    name: str
    document: int | None
    state: ItemState
    attempts: int


class ItemOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one item gave."""

    programs: tuple[str, ...] = ()
    """Keys."""
    added: int = 0
    changed: int = 0
    problems: tuple[Problem, ...] = ()


class ItemReport(msgspec.Struct, frozen=True, kw_only=True):
    """One item, for people."""

    position: int
    name: str
    document: int | None
    """Number of the kept document; `None` until it is fetched."""
    state: ItemState
    outcome: ItemOutcome | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is."""

    id: str
    state: State
    total: int
    done: int
    failed: int
    """Items that gave no document, or that could not be worked on."""
    created: str
    finished: str | None


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A job that a worker has."""

    id: str
    provider: str | None
    owner: str


def create(session: Session, items: Sequence[tuple[str, int | None]], provider: str | None) -> str:
    """A job over items, each a name and the number of a kept document (`None`: the name is an address to fetch)."""
    job = secrets.token_hex(10)
    state: State = "waiting" if items else "done"
    finished = None if items else now()
    session.execute(insert(_JOBS).values(id=job, state=state, provider=provider, created=now(), finished=finished))
    rows = [
        {"job": job, "position": position, "name": plain(name), "document": document, "state": "waiting", "attempts": 0}
        for position, (name, document) in enumerate(items)
    ]
    if rows:
        session.execute(insert(_ITEMS), rows)
    return job


def progress(session: Session, job: str) -> Progress | None:
    """How far a job is; `None` when there is none of this id."""
    if not (job.isalnum() and job.isascii()):
        return None
    row = session.execute(select(_JOBS).where(_JOBS.c.id == job)).one_or_none()
    if row is None:
        return None
    c = _ITEMS.c
    counted = session.execute(select(c.state, func.count().label("number")).where(c.job == job).group_by(c.state)).all()
    states = {row.state: row.number for row in counted}
    return Progress(
        id=row.id,
        state=row.state,
        total=sum(states.values()),
        done=states.get("done", 0),
        failed=states.get("failed", 0),
        created=row.created,
        finished=row.finished,
    )


def reports(session: Session, job: str, after: int = -1, limit: int = 100) -> list[ItemReport]:
    """The items of a job after a position, in their order."""
    c = _ITEMS.c
    chosen = select(c.position, c.name, c.document, c.state, c.outcome).where(c.job == job, c.position > after)
    return [
        ItemReport(
            position=row.position,
            name=row.name,
            document=row.document,
            state=row.state,
            outcome=unpack(row.outcome, ItemOutcome) if row.outcome else None,
        )
        for row in session.execute(chosen.order_by(c.position).limit(limit))
    ]


def claim(session: Session, owner: str, at: datetime.datetime, lease: datetime.timedelta = LEASE) -> Claimed | None:
    """The oldest job that nobody has, or whose worker gave no sign of life; `None` when there is none."""
    c = _JOBS.c
    free = or_(c.state == "waiting", and_(c.state == "running", c.lease_until < moment(at)))
    while (
        job := session.execute(select(c.id, c.provider).where(free).order_by(c.created, c.id).limit(1)).first()
    ) is not None:
        taken = update(_JOBS).where(c.id == job.id, free)
        taken = taken.values(state="running", owner=owner, lease_until=moment(at + lease))
        if _changed(session, taken):
            return Claimed(id=job.id, provider=job.provider, owner=owner)
    return None


def renew(session: Session, job: Claimed, at: datetime.datetime, lease: datetime.timedelta = LEASE) -> None:
    """A sign of life. Raises LeaseLost when another worker has the job."""
    if not _changed(session, _own(job).values(lease_until=moment(at + lease))):
        raise LeaseLost(job.id)


def release(session: Session, job: Claimed) -> None:
    """Give the job back unfinished, so that another worker need not wait for the lease to end."""
    session.execute(_own(job).values(state="waiting", owner=None, lease_until=None))


def finish(session: Session, job: Claimed) -> None:
    """Every item is done. Raises LeaseLost."""
    if not _changed(session, _own(job).values(state="done", finished=now(), owner=None, lease_until=None)):
        raise LeaseLost(job.id)


def take(session: Session, job: Claimed, most: int) -> list[Item]:
    """The next items, each counted as begun; one alone where an item was begun before and never ended."""
    c = _ITEMS.c
    columns = (c.number, c.position, c.name, c.document, c.state, c.attempts)
    waiting = select(*columns).where(c.job == job.id, c.state == "waiting").order_by(c.attempts, c.position)
    items = [Item(**row._mapping) for row in session.execute(waiting.limit(most))]
    items = [each for each in items if each.attempts == items[0].attempts]
    chosen = items[:1] if items and items[0].attempts else items
    if chosen:
        begun = update(_ITEMS).where(c.number.in_([each.number for each in chosen])).values(attempts=c.attempts + 1)
        session.execute(begun)
    return chosen


def put_back(session: Session, items: Sequence[Item]) -> None:
    """Do not count that these items were begun."""
    c = _ITEMS.c
    session.execute(update(_ITEMS).where(c.number.in_([each.number for each in items])).values(attempts=c.attempts - 1))


def end(session: Session, item: Item, state: ItemState, outcome: ItemOutcome) -> None:
    """Say what an item gave."""
    here = update(_ITEMS).where(_ITEMS.c.number == item.number)
    session.execute(here.values(state=state, outcome=pack(outcome)))


def attach(session: Session, item: Item, document: int) -> None:
    """Note the document that was fetched for an item."""
    session.execute(update(_ITEMS).where(_ITEMS.c.number == item.number).values(document=document))


def _own(job: Claimed) -> Any:
    return update(_JOBS).where(_JOBS.c.id == job.id, _JOBS.c.owner == job.owner, _JOBS.c.state == "running")


def _changed(session: Session, statement: Any) -> bool:
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
