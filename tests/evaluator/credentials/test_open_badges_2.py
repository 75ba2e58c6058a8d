"""Open Badges 2.0: only the issuer's own copy counts, only the issuer's own key does, and every attack fails safely."""

from __future__ import annotations

import base64
import copy
import datetime
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials import limits, open_badges_2
from evaluator.credentials import open_badges_2_parts as parts
from evaluator.credentials.verdict import Check, Refused, Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import Unavailable, World

CASES: dict[str, list[dict[str, Any]]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("open_badges_2.yaml").read_bytes(), "cases/open_badges_2.yaml"
)
AT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
HOME = "https://academy.example"
V2 = "https://w3id.org/openbadges/v2"
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
SMALL_KEY = rsa.generate_private_key(65537, 1024)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())
EMAIL = "holder@post.example"

PROFILE = {
    "@context": V2,
    "type": "Issuer",
    "id": f"{HOME}/issuer",
    "name": "Academy",
    "url": HOME,
    "email": "a@b.example",
}
BADGE = {
    "@context": V2,
    "type": "BadgeClass",
    "id": f"{HOME}/badges/welding",
    "name": "Welding",
    "description": "Two plates hold.",
    "image": f"{HOME}/welding.png",
    "criteria": f"{HOME}/criteria",
    "issuer": f"{HOME}/issuer",
}
ASSERTION: dict[str, Any] = {
    "@context": V2,
    "type": "Assertion",
    "id": f"{HOME}/a/1",
    "recipient": {
        "type": "email",
        "hashed": True,
        "salt": "s",
        "identity": "sha256$" + hashlib.sha256(f"{EMAIL}s".encode()).hexdigest(),
    },
    "badge": f"{HOME}/badges/welding",
    "issuedOn": "2026-01-01T00:00:00Z",
    "verification": {"type": "hosted"},
    "evidence": "https://work.example/1",
}
SIGNED = ASSERTION | {"id": "urn:uuid:1", "verification": {"type": "signed", "creator": f"{HOME}/key"}}
SIGNER = PROFILE | {"publicKey": f"{HOME}/key", "revocationList": f"{HOME}/revoked"}


def pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_document(key: Any = KEY, **changes: Any) -> dict[str, Any]:
    document = {"type": "CryptographicKey", "id": f"{HOME}/key", "owner": f"{HOME}/issuer", "publicKeyPem": pem(key)}
    return {"@context": V2} | document | changes


DOCUMENTS: dict[str, Any] = {
    f"{HOME}/a/1": ASSERTION,
    f"{HOME}/badges/welding": BADGE,
    f"{HOME}/issuer": SIGNER,
    f"{HOME}/key": key_document(),
    f"{HOME}/revoked": {"@context": V2, "type": "RevocationList", "id": f"{HOME}/revoked", "revokedAssertions": []},
}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(payload: Any, key: Any = KEY, **header: Any) -> str:
    head = encoded(json.dumps({"alg": "RS256"} | header).encode())
    signed = f"{head}.{encoded(json.dumps(payload).encode())}"
    return f"{signed}.{encoded(key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


def world(changes: Mapping[str, Any] | None = None, recipients: tuple[str, ...] = (EMAIL,)) -> World:
    """The world with some documents changed: an object, bytes, a status with which the server refuses, or none."""
    documents = DOCUMENTS | dict(changes or {})

    def fetch(address: str) -> bytes:
        found = documents.get(address)
        if found is None or isinstance(found, int):
            raise Unavailable(f"the server answered {found or 404}", found or 404)
        return found if isinstance(found, bytes) else json.dumps(found).encode()

    return World(fetch=fetch, pinned=fetch, at=AT, recipients=recipients)


def judged(presented: Any, changes: Mapping[str, Any] | None = None) -> Verdict:
    content = presented.encode() if isinstance(presented, str) else json.dumps(presented).encode()
    [verdict] = verify(content, world(changes))
    return verdict


def summary(verdict: Verdict) -> str:
    return " ".join((verdict.outcome, *verdict.codes))


