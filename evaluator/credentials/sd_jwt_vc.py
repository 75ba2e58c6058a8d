"""Verify SD-JWT VC: the issuer's token, what the holder chose to reveal, and the holder's own signature over that.

SD-JWT VC (https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/) §3; key binding RFC 9901 §4.3 and §7.3. Until
2024 the media type was `vc+sd-jwt`, which now belongs to W3C credentials in an SD-JWT; the claim `vct` tells the two
apart.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from evaluator.credentials import envelope, jose, keys, recipient, sd_jwt, signatures, times, vc_jwt
from evaluator.credentials.envelope import Envelope
from evaluator.credentials.signatures import PublicKey
from evaluator.credentials.verdict import (
    Check,
    Claims,
    Identity,
    Issuer,
    Refused,
    Verdict,
    because,
    decide,
    passed,
)
from evaluator.credentials.world import World

FORMAT = "SD-JWT VC"
CLOCK_SKEW = datetime.timedelta(minutes=5)
"""How far the clock of a wallet may be ahead of ours."""


def verify(token: str, world: World) -> Verdict:
    """The verdict on an SD-JWT VC, with or without key binding."""
    checks: list[Check] = []
    try:
        return decide(FORMAT, checks, _verify(token, world, checks))
    except Refused as refusal:
        return decide(FORMAT, [*checks, refusal.check])


def _verify(token: str, world: World, checks: list[Check]) -> Claims | None:
    """Append the checks. Raises Refused where no further check makes sense."""
    parts = sd_jwt.split(token)
    issued = jose.read(parts.issued)
    payload = jose.read_object(issued.payload, "the payload")
    checks.append(passed("carrier"))
    checks += envelope.check_signer(issued, lambda: _issuer_keys(issued, payload, world), world)
    claims, faults = _disclosed(payload, parts)
    checks += faults
    checks += [*_model(issued, claims), _period(claims, world)]
    checks += check_holder(parts, payload, world)
    identities = _identities(claims)
    checks.append(recipient.check(identities, world.recipients))
    return Claims(
        issuer=Issuer(id=_text(claims, "iss")),
        title=_text(claims, "vct"),
        identities=identities,
        valid_from=times.seconds(claims.get("nbf")),
        valid_until=times.seconds(claims.get("exp")),
    )


def _disclosed(payload: Mapping[str, Any], parts: sd_jwt.Parts) -> tuple[Mapping[str, Any], list[Check]]:
    """The claims with what was revealed. When a disclosure is wrong, only what stands in the open."""
    try:
        claims, revealed = sd_jwt.disclose(payload, parts.disclosures)
        if hidden := sd_jwt.NEVER_DISCLOSED & revealed:
            raise Refused("disclosure_invalid", f"{min(hidden)} has to stand in the open")
    except Refused as refusal:
        return payload, [refusal.check]
    return claims, []


def _model(issued: Envelope, claims: Mapping[str, Any]) -> list[Check]:
    """SD-JWT VC §3.2: the media type, the type of credential."""
    kinds = ("dc+sd-jwt", "vc+sd-jwt")
    if issued.typ is None or envelope.media_type(issued.typ) not in kinds:
        return [because("media_type_invalid", f"typ is {str(issued.typ)[:80]!r}, not dc+sd-jwt")]
    if not _text(claims, "vct"):
        return [because("data_model_invalid", "the token names no type of credential (vct)")]
    return [passed("schema")]


def _period(claims: Mapping[str, Any], world: World) -> Check:
    """`nbf` and `exp` (RFC 7519 §4.1)."""
    try:
        begins, ends = (vc_jwt.moment(claims.get(name), name) for name in ("nbf", "exp"))
    except Refused as refusal:
        return refusal.check
    if begins is not None and begins > world.at:
        return because("not_yet_valid", begins.isoformat())
    if ends is not None and ends <= world.at:
        return because("expired", ends.isoformat())
    return passed("validity_period", "it states no end" if ends is None else f"ends {ends.isoformat()}")


def _identities(claims: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Whom it was issued to: `sub`, and the e-mail address when it is revealed (OpenID Connect Core §5.1)."""
    found = [Identity(type="id", value=value) for value in [_text(claims, "sub")] if value]
    return (*found, *(Identity(type="email", value=value) for value in [_text(claims, "email")] if value))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


