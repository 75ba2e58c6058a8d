"""JSON that two readers could read differently is refused, with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits
from evaluator.credentials.strict_json import MalformedJson, TooLarge, parse, parse_object


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "a": 2}', 'the key "a" stands twice'),
        ('[{"b": {"a": 1, "\\u0061": 2}}]', 'the key "a" stands twice'),
        ("[NaN]", "NaN is no JSON number"),
        ("[Infinity]", "Infinity is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ("[1e999]", "1e999 is too large"),
        ("[" + "1" * 200 + "]", "a number of 200 digits"),
        ('["\\ud800"]', "half a character"),
        ('{"\\udc00": 1}', "half a character"),
        ("", "line 1, column 1"),
        ('{"a": 1,\n "b" 2}', "line 2, column 6"),
        ("[1] [2]", "line 1, column 5"),
        (b"\xff\xfe{\x00}\x00", "byte 0 is no UTF-8"),
        (b'["\xed\xa0\x80"]', "is no UTF-8"),
        ("[01]", "line 1"),
        ("{'a': 1}", "line 1"),
        ("[1,]", "line 1"),
        ('["\t"]', "line 1"),
    ],
)
def test_refused(text: Any, says: str) -> None:
    with pytest.raises(MalformedJson, match=f".*{says}".replace("[", r"\[")):
        parse(text)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    within = opening * (limits.JSON_DEPTH - 1) + "[]" + closing * (limits.JSON_DEPTH - 1)
    assert parse(within)
    with pytest.raises(TooLarge, match="deeper than"):
        parse(opening + within + closing)
    with pytest.raises(TooLarge, match="deeper than"):
        parse(opening * 500_000)


def test_brackets_in_strings_are_no_depth() -> None:
    assert parse(json.dumps(["[" * 1000, '\\"[{' * 500]))


def test_number_of_values() -> None:
    assert len(parse("[" + "1," * (limits.JSON_NODES - 2) + "1]")) == limits.JSON_NODES - 1
    with pytest.raises(TooLarge, match="values"):
        parse("[" + "1," * limits.JSON_NODES + "1]")


def test_bytes() -> None:
    with pytest.raises(TooLarge, match="bytes of JSON"):
        parse(b'"' + b"a" * limits.JSON_BYTES + b'"')


def test_only_an_object() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}') == {"a": "😀"}
    with pytest.raises(MalformedJson, match="an object"):
        parse_object("[]")


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES)
def test_reads_what_json_holds(value: Any) -> None:
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0dea1.-eNf \n', max_size=40).map(str.encode))
def test_reads_or_refuses(content: bytes) -> None:
    try:
        value = parse(content)
    except (MalformedJson, TooLarge) as error:
        assert str(error)
    else:
        assert value == json.loads(content)
