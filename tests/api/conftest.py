"""Running servers: one for all tests that only ask, and a new one for each test that stores something."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.databases import database, database_url, empty_url, migrated_file, migrated_url
from tests.api.serving import serving

__all__ = ["database", "database_url", "empty_url", "migrated_file", "migrated_url"]


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server on loopback that needs no keys and holds nothing."""
    file = tmp_path_factory.mktemp("api") / "store.db"
    with serving(f"sqlite:///{file}") as client:
        yield client


@pytest.fixture
def store(database_url: str) -> Iterator[httpx.Client]:
    """A client of a server with an empty store, on both databases."""
    with serving(database_url) as client:
        yield client