# --- the issuer's keys --------------------------------------------------------------------------------------


def _issuer_keys(issued: Envelope, payload: Mapping[str, Any], world: World) -> Iterable[PublicKey]:
    """The keys that the issuer publishes, by a DID or by its metadata (SD-JWT VC §3.5). Raises Refused."""
    issuer = _text(payload, "iss")
    if issuer.startswith("did:"):
        return envelope.published_keys(issued.kid, issuer, "assertionMethod", world)
    metadata = envelope.fetched(metadata_address(issuer), world)
    if metadata.get("issuer") != issuer:
        raise Refused("issuer_mismatch", f"the metadata names another issuer: {str(metadata.get('issuer'))[:200]}")
    if ("jwks" in metadata) == ("jwks_uri" in metadata):
        raise Refused("issuer_key_unresolvable", "the issuer's metadata needs exactly one of jwks and jwks_uri")
    place = str(metadata.get("jwks_uri", issuer))
    found = metadata["jwks"] if "jwks" in metadata else envelope.fetched(place, world)
    if not isinstance(found, dict) or "keys" not in found:
        raise Refused("issuer_key_unresolvable", "the issuer's keys are no JWK set")
    return envelope.in_set(found, issued.kid, place)


def metadata_address(issuer: str) -> str:
    """Where an https issuer publishes its keys (SD-JWT VC §5). Raises Refused with `issuer_key_unresolvable`."""
    parts = urlsplit(issuer)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise Refused("issuer_key_unresolvable", f"{issuer[:200]!r} is neither a DID nor an https address")
    return f"https://{parts.netloc}/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"


# --- the holder ---------------------------------------------------------------------------------------------


def check_holder(parts: sd_jwt.Parts, payload: Mapping[str, Any], world: World) -> list[Check]:
    """Whether the holder signed what is presented, for this verifier and this request (RFC 9901 §7.3).

    Nothing when no key binding is there and none was asked for.
    """
    if not parts.key_binding:
        asked = world.nonce is not None or world.audience is not None
        return [because("holder_binding_missing")] if asked else []
    try:
        claims = _holder_claims(parts.key_binding, payload, world)
        covered = sd_jwt.digest(parts.presented, payload)
    except Refused as refusal:
        return [because("holder_binding_failed", refusal.check.detail)]
    found = []
    if claims.get("sd_hash") != covered:
        found.append(because("sd_hash_mismatch"))
    return [*found, *check_request(claims.get("nonce"), claims.get("aud"), world)]


def check_request(nonce: Any, audience: Any, world: World) -> list[Check]:
    """Whether a presentation answers what was asked: the nonce and the audience, each absent counting as different."""
    found = []
    if world.nonce is not None and nonce != world.nonce:
        found.append(because("nonce_mismatch", f"{str(nonce)[:100]!r}"))
    if world.audience is not None and world.audience not in vc_jwt.items(audience):
        found.append(because("audience_mismatch", f"{str(audience)[:200]!r}"))
    return found


def _holder_claims(token: str, payload: Mapping[str, Any], world: World) -> dict[str, Any]:
    """The claims of the holder's token, signed with the key that the issuer put into the credential. Raises Refused."""
    binding = jose.read(token)
    confirmation = payload.get("cnf")
    if binding.typ is None or envelope.media_type(binding.typ) != "kb+jwt":
        raise Refused("holder_binding_failed", f"typ is {str(binding.typ)[:80]!r}, not kb+jwt")
    try:
        key = keys.from_jwk(confirmation.get("jwk") if isinstance(confirmation, dict) else None)
    except (ValueError, TypeError) as error:
        raise Refused("holder_binding_failed", f"the credential names no key of its holder: {error}") from None
    if not signatures.verify(key, binding.algorithm, binding.signed, binding.signature):
        raise Refused("holder_binding_failed", "not signed with the holder's key")
    claims = jose.read_object(binding.payload, "the key binding")
    made = times.seconds(claims.get("iat"))
    if made is None or made > world.at + CLOCK_SKEW:
        raise Refused("holder_binding_failed", f"made at {str(claims.get('iat'))[:40]}")
    return claims
