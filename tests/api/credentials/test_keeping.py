"""What is kept of credentials, for how long, and what happens when they are verified again; on both databases."""

from __future__ import annotations

import datetime
import json
import threading

import pytest
from sqlalchemy import text

from api import credentials
from api.credentials import Given, NotKept
from api.rechecks import RETRY, Rechecker
from api.store import credentials as kept
from api.store import events
from api.store.credentials import Retention, UnknownCredential
from api.store.database import Database
from api.store.packed import moment, unpack_bytes
from api.world import Asked, Worlds
from evaluator.credentials.world import Unavailable
from tests.api.credentials.vectors import HOLDER, HOSTED, NAMED, content, documents, needs_vectors, offline

DAY = datetime.timedelta(days=1)
NOTHING = Retention(file=0 * DAY, verdict=30 * DAY, recheck=DAY)
KEPT = Retention(file=10 * DAY, verdict=30 * DAY, recheck=DAY)
ASKED = Asked((HOLDER,))
pytestmark = needs_vectors


class Withdrawn:
    """A world whose documents can be withdrawn, as a publisher does that revokes a hosted badge."""

    def __init__(self) -> None:
        self.gone: dict[str, int] = {}

    def __call__(self, key: str) -> bytes:
        if key in self.gone:
            raise Unavailable("the server says that it is gone", self.gone[key])
        if key not in documents():
            raise Unavailable("it is not among the documents")
        return documents()[key]

    @property
    def worlds(self) -> Worlds:
        return offline(fetch=self)


def address() -> str:
    return str(json.loads(content(HOSTED))["id"])


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def everything(database: Database) -> str:
    """All that the tables hold, unpacked, as text."""
    with database.session() as session:
        rows = session.execute(text("SELECT id, name, digest, verdict, file FROM credentials")).all()
        told = session.execute(text("SELECT id, type, credential, content FROM events")).all()
    found = ""
    for row in (*rows, *told):
        for value in row:
            found += (
                unpack_bytes(bytes(value)).decode("utf-8", "replace")
                if isinstance(value, bytes | memoryview)
                else str(value)
            )
    return found


def listed(database: Database) -> tuple[events.Event, ...]:
    with database.session() as session:
        return events.page(session, 0, 100).events


# --- what is kept -------------------------------------------------------------------------------------------


def test_neither_the_file_nor_the_address_of_anybody_is_kept(database: Database) -> None:
    made = credentials.add(database, [Given("badge.jwt", content(NAMED))], offline(), NOTHING, ASKED)[0]
    assert made.reports[0].holder_match is True
    with database.session() as session:
        assert kept.get(session, made.id) == made
        assert kept.content(session, made.id) is None
    text = everything(database)
    assert made.id in text
    assert HOLDER not in text
    assert "ecf5409f3f4b91ab" not in text, "the hash of the address in the badge"
    assert content(NAMED).decode()[:60] not in text
    with pytest.raises(NotKept):
        credentials.verify_again(database, made.id, offline(), NOTHING)


def test_a_link_is_kept_only_as_long_as_a_file_would_be(database: Database) -> None:
    link = address()
    away = Withdrawn()
    made = credentials.add(database, [Given(link)], away.worlds, NOTHING)[0]
    assert (made.name, made.reports[0].file) == (link, link)
    assert link not in everything(database)
    longer = credentials.add(database, [Given(link)], away.worlds, KEPT)[0]
    assert link in everything(database)
    assert credentials.verify_again(database, longer.id, away.worlds, KEPT).outcome == longer.outcome


def test_the_file_goes_first_and_then_the_rest(database: Database) -> None:
    files = [Given("badge.jwt", content(NAMED)), Given(address())]
    made, link = credentials.add(database, files, Withdrawn().worlds, KEPT)
    start = now()
    with database.session(write=True) as session:
        assert kept.purge(session, start + 9 * DAY) == 0
        assert kept.content(session, made.id) == content(NAMED)
        assert kept.purge(session, start + 11 * DAY) == 2
        assert kept.content(session, made.id) is None
        assert kept.get(session, made.id).reports == made.reports
        assert kept.get(session, made.id).file_until is None
        assert kept.get(session, link.id).name == "link"
        assert kept.purge(session, start + 11 * DAY) == 0
    assert address() not in everything(database)
    with database.session(write=True) as session:
        assert kept.purge(session, start + 31 * DAY) == 2
    with database.session() as session, pytest.raises(UnknownCredential):
        kept.get(session, made.id)


def test_erasing_leaves_nothing(database: Database) -> None:
    away = Withdrawn()
    made = credentials.add(database, [Given(address())], away.worlds, KEPT)[0]
    away.gone[address()] = 410
    credentials.verify_again(database, made.id, away.worlds, KEPT)
    assert listed(database)
    credentials.erase(database, made.id)
    assert everything(database) == ""
    for act in (credentials.erase, lambda d, i: credentials.verify_again(d, i, away.worlds, KEPT)):
        with pytest.raises(UnknownCredential):
            act(database, made.id)


# --- verified again -----------------------------------------------------------------------------------------


def test_a_revoked_credential_raises_one_event(database: Database) -> None:
    away = Withdrawn()
    made = credentials.add(database, [Given("badge.json", content(HOSTED))], away.worlds, KEPT, ASKED)[0]
    assert made.outcome == "valid"
    credentials.verify_again(database, made.id, away.worlds, KEPT)
    assert listed(database) == ()
    away.gone[address()] = 410
    for _ in range(2):
        again = credentials.verify_again(database, made.id, away.worlds, KEPT)
        assert again.outcome == "invalid"
    (event,) = listed(database)
    assert (event.type, event.credential) == ("credential.revoked", made.id)
    assert (event.before.outcome, event.after.outcome, event.after.codes) == ("valid", "invalid", ("revoked",))


