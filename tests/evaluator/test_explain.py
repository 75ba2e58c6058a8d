"""Sentences: what a level rests on, and what would raise it next."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.explain import say_value
from evaluator.facts import Value, dictionary
from evaluator.program import Program
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, score_derived
from tests.evaluator.strategies import fact_of, graded, program_of, rubric_of, rubrics

TODAY = datetime.date(2026, 11, 24)
CASES = yaml.safe_load((Path(__file__).parent / "cases" / "explain.yaml").read_text())


def _card(levels: Mapping[int, str], facts: Mapping[str, Value], applies: str | None = None) -> Scorecard:
    rubric = rubric_of(
        [{"id": "thing", "levels": levels, "applies": applies}, {"id": "other", "levels": {1: "free"}}],
    )
    return score_derived(program_of(facts), rubric, TODAY)


@pytest.mark.parametrize("case", CASES["needs"], ids=lambda case: case["name"])
def test_what_would_raise_it_next(case: Mapping[str, object]) -> None:
    levels = case.get("levels", {1: case.get("when")})
    criterion = _card(levels, case["facts"]).criteria[0]  # type: ignore[arg-type]
    assert (criterion.next and criterion.next.needs) == case["needs"]
    if "level" in case:
        assert criterion.next
        assert criterion.next.level == case["level"]


@pytest.mark.parametrize("case", CASES["reasons"], ids=lambda case: case["name"])
def test_reasons(case: Mapping[str, Mapping]) -> None:  # type: ignore[type-arg]
    rubric = rubric_of(
        [
            {"id": "thing", "levels": case["levels"], "applies": case.get("applies")},
            {"id": "other", "levels": {1: "free"}},
        ]
    )
    program = Program(id="x", facts={name: fact_of(name, *told) for name, told in case["facts"].items()})
    assert score_derived(program, rubric, TODAY).criteria[0].reason == case["reason"]


@pytest.mark.parametrize("case", CASES["values"], ids=lambda case: f"{case['fact']} {case['value']}")
def test_values_in_words(case: Mapping[str, str]) -> None:
    assert say_value(dictionary()[case["fact"]], case["value"]) == case["says"]


def test_a_cap_that_bites_is_named() -> None:
    rubric = rubric_of(
        [{"id": "mark", "levels": {1: "pass_mark >= 0.5"}}],
        [{"id": "no-assessment", "when": "NOT assessment_exists", "at_most": 20, "says": "no assessment is published"}],
    )
    (cap,) = score_derived(program_of({"pass_mark": 0.7}), rubric, TODAY).caps
    assert (cap.says, cap.at_most, cap.holds, cap.bites) == ("no assessment is published", 20, None, True)
    assert cap.unknown == ("assessment_exists",)


@st.composite
def judged(draw: st.DrawFn) -> tuple[Rubric, Program]:
    rubric = draw(rubrics())
    return rubric, draw(graded(rubric.facts))


@settings(max_examples=60, deadline=None)
@given(case=judged())
def test_there_is_a_next_step_below_the_top_and_none_at_it(case: tuple[Rubric, Program]) -> None:
    rubric, program = case
    for criterion in score_derived(program, rubric, TODAY).criteria:
        assert criterion.reason.endswith(".")
        if criterion.applies is False or criterion.stated == criterion.maximum:
            assert criterion.next is None
        else:
            assert criterion.next
            assert criterion.next.level > criterion.stated
            assert criterion.next.needs
            assert criterion.next.needs.count("[") == criterion.next.needs.count("]")
