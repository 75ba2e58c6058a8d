"""A signature around bytes, JOSE or COSE alike, and whose key it was made with.

The header of an envelope is the signer's choice. It may say where the issuer publishes the key (`kid`); a key that it
carries itself (`jwk`, `x5c`) proves nothing about the issuer. https://www.w3.org/TR/vc-jose-cose/#key-discovery
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from evaluator.credentials import certificates, keys, limits, strict_json, times
from evaluator.credentials.addresses import host, same_owner
from evaluator.credentials.signatures import ALGORITHMS, PublicKey, public_key, verify
from evaluator.credentials.verdict import Check, Refused, because, passed, plain
from evaluator.credentials.world import Unavailable, World


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One signature as it was received."""

    form: Literal["jwt", "cose"] = "jwt"
    """On what its media types end."""
    algorithm: str
    """JWS name, as the header states it."""
    kid: str = ""
    typ: str | None = None
    cty: str | None = None
    jwk: dict[str, Any] | None = None
    """Key that the header carries."""
    certificates: Any = None
    """`x5c` of the header, not yet looked at (RFC 7515 §4.1.6)."""
    payload: bytes
    signed: bytes
    """The bytes under the signature."""
    signature: bytes


def media_type(value: str) -> str:
    """A `typ` or `cty` as it is compared: without `application/`, in lower case (RFC 7515 §4.1.9)."""
    return value.lower().removeprefix("application/")


def check_signer(envelope: Envelope, issuer: str, find: Callable[[], Iterable[PublicKey]], world: World) -> list[Check]:
    """Whether the signature is right, and made with one of the keys that `find` finds.

    `find` returns keys that the issuer publishes, or raises Refused as `published_keys` does. The answers are those of
    the checks `integrity` and `issuer_binding`.
    """
    try:
        published = list(find())
    except Refused as refusal:
        if refusal.check.code == "issuer_key_unresolvable":
            return _carried(envelope, refusal.check, issuer, world)
        return [plain("integrity", "unknown"), refusal.check]
    return _check_keys(envelope, published, world)


def _check_keys(envelope: Envelope, published: list[PublicKey], world: World) -> list[Check]:
    """Whether one of the keys that the issuer publishes made the signature.

    Without a `kid` several may come into question. All are the issuer's own, so trying them opens no door.
    """
    try:
        fitting = [key for key in published if ALGORITHMS.get(envelope.algorithm) == key.type] or published[:1]
        for key in fitting:
            if verify(key, envelope.algorithm, envelope.signed, envelope.signature):
                binding = _ended(key, world) or passed("issuer_binding", f"key {key.id or envelope.kid}"[:300])
                return [passed("integrity", envelope.algorithm), binding]
    except Refused as refusal:
        return [refusal.check]
    return [because("integrity_failed", f"{envelope.algorithm} signature")]


def _ended(key: PublicKey, world: World) -> Check | None:
    """A key that its controller withdrew signs nothing any more: the time in a token is its signer's word."""
    for name, text in (("revoked", key.revoked), ("expired", key.expires)):
        time = times.instant(text)
        if text and (time is None or time <= world.at):
            return because("issuer_key_revoked", f"{key.id[:200]} {name} on {text[:40]}")
    return None


def _carried(envelope: Envelope, unresolved: Check, issuer: str, world: World) -> list[Check]:
    """What a key inside of the envelope shows: that nothing was changed since somebody signed it.

    Only a certificate that leads to a trusted authority says who that was.
    """
    try:
        chain = certificates.in_header({"x5c": envelope.certificates}) if envelope.certificates is not None else []
        if not chain and envelope.jwk is None:
            return [plain("integrity", "unknown"), unresolved]
        key = public_key(chain[0].public_key()) if chain else keys.from_jwk(envelope.jwk)
        if not verify(key, envelope.algorithm, envelope.signed, envelope.signature):
            return [because("integrity_failed", f"{envelope.algorithm} signature")]
    except (ValueError, UnsupportedAlgorithm) as error:
        return [because("malformed", f"the key in the header: {error}")]
    except Refused as refusal:
        return [refusal.check]
    intact = passed("integrity", "by the key in its header")
    if not chain:
        return [intact, because("issuer_key_self_asserted", unresolved.detail)]
    if not chain[0].not_valid_before_utc <= world.at <= chain[0].not_valid_after_utc:
        return [intact, because("seal_certificate_expired"), _certified(chain, issuer, world)]
    return [intact, _certified(chain, issuer, world)]


