"""Whose key is it? Keys as issuers publish them, and the rule that only the issuer's own publication counts.

Controlled identifiers: https://www.w3.org/TR/cid-1.0/ (verification methods, §3.3 retrieval). DIDs:
https://w3c-ccg.github.io/did-key-spec/ https://w3c-ccg.github.io/did-method-web/
https://github.com/quartzjer/did-jwk/blob/main/spec.md. JWK: RFC 7517, thumbprints RFC 7638.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from evaluator.canonical import canonical_json
from evaluator.credentials import limits, multibase, strict_json
from evaluator.credentials.signatures import PublicKey, public_key
from evaluator.credentials.verdict import Refused
from evaluator.credentials.world import Unavailable, World

_CODECS: dict[bytes, ec.EllipticCurve | None] = {
    b"\xed\x01": None,
    b"\x80\x24": ec.SECP256R1(),
    b"\x81\x24": ec.SECP384R1(),
    b"\x82\x24": ec.SECP521R1(),
    b"\xe7\x01": ec.SECP256K1(),
}
"""Multicodec prefixes (https://github.com/multiformats/multicodec/blob/master/table.csv); None is Ed25519."""
_JWK_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}
_DID = re.compile(r"did:([a-z0-9]+):((?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})+)")


@lru_cache(maxsize=1024)
def from_multikey(text: str) -> PublicKey:
    """The key of a multibase multicodec text such as `z6Mk…`. Raises ValueError."""
    content = multibase.decode(text)
    prefix, rest = content[:2], content[2:]
    if prefix not in _CODECS:
        raise ValueError("a kind of key that is not accepted")
    curve = _CODECS[prefix]
    if curve is None:
        return public_key(ed25519.Ed25519PublicKey.from_public_bytes(rest))
    return public_key(ec.EllipticCurvePublicKey.from_encoded_point(curve, rest))