def without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name not in names}


# --- what is right ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("presented", [ASSERTION, token(SIGNED)], ids=["hosted", "signed"])
def test_a_genuine_badge(presented: Any) -> None:
    verdict = judged(presented)
    assert summary(verdict) == "valid"
    assert {check.id: check.outcome for check in verdict.checks if check.id != "trust"} == dict.fromkeys(
        ("carrier", "schema", "integrity", "issuer_binding", "validity_period", "status", "recipient"), "pass"
    )
    assert verdict.proven
    assert verdict.claims is not None
    assert verdict.claims.issuer.id == f"{HOME}/issuer"
    assert (verdict.claims.title, verdict.claims.issuer.name) == ("Welding", "Academy")
    assert verdict.claims.valid_from == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize("presented", [ASSERTION, token(SIGNED)], ids=["hosted", "signed"])
def test_a_badge_answers_no_request_for_a_presentation(presented: Any) -> None:
    content = presented.encode() if isinstance(presented, str) else json.dumps(presented).encode()
    [verdict] = verify(content, msgspec.structs.replace(world(), nonce="n-1"))
    assert "holder_binding_missing" in [check.code for check in verdict.checks]


def test_a_hosted_badge_never_claims_a_signature() -> None:
    says = {check.id: check.says for check in judged(ASSERTION).checks}
    assert not any("sign" in says[one] or "list" in says[one] for one in ("integrity", "issuer_binding", "status"))


NAMELESS = ASSERTION | {"badge": without(BADGE, "@context", "id")}
PLAIN = {"type": "email", "hashed": False, "identity": EMAIL}
LISTED_KEY = SIGNER | {"publicKey": without(key_document(), "@context")}
BROKEN_KEY = key_document(publicKeyPem="-----BEGIN")
ELSEWHERE = PROFILE | {"verification": {"startsWith": f"{HOME}/b/"}}
INSIDE = ASSERTION | {"badge": without(BADGE, "@context") | {"issuer": without(PROFILE, "@context")}}


@pytest.mark.parametrize(
    ("presented", "changes"),
    [
        (INSIDE, {f"{HOME}/a/1": INSIDE}),
        (
            INSIDE | {"badge": without(INSIDE["badge"], "id")},
            {f"{HOME}/a/1": INSIDE | {"badge": without(INSIDE["badge"], "id")}},
        ),
        (token(SIGNED | {"badge": INSIDE["badge"]}), {}),
        (token(SIGNED | {"verification": {"type": "SignedBadge"}}), {}),
        (token(SIGNED), {f"{HOME}/issuer": SIGNER | {"publicKey": [f"{HOME}/other", f"{HOME}/key"]}}),
        (
            token(SIGNED),
            {f"{HOME}/issuer": LISTED_KEY, f"{HOME}/key": 404},
        ),
        (
            token(SIGNED | {"verification": {"type": "signed"}}),
            {
                f"{HOME}/issuer": SIGNER | {"publicKey": [f"{HOME}/other", f"{HOME}/key"]},
                f"{HOME}/other": key_document(CURVE_KEY),
            },
        ),
        (token(SIGNED), {f"{HOME}/issuer": without(SIGNER, "revocationList")}),
        (token(ASSERTION), {}),
        (token(SIGNED | {"type": "obi:Assertion"}), {}),
        (token(SIGNED | {"type": "https://w3id.org/openbadges#Assertion"}), {}),
    ],
)
def test_other_forms_of_a_genuine_badge(presented: Any, changes: dict[str, Any]) -> None:
    assert summary(judged(presented, changes)) == "valid"


def test_the_address_of_a_badge_leads_to_it() -> None:
    assert summary(judged(f"{HOME}/a/1")) == "valid"
    assert summary(judged(f"{HOME}/a/2")) == "indeterminate hosted_unavailable"
    assert summary(judged(f"{HOME}/a/2", {f"{HOME}/a/2": 410})) == "invalid revoked"


