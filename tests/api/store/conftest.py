"""Every test of the store runs on both databases."""

from __future__ import annotations

from tests.api.databases import database, database_url, empty_url, migrated_file, migrated_url

__all__ = ["database", "database_url", "empty_url", "migrated_file", "migrated_url"]
