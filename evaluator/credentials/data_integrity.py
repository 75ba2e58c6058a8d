"""Proofs inside the document: Data Integrity and the signature suites before it, sets and chains of them.

https://www.w3.org/TR/vc-data-integrity/ §4.4–4.7, https://www.w3.org/TR/vc-di-eddsa/, https://www.w3.org/TR/vc-di-ecdsa/,
https://w3c.github.io/vc-di-eddsa/#ed25519signature2020, https://w3c.github.io/vc-jws-2020/. Every proof of a set must
be right: an attacker can add one of his own, and nobody can tell which of several the reader would rely on.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from evaluator.canonical import canonical_json
from evaluator.credentials import contexts, ecdsa_sd, keys, limits, multibase, rdf, signatures, strict_json
from evaluator.credentials.signatures import PublicKey
from evaluator.credentials.times import instant
from evaluator.credentials.verdict import Check, Refused, because, passed, plain
from evaluator.credentials.world import World

EDDSA_RDFC = ("eddsa-rdfc-2022", "eddsa-rdf-2022", "eddsa-2022")
"""The suite and the names it had in drafts; the bytes that are signed are the same."""


class Wanted(NamedTuple):
    """What proofs have to be for."""

    purpose: str
    """`assertionMethod` for credentials, `authentication` for presentations."""
    controller: str | None
    """Who must have made them: the issuer or the holder; None when the document names nobody."""
    at: datetime.datetime


class Proven(NamedTuple):
    """What the proofs of a document came to."""

    checks: tuple[Check, ...]
    """Of integrity and issuer binding."""
    suites: tuple[str, ...]


class _Message(NamedTuple):
    """What a signature has to cover."""

    content: bytes
    undefined: tuple[str, ...]


class Secured:
    """A document and its proofs, with the digests that several proofs share."""

    def __init__(self, document: Mapping[str, Any], world: World) -> None:
        found = document.get("proof")
        self.document = {name: value for name, value in document.items() if name != "proof"}
        self.proofs: list[Any] = found if isinstance(found, list) else [found] if found is not None else []
        if len(self.proofs) > limits.PROOFS:
            raise Refused("resource_limit", f"{len(self.proofs)} proofs; at most {limits.PROOFS} are read")
        self.world = world
        self._digests: dict[Any, tuple[bytes, tuple[str, ...]]] = {}

    def quads_digest(self, hash_name: str, previous: tuple[int, ...]) -> tuple[bytes, tuple[str, ...]]:
        """The digest of the document's statements, with the earlier proofs of these numbers in it, and its undefined
        names. Raises Refused."""
        key = (hash_name, previous)
        if key not in self._digests:
            self._digests[key] = _quads_digest(self.secured(previous), self.world, hash_name)
        return self._digests[key]

    def secured(self, previous: tuple[int, ...]) -> dict[str, Any]:
        """The document as a proof that builds on others signs it (VC-DI §4.5)."""
        if not previous:
            return self.document
        return {**self.document, "proof": [self.proofs[number] for number in previous]}

    def previous(self, proof: Mapping[str, Any]) -> tuple[int, ...]:
        """Numbers of the proofs that `previousProof` names. Raises Refused (integrity_failed) when one is missing."""
        wanted = proof.get("previousProof", [])
        ids = [entry.get("id") if isinstance(entry, Mapping) else None for entry in self.proofs]
        numbers = []
        for name in wanted if isinstance(wanted, list) else [wanted]:
            if not isinstance(name, str) or ids.count(name) != 1:
                raise Refused("integrity_failed", f"the proof builds on {str(name)[:100]!r}, which is not there once")
            numbers.append(ids.index(name))
        return tuple(sorted(set(numbers)))


def check_proofs(document: Mapping[str, Any], world: World, wanted: Wanted) -> Proven:
    """Check every proof of a document."""
    try:
        secured = Secured(document, world)
    except Refused as refusal:
        return Proven((refusal.check,), ())
    if not secured.proofs:
        return Proven((because("no_proof"), plain("issuer_binding", "unknown")), ())
    found = [check_proof(secured, number, wanted) for number in range(len(secured.proofs))]
    suites = tuple(dict.fromkeys(suite for _, suite in found))
    checks = combine([checks for checks, _ in found])
    return Proven((*checks, *_own_definitions(document, world, suites), *_withheld(secured, checks, suites)), suites)


def combine(found: list[list[Check]]) -> tuple[Check, ...]:
    """The checks of several proofs as those of the whole: one bad proof spoils it, and a wrong signer is the answer
    whatever else is unknown about the signers."""
    flat = [check for checks in found for check in checks]
    if len(found) > 1:
        right = any(check.id == "integrity" and check.outcome == "pass" for check in flat)
        wrong = [check for check in flat if check.code == "integrity_failed"]
        if right and wrong:
            flat = [because("one_proof_failed", check.detail) if check in wrong else check for check in flat]
    binding = {check.outcome for check in flat if check.id == "issuer_binding"}
    if "fail" in binding:
        flat = [check for check in flat if check.id != "issuer_binding" or check.outcome == "fail"]
    imperfect = {check.id for check in flat if check.outcome in ("fail", "unknown")}
    return tuple(dict.fromkeys(check for check in flat if check.outcome != "pass" or check.id not in imperfect))


def check_proof(secured: Secured, number: int, wanted: Wanted) -> tuple[list[Check], str]:
    """Check one proof: its integrity and whose it is. The second value names its suite."""
    proof = secured.proofs[number]
    if not isinstance(proof, Mapping):
        return [because("data_model_invalid", f"/proof/{number} is no object"), plain("integrity", "unknown")], ""
    suite = str(proof.get("cryptosuite") if proof.get("type") == "DataIntegrityProof" else proof.get("type"))[:60]
    try:
        key, binding = _signer(proof, wanted, secured.world)
    except Refused as refusal:
        return [refusal.check, plain("integrity", "unknown")], suite
    try:
        _check_options(proof, wanted, key)
        _check_signature(secured, proof, key)
    except Refused as refusal:
        return [refusal.check, plain("issuer_binding", "unknown")], suite
    return [passed("integrity", suite), binding], suite


def _signer(proof: Mapping[str, Any], wanted: Wanted, world: World) -> tuple[PublicKey, Check]:
    """The key of a proof, and whether it is the wanted controller's. Raises Refused when there is none."""
    method = proof.get("verificationMethod")
    if not isinstance(method, str):
        raise Refused("issuer_mismatch", "the proof names no verificationMethod")
    try:
        key = keys.resolve(method, wanted.purpose, world)
        binding = passed("issuer_binding", method[:200])
    except Refused as refusal:
        spelled = None if method.startswith("did:") else keys.fragment_key(method)
        if refusal.check.code != "issuer_key_unresolvable" or spelled is None or ":" not in method:
            raise
        key, binding = spelled, because("issuer_key_self_asserted", f"{refusal.check.detail} ({method[:200]})")
    if wanted.controller is None:
        return key, plain("issuer_binding", "not_applicable")
    if method.partition("#")[0] != wanted.controller:
        code = "issuer_mismatch" if wanted.purpose == "assertionMethod" else "holder_mismatch"
        binding = because(code, f"signed with {method[:200]}, which is not of {wanted.controller[:200]}")
    return key, binding


