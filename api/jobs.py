"""Work on jobs: claim one, read its documents in small groups, give a sign of life after each, until told to stop."""

from __future__ import annotations

import datetime
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Event

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from api import service
from api.store import documents, forming
from api.store import jobs as kept
from api.store.database import Database
from api.store.packed import plain
from evaluator.program import Document, Problem

GROUP = 20
"""Documents read between two signs of life."""
POLL_SECONDS = 1.0
Fetch = Callable[[str], Document | Problem]
"""What lies at an address."""
MakeWay = Callable[[], forming.Way]
"""How programs are formed now; asked for each group, because days pass."""


@dataclass(frozen=True)
class Worker:
    """Works on jobs; any number of them, in any number of processes."""

    database: Database
    make_way: MakeWay
    fetch: Fetch
    lease: datetime.timedelta = kept.LEASE

    def run(self, stop: Event, poll_seconds: float = POLL_SECONDS) -> None:
        """Work until `stop` is set; a job under way is given back then. A database that fails is asked again later."""
        owner = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        while not stop.is_set():
            try:
                found = self.work_on_one(owner, stop)
            except SQLAlchemyError:
                found = False
            if not found:
                stop.wait(poll_seconds)

    def work_on_one(self, owner: str, stop: Event | None = None) -> bool:
        """Work on the oldest free job until it is done or `stop` is set; whether there was one."""
        with self.database.session(write=True) as session:
            job = kept.claim(session, owner, _now(), self.lease)
        if job is None:
            return False
        try:
            while self._group(job):
                if stop is not None and stop.is_set():
                    with self.database.session(write=True) as session:
                        kept.release(session, job)
                    return True
            with self.database.session(write=True) as session:
                kept.finish(session, job)
        except kept.LeaseLost:
            # Another worker took over; it does what is left.
            pass
        return True

    def _group(self, job: kept.Claimed) -> bool:
        """Work on the next items; whether there were any."""
        self._alive(job)
        with self.database.session(write=True) as session:
            items = kept.take(session, job, GROUP)
        if not items:
            return False
        if items[0].attempts >= kept.MOST_ATTEMPTS:
            says = f"reading it ended the worker {items[0].attempts} times; it was left out"
            self._end(job, items[0], kept.ItemOutcome(problems=(_problem(items[0], says),)), failed=True)
            return True
        try:
            self._work(job, items)
        except kept.LeaseLost:
            raise
        except OperationalError:
            # The database is away or busy, which is no fault of these documents.
            with self.database.session(write=True) as session:
                kept.put_back(session, items)
                kept.release(session, job)
            raise
        except Exception as error:
            if len(items) > 1:
                # Left as they are, they are taken one by one; the one at fault is then alone.
                return True
            says = f"could not be worked on ({type(error).__name__}); please report this mistake in Touchstone"
            self._end(job, items[0], kept.ItemOutcome(problems=(_problem(items[0], says),)), failed=True)
        return True

    def _work(self, job: kept.Claimed, items: Sequence[kept.Item]) -> None:
        had = [(item, number) for item in items if (number := self._document(job, item)) is not None]
        added = service.add_kept(
            self.database,
            [number for _, number in had],
            self.make_way(),
            job.provider,
            lambda _: self._alive(job),
        )
        with self.database.session(write=True) as session:
            kept.renew(session, job, _now(), self.lease)
            for (item, _), each in zip(had, added, strict=True):
                kept.end(session, item, "done", _outcome(each))

    def _document(self, job: kept.Claimed, item: kept.Item) -> int | None:
        """The number of an item's document, fetched where it has none; `None` when it can't be had."""
        if item.document is not None:
            return item.document
        found = self.fetch(item.name)
        self._alive(job)
        if isinstance(found, Problem):
            self._end(job, item, kept.ItemOutcome(problems=(found,)), failed=True)
            return None
        with self.database.session(write=True) as session:
            number = documents.add(session, [found])[0].number
            kept.attach(session, item, number)
        return number

    def _alive(self, job: kept.Claimed) -> None:
        with self.database.session(write=True) as session:
            kept.renew(session, job, _now(), self.lease)

    def _end(self, job: kept.Claimed, item: kept.Item, outcome: kept.ItemOutcome, *, failed: bool) -> None:
        with self.database.session(write=True) as session:
            kept.renew(session, job, _now(), self.lease)
            kept.end(session, item, "failed" if failed else "done", outcome)


def submit(database: Database, given: Iterable[Document | str], provider: str | None = None) -> str:
    """A job over documents, and addresses to fetch; its id. All documents are kept when this returns."""
    items = list(given)
    with database.session(write=True) as session:
        stored = iter(documents.add(session, [item for item in items if isinstance(item, Document)]))
        named = [(item, None) if isinstance(item, str) else (item.url, next(stored).number) for item in items]
        return kept.create(session, named, provider)


def _outcome(added: service.Added) -> kept.ItemOutcome:
    changes = [each.change for each in added.programs]
    return kept.ItemOutcome(
        programs=tuple(each.key for each in added.programs),
        added=changes.count("new"),
        changed=changes.count("changed"),
        problems=added.problems,
    )


def _problem(item: kept.Item, says: str) -> Problem:
    return Problem(document=plain(item.name), locator="", message=says)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
