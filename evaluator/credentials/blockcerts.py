"""Blockcerts 2 and 3: certificates whose hash, or the root of a tree of hashes, was written into a public ledger.

A certificate and its Merkle proof only show that they fit each other; anybody can make such a pair. What binds the
issuer is the ledger entry, written from an address that the issuer publishes. So without a ledger explorer the answer
is unknown, and an entry in a mock ledger binds nobody. Steps as in the verification process of
https://github.com/blockchain-certificates/cert-verifier-js; formats: https://www.blockcerts.org/guide/standard.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from evaluator.credentials import credential, data_integrity, ledger, merkle_proof, open_badges_2_parts, rdf, recipient
from evaluator.credentials.blockcerts_issuer import (
    ADDRESS,
    check_address,
    check_method,
    check_revocation,
    document_of,
    profile_of,
)
from evaluator.credentials.credential import Inner
from evaluator.credentials.data_integrity import Secured, Wanted, check_proof
from evaluator.credentials.holder import check_unbound
from evaluator.credentials.merkle_proof import MerkleProof
from evaluator.credentials.open_badges_2_parts import instant, items
from evaluator.credentials.status import Opener
from evaluator.credentials.vc_model import identifier
from evaluator.credentials.verdict import Check, Claims, Issuer, Refused, Verdict, because, decide, passed, plain
from evaluator.credentials.world import World

VERSION_2 = "Blockcerts 2"
VERSION_3 = "Blockcerts 3"


def is_version_2(document: Mapping[str, Any]) -> bool:
    """Whether a JSON document is an Open Badges 2.0 assertion with a Merkle proof."""
    signature = document.get("signature")
    return isinstance(signature, dict) and "MerkleProof2017" in items(signature.get("type"))


def is_version_3(document: Mapping[str, Any]) -> bool:
    """Whether a JSON document has a Merkle proof among its proofs."""
    return any(_is_merkle(proof) for proof in items(document.get("proof")))


def verify_version_2(document: dict[str, Any], world: World) -> Verdict:
    """The verdict over a certificate for which `is_version_2` holds."""
    try:
        proof = merkle_proof.read_2017(document["signature"], _hinted_address(document))
        issuer = _issuer_of(document)
    except Refused as refusal:
        return decide(VERSION_2, [refusal.check])
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    anchored = _anchored(proof, world)
    checks = [passed("carrier"), *_content(unsigned, proof, world), *anchored.checks, *check_unbound(world)]
    checks += _model(document, world)
    checks.append(recipient.check(recipient.of_assertion(document.get("recipient")), world.recipients))
    if anchored.entry is not None:
        profile = document_of(issuer["id"], world)
        checks.append(check_address(profile, anchored.entry, proof.anchor.chain))
        if not isinstance(profile, Check):
            checks.append(check_revocation(profile, issuer.get("revocationList"), document.get("id"), world))
    return decide(VERSION_2, checks, _claims(document, issuer))


def verify_version_3(document: dict[str, Any], world: World, opener: Opener, inner: Inner) -> Verdict:
    """The verdict over a credential for which `is_version_3` holds."""
    issuer = identifier(document.get("issuer"))
    checks = [passed("carrier"), *check_proofs(document, world, Wanted("assertionMethod", issuer, world.at))]
    bound = {check.outcome for check in checks if check.id == "issuer_binding"} == {"pass"}
    if bound and "credentialStatus" not in document:
        profile = profile_of(document_of(issuer, world), world)
        checks.append(check_revocation(profile, None, document.get("id"), world))
    return credential.judge(document, [*checks, *check_unbound(world)], VERSION_3, world, opener, inner)


def check_proofs(document: Mapping[str, Any], world: World, wanted: Wanted) -> tuple[Check, ...]:
    """The checks of integrity and issuer binding of a document with Merkle proofs, and maybe others, among its proofs.

    A Merkle proof covers the document together with the proofs that stand before it. Behind a signature of the issuer
    it is only a time stamp, which anybody may give; its own controller has to stand to it, and nobody else.
    """
    try:
        secured = Secured(document, world)
    except Refused as refusal:
        return (refusal.check,)
    found: list[list[Check]] = []
    signed = False
    for number, proof in enumerate(secured.proofs):
        if _is_merkle(proof):
            found.append(_merkle_checks(secured, number, wanted._replace(controller=None) if signed else wanted))
        else:
            found.append(check_proof(secured, number, wanted)[0])
            signed = signed or {(check.id, check.outcome) for check in found[-1]} == _SIGNED
    return data_integrity.combine(found)


_SIGNED = {("integrity", "pass"), ("issuer_binding", "pass")}


def _is_merkle(proof: Any) -> bool:
    if not isinstance(proof, Mapping):
        return False
    kinds = {"MerkleProof2019": "", "DataIntegrityProof": "cryptosuite", "ChainedProof2021": "chainedProofType"}
    kind = proof.get("type")
    within = kinds.get(kind) if isinstance(kind, str) else None
    return within == "" or (within is not None and proof.get(within) in ("merkle-proof-2019", "MerkleProof2019"))


def _merkle_checks(secured: Secured, number: int, wanted: Wanted) -> list[Check]:
    stated: Mapping[str, Any] = secured.proofs[number]
    try:
        proof = merkle_proof.read_2019(stated.get("proofValue"))
        digest, undefined = secured.quads_digest("sha256", tuple(range(number)))
    except Refused as refusal:
        return [refusal.check]
    faults = _faults(digest, undefined, proof)
    if stated.get("proofPurpose") not in (wanted.purpose, "assertionMethod"):
        faults.append(because("proof_purpose", str(stated.get("proofPurpose"))[:60]))
    anchored = _anchored(proof, secured.world)
    if anchored.entry is None:
        return [*faults, *anchored.checks]
    method, issuer = stated.get("verificationMethod"), wanted.controller
    method = method if isinstance(method, str) else ""
    issuer = method.partition("#")[0] if issuer is None else issuer
    binding = check_method(method, issuer, anchored.entry, proof.anchor.chain, secured.world)
    return [*faults, *anchored.checks, binding]


def _hinted_address(document: Mapping[str, Any]) -> str:
    """The address that a version 2 certificate names itself. It only tells main network from test network."""
    verification = document.get("verification")
    hint = verification.get("publicKey", verification.get("creator")) if isinstance(verification, dict) else None
    return hint.removeprefix(ADDRESS) if isinstance(hint, str) else ""


def _issuer_of(document: Mapping[str, Any]) -> dict[str, Any]:
    badge = document.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, dict) else None
    found = {"id": issuer} if isinstance(issuer, str) else issuer
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise Refused("data_model_invalid", "the certificate names no issuer (badge.issuer.id)")
    return found


def _model(document: dict[str, Any], world: World) -> list[Check]:
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
    """What is wrong with the way from a version 2 certificate to the root; nothing when all is right."""
    try:
        read = rdf.linked(unsigned, world)
        return _faults(hashlib.sha256(rdf.canonicalize(read.dataset, world).encode()).digest(), read.undefined, proof)
    except Refused as refusal:
        return [refusal.check]


def _faults(digest: bytes, undefined: tuple[str, ...], proof: MerkleProof) -> list[Check]:
    """A term that no context defines leaves the hash as it is, so its presence is a fault of its own."""
    if undefined:
        return [because("undefined_term", f"{', '.join(undefined[:5])}: defined by no context")]
    if digest != proof.target:
        return [because("integrity_failed", "the hash of the certificate is not the one in its proof")]
    return [] if proof.leads_to_root() else [because("integrity_failed", "the Merkle path does not lead to the root")]


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


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
