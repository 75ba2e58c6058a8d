"""Whether what is presented was presented by its holder, to this verifier, in answer to this request.

RFC 9901 §4.3 and §7.3 (key binding), OpenID4VP 1.0 §14.1.2 (https://openid.net/specs/openid-4-verifiable-presentations-1_0.html).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from evaluator.credentials import jose, keys, sd_jwt, signatures, times
from evaluator.credentials.envelope import media_type
from evaluator.credentials.verdict import Check, Refused, because
from evaluator.credentials.world import World

CLOCK_SKEW = datetime.timedelta(minutes=5)
"""How far the clock of a wallet may be ahead of ours."""


def check_key_binding(parts: sd_jwt.Parts, payload: Mapping[str, Any], world: World) -> list[Check]:
    """Whether the holder signed what is presented, for this verifier and this request (RFC 9901 §7.3).

    Nothing when no key binding is there and none was asked for.
    """
    if not parts.key_binding:
        return check_unbound(world)
    try:
        claims = _holder_claims(parts.key_binding, payload, world)
        covered = sd_jwt.digest(parts.presented, payload)
    except Refused as refusal:
        return [because("holder_binding_failed", refusal.check.detail)]
    found = []
    if claims.get("sd_hash") != covered:
        found.append(because("sd_hash_mismatch"))
    return [*found, *check_request(claims.get("nonce"), claims.get("aud"), world)]


def check_unbound(world: World) -> list[Check]:
    """The answer on what nobody signed as its holder: nothing, unless a presentation was asked for."""
    asked = world.nonce is not None or world.audience is not None
    return [because("holder_binding_missing")] if asked else []


def check_request(nonce: Any, audience: Any, world: World) -> list[Check]:
    """Whether a presentation answers what was asked: the nonce and the audience, each absent counting as different."""
    found = []
    if world.nonce is not None and nonce != world.nonce:
        found.append(because("nonce_mismatch", f"{str(nonce)[:100]!r}"))
    if world.audience is not None and world.audience not in (audience if isinstance(audience, list) else [audience]):
        found.append(because("audience_mismatch", f"{str(audience)[:200]!r}"))
    return found


def _holder_claims(token: str, payload: Mapping[str, Any], world: World) -> dict[str, Any]:
    """The claims of the holder's token, signed with the key that the issuer put into the credential. Raises Refused."""
    binding = jose.read(token)
    confirmation = payload.get("cnf")
    if binding.typ is None or media_type(binding.typ) != "kb+jwt":
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
