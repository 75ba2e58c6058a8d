"""Verify SD-JWT VC: the issuer's token, what the holder chose to reveal, and the holder's own signature over that.

SD-JWT VC (https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/) §3; key binding RFC 9901 §4.3 and §7.3. Until
2024 the media type was `vc+sd-jwt`, which now belongs to W3C credentials in an SD-JWT; the claim `vct` tells the two
apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from evaluator.credentials import envelope, holder, recipient, sd_jwt, status, times, vc_jwt
from evaluator.credentials.addresses import origin
from evaluator.credentials.envelope import Envelope
from evaluator.credentials.signatures import PublicKey
from evaluator.credentials.status import Opener
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


class Disclosed(NamedTuple):
    claims: Mapping[str, Any]
    """With what was revealed; only what stands in the open when a disclosure is wrong."""
    faults: list[Check]


def verify(parts: sd_jwt.Parts, issued: Envelope, payload: Mapping[str, Any], world: World, opener: Opener) -> Verdict:
    """The verdict on an SD-JWT VC, with or without key binding.

    `issued` is the issuer's token of `parts`, `payload` its content.
    """
    issuer = _text(payload, "iss")
    checks = [passed("carrier")]
    checks += envelope.check_signer(issued, issuer, lambda: issuer_keys(issued, issuer, world), world)
    claims, faults = disclosed(payload, parts)
    checks += [*faults, *_model(issued, claims)]
    checks += vc_jwt.check_token_period(claims, world) or [_in_time(claims)]
    checks += holder.check_key_binding(parts, payload, world)
    identities = _identities(claims)
    checks.append(recipient.check(identities, world.recipients))
    if {check.outcome for check in checks if check.id in ("integrity", "issuer_binding")} == {"pass"}:
        checks.append(status.check_token_status(claims, issuer, world, opener))
    found = Claims(
        issuer=Issuer(id=issuer),
        title=_text(claims, "vct"),
        identities=identities,
        valid_from=times.seconds(claims.get("nbf")),
        valid_until=times.seconds(claims.get("exp")),
    )
    return decide(f"{FORMAT} ({issued.algorithm})", checks, found)


def disclosed(payload: Mapping[str, Any], parts: sd_jwt.Parts) -> Disclosed:
    """The claims of an SD-JWT, and what is wrong with its disclosures."""
    try:
        claims, revealed = sd_jwt.disclose(payload, parts.disclosures)
        if hidden := sd_jwt.NEVER_DISCLOSED & revealed:
            raise Refused("disclosure_invalid", f"{min(hidden)} has to stand in the open")
    except Refused as refusal:
        return Disclosed(payload, [refusal.check])
    return Disclosed(claims, [])


def _model(issued: Envelope, claims: Mapping[str, Any]) -> list[Check]:
    """SD-JWT VC §3.2: the media type, the type of credential."""
    kinds = ("dc+sd-jwt", "vc+sd-jwt")
    if issued.typ is None or envelope.media_type(issued.typ) not in kinds:
        return [because("media_type_invalid", f"typ is {str(issued.typ)[:80]!r}, not dc+sd-jwt")]
    if not _text(claims, "vct"):
        return [because("data_model_invalid", "the token names no type of credential (vct)")]
    return [passed("schema")]


def _in_time(claims: Mapping[str, Any]) -> Check:
    ends = times.seconds(claims.get("exp"))
    return passed("validity_period", f"until {ends.isoformat()}" if ends else "without end")


def _identities(claims: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Whom it was issued to: `sub`, and the e-mail address when it is revealed (OpenID Connect Core §5.1)."""
    found = [Identity(type="id", value=value) for value in [_text(claims, "sub")] if value]
    return (*found, *(Identity(type="email", value=value) for value in [_text(claims, "email")] if value))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


# --- the issuer's keys --------------------------------------------------------------------------------------


def issuer_keys(issued: Envelope, issuer: str, world: World) -> Iterable[PublicKey]:
    """The keys that an issuer publishes, by a DID or by its metadata (SD-JWT VC §3.5). Raises Refused."""
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
    place = origin(issuer)
    if place is None or place[0] != "https" or "?" in issuer or "#" in issuer:
        raise Refused("issuer_key_unresolvable", f"{issuer[:200]!r} is neither a DID nor an https address")
    parts = urlsplit(issuer)
    return f"https://{parts.netloc}/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"
