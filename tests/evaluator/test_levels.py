"""Levels become EQF intervals and credit becomes hours by one published row, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator import levels, strict_yaml
from evaluator.facts import dictionary

CASES: dict[str, Any] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("levels.yaml").read_bytes(), "cases/levels.yaml"
)


def _named(case: dict[str, Any]) -> str:
    return ", ".join(str(value) for value in case.values())


@pytest.mark.parametrize("case", CASES["levels"], ids=_named)
def test_level(case: dict[str, Any]) -> None:
    found = levels.eqf_interval(case["framework"], case["code"], self_assigned=case.get("self_assigned", False))
    assert (None if found is None else [found.low, found.high]) == case["expect"]
    if "authority" in case:
        assert found is not None
        assert found.row.authority == case["authority"]


@pytest.mark.parametrize(("framework", "expected"), CASES["referenced"].items())
def test_referenced(framework: str, expected: bool | None) -> None:
    assert levels.level_referenced(framework) is expected


@pytest.mark.parametrize("case", CASES["credits"], ids=_named)
def test_credit(case: dict[str, Any]) -> None:
    found = levels.credit_hours(case["amount"], case["unit"], case.get("awarding_body"))
    if case["hours"] is None:
        assert found is None
        return
    assert found is not None
    assert [found.low, found.high] == pytest.approx(case["hours"])
    assert found.basis == case["basis"]
    assert found.default == pytest.approx(case.get("default", found.default))
    assert found.row.id == case.get("row", found.row.id)


@pytest.mark.parametrize("case", CASES["contact"], ids=_named)
def test_contact_hours_give_a_wide_interval(case: dict[str, Any]) -> None:
    found = levels.notional_from_contact(*case["contact"])
    assert (None if found is None else [found.low, found.high]) == case["notional"]


@pytest.mark.parametrize("case", CASES["ects"], ids=_named)
def test_comparable_ects(case: dict[str, Any]) -> None:
    assert levels.ects_from_hours(*case["hours"]) == pytest.approx(tuple(case["expect"]), abs=1e-4)


@pytest.mark.parametrize(("hours", "awarded"), CASES["fibaa"].items())
def test_certified_ects_are_reproduced(hours: int, awarded: int) -> None:
    assert levels.fibaa_ects(hours) == awarded


def test_year_and_hour_conventions_are_not_mixed() -> None:
    """By the year 2 UK credits make 1 ECTS, by the hour 2.5 to 3 do; only the hours are used."""
    hours = levels.credit_hours(120, "uk_credit")
    assert hours is not None
    assert levels.ects_from_hours(hours.low, hours.high) == (40, 48)


def test_a_row_that_nobody_official_stands_behind_says_so() -> None:
    made_here = {"aqf", "hkqf", "nsqf", "us"}
    for name, framework in levels.crosswalk().frameworks.items():
        assert (framework.authority in ("composed", "inferred")) == (name in made_here), name
        assert not (framework.referenced and name in made_here), name


def test_the_table_speaks_of_what_facts_can_hold() -> None:
    facts = dictionary()
    assert set(levels.crosswalk().frameworks) <= set(facts["level_framework"].values)
    assert set(levels.crosswalk().credits) <= set(facts["credit_unit"].values)


def test_every_row_leads_to_a_page() -> None:
    table = levels.crosswalk()
    for name, framework in table.frameworks.items():
        for code in framework.levels:
            found = levels.eqf_interval(name, code)
            assert found is not None, f"{name} {code} does not find itself"
            assert found.row.id == f"frameworks/{name}/{code}"
            assert found.row.source.startswith("http")
            assert found.row.version == table.version


TABLE = """
version: test
sources: {page: {title: A page, url: https://example.org/}}
frameworks:
  eqf:
    title: A framework
    names: [eqf]
    authority: official
    source: page
    status: %(framework)s
    levels: {'6': {eqf: [6, 6], status: %(level)s}}
credits:
  ects:
    title: A credit
    hours: [25, 30, 25]
    basis: notional
    authority: official
    source: page
    status: %(credit)s
contact: {title: Contact, factor: [1, 3], authority: inferred, source: page}
"""
ACTIVE = {"framework": "active", "level": "active", "credit": "active"}


@pytest.mark.parametrize("withdrawn", [None, "framework", "level", "credit"])
def test_a_withdrawn_row_is_not_used(withdrawn: str | None) -> None:
    table = levels.parse(TABLE % (ACTIVE if withdrawn is None else {**ACTIVE, withdrawn: "withdrawn"}))
    level, credit = levels.eqf_interval("eqf", "6", table=table), levels.credit_hours(1, "ects", table=table)
    assert (level is None) == (withdrawn in ("framework", "level"))
    assert (credit is None) == (withdrawn == "credit")


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        ("eqf: [6, 6]", "eqf: [7, 6]", "[7, 6] is not an interval of EQF levels 1 to 8"),
        ("hours: [25, 30, 25]", "hours: [25, 30, 31]", "is not lowest, highest and usual hours"),
        ("source: page}", "source: pge}", "no source is called pge"),
        ("names: [eqf]", "nams: [eqf]", 'unknown key "nams". Did you mean "names"?'),
    ],
)
def test_a_mistake_in_the_table_is_named(written: str, instead: str, says: str) -> None:
    text = TABLE % ACTIVE
    assert written in text
    with pytest.raises(strict_yaml.SpecError) as caught:
        levels.parse(text.replace(written, instead, 1))
    assert says in str(caught.value)


def test_a_long_text_is_prose_and_not_looked_at() -> None:
    assert levels.eqf_interval("eqf", "6" + " " * 50) is not None
    assert levels.eqf_interval("eqf", "6" + " " * 500) is None


@given(framework=st.sampled_from(sorted(dictionary()["level_framework"].values)), code=st.text(max_size=200))
def test_any_text_gives_an_interval_or_nothing(framework: str, code: str) -> None:
    found = levels.eqf_interval(framework, code)
    own = levels.eqf_interval(framework, code, self_assigned=True)
    assert (found is None) == (own is None)
    if found and own:
        assert 1 <= own.low <= found.low <= found.high <= own.high <= 8


@given(
    amount=st.floats(min_value=0, max_value=1_000_000),
    unit=st.sampled_from(sorted(levels.crosswalk().credits)),
    body=st.none() | st.text(max_size=50),
)
def test_more_credit_is_never_less_work(amount: float, unit: str, body: str | None) -> None:
    one, more = levels.credit_hours(amount, unit, body), levels.credit_hours(amount / 2, unit, body)
    assert one is not None
    assert more is not None
    assert more.low <= one.low <= one.default <= one.high
    assert more.high <= one.high
