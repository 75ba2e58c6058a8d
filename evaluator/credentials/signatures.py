"""Signatures over bytes: which algorithm may meet which key, and nothing else.

The algorithm that a document names is an attacker's choice; the key is the issuer's. So the key decides, and an
algorithm that does not fit it is refused before anything is computed (RFC 8725 §3.1).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from evaluator.credentials.verdict import Refused

KeyType = Literal["Ed25519", "P-256", "P-384", "P-521", "secp256k1", "RSA"]

ALGORITHMS: dict[str, KeyType] = {
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "ES256K": "secp256k1",
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
}
"""Every algorithm that is accepted and the one type of key that it is accepted with (RFC 7518, 8037, 8812, 9864)."""

SMALLEST_RSA = 2048
"""Bits of an RSA modulus (RFC 7518 §3.3)."""
LARGEST_RSA = 8192
"""Bits; larger ones only cost time."""

_CURVES: dict[str, KeyType] = {
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    "secp256k1": "secp256k1",
}
_SIZES: dict[str, int] = {"P-256": 32, "P-384": 48, "P-521": 66, "secp256k1": 32}
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key and who publishes it."""

    type: KeyType
    key: Any
    """The key of `cryptography`."""
    id: str = ""
    """Address of its verification method, or `kid`."""
    controller: str = ""
    """Who publishes it: DID or address; empty when nobody does."""
    created: str = ""
    expires: str = ""
    revoked: str = ""
    """Times as the publisher wrote them."""


def public_key(key: Any, id: str = "", controller: str = "") -> PublicKey:
    """Wrap a key of `cryptography`. Raises ValueError for one that is not accepted (kind, curve, RSA size)."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(type="Ed25519", key=key, id=id, controller=controller)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return PublicKey(type=_CURVES[key.curve.name], key=key, id=id, controller=controller)
    if isinstance(key, rsa.RSAPublicKey):
        if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
            raise ValueError(f"an RSA key of {key.key_size} bits")
        return PublicKey(type="RSA", key=key, id=id, controller=controller)
    raise ValueError("a kind of key that is not accepted")


def verify(key: PublicKey, algorithm: object, data: bytes, signature: bytes) -> bool:
    """Whether `signature` over `data` is right. ECDSA signatures are r‖s (RFC 7518 §3.4).

    Raises Refused (alg_not_allowed) for an algorithm that is unknown or does not fit the key.
    """
    if not isinstance(algorithm, str) or ALGORITHMS.get(algorithm) != key.type:
        raise Refused("alg_not_allowed", f"{str(algorithm)[:40]!r} with a key of type {key.type}")
    try:
        if key.type == "Ed25519":
            key.key.verify(signature, data)
        elif key.type == "RSA":
            _verify_rsa(key.key, algorithm, data, signature)
        else:
            size = _SIZES[key.type]
            if len(signature) != 2 * size:
                return False
            parts = (int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
            digest = hashes.SHA256() if algorithm == "ES256K" else _HASHES[algorithm[2:]]
            key.key.verify(encode_dss_signature(*parts), data, ec.ECDSA(digest))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _verify_rsa(key: rsa.RSAPublicKey, algorithm: str, data: bytes, signature: bytes) -> None:
    digest = _HASHES[algorithm[2:]]
    scheme: Any = padding.PKCS1v15()
    if algorithm.startswith("PS"):
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
    key.verify(signature, data, scheme, digest)
