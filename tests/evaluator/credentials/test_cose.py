"""Credentials in COSE: the same rules as for JSON Web Tokens, and CBOR that means harm."""

from __future__ import annotations

import base64
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits, strict_cbor
from evaluator.credentials.cose import message, read
from evaluator.credentials.verdict import Refused, Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World
from tests.evaluator.credentials.signing import BADGE, Signer, controller, cose, merged, world

COLLEGE = "https://college.example/profile"
ISSUER = Signer("college", "ES256")
ATTACKER = Signer("attacker", "ES256")
PAYLOAD = {**BADGE, "issuer": COLLEGE}
HEADER = {3: "application/vc", 4: ISSUER.thumbprint.encode(), 16: "application/vc+cose"}
DOCUMENTS = {COLLEGE: controller(COLLEGE, ISSUER)}


def judged(content: bytes, at: World | None = None) -> Verdict:
    [verdict] = verify(content, at or world(DOCUMENTS))
    return verdict


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "ES384", "ES512", "ES256K", "RS256", "PS256"])
def test_as_bytes_and_in_base64(algorithm: str) -> None:
    issuer = Signer("cose", algorithm)
    content = cose({4: issuer.thumbprint.encode()}, PAYLOAD, issuer)
    for form in (content, base64.b64encode(content), base64.b64encode(content).rstrip(b"=")):
        verdict = judged(form, world({COLLEGE: controller(COLLEGE, issuer)}))
        assert (verdict.outcome, verdict.codes, verdict.proven) == ("valid", (), True)


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        ({}, set()),
        ({16: "vc+cose"}, set()),
        ({16: "application/vp+cose"}, {"media_type_invalid"}),
        ({16: "vc+jwt"}, {"media_type_invalid"}),
        ({16: 61}, {"media_type_invalid"}),
        ({3: "very/bad"}, {"media_type_invalid"}),
        ({2: [99]}, {"alg_not_allowed"}),
        ({1: 5}, {"alg_not_allowed"}),
        ({1: -8}, {"alg_not_allowed"}),
        ({1: -35}, {"alg_not_allowed"}),
        ({1: "ES256"}, {"alg_not_allowed"}),
        ({1: None}, {"alg_not_allowed"}),
        ({4: b"https://evil.example/keys#1"}, {"issuer_mismatch"}),
        ({4: ATTACKER.method.encode()}, {"issuer_mismatch"}),
        ({4: b"\xff\xfe"}, {"issuer_key_unresolvable"}),
        ({4: "text"}, set()),
        ({33: b"no certificate"}, set()),
    ],
    ids=str,
)
def test_header(header: dict[int, Any], codes: set[str]) -> None:
    """HMAC (5) and algorithms for other keys are refused; a `kid` that is no bytes is none, so the one key is taken."""
    assert set(judged(cose({**HEADER, **header}, PAYLOAD, ISSUER)).codes) == codes


def test_signed_by_somebody_else_or_moved() -> None:
    assert judged(cose(HEADER, PAYLOAD, ATTACKER)).codes == ("integrity_failed",)
    good, other = (
        cbor2.loads(cose(HEADER, one, ISSUER)).value for one in (PAYLOAD, merged(PAYLOAD, {"name": "Other"}))
    )
    moved = cbor2.dumps(cbor2.CBORTag(18, [good[0], {}, other[2], good[3]]))
    assert judged(moved).codes == ("integrity_failed",)


def test_every_changed_byte_is_noticed() -> None:
    content = cose(HEADER, PAYLOAD, ISSUER)
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert all(verdict.outcome != "valid" for verdict in verify(changed, world(DOCUMENTS))), place


def test_the_unprotected_header_is_not_signed_and_decides_nothing() -> None:
    protected, _, payload, signature = cbor2.loads(cose(HEADER, PAYLOAD, ISSUER)).value
    for unprotected in ({1: 5}, {4: b"other"}, {16: "text/html"}, {33: b"x"}, {"any": "thing"}):
        changed = cbor2.dumps(cbor2.CBORTag(18, [protected, unprotected, payload, signature]))
        assert judged(changed).outcome == "valid"


@pytest.mark.parametrize(
    "parts",
    [[], [b"", {}, b""], [b"", {}, None, b""], ["", {}, b"", b""], [b"\xa0", {}, b"", b"", b""], {}, "text", 7],
    ids=str,
)
def test_what_is_no_message(parts: Any) -> None:
    with pytest.raises(Refused) as refusal:
        read(cbor2.dumps(parts))
    assert refusal.value.check.code in ("malformed", "alg_not_allowed")


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x81" * 100_000 + b"\x00",
        b"\xd8\x18" * 10_000 + b"\x00",
        b"\x9b" + (1 << 60).to_bytes(8, "big"),
        b"\x5b" + (1 << 62).to_bytes(8, "big") + b"x",
        b"\xbb" + (1 << 60).to_bytes(8, "big"),
        b"\x9f" + b"\x00" * 1000,
        b"\x5f\x41a\x41b\xff",
        cbor2.dumps(cbor2.CBORTag(35, "(a+)+$")),
        cbor2.dumps(cbor2.CBORTag(2, b"\xff" * 1000)),
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xa2\x01\x01\x01\x02",
        b"\x00\x00",
        b"",
        b"\x63\xff\xff\xff",
    ],
    ids=range(14),
)
def test_cbor_that_means_harm(bomb: bytes) -> None:
    """Depth, lengths that promise what is not there, no lengths, patterns, cycles, a key twice, a second value."""
    with pytest.raises(strict_cbor.CborError):
        strict_cbor.parse(bomb, limit=limits.TOKEN_BYTES)
    for content in (bomb, b"\xd2" + bomb, cbor2.dumps([bomb, {}, b"", b""])):
        with pytest.raises(Refused):
            read(content)


def test_depth_of_cbor() -> None:
    deepest = b"\x81" * limits.CBOR_DEPTH + b"\x00"
    assert strict_cbor.parse(deepest, limit=100)
    with pytest.raises(strict_cbor.CborError, match="depth"):
        strict_cbor.parse(b"\x81" + deepest, limit=100)


def test_cbor_beyond_the_limit_is_not_looked_at() -> None:
    with pytest.raises(strict_cbor.CborError, match="more than the 10"):
        strict_cbor.parse(b"\x40" * 11, limit=10)
    assert strict_cbor.parse(cbor2.dumps({1: [b"x", "y"]}), limit=10) == {1: [b"x", "y"]}


@pytest.mark.parametrize("text", ["0oR*", "d2845856", "0oRY\n0o", "AB", "Ä"])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(Refused, match="malformed"):
        read(message(text))


@settings(max_examples=200, deadline=2000)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_answered(content: bytes, tagged: bool) -> None:
    data = (b"\xd2\x84" if tagged else b"") + content
    assert all(verdict.outcome != "valid" for verdict in verify(data, world(DOCUMENTS)))


@settings(max_examples=200, deadline=2000)
@given(st.dictionaries(st.integers(-5, 40), st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5)))
def test_any_header_is_answered(header: dict[int, Any]) -> None:
    assert judged(cose({**HEADER, **header}, PAYLOAD, ISSUER)).outcome in ("valid", "invalid", "indeterminate")