# --- what is wrong ----------------------------------------------------------------------------------------------

EVIL = "https://evil.example"
FORGED_PROFILE = PROFILE | {"verification": {"allowedOrigins": "evil.example"}}
FORGED = ASSERTION | {"id": f"{EVIL}/1", "badge": BADGE | {"issuer": FORGED_PROFILE}}
OWN_CLASS = ASSERTION | {"badge": BADGE | {"id": f"{EVIL}/class"}}


@pytest.mark.parametrize(
    ("presented", "changes", "expected"),
    [
        # the copy that is presented, and the issuer's
        (
            ASSERTION | {"recipient": PLAIN},
            {},
            "invalid integrity_failed",
        ),
        (ASSERTION | {"badge": f"{HOME}/badges/surgery"}, {}, "invalid integrity_failed"),
        (ASSERTION | {"issuedOn": "2025-01-01T00:00:00Z"}, {}, "invalid integrity_failed"),
        (ASSERTION | {"expires": "2030-01-01T00:00:00Z"}, {}, "invalid integrity_failed"),
        (
            INSIDE | {"badge": INSIDE["badge"] | {"name": "Surgery"}},
            {f"{HOME}/a/1": INSIDE},
            "invalid integrity_failed",
        ),
        (ASSERTION | {"evidence": "https://forged.example"}, {}, "indeterminate hosted_differs"),
        (ASSERTION | {"narrative": "with honours"}, {}, "indeterminate hosted_differs"),
        (INSIDE, {}, "indeterminate hosted_differs"),
        (ASSERTION, {f"{HOME}/a/1": 404}, "indeterminate hosted_unavailable"),
        (ASSERTION, {f"{HOME}/a/1": b"<html>moved</html>"}, "indeterminate hosted_unavailable"),
        (ASSERTION, {f"{HOME}/a/1": b'{"a": 1, "a": 1}'}, "indeterminate hosted_unavailable"),
        (ASSERTION, {f"{HOME}/a/1": 410}, "invalid revoked"),
        (ASSERTION, {f"{HOME}/a/1": {"id": f"{HOME}/a/1", "revoked": True}}, "invalid revoked"),
        (ASSERTION, {f"{HOME}/a/1": ASSERTION | {"revoked": "yes"}}, "invalid revoked"),
        (ASSERTION, {f"{HOME}/a/1": ASSERTION | {"id": f"{HOME}/a/2"}}, "indeterminate hosted_unavailable"),
        (ASSERTION | {"id": f"{EVIL}/1"}, {f"{EVIL}/1": ASSERTION}, "indeterminate hosted_differs"),
        (
            ASSERTION | {"id": f"{EVIL}/1"},
            {f"{EVIL}/1": ASSERTION, f"{HOME}/a/1": ASSERTION | {"id": f"{EVIL}/1"}},
            "invalid data_model_invalid",
        ),
        # whose it is
        (
            ASSERTION | {"id": f"{EVIL}/1"},
            {f"{EVIL}/1": ASSERTION | {"id": f"{EVIL}/1"}},
            "invalid hosted_scope",
        ),
        (FORGED, {f"{EVIL}/1": FORGED}, "invalid hosted_scope"),
        (
            ASSERTION,
            {f"{HOME}/issuer": ELSEWHERE},
            "invalid hosted_scope",
        ),
        (ASSERTION, {f"{HOME}/issuer": 404}, "indeterminate issuer_key_unresolvable"),
        (ASSERTION, {f"{HOME}/badges/welding": 404}, "indeterminate issuer_key_unresolvable"),
        (INSIDE, {f"{HOME}/a/1": INSIDE, f"{HOME}/issuer": 404}, "indeterminate issuer_key_unresolvable"),
        (
            ASSERTION,
            {f"{HOME}/badges/welding": BADGE | {"issuer": without(PROFILE, "id")}},
            "indeterminate issuer_key_self_asserted",
        ),
        (OWN_CLASS, {f"{HOME}/a/1": OWN_CLASS}, "indeterminate issuer_key_unresolvable"),
        # the model
        (without(ASSERTION, "verification", "issuedOn"), {}, "invalid data_model_invalid"),
        (ASSERTION | {"id": "urn:uuid:1"}, {}, "invalid data_model_invalid"),
        (ASSERTION | {"@context": "https://w3id.org/openbadges/v3"}, {}, "invalid context_invalid"),
        (ASSERTION | {"type": ["Assertion", "Diploma"]}, {}, "invalid type_invalid"),
        (ASSERTION, {f"{HOME}/badges/welding": PROFILE}, "invalid type_invalid"),
        (ASSERTION, {f"{HOME}/issuer": without(PROFILE, "name")}, "invalid data_model_invalid"),
        (ASSERTION | {"extensions:x": {"type": "Extension"}}, {}, "invalid extension_invalid"),
        (ASSERTION | {"verification": {"type": "signed"}}, {}, "invalid no_proof"),
        (ASSERTION, {f"{HOME}/a/1": ASSERTION | {"verification": {"type": "signed"}}}, "invalid no_proof"),
        # what is no badge of anybody
        (BADGE, {}, "invalid awarded_to_nobody"),
        (PROFILE, {}, "invalid awarded_to_nobody"),
        (DOCUMENTS[f"{HOME}/revoked"], {}, "invalid awarded_to_nobody"),
    ],
)
def test_hosted(presented: Any, changes: dict[str, Any], expected: str) -> None:
    assert summary(judged(presented, changes)) == expected


