"""Derived facts follow from what is stated, carry its evidence, and never replace it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.derive import RULES, derive
from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.program import GRADES, RANK, Draft, Evidence, Fact, Grade, Program, document, with_evidence
from tests.evaluator.test_program import programs

CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("derive.yaml").read_bytes(), "cases/derive.yaml"
)
TODAY = datetime.date(2026, 11, 24)
SOURCE = document("https://example.org/program.json", b"{}", "application/json", "2026-11-01T00:00:00Z")
KEYS = {"name", "as_of", "program", "facts", "grade", "expect", "unknown", "grades", "quotes", "at", "without_evidence"}


def read(case: dict[str, Any]) -> Program:
    """The program of a case, as a provider would have read it."""
    draft = Draft(SOURCE, case.get("grade", "documented"))
    for name, stated in case.get("facts", {}).items():
        given_grade = stated if isinstance(stated, dict) else {"value": stated}
        value = given_grade["value"]
        value = value.isoformat() if isinstance(value, datetime.date) else value
        draft.state(name, value, f"/{name}", grade=given_grade.get("grade"))
    assert not draft.problems
    fields = msgspec.convert({"id": "case", **case.get("program", {})}, Program)
    return draft.finish(**{name: getattr(fields, name) for name in ("id", *case.get("program", {}))})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    assert set(case) <= KEYS
    derived = derive(read(case), case.get("as_of", TODAY))
    for name, value in case.get("expect", {}).items():
        expected = pytest.approx(value, abs=1e-6) if isinstance(value, float) else value
        assert derived.value(name) == expected, name
        assert isinstance(derived.value(name), bool) == isinstance(value, bool), name
    assert [name for name in case.get("unknown", ()) if name in derived.facts] == []
    for name, grade in case.get("grades", {}).items():
        assert derived.facts[name].grade == grade, name
    for name, words in case.get("quotes", {}).items():
        assert words in derived.facts[name].evidence[0].quote
    for name, locator in case.get("at", {}).items():
        assert derived.facts[name].evidence[0].locator == locator
    for name in case.get("without_evidence", ()):
        assert derived.facts[name].evidence == ()


def test_every_derived_fact_has_a_case() -> None:
    expected = {name for case in CASES for name in case.get("expect", {})}
    roles = {"role_skills_covered_share", "off_role_share"}
    assert {name for name, fact in dictionary().items() if fact.derived} - roles <= expected


def test_a_case_names_facts_that_exist() -> None:
    for case in CASES:
        for part in ("facts", "expect", "grades", "quotes", "at"):
            assert set(case.get(part, {})) <= set(dictionary()), case["name"]
        assert {*case.get("unknown", ()), *case.get("without_evidence", ())} <= set(dictionary()), case["name"]


def test_every_rule_says_why() -> None:
    assert [rule for rule in RULES if not rule.__doc__] == []


def test_a_program_without_documents_is_derived_without_evidence() -> None:
    derived = derive(Program(id="x", title="A title"), TODAY)
    assert derived.facts["title_stated"] == Fact(value=True, grade="claimed", evidence=())


def test_fields_are_as_good_as_most_facts_of_their_document() -> None:
    draft = Draft(SOURCE, "documented")
    draft.state("self_paced", True, "/a")
    draft.state("expires", True, "/b")
    draft.state("record_signed", True, "/c", grade="verified")
    draft.state("free", True, "/d", grade="claimed")
    derived = derive(draft.finish(title="A title"), TODAY)
    assert derived.facts["title_stated"].grade == "documented"


def test_what_a_profile_says_does_not_grade_the_fields_of_a_document() -> None:
    draft = Draft(SOURCE, "claimed")
    draft.state("self_paced", True, "/a")
    profile = [
        Evidence(
            document=SOURCE.digest,
            locator=f"/{name}",
            quote="",
            value=True,
            grade="third_party",
            retrieved="2026-11-01",
            inherited_from="profile",
        )
        for name in ("identity_verified", "misconduct_policy")
    ]
    program = with_evidence(
        draft.finish(title="A title"), [(piece.locator.removeprefix("/"), piece) for piece in profile]
    )
    derived = derive(msgspec.structs.replace(program, url="https://example.org/"), TODAY)
    assert derived.facts["title_stated"].grade == "claimed"


def test_evidence_inherited_from_a_profile_says_so() -> None:
    inherited = Evidence(
        document="sha256:profile",
        locator="/supervision",
        quote="Watched by a person",
        value="remote_live",
        grade="documented",
        retrieved="2026-11-01",
        inherited_from="profile",
        source="https://example.org/policy",
    )
    program = with_evidence(Program(id="x"), [("supervision", inherited)])
    (evidence,) = derive(program, TODAY).facts["supervised"].evidence
    assert (evidence.inherited_from, evidence.source) == ("profile", "https://example.org/policy")


def test_a_conflict_is_derived_from_the_evidence_that_stands() -> None:
    """The evidence that sorts first states the value that did not stand."""
    draft = Draft(SOURCE, "documented")
    draft.state("qa_external_program", True, "/yes")
    draft.state("credit_amount", 10, "/ten")
    draft.state("credit_amount", 9, "/nine")
    draft.state("credit_unit", "ects", "/unit")
    program = draft.finish()
    assert program.facts["credit_amount"].evidence[0].locator == "/ten"
    assert derive(program, TODAY).facts["workload_hours_low"].evidence[0].locator == "/nine"


def test_what_sources_dispute_is_published_and_unknown() -> None:
    draft = Draft(SOURCE, "documented")
    draft.state("delivery", "online", "/one")
    draft.state("delivery", "onsite", "/two")
    derived = derive(draft.finish(), TODAY)
    assert derived.facts["delivery"].value is None
    assert derived.value("participation_stated") is True


@given(program=programs())
def test_nothing_stated_is_changed_or_lost(program: Program) -> None:
    before = dict(program.facts)
    derived = derive(program, TODAY)
    assert program.facts == before
    assert {name: derived.facts[name] for name in before} == before
    assert msgspec.structs.replace(derived, facts=before) == program


@given(program=programs())
def test_deriving_twice_adds_nothing(program: Program) -> None:
    once = derive(program, TODAY)
    assert derive(once, TODAY) == once
    assert derive(program, TODAY).digest() == once.digest()


@given(program=programs())
def test_derived_facts_are_facts_of_the_dictionary(program: Program) -> None:
    known: dict[str, FactDefinition] = dictionary()
    for name, fact in derive(program, TODAY).facts.items():
        if name not in program.facts:
            assert fact.value is not None
            assert known[name].fault(fact.value) is None
            assert all(piece.value == fact.value and piece.grade == fact.grade for piece in fact.evidence)


@given(program=programs())
def test_no_derived_fact_is_better_than_the_best_that_is_stated(program: Program) -> None:
    best = max((RANK[fact.grade] for fact in program.facts.values()), default=0)
    for name, fact in derive(program, TODAY).facts.items():
        if name not in program.facts and fact.evidence:
            assert RANK[fact.grade] <= best


@given(program=programs())
def test_what_is_published_is_always_known(program: Program) -> None:
    derived = derive(program, TODAY)
    stated = [name for name in dictionary() if name.endswith("_stated")]
    assert len(stated) == 14
    assert all(isinstance(derived.value(name), bool) for name in stated)


@given(days=st.tuples(st.dates(max_value=TODAY), st.dates(max_value=TODAY)))
def test_an_earlier_review_is_never_younger(days: tuple[datetime.date, datetime.date]) -> None:
    def age(day: datetime.date) -> Value | None:
        draft = Draft(SOURCE, "documented")
        draft.state("reviewed_on", day.isoformat(), "")
        return derive(draft.finish(), TODAY).value("review_age_months")

    earlier, later = age(min(days)), age(max(days))
    assert isinstance(earlier, int)
    assert isinstance(later, int)
    assert earlier >= later >= 0


@pytest.mark.parametrize("grade", GRADES)
def test_what_a_source_does_not_say_is_our_own_observation(grade: Grade) -> None:
    draft = Draft(SOURCE, grade)
    draft.state("self_paced", True, "")
    assert derive(draft.finish(), TODAY).facts["level_stated"] == Fact(value=False, grade="documented", evidence=())
