"""Keys in every spelling, and where they may come from."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from evaluator.credentials import keys, signatures
from evaluator.credentials.verdict import Refused
from evaluator.credentials.world import World, offline
from tests.evaluator.credentials.issuing import ISSUER, Key
from tests.evaluator.credentials.vectors import AT

P256 = Key("p256", ec.SECP256R1())


def _world(documents: dict[str, Any] | None = None) -> World:
    served = {key: json.dumps(value).encode() for key, value in (documents or {}).items()}
    return World(fetch=offline(served), pinned=offline({}), at=AT)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _jwk(key: Key) -> dict[str, str]:
    public = key.private.public_key()
    if key is ISSUER:
        return {"kty": "OKP", "crv": "Ed25519", "x": _text(public.public_bytes_raw())}
    numbers = public.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _text(numbers.x.to_bytes(32)), "y": _text(numbers.y.to_bytes(32))}


@pytest.mark.parametrize("key", [ISSUER, P256])
def test_spellings(key: Key) -> None:
    pem = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for method in ({"publicKeyMultibase": key.multikey}, {"publicKeyJwk": _jwk(key)}, {"publicKeyPem": pem}):
        assert signatures.verify(
            keys.from_method(method),
            {"Ed25519": "EdDSA", "P-256": "ES256"}[keys.from_method(method).type],
            b"x",
            key.sign(b"x"),
        )


@pytest.mark.parametrize(
    "jwk",
    [
        {**_jwk(P256), "d": "AAAA"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "oct"},
        {**_jwk(P256), "crv": "P-999"},
        {**_jwk(P256), "y": _jwk(P256)["x"]},
        {"kty": "OKP", "crv": "X25519", "x": _jwk(ISSUER)["x"]},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "RSA", "e": "AQAB", "n": _text(b"\xff" * 128)},
        "text",
    ],
)
def test_jwks_that_are_refused(jwk: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        keys.from_jwk(jwk)


def test_small_rsa_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="1024 bits"):
        signatures.public_key(rsa.generate_private_key(65537, 1024).public_key())


def test_thumbprint() -> None:
    """The example of RFC 7638 §3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n"
        "91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    jwk = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert keys.thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert keys.thumbprint({"kty": "RSA"}) == ""


@pytest.mark.parametrize(
    ("did", "address"),
    [
        ("did:web:school.example", "https://school.example/.well-known/did.json"),
        ("did:web:school.example:a:b", "https://school.example/a/b/did.json"),
        ("did:web:school.example%3A8443", "https://school.example:8443/.well-known/did.json"),
    ],
)
def test_did_web(did: str, address: str) -> None:
    assert keys.did_web_address(did) == address


@pytest.mark.parametrize(
    "did",
    [
        "did:web:",
        "did:web:a@b",
        "did:web:a%2Fb",
        "did:web:a%3A80%3A80",
        "did:web:school.example:..:x",
        "did:web:a::b",
        "did:web:a%00",
    ],
)
def test_did_web_that_names_no_address(did: str) -> None:
    with pytest.raises(Refused, match="issuer_key_unresolvable"):
        keys.did_web_address(did)


def test_did_jwk() -> None:
    did = "did:jwk:" + _text(json.dumps(_jwk(P256)).encode())
    assert keys.resolve(f"{did}#0", "assertionMethod", _world()).type == "P-256"
    only_encryption = "did:jwk:" + _text(json.dumps({**_jwk(P256), "use": "enc"}).encode())
    with pytest.raises(Refused, match="issuer_mismatch"):
        keys.resolve(f"{only_encryption}#0", "assertionMethod", _world())
    private = "did:jwk:" + _text(json.dumps({**_jwk(P256), "d": "AAAA"}).encode())
    with pytest.raises(Refused, match="issuer_key_unresolvable"):
        keys.resolve(f"{private}#0", "assertionMethod", _world())


@pytest.mark.parametrize(
    "method",
    [
        "",
        "#1",
        "key-1",
        "http://school.example/issuer#1",
        "javascript:x",
        "did:key:z6Mk",
        "did:jwk:e30#0",
        "did:unknown:1#1",
        "did:web:gone.example#1",
        f"{ISSUER.did}#other",
        "data:application/json,{}#1",
        "file:///etc/passwd#1",
    ],
)
def test_methods_that_lead_nowhere(method: str) -> None:
    with pytest.raises(Refused, match="issuer_key_unresolvable"):
        keys.resolve(method, "assertionMethod", _world())


def test_a_method_of_another_controller_is_left_out() -> None:
    did = "did:web:school.example"
    method = {"id": f"{did}#1", "controller": "did:web:other.example", "publicKeyMultibase": ISSUER.multikey}
    documents = {"https://school.example/.well-known/did.json": {"id": did, "assertionMethod": [method]}}
    with pytest.raises(Refused, match="issuer_key_unresolvable"):
        keys.resolve(f"{did}#1", "assertionMethod", _world(documents))


ALGORITHMS = sorted({*signatures.ALGORITHMS, "none", "None", "HS256", "HS512", "RSA1_5", "", "ES256 "})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("key", [ISSUER, P256, Key("k1", ec.SECP256K1()), Key("p384", ec.SECP384R1())])
def test_an_algorithm_only_meets_its_key(algorithm: str, key: Key) -> None:
    public = keys.from_multikey(key.multikey)
    if signatures.ALGORITHMS.get(algorithm) == public.type:
        assert signatures.verify(public, algorithm, b"data", key.sign(b"data"))
        assert not signatures.verify(public, algorithm, b"Data", key.sign(b"data"))
    else:
        with pytest.raises(Refused, match="alg_not_allowed"):
            signatures.verify(public, algorithm, b"data", key.sign(b"data"))


@given(st.binary(max_size=140))
def test_no_bytes_are_a_signature(content: bytes) -> None:
    for key, algorithm in ((ISSUER, "EdDSA"), (P256, "ES256")):
        assert not signatures.verify(keys.from_multikey(key.multikey), algorithm, b"data", content)


@given(st.text(max_size=80) | st.text(alphabet="z123abcdefgQRSTxyz", max_size=60).map(lambda text: "z" + text))
def test_no_text_breaks_the_reader_of_keys(text: str) -> None:
    with contextlib.suppress(ValueError):
        keys.from_multikey(text)
