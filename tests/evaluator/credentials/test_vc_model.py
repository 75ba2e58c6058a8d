"""What a credential has to have, what is read from it, and what is verified beside it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits, vc_model
from evaluator.credentials.verdict import Identity
from tests.corpus import needs_corpus
from tests.evaluator.credentials.issuing import ATTACKER, ISSUER, V2, credential, judged, signed
from tests.evaluator.credentials.vectors import contexts, read

V1 = "https://www.w3.org/2018/credentials/v1"
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"@context": ["https://example.org", V2]}, "/@context"),
        ({"@context": None}, "/@context"),
        ({"@context": [V2, 7]}, "/@context/1"),
        ({"type": "OpenBadgeCredential"}, "/type"),
        ({"type": ["VerifiableCredential", 7]}, "/type"),
        ({"id": "no address"}, "/id"),
        ({"id": ["urn:a:1", "urn:a:2"]}, "/id"),
        ({"issuer": None}, "/issuer"),
        ({"issuer": "Example School"}, "/issuer"),
        ({"issuer": {"name": "Example School"}}, "/issuer"),
        ({"issuer": {"id": "did:example:1", "name": {"en": "x"}}}, "/issuer/name"),
        ({"credentialSubject": None}, "/credentialSubject"),
        ({"credentialSubject": [{}]}, "/credentialSubject/0"),
        ({"credentialSubject": {"id": "Ann"}}, "/credentialSubject/0/id"),
        ({"name": 7}, "/name"),
        ({"name": [{"@value": "x", "@language": "en", "url": "x"}]}, "/name"),
        ({"validFrom": "2026-01-01T00:00:00"}, "/validFrom"),
        ({"validFrom": "yesterday"}, "/validFrom"),
        ({"validUntil": "2025-01-01T00:00:00Z"}, "/validUntil"),
        ({"validUntil": []}, "/validUntil"),
        ({"evidence": [{"id": "urn:a:1"}]}, "/evidence/0"),
        ({"credentialStatus": "x"}, "/credentialStatus/0"),
        ({"credentialSchema": {"type": "JsonSchema"}}, "/credentialSchema/0/id"),
        ({"proof": {"proofValue": "z"}}, "/proof/0"),
    ],
)
def test_faults(changes: dict[str, Any], place: str) -> None:
    check = vc_model.check_credential(credential(**changes))
    assert check.outcome == "fail"
    assert check.detail.startswith(place)


def test_a_badge_breaks_its_schema_and_another_credential_the_model() -> None:
    assert vc_model.check_credential(credential(issuer=None)).code == "schema_invalid"
    other = credential(type=["VerifiableCredential"], issuer=None)
    assert vc_model.check_credential(other).code == "data_model_invalid"


def test_version_1() -> None:
    document = credential(**{"@context": [V1], "validFrom": None, "id": "a bare number"})
    assert "/issuanceDate" in vc_model.check_credential(document).detail
    assert vc_model.check_credential({**document, "issuanceDate": "2026-01-01T00:00:00Z"}).outcome == "pass"
    assert vc_model.check_credential({**document, "issuanceDate": "2026"}).outcome == "fail"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"validFrom": "2027-01-01T00:00:00Z"}, "not_yet_valid"),
        ({"validFrom": "2026-11-24T00:00:01Z"}, "not_yet_valid"),
        ({"validFrom": "2026-11-24T00:00:00Z"}, ""),
        ({"validUntil": "2026-11-24T00:00:00Z"}, "expired"),
        ({"validUntil": "2026-11-24T00:00:01Z"}, ""),
        ({"validUntil": "2026-11-24T01:30:00+02:00"}, "expired"),
    ],
)
@needs_corpus
def test_period(changes: dict[str, Any], code: str) -> None:
    assert judged(signed(credential(**changes))).codes == ((code,) if code else ())


@needs_corpus
def test_without_a_period() -> None:
    verdict = judged(signed(credential(validFrom=None)))
    assert verdict.outcome == "valid"
    assert {check.outcome for check in verdict.checks if check.id == "validity_period"} == {"not_applicable"}


def test_claims() -> None:
    subject = credential()["credentialSubject"]
    subject["identifier"] = [
        {
            "type": "IdentityObject",
            "hashed": True,
            "identityHash": "sha256$ab",
            "identityType": "emailAddress",
            "salt": "s",
        },
        {"type": "IdentityObject", "hashed": False, "identityHash": "ann@example.org", "identityType": "emailAddress"},
        {"type": "IdentityObject"},
        7,
    ]
    claims = vc_model.read_claims(credential(credentialSubject=subject))
    assert claims.title == "Knots"
    assert claims.issuer.name == "Example School"
    assert claims.valid_from == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert claims.identities == (
        Identity(type="id", value="did:example:holder"),
        Identity(type="emailAddress", value="sha256$ab", hashed=True, salt="s"),
        Identity(type="emailAddress", value="ann@example.org"),
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(credential())), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*sorted(credential()), "credentialStatus", "evidence", "proof"]), _JSON))
def test_no_document_breaks_the_reader(changes: dict[str, Any]) -> None:
    document = {**credential(), **changes}
    assert vc_model.check_credential(document).outcome in ("pass", "fail")
    assert vc_model.check_presentation(document).outcome == "fail"
    vc_model.read_claims(document)


# --- schemas ---------------------------------------------------------------------------------------------------


def _badge(**subject: Any) -> dict[str, Any]:
    schema = [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}]
    document = credential(credentialSchema=schema)
    document["credentialSubject"]["achievement"].update(subject)
    return signed(document)


@needs_corpus
def test_schema() -> None:
    stored = {**contexts(), SCHEMA: read("vectors2", "schemas/ob_v3p0_achievementcredential_schema.json")}
    assert judged(_badge(), pinned=stored.__getitem__).outcome == "valid"
    verdict = judged(_badge(criteria="Tie them."), pinned=stored.__getitem__)
    assert verdict.codes == ("schema_invalid",)
    assert any("criteria" in check.detail for check in verdict.checks)
    tampered = {**stored, SCHEMA: b"{}"}
    assert judged(_badge(), pinned=tampered.__getitem__).codes == ("schema_unavailable",)


@needs_corpus
def test_a_schema_that_is_not_at_hand() -> None:
    verdict = judged(_badge())
    assert (verdict.outcome, verdict.codes) == ("indeterminate", ("schema_unavailable",))


# --- credentials inside ------------------------------------------------------------------------------------------


def _endorsement(**changes: Any) -> dict[str, Any]:
    return signed(
        credential(
            ATTACKER.did,
            type=["VerifiableCredential", "EndorsementCredential"],
            credentialSubject={"id": ISSUER.did, "type": ["EndorsementSubject"], "endorsementComment": "Good."},
            **changes,
        ),
        ATTACKER,
    )


@needs_corpus
@pytest.mark.parametrize("place", ["credential", "issuer", "achievement"])
def test_endorsements_stand_beside(place: str) -> None:
    document = credential()
    holders = {
        "credential": document,
        "issuer": document["issuer"],
        "achievement": document["credentialSubject"]["achievement"],
    }
    holders[place]["endorsement"] = [_endorsement(), {**_endorsement(), "name": "changed"}]
    verdict = judged(signed(document))
    assert verdict.outcome == "valid"
    assert [inner.outcome for inner in verdict.beside] == ["valid", "invalid"]
    assert "Endorsement" in verdict.beside[0].format


@needs_corpus
def test_nesting_ends() -> None:
    document = _endorsement()
    for _ in range(limits.NESTED_DEPTH + 1):
        document = _endorsement(endorsement=[document])
    verdict = judged(document)
    for _ in range(limits.NESTED_DEPTH):
        assert verdict.outcome == "valid"
        verdict = verdict.beside[0]
    assert verdict.beside[0].codes == ("resource_limit",)


@needs_corpus
def test_too_many_inside() -> None:
    document = signed(credential(endorsement=[{}] * (limits.NESTED + 1)))
    assert judged(document).codes == ("resource_limit",)


@needs_corpus
def test_what_is_inside_something_forged_is_not_looked_at() -> None:
    document = {**signed(credential(endorsement=[_endorsement()])), "name": "changed"}
    assert judged(document).beside == ()