def with_list(*revoked: Any) -> dict[str, Any]:
    return {f"{HOME}/revoked": DOCUMENTS[f"{HOME}/revoked"] | {"revokedAssertions": list(revoked)}}


def hs256(payload: Any) -> str:
    """The attack that takes the public key for a shared secret."""
    head = encoded(b'{"alg":"HS256"}')
    signed = f"{head}.{encoded(json.dumps(payload).encode())}"
    return f"{signed}.{encoded(hmac.new(pem(KEY).encode(), signed.encode(), 'sha256').digest())}"


def created_by(creator: Any) -> dict[str, Any]:
    return SIGNED | {"verification": {"type": "signed", "creator": creator}}


ATTACKER = without(key_document(OTHER_KEY), "@context")


@pytest.mark.parametrize(
    ("presented", "changes", "expected"),
    [
        (token(SIGNED, OTHER_KEY), {}, "invalid integrity_failed"),
        (token(SIGNED, alg="none").rpartition(".")[0] + ".", {}, "invalid alg_not_allowed"),
        (token(SIGNED, alg="None"), {}, "invalid alg_not_allowed"),
        (hs256(SIGNED), {}, "invalid alg_not_allowed"),
        (token(SIGNED, alg="ES256"), {}, "invalid alg_not_allowed"),
        (token(SIGNED, crit=["exp"]), {}, "invalid alg_not_allowed"),
        (token(SIGNED, crit=["b64"], b64=False), {}, "invalid alg_not_allowed"),
        (token(SIGNED, OTHER_KEY, jku=f"{EVIL}/keys", kid=f"{EVIL}/key"), {}, "invalid integrity_failed"),
        # the key is the attacker's, the issuer somebody else
        (
            token(created_by(f"{EVIL}/key"), OTHER_KEY),
            {f"{EVIL}/key": ATTACKER},
            "invalid issuer_mismatch",
        ),
        (
            token(created_by(ATTACKER), OTHER_KEY),
            {},
            "invalid integrity_failed",
        ),
        (
            token(SIGNED | {"badge": BADGE | {"issuer": SIGNER | {"publicKey": ATTACKER}}}, OTHER_KEY),
            {},
            "invalid integrity_failed",
        ),
        (token(SIGNED), {f"{HOME}/key": key_document(owner=f"{EVIL}/issuer")}, "invalid issuer_mismatch"),
        (token(SIGNED), {f"{HOME}/key": without(key_document(), "owner")}, "invalid issuer_mismatch"),
        (
            token(SIGNED),
            {f"{HOME}/key": without(key_document(), "owner"), f"{HOME}/issuer": without(SIGNER, "id")},
            "invalid issuer_mismatch",
        ),
        (token(SIGNED), {f"{HOME}/issuer": PROFILE}, "invalid issuer_mismatch"),
        (token(SIGNED), {f"{HOME}/issuer": SIGNER | {"publicKey": f"{HOME}/new"}}, "invalid issuer_mismatch"),
        (token(SIGNED), {f"{HOME}/key": 404}, "indeterminate issuer_key_unresolvable"),
        (token(SIGNED), {f"{HOME}/issuer": 404}, "indeterminate issuer_key_unresolvable"),
        (
            token(SIGNED),
            {f"{HOME}/key": BROKEN_KEY},
            "indeterminate issuer_key_unresolvable",
        ),
        (
            token(SIGNED, SMALL_KEY),
            {f"{HOME}/key": key_document(SMALL_KEY)},
            "indeterminate issuer_key_unresolvable",
        ),
        (token(SIGNED), {f"{HOME}/key": key_document(CURVE_KEY)}, "invalid alg_not_allowed"),
        # revocation
        (token(SIGNED), with_list("urn:uuid:2", "urn:uuid:1"), "invalid revoked"),
        (token(SIGNED), with_list({"id": "urn:uuid:1", "revocationReason": "Plagiarism"}), "invalid revoked"),
        (token(SIGNED | {"uid": "u-1"}), with_list({"uid": "u-1"}), "invalid revoked"),
        (token(SIGNED), with_list("urn:uuid:2", None, 7, {"id": None}), "valid"),
        (token(SIGNED), {f"{HOME}/revoked": 500}, "indeterminate status_unavailable"),
        (token(SIGNED), {f"{HOME}/revoked": b"not JSON"}, "indeterminate status_unavailable"),
        (token(SIGNED), {f"{HOME}/revoked": PROFILE}, "invalid status_list_invalid"),
        (token(SIGNED), {f"{HOME}/issuer": SIGNER | {"revocationList": 7}}, "indeterminate status_unavailable"),
        # hosted, though in a token
        (token(ASSERTION | {"expires": "2030-01-01T00:00:00Z"}), {}, "invalid integrity_failed"),
        (token(ASSERTION), {f"{HOME}/a/1": 404}, "indeterminate hosted_unavailable"),
        # the model
        (token(SIGNED | {"verification": {"type": "hosted"}}), {}, "invalid data_model_invalid"),
        (token(SIGNED | {"issuedOn": "2027-01-01T00:00:00Z"}), {}, "invalid not_yet_valid"),
        (token(SIGNED | {"expires": "2026-11-23T00:00:00Z"}), {}, "invalid expired"),
    ],
)
def test_signed(presented: str, changes: dict[str, Any], expected: str) -> None:
    assert summary(judged(presented, changes)) == expected


