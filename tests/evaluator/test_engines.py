"""One SQL text, four engines, identical rows: SQLite, Polars, DuckDB and PostgreSQL."""

from __future__ import annotations

import os
import random
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence

import duckdb
import polars as pl
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.bulk import ARROW, score_table
from evaluator.facts import Value, dictionary
from evaluator.rubric import Rubric
from evaluator.score import row_of
from evaluator.sql import Query, compile_rubric
from rubrics.library import installed
from tests.evaluator.strategies import ASKED, OPEN_TEXTS, known, numbers, rubric_of, rubrics

Facts = Mapping[str, Value | None]
Rows = list[tuple[object, ...]]

POSTGRES = os.environ.get("TOUCHSTONE_TEST_POSTGRES", "host=127.0.0.1 user=root dbname=test connect_timeout=5")


@pytest.fixture(scope="module")
def postgres() -> Iterator[psycopg.Connection]:
    """A connection whose own schema is dropped afterwards."""
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True)
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"PostgreSQL is not tested: no server at {POSTGRES!r} (set TOUCHSTONE_TEST_POSTGRES): {error}")
    schema = f"touchstone_{uuid.uuid4().hex}"
    with connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        connection.execute(f'SET search_path TO "{schema}"')
        try:
            yield connection
        finally:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def arrow(names: Sequence[str], programs: Sequence[Facts]) -> pa.Table:
    """The programs as a table, numbered."""
    columns = {name: pa.array([facts.get(name) for facts in programs], ARROW[ASKED[name].type]) for name in names}
    return pa.table({"program": [f"{number:04}" for number in range(len(programs))], **columns})


def on_sqlite(query: Query, programs: Sequence[Facts]) -> Rows:
    with sqlite3.connect(":memory:") as connection:
        columns = ", ".join(f'"{name}"' for name in ("program", *query.facts))
        connection.execute(f'CREATE TABLE "facts" ({columns})')
        marks = ", ".join("?" * (len(query.facts) + 1))
        rows = [[f"{number:04}", *map(facts.get, query.facts)] for number, facts in enumerate(programs)]
        connection.executemany(f'INSERT INTO "facts" VALUES ({marks})', rows)
        found = connection.execute(query.sql("sqlite")).fetchall()
    connection.close()
    return found


def on_row_by_row(rubric: Rubric, programs: Sequence[Facts]) -> Rows:
    """As single programs are scored."""
    rows = [row_of(facts, rubric) for facts in programs]
    return [(f"{number:04}", *list(row.values())[1:]) for number, row in enumerate(rows)]


def on_polars(rubric: Rubric, programs: Sequence[Facts]) -> Rows:
    return pl.from_arrow(score_table(arrow(rubric.facts, programs), [rubric])).rows()  # type: ignore[union-attr]


def on_duckdb(query: Query, programs: Sequence[Facts]) -> Rows:
    with duckdb.connect() as connection:
        connection.register("facts", arrow(query.facts, programs))
        return connection.execute(query.sql("duckdb")).fetchall()


COLUMN_TYPES = {"boolean": "boolean", "integer": "bigint", "number": "double precision", "text": "text"}


def on_postgres(connection: psycopg.Connection, query: Query, programs: Sequence[Facts]) -> Rows:
    columns = "".join(f', "{name}" {COLUMN_TYPES[ASKED[name].type]}' for name in query.facts)
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "facts" ("program" text{columns})')
        with cursor.copy('COPY "facts" FROM STDIN') as copy:
            for number, facts in enumerate(programs):
                copy.write_row([f"{number:04}", *map(facts.get, query.facts)])
        return cursor.execute(query.sql("postgres")).fetchall()


