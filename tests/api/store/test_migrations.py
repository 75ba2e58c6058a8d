"""The schema goes up and down with data in it, and models and migrations agree."""

from __future__ import annotations

import datetime
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from api import jobs, service
from api.store import credentials, events, keys, search
from api.store.database import BadDatabaseUrl, Database
from api.store.tables import METADATA
from tests.api.store import programs as made


def fill(database: Database) -> str:
    """One row or more in every table; the key of a program."""
    source, other = made.paper("one"), made.paper("two", "https://example.org/b")
    facts = {"assessment_exists": True}
    pairs = [
        (source, made.reading(made.says(source, facts))),
        (other, made.reading(made.says(other, facts, "https://example.org/other", title="Zebra"))),
    ]
    added = service.add_readings(database, pairs, made.way())
    both = [outcome.key for each in added for outcome in each.programs]
    service.correct(
        database, both[0], service.Correcting(fact="pass_mark", value=0.5, author="A", reason="B"), made.way()
    )
    service.compare(database, both, [made.rubric()], made.DAY)
    jobs.submit(database, [made.paper("three")])
    with database.session(write=True) as session:
        keys.create(session, "somebody", ["read"])
        session.execute(
            text("INSERT INTO idempotency (owner, key, request, token, started) VALUES ('o', 'k', 'r', 't', '2026')")
        )
        day = datetime.timedelta(days=1)
        keep = credentials.Retention(file=day, verdict=day, recheck=day)
        now = datetime.datetime.now(datetime.UTC)
        kept = credentials.add(session, ("badge.json", "sha256:0", b"{}"), (), "valid", keep, now)
        standing = events.Standing(outcome="valid", codes=())
        events.add(session, "credential.changed", kept.id, events.Change(before=standing, after=standing), now)
    return both[0]


def test_up_and_down_and_up_with_data(empty_url: str) -> None:
    database = Database(empty_url)
    assert database.revision() is None
    assert not database.is_current()
    database.migrate()
    assert database.is_current()
    fill(database)
    with database.session() as session:
        for table in METADATA.sorted_tables:
            assert session.execute(text(f"SELECT count(*) FROM {table.name}")).scalar(), f"{table.name} is empty"
    database.migrate()
    assert service.count_programs(database, search.Search(text="zebra")) == 1
    database.migrate("base")
    assert database.revision() is None
    assert {name for name in inspect(database.engine).get_table_names() if name != "alembic_version"} == set()
    database.migrate()
    assert service.count_programs(database, search.Search()) == 0
    fill(database)
    database.close()


def test_models_and_migrations_agree(database: Database) -> None:
    database.check()


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]
    failures: list[Exception] = []

    def migrate(database: Database) -> None:
        try:
            database.migrate()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(each,)) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert databases[0].is_current()
    for each in databases:
        each.close()


def test_sqlite_is_set_up_for_service(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.session() as session:
        values = [
            session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 1, 30_000]
    database.close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "sqlite:///FILE"),
        ("sqlite://", "name a file"),
        ("mysql://root@host/x", "not a database of Touchstone"),
    ],
)
def test_an_address_that_is_none_is_explained(url: str, says: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=says):
        Database(url)


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.session(write=True) as session:
        session.execute(
            text("INSERT INTO job_items (job, position, name, state, attempts) VALUES ('none', 0, 'x', 'w', 0)")
        )
