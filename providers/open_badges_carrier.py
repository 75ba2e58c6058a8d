"""What an Open Badge comes wrapped in: JSON, a compact JWS, or a picture (PNG, SVG) with the badge baked in.

Only opened, never verified: a signature found here says that records of the program are signed, not that this
one is genuine. Baking: Open Badges 2.0 §"Baking" (https://www.imsglobal.org/spec/ob/v2p0/#baking, keyword
`openbadges`, element `openbadges:assertion`) and Open Badges 3.0 §5.3
(https://www.imsglobal.org/spec/ob/v3p0/#baked-badge, `openbadgecredential`, `openbadges:credential`).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

from evaluator.credentials import carrier, png, svg
from evaluator.credentials.verdict import Refused
from providers.json_document import UnreadableJson, member, parse

_PICTURES = {"PNG picture": png.badges, "SVG picture": svg.badges}
_JWS = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_NO_BADGE = "the picture has no badge data; ask for the original"


class Signature(NamedTuple):
    """That a payload came as a compact JWS, with what its envelope says."""

    algorithm: str
    """`alg` of the header; `none` means that nothing is signed."""
    at: str
    claims: dict[str, Any]
    """The payload's registered claims (RFC 7519 §4.1), which may stand in for properties of the credential."""
    claims_at: str


class Payload(NamedTuple):
    """The JSON value inside a carrier."""

    value: Any
    at: str
    """Locator of the value; a JSON Pointer can be appended to it as it is."""
    signature: Signature | None = None
    faults: tuple[tuple[str, str], ...] = ()
    """Locators and messages: what was wrong with the JSON text though it could be read."""


def is_picture(content: bytes) -> bool:
    """Whether the bytes start as PNG or SVG does."""
    return carrier.sniff(content) in _PICTURES


def is_jws(text: str | bytes) -> bool:
    """Whether a text is shaped as a compact JWS (RFC 7515 §7.1)."""
    if isinstance(text, str):
        return text.startswith("eyJ") and _JWS.fullmatch(text) is not None
    if not text[:200].lstrip().startswith(b"eyJ"):
        return False
    return is_jws(text.decode("latin-1").strip())


def unwrap(content: bytes) -> Payload:
    """The JSON inside a document. Raises UnreadableJson, with the place and what to mend, when there is none."""
    if (kind := carrier.sniff(content)) in _PICTURES:
        return unwrap_text(*_baked(content, kind))
    if is_jws(content):
        return unwrap_jws(content.decode("ascii").strip(), "")
    parsed = parse(content)
    return Payload(parsed.value, "", None, parsed.faults)


def unwrap_text(text: str, at: str) -> Payload:
    """The JSON in a text found at a place: JSON itself or a compact JWS. Raises UnreadableJson."""
    text = text.strip()
    if is_jws(text):
        return unwrap_jws(text, at)
    if text.startswith(("http://", "https://")):
        raise UnreadableJson(at, "the badge data is only an address; read the badge that is published there")
    return _json_at(text, f"{at} ")


def unwrap_jws(token: str, at: str) -> Payload:
    """The payload of a compact JWS found at a place, unverified. Raises UnreadableJson.

    A credential under the claim `vc` (VC Data Model 1.1 §6.3.1) and one that is the payload itself (Open Badges
    3.0 §8.2, JWS of Open Badges 2.0) are both understood.
    """
    place = f"{at} " if at else ""
    header = _json_at(_base64(token.split(".")[0], f"{place}header"), f"{place}header ")
    payload = _json_at(_base64(token.split(".")[1], f"{place}payload"), f"{place}payload ")
    claims = payload.value if isinstance(payload.value, dict) else {}
    algorithm = member(header.value, "alg")
    signature = Signature(
        algorithm if isinstance(algorithm, str) else "none", f"{place}header /alg", claims, payload.at
    )
    if isinstance(claims.get("vc"), dict):
        return Payload(claims["vc"], f"{payload.at}/vc", signature, payload.faults)
    return Payload(payload.value, payload.at, signature, payload.faults)


def _base64(part: str, at: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise UnreadableJson(at, "the token is cut off or damaged; ask for the original") from None


def _json_at(text: str | bytes, at: str) -> Payload:
    try:
        parsed = parse(text)
    except UnreadableJson as error:
        raise UnreadableJson(f"{at}{error.locator}".strip(), error.message) from None
    return Payload(parsed.value, at, None, tuple((f"{at}{place}".strip(), fault) for place, fault in parsed.faults))


def _baked(content: bytes, kind: str) -> tuple[str, str]:
    """The text of the first badge in a picture, and where it stands. Raises UnreadableJson."""
    try:
        first = _PICTURES[kind](content)[0]
    except Refused as refusal:
        at, _, what = refusal.check.detail.rpartition(": ")
        missing = refusal.check.code == "no_badge"
        raise UnreadableJson(at, _NO_BADGE if missing else f"{what}; ask for the original") from None
    return first.text, first.at