def _certified(chain: list[x509.Certificate], issuer: str, world: World) -> Check:
    """Whether an authority that the verifier trusts gave the signer's certificate to the issuer (SD-JWT VC §3.5)."""
    said = str(certificates.holder(chain[0]))
    path = certificates.trusted_path(chain, world.anchors, world.at)
    if path is None:
        return because("seal_certificate_untrusted", said)
    try:
        if ended := certificates.withdrawn(path, world):
            return because("issuer_key_revoked", f"the certificate, on {ended.isoformat()}")
    except Unavailable as error:
        return because("seal_certificate_untrusted", f"{said}; {error.reason}")
    names = certificates.addresses(chain[0])
    if not issuer or issuer in names or host(issuer) in names:  # without a name of its own it is the certificate's
        return passed("issuer_binding", said)
    return because("issuer_mismatch", f"the certificate of {said} does not name {issuer[:200]}")


# --- where issuers publish keys -----------------------------------------------------------------------------


def published_keys(kid: str, issuer: str, purpose: str, world: World) -> Iterator[PublicKey]:
    """The keys of `issuer` that `kid` may mean: one DID URL, one address, a name in the issuer's own document, or, when
    it is empty, every key there.

    Raises Refused: `issuer_key_unresolvable`, or `issuer_mismatch` when `kid` lies with somebody else.
    """
    if kid.startswith("#"):
        kid = issuer + kid
    controller = kid.partition("#")[0]
    if kid.startswith("did:") and controller != issuer:
        raise Refused("issuer_mismatch", f"the key {kid[:200]} is not one of {issuer[:200]}")
    if kid.startswith("https://") and controller != issuer:
        yield _at_address(kid, issuer, purpose, world)
        return
    if "#" in kid:
        yield keys.resolve(kid, purpose, world)
        return
    document = keys.controller_document(issuer, world)
    found = False
    for key, method in keys.published(document, purpose):
        if kid in ("", issuer) or _is_named(kid, key, method):
            found = True
            yield key
    if not found:
        raise Refused("issuer_key_unresolvable", f"{issuer[:200]} publishes no key {kid[:200]} for {purpose}")


def _is_named(kid: str, key: PublicKey, method: Mapping[str, Any]) -> bool:
    """Whether a bare name means this key: its fragment, the `kid` of its JWK or the JWK's thumbprint (RFC 7638)."""
    jwk = method.get("publicKeyJwk")
    if isinstance(jwk, dict) and kid in (jwk.get("kid"), keys.thumbprint(jwk)):
        return True
    return key.id.partition("#")[2] == kid


def fetched(address: str, world: World) -> dict[str, Any]:
    """The JSON object at an address where keys are published. Raises Refused with `issuer_key_unresolvable`."""
    if not address.startswith("https://"):
        raise Refused("issuer_key_unresolvable", f"{address[:200]!r} is no https address")
    try:
        return strict_json.parse_object(world.get(address))
    except Unavailable as error:
        raise Refused("issuer_key_unresolvable", f"{address[:200]}: {error.reason}") from None
    except (strict_json.MalformedJson, strict_json.TooLarge) as error:
        raise Refused("issuer_key_unresolvable", f"{address[:200]}: {error}") from None


def _at_address(kid: str, issuer: str, purpose: str, world: World) -> PublicKey:
    """The key at an https address with the issuer's origin: a JWK, a member of a JWK set, or of a controller document
    of the issuer (Open Badges 3.0 §8.2.4.1)."""
    if not same_owner(kid, issuer):
        raise Refused("issuer_mismatch", f"the key {kid[:200]} is not published by {issuer[:200]}")
    address, _, fragment = kid.partition("#")
    document = fetched(address, world)
    if "verificationMethod" in document:
        if document.get("id") != issuer:
            raise Refused("issuer_mismatch", f"the document at {address} is that of {str(document.get('id'))[:200]}")
        for key, _method in keys.published(document, purpose):
            if key.id == kid:
                return key
        raise Refused("issuer_mismatch", f"{issuer[:200]} does not publish {kid[:200]} for {purpose}")
    return next(iter(in_set(document, fragment or kid, address)))


def in_set(document: Mapping[str, Any], kid: str, address: str) -> list[PublicKey]:
    """The signing keys that `kid` means in a JWK or a JWK set (RFC 7517): those of that name, else those without one,
    or all when `kid` is empty. At least one. Raises Refused with `issuer_key_unresolvable`."""
    members = document.get("keys") if "keys" in document else [{**document, "kid": kid}]
    jwks = [jwk for jwk in members if isinstance(jwk, dict)] if isinstance(members, list) else []
    named = [jwk for jwk in jwks if kid in (jwk.get("kid"), keys.thumbprint(jwk))]
    candidates = named or [jwk for jwk in jwks if not kid or "kid" not in jwk]
    found = []
    for jwk in candidates[: limits.KEYS]:
        try:
            key = keys.from_jwk(jwk)
        except (ValueError, TypeError):
            continue
        if jwk.get("use", "sig") == "sig":
            found.append(msgspec.structs.replace(key, id=kid or str(jwk.get("kid", "")), controller=address))
    if not found:
        raise Refused("issuer_key_unresolvable", f"{address} holds no key {kid[:200]} for signatures")
    return found