def agree(rubric: Rubric, programs: Sequence[Facts], connection: psycopg.Connection | None = None) -> Rows:
    """The rows on which the engines agree, in the order of the programs."""
    query = compile_rubric(rubric)
    expected = sorted(on_sqlite(query, programs))
    found = {
        "one by one": on_row_by_row(rubric, programs),
        "polars": on_polars(rubric, programs),
        "duckdb": on_duckdb(query, programs),
    }
    if connection:
        found["postgres"] = on_postgres(connection, query, programs)
    for engine, rows in found.items():
        assert sorted(rows) == expected, engine
    return expected


# --- random rubrics -----------------------------------------------------------------------------------------


@st.composite
def judged(draw: st.DrawFn) -> tuple[Rubric, list[dict[str, Value]]]:
    rubric = draw(rubrics())
    return rubric, draw(st.lists(known(rubric.facts), min_size=1, max_size=8))


@settings(max_examples=25, deadline=None)
@given(case=judged())
def test_engines_agree_on_random_rubrics(case: tuple[Rubric, list[dict[str, Value]]]) -> None:
    agree(*case)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=judged())
def test_postgres_agrees_on_random_rubrics(
    postgres: psycopg.Connection, case: tuple[Rubric, list[dict[str, Value]]]
) -> None:
    agree(*case, postgres)


# --- the default rubrics over a thousand programs -----------------------------------------------------------


def random_program(draw: random.Random) -> dict[str, Value | None]:
    """Values for about half of the facts; programs differ in how much they say."""
    told = draw.uniform(0.1, 0.9)
    return {name: _value(draw, name) for name in ASKED if draw.random() < told}


def _value(draw: random.Random, name: str) -> Value:
    fact = dictionary()[name]
    if fact.type == "boolean":
        return draw.random() < 0.5
    if fact.type == "text":
        return draw.choice(fact.values or OPEN_TEXTS)
    return draw.choice(numbers(fact))


def wide_rubric(draw: random.Random) -> Rubric:
    """Ten criteria with four levels each over any facts, three of which may not apply, and three caps."""

    def atom(name: str) -> str:
        value = _value(draw, name)
        if isinstance(value, str):
            value = "'" + value.replace("'", "''") + "'"
        fact = ASKED[name]
        operator = draw.choice(["=", "<>"] if fact.type == "text" else [">=", "<", ">", "<="])
        return draw.choice([name, f"NOT {name}"]) if fact.type == "boolean" else f"{name} {operator} {value}"

    def condition() -> str:
        one, two, three = (atom(name) for name in draw.sample(sorted(ASKED), 3))
        return draw.choice([f"{one} AND ({two} OR {three})", f"NOT ({one} AND {two}) OR {three}", one])

    applies = [None, atom("mode"), atom("assessment_group"), atom("delivery")]
    criteria = [
        {
            "id": f"criterion_{number}",
            "weight": draw.randint(3, 20),
            "levels": {level: condition() for level in range(1, draw.randint(3, 6))},
            "applies": applies[number] if 0 < number < len(applies) else None,
        }
        for number in range(10)
    ]
    return rubric_of(
        criteria, [{"id": f"cap-{at_most}", "when": condition(), "at_most": at_most} for at_most in (20, 40, 60)]
    )


DRAW = random.Random(20261124)
THOUSAND = [random_program(DRAW) for _ in range(1000)]
WIDE = [wide_rubric(DRAW) for _ in range(3)]


@pytest.mark.parametrize("rubric", [*installed(), *WIDE], ids=lambda rubric: rubric.name)
def test_a_thousand_programs_score_alike(postgres: psycopg.Connection, rubric: Rubric) -> None:
    rows = agree(rubric, THOUSAND, postgres)
    columns = compile_rubric(rubric).columns
    scores = {
        name: [row[columns.index(name)] for row in rows] for name in ("score_low", "score_high", "weight_certain")
    }
    assert all(0 <= low <= high <= 100 for low, high in zip(scores["score_low"], scores["score_high"], strict=True))
    # The programs must be such that a difference between engines would show.
    assert len(set(scores["score_low"])) > 10
    assert len(set(scores["score_high"])) > 10
    assert len(set(scores["weight_certain"])) > 10
