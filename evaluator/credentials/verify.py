"""Verify whatever was presented: open it, find out what it is, hand it to those who know. The one way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from evaluator.credentials import (
    blockcerts,
    carrier,
    credential,
    jades,
    limits,
    open_badges_2,
    openid4vp,
    presentation,
    strict_json,
    tokens,
    trust,
    vc_model,
)
from evaluator.credentials.verdict import Check, Refused, Verdict, refused
from evaluator.credentials.world import Unavailable, Work, World


def verify(content: bytes, world: World) -> list[Verdict]:
    """The verdicts on the bytes of a file, one for every credential in it and at least one. Never raises for what they
    hold."""
    try:
        presented = carrier.opened(content)
    except Refused as refusal:
        return [refused("unknown", refusal)]
    world = msgspec.structs.replace(world, work=Work())
    return [judge(one.kind, one.value, world) for one in presented]


def judge(kind: carrier.Kind, value: Any, world: World, depth: int = 0) -> Verdict:
    """The verdict on one credential that was taken out of its carrier."""
    try:
        return trust.answered(_judge(kind, value, world, depth), world.registries)
    except Refused as refusal:
        return refused("unknown", refusal)


def _judge(kind: carrier.Kind, value: Any, world: World, depth: int) -> Verdict:
    inner = partial(_inner, depth=depth + 1)
    match kind:
        case "json":
            return _json(value, world, depth)
        case "jws":
            return tokens.verify_jws(value, world, open_signed, inner)
        case "sd_jwt":
            return tokens.verify_sd_jwt(value, world, open_signed, inner)
        case "cose":
            return tokens.verify_cose(value, world, open_signed, inner)
        case "address":
            return _address(value, world, depth)


def _json(value: dict[str, Any], world: World, depth: int) -> Verdict:
    inner = partial(_inner, depth=depth + 1)
    if tokens.is_enveloped(value):
        return _enveloped(value, world, depth)
    if token := tokens.in_json(value):
        return judge(token.kind, token.value, world, depth)
    if jades.recognises(value):
        return jades.verify(value, world, inner, open_signed)
    if blockcerts.is_version_2(value):
        return blockcerts.verify_version_2(value, world)
    if blockcerts.is_version_3(value) and not presentation.is_presentation(value):
        return blockcerts.verify_version_3(value, world, open_signed, inner)
    if open_badges_2.recognises(value):
        return open_badges_2.verify(value, world)
    if openid4vp.recognises(value):
        return openid4vp.verify(value, world, inner)
    if presentation.is_presentation(value):
        return presentation.verify_document(value, world, inner)
    return credential.verify(value, world, open_signed, inner)


def _enveloped(value: dict[str, Any], world: World, depth: int) -> Verdict:
    try:
        token = tokens.enveloped(value)
    except Refused as refusal:
        return refused("enveloped credential", refusal)
    return judge(token.kind, token.value, world, depth)


def _address(address: str, world: World, depth: int) -> Verdict:
    """The verdict on what the issuer keeps at an address that was presented or baked into a picture."""
    try:
        presented = carrier.opened(world.get(address))
    except Unavailable as error:
        code = "revoked" if error.status == 410 else "hosted_unavailable"
        return refused("address of a badge", Refused(code, f"{address[:200]}: {error.reason}"))
    except Refused as refusal:
        return refused("address of a badge", refusal)
    if presented[0].kind == "address":
        return refused("address of a badge", Refused("hosted_unavailable", f"{address[:200]} only leads elsewhere"))
    return judge(presented[0].kind, presented[0].value, world, depth)


def _inner(value: Any, world: World, depth: int) -> Verdict:
    """The verdict on a credential inside another one: an object, or a token as text."""
    if depth > limits.NESTED_DEPTH:
        return refused("credential", Refused("resource_limit", f"nested beyond level {limits.NESTED_DEPTH}"))
    if isinstance(value, dict):
        return judge("json", value, world, depth)
    if isinstance(value, str):
        return judge("sd_jwt" if "~" in value else "jws", value, world, depth)
    return refused("credential", Refused("malformed", "a credential inside is neither an object nor a token"))


def open_signed(content: bytes, world: World) -> tuple[Mapping[str, Any], Iterable[Check]]:
    """A signed document that is no credential of the applicant's (a status list), and the checks of its proof.

    Raises Refused.
    """
    text = content.strip()
    if text.startswith(b"eyJ"):
        return tokens.open_list(text.decode("ascii", "replace"), world)
    try:
        document = strict_json.parse_object(text)
    except ValueError as error:
        raise Refused("malformed", str(error)) from None
    return document, (vc_model.check_credential(document), *credential.prove(document, world).checks)
