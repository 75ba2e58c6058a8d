"""Credentials in JSON Web Tokens: what is accepted, and every way in which one could be made to look right."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials import limits
from evaluator.credentials.jose import read, unbase64url
from evaluator.credentials.signatures import ALGORITHMS
from evaluator.credentials.verdict import Refused, Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import Unavailable, World
from tests.evaluator.credentials.signing import AT, BADGE, Signer, b64, controller, jws, merged, world

COLLEGE = "https://college.example/profile"
ISSUER = Signer("college", "ES256")
SECOND = Signer("college, for signing in", "ES256")
ATTACKER = Signer("attacker", "ES256")
SIGNERS = {"issuer": ISSUER, "second": SECOND, "attacker": ATTACKER}
WORDS = {"THUMBPRINT": ISSUER.thumbprint, "ATTACKER": ATTACKER.method, "FRAGMENT": f"{COLLEGE}#{ATTACKER.method}"}

HEADER = {"typ": "JWT", "kid": f"{COLLEGE}#key-1"}
PAYLOAD = {
    **BADGE,
    "issuer": {"id": COLLEGE, "type": ["Profile"], "name": "A college"},
    "iss": COLLEGE,
    "sub": "did:example:holder",
    "jti": BADGE["id"],
    "nbf": int(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()),
}
PROFILE = controller(COLLEGE, ISSUER, SECOND)
PROFILE["assertionMethod"] = [f"{COLLEGE}#key-1"]
DOCUMENTS = {
    COLLEGE: PROFILE,
    "https://college.example/keys": {"keys": [{**ISSUER.jwk, "kid": "k-7", "use": "sig"}]},
    "https://college.example/key.jwk": ISSUER.jwk,
    "https://evil.example/keys": {"keys": [{**ISSUER.jwk, "kid": "k-7"}]},
}
CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("tokens.yaml").read_bytes(), "cases/tokens.yaml"
)


def judged(token: str | bytes, at: World | None = None) -> Verdict:
    content = token.encode() if isinstance(token, str) else token
    [verdict] = verify(content, at or world(DOCUMENTS))
    return verdict


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_token(case: dict[str, Any]) -> None:
    header, payload = HEADER, PAYLOAD
    if case.get("issuer") == "did":
        header = {**HEADER, "kid": ISSUER.method}
        payload = merged(PAYLOAD, {"issuer": {"id": ISSUER.did}, "iss": ISSUER.did})
    header = merged(header, case.get("header", {}))
    if isinstance(kid := header.get("kid"), str):
        header["kid"] = WORDS.get(kid, kid)
    if header.get("jwk") == "ATTACKER":
        header["jwk"] = ATTACKER.jwk
    token = jws(header, merged(payload, case.get("payload", {})), SIGNERS[case.get("signer", "issuer")])
    documents = {key: value for key, value in DOCUMENTS.items() if "profile" not in key or "without" not in case}
    verdict = judged(token, world(documents))
    outcome, *codes = case["expect"]
    assert (verdict.outcome, set(verdict.codes)) == (outcome, set(codes)), verdict.checks


@pytest.mark.parametrize(
    "algorithm", ["EdDSA", "ES256", "ES384", "ES512", "ES256K", "RS256", "RS512", "PS256", "PS384"]
)
def test_every_algorithm_with_its_key(algorithm: str) -> None:
    signer = Signer("any", algorithm)
    payload = merged(PAYLOAD, {"issuer": {"id": signer.did}, "iss": signer.did})
    verdict = judged(jws({"kid": signer.method}, payload, signer))
    assert (verdict.outcome, verdict.codes, verdict.proven) == ("valid", (), True)
    assert verdict.claims is not None and verdict.claims.issuer.id == signer.did
    assert verdict.claims.title == "Welding, level 2"


def test_the_credential_of_vcdm_1_is_completed_by_the_claims() -> None:
    inner = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "issuer": {"name": "A college"},
        "credentialSubject": {"achievement": {"name": "Welding"}},
    }
    claims = {"iss": COLLEGE, "sub": "did:example:holder", "nbf": PAYLOAD["nbf"], "exp": PAYLOAD["nbf"] + 10**8}
    verdict = judged(jws(HEADER, {**claims, "vc": inner}, ISSUER), world(DOCUMENTS, recipients=("did:example:holder",)))
    assert (verdict.outcome, verdict.codes) == ("valid", ())
    assert verdict.claims is not None
    assert verdict.claims.issuer.id == COLLEGE and verdict.claims.issuer.name == "A college"
    assert verdict.claims.valid_until == datetime.datetime.fromtimestamp(PAYLOAD["nbf"] + 10**8, datetime.UTC)
    assert {check.id: check.outcome for check in verdict.checks}["recipient"] == "pass"


def test_jti_stands_for_the_id_even_as_a_bare_uuid() -> None:
    """As some issuers have it; their revocation list names the credential by it."""
    listed = "https://college.example/revoked"
    inner = {**BADGE, "@context": ["https://www.w3.org/2018/credentials/v1"], "issuanceDate": "2026-01-01T00:00:00Z"}
    inner["credentialStatus"] = {"id": listed, "type": "1EdTechRevocationList"}
    del inner["validFrom"], inner["id"]
    name = "b8052f9c-4f8c-4330-bbc1-4033b8ee5d6b"
    token = jws(HEADER, {"iss": COLLEGE, "jti": name, "vc": inner}, ISSUER)
    for revoked, outcome in ((name, "invalid"), ("another", "valid")):
        documents = {**DOCUMENTS, listed: {"revokedCredential": [{"id": revoked}]}}
        assert judged(token, world(documents)).outcome == outcome


def test_an_unknown_algorithm_is_refused_before_any_key_is_looked_for() -> None:
    start = f"{b64(json.dumps({**HEADER, 'alg': 'HS256'}))}.{b64(json.dumps(PAYLOAD))}."
    assert judged(start, world()).codes == ("alg_not_allowed",)


def test_in_json() -> None:
    start, payload, signature = jws(HEADER, PAYLOAD, ISSUER).split(".")
    flat = {"payload": payload, "protected": start, "signature": signature}
    parts = {"payload": payload, "signatures": [{"protected": start, "signature": signature}]}
    for form in (flat, parts):
        assert judged(json.dumps(form)).outcome == "valid"
        assert judged(json.dumps({**form, "payload": b64("{}")})).outcome == "invalid"
    two = {**parts, "signatures": parts["signatures"] * 2}
    assert judged(json.dumps(two)).outcome != "valid"
    unprotected = {"payload": payload, "signature": signature, "header": {**HEADER, "alg": "ES256"}}
    assert judged(json.dumps(unprotected)).outcome != "valid"


def test_a_shared_host_makes_nobody_the_issuer() -> None:
    """Victim and attacker keep documents at the same host, each in a folder of their own."""
    victim, attacker = (f"https://raw.githubusercontent.com/{who}/badges/main" for who in ("college", "eve"))
    documents = {f"{attacker}/keys": {"keys": [{**ATTACKER.jwk, "kid": "k"}]}, f"{victim}/keys": {"keys": [ISSUER.jwk]}}
    payload = {**BADGE, "issuer": f"{victim}/profile"}
    assert judged(jws({"kid": f"{victim}/keys"}, payload, ISSUER), world(documents)).outcome == "valid"
    assert judged(jws({"kid": f"{attacker}/keys#k"}, payload, ATTACKER), world(documents)).codes == ("issuer_mismatch",)


# --- attacks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "RSA1_5", "dir", "es256", 7, None, []]
)
def test_no_signature_and_unknown_algorithms(name: Any) -> None:
    start = f"{b64(json.dumps({**HEADER, 'alg': name}))}.{b64(json.dumps(PAYLOAD))}"
    for signature in ("", b64(b"\x00" * 64), b64(ISSUER.sign(start.encode()))):
        assert judged(f"{start}.{signature}").codes == ("alg_not_allowed",)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("spelling", ["pem", "pem without end", "jwk"])
def test_a_public_key_is_no_shared_secret(algorithm: str, spelling: str) -> None:
    issuer = Signer("hmac", algorithm)
    secret = {"pem": issuer.pem, "pem without end": issuer.pem.strip(), "jwk": json.dumps(issuer.jwk).encode()}[
        spelling
    ]
    start = f"{b64(json.dumps({**HEADER, 'alg': 'HS256'}))}.{b64(json.dumps(PAYLOAD))}"
    token = f"{start}.{b64(hmac.digest(secret, start.encode(), 'sha256'))}"
    assert judged(token, world({COLLEGE: controller(COLLEGE, issuer)})).codes == ("alg_not_allowed",)


@pytest.mark.parametrize("signer", ["EdDSA", "ES256", "ES384", "ES256K", "RS256"])
@pytest.mark.parametrize("stated", sorted(ALGORITHMS))
def test_an_algorithm_that_does_not_fit_the_key(signer: str, stated: str) -> None:
    issuer = Signer("confused", signer)
    token = jws({**HEADER, "alg": stated}, PAYLOAD, issuer)
    verdict = judged(token, world({COLLEGE: controller(COLLEGE, issuer)}))
    if ALGORITHMS[stated] != issuer_type(issuer):
        assert verdict.codes == ("alg_not_allowed",)
    else:
        same = stated == signer or {stated, signer} == {"EdDSA", "Ed25519"}
        assert verdict.outcome == ("valid" if same else "invalid")


def issuer_type(signer: Signer) -> str:
    return ALGORITHMS[signer.algorithm]


def test_a_signature_moved_to_another_payload() -> None:
    good = jws(HEADER, PAYLOAD, ISSUER)
    other = jws(HEADER, merged(PAYLOAD, {"name": "Brain surgery"}), ATTACKER)
    moved = ".".join([*other.split(".")[:2], good.split(".")[2]])
    assert judged(moved).codes == ("integrity_failed",)
    assert judged(moved).claims is None


def test_issuer_swapped_and_signed_again() -> None:
    """The attacker's own key under the attacker's own DID, with the college as the issuer that people see."""
    for claims in ({"iss": ATTACKER.did}, {"iss": COLLEGE}, {"iss": None}):
        verdict = judged(jws({"kid": ATTACKER.method}, merged(PAYLOAD, claims), ATTACKER))
        assert verdict.outcome == "invalid" and "issuer_mismatch" in verdict.codes and not verdict.proven


def test_nothing_is_fetched_but_what_the_issuer_publishes() -> None:
    asked: list[str] = []

    def fetch(key: str) -> bytes:
        asked.append(key)
        raise Unavailable("nothing is here")

    header = {**HEADER, "jku": "https://evil.example/jku", "x5u": "https://evil.example/x5u"}
    judged(jws(header, PAYLOAD, ISSUER), World(fetch=fetch, pinned=fetch, at=AT))
    judged(jws({"kid": "https://evil.example/keys#k"}, PAYLOAD, ISSUER), World(fetch=fetch, pinned=fetch, at=AT))
    assert asked == [COLLEGE]


def test_a_key_that_was_withdrawn_signs_nothing() -> None:
    profile = controller(COLLEGE, ISSUER)
    for name, time, outcome in (
        ("revoked", "2026-02-01T00:00:00Z", "invalid"),
        ("expires", "2026-02-01T00:00:00Z", "invalid"),
        ("expires", "2030-02-01T00:00:00Z", "valid"),
        ("revoked", "some day", "invalid"),
    ):
        profile["verificationMethod"][0] = {**controller(COLLEGE, ISSUER)["verificationMethod"][0], name: time}
        verdict = judged(jws(HEADER, PAYLOAD, ISSUER), world({COLLEGE: profile}))
        assert verdict.outcome == outcome
        assert ("issuer_key_revoked" in verdict.codes) == (outcome == "invalid")


def test_certificates_count_only_with_an_anchor_and_only_for_the_names_in_them() -> None:
    authority = Signer("authority", "ES256")
    root = authority.certificate(ca=True, name="An authority")
    leaf = ISSUER.certificate([COLLEGE], authority)
    stranger = ISSUER.certificate(["https://evil.example"], authority)
    old = ISSUER.certificate([COLLEGE], authority, begins=AT - datetime.timedelta(9), ends=AT - datetime.timedelta(1))
    anchors = (root.public_bytes(Encoding.DER),)
    for chain, trusted, outcome, codes in (
        ([leaf], (), "indeterminate", {"seal_certificate_untrusted"}),
        ([leaf], anchors, "valid", set()),
        ([leaf, root], (), "indeterminate", {"seal_certificate_untrusted"}),
        ([stranger], anchors, "invalid", {"issuer_mismatch"}),
        ([old], anchors, "indeterminate", {"seal_certificate_expired", "seal_certificate_untrusted"}),
        ([ISSUER.certificate([COLLEGE])], anchors, "indeterminate", {"seal_certificate_untrusted"}),
    ):
        header = {"x5c": [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]}
        verdict = judged(jws(header, PAYLOAD, ISSUER), world(anchors=trusted))
        assert (verdict.outcome, set(verdict.codes)) == (outcome, codes)


def test_every_changed_character_is_noticed() -> None:
    token = jws(HEADER, PAYLOAD, ISSUER)
    for place, character in enumerate(token):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        assert all(verdict.outcome != "valid" for verdict in verify(changed.encode(), world(DOCUMENTS))), place


def test_a_credential_is_no_answer_to_a_request() -> None:
    for request in ({"nonce": "n-1"}, {"audience": "https://employer.example"}):
        assert judged(jws(HEADER, PAYLOAD, ISSUER), world(DOCUMENTS, **request)).codes == ("holder_binding_missing",)


# --- parsers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "malformed"),
        ("a.b", "malformed"),
        ("a.b.c.d", "malformed"),
        ("..", "malformed"),
        (f"{b64('{}')}.{b64('{}')}.", "alg_not_allowed"),
        (f"{b64('[]')}.{b64('{}')}.", "malformed"),
        (f"{b64('{')}.{b64('{}')}.", "malformed"),
        (f"{b64(chr(123) + chr(34) + 'alg' + chr(34) + ':1,' + chr(34) + 'alg' + chr(34) + ':2}')}..", "malformed"),
        ("A" * (limits.HEADER_BYTES + 1) + "..", "resource_limit"),
        ("A" * (limits.TOKEN_BYTES + 1), "resource_limit"),
        (f"{b64('[' * 100 + ']' * 100)}..", "resource_limit"),
    ],
    ids=range(11),
)
def test_what_is_no_token(token: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(token)
    assert refusal.value.check.code == code


@pytest.mark.parametrize("text", ["AB", "AAAA=", "A", "A B", "A+/A", "AÄ", "AAB", "AA\n"])
def test_only_one_text_stands_for_given_bytes(text: str) -> None:
    with pytest.raises(Refused, match="malformed"):
        unbase64url(text, "it")


def test_certificates_beyond_the_limit() -> None:
    header = {"x5c": ["AAAA"] * (limits.CERTIFICATES + 1)}
    assert judged(jws(header, PAYLOAD, ISSUER), world()).codes == ("resource_limit",)


@settings(max_examples=150, deadline=2000)
@given(
    st.text(st.sampled_from("eyJhbGciOiJFUzI1NiJ9.~-_="), max_size=80) | st.text(max_size=40) | st.binary(max_size=60)
)
def test_any_text_is_answered(content: str | bytes) -> None:
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    for start in (b"", b"eyJ"):
        assert all(verdict.outcome != "valid" for verdict in verify(start + data, world(DOCUMENTS)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=250, deadline=2000)
@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "cty", "jwk", "x5c", "crit"]), json_values, max_size=4),
    st.dictionaries(
        st.sampled_from(sorted({*PAYLOAD, "vc", "vp", "exp", "credentialStatus", "cnf", "status", "vct"})), json_values
    ),
)
def test_any_header_and_payload_are_answered(header: dict[str, Any], changes: dict[str, Any]) -> None:
    """Signed by the issuer, so that what comes after the signature is reached."""
    token = jws({**HEADER, **header}, {**PAYLOAD, **changes}, ISSUER)
    verdict = judged(token)
    assert verdict.outcome in ("valid", "invalid", "indeterminate")
    assert all(check.says for check in verdict.checks)
