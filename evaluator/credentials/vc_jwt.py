"""Credentials in JSON Web Tokens: what the token says about the credential has to be what the credential says.

VCDM 1.1 puts the credential under `vc` and lets the token's claims stand for its members
(https://www.w3.org/TR/vc-data-model/#json-web-token); from VCDM 2.0 on the payload is the credential
(https://www.w3.org/TR/vc-jose-cose/). Open Badges 3.0 and CLR 2.0 demand the claims beside it
(https://www.imsglobal.org/spec/ob/v3p0#json-web-token-proof-format).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from evaluator.credentials import times
from evaluator.credentials.envelope import Envelope, check_signer, media_type, published_keys
from evaluator.credentials.vc_model import identifier, many, version
from evaluator.credentials.verdict import Check, Refused, because
from evaluator.credentials.world import World

SECURED = frozenset({"vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt", "vc+sd-jwt", "vc+ld+json+sd-jwt", "vc+cose"})
"""Media types of VC-JOSE-COSE, with the names that drafts had for them."""
CONTENT_TYPES = frozenset({"vc", "vc+ld+json", "json", "ld+json"})
_DATES = {1: {"nbf": "issuanceDate", "exp": "expirationDate"}, 2: {"nbf": "validFrom", "exp": "validUntil"}}


def secured_credential(
    envelope: Envelope, payload: Mapping[str, Any], world: World
) -> tuple[dict[str, Any], list[Check]]:
    """The credential that an envelope secures, and the checks of its media type, its signature and its claims.

    Raises Refused with `data_model_invalid` when no credential is in it.
    """
    typ = media_type(envelope.typ or "")
    found = credential_of(payload, typ)
    document = completed(found, payload, typ)
    issuer = identifier(document.get("issuer"))
    find = partial(published_keys, envelope.kid, issuer, "assertionMethod", world)
    checks = check_types(envelope, SECURED | {"jwt"}, CONTENT_TYPES)
    checks += check_signer(envelope, issuer, find, world)
    if not any(check.id == "integrity" and check.outcome == "fail" for check in checks):
        checks += [*contradictions(found, payload, typ), *check_token_period(payload, world)]
    return document, checks


def check_types(envelope: Envelope, types: Collection[str], content_types: Collection[str]) -> list[Check]:
    """What an envelope says that it is and holds; nothing when that is right, or when it says nothing."""
    own = [kind for kind in types if kind.endswith(envelope.form)]
    for name, found, allowed in (("typ", envelope.typ, own), ("cty", envelope.cty, content_types)):
        if found is not None and media_type(found) not in allowed:
            return [because("media_type_invalid", f"{name} is {found[:80]!r}")]
    return []


def check_token_period(payload: Mapping[str, Any], world: World) -> list[Check]:
    """When the token itself may not be used: `nbf` and `exp` (RFC 7519 §4.1). Nothing when it may."""
    try:
        begins, ends = (moment(payload.get(name), name) for name in ("nbf", "exp"))
    except Refused as refusal:
        return [refusal.check]
    if begins is not None and begins > world.at:
        return [because("not_yet_valid", f"the token, until {begins.isoformat()}")]
    if ends is not None and ends <= world.at:
        return [because("expired", f"the token, on {ends.isoformat()}")]
    return []


def credential_of(payload: Mapping[str, Any], typ: str) -> Mapping[str, Any]:
    """The credential in a payload: the payload itself, or its `vc`. `typ` is the token's media type, or empty.

    Raises Refused with `data_model_invalid` when there is none.
    """
    if "@context" in payload:
        return payload
    inner = payload.get("vc")
    if not isinstance(inner, dict) or typ in SECURED:
        raise Refused("data_model_invalid", "the token holds no credential (neither @context nor vc)")
    return inner


def contradictions(credential: Mapping[str, Any], payload: Mapping[str, Any], typ: str) -> Iterator[Check]:
    """Where the claims of a token and the members of the credential that they stand for differ."""
    if beside := {"vc", "vp"} & set(payload) - ({"vc"} if credential is not payload else set()):
        yield because("data_model_invalid", f"the claim {min(beside)} stands beside the credential")
    issuer = identifier(credential.get("issuer"))
    if "iss" in payload and issuer and payload["iss"] != issuer:
        yield because("issuer_mismatch", f"iss is {str(payload['iss'])[:100]!r}, the issuer {issuer[:100]!r}")
    subjects = [found for one in many(credential.get("credentialSubject")) if (found := identifier(one))]
    if "sub" in payload and subjects and payload["sub"] not in subjects:
        yield because("data_model_invalid", "sub is not the id of the credentialSubject")
    if "jti" in payload and "id" in credential and payload["jti"] != credential["id"]:
        yield because("data_model_invalid", "jti is not the id of the credential")
    if typ in SECURED:
        return  # there nbf and exp are about the signature (VC-JOSE-COSE §3.1.1)
    for claim, member in _DATES[version(credential) or 2].items():
        stated = times.seconds(payload.get(claim))
        if stated is not None and member in credential and not _same_second(credential[member], stated):
            yield because("data_model_invalid", f"{claim} is not {member}")


def completed(credential: Mapping[str, Any], payload: Mapping[str, Any], typ: str) -> dict[str, Any]:
    """The credential with the members for which only a claim stands, and without the claims of the token."""
    whole = credential is payload
    found = {name: value for name, value in credential.items() if not whole or name not in _REGISTERED}
    issuer, subject = found.get("issuer"), found.get("credentialSubject")
    if "iss" in payload and not identifier(issuer):
        found["issuer"] = {**issuer, "id": payload["iss"]} if isinstance(issuer, dict) else payload["iss"]
    if typ in SECURED:
        return found
    if "sub" in payload and isinstance(subject, dict) and "id" not in subject:
        found["credentialSubject"] = {**subject, "id": payload["sub"]}
    if not whole and isinstance(payload.get("jti"), str):
        found.setdefault("id", payload["jti"])
    for claim, member in _DATES[version(found) or 2].items():
        stated = times.seconds(payload.get(claim))
        if stated is not None:
            found.setdefault(member, stated.isoformat().replace("+00:00", "Z"))
    return found


_REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf"})
"""Claims of the token (RFC 7519 §4.1, RFC 7800, OpenID4VP), which are no members of a credential."""


def moment(value: Any, claim: str) -> datetime.datetime | None:
    """The time of a NumericDate (RFC 7519 §2), None for an absent one. Raises Refused with `data_model_invalid`."""
    if value is None:
        return None
    found = times.seconds(value)
    if found is None:
        raise Refused("data_model_invalid", f"{claim} is no number of seconds")
    return found


def _same_second(written: Any, stated: datetime.datetime) -> bool:
    found = times.instant(written)
    return found is not None and int(found.timestamp()) == int(stated.timestamp())