def from_jwk(jwk: object) -> PublicKey:
    """The key of a JWK (RFC 7517). Raises ValueError, also for one that is private or symmetric."""
    if not isinstance(jwk, Mapping):
        raise ValueError("a JWK is an object")
    if "d" in jwk or "k" in jwk:
        raise ValueError("a private or symmetric key is published")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "OKP" and curve == "Ed25519":
        return public_key(ed25519.Ed25519PublicKey.from_public_bytes(_member(jwk, "x")))
    if kind == "EC" and curve in _JWK_CURVES:
        numbers = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), _JWK_CURVES[curve])
        return public_key(numbers.public_key())
    if kind == "RSA":
        return public_key(rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key())
    raise ValueError("a kind of JWK that is not accepted")


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The JWK thumbprint (RFC 7638, SHA-256) in base64url; empty for a kind that has none."""
    needed = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
    names = needed.get(str(jwk.get("kty")), ())
    if not names or not all(isinstance(jwk.get(name), str) for name in names):
        return ""
    digest = hashlib.sha256(canonical_json({name: jwk[name] for name in names})).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def from_method(method: Mapping[str, Any]) -> PublicKey:
    """The key of a verification method in any of its spellings. Raises ValueError."""
    if "publicKeyJwk" in method:
        return from_jwk(method["publicKeyJwk"])
    if "publicKeyMultibase" in method:
        return _multibase_key(method)
    if isinstance(text := method.get("publicKeyBase58"), str) and str(method.get("type")).startswith("Ed25519"):
        return public_key(ed25519.Ed25519PublicKey.from_public_bytes(multibase.decode("z" + text)))
    if isinstance(pem := method.get("publicKeyPem"), str):
        return public_key(serialization.load_pem_public_key(pem.encode()))
    if isinstance(text := method.get("publicKeyHex"), str) and str(method.get("type")).startswith("EcdsaSecp256k1"):
        return public_key(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), bytes.fromhex(text)))
    raise ValueError("no key in a spelling that is known")


def fragment_key(method: str) -> PublicKey | None:
    """The key that an address spells out in its fragment (`https://…#z6Mk…`); it proves nothing about the address."""
    try:
        return from_multikey(urlsplit(method).fragment)
    except ValueError:
        return None


def resolve(method: str, purpose: str, world: World) -> PublicKey:
    """The key at the address of a verification method, as its controller publishes it for `purpose`.

    Raises Refused: issuer_key_unresolvable when it can't be found, issuer_mismatch when its controller does not
    publish it, or not for this purpose.
    """
    controller = method.partition("#")[0]
    document = controller_document(controller, world)
    for key, _ in published(document, purpose):
        if key.id == method or (controller == method and controller.startswith("did:key:")):
            return key
    if any(found.get("id") in (method, "#" + method.partition("#")[2]) for found in _methods(document, "")):
        raise Refused("issuer_mismatch", f"{controller} does not publish {method} for {purpose}")
    raise Refused("issuer_key_unresolvable", f"{controller} publishes no key {method}"[:300])


def published(document: Mapping[str, Any], purpose: str) -> Iterator[tuple[PublicKey, Mapping[str, Any]]]:
    """The keys that a controller document publishes for a purpose, each with its verification method.

    A method may stand in the relationship itself or be named there; one that only stands in the general list is
    not meant for anything (CID 1.0 §3.3). Methods under another controller are left out.
    """
    owner = str(document.get("id"))
    for method in _methods(document, purpose):
        if method.get("controller", owner) != owner:
            continue
        try:
            key = from_method(method)
        except (ValueError, TypeError):
            continue
        name = str(method.get("id", ""))
        yield (
            msgspec.structs.replace(
                key,
                id=owner + name if name.startswith("#") else name,
                controller=owner,
                created=str(method.get("created", "")),
                expires=str(method.get("expires", "")),
                revoked=str(method.get("revoked", "")),
            ),
            method,
        )


def controller_document(controller: str, world: World) -> Mapping[str, Any]:
    """The document in which a DID or an address publishes its keys; its `id` is `controller`.

    Raises Refused (issuer_key_unresolvable, issuer_mismatch).
    """
    match = _DID.fullmatch(controller)
    if match and match.group(1) in ("key", "jwk"):
        return _self_contained(controller, match.group(1), match.group(2))
    if match:
        address = did_web_address(controller) if match.group(1) == "web" else controller
    elif controller.startswith("https://"):
        address = controller
    else:
        raise Refused("issuer_key_unresolvable", f"{controller[:200]!r} is neither a DID nor an https address")
    try:
        document = strict_json.parse_object(world.get(address))
    except Unavailable as error:
        raise Refused("issuer_key_unresolvable", f"{address}: {error.reason}") from None
    except ValueError as error:
        raise Refused("issuer_key_unresolvable", f"{address}: {error}") from None
    if document.get("id") != controller:
        raise Refused("issuer_mismatch", f"the document at {address} is that of {str(document.get('id'))[:200]}")
    return document


def did_web_address(did: str) -> str:
    """The address of the document of a did:web. Raises Refused (issuer_key_unresolvable)."""
    host, *path = did.removeprefix("did:web:").split(":")
    host = unquote(host)
    if not re.fullmatch(r"[A-Za-z0-9.-]+(?::\d{1,5})?", host) or not all(path) or ".." in path:
        raise Refused("issuer_key_unresolvable", f"{did[:200]} names no address")
    return f"https://{host}/{'/'.join(path)}/did.json" if path else f"https://{host}/.well-known/did.json"


def _self_contained(did: str, kind: str, rest: str) -> Mapping[str, Any]:
    """The document of a DID that is its own key."""
    try:
        if kind == "key":
            method: dict[str, Any] = {"id": f"{did}#{rest}", "publicKeyMultibase": rest}
            from_multikey(rest)
        else:
            jwk = strict_json.parse_object(multibase.base64url(rest))
            method = {"id": f"{did}#0", "publicKeyJwk": jwk}
            from_jwk(jwk)
    except ValueError as error:
        raise Refused("issuer_key_unresolvable", f"{did[:100]}: {error}") from None
    uses = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")
    signs = kind == "key" or jwk.get("use", "sig") == "sig"
    return {"id": did, "verificationMethod": [method], **{use: [method["id"]] for use in uses if signs}}


def _methods(document: Mapping[str, Any], purpose: str) -> Iterator[Mapping[str, Any]]:
    """Verification methods for a purpose; for an empty one all methods there are."""
    owner = str(document.get("id"))
    general = _objects(document, "verificationMethod") + _objects(document, "publicKey")
    if not purpose:
        yield from general
        return
    named = document.get(purpose)
    for entry in (named if isinstance(named, list) else [named])[: limits.KEYS]:
        if isinstance(entry, Mapping):
            yield entry
        elif isinstance(entry, str):
            whole = owner + entry if entry.startswith("#") else entry
            yield from (method for method in general if method.get("id") in (whole, "#" + whole.partition("#")[2]))


def _objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = document.get(name)
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries[: limits.KEYS] if isinstance(entry, Mapping)]


def _multibase_key(method: Mapping[str, Any]) -> PublicKey:
    text = method["publicKeyMultibase"]
    if not isinstance(text, str):
        raise ValueError("no multibase text")
    return from_multikey(text)


def _member(jwk: Mapping[str, Any], name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str) or len(text) > 2048:
        raise ValueError(f"the JWK lacks {name}")
    return multibase.base64url(text)


def _number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_member(jwk, name), "big")
