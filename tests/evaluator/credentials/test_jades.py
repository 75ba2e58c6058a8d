"""Sealed European Digital Credentials: intact, whose seal, whose word for it, and every attack fails safely."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits
from evaluator.credentials.verdict import Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World, offline
from tests.evaluator.credentials.seals import (
    AT,
    YEAR,
    Party,
    encoded,
    name,
    party,
    revocations,
    sealed,
    signature,
)

LIST = "https://authority.example/revoked.crl"
ROOT = party(name("Root Authority"), authority=True)
AUTHORITY = party(name("Seal Authority"), ROOT, authority=True)
ACADEMY = name("Academy of Trades", "VATDE-123456789")
SEALER = party(ACADEMY, AUTHORITY)
LISTED = party(ACADEMY, AUTHORITY, revocations=LIST)
ENDED = party(ACADEMY, AUTHORITY, starts=AT - 2 * YEAR, ends=AT - YEAR / 4)
SELF = party(ACADEMY)
EVIL_ROOT = party(name("Root Authority"), authority=True)
EVIL_SEALER = party(ACADEMY, EVIL_ROOT)
NO_AUTHORITY = party(name("Grocer"), AUTHORITY)
NEITHER_AUTHORITY = party(name("Grocer"), AUTHORITY, usages=("key_cert_sign",))
BY_NEITHER_AUTHORITY = party(ACADEMY, NEITHER_AUTHORITY)
BY_NO_AUTHORITY = party(ACADEMY, NO_AUTHORITY)
WITHOUT_CONSTRAINTS = party(name("Grocer"), AUTHORITY, usages=("key_cert_sign",), constraints=False)
BY_WITHOUT_CONSTRAINTS = party(ACADEMY, WITHOUT_CONSTRAINTS)
MAY_NOT_CERTIFY = party(name("Time Authority"), ROOT, authority=True, usages=("crl_sign",))
BY_MAY_NOT_CERTIFY = party(ACADEMY, MAY_NOT_CERTIFY)
ODD = party(ACADEMY, AUTHORITY, odd=True)
ODD_AUTHORITY = party(name("Odd Authority"), ROOT, authority=True, odd=True)
BY_ODD_AUTHORITY = party(ACADEMY, ODD_AUTHORITY)
FOR_SECRECY = party(ACADEMY, AUTHORITY, usages=("key_encipherment",))

UNTRUSTED = "indeterminate seal_certificate_untrusted"
CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap"],
    "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
    "id": "urn:credential:1",
    "issuanceDate": "2026-06-01T00:00:00Z",
    "validFrom": "2026-06-01T00:00:00Z",
    "issuer": {
        "id": "urn:epass:org:1",
        "type": "Organisation",
        "legalName": {"de": "Akademie", "en": "Academy of Trades"},
        "eIDASIdentifier": {"id": "urn:epass:legalIdentifier:1", "notation": "DE 123456789"},
    },
    "credentialSubject": {
        "id": "urn:epass:person:1",
        "fullName": {"en": "Nobody Real"},
        "contactPoint": {"emailAddress": {"id": "mailto:nobody@post.example"}},
        "hasClaim": {"id": "urn:epass:activity:1", "type": "LearningAchievement", "title": {"en": "Löten"}},
    },
}
UNIVERSITY = {"id": "urn:a:1", "legalName": "University"}
PRESENTATION = {
    "@context": "https://www.w3.org/2018/credentials/v1",
    "type": ["VerifiablePresentation", "EuropeanDigitalPresentation"],
}


def issued_by(issuer: Any) -> dict[str, Any]:
    return {**CREDENTIAL, "issuer": issuer}


def judged(
    value: Any, documents: Mapping[str, bytes] | None = None, anchors: tuple[Party, ...] = (ROOT,), **asked: Any
) -> Verdict:
    trusted = tuple(one.der for one in anchors)
    world = World(fetch=offline(documents or {}), pinned=offline({}), at=AT, anchors=trusted, **asked)
    [verdict] = verify(json.dumps(value, ensure_ascii=False).encode(), world)
    return verdict


def summary(verdict: Verdict) -> str:
    return " ".join((verdict.outcome, *verdict.codes))


GENUINE = sealed(CREDENTIAL, SEALER, AUTHORITY)
TEXT = GENUINE["payload"]


def changed(value: Mapping[str, Any], **header: Any) -> dict[str, Any]:
    """A sealed document whose one seal has other members."""
    return {**value, "signatures": [value["signatures"][0] | header]}


TWO_SEALS = {"payload": TEXT, "signatures": [signature(TEXT, EVIL_SEALER), signature(TEXT, SEALER, AUTHORITY)]}


# --- what is right ----------------------------------------------------------------------------------------------


def test_a_seal_answers_no_request_for_a_presentation() -> None:
    assert "holder_binding_missing" in [check.code for check in judged(GENUINE, nonce="n-1").checks]


def test_a_genuine_credential() -> None:
    verdict = judged(GENUINE, recipients=("nobody@post.example",))
    assert summary(verdict) == "valid"
    outcomes = {check.id: check.outcome for check in verdict.checks}
    assert outcomes["recipient"] == outcomes["issuer_binding"] == outcomes["integrity"] == "pass"
    assert outcomes["status"] == "not_applicable"
    assert verdict.proven
    assert verdict.claims is not None
    assert (verdict.claims.title, verdict.claims.issuer.name) == ("Löten", "Academy of Trades")
    assert "Academy of Trades (VATDE-123456789), certified by Seal Authority" in {one.detail for one in verdict.checks}


def in_base64() -> dict[str, Any]:
    payload = encoded(TEXT.encode())
    return {"payload": payload, **signature(payload, SEALER, AUTHORITY, b64=None, crit=None)}


@pytest.mark.parametrize(
    ("value", "anchor"),
    [
        ({"payload": TEXT, **signature(TEXT, SEALER, AUTHORITY)}, ROOT),
        (sealed(CREDENTIAL, SEALER), AUTHORITY),
        (sealed(CREDENTIAL, SEALER), SEALER),
        (sealed(CREDENTIAL, ODD), ODD),
        (in_base64(), ROOT),
        (changed(GENUINE, header={"etsiU": ["eyJzaWdUc3QiOnt9fQ"]}), ROOT),
        (TWO_SEALS, ROOT),
        (
            sealed(issued_by({"id": "urn:a:1", "legalName": "ACADEMY OF  TRADES"}), SEALER, AUTHORITY),
            ROOT,
        ),
    ],
    ids=[
        "flattened",
        "authority is anchor",
        "seal is anchor",
        "odd seal",
        "base64",
        "unprotected header",
        "second seal",
        "name",
    ],
)
def test_other_forms_of_a_genuine_credential(value: Any, anchor: Party) -> None:
    assert summary(judged(value, anchors=(anchor,))) == "valid"


# --- the seal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({**GENUINE, "payload": TEXT.replace("Nobody", "Somebody")}, "invalid integrity_failed"),
        ({**GENUINE, "payload": TEXT + " "}, "invalid integrity_failed"),
        ({**GENUINE, "payload": json.dumps(CREDENTIAL, indent=1)}, "invalid integrity_failed"),
        (changed(GENUINE, signature=signature("other", SEALER)["signature"]), "invalid integrity_failed"),
        (changed(GENUINE, signature=""), "invalid integrity_failed"),
        (changed(GENUINE, signature=7), "invalid integrity_failed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, **{"x5t#S256": encoded(b"x" * 32)}), "invalid integrity_failed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, alg="none"), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, alg="HS256"), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, alg="RS256"), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, alg=None), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, crit=["b64", "sigD"], sigD={}), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, crit=["b64", "adoTst"]), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, crit=["sigT"]), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, crit=["b64"], b64="false"), "invalid alg_not_allowed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, crit=[]), "invalid malformed"),
        (sealed(CREDENTIAL, SEALER, AUTHORITY, crit="b64"), "invalid malformed"),
        (sealed(CREDENTIAL, SEALER, x5c=["no base64"]), "invalid malformed"),
        (sealed(CREDENTIAL, SEALER, x5c=["AAAA"]), "invalid malformed"),
        (sealed(CREDENTIAL, SEALER, x5c="AAAA"), "invalid malformed"),
        (sealed(CREDENTIAL, SEALER, x5c=None), "indeterminate issuer_key_unresolvable"),
        (changed(GENUINE, header={"alg": "ES256"}), "invalid malformed"),
        (changed(GENUINE, header={"sigT": "2020-01-01T00:00:00Z"}), "invalid malformed"),
        (
            {"payload": TEXT, "signatures": [signature(TEXT, SEALER), signature("other", SEALER)]},
            "invalid integrity_failed",
        ),
        (sealed(CREDENTIAL, SEALER, *[AUTHORITY] * limits.CERTIFICATES), "invalid resource_limit"),
        (sealed(CREDENTIAL, SEALER, x5c=["A" * 3 * limits.CERTIFICATE_BYTES]), "invalid resource_limit"),
        ({**GENUINE, "signatures": GENUINE["signatures"] * (limits.PROOFS + 1)}, "invalid resource_limit"),
        (sealed([CREDENTIAL], SEALER, AUTHORITY), "invalid malformed"),
        ({"payload": (twice := '{"a": 1, "a": 2}'), **signature(twice, SEALER, AUTHORITY)}, "invalid malformed"),
    ],
)
def test_a_seal_that_is_not_right(value: Any, expected: str) -> None:
    verdict = judged(value)
    assert summary(verdict) == expected
    assert not verdict.proven


def test_the_text_has_one_meaning() -> None:
    """One seal over the text as it stands and one over what it encodes would make two documents of one."""
    payload = encoded(TEXT.encode())
    both = [signature(payload, SEALER, AUTHORITY, b64=None, crit=None), signature(payload, SEALER, AUTHORITY)]
    verdict = judged({"payload": payload, "signatures": both})
    assert summary(verdict) == "invalid malformed"
    assert any("one seal covers the text as it stands" in check.detail for check in verdict.checks)


# --- whose seal -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (sealed(CREDENTIAL, SELF), UNTRUSTED),
        (sealed(CREDENTIAL, SEALER), UNTRUSTED),
        (sealed(CREDENTIAL, EVIL_SEALER, EVIL_ROOT), UNTRUSTED),
        (sealed(CREDENTIAL, EVIL_SEALER, ROOT), UNTRUSTED),
        (sealed(CREDENTIAL, BY_NO_AUTHORITY, NO_AUTHORITY, AUTHORITY), UNTRUSTED),
        (
            sealed(CREDENTIAL, BY_WITHOUT_CONSTRAINTS, WITHOUT_CONSTRAINTS, AUTHORITY),
            UNTRUSTED,
        ),
        (sealed(CREDENTIAL, BY_NEITHER_AUTHORITY, NEITHER_AUTHORITY, AUTHORITY), UNTRUSTED),
        (sealed(CREDENTIAL, BY_MAY_NOT_CERTIFY, MAY_NOT_CERTIFY), UNTRUSTED),
        (sealed(CREDENTIAL, FOR_SECRECY, AUTHORITY), UNTRUSTED),
        (sealed(CREDENTIAL, ODD, AUTHORITY), UNTRUSTED),
        (sealed(CREDENTIAL, BY_ODD_AUTHORITY, ODD_AUTHORITY), UNTRUSTED),
        (sealed(CREDENTIAL, AUTHORITY), UNTRUSTED),
        (sealed(CREDENTIAL, ENDED, AUTHORITY), "indeterminate seal_certificate_expired"),
        (sealed(CREDENTIAL, ENDED, AUTHORITY, sigT="2026-11-01T00:00:00Z"), "indeterminate seal_certificate_expired"),
        (sealed(CREDENTIAL, ENDED), "indeterminate seal_certificate_expired seal_certificate_untrusted"),
        (
            sealed({**CREDENTIAL, "issuer": {"id": "urn:a:1", "legalName": "University"}}, SEALER, AUTHORITY),
            "indeterminate seal_of_another",
        ),
        (
            sealed(issued_by("https://university.example"), SEALER, AUTHORITY),
            "indeterminate seal_of_another",
        ),
    ],
)
def test_a_seal_that_nobody_vouches_for(value: Any, expected: str) -> None:
    assert summary(judged(value)) == expected


def test_a_serial_number_is_positive() -> None:
    number = SEALER.certificate.serial_number
    size = number.bit_length() // 8 + 1
    negative = (-number).to_bytes(size, "big", signed=True)
    der = SEALER.der.replace(number.to_bytes(size, "big"), negative, 1)
    assert der != SEALER.der
    value = sealed(CREDENTIAL, SEALER, x5c=[base64.b64encode(der).decode()], **{"x5t#S256": None})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in service, where the package only warns of it
        assert summary(judged(value)) == "invalid malformed"


def test_without_anchors_nobody_is_trusted() -> None:
    assert summary(judged(GENUINE, anchors=())) == UNTRUSTED


def test_the_holder_of_an_untrusted_seal_is_named_and_compared() -> None:
    details = " ".join(check.detail for check in judged(GENUINE, anchors=()).checks)
    assert "certified by Seal Authority; this is the issuer that it names, Academy of Trades" in details
    other = sealed(issued_by(UNIVERSITY), SEALER)
    details = " ".join(check.detail for check in judged(other, anchors=()).checks)
    assert "this is not the issuer that it names, University" in details


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (revocations(AUTHORITY), "valid"),
        (revocations(AUTHORITY, SEALER), "valid"),
        (revocations(AUTHORITY, LISTED), "invalid issuer_key_revoked"),
        (None, "indeterminate seal_status_unavailable"),
        (b"no list", "indeterminate seal_status_unavailable"),
        (revocations(ROOT), "indeterminate seal_status_unavailable"),
        (revocations(ROOT, named=AUTHORITY.certificate.subject), "indeterminate seal_status_unavailable"),
        (revocations(AUTHORITY, named=ROOT.certificate.subject), "indeterminate seal_status_unavailable"),
        (revocations(AUTHORITY, issued=AT - YEAR), "indeterminate seal_status_unavailable"),
        (revocations(AUTHORITY, issued=AT + YEAR), "indeterminate seal_status_unavailable"),
    ],
)
def test_the_authority_withdraws_seals(answer: bytes | None, expected: str) -> None:
    documents = {} if answer is None else {LIST: answer}
    assert summary(judged(sealed(CREDENTIAL, LISTED, AUTHORITY), documents)) == expected


def test_a_list_that_is_too_large_is_not_read() -> None:
    verdict = judged(sealed(CREDENTIAL, LISTED, AUTHORITY), {LIST: b" " * (limits.INFLATED_BYTES + 1)})
    assert summary(verdict) == "indeterminate seal_status_unavailable"
    assert any("too large" in check.detail for check in verdict.checks)


# --- what is sealed ---------------------------------------------------------------------------------------------

ENTRY = {
    "id": "https://academy.example/status#7",
    "type": "StatusList2021Entry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://academy.example/status",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"validFrom": "2027-01-01T00:00:00Z"}, "invalid not_yet_valid"),
        ({"validUntil": "2026-11-01T00:00:00Z"}, "invalid expired"),
        ({"expirationDate": "2026-11-01T00:00:00Z"}, "invalid expired"),
        ({"credentialSubject": None}, "invalid data_model_invalid"),
        ({"@context": "http://data.europa.eu/snb/model/context/edc-ap"}, "invalid data_model_invalid"),
        ({"type": "Invoice"}, "invalid data_model_invalid"),
        ({"status": ENTRY}, "indeterminate status_unavailable"),
        ({"credentialStatus": ENTRY}, "indeterminate status_unavailable"),
    ],
)
def test_what_the_credential_says_of_itself(changes: dict[str, Any], expected: str) -> None:
    assert summary(judged(sealed({**CREDENTIAL, **changes}, SEALER, AUTHORITY))) == expected


def test_a_list_that_an_unknown_sealer_chose_says_nothing_good() -> None:
    verdict = judged(sealed({**CREDENTIAL, "status": ENTRY}, SELF))
    assert summary(verdict) == UNTRUSTED
    assert [check.outcome for check in verdict.checks if check.id == "status"] == ["unknown"]


def presented(*credentials: Any, by: Party = SEALER) -> dict[str, Any]:
    return sealed({**PRESENTATION, "verifiableCredential": list(credentials)}, by, AUTHORITY)


ALTERED = {**GENUINE, "payload": TEXT.replace("Nobody", "Somebody")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (presented(GENUINE), "valid"),
        (presented(GENUINE, GENUINE), "valid"),
        (presented(GENUINE, ALTERED), "invalid integrity_failed"),
        (presented(GENUINE, CREDENTIAL), "invalid no_proof"),
        (presented(), "indeterminate"),
        (presented(GENUINE, 7), "invalid data_model_invalid malformed"),
        (presented(presented(GENUINE)), "valid"),
        (presented(presented(presented(GENUINE))), "invalid resource_limit"),
        (presented(*[GENUINE] * (limits.NESTED + 1)), "invalid resource_limit"),
        (sealed({**PRESENTATION, "verifiableCredential": GENUINE}, SELF), UNTRUSTED),
    ],
)
def test_presentations(value: Any, expected: str) -> None:
    verdict = judged(value)
    assert summary(verdict) == expected


def test_a_sealed_presentation_answers_no_request() -> None:
    assert summary(judged(presented(GENUINE), nonce="n-1")) == "invalid nonce_mismatch"


# --- properties -------------------------------------------------------------------------------------------------


def test_every_byte_counts() -> None:
    one = GENUINE["signatures"][0]
    for member, text in (("protected", one["protected"]), ("signature", one["signature"])):
        for place in range(0, len(text), 11):
            other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
            assert judged(changed(GENUINE, **{member: other})).outcome != "valid"
    for place in range(0, len(TEXT), 9):
        other = TEXT[:place] + ("A" if TEXT[place] != "A" else "B") + TEXT[place + 1 :]
        assert judged({**GENUINE, "payload": other}).outcome != "valid"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from([TEXT, "eyJiNjQiOmZhbHNlfQ"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["payload", "signatures", "protected", "signature", "header"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_any_envelope_is_judged(value: Any) -> None:
    assert judged({"payload": TEXT, "signatures": value}).outcome in ("invalid", "indeterminate")
    assert judged({**GENUINE, "payload": value}).outcome in ("invalid", "indeterminate") or value == TEXT


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from([*CREDENTIAL, "verifiableCredential", "status", "holder"]), values, max_size=4),
    st.dictionaries(st.sampled_from(["x5t#S256", "crit", "sigT", "b64", "x5c", "alg", "adoTst"]), values, max_size=2),
)
def test_any_sealed_document_is_judged(changes: dict[str, Any], header: dict[str, Any]) -> None:
    verdict = judged(sealed({**CREDENTIAL, **changes}, SEALER, AUTHORITY, **header))
    assert verdict.outcome in ("valid", "invalid", "indeterminate")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 700), st.integers(0, 255), st.sampled_from([SEALER, LISTED]))
def test_any_certificate_is_judged(place: int, byte: int, by: Party) -> None:
    der = bytearray(by.der)
    der[place % len(der)] = byte
    stated = base64.b64encode(der).decode()
    value = sealed(CREDENTIAL, by, x5c=[stated, base64.b64encode(AUTHORITY.der).decode()], **{"x5t#S256": None})
    documents = {LIST: revocations(AUTHORITY)}
    verdict = judged(value, documents)
    if verdict.outcome == "valid":  # the encoding of the signature leaves a bit unused
        assert x509.load_der_x509_certificate(bytes(der)).tbs_certificate_bytes == by.certificate.tbs_certificate_bytes


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 400), st.integers(0, 255))
def test_any_list_of_the_authority_is_judged(place: int, byte: int) -> None:
    der = bytearray(REVOKING)
    der[place % len(der)] = byte
    verdict = judged(sealed(CREDENTIAL, LISTED, AUTHORITY), {LIST: bytes(der)})
    assert verdict.outcome in ("invalid", "indeterminate")


REVOKING = revocations(AUTHORITY, LISTED)
