"""Mistakes in files that people write are found, placed and named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, model_validator

from evaluator.strict_yaml import SpecError, convert, did_you_mean, load, parse

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "strict_yaml.yaml").read_text())


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    price: int

    @model_validator(mode="after")
    def _sensible(self) -> Item:
        if self.price < 0:
            raise ValueError("a price is not negative")
        return self


class Shop(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    cases: list[Item] = []


@pytest.mark.parametrize("case", CASES["mistakes"], ids=lambda case: case["name"])
def test_mistakes_are_named(case: Mapping[str, str], tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(case["text"])
    with pytest.raises(SpecError) as caught:
        load(path, Shop, "shop.yaml")
    assert sorted(caught.value.problems) == sorted(case["says"])


def test_a_file_without_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("name: ‘Stationer’s\ncases:\n  - {id: pen, price: 1}\n", encoding="utf-8")
    assert load(path, Shop) == Shop(name="‘Stationer’s", cases=[Item(id="pen", price=1)])


def test_a_shared_part_may_be_overridden() -> None:
    text = "base: &base {price: 2, id: x}\ncases: [{<<: *base, id: pen}]\n"
    assert parse(text, "shop.yaml")["cases"] == [{"price": 2, "id": "pen"}]


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00",
        b"name: \x80",
        "name: \x00",
        "[" * 20_000,
        "{a: " * 3000,
        "a: &a {b: *a}",
        "<<: 1",
        "a: " + "9" * 5000,
    ]
    + [f"a: !!{tag} x" for tag in ("int", "float", "bool", "timestamp", "binary", "omap", "set")],
    ids=lambda text: repr(text[:12]),
)
def test_unreadable_files_are_reported_on_one_line(text: str | bytes) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "shop.yaml")
    assert str(caught.value).startswith("shop.yaml")
    assert "\n" not in str(caught.value)


@given(text=st.text(max_size=40) | st.text("[]{}:,&*!<>-? \nab1'\"|", max_size=40))
def test_any_text_is_read_or_reported(text: str) -> None:
    try:
        convert(parse(text, "shop.yaml"), Shop, "shop.yaml")
    except SpecError as error:
        assert error.problems
        assert all(problem.startswith("shop.yaml") for problem in error.problems)


def test_suggestions_are_near_or_absent() -> None:
    assert did_you_mean("pass_mrk", ["pass_mark", "mode"]) == ' Did you mean "pass_mark"?'
    assert did_you_mean("zzz", ["pass_mark", "mode"]) == ""
