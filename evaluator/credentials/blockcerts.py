"""Blockcerts 2 and 3: certificates whose hash, or the root of a tree of hashes, was written into a public ledger.

A certificate and its Merkle proof only show that they fit each other; anybody can make such a pair. What binds the
issuer is the ledger entry, written from an address that the issuer publishes. So without a ledger explorer the answer
is unknown, and an entry in a mock ledger binds nobody. Steps as in the verification process of
https://github.com/blockchain-certificates/cert-verifier-js; formats: https://www.blockcerts.org/guide/standard.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from evaluator.credentials import keys, ledger, limits, merkle_proof, open_badges_2_parts, rdf, recipient, strict_json
from evaluator.credentials.envelope import fetched
from evaluator.credentials.ledger import moment
from evaluator.credentials.merkle_proof import MerkleProof
from evaluator.credentials.open_badges_2_parts import instant, items
from evaluator.credentials.signatures import PublicKey
from evaluator.credentials.verdict import (
    Check,
    Claims,
    Issuer,
    Refused,
    Verdict,
    because,
    decide,
    passed,
    plain,
    refused,
)
from evaluator.credentials.world import Unavailable, World

VERSION_2 = "Blockcerts 2"
VERSION_3 = "Blockcerts 3"
_ADDRESS = "ecdsa-koblitz-pubkey:"


class IssuerKey(msgspec.Struct, frozen=True):
    """One address that an issuer publishes, and when it was theirs."""

    address: str
    created: Any = None
    ended: tuple[Any, ...] = ()
    """When it was revoked, and when it expired."""


def is_version_2(document: Mapping[str, Any]) -> bool:
    """Whether a JSON document is an Open Badges 2.0 assertion with a Merkle proof."""
    signature = document.get("signature")
    return isinstance(signature, dict) and "MerkleProof2017" in items(signature.get("type"))


def verify_version_2(document: Mapping[str, Any], world: World) -> Verdict:
    """The verdict over a version 2 certificate."""
    try:
        proof = merkle_proof.read_2017(document["signature"], _hinted_address(document))
        issuer = _issuer_of(document)
    except Refused as refusal:
        return refused(VERSION_2, refusal)
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    anchored = _anchored(proof, world)
    checks = [passed("carrier"), *_content(unsigned, proof, world), *anchored.checks]
    checks += _model(document, issuer, world)
    checks.append(recipient.check(recipient.of_assertion(document.get("recipient")), world.recipients))
    if anchored.entry is None:
        checks.append(plain("status", "unknown"))
    else:
        profile = _profile(issuer["id"], world)
        checks.append(_listed(profile, anchored.entry, proof.anchor.chain))
        checks.append(_revocation(profile, document, world))
    return decide(VERSION_2, checks, _claims(document, issuer))


def _hinted_address(document: Mapping[str, Any]) -> str:
    """The address that a version 2 certificate names itself. It only tells main network from test network."""
    verification = document.get("verification")
    hint = verification.get("publicKey", verification.get("creator")) if isinstance(verification, dict) else None
    return hint.removeprefix(_ADDRESS) if isinstance(hint, str) else ""


def _issuer_of(document: Mapping[str, Any]) -> dict[str, Any]:
    badge = document.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, dict) else None
    found = {"id": issuer} if isinstance(issuer, str) else issuer
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise Refused("data_model_invalid", "the certificate names no issuer (badge.issuer.id)")
    return found


def _model(document: dict[str, Any], issuer: dict[str, Any], world: World) -> list[Check]:
    """The Open Badges 2.0 assertion that a version 2 certificate is: its parts and its period."""
    try:
        open_badges_2_parts.check_node(document, "Assertion", "the certificate")
        badge = {"@context": document.get("@context"), **document["badge"]}
        open_badges_2_parts.check_node(badge, "BadgeClass", "its badge")
        return [passed("schema"), open_badges_2_parts.check_period(document, world.at)]
    except Refused as refusal:
        return [refusal.check]


def _claims(document: Mapping[str, Any], issuer: Mapping[str, Any]) -> Claims:
    badge = document["badge"]
    return Claims(
        issuer=Issuer(id=issuer["id"], name=_word(issuer.get("name")), url=_word(issuer.get("url"))),
        title=_word(badge.get("name")),
        achievement=badge,
        identities=recipient.of_assertion(document.get("recipient")),
        valid_from=instant(document.get("issuedOn")),
        valid_until=instant(document.get("expires")),
    )


# --- content and anchor -------------------------------------------------------------------------------------


class _Anchored(msgspec.Struct, frozen=True):
    checks: list[Check]
    entry: ledger.Entry | None
    """None where there is nothing to bind an issuer with."""


def _content(unsigned: Mapping[str, Any], proof: MerkleProof, world: World) -> list[Check]:
    """What is wrong with the way from the certificate to the root; nothing when all is right.

    A term that no context defines would leave the hash as it is; it is refused before anything is hashed.
    """
    try:
        quads = rdf.canonical_quads(unsigned, world)
    except Refused as refusal:
        return [refusal.check]
    if hashlib.sha256(quads.encode()).digest() != proof.target:
        return [because("integrity_failed", "the hash of the certificate is not the one in its proof")]
    if not proof.leads_to_root():
        return [because("integrity_failed", "the Merkle path does not lead to the root")]
    return []


def _anchored(proof: MerkleProof, world: World) -> _Anchored:
    """Whether the root was written into the ledger that the proof names."""
    if proof.anchor.mock:
        return _Anchored([plain("integrity", "unknown"), because("anchor_test_chain", proof.anchor.chain)], None)
    try:
        entry = ledger.entry(proof.anchor, world)
    except Refused as refusal:
        return _Anchored([refusal.check, plain("issuer_binding", "unknown")], None)
    if entry.value != proof.root:
        return _Anchored([because("integrity_failed", f"{proof.anchor.key} holds another value than the root")], entry)
    return _Anchored([passed("integrity", f"{proof.anchor.key}, written on {entry.time.isoformat()}")], entry)


# --- issuer -------------------------------------------------------------------------------------------------


def _profile(issuer: str, world: World) -> Mapping[str, Any] | Check:
    """The issuer's own document, or why there is none.

    It is known by the address from which it came; old profiles call themselves by another one.
    """
    try:
        return fetched(issuer, world) if issuer.startswith("https://") else keys.controller_document(issuer, world)
    except Refused as refusal:
        return refusal.check


def _bound(proof: Mapping[str, Any], entry: ledger.Entry, chain: str, issuer: str, world: World) -> list[Check]:
    """Version 3: the proof names a key, the key has an address in the ledger, and that address wrote the entry.

    The key counts when the issuer's own document publishes it. A DID that stands in for an issuer with a web profile
    counts when the profile lists the same address.
    """
    method = str(proof.get("verificationMethod", ""))
    controller = method.partition("#")[0]
    document = _profile(controller, world)
    if isinstance(document, Check):
        return [document]
    key = _method_key(document, controller, method)
    address = ledger.address_of(key.key, chain) if key else None
    if key is None or address is None or not ledger.same_address(address, entry.address):
        return [because("issuer_mismatch", f"{method[:200]} is not the key that wrote the entry ({entry.address})")]
    if fault := _fault(IssuerKey(address, None, (key.revoked or None, key.expires or None)), entry):
        return [fault]
    if controller != issuer:
        return [_listed(_profile(issuer, world), entry, chain)] if issuer.startswith("https://") else [
            because("issuer_mismatch", f"{method[:200]} is not a key of {issuer[:200]}")
        ]
    dated = any(ledger.same_address(own.address, address) for own in _issuer_keys(document))
    return [_listed(document, entry, chain) if dated else passed("issuer_binding", f"{method[:200]}, {address}")]


def _method_key(document: Mapping[str, Any], controller: str, method: str) -> PublicKey | None:
    """The key of a verification method that stands in a document, in whatever relationship."""
    names = (method, "#" + method.partition("#")[2])
    for use in ("verificationMethod", "assertionMethod", "authentication"):
        for found in items(document.get(use))[: limits.KEYS]:
            if isinstance(found, dict) and found.get("id") in names:
                try:
                    key = keys.from_method(found)
                except (ValueError, TypeError):
                    continue
                ends = {name: str(found.get(name, "")) for name in ("revoked", "expires")}
                return msgspec.structs.replace(key, id=method, controller=controller, **ends)
    return None


def _listed(profile: Mapping[str, Any] | Check, entry: ledger.Entry, chain: str) -> Check:
    """Whether the address that wrote the entry was the issuer's at that time."""
    if isinstance(profile, Check):
        return profile
    known = [*_issuer_keys(profile)] or [*_derived_keys(profile, chain)]
    own = [key for key in known if ledger.same_address(key.address, entry.address)]
    if not own:
        return because("issuer_mismatch", f"{entry.address} is none of the issuer's addresses")
    faults = [fault for key in own if (fault := _fault(key, entry)) is not None]
    return (
        passed("issuer_binding", f"{entry.address}, published by the issuer") if len(faults) < len(own) else faults[0]
    )


