"""Scores: exact bounds, evidence that only helps, and the same bytes for the same input."""

from __future__ import annotations

import datetime
import itertools
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluator.facts import Value
from evaluator.program import GRADES, RANK, Program
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, row_of, score, score_derived
from evaluator.sql import level_columns
from rubrics.library import installed
from rubrics.lint import is_monotone, representatives
from tests.evaluator.strategies import ASKED, fact_of, graded, known, program_of, rubric_of, rubrics, values

TODAY = datetime.date(2026, 11, 24)
CASES = yaml.safe_load((Path(__file__).parent / "cases" / "score.yaml").read_text())


@pytest.mark.parametrize("case", CASES["scores"], ids=lambda case: case["name"])
def test_scores_worked_out_by_hand(case: Mapping[str, object]) -> None:
    rubric = rubric_of(CASES["rubrics"][case["rubric"]]["criteria"], CASES["rubrics"][case["rubric"]].get("caps", ()))
    program = Program(
        id="urn:program",
        facts={name: fact_of(name, *told) for name, told in case["facts"].items()},  # type: ignore[attr-defined]
    )
    card = score_derived(program, rubric, TODAY)
    found = {
        "scores": [card.evidenced, card.stated, card.possible],
        "coverage": card.coverage,
        "levels": {each.id: [each.evidenced, each.stated, each.possible] for each in card.criteria},
        "applies": {each.id: each.applies for each in card.criteria if each.applies is not True},
        "caps": {cap.id: [cap.holds, cap.bites] for cap in card.caps},
        "next": {each.id: each.next.level for each in card.criteria if each.next},
    }
    assert {key: found[key] for key in case["expect"]} == case["expect"]  # type: ignore[attr-defined]


# --- bounds -------------------------------------------------------------------------------------------------


def completions(rubric: Rubric, facts: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """The facts with every unknown one of the rubric filled in, in every way that could make a difference."""
    conditions = [
        condition
        for criterion in rubric.criteria
        for condition in (*criterion.conditions.values(), criterion.applicability)
        if condition
    ] + [cap.condition for cap in rubric.caps]
    unknown = [name for name in rubric.facts if name not in facts]
    choices = [representatives(name, conditions) for name in unknown]
    assume(math.prod(map(len, choices)) <= 1500)
    for chosen in itertools.product(*choices):
        yield {**facts, **dict(zip(unknown, chosen, strict=True))}


@st.composite
def partly_known(draw: st.DrawFn, monotone: bool) -> tuple[Rubric, dict[str, Value]]:
    rubric = draw(rubrics(monotone=monotone, most_facts=6))
    return rubric, draw(known(rubric.facts))


@settings(max_examples=40, deadline=None)
@given(case=partly_known(monotone=True))
def test_bounds_of_a_monotone_rubric_are_exact(case: tuple[Rubric, dict[str, Value]]) -> None:
    rubric, facts = case
    assume(is_monotone(rubric))
    row = row_of(facts, rubric)
    rows = [row_of(each, rubric) for each in completions(rubric, facts)]
    assert all(each["score_low"] == each["score_high"] for each in rows)
    assert min(each["score_low"] for each in rows) == row["score_low"]
    assert max(each["score_low"] for each in rows) == row["score_high"]
    for criterion in rubric.criteria:
        low, high = level_columns(criterion.id)
        reached = {each[low] for each in rows}
        assert (min(reached), max(reached)) == (row[low], row[high])


@settings(max_examples=40, deadline=None)
@given(case=partly_known(monotone=False))
def test_no_completion_leaves_the_bounds_of_any_rubric(case: tuple[Rubric, dict[str, Value]]) -> None:
    rubric, facts = case
    row = row_of(facts, rubric)
    for each in completions(rubric, facts):
        assert row["score_low"] <= row_of(each, rubric)["score_low"] <= row["score_high"]


@st.composite
def judged(draw: st.DrawFn, monotone: bool = False) -> tuple[Rubric, Program]:
    rubric = draw(rubrics(monotone=monotone))
    return rubric, draw(graded(rubric.facts))


def _levels(card: Scorecard) -> list[tuple[int, int, int]]:
    return [(each.evidenced, each.stated, each.possible) for each in card.criteria]


@settings(max_examples=60, deadline=None)
@given(case=judged())
def test_evidenced_is_at_most_stated_at_most_possible(case: tuple[Rubric, Program]) -> None:
    rubric, program = case
    card = score_derived(program, rubric, TODAY)
    assert 0 <= card.evidenced <= card.stated <= card.possible <= 100
    assert 0 <= card.coverage <= 1
    assert all(low <= middle <= high for low, middle, high in _levels(card))
    floor = RANK[rubric.evidence_floor]
    if all(RANK[fact.grade] >= floor for fact in program.facts.values()):
        assert card.evidenced == card.stated
    if set(rubric.facts) <= set(program.facts):
        assert card.stated == card.possible
        assert card.coverage == 1


@settings(max_examples=60, deadline=None)
@given(case=judged(), data=st.data())
def test_more_evidence_only_narrows(case: tuple[Rubric, Program], data: st.DataObject) -> None:
    """A fact that becomes known, or better known, never lowers a lower bound nor raises the upper one."""
    rubric, program = case
    name = data.draw(st.sampled_from(rubric.facts))
    fact = program.facts.get(name)
    better = (
        fact_of(name, data.draw(values(ASKED[name])), data.draw(st.sampled_from(GRADES)))
        if fact is None or fact.value is None
        else fact_of(name, fact.value, data.draw(st.sampled_from(GRADES[RANK[fact.grade] :])))
    )
    before = score_derived(program, rubric, TODAY)
    after = score_derived(Program(id=program.id, facts={**program.facts, name: better}), rubric, TODAY)
    assert after.evidenced >= before.evidenced
    assert after.stated >= before.stated
    assert after.possible <= before.possible


@settings(max_examples=40, deadline=None)
@given(case=judged(), data=st.data())
def test_a_fact_that_the_rubric_does_not_ask_changes_nothing(case: tuple[Rubric, Program], data: st.DataObject) -> None:
    rubric, program = case
    name = data.draw(st.sampled_from(sorted(set(ASKED) - set(rubric.facts))))
    other = Program(id=program.id, facts={**program.facts, name: fact_of(name, data.draw(values(ASKED[name])))})
    assert score_derived(other, rubric, TODAY) == score_derived(program, rubric, TODAY)


# --- the same bytes -----------------------------------------------------------------------------------------

SAMPLE = {
    "assessment_exists": True,
    "assessment_summative": True,
    "supervision": "remote_live",
    "pass_mark": 0.7,
    "workload_hours_low": 20.0,
    "reviewed_on": "2026-01-05",
    "issuer_identified": True,
    "outcomes_count": 4,
}
SCRIPT = """
import datetime, sys
import msgspec
from evaluator.score import score
from rubrics.library import installed
from tests.evaluator.strategies import program_of
from tests.evaluator.test_score import SAMPLE

cards = [score(program_of(SAMPLE), rubric, datetime.date(2026, 11, 24)) for rubric in installed()]
sys.stdout.buffer.write(msgspec.json.encode(cards))
"""


def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    here = [score(program_of(SAMPLE), rubric, TODAY) for rubric in installed()]
    assert outputs == {msgspec.json.encode(here)}
    assert len(here) >= 3


def test_the_order_of_facts_does_not_matter() -> None:
    turned = dict(reversed(SAMPLE.items()))
    for rubric in installed():
        assert score(program_of(turned), rubric, TODAY) == score(program_of(SAMPLE), rubric, TODAY)


def _under(version: str, rubric: Rubric) -> Rubric:
    """The same rubric as another version, of which nothing is remembered yet."""
    return Rubric.model_validate({**rubric.model_dump(mode="json"), "version": version})


def _bytes(card: Scorecard) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(card, version="", digest=""))