def _check_options(proof: Mapping[str, Any], wanted: Wanted, key: PublicKey) -> None:
    """The times and the purpose of a proof. Raises Refused."""
    if proof.get("proofPurpose") != wanted.purpose:
        raise Refused("proof_purpose", f"{str(proof.get('proofPurpose'))[:60]!r} instead of {wanted.purpose}")
    if "expires" in proof:
        expires = instant(proof["expires"])
        if expires is None or expires <= wanted.at:
            raise Refused("proof_expired", str(proof["expires"])[:60])
    made = instant(proof.get("created")) or wanted.at
    if key.revoked and not (instant(key.revoked) or made) > wanted.at:
        raise Refused("issuer_key_revoked", f"revoked {key.revoked[:60]}")
    if key.expires and not (instant(key.expires) or made) > made:
        raise Refused("issuer_key_revoked", f"expired {key.expires[:60]}, signed {made.isoformat()}")


def _check_signature(secured: Secured, proof: Mapping[str, Any], key: PublicKey) -> None:
    """Raises Refused unless the signature covers the document and its proof options."""
    suite = _suite(proof)
    if suite is None:
        raise Refused("unsupported_suite", str(proof.get("cryptosuite", proof.get("type")))[:100])
    right, undefined = suite(secured, proof, key)
    if not right:
        raise Refused("integrity_failed", str(proof.get("verificationMethod"))[:200])
    if undefined:
        raise Refused("undefined_term", f"{', '.join(undefined[:5])}: defined by no context")


