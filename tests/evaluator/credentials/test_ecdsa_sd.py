"""Selective disclosure: what the holder may leave out, and what nobody may add."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import ecdsa_sd
from evaluator.credentials.data_integrity import Wanted, check_proofs
from evaluator.credentials.verdict import Refused
from tests.corpus import needs_corpus
from tests.evaluator.credentials.issuing import world
from tests.evaluator.credentials.vectors import AT, content_of, entries

pytestmark = needs_corpus

NAME = "w3c-di/vc-di-ecdsa__ecdsa-sd-2023__prc__derivedRevealDocument.json"


def _document() -> dict[str, Any]:
    return json.loads(content_of(entries()[NAME]))


def _codes(document: dict[str, Any]) -> set[str]:
    issuer = document["proof"]["verificationMethod"].partition("#")[0]
    return {check.code for check in check_proofs(document, world(), Wanted("assertionMethod", issuer, AT)).checks}


def _encoded(parts: Any) -> str:
    return "u" + base64.urlsafe_b64encode(b"\xd9\x5d\x01" + cbor2.dumps(parts)).rstrip(b"=").decode()


def _parts(document: dict[str, Any]) -> list[Any]:
    *four, mandatory = ecdsa_sd.parse(document["proof"]["proofValue"])
    return [*four, sorted(mandatory)]


def test_right() -> None:
    document = _document()
    assert _codes(document) == {""}
    assert _encoded(_parts(document)) == document["proof"]["proofValue"]


def _fewer_signatures(parts: list[Any]) -> None:
    parts[2] = parts[2][:-1]


def _swapped_signatures(parts: list[Any]) -> None:
    parts[2] = parts[2][::-1]


def _all_mandatory(parts: list[Any]) -> None:
    parts[4], parts[2] = list(range(100)), []


def _none_mandatory(parts: list[Any]) -> None:
    parts[4] = []


def _labels_swapped(parts: list[Any]) -> None:
    parts[3] = dict(zip(parts[3], list(parts[3].values())[::-1], strict=True))


def _label_twice(parts: list[Any]) -> None:
    parts[3] = dict.fromkeys(parts[3], next(iter(parts[3].values())))


def _no_labels(parts: list[Any]) -> None:
    parts[3] = {}


def _other_key(parts: list[Any]) -> None:
    parts[1] = parts[1][:-1] + bytes([parts[1][-1] ^ 1])


def _wrong_kinds(parts: list[Any]) -> None:
    parts[4] = ["0"]


def _booleans(parts: list[Any]) -> None:
    parts[4] = [True]


def _one_part_less(parts: list[Any]) -> None:
    parts.pop()


@pytest.mark.parametrize(
    "attack",
    [
        _fewer_signatures,
        _swapped_signatures,
        _all_mandatory,
        _none_mandatory,
        _labels_swapped,
        _label_twice,
        _no_labels,
        _other_key,
        _wrong_kinds,
        _booleans,
        _one_part_less,
    ],
)
def test_attack(attack: Callable[[list[Any]], None]) -> None:
    document = _document()
    parts = _parts(document)
    attack(parts)
    document["proof"]["proofValue"] = _encoded(parts)
    assert _codes(document) - {""} == {"integrity_failed"}


def test_running_out_of_work_is_an_answer() -> None:
    document = _document()
    issuer = document["proof"]["verificationMethod"].partition("#")[0]
    codes = set()
    for left in range(0, 200, 5):
        poor = world()
        poor.work.linked = left
        codes |= {check.code for check in check_proofs(document, poor, Wanted("assertionMethod", issuer, AT)).checks}
    assert codes == {"resource_limit", ""}


def test_two_nodes_are_never_one() -> None:
    with pytest.raises(Refused, match="one label"):
        ecdsa_sd.parse(_encoded([b"", b"", [], {0: b"same", 1: b"same"}, []]))


def test_a_statement_changed() -> None:
    document = _document()
    document["issuer"] = "did:example:other"
    assert _codes(document) - {""} == {"integrity_failed"}


def test_the_holders_master_copy() -> None:
    with pytest.raises(Refused, match="sd_base_proof_presented"):
        ecdsa_sd.parse("u" + base64.urlsafe_b64encode(b"\xd9\x5d\x00\x80").rstrip(b"=").decode())


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    for prefix in (b"", b"\xd9\x5d\x01"):
        with pytest.raises(Refused, match=r"integrity_failed|sd_base_proof"):
            ecdsa_sd.parse("u" + base64.urlsafe_b64encode(prefix + content).rstrip(b"=").decode())
