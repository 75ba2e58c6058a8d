"""SQLite in memory: the engine that evaluates conditions for one program."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Mapping, Sequence

from evaluator.condition import Condition
from evaluator.facts import Value

_LOCAL = threading.local()

STATEMENTS_KEPT = 1_024
"""Prepared statements per thread: one per rubric and one per criterion; preparing takes far longer than running."""

_BOUND: dict[Value | None, float] = {None: math.nan, False: 0, True: 1}
"""What stands for a value when it is bound. Python asks its register of adapters about every `None` and every boolean,
which takes longer than the query; of numbers and text it does not. SQLite takes NaN for NULL
(https://www.sqlite.org/floatingpoint.html), and no fact is NaN."""

Cell = int | float | str | None


def rows(statement: str, parameters: Sequence[Value | None]) -> list[tuple[Cell, ...]]:
    """Run one SELECT that brings its own relation of facts (`WITH "facts" … VALUES`)."""
    connection = getattr(_LOCAL, "connection", None)
    if connection is None:
        connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=STATEMENTS_KEPT)
        _LOCAL.connection = connection
    return connection.execute(statement, [_BOUND.get(value, value) for value in parameters]).fetchall()


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
