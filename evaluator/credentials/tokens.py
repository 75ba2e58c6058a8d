"""Signed tokens: find out what one secures, and verify that.

A token is a JWS, an SD-JWT or a COSE message, and holds a credential, a presentation or a status list. Tokens also
stand inside JSON, in the `data:` address of an enveloped credential
(https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from evaluator.credentials import cose, credential, holder, jose, open_badges_2, presentation, sd_jwt, sd_jwt_vc, vc_jwt
from evaluator.credentials.credential import Inner
from evaluator.credentials.envelope import Envelope, check_signer, media_type
from evaluator.credentials.status import Opener
from evaluator.credentials.vc_model import identifier, many, types
from evaluator.credentials.verdict import Check, Refused, Verdict, because, decide, passed
from evaluator.credentials.world import World

_DATA = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)((?:;[a-z0-9=.-]+)*),(.*)", re.IGNORECASE | re.DOTALL)
_ENVELOPES = frozenset({"EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"})


class Token(NamedTuple):
    """A token and its kind, as `carrier` names them."""

    kind: Literal["jws", "sd_jwt", "cose"]
    value: str


def is_enveloped(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object only holds a token."""
    return not _ENVELOPES.isdisjoint(types(document))


def enveloped(document: Mapping[str, Any]) -> Token:
    """The token in a JSON object for which `is_enveloped` holds. Raises Refused with `malformed`."""
    match = _DATA.fullmatch(identifier(document))
    if match is None:
        raise Refused("malformed", "the enveloped credential has no data: address")
    kind, parameters, content = media_type(match[1]), match[2].lower(), match[3]
    if kind.endswith("+cose") and parameters.endswith(";base64"):
        return Token("cose", content)
    if kind.endswith("jwt") and not parameters:
        token = unquote(content)
        return Token("sd_jwt" if kind.endswith("+sd-jwt") or "~" in token else "jws", token)
    raise Refused("malformed", f"an enveloped credential of the kind {match[1][:80]}{parameters[:40]}")


def in_json(document: Mapping[str, Any]) -> Token | None:
    """The token that a JSON object spells out (RFC 7515 §7.2; RFC 9901 §8 with disclosures in its open header).

    None for anything else, among it a seal (JAdES), which signs its payload as it stands or states a time.
    """
    signatures = document.get("signatures", [document])
    one = signatures[0] if isinstance(signatures, list) and len(signatures) == 1 else None
    payload = document.get("payload")
    if not isinstance(one, dict) or not isinstance(payload, str):
        return None
    start, signature, unprotected = one.get("protected"), one.get("signature"), one.get("header", {})
    if not isinstance(start, str) or not isinstance(signature, str) or not isinstance(unprotected, dict):
        return None
    try:
        header = jose.read_object(jose.unbase64url(start, "the header"), "the header")
    except Refused:
        return None
    if not {"b64", "crit", "sigT"}.isdisjoint(header):
        return None
    token = f"{start}.{payload}.{signature}"
    if "disclosures" not in unprotected and "kb_jwt" not in unprotected:
        return Token("jws", token)
    disclosures = [str(one) for one in many(unprotected.get("disclosures"))]
    return Token("sd_jwt", "~".join([token, *disclosures, str(unprotected.get("kb_jwt", ""))]))


def verify_jws(token: str, world: World, opener: Opener, inner: Inner) -> Verdict:
    """The verdict on a compact JWS: a signed Open Badge 2.0, a credential or a presentation."""
    try:
        envelope = jose.read(token)
        payload = jose.read_object(envelope.payload, "the payload")
    except Refused as refusal:
        return decide("JSON Web Token", [refusal.check])
    if open_badges_2.recognises(payload):
        return open_badges_2.verify_signed(token, world)
    return _verify(_Opened(envelope, payload, "JSON Web Token", _unbound(payload, world)), world, opener, inner)


def verify_cose(content: bytes | str, world: World, opener: Opener, inner: Inner) -> Verdict:
    """The verdict on a COSE_Sign1 message, as bytes or in base64."""
    try:
        envelope = cose.read(cose.message(content))
        payload = jose.read_object(envelope.payload, "the content")
    except Refused as refusal:
        return decide("COSE message", [refusal.check])
    return _verify(_Opened(envelope, payload, "COSE", _unbound(payload, world)), world, opener, inner)


def verify_sd_jwt(token: str, world: World, opener: Opener, inner: Inner) -> Verdict:
    """The verdict on an SD-JWT: an SD-JWT VC, or a W3C credential or presentation (VC-JOSE-COSE §3.2)."""
    try:
        parts = sd_jwt.split(token)
        envelope = jose.read(parts.issued)
        payload = jose.read_object(envelope.payload, "the payload")
    except Refused as refusal:
        return decide("SD-JWT", [refusal.check])
    if "@context" not in payload:
        return sd_jwt_vc.verify(parts, envelope, payload, world, opener)
    disclosed = sd_jwt_vc.disclosed(payload, parts)
    checks = tuple(disclosed.faults)
    if parts.key_binding or not presentation.is_presentation(payload):  # which its holder signs anyway
        checks += tuple(holder.check_key_binding(parts, payload, world))
    return _verify(_Opened(envelope, disclosed.claims, "SD-JWT", checks), world, opener, inner)


def _unbound(payload: Mapping[str, Any], world: World) -> tuple[Check, ...]:
    """A bare credential is no answer when a presentation was asked for."""
    return () if presentation.is_presentation(payload) else tuple(holder.check_unbound(world))


class _Opened(NamedTuple):
    envelope: Envelope
    payload: Mapping[str, Any]
    how: str
    checks: tuple[Check, ...] = ()
    """Those made so far."""


def _verify(opened: _Opened, world: World, opener: Opener, inner: Inner) -> Verdict:
    """A credential or a presentation, by what its content is."""
    if presentation.is_presentation(opened.payload):
        return presentation.verify_envelope(opened.envelope, opened.payload, opened.checks, world, inner)
    form = f"{opened.how} ({opened.envelope.algorithm})"
    try:
        document, found = vc_jwt.secured_credential(opened.envelope, opened.payload, world)
    except Refused as refusal:
        return decide(f"Credential, {form}", [passed("carrier"), *opened.checks, refusal.check])
    proof = [passed("carrier"), *found, *opened.checks]
    if "credentialStatus" in document and "issuer_key_unresolvable" in {check.code for check in proof}:
        proof.append(because("status_unavailable", "not looked up, since it is not known who signed the credential"))
    return credential.judge(document, proof, form, world, opener, inner)


def open_list(token: str, world: World) -> tuple[Mapping[str, Any], Iterable[Check]]:
    """A status list in a token, and the checks of its signature: a W3C credential, or an IETF token status list
    (https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/ §5.1). Raises Refused."""
    envelope = jose.read(token)
    payload = jose.read_object(envelope.payload, "the list")
    if media_type(envelope.typ or "") != "statuslist+jwt":
        return vc_jwt.secured_credential(envelope, payload, world)
    issuer = identifier(payload.get("iss")) or envelope.kid.partition("#")[0]
    return payload, check_signer(envelope, issuer, lambda: sd_jwt_vc.issuer_keys(envelope, issuer, world), world)
