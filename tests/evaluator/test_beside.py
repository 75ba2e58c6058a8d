"""Facts beside the scores: what is not published is not known, never nothing."""

from __future__ import annotations

import pytest

from evaluator.beside import Beside, beside
from evaluator.program import Skill
from tests.evaluator.strategies import program_of


def _sides(*named: tuple[str, ...]) -> tuple[Beside, ...]:
    return beside([program_of({}, skills=tuple(Skill(label=label) for label in labels)) for labels in named])


def test_skills_that_all_name_and_that_one_names() -> None:
    one, other = _sides(("SQL", "Python"), ("python ", "Statistics"))
    assert (one.skills_shared, one.skills_only_here) == (("Python",), ("SQL",))
    assert (other.skills_shared, other.skills_only_here) == (("python ",), ("Statistics",))


def test_skills_with_nothing_in_common_are_known_to_have_nothing() -> None:
    one, other = _sides(("SQL",), ("SQL", "Python"))
    assert one.skills_only_here == ()
    assert [side.skills_shared for side in _sides(("SQL",), ("Python",))] == [(), ()]
    assert other.skills_only_here == ("Python",)


def test_where_a_program_names_no_skill_what_is_shared_is_not_known() -> None:
    one, silent, other = _sides(("SQL",), (), ("SQL", "Python"))
    assert (one.skills_shared, silent.skills_shared, other.skills_shared) == (None, None, None)
    assert silent.skills_only_here is None
    assert (one.skills_only_here, other.skills_only_here) == ((), ("Python",))


def test_a_skill_with_an_address_is_known_by_it() -> None:
    address = "https://skills.example.org/sql"
    programs = [program_of({}, skills=(Skill(label=label, id=address),)) for label in ("SQL", "Querying databases")]
    assert [side.skills_shared for side in beside(programs)] == [("SQL",), ("Querying databases",)]


def test_a_price_for_each_hour_needs_both() -> None:
    facts = {"price_amount": 100.0, "price_currency": "EUR", "workload_hours_low": 20, "workload_hours_high": 40}
    (known,) = beside([program_of(facts)])
    assert known.price_per_hour == (2.5, 5)
    for missing in ("price_amount", "workload_hours_low"):
        (side,) = beside([program_of({name: value for name, value in facts.items() if name != missing})])
        assert side.price_per_hour is None


@pytest.mark.parametrize("hours", [(0, 10), (0, 0)])
def test_a_price_is_not_divided_by_no_hours(hours: tuple[int, int]) -> None:
    low, high = hours
    (side,) = beside([program_of({"price_amount": 1, "workload_hours_low": low, "workload_hours_high": high})])
    assert side.hours == hours
    assert side.price_per_hour is None