_Answer = tuple[bool, tuple[str, ...]]
"""Whether the signature is right, and the names that it does not cover."""
_Suite = Callable[[Secured, Mapping[str, Any], PublicKey], _Answer]


def _suite(proof: Mapping[str, Any]) -> _Suite | None:
    kind = proof.get("type")
    if kind == "DataIntegrityProof":
        name = proof.get("cryptosuite")
        return _CRYPTOSUITES.get(name) if isinstance(name, str) else None
    return _SIGNATURE_TYPES.get(kind) if isinstance(kind, str) else None


def _rdfc(types: dict[str, str]) -> _Suite:
    """A suite over canonical statements, for keys of these types, each with its algorithm."""

    def check(secured: Secured, proof: Mapping[str, Any], key: PublicKey) -> _Answer:
        algorithm = _algorithm(types, key)
        message = _statements(secured, proof, "proofValue", "sha384" if key.type == "P-384" else "sha256")
        return signatures.verify(key, algorithm, message.content, _signature(proof)), message.undefined

    return check


def _jcs(types: dict[str, str]) -> _Suite:
    """A suite over canonical JSON (RFC 8785).

    Drafts until 2024 signed the document's contexts among the options without writing them into the proof, and issuers
    still do; the Recommendation writes them. Either way the whole document and all options are signed.
    """

    def check(secured: Secured, proof: Mapping[str, Any], key: PublicKey) -> _Answer:
        algorithm = _algorithm(types, key)
        document = secured.secured(secured.previous(proof))
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        variants = [options]
        if "@context" in proof:
            _check_starts_with(document.get("@context"), proof["@context"])
            document = {**document, "@context": proof["@context"]}
        elif "@context" in document:
            variants.append({**options, "@context": document["@context"]})
        hashed = hashlib.sha384 if key.type == "P-384" else hashlib.sha256
        signature = _signature(proof)
        try:
            end = hashed(canonical_json(document)).digest()
            messages = [hashed(canonical_json(variant)).digest() + end for variant in variants]
        except ValueError as error:
            raise Refused("integrity_failed", f"no canonical JSON: {error}") from None
        return any(signatures.verify(key, algorithm, message, signature) for message in messages), ()

    return check


def _check_starts_with(whole: Any, beginning: Any) -> None:
    """vc-di-eddsa §3.3.2 step 4: the document's contexts start with those that were signed."""
    entries, signed = (value if isinstance(value, list) else [value] for value in (whole, beginning))
    if entries[: len(signed)] != signed:
        raise Refused("integrity_failed", "the document's @context does not start with the proof's")


def _detached(*allowed: str) -> _Suite:
    """A suite whose proof is a detached JWS over the two digests (RFC 7797, `b64` false)."""

    def check(secured: Secured, proof: Mapping[str, Any], key: PublicKey) -> _Answer:
        header, signature, signing_start = _detached_parts(proof.get("jws"))
        algorithm = header.get("alg")
        if algorithm not in allowed or header.get("b64") is not False or header.get("crit") != ["b64"]:
            raise Refused("alg_not_allowed", f"header {str(header)[:200]}")
        message = _statements(secured, proof, "jws", "sha256")
        return signatures.verify(key, algorithm, signing_start + message.content, signature), message.undefined

    return check


def _detached_parts(jws: object) -> tuple[dict[str, Any], bytes, bytes]:
    if not isinstance(jws, str) or len(jws) > limits.PROOF_VALUE_CHARACTERS or jws.count("..") != 1:
        raise Refused("integrity_failed", "the proof holds no detached JWS")
    start, _, end = jws.partition("..")
    try:
        return strict_json.parse_object(multibase.base64url(start)), multibase.base64url(end), f"{start}.".encode()
    except ValueError as error:
        raise Refused("integrity_failed", f"the detached JWS is damaged: {error}") from None