@st.composite
def judged_in_turn(draw: st.DrawFn) -> tuple[Rubric, list[Program]]:
    """Programs that often know the same, a number being written in several ways."""
    rubric = draw(rubrics(most_facts=4))
    facts = {}
    for name in rubric.facts:
        ways: list[Value] = [0, 0.0, -0.0] if not ASKED[name].minimum else [1, 1.0]
        value = st.sampled_from(ways) if ASKED[name].type == "number" else values(ASKED[name])
        facts[name] = st.builds(fact_of, st.just(name), value, st.sampled_from(GRADES[1:3]))
    program = st.builds(lambda found: Program(id="urn:program", facts=found), st.fixed_dictionaries({}, optional=facts))
    return rubric, draw(st.lists(program, min_size=2, max_size=6))


@settings(max_examples=60, deadline=None)
@given(case=judged_in_turn())
def test_what_was_judged_before_does_not_matter(case: tuple[Rubric, list[Program]]) -> None:
    rubric, programs = case
    in_turn = [_bytes(score_derived(program, rubric, TODAY)) for program in programs]
    alone = [
        _bytes(score_derived(program, _under(f"7.0.{number}", rubric), TODAY))
        for number, program in enumerate(programs)
    ]
    assert in_turn == alone
    assert in_turn == [_bytes(score_derived(program, rubric, TODAY)) for program in programs]


def test_a_row_that_is_given_out_can_be_changed() -> None:
    rubric = rubric_of([{"id": "mark", "levels": {1: "pass_mark >= 0.5"}}])
    row = row_of({"pass_mark": 0.7}, rubric)
    row["score_low"] = 1
    assert row_of({"pass_mark": 0.7}, rubric)["score_low"] == 100


def test_derived_facts_are_added_for_the_day() -> None:
    rubric = rubric_of([{"id": "review", "levels": {1: "review_age_months <= 12"}}])
    program = program_of({"reviewed_on": "2026-01-05"})
    assert score(program, rubric, TODAY).stated == 100
    assert score(program, rubric, datetime.date(2028, 1, 5)).stated == 0
    assert score_derived(program, rubric, TODAY).possible == 100


def test_the_oldest_evidence_counts_caps_too() -> None:
    rubric = rubric_of(
        [{"id": "mark", "levels": {1: "pass_mark >= 0.5"}}], [{"id": "free", "when": "free", "at_most": 50}]
    )
    old = msgspec.structs.replace(fact_of("free", True).evidence[0], retrieved="2024-02-03")
    facts = {
        "pass_mark": fact_of("pass_mark", 0.7),
        "free": msgspec.structs.replace(fact_of("free", True), evidence=(old,)),
    }
    assert score_derived(Program(id="x", facts=facts), rubric, TODAY).oldest_evidence == "2024-02-03"
    assert score_derived(Program(id="x"), rubric, TODAY).oldest_evidence is None


def test_a_fact_in_dispute_is_unknown() -> None:
    rubric = rubric_of([{"id": "unit", "levels": {1: "credit_unit = 'ects'"}}])
    disputed = msgspec.structs.replace(fact_of("credit_unit", "ects"), value=None, conflict=True)
    card = score_derived(Program(id="x", facts={"credit_unit": disputed}), rubric, TODAY)
    assert (card.evidenced, card.stated, card.possible) == (0, 0, 100)
    assert card.criteria[0].unknown == ("credit_unit",)
