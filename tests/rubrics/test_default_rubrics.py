"""The three rubrics that come with Touchstone: every level shown by a case, monotone, capped, sourced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.gather import stated_facts
from evaluator import strict_yaml
from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.rubric import Case, Criterion, Rubric
from evaluator.score import row_of
from evaluator.sql import cap_columns, level_columns
from rubrics import FOLDER, library
from rubrics.lint import lint, representatives

RUBRICS = library.latest(library.in_folders([FOLDER]))
BY_ID = {rubric.rubric: rubric for rubric in RUBRICS}
NEVER_STATED: dict[str, dict[str, str]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("never_stated.yaml").read_bytes(), "cases/never_stated.yaml"
)

WEIGHTS = {
    "rigor": [18, 14, 10, 7, 10, 12, 11, 5, 8, 5],
    "recognition": [16, 18, 8, 12, 10, 10, 8, 10, 4, 4],
    "alignment": [18, 16, 10, 12, 10, 12, 8, 8, 3, 3],
}
CAPS = {
    "rigor": {"no-assessment": 20, "no-outcomes": 40, "unsupervised": 60},
    "recognition": {"issuer-unknown": 20, "nobody-else": 40},
    "alignment": {},
}

each_rubric = pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.rubric)
each_criterion = pytest.mark.parametrize(
    "criterion",
    [criterion for rubric in RUBRICS for criterion in rubric.criteria],
    ids=lambda criterion: criterion.id,
)


def test_they_are_found_like_anybodys() -> None:
    assert set(RUBRICS) <= set(library.installed())
    assert sorted(BY_ID) == ["alignment", "recognition", "rigor"]


# --- what they hold -----------------------------------------------------------------------------------------


@each_rubric
def test_ten_criteria_whose_weights_sum_to_a_hundred(rubric: Rubric) -> None:
    weights = [criterion.weight for criterion in rubric.criteria]
    assert weights == WEIGHTS[rubric.rubric]
    assert sum(weights) == 100


@each_rubric
def test_caps(rubric: Rubric) -> None:
    assert {cap.id: cap.at_most for cap in rubric.caps} == CAPS[rubric.rubric]
    assert all(cap.ours for cap in rubric.caps), "no framework publishes these numbers"


@each_rubric
def test_published_under_a_licence_with_documented_evidence(rubric: Rubric) -> None:
    assert (rubric.publisher.name, rubric.license, rubric.evidence_floor) == ("Touchstone", "CC-BY-4.0", "documented")


@each_criterion
def test_a_criterion_reads_as_sentences(criterion: Criterion) -> None:
    assert criterion.asks.endswith("?")
    assert criterion.why.endswith(".")
    assert criterion.remedy.endswith(".")
    assert criterion.ours
    for level in criterion.levels.values():
        assert level.says[0].isupper()
        assert not level.says.endswith(".")
    assert criterion.maximum == 4


@each_criterion
def test_a_criterion_says_from_where(criterion: Criterion) -> None:
    assert all(basis.supports for basis in criterion.basis)
    assert len({str(basis.url) for basis in criterion.basis}) == len(criterion.basis)


@pytest.mark.parametrize(
    ("rubric", "criterion", "applies"),
    [
        ("rigor", "volume", "mode <> 'exam_only'"),
        ("alignment", "size_coherence", "mode <> 'exam_only'"),
        ("alignment", "role_fit", "role_profile_stated"),
    ],
)
def test_what_does_not_apply_to_all(rubric: str, criterion: str, applies: str) -> None:
    [found] = [each for each in BY_ID[rubric].criteria if each.id == criterion]
    assert found.applies == applies


def test_all_else_applies_to_all() -> None:
    apply_to_some = [criterion.id for rubric in RUBRICS for criterion in rubric.criteria if criterion.applies]
    assert apply_to_some == ["volume", "size_coherence", "role_fit"]


# --- cases --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rubric", "case"),
    [pytest.param(rubric, case, id=f"{rubric.rubric}: {case.name}") for rubric in RUBRICS for case in rubric.cases],
)
def test_case(rubric: Rubric, case: Case) -> None:
    (result,) = library.run_cases(rubric.model_copy(update={"cases": (case,)}))
    assert result.failures == ()


@each_rubric
def test_every_level_is_shown_by_a_case(rubric: Rubric) -> None:
    assert list(library.uncovered(rubric)) == []


@each_rubric
def test_every_cap_is_shown_to_hold_and_not_to_hold(rubric: Rubric) -> None:
    capped = [case.caps for case in rubric.cases if case.caps is not None]
    for cap in rubric.caps:
        assert any(cap.id in caps for caps in capped)
        assert any(cap.id not in caps for caps in capped)


@each_rubric
def test_no_two_cases_have_one_name(rubric: Rubric) -> None:
    names = [case.name for case in rubric.cases]
    assert len(set(names)) == len(names)


# --- lint ---------------------------------------------------------------------------------------------------


@each_rubric
def test_lint_warns_of_facts_that_nobody_states_and_of_nothing_else(rubric: Rubric) -> None:
    assert list(lint(rubric)) == []
    warnings = list(lint(rubric, stated_facts()))
    words = "no provider or profile ever states "
    assert [warning for warning in warnings if words not in warning] == []
    assert {warning.split(words)[1] for warning in warnings} == NEVER_STATED[rubric.rubric].keys()


# --- better facts never lower a level -----------------------------------------------------------------------


def ranked(definition: FactDefinition, values: list[Value]) -> list[Value]:
    """Values from the most cautious to the least: in sources that contradict each other the cautious one stands."""
    match definition.cautious:
        case "false" | "lower":
            return sorted(values)
        case "true" | "higher":
            return sorted(values, reverse=True)
        case "listed":
            return list(definition.values)
    return values


def scale_of(rubric: Rubric, fact: str) -> list[Value]:
    conditions = [condition for criterion in rubric.criteria for condition in criterion.conditions.values()]
    asked = [*conditions, *(cap.condition for cap in rubric.caps)]
    return ranked(dictionary()[fact], representatives(fact, [each for each in asked if fact in each.facts]))


def improvable(rubric: Rubric) -> list[str]:
    """Facts of which one value is better than another; what decides whether a criterion applies is neither."""
    applying = {fact for each in rubric.criteria if each.applicability for fact in each.applicability.facts}
    return [fact for fact in rubric.facts if dictionary()[fact].cautious != "unknown" and fact not in applying]


@each_rubric
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_better_fact_never_lowers_anything(rubric: Rubric, data: st.DataObject) -> None:
    facts: dict[str, Value] = data.draw(
        st.fixed_dictionaries({}, optional={fact: st.sampled_from(scale_of(rubric, fact)) for fact in rubric.facts})
    )
    fact = data.draw(st.sampled_from(improvable(rubric)))
    scale = scale_of(rubric, fact)
    worse = data.draw(st.integers(0, len(scale) - 2))
    better = data.draw(st.integers(worse + 1, len(scale) - 1))
    before, after = (row_of({**facts, fact: scale[place]}, rubric) for place in (worse, better))
    rises = [column for criterion in rubric.criteria for column in level_columns(criterion.id)]
    assert [column for column in [*rises, "score_low", "score_high"] if after[column] < before[column]] == []
    caps = [column for cap in rubric.caps for column in cap_columns(cap.id)]
    assert [column for column in caps if after[column] > before[column]] == []


@each_rubric
def test_the_ends_of_the_scale_are_reached(rubric: Rubric) -> None:
    worst: dict[str, Any] = {fact: scale_of(rubric, fact)[0] for fact in improvable(rubric)}
    best = {fact: scale_of(rubric, fact)[-1] for fact in improvable(rubric)}
    around: dict[str, Value] = {
        "mode": "taught",
        "role_profile_stated": True,
        "earnings_gain_currency": "USD",
        "audience_level": "mixed",
    }
    assert row_of({**worst, **around}, rubric)["score_high"] == 0
    assert row_of({**best, **around}, rubric)["score_low"] == 100


# --- what is not known --------------------------------------------------------------------------------------


@each_rubric
def test_nothing_known_is_nothing_decided(rubric: Rubric) -> None:
    row = row_of({}, rubric)
    assert (row["score_low"], row["score_high"], row["weight_certain"]) == (0, 100, 0)


@pytest.mark.parametrize(
    ("rubric", "cap", "facts"),
    [
        ("rigor", "no-assessment", {"outcomes_count": 3, "supervised": True}),
        ("rigor", "no-outcomes", {"assessment_exists": True, "supervised": True, "outcomes_stated": False}),
        ("rigor", "unsupervised", {"assessment_exists": True, "outcomes_count": 3, "supervised": False}),
        ("recognition", "issuer-unknown", {"register_listed": True, "issuer_registered": False}),
        ("recognition", "nobody-else", {"issuer_identified": True, "register_listed": False}),
    ],
)
def test_a_cap_that_may_hold_limits_the_lower_score_only(rubric: str, cap: str, facts: dict[str, Value]) -> None:
    row = row_of(facts, BY_ID[rubric])
    low, high = cap_columns(cap)
    assert (row[low], row[high]) == (1, 0)
    others = [column for each in BY_ID[rubric].caps if each.id != cap for column in cap_columns(each.id)]
    assert [column for column in others if row[column]] == []


# --- kinds of programs that must not be confused --------------------------------------------------------------

ATTENDANCE: dict[str, Value] = {"assessment_exists": False, "mode": "taught", "workload_hours_low": 8}
KNOWLEDGE: dict[str, Value] = {
    "assessment_exists": True,
    "assessment_summative": True,
    "assessment_graded_by": "auto",
    "mode": "taught_exam",
    "workload_hours_low": 40,
    "outcomes_count": 6,
    "pass_mark": 0.70,
    "attempts_limited": True,
    "supervised": False,
    "identity_verified": True,
}
APPLICATION: dict[str, Value] = {
    **KNOWLEDGE,
    "assessment_project": True,
    "assessment_application_share": 0.6,
    "assessment_graded_by": "instructor",
    "marker_qualified": True,
    "marking_rubric_published": True,
    "supervised": True,
}


def test_attendance_knowledge_and_application_are_told_apart() -> None:
    attendance, knowledge, application = (
        row_of(facts, BY_ID["rigor"]) for facts in (ATTENDANCE, KNOWLEDGE, APPLICATION)
    )
    assert attendance["score_high"] <= 20 < knowledge["score_low"]
    assert knowledge["score_low"] + 10 < application["score_low"]


def test_a_high_level_does_not_buy_back_an_unsupervised_exam() -> None:
    facts = {**APPLICATION, "eqf_low": 7, "level_assigned_by": "external"}
    unsupervised = row_of({**facts, "supervised": False, "identity_verified": False}, BY_ID["rigor"])
    assert unsupervised["score_high"] == 60
