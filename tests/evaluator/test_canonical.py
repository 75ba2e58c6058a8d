"""One byte form per value: RFC 8785, with that document's own examples of the rules."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evaluator.canonical import canonical_json, digest, digest_of

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


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


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, {"a": [-(2**53)]}, "\ud800"])
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


@given(value=st.dictionaries(st.text(), st.integers(-100, 100), min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)


def test_digests() -> None:
    assert digest(b"abc") == "sha256:" + hashlib.sha256(b"abc").hexdigest()
    assert digest_of({"b": 1, "a": 2}) == digest(b'{"a":2,"b":1}')
    assert digest_of({"a": 1.0}) == digest_of({"a": 1})
    assert digest_of({"a": "1"}) != digest_of({"a": 1})
