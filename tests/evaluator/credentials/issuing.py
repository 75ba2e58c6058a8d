"""An issuer for tests: keys from fixed seeds, credentials and status lists signed with them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import base58
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evaluator.canonical import canonical_json
from evaluator.credentials import rdf
from evaluator.credentials.verdict import Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World, offline
from tests.evaluator.credentials.vectors import AT, contexts

V2 = "https://www.w3.org/ns/credentials/v2"
OB3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
LIST = "https://lists.example/1"


class Key:
    """A signing key and the did:key under which it is known."""

    def __init__(self, seed: str, curve: ec.EllipticCurve | None = None) -> None:
        number = hashlib.sha256(seed.encode()).digest()
        if curve is None:
            self.private: Any = ed25519.Ed25519PrivateKey.from_private_bytes(number)
            content = b"\xed\x01" + self.private.public_key().public_bytes_raw()
        else:
            self.private = ec.derive_private_key(int.from_bytes(number, "big") >> 1, curve)
            prefix = {"secp256r1": b"\x80\x24", "secp384r1": b"\x81\x24", "secp256k1": b"\xe7\x01"}[curve.name]
            content = prefix + self.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        self.multikey = "z" + base58.b58encode(content).decode()
        self.did = f"did:key:{self.multikey}"
        self.method = f"{self.did}#{self.multikey}"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        size = (self.private.curve.key_size + 7) // 8
        digest = hashes.SHA384() if size == 48 else hashes.SHA256()
        return b"".join(
            part.to_bytes(size, "big") for part in decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
        )


ISSUER = Key("issuer")
ATTACKER = Key("attacker")


def credential(issuer: str = ISSUER.did, /, **changes: Any) -> dict[str, Any]:
    """A small badge, unsigned. A change to None takes a member out."""
    document = {
        "@context": [V2, OB3],
        "id": "urn:uuid:0d9f6bd4-5d3e-4d4a-9f9c-6f3f1f6f2a11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Example School"},
        "validFrom": "2026-01-01T00:00:00Z",
        "name": "Knots",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "id": "did:example:holder",
            "achievement": {
                "id": "https://school.example/knots",
                "type": ["Achievement"],
                "name": "Knots",
                "description": "Ties twelve knots.",
                "criteria": {"narrative": "Tie them."},
            },
        },
    }
    return {name: value for name, value in {**document, **changes}.items() if value is not None}


def signed(document: Mapping[str, Any], key: Key = ISSUER, suite: str = "", **options: Any) -> dict[str, Any]:
    """The document with one more proof, over JSON unless a suite is named. An option that is None is left out."""
    suite = suite or ("eddsa-jcs-2022" if isinstance(key.private, ed25519.Ed25519PrivateKey) else "ecdsa-jcs-2019")
    kind = {"type": "DataIntegrityProof", "cryptosuite": suite}
    if suite[0].isupper():
        kind = {"type": suite}
    proof = {
        **kind,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": key.method,
        "proofPurpose": "assertionMethod",
        **options,
    }
    proof = {name: value for name, value in proof.items() if value is not None}
    bare = {name: value for name, value in document.items() if name != "proof"}
    earlier = document.get("proof", [])
    earlier = earlier if isinstance(earlier, list) else [earlier]
    data = _digests(proof, bare, suite, key)
    proof["proofValue"] = "z" + base58.b58encode(key.sign(data)).decode()
    return {**bare, "proof": [*earlier, proof] if earlier else proof}


def _digests(proof: Mapping[str, Any], bare: Mapping[str, Any], suite: str, key: Key) -> bytes:
    big = isinstance(key.private, ec.EllipticCurvePrivateKey) and key.private.curve.name == "secp384r1"
    name = "sha384" if big else "sha256"
    if "jcs" in suite:
        return b"".join(hashlib.new(name, canonical_json(part)).digest() for part in (proof, bare))
    options = {**proof, "@context": bare["@context"]}
    return b"".join(
        hashlib.new(name, rdf.canonical_quads(part, world(), name).encode()).digest() for part in (options, bare)
    )


def status_list(key: Key = ISSUER, /, set_bits: tuple[int, ...] = (), **changes: Any) -> dict[str, Any]:
    """A signed list at `LIST`."""
    content = bytearray(16_384)
    for index in set_bits:
        content[index // 8] |= 0x80 >> index % 8
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(content), mtime=0)).rstrip(b"=").decode()
    document = {
        "@context": [V2],
        "id": LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": key.did,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": LIST + "#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + packed,
        },
        **changes,
    }
    return signed(document, key)


def entry(index: Any = "7", **changes: Any) -> dict[str, Any]:
    """A status entry that points at place `index` of the list at `LIST`."""
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": index,
        "statusListCredential": LIST,
        **changes,
    }


def world(documents: Mapping[str, Any] | None = None, **changes: Any) -> World:
    """A world in which these documents can be had (JSON values or bytes), and the known contexts."""
    served = {
        key: value if isinstance(value, bytes) else json.dumps(value).encode()
        for key, value in (documents or {}).items()
    }
    return World(**{"fetch": offline(served), "pinned": offline(contexts()), "at": AT, **changes})


def judged(document: Any, documents: Mapping[str, Any] | None = None, **changes: Any) -> Verdict:
    """The one verdict on a document."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    (verdict,) = verify(content, world(documents, **changes))
    return verdict