def _revocation(profile: Mapping[str, Any] | Check, document: Mapping[str, Any], world: World) -> Check:
    """The Open Badges 2.0 list that the issuer's profile names, else the one in the certificate.

    The profile comes first: an issuer moves its list, and a certificate can't be changed.
    """
    if isinstance(profile, Check):
        return plain("status", "unknown")
    address = profile.get("revocationList")
    if address is None and isinstance(badge := document.get("badge"), dict) and isinstance(badge.get("issuer"), dict):
        address = badge["issuer"].get("revocationList")
    if address is None:
        return plain("status", "not_applicable")
    try:
        found = strict_json.parse_object(world.get(str(address)))
    except Unavailable as error:
        return because("status_unavailable", f"{str(address)[:200]}: {error.reason}")
    except (strict_json.MalformedJson, strict_json.TooLarge) as error:
        return because("status_list_invalid", f"{str(address)[:200]}: {error}")
    revoked = found.get("revokedAssertions")
    if not isinstance(revoked, list):
        return because("status_list_invalid", f"{str(address)[:200]} is no list of revoked certificates")
    for one in revoked:
        entry = one if isinstance(one, dict) else {"id": one}
        if isinstance(entry.get("id"), str) and entry["id"] == document.get("id"):
            return because("revoked", _word(entry.get("revocationReason"))[:200])
    return passed("status", str(address)[:200])


