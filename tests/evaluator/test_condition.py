"""Conditions: what is accepted and refused, and what they mean when something is unknown."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.condition import DEEPEST_NESTING, LONGEST_CONDITION, ConditionError, parse_condition
from evaluator.engine import facts_relation, holds, rows
from evaluator.facts import Value
from tests.evaluator.strategies import ASKED, conditions, known

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "conditions.yaml").read_text())


@pytest.mark.parametrize("case", CASES["accepted"], ids=lambda case: case["text"])
def test_accepted(case: Mapping[str, str]) -> None:
    condition = parse_condition(case["text"])
    assert condition.expression.sql("postgres") == case["sql"]
    assert condition.text == case["text"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["text"] or "nothing")
def test_refused_with_a_reason(case: Mapping[str, str]) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(case["text"])
    assert "\n" not in str(caught.value)
    for words in case["says"]:
        assert words in str(caught.value)


def test_size_and_depth_are_limited() -> None:
    for opening, closing in (("(", ")"), ("NOT ", "")):
        parse_condition(opening * DEEPEST_NESTING + "free" + closing * DEEPEST_NESTING)
        for depth in (DEEPEST_NESTING + 1, 490):
            with pytest.raises(ConditionError, match="nested"):
                parse_condition(opening * depth + "free" + closing * depth)
    with pytest.raises(ConditionError, match=f"at most {LONGEST_CONDITION} are read"):
        parse_condition("free AND " * LONGEST_CONDITION + "free")


def test_the_longest_accepted_condition_runs() -> None:
    text = " OR ".join(["free"] * (LONGEST_CONDITION // 8))
    assert holds(parse_condition(text), {"free": True}) is True
    wide = f"mode IN ({', '.join(repr('taught') for _ in range(180))})"
    assert holds(parse_condition(wide), {"mode": "taught"}) is True


@given(text=st.text(max_size=60) | st.text("()'\"NOTANDORfree=<> 0.5", max_size=60))
def test_whatever_is_written_is_accepted_or_refused(text: str) -> None:
    try:
        condition = parse_condition(text)
    except ConditionError:
        return
    assert set(condition.facts) <= set(ASKED)
    holds(condition, {})


# --- three values -------------------------------------------------------------------------------------------

TRUTH = [True, False, None]


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _not(one: bool | None) -> bool | None:
    return None if one is None else not one


@pytest.mark.parametrize(("one", "other"), list(itertools.product(TRUTH, TRUTH)))
def test_unknown_is_neither_true_nor_false(one: bool | None, other: bool | None) -> None:
    values = {"free": one, "supervised": other}
    assert holds(parse_condition("free AND supervised"), values) is _and(one, other)
    assert holds(parse_condition("free OR supervised"), values) is _not(_and(_not(one), _not(other)))
    assert holds(parse_condition("NOT free"), values) is _not(one)


@pytest.mark.parametrize(
    "text", ["pass_mark >= 0.5", "pass_mark <> 0.5", "pass_mark BETWEEN 0.1 AND 0.9", "NOT pass_mark < 0.5"]
)
def test_a_comparison_with_an_unknown_fact_is_unknown(text: str) -> None:
    assert holds(parse_condition(text), {}) is None
    assert holds(parse_condition(text), {"pass_mark": 0.7}) is True


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("mode IN ('taught', 'taught_exam', 'exam_only')", {"taught": True, "exam_only": True, "work_based": False}),
        ("mode NOT IN ('taught', 'taught_exam')", {"taught": False, "exam_only": True}),
        ("NOT mode = 'taught' AND mode <> 'exam_only'", {"taught": False, "exam_only": False, "work_based": True}),
    ],
)
def test_texts_and_lists(text: str, truth: Mapping[str, bool]) -> None:
    assert {mode: holds(parse_condition(text), {"mode": mode}) for mode in truth} == truth
    assert holds(parse_condition(text), {"mode": None}) is None


@st.composite
def two_states(draw: st.DrawFn) -> tuple[str, dict[str, Value], dict[str, Value]]:
    """A condition, and facts of which the second set knows more."""
    names = draw(st.lists(st.sampled_from(sorted(ASKED)), min_size=1, max_size=4, unique=True))
    more = draw(known(names))
    fewer = {name: value for name, value in more.items() if draw(st.booleans())}
    return draw(conditions(names)), fewer, more


@settings(max_examples=200)
@given(case=two_states())
def test_learning_more_never_turns_a_truth(case: tuple[str, dict[str, Value], dict[str, Value]]) -> None:
    text, fewer, more = case
    before = holds(parse_condition(text), fewer)
    assert before is None or holds(parse_condition(text), more) is before


@settings(max_examples=100)
@given(case=two_states())
def test_the_text_for_sqlite_means_the_same(case: tuple[str, dict[str, Value], dict[str, Value]]) -> None:
    """SQLite is given equalities for IN; the condition as written must have the same truth."""
    text, values, _ = case
    condition = parse_condition(text)
    written = condition.expression.sql("sqlite")
    statement = f'{facts_relation(condition.facts)} SELECT {written} FROM "facts"'
    truth = rows(statement, [values.get(name) for name in condition.facts])[0][0]
    assert holds(condition, values) is (None if truth is None else bool(truth))
