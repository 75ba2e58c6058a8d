"""One byte form per value: RFC 8785, with that document's own examples of the rules."""

from __future__ import annotations

import datetime
import decimal
import enum
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.canonical import canonical_json, digest, digest_of

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Kind(enum.Enum):
    """Values that other writers of JSON write and this one must refuse."""

    TEXT = "text"
    NUMBER = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        # Keys are ordered by UTF-16 code units (section 3.2.3): a smiley before the Hebrew presentation form.
        ({"\ufb33": 1, "\U0001f600": 2, "€": 3, "1": 4}, '{"1":4,"€":3,"\U0001f600":2,"\ufb33":1}'),
        ([1.0, 1e21, 1e-7, 0.1, -0.0, 333333333.33333329], "[1,1e+21,1e-7,0.1,0,333333333.3333333]"),
        ("\u20ac$\u000f\nA'\"\\/", '"€$\\u000f\\nA\'\\"\\\\/"'),
        ("é", '"é"'),
        ("e\u0301", '"e\u0301"'),
    ],
)
def test_canonical_form(value: object, text: str) -> None:
    assert canonical_json(value) == text.encode()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, {"a": [-(2**53)]}, "\ud800", {"\ud800": 1}, {1: 1}]
)
def test_what_json_can_not_hold_is_refused(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_json(value)


@given(value=JSON)
def test_reading_it_back_gives_the_same_value_and_bytes(value: object) -> None:
    written = canonical_json(value)
    # Large doubles are written as integers, which a reader must take for doubles (section 3.2.2.3).
    read = json.loads(written, parse_int=float)
    assert read == value
    assert canonical_json(read) == written


ANY_KEY = st.text() | st.sampled_from(["a", "ab", "b", "é", "\ufb33", "\U0001f600", "\ue000", "\ud800"]) | st.integers()
ANY_LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53 - 1, 2**53, -(2**53) + 1, 1e16, 1e16 - 2, 1e-4, 9.999e-5, 1e21, -0.0, 5e-324, 2.0**53])
    | st.floats()
    | st.integers(-(10**17), 10**17).map(lambda number: number / 1000)
    | st.text(st.characters())
    | st.sampled_from(["\ud800", b"a", datetime.date(2026, 11, 25), decimal.Decimal(1), {1}, Kind.TEXT, Kind.NUMBER])
)
ANYTHING = st.recursive(
    ANY_LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(ANY_KEY, inner, max_size=4)
        | st.dictionaries(ANY_KEY, inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=10,
)


def _outcome(write: Callable[[object], bytes], value: object) -> bytes | type:
    try:
        return write(value)
    except rfc8785.CanonicalizationError as error:
        return type(error)
    except UnicodeEncodeError:  # The reference lets it through for keys.
        return rfc8785.CanonicalizationError


@settings(max_examples=1000, deadline=None)
@given(value=ANYTHING)
def test_whatever_it_is_given_it_writes_and_refuses_what_the_reference_does(value: object) -> None:
    assert _outcome(canonical_json, value) == _outcome(rfc8785.dumps, value)


def test_every_character_is_written_as_by_the_reference() -> None:
    text = "".join(chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF)
    assert canonical_json(text) == rfc8785.dumps(text)


@settings(max_examples=2000)
@given(value=st.floats(1e-5, 1e17) | st.floats(1e-5, 1e17).map(lambda number: round(number, 2)))
def test_doubles_are_written_as_by_the_reference(value: float) -> None:
    assert canonical_json([value, -value]) == rfc8785.dumps([value, -value])


def _nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


def test_what_the_reference_can_nest_is_written() -> None:
    nested = _nested(700)
    assert canonical_json(nested) == rfc8785.dumps(nested)


def test_what_nests_too_deeply_is_refused_by_both() -> None:
    nested = _nested(100_000)
    for write in (rfc8785.dumps, canonical_json):
        with pytest.raises(RecursionError):
            write(nested)


@given(value=st.dictionaries(st.text(), st.integers(-100, 100), min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)


def test_digests() -> None:
    assert digest(b"abc") == "sha256:" + hashlib.sha256(b"abc").hexdigest()
    assert digest_of({"b": 1, "a": 2}) == digest(b'{"a":2,"b":1}')
    assert digest_of({"a": 1.0}) == digest_of({"a": 1})
    assert digest_of({"a": "1"}) != digest_of({"a": 1})