def test_a_failed_signature_shows_no_claims() -> None:
    assert judged(token(SIGNED, OTHER_KEY)).claims is None
    assert judged(ASSERTION | {"expires": "2030-01-01T00:00:00Z"}).claims is None


def test_the_recipient_does_not_decide() -> None:
    [verdict] = verify(json.dumps(ASSERTION).encode(), world(recipients=("somebody@else.example",)))
    assert verdict.outcome == "valid"
    assert [check.code for check in verdict.checks if check.id == "recipient"] == ["recipient_mismatch"]


def test_the_issuer_is_named_by_its_address() -> None:
    """A profile that calls itself somebody else is known by where it lies."""
    at = f"{EVIL}/issuer"
    own = ASSERTION | {"id": f"{EVIL}/1", "badge": f"{EVIL}/class"}
    verdict = judged(own, {f"{EVIL}/1": own, f"{EVIL}/class": BADGE | {"issuer": at}, at: PROFILE})
    assert verdict.claims is not None
    assert verdict.claims.issuer.id == at
    assert verdict.claims.achievement is not None
    assert verdict.claims.achievement["id"] == f"{EVIL}/class"


# --- Open Badges 1 ----------------------------------------------------------------------------------------------

OLD = {
    "uid": "1",
    "recipient": {"type": "email", "hashed": False, "identity": EMAIL},
    "badge": f"{HOME}/badges/welding",
    "verify": {"type": "hosted", "url": f"{HOME}/a/1"},
    "issuedOn": 1767225600,
}


