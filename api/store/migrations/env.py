"""Runs migrations over the connection that `Database` gives."""

from __future__ import annotations

from typing import Any

from alembic import context

from api.store import tables


def _is_ours(thing: Any, name: str | None, kind: str, reflected: bool, compared_to: Any) -> bool:
    """Whether models describe it: the search index is made by hand, and so are the tables inside FTS5."""
    return not (kind == "table" and (name or "").startswith(tables.SEARCH_TABLE))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    include_object=_is_ours,
    compare_type=True,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
