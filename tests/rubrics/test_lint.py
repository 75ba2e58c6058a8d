"""Lint warns about rules that are valid and probably not meant, and about nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from evaluator.condition import parse_condition
from evaluator.facts import Value
from evaluator.rubric import Rubric
from rubrics.lint import MOST_ASSIGNMENTS, is_monotone, lint, representatives
from tests.evaluator.strategies import rubric_of


def rubric(levels: Mapping[int, str], **fields: Any) -> Rubric:
    """One criterion called `asked`, with a case for every level so that only other warnings are left."""
    cases = [{"name": f"level {level}", "facts": {}, "expect": {"asked": level}} for level in (0, *levels)]
    open_case = {"name": "not known", "facts": {}, "expect": {"asked": "unknown"}}
    return rubric_of([{"id": "asked", "levels": levels}], **{"cases": [*cases, open_case], **fields})


def only(condition: str) -> Rubric:
    return rubric({1: condition})


@pytest.mark.parametrize(
    "levels",
    [
        {1: "supervised", 2: "supervised AND identity_verified"},
        {1: "NOT qa_lapsed", 2: "NOT (qa_lapsed)"},
        {1: "pass_mark > 0", 2: "pass_mark >= 0.5", 3: "pass_mark >= 0.70"},
        {1: "review_age_months <= 60", 2: "review_age_months < 36", 3: "NOT review_age_months > 12"},
        {1: "record_format IN ('pdf', 'url')", 2: "record_format = 'url'"},
        {1: "record_format <> 'paper'", 2: "record_format IN ('url', 'vc')", 3: "record_format = 'vc'"},
        {1: "NOT record_format IN ('paper', 'pdf')", 2: "record_format IN ('vc', 'elm')"},
        {1: "price_currency IN ('EUR', 'USD')", 2: "price_currency = 'EUR'"},
        {1: "eqf_low BETWEEN 1 AND 8", 2: "eqf_low BETWEEN 4 AND 8"},
    ],
)
def test_one_direction_is_monotone(levels: Mapping[int, str]) -> None:
    assert is_monotone(rubric(levels))
    assert list(lint(rubric(levels))) == []


@pytest.mark.parametrize(
    ("fact", "levels"),
    [
        ("supervised", {1: "supervised", 2: "NOT supervised"}),
        ("supervised", {1: "supervised = FALSE", 2: "supervised AND identity_verified"}),
        ("workload_hours_low", {1: "workload_hours_low >= 100 AND workload_hours_low <= 150"}),
        ("workload_hours_low", {1: "workload_hours_low >= 10", 2: "NOT workload_hours_low > 100"}),
        ("eqf_low", {1: "eqf_low = 4", 2: "eqf_low = 5"}),
        ("eqf_low", {1: "eqf_low > 4", 2: "eqf_low = 4"}),
        ("eqf_low", {1: "eqf_low < 4", 2: "eqf_low = 4"}),
        ("eqf_low", {1: "eqf_low <> 4", 2: "eqf_low >= 3"}),
        ("eqf_low", {1: "eqf_low BETWEEN 3 AND 5", 2: "eqf_low BETWEEN 4 AND 6"}),
        ("eqf_low", {1: "NOT eqf_low BETWEEN 3 AND 5", 2: "eqf_low >= 3"}),
        ("assessment_graded_by", {1: "assessment_graded_by = 'auto'", 2: "assessment_graded_by = 'instructor'"}),
        ("record_format", {1: "record_format <> 'paper'", 2: "NOT record_format IN ('vc', 'elm')"}),
        ("price_currency", {1: "price_currency = 'EUR'", 2: "price_currency <> 'USD'"}),
    ],
)
def test_two_directions_are_not_monotone(fact: str, levels: Mapping[int, str]) -> None:
    assert not is_monotone(rubric(levels))
    assert f'criterion "asked": not monotone in {fact}: neither of two comparisons with it implies the other' in list(
        lint(rubric(levels))
    )


def test_a_cap_limits_so_its_direction_is_the_other() -> None:
    assert is_monotone(rubric({1: "supervised"}, caps=[{"id": "watched", "when": "NOT supervised", "at_most": 10}]))
    wrong = rubric({1: "supervised"}, caps=[{"id": "watched", "when": "supervised", "at_most": 10}])
    assert list(lint(wrong)) == [
        'criterion "asked" and cap "watched": not monotone in supervised: '
        "neither of two comparisons with it implies the other"
    ]


def test_two_criteria_must_agree_on_the_direction() -> None:
    both = rubric_of([{"id": "first", "levels": {1: "supervised"}}, {"id": "other", "levels": {1: "NOT supervised"}}])
    assert not is_monotone(both)
    assert next(lint(both)).startswith('criterion "first" and criterion "other": not monotone in supervised')


def test_a_level_that_another_always_covers_is_unreachable() -> None:
    shadowed = rubric({1: "supervised AND identity_verified", 2: "supervised"}, cases=[])
    assert list(lint(shadowed)) == [
        'criterion "asked": level 1 can\'t be reached: another level holds wherever it does',
        'criterion "asked": no case reaches level 0, 1, 2',
        'criterion "asked": no case leaves it unknown',
    ]


@pytest.mark.parametrize(
    ("levels", "unreached"),
    [
        ({1: "pass_mark >= 0.5", 2: "pass_mark >= 0.5"}, 1),
        ({1: "pass_mark >= 0", 2: "pass_mark >= 0.5"}, 0),
        ({1: "supervised", 2: "supervised AND NOT supervised"}, 2),
        ({1: "eqf_low >= 3", 2: "eqf_low > 8"}, 2),
        (
            {
                1: "assessment_graded_by <> 'none'",
                2: "assessment_graded_by IN ('auto', 'peer', 'instructor', 'independent')",
            },
            1,
        ),
    ],
)
def test_a_level_that_no_value_reaches_is_unreachable(levels: Mapping[int, str], unreached: int) -> None:
    warnings = [warning for warning in lint(rubric(levels, cases=[])) if "can't be reached" in warning]
    assert warnings == [f'criterion "asked": level {unreached} can\'t be reached: another level holds wherever it does']


def test_many_facts_are_tried_by_a_fixed_draw() -> None:
    facts = [f"assessment_{kind}" for kind in ("written", "oral", "practical", "portfolio", "project", "peer", "quiz")]
    shares = ["pass_mark > 0.1", "outcomes_assessed_share > 0.1", "marking_moderated_share > 0.1"]
    shares += ["skills_mapped_share > 0.1", "completion_rate > 0.1"]
    asked = rubric({1: " OR ".join(facts), 2: " OR ".join([*facts, *shares]), 3: " AND ".join(shares)}, cases=[])
    choices = [representatives(fact, asked.criteria[0].conditions.values()) for fact in asked.criteria[0].facts]
    assert math.prod(map(len, choices)) > MOST_ASSIGNMENTS
    first = list(lint(asked))
    assert first == list(lint(asked))
    assert [warning for warning in first if "can't be reached" in warning] == [
        'criterion "asked": level 1 can\'t be reached: another level holds wherever it does'
    ]


def test_a_fact_that_no_source_states_is_named_with_its_criterion() -> None:
    asked = rubric(
        {1: "supervised", 2: "supervised AND identity_verified"},
        caps=[{"id": "no-assessment", "when": "NOT assessment_exists", "at_most": 20}],
    )
    assert list(lint(asked, {"supervised", "identity_verified", "assessment_exists"})) == []
    assert list(lint(asked, {"supervised"})) == [
        'criterion "asked": no provider or profile ever states identity_verified',
        'criterion "(cap)": no provider or profile ever states assessment_exists',
    ]
    assert list(lint(asked)) == []


@pytest.mark.parametrize(
    ("fact", "condition", "values"),
    [
        ("supervised", "supervised", [False, True]),
        ("eqf_low", "eqf_low >= 1", [1, 2]),
        ("eqf_low", "eqf_low BETWEEN 3 AND 8", [2, 3, 4, 7, 8]),
        ("pass_mark", "pass_mark >= 0.70", [0.69, 0.7, 0.71]),
        ("marking_alpha", "marking_alpha > -0.5", [-0.51, -0.5, -0.49]),
        ("supervision", "supervision = 'onsite'", ["none", "remote_auto", "remote_live", "onsite"]),
        ("price_currency", "price_currency = 'EUR'", ["EUR", "any other text"]),
    ],
)
def test_values_on_each_side_of_every_number_are_tried(fact: str, condition: str, values: list[Value]) -> None:
    assert representatives(fact, [parse_condition(condition)]) == pytest.approx(values)