def test_what_can_not_be_read_any_more_has_changed_and_is_not_revoked(database: Database) -> None:
    away = Withdrawn()
    made = credentials.add(database, [Given("badge.json", content(HOSTED))], away.worlds, KEPT)[0]
    away.gone[address()] = 503
    credentials.verify_again(database, made.id, away.worlds, KEPT)
    away.gone.clear()
    credentials.verify_again(database, made.id, away.worlds, KEPT)
    assert [event.type for event in listed(database)] == ["credential.changed", "credential.changed"]
    assert [event.after.outcome for event in listed(database)] == ["indeterminate", "valid"]


def test_the_answer_about_the_person_stands_when_nobody_is_named_again(database: Database) -> None:
    made = credentials.add(database, [Given("badge.jwt", content(NAMED))], offline(), KEPT, ASKED)[0]
    again = credentials.verify_again(database, made.id, offline(), KEPT)
    assert again.reports == made.reports
    other = credentials.verify_again(database, made.id, offline(), KEPT, Asked(("other@example.org",)))
    assert other.reports[0].holder_match is False


def test_what_is_due_is_verified_by_one_worker_and_put_off(database: Database) -> None:
    away = Withdrawn()
    at_once = Retention(file=10 * DAY, verdict=30 * DAY, recheck=datetime.timedelta(microseconds=1))
    made = credentials.add(database, [Given("badge.json", content(HOSTED))], away.worlds, at_once)[0]
    with database.session(write=True) as session:
        assert kept.take_due(session, now() - DAY, RETRY) is None
        taken = kept.take_due(session, now(), RETRY)
        assert taken is not None
        assert kept.take_due(session, now(), RETRY) is None
        again = kept.take_due(session, now() + RETRY, -2 * RETRY)
        assert again is not None, "a worker that died leaves it to another one"
    away.gone[address()] = 410
    rechecker = Rechecker(database, away.worlds, KEPT)
    assert rechecker.recheck_one()
    assert not rechecker.recheck_one()
    assert [event.type for event in listed(database)] == ["credential.revoked"]
    with database.session() as session:
        due = kept.get(session, made.id).recheck
    assert due is not None
    assert due > moment(now() + 0.9 * DAY)


def test_the_worker_rechecks_purges_and_stops(database: Database) -> None:
    away = Withdrawn()
    short = Retention(file=10 * DAY, verdict=30 * DAY, recheck=datetime.timedelta(microseconds=1))
    made = credentials.add(database, [Given("badge.json", content(HOSTED))], away.worlds, short)[0]
    over = Retention(file=0 * DAY, verdict=datetime.timedelta(microseconds=1), recheck=DAY)
    gone = credentials.add(database, [Given("badge.jwt", content(NAMED))], offline(), over)[0]
    away.gone[address()] = 410
    stop = threading.Event()
    worker = threading.Thread(target=Rechecker(database, away.worlds, KEPT).run, args=(stop, 0.05))
    worker.start()
    deadline = now() + datetime.timedelta(seconds=20)
    while not listed(database) and now() < deadline:
        stop.wait(0.05)
    stop.set()
    worker.join(10)
    assert not worker.is_alive()
    assert [event.credential for event in listed(database)] == [made.id]
    with database.session() as session, pytest.raises(UnknownCredential):
        kept.get(session, gone.id)


def test_a_mistake_of_ours_does_not_end_the_worker(database: Database) -> None:
    at_once = Retention(file=10 * DAY, verdict=30 * DAY, recheck=datetime.timedelta(microseconds=1))
    made = credentials.add(database, [Given("badge.json", content(HOSTED))], Withdrawn().worlds, at_once)[0]

    def broken(_: str) -> bytes:
        raise ZeroDivisionError

    rechecker = Rechecker(database, offline(fetch=broken), KEPT)
    assert rechecker.recheck_one()
    assert not rechecker.recheck_one(), "it has been put off"
    with database.session() as session:
        assert kept.get(session, made.id).checked == made.checked


def test_nothing_is_verified_by_itself_where_that_is_not_wanted(database: Database) -> None:
    never = Retention(file=10 * DAY, verdict=30 * DAY, recheck=0 * DAY)
    assert credentials.add(database, [Given("b", content(NAMED))], offline(), never)[0].recheck is None
    assert credentials.add(database, [Given("b", content(NAMED))], offline(), NOTHING)[0].recheck is None


# --- events -------------------------------------------------------------------------------------------------


def test_events_come_page_by_page(database: Database) -> None:
    away = Withdrawn()
    made = credentials.add(database, [Given("badge.json", content(HOSTED))], away.worlds, KEPT)[0]
    for turn in range(5):
        away.gone = {address(): 503} if turn % 2 == 0 else {}
        credentials.verify_again(database, made.id, away.worlds, KEPT)
    with database.session() as session:
        first = events.page(session, 0, 3)
        rest = events.page(session, first.last, 3)
        end = events.page(session, rest.last, 3)
    assert (len(first.events), first.more, len(rest.events), rest.more) == (3, True, 2, False)
    assert (end.events, end.last) == ((), rest.last)
    assert len({event.id for event in (*first.events, *rest.events)}) == 5
