"""Issuers and holders of the tests: keys made from words, and everything that they sign. All invented."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import base58
import cbor2
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from evaluator.credentials.cose import ALGORITHMS
from evaluator.credentials.world import World, offline

AT = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
"""When the tests take place."""
EMPLOYER = "https://employer.example"
"""Under which name the verifier asks."""
_CURVES: dict[str, tuple[ec.EllipticCurve, str, int]] = {
    "ES256": (ec.SECP256R1(), "P-256", 32),
    "ES384": (ec.SECP384R1(), "P-384", 48),
    "ES512": (ec.SECP521R1(), "P-521", 66),
    "ES256K": (ec.SECP256K1(), "secp256k1", 32),
}


def b64(content: bytes | str) -> str:
    data = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def world(documents: Mapping[str, Any] | None = None, **changes: Any) -> World:
    """A world with these documents: bytes, or what is written out as JSON."""
    found = {
        key: value if isinstance(value, bytes) else json.dumps(value).encode()
        for key, value in (documents or {}).items()
    }
    return World(**{"fetch": offline(found), "pinned": offline({}), "at": AT, **changes})


class Signer:
    """A key pair made from a word, with its algorithm."""

    def __init__(self, word: str, algorithm: str = "EdDSA") -> None:
        self.algorithm = algorithm
        self.private = _private(word, algorithm)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        if isinstance(self.private, rsa.RSAPrivateKey):
            digest = getattr(hashes, f"SHA{self.algorithm[2:]}")()
            scheme: Any = padding.PKCS1v15()
            if self.algorithm.startswith("PS"):
                scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.private.sign(data, scheme, digest)
        digest = hashes.SHA256() if self.algorithm == "ES256K" else getattr(hashes, f"SHA{self.algorithm[2:]}")()
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
        size = _CURVES[self.algorithm][2]
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    @property
    def jwk(self) -> dict[str, str]:
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw())}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": b64(numbers.n.to_bytes(public.key_size // 8, "big")), "e": "AQAB"}
        _, name, size = _CURVES[self.algorithm]
        point = public.public_numbers()
        x, y = (b64(part.to_bytes(size, "big")) for part in (point.x, point.y))
        return {"kty": "EC", "crv": name, "x": x, "y": y}

    @property
    def thumbprint(self) -> str:
        return b64(hashlib.sha256(rfc8785.dumps(self.jwk)).digest())

    @property
    def did(self) -> str:
        """did:key for Ed25519, did:jwk for everything else."""
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return "did:key:z" + base58.b58encode(b"\xed\x01" + public.public_bytes_raw()).decode()
        return "did:jwk:" + b64(json.dumps(self.jwk))

    @property
    def method(self) -> str:
        return f"{self.did}#{self.did.removeprefix('did:key:') if self.did.startswith('did:key:') else '0'}"

    @property
    def pem(self) -> bytes:
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(encoding, form)

    def certificate(
        self, names: Sequence[str] = (), authority: Signer | None = None, **changes: Any
    ) -> x509.Certificate:
        """A certificate over this key, by an authority or by itself; `names` are web addresses or host names."""
        by = authority or self
        begins, ends = changes.get("begins", AT - datetime.timedelta(days=1)), AT + datetime.timedelta(days=400)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, changes.get("name", "An issuer"))]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority")]))
            .public_key(self.private.public_key())
            .serial_number(7)
            .not_valid_before(begins)
            .not_valid_after(changes.get("ends", ends))
            .add_extension(x509.BasicConstraints(ca=changes.get("ca", False), path_length=None), critical=True)
        )
        if names:
            kinds = [x509.UniformResourceIdentifier(one) if ":" in one else x509.DNSName(one) for one in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(kinds), critical=False)
        return builder.sign(by.private, hashes.SHA256())


@cache
def _private(word: str, algorithm: str) -> Any:
    seed = hashlib.sha256(word.encode()).digest()
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    if algorithm in _CURVES:
        return ec.derive_private_key(int.from_bytes(seed, "big") >> 1, _CURVES[algorithm][0])
    return rsa.generate_private_key(65537, 2048)


def jws(header: Mapping[str, Any], payload: Mapping[str, Any] | bytes, signer: Signer) -> str:
    """A compact JWS with exactly this header, except that a missing `alg` is the signer's."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{b64(json.dumps({'alg': signer.algorithm, **header}))}.{b64(content)}"
    return f"{signed}.{b64(signer.sign(signed.encode()))}"


def cose(header: Mapping[int, Any], payload: Mapping[str, Any] | bytes, signer: Signer) -> bytes:
    """A tagged COSE_Sign1 message; a missing algorithm (1) is the signer's."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    number = next(number for number, name in ALGORITHMS.items() if name == signer.algorithm)
    protected = cbor2.dumps({1: number, **header})
    signature = signer.sign(cbor2.dumps(["Signature1", protected, b"", content]))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, content, signature]))


def disclosure(*parts: Any) -> str:
    return b64(json.dumps(list(parts)))


def digest(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def key_binding(presented: str, holder: Signer, **claims: Any) -> str:
    """The holder's token over everything up to and with the last `~`."""
    given = {
        "iat": int(AT.timestamp()),
        "nonce": "n-1",
        "aud": "https://employer.example",
        "sd_hash": digest(presented),
    }
    header = {"typ": claims.pop("typ", "kb+jwt")}
    merged = {name: value for name, value in {**given, **claims}.items() if value is not None}
    return jws(header, merged, holder)


def data_integrity(document: Mapping[str, Any], signer: Signer, **options: Any) -> dict[str, Any]:
    """The document with an eddsa-jcs-2022 proof (https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022)."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "verificationMethod": signer.method,
        "created": "2026-01-01T00:00:00Z",
        "@context": document.get("@context"),
        **options,
    }
    hashed = [hashlib.sha256(rfc8785.dumps(part)).digest() for part in (proof, dict(document))]
    value = "z" + base58.b58encode(signer.sign(b"".join(hashed))).decode()
    return {**document, "proof": {**proof, "proofValue": value}}


def controller(
    address: str, *signers: Signer, purposes: Sequence[str] = ("assertionMethod", "authentication")
) -> dict[str, Any]:
    """The document in which an issuer publishes keys under `key-1`, `key-2`, …"""
    methods = [
        {"id": f"{address}#key-{number}", "type": "JsonWebKey", "controller": address, "publicKeyJwk": one.jwk}
        for number, one in enumerate(signers, 1)
    ]
    uses = {use: [one["id"] for one in methods] for use in ("assertionMethod", "authentication")}
    return {"id": address, "verificationMethod": methods, **uses}


def merged(base: Any, changes: Any) -> Any:
    """`base` with changes, nested; null takes a member out."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    found = {name: value for name, value in base.items() if name not in changes}
    found.update({name: merged(base.get(name), value) for name, value in changes.items() if value is not None})
    return found


BADGE: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "id": "urn:uuid:11111111-2222-4333-8444-555555555555",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Welding, level 2",
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:holder",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://college.example/welding-2",
            "type": ["Achievement"],
            "name": "Welding, level 2",
            "description": "Can weld",
            "criteria": {"narrative": "A seam that holds"},
        },
    },
}
"""An Open Badge 3.0 without issuer."""
