"""Every credential of the corpus gets the verdict and codes that it should, or stands in a table with the reason."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from evaluator.credentials import open_badges_2_parts, status, vc_model
from evaluator.credentials.verdict import Refused, codes
from evaluator.credentials.verify import verify
from tests.corpus import needs_corpus
from tests.evaluator.credentials.vectors import content_of, entries, verdict_of, world_of

pytestmark = needs_corpus

DEVIATIONS: dict[str, tuple[str, set[str], str]] = {
    "sd-jwt/rfc9901-a3.txt": (
        "indeterminate",
        {"issuer_key_unresolvable"},
        "The token is from https://pid-issuer.bund.de.example, and the corpus only hands over the keys of"
        " https://issuer.example.com. With those keys at the address of the named issuer it is valid; see test_sd_jwt.",
    ),
    "edc/credential-signed.jsonld": (
        "invalid",
        {"seal_certificate_expired", "seal_certificate_untrusted", "expired"},
        "The corpus labels the seal only. The credential in it says that it ended on 2024-09-25: whoever sealed it, it"
        " is not valid, as the corpus says itself of 1edtech-ob30/simple-err-expired.json.",
    ),
    "1edtech-clr20/simple_v1.json": (
        "indeterminate",
        {"issuer_key_self_asserted"},
        "The issuer is a urn:uuid, which publishes nothing; the key stands only in the document. The corpus calls the"
        " same situation issuer_key_self_asserted wherever the issuer is an https address.",
    ),
}
"""Vectors that get another verdict here: outcome, codes, why."""

MODEL_ONLY = "data-model conformance only"
NODES = "OB2 node (RDF type validation)"
LISTS = "bitstring encodedList"
OWN_TESTS = {MODEL_ONLY, NODES, LISTS}
"""Vectors about one step; they are no signed credentials."""


def _part(entry: dict[str, Any]) -> str:
    """Which one step a vector is about; empty for the whole verification."""
    if entry["expected"].get("scope", "").startswith(MODEL_ONLY):
        return MODEL_ONLY
    if entry["id"] == "1edtech-ob20/issuer-compact-iri-validation.json":
        return NODES
    return entry["format"] if entry["format"] in OWN_TESTS else ""


WHOLE = [name for name, entry in entries().items() if not _part(entry)]
PARTS = [name for name, entry in entries().items() if _part(entry)]


def _agrees(name: str, outcome: str, found: set[str]) -> tuple[bool, bool]:
    """Whether the outcome and the codes are those that the corpus expects, or one of the others that it accepts."""
    expected = entries()[name]["expected"]
    wanted = [set(expected["errors"]), *map(set, expected.get("also_acceptable", []))]
    wanted = [{code.removeprefix("warning:") for code in each} for each in wanted]
    if found in wanted[1:]:
        return outcome == "invalid" or outcome == expected["outcome"], True
    return expected["outcome"] in (outcome, "unlabelled"), found == wanted[0]


@pytest.mark.parametrize("name", WHOLE)
def test_verdict(name: str) -> None:
    verdict = verdict_of(name)
    if name in DEVIATIONS:
        outcome, found, _ = DEVIATIONS[name]
        assert (verdict.outcome, set(verdict.codes)) == (outcome, found)
        assert _agrees(name, verdict.outcome, set(verdict.codes)) != (True, True), "no deviation any more: delete it"
    else:
        assert _agrees(name, verdict.outcome, set(verdict.codes)) == (True, True), verdict


@pytest.mark.parametrize("name", PARTS)
def test_one_step(name: str) -> None:
    expected = entries()[name]["expected"]
    found = {MODEL_ONLY: _model_codes, NODES: _node_codes, LISTS: _list_codes}[_part(entries()[name])](name)
    if expected["outcome"] != "unlabelled":
        assert expected["outcome"] == ("invalid" if found else "valid")
        assert found == set(expected["errors"])


def _model_codes(name: str) -> set[str]:
    document = json.loads(content_of(entries()[name]))
    if "presentation" in name:
        return {vc_model.check_presentation(document).code} - {""}
    # The suite's documents are templates: its runner puts in an issuer, except where a bad or absent one is the point.
    if isinstance(document.get("issuer"), dict):
        document["issuer"].setdefault("id", "did:example:issuer")
    elif "no-issuer" not in name:
        document.setdefault("issuer", "did:example:issuer")
    return {vc_model.check_credential(document).code} - {""}


def _node_codes(name: str) -> set[str]:
    try:
        open_badges_2_parts.check_types(json.loads(content_of(entries()[name])), name)
    except Refused as refusal:
        return {refusal.check.code}
    return set()


def _list_codes(name: str) -> set[str]:
    expected = entries()[name]["expected"]
    content = status.bits(content_of(entries()[name]).decode().strip(), name)
    assert len(content) == expected["decoded_bytes"]
    assert sum(byte.bit_count() for byte in content) == expected["bits_set"]
    return set()


@pytest.mark.parametrize("name", [name for name, entry in entries().items() if "set_indexes" in entry["expected"]])
def test_bits_of_status_lists(name: str) -> None:
    expected = entries()[name]["expected"]
    subject = json.loads(content_of(entries()[name]))["credentialSubject"]
    content = status.bits(subject["encodedList"], name)
    assert len(content) == expected["decoded_bytes"]
    found = [index for index in range(len(content) * 8) if status.bit_at(content, index, 1, name)]
    assert found == expected["set_indexes"]


def test_how_many_agree(capsys: pytest.CaptureFixture[str]) -> None:
    answers = [_agrees(name, verdict_of(name).outcome, set(verdict_of(name).codes)) for name in WHOLE]
    outcomes, reasons = (sum(column) for column in zip(*answers, strict=True))
    with capsys.disabled():
        print(
            f"\n{len(WHOLE)} credentials of the corpus: {outcomes} outcomes and {reasons} sets of codes agree,"
            f" {len(DEVIATIONS)} named deviations; {len(PARTS)} vectors about one step"
        )
    assert len(WHOLE) - outcomes <= len(DEVIATIONS)


def test_every_reason_has_words() -> None:
    for name in WHOLE:
        for check in verdict_of(name).checks:
            assert check.says and (not check.code or codes()[check.code].check == check.id)
    assert all(code.next for code in codes().values() if code.outcome in ("fail", "unknown"))


def test_nothing_is_claimed_without_integrity() -> None:
    for name in WHOLE:
        verdict = verdict_of(name)
        integrity = {check.outcome for check in verdict.checks if check.id == "integrity"}
        assert verdict.claims is None or "fail" not in integrity
        assert not verdict.proven or integrity == {"pass"}


@pytest.mark.parametrize("name", PARTS)
def test_unsigned_is_never_valid(name: str) -> None:
    entry = entries()[name]
    assert all(verdict.outcome != "valid" for verdict in verify(content_of(entry), world_of(entry)))


# --- one signed byte changed -----------------------------------------------------------------------------------

_UNSIGNED = {"proof", "signature", "signatures"}
"""Members that hold signatures, of which not every option is signed (the Merkle proofs of Blockcerts)."""
_TEXT = re.compile(rb"[A-Za-z0-9]")


@pytest.mark.parametrize("name", [name for name in WHOLE if b"\x89PNG" not in content_of(entries()[name])[:8]])
def test_one_changed_byte_is_never_valid(name: str) -> None:
    entry = entries()[name]
    world = world_of(entry)
    for changed in _changed(content_of(entry), random.Random(name)):
        for verdict in verify(changed, world):
            assert verdict.outcome != "valid", changed


def _changed(content: bytes, chance: random.Random) -> list[bytes]:
    """Copies with one byte of signed text changed; of JSON in a member's value, of a token anywhere."""
    try:
        document = json.loads(content)
    except ValueError:
        return [_at(content, position) for position in _places(content, chance)]
    if not isinstance(document, dict):
        return []
    values = sorted(set(_values(document.get("vp_token", document))))
    chosen = chance.sample(values, min(4, len(values)))
    return [content.replace(value, _at(value, len(value) // 2), 1) for value in chosen if value in content]


def _places(content: bytes, chance: random.Random) -> list[int]:
    """Places in a token whose last character of each part, which may hold padding bits, is left out."""
    places = [
        match.start()
        for match in _TEXT.finditer(content)
        if content[match.start() + 1 : match.start() + 2].isalnum()
        and content[match.start() - 1 : match.start()].isalnum()
    ]
    return chance.sample(places, min(4, len(places)))


def _at(content: bytes, position: int) -> bytes:
    other = b"A" if content[position : position + 1] != b"A" else b"B"
    return content[:position] + other + content[position + 1 :]


def _values(value: Any) -> list[bytes]:
    """JSON texts of string values that a signature covers, long enough to stand only once."""
    if isinstance(value, dict):
        return [text for name, part in value.items() if name not in _UNSIGNED for text in _values(part)]
    if isinstance(value, list):
        return [text for part in value for text in _values(part)]
    if isinstance(value, str) and len(value) > 6 and value.isascii() and value.isprintable():
        return [json.dumps(value).encode()]
    return []