def _selective(secured: Secured, proof: Mapping[str, Any], key: PublicKey) -> _Answer:
    """ecdsa-sd-2023, as the holder derived it."""
    value = ecdsa_sd.parse(proof.get("proofValue"))
    read = rdf.linked(secured.document, secured.world)
    options, missing = _quads_digest(_options(secured, proof, "proofValue"), secured.world, "sha256")
    quads = rdf.canonicalize(read.dataset, secured.world).splitlines(keepends=True)
    return ecdsa_sd.verify(value, options, quads, key), (*read.undefined, *missing)


def _withheld(secured: Secured, checks: tuple[Check, ...], suites: tuple[str, ...]) -> tuple[Check, ...]:
    """What stays unknown because the holder chose what to show."""
    if "ecdsa-sd-2023" not in suites or any(check.outcome != "pass" for check in checks if check.id == "integrity"):
        return ()
    try:
        quads = rdf.canonical_quads(secured.document, secured.world).splitlines(keepends=True)
    except Refused as refusal:
        return (refusal.check,)
    values = [proof["proofValue"] for proof in secured.proofs if proof.get("cryptosuite") == "ecdsa-sd-2023"]
    return tuple(check for value in values for check in ecdsa_sd.withheld(ecdsa_sd.parse(value), quads))


def _statements(secured: Secured, proof: Mapping[str, Any], value: str, hash_name: str) -> _Message:
    """The digest of the proof's options (all but `value`, which holds the signature), then that of the document."""
    options, missing = _quads_digest(_options(secured, proof, value), secured.world, hash_name)
    content, undefined = secured.quads_digest(hash_name, secured.previous(proof))
    return _Message(options + content, (*undefined, *missing))


def _options(secured: Secured, proof: Mapping[str, Any], value: str) -> dict[str, Any]:
    """The proof without its signature, under the contexts of the document and then its own."""
    named = secured.document.get("@context", [])
    own = proof.get("@context", [])
    both = [*(named if isinstance(named, list) else [named]), *(own if isinstance(own, list) else [own])]
    return {**{name: option for name, option in proof.items() if name != value}, "@context": both}


def _quads_digest(document: Mapping[str, Any], world: World, hash_name: str) -> tuple[bytes, tuple[str, ...]]:
    read = rdf.linked(document, world)
    quads = rdf.canonicalize(read.dataset, world, hash_name)
    return hashlib.new(hash_name, quads.encode()).digest(), read.undefined


def _algorithm(types: dict[str, str], key: PublicKey) -> str:
    if key.type not in types:
        raise Refused("alg_not_allowed", f"the suite is not for a key of type {key.type}")
    return types[key.type]


def _signature(proof: Mapping[str, Any]) -> bytes:
    try:
        return multibase.decode(proof.get("proofValue"))
    except ValueError as error:
        raise Refused("integrity_failed", f"proofValue: {error}") from None


_EDDSA = {"Ed25519": "EdDSA"}
_ECDSA = {"P-256": "ES256", "P-384": "ES384"}

_CRYPTOSUITES: dict[str, _Suite] = {
    **dict.fromkeys(EDDSA_RDFC, _rdfc(_EDDSA)),
    "eddsa-jcs-2022": _jcs(_EDDSA),
    "ecdsa-rdfc-2019": _rdfc(_ECDSA),
    "ecdsa-jcs-2019": _jcs(_ECDSA),
    "ecdsa-sd-2023": _selective,
}
_SIGNATURE_TYPES: dict[str, _Suite] = {
    "Ed25519Signature2020": _rdfc(_EDDSA),
    "Ed25519Signature2018": _detached("EdDSA"),
    "EcdsaSecp256k1Signature2019": _detached("ES256K"),
    "JsonWebSignature2020": _detached("EdDSA", "ES256", "ES384", "ES256K", "PS256"),
}
"""Algorithms of JsonWebSignature2020: https://w3c-ccg.github.io/lds-jws2020/#jose-conformance."""
_LINKED_SUITES = {*_SIGNATURE_TYPES, *EDDSA_RDFC, "ecdsa-rdfc-2019", "ecdsa-sd-2023"}


def _own_definitions(document: Mapping[str, Any], world: World, suites: tuple[str, ...]) -> tuple[Check, ...]:
    """Where no proof over statements looked at the contexts: that the document's own definitions leave the known
    names alone. A signature over JSON covers the names, but not what a reader's software takes them for."""
    if set(suites) & _LINKED_SUITES:
        return ()
    try:
        contexts.examine_inline(document, world)
    except Refused as refusal:
        return (refusal.check,)
    return ()
