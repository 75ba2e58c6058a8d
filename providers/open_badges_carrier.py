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
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from providers.json_document import UnreadableJson, member, parse

LARGEST = 10 * 1024 * 1024
"""Bytes of badge data in a picture at most, before and after inflating; and of an SVG file."""
_MOST_CHUNKS = 10_000
"""Chunks of a PNG that are looked at; no picture has so many before its badge data."""

_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORDS = (b"openbadges", b"openbadgecredential")
_ELEMENTS = ("openbadges:assertion", "openbadges:credential")
_JWS = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_SVG = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?>.*?-->)\s*)*+"
    rb"(?:<!DOCTYPE\s+svg\b[^>\[]*(?:\[.*?\]\s*)?>\s*)?(?:<!--(?>.*?-->)\s*)*+<(?:\w+:)?svg[\s>/]",
    re.DOTALL,
)
"""How an SVG starts. Comments are matched atomically: a run of them could else be divided in endless ways."""
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
    return content.startswith(_PNG) or _SVG.match(content[:4096]) is not None


def is_jws(text: str | bytes) -> bool:
    """Whether a text is shaped as a compact JWS (RFC 7515 §7.1)."""
    if isinstance(text, str):
        return text.startswith("eyJ") and _JWS.fullmatch(text) is not None
    if not text[:200].lstrip().startswith(b"eyJ"):
        return False
    return is_jws(text.decode("latin-1").strip())


def unwrap(content: bytes) -> Payload:
    """The JSON inside a document. Raises UnreadableJson, with the place and what to mend, when there is none."""
    if content.startswith(_PNG):
        return unwrap_text(*_baked_in_png(content))
    if is_picture(content):
        return unwrap_text(*_baked_in_svg(content))
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


def _baked_in_png(content: bytes) -> tuple[str, str]:
    """The badge's text in the first chunk that holds one, and that chunk's locator."""
    for kind, data in _chunks(content):
        keyword, found, rest = bytes(data[:80]).partition(b"\x00")
        if kind in (b"iTXt", b"tEXt") and found and keyword in _KEYWORDS:
            at = f"{kind.decode()}:{keyword.decode()}"
            if len(data) > LARGEST:
                raise UnreadableJson(at, f"the badge data is larger than {LARGEST // 1024 // 1024} MiB")
            rest = bytes(data[len(keyword) + 1 :])
            text = _international_text(rest, at) if kind == b"iTXt" else rest
            return text.decode("utf-8", "replace"), at
    raise UnreadableJson("", _NO_BADGE)


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Type and data of each chunk (PNG, ISO/IEC 15948 §5.3), as far as the file is whole."""
    view, start = memoryview(content), len(_PNG)
    for _ in range(_MOST_CHUNKS):
        length = int.from_bytes(view[start : start + 4], "big")
        kind = bytes(view[start + 4 : start + 8])
        end = start + 8 + length
        if len(kind) < 4 or end > len(content):
            return
        yield kind, view[start + 8 : end]
        start = end + 4


def _international_text(data: bytes, at: str) -> bytes:
    """The text of an iTXt chunk after its keyword (ISO/IEC 15948 §11.3.4.5), inflated up to the limit."""
    language_and_rest = data[2:].split(b"\x00", 2)
    if len(language_and_rest) < 3:
        raise UnreadableJson(at, "the badge data is cut off; ask for the original")
    text = language_and_rest[2]
    if data[0] == 0:
        return text
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(text, LARGEST)
    except zlib.error:
        raise UnreadableJson(at, "the compressed badge data is damaged; ask for the original") from None
    if inflater.unconsumed_tail:
        raise UnreadableJson(at, f"the badge data inflates to more than {LARGEST // 1024 // 1024} MiB")
    return inflated


def _baked_in_svg(content: bytes) -> tuple[str, str]:
    """The badge's text in an SVG, and its CSS selector; the element's content counts before its `verify`."""
    if len(content) > LARGEST:
        raise UnreadableJson("", f"the picture is larger than {LARGEST // 1024 // 1024} MiB")
    found = _BakedElement()
    try:
        found.parser.Parse(content, True)
    except expat.ExpatError as error:
        # A picture that is damaged after the badge still has the badge.
        if found.name is None or found.inside:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise UnreadableJson(place, "the SVG is not well-formed XML; ask for the original") from None
    except UnreadableJson:
        raise
    except (LookupError, ValueError):
        raise UnreadableJson("line 1", "the SVG is in an encoding that is not known; save it as UTF-8") from None
    if found.name is None:
        raise UnreadableJson("", _NO_BADGE)
    selector = found.name.replace(":", "\\:")
    text = "".join(found.text).strip()
    if text:
        return text, selector
    if found.verify:
        return found.verify, f"{selector}[verify]"
    raise UnreadableJson(selector, _NO_BADGE)


class _BakedElement:
    """Collects the first badge element of an SVG while expat parses it."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.verify = ""
        self.text: list[str] = []
        self.inside = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = _refuse_entities

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.name is None and name in _ELEMENTS:
            self.name, self.inside = name, True
            self.verify = attributes.get("verify", "").strip()

    def _end(self, name: str) -> None:
        if name == self.name:
            self.inside = False

    def _characters(self, data: str) -> None:
        if self.inside:
            self.text.append(data)


def _refuse_entities(name: str, *_: object) -> None:
    raise UnreadableJson("", f'the SVG declares the XML entity "{name[:40]}"; badges need none, so it was not read')
