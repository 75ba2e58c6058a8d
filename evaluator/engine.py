"""SQLite in memory: the engine that evaluates conditions for one program."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping, Sequence

from evaluator.facts import Value
from evaluator.sql import Condition

_LOCAL = threading.local()

Cell = int | float | str | None


def rows(statement: str, parameters: Sequence[Value | None]) -> list[tuple[Cell, ...]]:
    """Run one SELECT that brings its own relation of facts (`WITH "facts" … VALUES`)."""
    connection = getattr(_LOCAL, "connection", None)
    if connection is None:
        connection = _LOCAL.connection = sqlite3.connect(":memory:", isolation_level=None)
    return connection.execute(statement, parameters).fetchall()


def facts_relation(facts: Sequence[str], count: int = 1) -> str:
    """A WITH clause for `count` programs, numbered from 0, whose fact values are parameters."""
    columns = "".join(f', "{name}"' for name in facts)
    marks = ", ?" * len(facts)
    values = ", ".join(f"({number}{marks})" for number in range(count))
    return f'WITH "facts"("program"{columns}) AS (VALUES {values})'


def holds(condition: Condition, values: Mapping[str, Value | None]) -> bool | None:
    """Whether a condition holds for these fact values; `None` when that is unknown."""
    statement = f'{facts_relation(condition.facts)} SELECT {condition.sqlite} FROM "facts"'
    truth = rows(statement, [values.get(name) for name in condition.facts])[0][0]
    return None if truth is None else bool(truth)