def _fault(key: IssuerKey, entry: ledger.Entry) -> Check | None:
    stated = [value for value in (key.created, *key.ended) if value is not None]
    if any(moment(value) is None for value in stated):
        return because("issuer_key_unresolvable", f"the issuer states no readable time for {key.address}")
    created = moment(key.created)
    if created is not None and created > entry.time:
        return because("issuer_key_not_yet_valid", f"{key.address} is the issuer's from {created.isoformat()}")
    for ended in map(moment, key.ended):
        if ended is not None and ended <= entry.time:
            return because("issuer_key_revoked", f"{key.address} was the issuer's until {ended.isoformat()}")
    return None


def _derived_keys(profile: Mapping[str, Any], chain: str) -> Iterator[IssuerKey]:
    """The addresses of the keys in a profile that lists no addresses itself."""
    for key, _ in keys.published(profile, "assertionMethod"):
        if address := ledger.address_of(key.key, chain):
            yield IssuerKey(address, key.created or None, (key.revoked or None, key.expires or None))


def _issuer_keys(profile: Mapping[str, Any]) -> Iterator[IssuerKey]:
    """The addresses in an issuer profile: `publicKey` (2.0, 3), `publicKeys` (2.0 alpha), `issuerKeys` (1)."""
    for field, name in (("publicKey", "id"), ("publicKeys", "publicKey"), ("issuerKeys", "key")):
        for found in items(profile.get(field))[: limits.KEYS]:
            address = found.get(name) if isinstance(found, dict) else None
            if isinstance(address, str):
                yield IssuerKey(
                    address.removeprefix(_ADDRESS),
                    found.get("created", found.get("date")),
                    (found.get("revoked"), found.get("expires"), found.get("invalidated")),
                )


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
