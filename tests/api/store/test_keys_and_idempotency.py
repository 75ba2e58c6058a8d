"""API keys keep no secret, and a request has its effect once."""

from __future__ import annotations

import datetime
import hashlib
import threading

import pytest
from sqlalchemy import text

from api.store import idempotency, keys
from api.store.database import Database
from api.store.packed import moment

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


# --- keys ---------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_kept_as_a_hash(database: Database) -> None:
    with database.session(write=True) as session:
        secret, made = keys.create(session, " An  ATS ", ["write", "read"])
    assert secret.startswith("ts_")
    assert len(secret) == 35
    assert (made.name, made.scopes, made.prefix) == ("An ATS", ("read", "write"), secret[:9])
    with database.session() as session:
        kept = session.execute(text("SELECT * FROM api_keys")).one()
        assert secret not in [str(value) for value in kept]
        assert kept.hash == hashlib.sha256(secret.encode()).hexdigest()
        assert keys.find(session, secret) == made
        for other in (secret[:-1], secret + "x", made.prefix, kept.hash, "", "ts_", "\0", "ts_\ud800", "ts_é"):
            assert keys.find(session, other) is None


def test_two_keys_differ(database: Database) -> None:
    with database.session(write=True) as session:
        assert keys.create(session, "A", ["read"])[0] != keys.create(session, "A", ["read"])[0]
        assert [each.name for each in keys.listed(session)] == ["A", "A"]


def test_scopes_include_those_before_them(database: Database) -> None:
    with database.session(write=True) as session:
        made = [keys.create(session, scope, [scope])[1] for scope in keys.SCOPES]
    may = [[key.may(scope) for scope in keys.SCOPES] for key in made]
    assert may == [[True, False, False], [True, True, False], [True, True, True]]


@pytest.mark.parametrize(("name", "scopes"), [("A", []), ("A", ["all"]), ("A", ["read", "all"]), (" ", ["read"])])
def test_a_key_that_can_not_be_is_explained(database: Database, name: str, scopes: list[keys.Scope]) -> None:
    with pytest.raises(keys.BadKey, match="a key needs"), database.session(write=True) as session:
        keys.create(session, name, scopes)


def test_a_revoked_key_opens_nothing(database: Database) -> None:
    with database.session(write=True) as session:
        secret, made = keys.create(session, "A", ["read"])
        other, _ = keys.create(session, "B", ["read"])
    with database.session(write=True) as session:
        revoked = keys.revoke(session, made.prefix)
    assert revoked.revoked is not None
    with database.session(write=True) as session:
        assert keys.find(session, secret) is None
        assert keys.find(session, other) is not None
        assert keys.revoke(session, made.id) == revoked
        for name in ("", "nobody", "\0", "%"):
            with pytest.raises(keys.BadKey, match="no key"):
                keys.revoke(session, name)


def test_the_last_use_is_noted_now_and_then(database: Database) -> None:
    with database.session(write=True) as session:
        secret, made = keys.create(session, "A", ["read"])
        assert keys.is_due(made)
        keys.used(session, made)
        found = keys.find(session, secret)
    assert found is not None
    assert found.last_used is not None
    assert not keys.is_due(found)


# --- idempotency --------------------------------------------------------------------------------------------


def begin(
    database: Database, at: datetime.datetime = NOON, request: str = "r", owner: str = "o", key: str = "k"
) -> idempotency.State:
    with database.session(write=True) as session:
        return idempotency.begin(session, owner, key, request, at)


def test_the_response_is_repeated_for_a_day(database: Database) -> None:
    begun = begin(database)
    assert isinstance(begun, idempotency.Begun)
    assert begin(database) == idempotency.UnderWay()
    with database.session(write=True) as session:
        idempotency.finish(session, begun.token, b"\0answer")
    day = datetime.timedelta(hours=24)
    assert begin(database) == idempotency.Done(b"\0answer")
    assert begin(database, NOON + day) == idempotency.Done(b"\0answer")
    assert begin(database, request="other") == idempotency.Different()
    assert isinstance(begin(database, owner="another"), idempotency.Begun)
    assert isinstance(begin(database, NOON + day + datetime.timedelta(seconds=1)), idempotency.Begun)


def test_what_had_no_effect_or_died_can_be_sent_again(database: Database) -> None:
    begun = begin(database)
    assert isinstance(begun, idempotency.Begun)
    with database.session(write=True) as session:
        idempotency.abandon(session, begun.token)
    again = begin(database, request="mended")
    assert isinstance(again, idempotency.Begun)
    assert begin(database, NOON + idempotency.LOST, request="mended") == idempotency.UnderWay()
    late = begin(database, NOON + idempotency.LOST + datetime.timedelta(seconds=1), request="mended")
    assert isinstance(late, idempotency.Begun)
    with database.session(write=True) as session:
        # The one that was taken for dead comes back: its answer is not kept over the other's.
        idempotency.finish(session, again.token, b"late")
    assert begin(database, NOON + idempotency.LOST, request="mended") == idempotency.UnderWay()


def test_old_records_are_purged(database: Database) -> None:
    begun = begin(database)
    assert isinstance(begun, idempotency.Begun)
    with database.session(write=True) as session:
        idempotency.finish(session, begun.token, b"a")
        idempotency.purge(session, NOON + datetime.timedelta(hours=24))
        assert session.execute(text("SELECT count(*) FROM idempotency")).scalar() == 1
        idempotency.purge(session, NOON + datetime.timedelta(hours=24, seconds=1))
        assert session.execute(text("SELECT count(*) FROM idempotency")).scalar() == 0


def test_of_many_at_once_one_begins(database: Database) -> None:
    for round_ in range(5):
        states: list[idempotency.State | Exception] = []
        together = threading.Barrier(8)

        def race(
            key: str, states: list[idempotency.State | Exception] = states, together: threading.Barrier = together
        ) -> None:
            try:
                together.wait()
                states.append(begin(database, key=key))
            except Exception as error:
                states.append(error)

        threads = [threading.Thread(target=race, args=(f"k{round_}",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kinds = sorted(type(state).__name__ for state in states)
        assert kinds == ["Begun", *["UnderWay"] * 7], states


def test_moments_order_as_texts() -> None:
    later = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    assert moment(later) == "2025-12-31T23:00:00.000000Z"
    assert (
        moment(NOON) < moment(NOON + datetime.timedelta(microseconds=1)) < moment(NOON + datetime.timedelta(seconds=1))
    )
