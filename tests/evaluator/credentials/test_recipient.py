"""A credential is somebody's, somebody else's, or nobody can tell; the three are never mixed up."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials.limits import IDENTITIES
from evaluator.credentials.recipient import check, of_assertion
from evaluator.credentials.verdict import Identity

CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("recipients.yaml").read_bytes(), "cases/recipients.yaml"
)
words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Z", "C"], exclude_characters="@:"), min_size=1, max_size=12
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_recipient(case: dict[str, Any]) -> None:
    found = check(of_assertion(case["identity"]), case["given"])
    assert (found.code or found.outcome) == case["expect"]
    assert case.get("detail", "") in found.detail
    assert ("weak" in found.detail) == (case.get("detail") == "weak")


def test_one_of_several_identities_is_enough() -> None:
    several = [{"type": "email", "identity": "a@example.org"}, {"type": "url", "identity": "https://p.example/a"}]
    assert check(of_assertion(several), ["https://p.example/a"]).outcome == "pass"
    assert check(of_assertion(several), ["b@example.org", "https://p.example/a"]).outcome == "pass"
    assert check(of_assertion(several), ["b@example.org"]).code == "recipient_mismatch"


def test_no_more_identities_are_looked_at_than_the_limit() -> None:
    others = [{"type": "email", "identity": f"{number}@example.org"} for number in range(IDENTITIES - 1)]
    own = {"type": "email", "identity": "a@example.org"}
    assert check(of_assertion([*others, own]), ["a@example.org"]).outcome == "pass"
    assert check(of_assertion([*others, others[0], own]), ["a@example.org"]).code == "recipient_mismatch"


def test_a_strong_match_hides_a_weak_one() -> None:
    digest = hashlib.md5(b"a@example.org", usedforsecurity=False).hexdigest()
    weak = Identity(type="email", value=f"md5${digest}", hashed=True)
    strong = Identity(type="email", value="a@example.org")
    assert "weak" in check([weak], ["a@example.org"]).detail
    assert "weak" not in check([weak, strong], ["a@example.org"]).detail


@pytest.mark.parametrize(
    ("identity", "given_", "expected"),
    [
        (Identity(type="id", value="did:key:z6Mk"), "did:key:z6Mk", "pass"),
        (Identity(type="id", value="did:key:z6Mk"), "did:key:z6Ml", "recipient_mismatch"),
        (Identity(type="id", value="did:key:z6Mk"), "a@example.org", "recipient_unnamed"),
        (Identity(type="id", value="mailto:a@example.org"), "a@example.org", "pass"),
        (Identity(type="emailAddress", value="a@example.org"), "A@example.org", "pass"),
    ],
)
def test_identities_of_open_badges_3(identity: Identity, given_: str, expected: str) -> None:
    found = check([identity], [given_])
    assert (found.code or found.outcome) == expected


@settings(max_examples=100, deadline=None)
@given(words, words, st.text(max_size=8), st.sampled_from(["sha256", "md5"]))
def test_hashes_match_their_own_identity_and_no_other(local: str, domain: str, salt: str, algorithm: str) -> None:
    email = f"{local}@{domain}"
    digest = hashlib.new(algorithm, f"{email}{salt}".encode()).hexdigest()
    identity = Identity(type="email", value=f"{algorithm}${digest}", hashed=True, salt=salt)
    assert check([identity], [email]).outcome == "pass"
    assert check([identity], [f"x{email}"]).code == "recipient_mismatch"


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "identity", "hashed", "salt"]), inner, max_size=4)
        ),
        max_leaves=6,
    )
)
def test_any_recipient_is_read(value: Any) -> None:
    assert check(of_assertion(value), ["a@example.org"]).id == "recipient"
