"""Status lists: what they say, and that a list which is not the issuer's or not in force makes nothing look good."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import pytest

from evaluator.credentials import limits
from evaluator.credentials.status import check_token_status, inflate
from evaluator.credentials.verdict import Check, passed
from tests.corpus import needs_corpus
from tests.evaluator.credentials.issuing import (
    ATTACKER,
    LIST,
    Key,
    credential,
    entry,
    judged,
    signed,
    status_list,
    world,
)

pytestmark = needs_corpus

SERVICE = Key("status service")


def _with(*entries: Any) -> dict[str, Any]:
    return signed(credential(credentialStatus=list(entries)))


def _encoded(packed: bytes) -> dict[str, Any]:
    text = "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    return {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": text}


@pytest.mark.parametrize(
    ("stated", "listed", "codes"),
    [
        (entry(), status_list(), ()),
        (entry(), status_list(set_bits=(6, 8)), ()),
        (entry(), status_list(set_bits=(7,)), ("revoked",)),
        (entry(7), status_list(set_bits=(7,)), ("revoked",)),
        (entry("0"), status_list(set_bits=(0,)), ("revoked",)),
        (entry("131071"), status_list(set_bits=(131071,)), ("revoked",)),
        (entry("131072"), status_list(), ("status_list_invalid",)),
        (entry("-1"), status_list(), ("status_list_invalid",)),
        (entry("seven"), status_list(), ("status_list_invalid",)),
        (entry("٧"), status_list(), ("status_list_invalid",)),
        (entry(True), status_list(), ("status_list_invalid",)),
        (entry(statusPurpose="suspension"), status_list(set_bits=(7,)), ("status_list_invalid",)),
        (entry(statusSize=99), status_list(), ("status_list_invalid",)),
        (entry(type="SomeStatus2040"), status_list(), ("status_unavailable",)),
        (entry(statusListCredential="ftp://lists.example/1"), status_list(), ("status_unavailable",)),
        (entry(), status_list(ATTACKER), ("status_list_foreign",)),
        (entry(), status_list(ATTACKER, issuer=credential()["issuer"]["id"]), ("status_list_invalid",)),
        (entry(), status_list(ATTACKER, set_bits=(7,)), ("revoked",)),
        (entry(), status_list(validUntil="2026-03-01T00:00:00Z"), ("status_list_expired",)),
        (entry(), status_list(validFrom="2027-01-01T00:00:00Z"), ("status_list_not_yet_valid",)),
        (entry(), status_list(type=["VerifiableCredential"]), ("status_list_invalid",)),
        (entry(), {**status_list(), "name": "changed"}, ("status_list_invalid",)),
        (entry(), {key: value for key, value in status_list().items() if key != "proof"}, ("status_list_invalid",)),
        (entry(), b"<html>", ("status_list_invalid",)),
        (entry(), b"[]", ("status_list_invalid",)),
        (entry(), status_list(credentialSubject=_encoded(b"no gzip")), ("status_list_invalid",)),
        (entry(), status_list(credentialSubject=_encoded(gzip.compress(bytes(20000))[:-9])), ("status_list_invalid",)),
        (
            entry(),
            status_list(credentialSubject=_encoded(gzip.compress(bytes(20000)) + b"x")),
            ("status_list_invalid",),
        ),
    ],
)
def test_bitstring(stated: Any, listed: Any, codes: tuple[str, ...]) -> None:
    verdict = judged(_with(stated), {LIST: listed})
    assert verdict.codes == codes
    assert (verdict.outcome == "valid") == (not codes)


def test_a_list_that_can_not_be_had() -> None:
    verdict = judged(_with(entry()))
    assert (verdict.outcome, verdict.codes) == ("indeterminate", ("status_unavailable",))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(limits.INFLATED_BYTES + 1))
    listed = status_list(credentialSubject=_encoded(bomb))
    assert judged(_with(entry()), {LIST: listed}).codes == ("status_list_invalid",)
    with pytest.raises(ValueError, match="unpacks to more"):
        inflate(bomb, zlib.MAX_WBITS | 16)
    assert len(inflate(gzip.compress(bytes(limits.INFLATED_BYTES)), zlib.MAX_WBITS | 16)) == limits.INFLATED_BYTES


def test_a_service_that_is_trusted_with_lists() -> None:
    documents = {LIST: status_list(SERVICE)}
    assert judged(_with(entry()), documents).codes == ("status_list_foreign",)
    assert judged(_with(entry()), documents, status_issuers=(SERVICE.did,)).outcome == "valid"


def test_a_list_at_the_issuers_own_host() -> None:
    did = "did:web:lists.example"
    method = {"id": f"{did}#1", "controller": did, "publicKeyMultibase": credential_key().multikey}
    controller = {"id": did, "assertionMethod": [method]}
    document = signed(credential(did, credentialStatus=entry()), verificationMethod=f"{did}#1")
    documents = {"https://lists.example/.well-known/did.json": controller, LIST: status_list(SERVICE)}
    assert judged(document, documents).outcome == "valid"
    elsewhere = signed(
        credential(did, credentialStatus=entry(statusListCredential="https://else.example/1")),
        verificationMethod=f"{did}#1",
    )
    documents["https://else.example/1"] = status_list(SERVICE)
    assert judged(elsewhere, documents).codes == ("status_list_foreign",)


def credential_key() -> Key:
    return Key("issuer")


def test_one_of_several_entries_is_enough() -> None:
    other = entry(type="SomeStatus2040")
    assert judged(_with(other, entry()), {LIST: status_list(set_bits=(7,))}).codes == ("revoked",)
    assert judged(_with(other, entry()), {LIST: status_list()}).codes == ("status_unavailable",)


def test_too_many_entries() -> None:
    assert judged(_with(*[entry()] * (limits.STATUS_ENTRIES + 1))).codes == ("resource_limit",)


def test_status_is_not_looked_up_for_what_is_not_genuine() -> None:
    asked = []

    def fetch(key: str) -> bytes:
        asked.append(key)
        return json.dumps(status_list()).encode()

    document = _with(entry())
    assert judged(document, fetch=fetch).outcome == "valid"
    assert asked == [LIST]
    document["name"] = "changed"
    assert judged(document, fetch=fetch).codes == ("integrity_failed",)
    assert asked == [LIST]


@pytest.mark.parametrize(
    ("revoked", "codes"),
    [
        ([], ()),
        ([{"id": "urn:other"}], ()),
        ([{"id": credential()["id"]}], ("revoked",)),
        ([{"id": credential()["id"], "revoked": True, "revocationReason": "typing error"}], ("revoked",)),
        ([{"id": credential()["id"], "revoked": False}], ()),
        ([credential()["id"]], ("revoked",)),
    ],
)
def test_1edtech(revoked: list[Any], codes: tuple[str, ...]) -> None:
    stated = {"id": LIST, "type": "1EdTechRevocationList"}
    listed = {"id": LIST, "issuer": credential()["issuer"]["id"], "revokedCredential": revoked}
    assert judged(_with(stated), {LIST: listed}).codes == codes


def test_an_unsigned_list_over_an_open_line_counts_for_nothing() -> None:
    stated = {"id": "http://lists.example/1", "type": "1EdTechRevocationList"}
    listed = {"id": "http://lists.example/1", "revokedCredential": []}
    assert judged(_with(stated), {"http://lists.example/1": listed}).codes == ("status_unavailable",)


# --- token status lists ----------------------------------------------------------------------------------------


def _token_list(bits: int, content: bytes, **changes: Any) -> dict[str, Any]:
    packed = base64.urlsafe_b64encode(zlib.compress(content)).rstrip(b"=").decode()
    return {"sub": LIST, "iss": "https://issuer.example", "status_list": {"bits": bits, "lst": packed}, **changes}


def _token(index: Any, listed: dict[str, Any]) -> Check:
    claims = {"status": {"status_list": {"idx": index, "uri": LIST}}}
    return check_token_status(
        claims, "https://issuer.example", world({LIST: b"-"}), lambda content, world: (listed, (passed("integrity"),))
    )


@pytest.mark.parametrize(
    ("index", "bits", "content", "code"),
    [  # the examples of draft-ietf-oauth-status-list §4.1: 16 statuses of one bit are b9 a3, 12 of two bits c9 44 f9
        *[(index, 1, b"\xb9\xa3", "revoked") for index in (0, 3, 4, 5, 7, 8, 9, 13, 15)],
        *[(index, 1, b"\xb9\xa3", "") for index in (1, 2, 6, 10, 11, 12, 14)],
        (0, 2, b"\xc9\x44\xf9", "revoked"),
        (1, 2, b"\xc9\x44\xf9", "suspended"),
        (2, 2, b"\xc9\x44\xf9", ""),
        (3, 2, b"\xc9\x44\xf9", "status_unavailable"),
        (12, 2, b"\xc9\x44\xf9", "status_list_invalid"),
        (0, 3, b"\xc9", "status_list_invalid"),
        (-1, 1, b"\xc9", "status_unavailable"),
    ],
)
def test_token_status(index: int, bits: int, content: bytes, code: str) -> None:
    assert _token(index, _token_list(bits, content)).code == code


def test_token_lists_that_do_not_count() -> None:
    clean = b"\x00"
    assert _token(0, _token_list(1, clean)).outcome == "pass"
    assert _token(0, _token_list(1, clean, sub="https://other.example")).code == "status_list_invalid"
    assert _token(0, _token_list(1, clean, exp=1_700_000_000)).code == "status_list_expired"
    assert _token(0, _token_list(1, clean, iss="https://other.example")).code == "status_list_foreign"
    assert _token(0, _token_list(1, b"\x01", iss="https://other.example")).code == "revoked"
