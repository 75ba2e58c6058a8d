"""Proofs: what is accepted, and every way to make a wrong one look right."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits
from tests.corpus import needs_corpus
from tests.evaluator.credentials.issuing import ATTACKER, ISSUER, OB3, V2, Key, credential, judged, signed

pytestmark = needs_corpus

P256 = Key("p256", ec.SECP256R1())
P384 = Key("p384", ec.SECP384R1())
ED2020 = "https://w3id.org/security/suites/ed25519-2020/v1"


@pytest.mark.parametrize(
    ("key", "suite"),
    [
        (ISSUER, "eddsa-jcs-2022"),
        (ISSUER, "eddsa-rdfc-2022"),
        (ISSUER, "eddsa-2022"),
        (ISSUER, "eddsa-rdf-2022"),
        (P256, "ecdsa-jcs-2019"),
        (P384, "ecdsa-jcs-2019"),
        (P256, "ecdsa-rdfc-2019"),
        (P384, "ecdsa-rdfc-2019"),
    ],
)
def test_right(key: Key, suite: str) -> None:
    verdict = judged(signed(credential(key.did), key, suite))
    assert (verdict.outcome, verdict.codes, verdict.proven) == ("valid", (), True)
    assert verdict.claims is not None
    assert verdict.claims.title == "Knots"


def test_the_suite_of_2020() -> None:
    document = credential(**{"@context": [V2, OB3, ED2020]})
    assert judged(signed(document, suite="Ed25519Signature2020")).outcome == "valid"


def test_set_of_two() -> None:
    assert judged(signed(signed(credential()), suite="eddsa-rdfc-2022")).outcome == "valid"


@pytest.mark.parametrize(
    ("key", "suite"),
    [(P256, "eddsa-jcs-2022"), (ISSUER, "ecdsa-jcs-2019"), (Key("k1", ec.SECP256K1()), "ecdsa-jcs-2019")],
)
def test_suite_and_key_must_fit(key: Key, suite: str) -> None:
    assert judged(signed(credential(key.did), key, suite)).codes == ("alg_not_allowed",)


def _swap_issuer(document: dict[str, Any]) -> None:
    document["issuer"] = ATTACKER.did


def _sign_as_attacker(document: dict[str, Any]) -> None:
    document.update(signed({**document, "proof": []}, ATTACKER))


def _name_attackers_key(document: dict[str, Any]) -> None:
    document["proof"]["verificationMethod"] = ATTACKER.method


def _other_document(document: dict[str, Any]) -> None:
    document["proof"] = signed(credential(name="Another"))["proof"]


def _rename(document: dict[str, Any]) -> None:
    document["name"] = "Doctor"


def _later_end(document: dict[str, Any]) -> None:
    document["validUntil"] = "2099-01-01T00:00:00Z"


def _no_value(document: dict[str, Any]) -> None:
    del document["proof"]["proofValue"]


def _cut_value(document: dict[str, Any]) -> None:
    document["proof"]["proofValue"] = document["proof"]["proofValue"][:-4]


def _long_value(document: dict[str, Any]) -> None:
    document["proof"]["proofValue"] = "z" + "1" * 50_000


def _other_time(document: dict[str, Any]) -> None:
    document["proof"]["created"] = "2026-01-02T00:00:00Z"


def _authentication(document: dict[str, Any]) -> None:
    document.update(signed({**document, "proof": []}, proofPurpose="authentication"))


def _expired_proof(document: dict[str, Any]) -> None:
    document.update(signed({**document, "proof": []}, expires="2026-02-01T00:00:00Z"))


def _second_wrong(document: dict[str, Any]) -> None:
    document["proof"] = [document["proof"], {**document["proof"], "created": "2026-03-01T00:00:00Z"}]


def _second_of_attacker(document: dict[str, Any]) -> None:
    document.update(signed({**document, "proof": [document["proof"]]}, ATTACKER))


def _second_unknown(document: dict[str, Any]) -> None:
    document["proof"] = [document["proof"], {**document["proof"], "cryptosuite": "hope-2030"}]


def _no_proof(document: dict[str, Any]) -> None:
    del document["proof"]


def _empty_set(document: dict[str, Any]) -> None:
    document["proof"] = []


def _number_as_proof(document: dict[str, Any]) -> None:
    document["proof"] = [1]


def _many_proofs(document: dict[str, Any]) -> None:
    document["proof"] = [document["proof"]] * (limits.PROOFS + 1)


def _missing_previous(document: dict[str, Any]) -> None:
    document.update(signed({**document, "proof": []}, previousProof="urn:uuid:not-there"))


ATTACKS: list[tuple[Callable[[dict[str, Any]], None], set[str]]] = [
    (_swap_issuer, {"integrity_failed"}),
    (_sign_as_attacker, {"issuer_mismatch"}),
    (_name_attackers_key, {"integrity_failed"}),
    (_other_document, {"integrity_failed"}),
    (_rename, {"integrity_failed"}),
    (_later_end, {"integrity_failed"}),
    (_no_value, {"integrity_failed"}),
    (_cut_value, {"integrity_failed"}),
    (_long_value, {"integrity_failed"}),
    (_other_time, {"integrity_failed"}),
    (_authentication, {"proof_purpose"}),
    (_expired_proof, {"proof_expired"}),
    (_second_wrong, {"one_proof_failed"}),
    (_second_of_attacker, {"issuer_mismatch"}),
    (_second_unknown, {"unsupported_suite"}),
    (_no_proof, {"no_proof"}),
    (_empty_set, {"no_proof"}),
    (_number_as_proof, {"schema_invalid", "data_model_invalid"}),
    (_many_proofs, {"resource_limit"}),
    (_missing_previous, {"integrity_failed"}),
]


@pytest.mark.parametrize(("attack", "expected"), ATTACKS, ids=[attack.__name__.strip("_") for attack, _ in ATTACKS])
def test_attack(attack: Callable[[dict[str, Any]], None], expected: set[str]) -> None:
    document = signed(credential())
    assert judged(document).outcome == "valid"
    attack(document)
    verdict = judged(document)
    assert verdict.outcome != "valid"
    assert set(verdict.codes) == expected


def test_two_megabytes_of_proofs() -> None:
    document = signed(credential())
    document["proof"] = [{**document["proof"], "note": "x" * 400}] * 4000
    content = json.dumps(document).encode()
    assert len(content) > 2_000_000
    assert judged(content).codes == ("resource_limit",)


def test_key_in_the_fragment_proves_nothing() -> None:
    document = signed(
        credential("https://school.example/issuer"),
        ATTACKER,
        verificationMethod=f"https://school.example/issuer#{ATTACKER.multikey}",
    )
    verdict = judged(document)
    assert (verdict.outcome, verdict.codes, verdict.proven) == ("indeterminate", ("issuer_key_self_asserted",), False)


def test_key_in_the_fragment_of_a_did_web_proves_nothing() -> None:
    document = signed(
        credential("did:web:school.example"), ATTACKER, verificationMethod=f"did:web:school.example#{ATTACKER.multikey}"
    )
    assert judged(document).codes == ("issuer_key_unresolvable",)


def _controller(did: str, key: Key, **changes: Any) -> dict[str, Any]:
    method = {"id": f"{did}#1", "type": "Multikey", "controller": did, "publicKeyMultibase": key.multikey}
    return {"id": did, "verificationMethod": [method], "assertionMethod": [f"{did}#1"], **changes}


SCHOOL = "https://school.example/issuer"


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (_controller(SCHOOL, ISSUER), ()),
        (_controller(SCHOOL, ISSUER, assertionMethod=["#1"]), ()),
        (_controller(SCHOOL, ISSUER, assertionMethod=[]), ("issuer_mismatch",)),
        (_controller(SCHOOL, ISSUER, id="https://other.example"), ("issuer_mismatch",)),
        (_controller(SCHOOL, ATTACKER), ("integrity_failed",)),
        (_controller(SCHOOL, ISSUER, verificationMethod=[]), ("issuer_key_unresolvable",)),
        (b"<html>", ("issuer_key_unresolvable",)),
    ],
)
def test_only_what_the_issuer_publishes_counts(published: Any, expected: tuple[str, ...]) -> None:
    document = signed(credential(SCHOOL), verificationMethod=f"{SCHOOL}#1")
    assert judged(document, {SCHOOL: published}).codes == expected


def test_a_withdrawn_key() -> None:
    published = _controller(SCHOOL, ISSUER)
    published["verificationMethod"][0]["revoked"] = "2026-06-01T00:00:00Z"
    document = signed(credential(SCHOOL), verificationMethod=f"{SCHOOL}#1")
    assert judged(document, {SCHOOL: published}).codes == ("issuer_key_revoked",)


# --- contexts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["eddsa-jcs-2022", "eddsa-rdfc-2022"])
@pytest.mark.parametrize(
    "inline",
    [
        {"validUntil": "https://example.org/other"},
        {"end": "https://www.w3.org/2018/credentials#validUntil"},
        {"proofPurpose": "https://example.org/purpose"},
        {"Award": {"@id": "https://example.org/Award", "@context": {"issuer": "https://example.org/issuer"}}},
        {"title": "https://schema.org/name"},
        {"@vocab": "https://example.org/"},
        {"kind": "@type"},
        {"cred": "https://www.w3.org/2018/credentials#", "end": "cred:validUntil"},
        {"extra": {"@id": "https://example.org/extra", "@container": "@index"}},
        {"back": {"@reverse": "https://example.org/back"}},
        {"name": None},
    ],
)
def test_a_document_may_not_redefine(inline: dict[str, Any], suite: str) -> None:
    document = credential(**{"@context": [V2, OB3, inline]})
    if suite == "eddsa-rdfc-2022":
        document = {**document, "proof": {**signed(credential(), suite=suite)["proof"]}}
    else:
        document = signed(document)
    verdict = judged(document)
    assert verdict.outcome == "invalid"
    assert verdict.codes == ("context_invalid",)


@pytest.mark.parametrize("suite", ["eddsa-jcs-2022", "eddsa-rdfc-2022"])
def test_a_document_may_add(suite: str) -> None:
    document = credential(**{"@context": [V2, OB3, {"colour": "https://example.org/colour"}]}, colour="red")
    assert judged(signed(document, suite=suite)).outcome == "valid"


def test_a_context_appended_later() -> None:
    document = signed(credential(), suite="eddsa-rdfc-2022")
    document["@context"] = [*document["@context"], {"honours": "https://example.org/honours"}]
    assert judged(document).outcome == "valid"  # nothing in it uses the word, so that it says what it said
    assert judged({**document, "honours": "all"}).codes == ("integrity_failed",)


def test_an_unknown_context() -> None:
    document = signed(credential(), suite="eddsa-rdfc-2022")
    document["@context"] = [*document["@context"], "https://attacker.example/context"]
    assert judged(document).codes == ("context_unavailable",)


def test_a_stored_context_that_was_tampered_with() -> None:
    document = signed(credential(), suite="eddsa-rdfc-2022")
    assert judged(document, pinned=lambda url: b'{"@context": {}}').codes == ("context_unavailable",)


def test_a_statement_that_nobody_signed() -> None:
    document = signed(credential(), suite="eddsa-rdfc-2022")
    document["credentialSubject"]["grade"] = "summa cum laude"
    verdict = judged(document)
    assert (verdict.codes, verdict.claims) == (("undefined_term",), None)


def test_a_known_context_can_not_hide_the_end() -> None:
    document = signed(credential(validUntil="2026-02-01T00:00:00Z"), suite="eddsa-rdfc-2022")
    assert judged(document).codes == ("expired",)
    document["https://www.w3.org/2018/credentials#validUntil"] = {
        "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        "@value": document.pop("validUntil"),
    }
    assert judged(document).codes == ("undefined_term",)


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest", "@index"])
def test_keywords_that_hide(keyword: str) -> None:
    document = signed(credential(), suite="eddsa-rdfc-2022")
    document["credentialSubject"][keyword] = {}
    assert judged(document).codes == ("context_invalid",)


# --- detached signatures -------------------------------------------------------------------------------------


def _jws(header: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + ".." + "A" * 86


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "none", "b64": False, "crit": ["b64"]}, "alg_not_allowed"),
        ({"alg": "HS256", "b64": False, "crit": ["b64"]}, "alg_not_allowed"),
        ({"alg": "EdDSA", "b64": False, "crit": ["b64", "exp"]}, "alg_not_allowed"),
        ({"alg": "EdDSA", "b64": True, "crit": ["b64"]}, "alg_not_allowed"),
        ({"alg": "EdDSA"}, "alg_not_allowed"),
        ({"alg": "RS256", "b64": False, "crit": ["b64"]}, "alg_not_allowed"),
        ({"alg": "PS256", "b64": False, "crit": ["b64"]}, "alg_not_allowed"),
        ({"alg": "EdDSA", "b64": False, "crit": ["b64"]}, "integrity_failed"),
    ],
)
def test_headers_of_detached_signatures(header: dict[str, Any], code: str) -> None:
    document = credential(**{"@context": [V2, OB3, "https://w3id.org/security/suites/jws-2020/v1"]})
    document["proof"] = {
        "type": "JsonWebSignature2020",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": ISSUER.method,
        "proofPurpose": "assertionMethod",
        "jws": _jws(header),
    }
    assert judged(document).codes == (code,)


# --- fuzzing -------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | st.just("did:key:z6Mk") | st.just("#z6Mk"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_MEMBERS = [
    "type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue", "created", "expires", "previousProof",
    "@context", "jws", "id",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(_MEMBERS), _JSON, max_size=4),
    st.sampled_from(["eddsa-jcs-2022", "eddsa-rdfc-2022"]),
)
def test_no_proof_breaks_the_verifier(changes: dict[str, Any], suite: str) -> None:
    document = signed(credential(), suite=suite)
    changes = {name: value for name, value in changes.items() if value not in (None, [], {})}  # they state nothing
    changed = {**document, "proof": {**document["proof"], **changes}}
    assert judged(changed).outcome != "valid" or changed == document


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(credential())), _JSON)
def test_no_member_breaks_the_verifier(name: str, value: Any) -> None:
    document = signed(credential(), suite="eddsa-rdfc-2022")
    changed = {**document, name: value}
    assert judged(changed).outcome != "valid" or changed == document


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_no_signature_is_right_by_chance(content: bytes) -> None:
    document = signed(credential())
    document["proof"]["proofValue"] = "z" + base58.b58encode(content).decode()
    assert judged(document).outcome == "invalid"
