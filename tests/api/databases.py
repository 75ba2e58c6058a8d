"""Both databases for tests: SQLite in a file, and PostgreSQL in a database that the test run makes and drops.

A module that imports `database` (an empty, migrated store) or `empty_url` (a database without tables) runs its tests
on both. The server is `TOUCHSTONE_TEST_POSTGRESQL`, else the one at the local socket; without a server those tests
skip and say so, but fail where `CI` is set.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from api.store.database import Database
from api.store.tables import METADATA, SEARCH_TABLE

SERVER = os.environ.get(
    "TOUCHSTONE_TEST_POSTGRESQL", "postgresql+psycopg://root@/test?host=/var/run/postgresql&connect_timeout=3"
)
KINDS = ("sqlite", "postgresql")


def _on_server(*statements: str) -> None:
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def new_database() -> str:
    """The URL of a fresh PostgreSQL database; skips, or fails where CI is set, when there is no server."""
    name = f"touchstone_{os.getpid()}_{secrets.token_hex(4)}"
    try:
        _on_server(f"CREATE DATABASE {name}")
    except OperationalError as error:
        says = f"no PostgreSQL server at {SERVER}: {error.orig}"
        if os.environ.get("CI"):
            pytest.fail(says)
        pytest.skip(says)
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def drop(url: str) -> None:
    _on_server(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("store") / "migrated.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    return file


@pytest.fixture(scope="session")
def migrated_url() -> Iterator[str]:
    """A PostgreSQL database with all tables, used by one test after the other."""
    url = new_database()
    database = Database(url)
    database.migrate()
    database.close()
    yield url
    drop(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, migrated store."""
    if request.param == "sqlite":
        file = tmp_path / "touchstone.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("migrated_url")
    database = Database(url)
    tables = ", ".join([*(table.name for table in METADATA.sorted_tables), SEARCH_TABLE])
    with database.session(write=True) as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    database.close()
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated store."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    url = new_database()
    yield url
    drop(url)
