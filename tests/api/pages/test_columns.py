"""The columns of a table as a form."""

from __future__ import annotations

import pytest

from api.pages import columns
from evaluator.strict_yaml import SpecError
from providers import table_mapping

GUESS = """
columns:
  title: Course
  price: {column: Fee, currency: EUR}
  workload_hours: {column: Effort, unit: hours}
  contact_hours: {column: Effort, unit: hours}
grade: documented
origin: An export
unused: {Code: 'no known header'}
"""
NAMES = ["Course", "Fee", "Effort", "Code"]


def again(*gives: str) -> table_mapping.Mapping:
    return table_mapping.load(columns.remapped(GUESS, NAMES, gives), "the mapping")


def test_every_column_is_listed_with_what_it_gives() -> None:
    assert columns.listed(GUESS) == [
        ("Course", "title", ""),
        ("Fee", "price", ""),
        ("Effort", "workload_hours, contact_hours", ""),
        ("Code", "", "no known header"),
    ]
    assert columns.listed("columns: [") == columns.listed("columns: {issuer: A}") == []


def test_nothing_changed_gives_the_same_mapping() -> None:
    given = [column.gives for column in columns.listed(GUESS)]
    assert again(*given) == table_mapping.load(GUESS, "the guess")


def test_what_is_changed_is_changed_and_the_rest_stays() -> None:
    found = again("", "price", "contact_hours", "title ,id")
    assert {target: source.column for target, source in found.columns.items()} == {
        "price": "Fee",
        "contact_hours": "Effort",
        "title": "Code",
        "id": "Code",
    }
    assert (found.columns["price"].currency, found.grade, found.origin) == ("EUR", "documented", "An export")
    assert found.unused == {"Course": ""}


def test_a_mapping_from_nothing() -> None:
    found = table_mapping.load(columns.remapped("", NAMES, ["title", "price", "", ""]), "the mapping")
    assert {target: source.kind for target, source in found.columns.items()} == {"title": "text", "price": "price"}


@pytest.mark.parametrize(
    ("gives", "says"),
    [
        (("title", "", "title", ""), 'two columns should give "title"'),
        (("", "price", "", ""), "which column gives the title"),
        (("title", "prize", "", ""), 'Did you mean "price"'),
    ],
)
def test_mistakes_are_named(gives: tuple[str, ...], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        again(*gives)


def test_every_target_offered_is_one_that_a_mapping_knows() -> None:
    found = columns.targets()
    assert {"title": "title", "price": "price", "pass_mark": "pass mark"}.items() <= found.items()
    for name in found:
        try:
            table_mapping.load(columns.remapped(GUESS, ["A", "B"], ["title", "" if name == "title" else name]), "x")
        except SpecError as error:
            assert "neither a field nor a fact" not in str(error) and "derived" not in str(error)
