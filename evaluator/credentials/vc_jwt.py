"""Credentials in JSON Web Tokens: what the token says about the credential has to be what the credential says.

VCDM 1.1 puts the credential under `vc` and lets the token's claims stand for its members
(https://www.w3.org/TR/vc-data-model/#json-web-token); from VCDM 2.0 on the payload is the credential
(https://www.w3.org/TR/vc-jose-cose/). Open Badges 3.0 and CLR 2.0 demand the claims beside it
(https://www.imsglobal.org/spec/ob/v3p0#json-web-token-proof-format).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from evaluator.credentials import times
from evaluator.credentials.verdict import Refused

VERSION_2 = "https://www.w3.org/ns/credentials/v2"
_DATES = {False: {"nbf": "issuanceDate", "exp": "expirationDate"}, True: {"nbf": "validFrom", "exp": "validUntil"}}


def credential_of(payload: Mapping[str, Any], typ: str | None) -> dict[str, Any]:
    """The credential in a payload, completed by the token's claims.

    `typ` is the token's media type (`vc+jwt`, `jwt`, or None). Raises Refused: `data_model_invalid` for claims that
    contradict the credential, `issuer_mismatch` when they name another issuer.
    """
    if "@context" in payload:
        return _of_whole_payload(payload, typ)
    inner = payload.get("vc")
    if not isinstance(inner, dict) or "vp" in payload or typ == "vc+jwt":
        raise Refused("data_model_invalid", "the token holds no credential (neither @context nor vc)")
    found = dict(inner)
    _agree(found, payload, typ)
    _complete(found, payload)
    return found


def _of_whole_payload(payload: Mapping[str, Any], typ: str | None) -> dict[str, Any]:
    if found := {"vc", "vp"} & set(payload):
        raise Refused("data_model_invalid", f"the claim {min(found)} stands beside the credential")
    _agree(payload, payload, typ)
    credential = {name: value for name, value in payload.items() if name not in _REGISTERED}
    if typ != "vc+jwt":
        _complete(credential, payload)
    return credential


_REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf"})
"""Claims of the token (RFC 7519 §4.1, RFC 7800, OpenID4VP), which are no members of a credential."""


def _agree(credential: Mapping[str, Any], claims: Mapping[str, Any], typ: str | None) -> None:
    """Raises Refused when a claim and the member that it stands for differ."""
    issuer = id_of(credential.get("issuer"))
    if "iss" in claims and issuer is not None and claims["iss"] != issuer:
        raise Refused("issuer_mismatch", f"iss is {str(claims['iss'])[:100]!r}, the issuer {issuer[:100]!r}")
    subjects = [found for one in items(credential.get("credentialSubject")) if (found := id_of(one)) is not None]
    if "sub" in claims and subjects and claims["sub"] not in subjects:
        raise Refused("data_model_invalid", "sub is not the id of the credentialSubject")
    if "jti" in claims and "id" in credential and claims["jti"] != credential["id"]:
        raise Refused("data_model_invalid", "jti is not the id of the credential")
    for claim, member in _DATES[is_version_2(credential)].items():
        stated = moment(claims.get(claim), claim)
        if typ == "vc+jwt" or stated is None or member not in credential:
            continue  # in a vc+jwt, exp and nbf are about the signature (VC-JOSE-COSE §3.1.1)
        if not _same_second(credential[member], stated):
            raise Refused("data_model_invalid", f"{claim} is not {member}")


def _complete(credential: dict[str, Any], claims: Mapping[str, Any]) -> None:
    """Put in the members for which only a claim stands."""
    issuer = credential.get("issuer")
    if "iss" in claims and id_of(issuer) is None:
        credential["issuer"] = {**issuer, "id": claims["iss"]} if isinstance(issuer, dict) else claims["iss"]
    subject = credential.get("credentialSubject")
    if "sub" in claims and isinstance(subject, dict) and "id" not in subject:
        credential["credentialSubject"] = {**subject, "id": claims["sub"]}
    if "jti" in claims:
        credential.setdefault("id", claims["jti"])
    for claim, member in _DATES[is_version_2(credential)].items():
        stated = moment(claims.get(claim), claim)
        if stated is not None:
            credential.setdefault(member, stated.isoformat().replace("+00:00", "Z"))


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


def is_version_2(credential: Mapping[str, Any]) -> bool:
    """Whether a credential is of the VCDM 2.0, by its first context."""
    return VERSION_2 in items(credential.get("@context"))[:1]


def id_of(value: Any) -> str | None:
    """The `id` of an object, or a text that is one."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def items(value: Any) -> list[Any]:
    """A value or a list of values, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]