@pytest.mark.parametrize(
    ("presented", "changes", "expected"),
    [
        (OLD, {f"{HOME}/a/1": OLD}, "indeterminate open_badges_1"),
        (
            OLD | {"@context": "https://w3id.org/openbadges/v1"},
            {f"{HOME}/a/1": OLD},
            "indeterminate open_badges_1",
        ),
        (OLD | {"verify": {"type": "signed", "url": f"{HOME}/key"}}, {}, "indeterminate open_badges_1"),
        (OLD | {"verify": {"type": "hosted"}}, {}, "indeterminate open_badges_1"),
        (token(OLD), {}, "indeterminate open_badges_1"),
        (OLD, {f"{HOME}/a/1": 410}, "invalid revoked"),
        (OLD, {}, "indeterminate hosted_differs"),
    ],
)
def test_version_1_is_named(presented: Any, changes: dict[str, Any], expected: str) -> None:
    assert summary(judged(presented, changes)) == expected


# --- tables, limits, properties ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["scope"], ids=lambda case: case["name"])
def test_scope(case: dict[str, Any]) -> None:
    badge = case.get("badge", f"{HOME}/badge")
    profile = PROFILE | {"verification": case.get("policy")}
    assert parts.in_scope(case["assertion"], badge, profile, f"{HOME}/issuer") is case["expect"]


@pytest.mark.parametrize("case", CASES["period"], ids=lambda case: case["name"])
def test_period(case: dict[str, Any]) -> None:
    def found() -> Check:
        try:
            return parts.check_period(without(case, "name", "expect"), AT)
        except Refused as refusal:
            return refusal.check

    assert (found().code or found().outcome) == case["expect"]


def test_no_more_documents_are_asked_for_than_the_limit() -> None:
    asked: list[str] = []
    names = [f"{HOME}/key{number}" for number in range(limits.KEYS)]
    documents = world({f"{HOME}/issuer": SIGNER | {"publicKey": names}})

    def fetch(address: str) -> bytes:
        asked.append(address)
        return documents.get(address)

    presented = token(SIGNED | {"verification": {"type": "signed"}})
    verdict = open_badges_2.verify_signed(presented, World(fetch=fetch, pinned=fetch, at=AT))
    assert summary(verdict) == "indeterminate issuer_key_unresolvable"
    assert len(asked) == limits.FETCHES


def test_every_byte_of_a_token_counts() -> None:
    genuine = token(SIGNED)
    assert summary(judged(genuine)) == "valid"
    for place in range(0, len(genuine), 7):
        changed = genuine[:place] + ("A" if genuine[place] != "A" else "B") + genuine[place + 1 :]
        assert judged(changed).outcome != "valid", place


def test_every_value_of_a_hosted_badge_counts() -> None:
    for name in ASSERTION:
        changed = copy.deepcopy(ASSERTION)
        changed[name] = [changed[name]] if not isinstance(changed[name], str) else changed[name] + "x"
        assert judged(changed).outcome != "valid", name


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from([HOME, "hosted"])
names = st.sampled_from([*ASSERTION, *BADGE, *SIGNER])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=5
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(DOCUMENTS)), st.dictionaries(names, values, max_size=4))
def test_any_document_of_the_issuer_is_judged(address: str, changes: dict[str, Any]) -> None:
    changed = {address: DOCUMENTS[address] | changes}
    for presented in (ASSERTION, ASSERTION | changes, token(SIGNED)):
        assert judged(presented, changed).outcome in ("valid", "invalid", "indeterminate")
