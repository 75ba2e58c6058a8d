"""Rubrics as SQL: their text parses in every dialect, and compiling changes nothing."""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import given, settings

from evaluator.rubric import Rubric
from evaluator.sql import DIALECTS, compile_rubric
from rubrics.library import installed
from tests.evaluator.strategies import rubric_of, rubrics


def _parses(rubric: Rubric) -> None:
    query = compile_rubric(rubric)
    for dialect in DIALECTS:
        for pretty in (False, True):
            (statement,) = sqlglot.parse(query.sql(dialect, pretty=pretty), dialect=dialect)
            assert statement is not None
            assert tuple(each.alias_or_name for each in statement.selects) == query.columns
            columns = {each.name for each in statement.find_all(sqlglot.exp.Column)}
            assert set(query.facts) <= columns
            assert all(each.this.quoted for each in statement.find_all(sqlglot.exp.Column))


@pytest.mark.parametrize("rubric", installed(), ids=lambda rubric: rubric.name)
def test_the_installed_rubrics_parse_in_every_dialect(rubric: Rubric) -> None:
    _parses(rubric)


@settings(max_examples=6, deadline=None)
@given(rubric=rubrics())
def test_random_rubrics_parse_in_every_dialect(rubric: Rubric) -> None:
    _parses(rubric)


def test_compiling_leaves_the_conditions_as_they_are() -> None:
    rubric = rubric_of([{"id": "way", "levels": {1: "mode IN ('taught', 'taught_exam', 'exam_only')"}}])
    condition = rubric.criteria[0].conditions[1]
    before = condition.expression.sql("postgres")
    texts = {dialect: compile_rubric(rubric).sql(dialect) for dialect in DIALECTS}
    assert condition.expression.sql("postgres") == before
    assert {dialect: compile_rubric(rubric).sql(dialect) for dialect in DIALECTS} == texts
    assert " IN (" in texts["postgres"]
    assert " IN (" not in texts["sqlite"]
    # Otherwise SQLite repeats each level's CASE in the place of every mention of it.
    assert texts["sqlite"].count(" AS MATERIALIZED (") == 2
    assert "MATERIALIZED" not in texts["postgres"]
