"""JSON from strangers: what is refused and where, what is read nevertheless, and places that lead to what was read."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.json_document import (
    DEEPEST,
    LARGEST,
    UnreadableJson,
    escape,
    items,
    looks_like_json,
    member,
    number,
    parse,
    pointer,
    resolve,
    text,
    texts,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("content", "locator", "says"),
    [
        (b"", "line 1, column 1", "empty"),
        (b'{"a": [1, 2', "line 1, column 12", "ends in the middle"),
        (b'{\n  "a": 1,\n}', "line 3, column 1", 'a comma is left over before "}"'),
        (b'{\n  "a": [1,]\n}', "line 2, column 11", 'a comma is left over before "]"'),
        (b'{"a": }', "line 1, column 7", "a value is missing"),
        (b'// who\n{"a": 1}', "line 1, column 1", "comments"),
        (b'{\n  # who\n  "a": 1}', "line 2, column 3", "comments"),
        (b'{"a": 1}\n\n{"b": 2}', "line 3, column 1", "more text follows"),
        (b"{'a': 1}", "line 1, column 2", "here stands: 'a': 1}"),
        (b'{"a": "NaN",\n "b": NaN}', "line 2, column 7", "null for an unknown number"),
        (b'{"a": -Infinity}', "line 1, column 7", "null for an unknown number"),
        (b'{"a": 1,\n"b": "\xff"}', "line 2", "not UTF-8"),
        (b"[" * 100_000, "", "nested deeper"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "", "nested deeper"),
        (b"[" + b"1" * 5_000 + b"]", "", "thousands of digits"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_place(content: bytes, locator: str, says: str) -> None:
    with pytest.raises(UnreadableJson) as caught:
        parse(content)
    assert caught.value.locator == locator
    assert says in caught.value.message
    problem = caught.value.problem("a.json")
    assert (problem.document, problem.locator, problem.message) == ("a.json", locator, caught.value.message)


def test_a_document_of_the_greatest_depth_is_read() -> None:
    assert parse("[" * DEEPEST + "]" * DEEPEST).value


def test_a_document_that_is_too_large_is_refused() -> None:
    with pytest.raises(UnreadableJson, match="larger than 64 MiB"):
        parse(b" " * (LARGEST + 1))


@pytest.mark.parametrize(
    ("content", "value", "faults"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, []),
        ("\ufeff[1]".encode("utf-16-le"), [1], []),
        (b'{"a": 1, "a": 2}', {"a": 2}, [("/a", "the last was read")]),
        (b'{"x": [0, {"b/c": 1, "b/c": 1}]}', {"x": [0, {"b/c": 1}]}, [("/x/1/b~1c", "stands twice")]),
        (b'{"a": "x\ty",\n"b": "p\nq"}', {"a": "x\ty", "b": "p\nq"}, [("line 1, column 9", "raw control character")]),
        (b'{"a": 1e999}', {"a": None}, [("", "too large")]),
        (rb'{"a": "\ud83d\ude00"}', {"a": "😀"}, []),
        (rb'["\ud800x", "\\ud800"]', ["\ufffdx", "\\ud800"], [("line 1, column 3", "surrogate")]),
        (rb'["\udc00\ud800"]', ["\ufffd\ufffd"], [("line 1, column 3", "surrogate")]),
    ],
)
def test_what_is_read_nevertheless_is_reported(content: bytes, value: Any, faults: list[tuple[str, str]]) -> None:
    parsed = parse(content)
    assert parsed.value == value
    assert [place for place, _ in parsed.faults] == [place for place, _ in faults]
    for (_, message), (_, fragment) in zip(parsed.faults, faults, strict=True):
        assert fragment in message
    assert [problem.document for problem in parsed.problems("a.json")] == ["a.json"] * len(faults)


def test_only_some_of_a_million_repeated_keys_are_reported() -> None:
    parsed = parse("[" + ",".join(['{"a":1,"a":2}'] * 1_000) + "]")
    assert 0 < len(parsed.faults) <= 20


@given(JSON)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse(json.dumps(value).encode()).value == value
    assert parse(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")).value == value


@given(st.binary() | st.text(alphabet='{}[]",:\\/u0dD8\n1eNa- ').map(lambda made: made.encode()))
def test_nothing_but_a_refusal_comes_of_any_bytes(content: bytes) -> None:
    looks_like_json(content)
    try:
        value = parse(content).value
    except UnreadableJson as refusal:
        assert refusal.message
    else:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"{}", True), (b"\xef\xbb\xbf\n [1]", True), (b"<html>", False), (b"", False), (b"a,b\n1,2", False)],
)
def test_a_glance_tells_json_from_pages_and_tables(content: bytes, expected: bool) -> None:
    assert looks_like_json(content) is expected


@given(st.lists(st.text() | st.integers(0, 3)))
def test_a_pointer_leads_back(steps: list[str | int]) -> None:
    value: Any = "here"
    for step in reversed(steps):
        value = [None] * step + [value] if isinstance(step, int) else {step: value}
    assert resolve(value, pointer(*steps)) == "here"


@pytest.mark.parametrize(("value", "at"), [({}, "/a"), ([], "/0"), ([1], "/-"), ([1], "/x"), ("a", "/0"), ([1], "/²")])
def test_a_pointer_that_leads_nowhere_is_told(value: Any, at: str) -> None:
    with pytest.raises(LookupError):
        resolve(value, at)


def test_keys_are_escaped_as_rfc_6901_says() -> None:
    assert escape("a/b~c") == "a~1b~0c"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  a ", [("a", "/n", None)]),
        ("", []),
        ("\x00", []),
        (None, []),
        (5, []),
        (True, []),
        ({"de": "b", "en-US": "a"}, [("a", "/n/en-US", "en-US")]),
        ({"de": "b", "fr": "c"}, [("b", "/n/de", "de")]),
        ({"en": ["a", "b"], "de": "c"}, [("a", "/n/en/0", "en"), ("b", "/n/en/1", "en")]),
        ({"@value": "a", "@language": "en"}, [("a", "/n/@value", "en")]),
        (
            [{"@value": "b", "@language": "de"}, {"@value": "a", "@language": "EN"}, "x"],
            [("a", "/n/1/@value", "EN"), ("x", "/n/2", None)],
        ),
        ([{"en-us": "a"}, {"en-us": "b"}], [("a", "/n/0/en-us", "en-us"), ("b", "/n/1/en-us", "en-us")]),
        ({"@none": "a", "de": "b"}, [("a", "/n/@none", None), ("b", "/n/de", "de")]),
        ({"@id": "http://example.org/a", "type": "Image"}, []),
        ({"@value": {"@value": "a"}}, [("a", "/n/@value/@value", None)]),
    ],
)
def test_texts_are_found_in_every_form_and_in_one_language(value: Any, expected: list[Any]) -> None:
    found = texts(value, "/n")
    assert [(one.value, one.at, one.language) for one in found] == expected
    assert text(value, "/n") == (found[0] if found else None)


def test_another_language_can_be_preferred() -> None:
    value = {"en": "a", "nl-NL": "b"}
    assert text(value, "", ("nl", "en")) == ("b", "/nl-NL", "nl-NL")


@given(JSON)
def test_texts_stand_where_they_were_found(value: Any) -> None:
    for one in texts(value):
        assert resolve(value, one.at).replace("\x00", "").strip() == one.value


@given(JSON)
def test_items_stand_where_they_were_found(value: Any) -> None:
    assert all(resolve(value, at) is one for one, at in items(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (2.5, 2.5),
        ("5", 5),
        (" 1,234.50 ", 1234.5),
        ("-3", -3),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("950", 950),
        (True, None),
        ("", None),
        ("1,23", None),
        ("5 hours", None),
        ("1e999", None),
        ("NaN", None),
        ("٣", None),
        (math.inf, None),
        (10**400, None),
        (2**53, None),
        (2**53 - 1, 2**53 - 1),
        ("9" * 39, None),
        (None, None),
        ([5], None),
    ],
)
def test_numbers_are_finite_and_also_read_from_text(value: Any, expected: float | None) -> None:
    made = number(value)
    assert made == expected
    assert type(made) is type(expected)


@given(JSON | st.text(alphabet="0123456789.,eE+- "))
def test_a_number_is_always_one_that_can_be_kept(value: Any) -> None:
    made = number(value)
    assert made is None or math.isfinite(float(made))


def test_a_member_of_what_is_no_object_is_absent() -> None:
    assert member({"a": 1}, "a") == 1
    assert member({}, "a") is None
    assert member([1], "a") is None
