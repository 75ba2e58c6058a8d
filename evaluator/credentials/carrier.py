"""What was presented: find out by its first bytes, take the credential out, and say precisely when there is none.

Nothing is verified here. The name of a file is not looked at: applicants rename files, bytes don't.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from evaluator.credentials import limits, pdf, png, strict_json, svg
from evaluator.credentials.baked import Baked
from evaluator.credentials.verdict import Refused

Kind = Literal["json", "jws", "sd_jwt", "cose", "address"]

_ADDRESS = re.compile(r"https?://[^\s\"'<>]{1,2000}", re.IGNORECASE)
_JWS = re.compile(r"eyJ[A-Za-z0-9_-]*=*\.[A-Za-z0-9_-]*=*\.[A-Za-z0-9_-]*=*")
_SD_JWT = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*~[A-Za-z0-9_.~-]*")
_COSE = re.compile(r"0o[QRST][A-Za-z0-9+/_-]{20,}=*")
"""A COSE_Sign1 (CBOR tag 18, an array of four) in base64."""
_HEADERS = re.compile(
    rb"(?:From |(?:(?:Received|Return-Path|Delivered-To|MIME-Version|Message-ID|From|To|Subject|Date|DKIM-Signature"
    rb"|ARC-[\w-]+|X-[\w-]+):[^\n]*\n(?:[ \t][^\n]*\n)*){2})",
    re.IGNORECASE,
)
_PROLOGUE = re.compile(rb"\s*<(?:\?[^>]*\?|!--(?:(?!-->).)*+--|!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?)>", re.DOTALL)
_ROOT = re.compile(rb"\s*<(?:[\w.-]+:)?([\w.-]+)")
_LOOKED_AT = 16 * 1024
"""Bytes at the start of a file in which its kind shows."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (png.SIGNATURE, "PNG picture"),
    (b"\xff\xd8\xff", "JPEG photo"),
    (b"GIF8", "GIF picture"),
    (b"BM", "BMP picture"),
    (b"II*\x00", "TIFF scan"),
    (b"MM\x00*", "TIFF scan"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"PK\x05\x06", "ZIP archive"),
    (b"\x1f\x8b", "GZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"Rar!", "RAR archive"),
    (b"\xd0\xcf\x11\xe0", "Outlook message or old Office document"),
    (b"\xd2\x84", "COSE message"),
)
_BRANDS = {b"heic": "HEIC photo", b"heix": "HEIC photo", b"mif1": "HEIC photo", b"avif": "AVIF picture"}
NO_CREDENTIAL = {
    "JPEG photo": "no_badge",
    "GIF picture": "no_badge",
    "BMP picture": "no_badge",
    "TIFF scan": "no_badge",
    "WebP picture": "no_badge",
    "HEIC photo": "no_badge",
    "AVIF picture": "no_badge",
    "ZIP archive": "archive",
    "GZIP archive": "archive",
    "7z archive": "archive",
    "RAR archive": "archive",
    "Office document": "not_a_credential",
    "Outlook message or old Office document": "message",
    "e-mail message": "message",
    "web page": "web_page",
    "file of an unknown kind": "not_a_credential",
    "text": "not_a_credential",
    "empty file": "malformed",
}


class Presented(NamedTuple):
    """One credential, as it came out of what was presented."""

    kind: Kind
    value: Any
    """A JSON object (`json`), a token without white space (`jws`, `sd_jwt`), bytes (`cose`) or an address."""
    carrier: str
    """What it came in: `PNG picture`, `SVG picture`, `PDF document`, `JSON file` or `text`."""
    at: str = ""
    """Where it stood in its carrier."""


def opened(content: bytes) -> list[Presented]:
    """Every credential in a file, at least one.

    Raises Refused, always about the carrier, with what the file is in its detail: `no_badge` for a picture without,
    `pdf_without_credential`, `archive`, `message`, `web_page`, `not_a_credential`, `malformed`, `resource_limit`;
    and `unsupported_suite` for a credential in XML.
    """
    if len(content) > limits.PRESENTED_BYTES:
        raise Refused("resource_limit", f"{len(content)} bytes; at most {limits.PRESENTED_BYTES} are read")
    kind = sniff(content)
    if kind in NO_CREDENTIAL:
        raise Refused(NO_CREDENTIAL[kind], kind)
    match kind:
        case "PNG picture":
            return _unbaked(png.badges(content), kind)
        case "SVG picture":
            return _unbaked(svg.badges(content), kind)
        case "PDF document":
            return _attached(content)
        case "XML document":
            raise _xml(content)
        case "COSE message":
            return [Presented("cose", content, kind)]
    return _read(content, kind)


def sniff(content: bytes) -> str:
    """What a file is, in words, by its first bytes; never raises. `text` is text of no kind that is known here."""
    head = content[:_LOOKED_AT]
    for start, kind in _STARTS:
        if head.startswith(start):
            return "Office document" if start == b"PK\x03\x04" and b"[Content_Types].xml" in head[:200] else kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP picture"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "file of an unknown kind")
    if b"%PDF-" in head[:1024]:
        return "PDF document"
    return _sniff_text(head.removeprefix(b"\xef\xbb\xbf").lstrip())


def _sniff_text(head: bytes) -> str:
    if not head:
        return "empty file"
    if head[:1] == b"<":
        return _sniff_markup(head)
    if head[:1] in b"{[":
        return "JSON file"
    if head.startswith((b"eyJ", b'"eyJ', b"0o", b"d284")) or head[:8].lower().startswith((b"https://", b"http://")):
        return "token or address"
    if _HEADERS.match(head):
        return "e-mail message"
    return "file of an unknown kind" if b"\x00" in head else "text"


def _sniff_markup(head: bytes) -> str:
    place = 0
    while prologue := _PROLOGUE.match(head, place):
        place = prologue.end()
    root = _ROOT.match(head, place)
    name = root[1].lower() if root else b""
    if name == b"svg":
        return "SVG picture"
    page = name in (b"html", b"head", b"body") or head[:14].lower() == b"<!doctype html"
    return "web page" if page else "XML document"


def _xml(content: bytes) -> Refused:
    """Why an XML file is not read. Nothing in it is parsed: entities could be declared."""
    head = content[:_LOOKED_AT]
    if b"<!DOCTYPE" not in head and b"redential" in head and b"europa.eu" in head:
        return Refused("unsupported_suite", "European Digital Credential in XML (XAdES)")
    return Refused("malformed", "XML document, which is no form of credential that is known here")


def _unbaked(badges: Iterable[Baked], carrier: str) -> list[Presented]:
    return [one for badge in badges for one in _read(badge.text.encode("utf-8", "replace"), carrier, badge.at)]


def _attached(content: bytes) -> list[Presented]:
    found: list[Presented] = []
    for at, body in pdf.attachments(content):
        if sniff(body) in ("JSON file", "token or address"):
            found += _read(body, "PDF document", at)
    if not found:
        raise Refused("pdf_without_credential", "PDF document without an attached credential")
    return found


def _read(content: bytes, carrier: str, at: str = "") -> list[Presented]:
    """The credentials in a text: JSON, tokens or an address."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff").strip()
    if text[:1] in ("{", "[", '"'):
        return _read_json(content, carrier, at)
    token = "".join(text.split()) if text.startswith("eyJ") else text
    place = f"{carrier} {at}".strip()
    if len(token) > limits.TOKEN_BYTES:
        raise Refused("resource_limit", f"{place}: a token of {len(token)} characters")
    if _JWS.fullmatch(token):
        return [Presented("jws", token, carrier, at)]
    if _SD_JWT.fullmatch(token):
        return [Presented("sd_jwt", token, carrier, at)]
    if _COSE.fullmatch(token):
        return [Presented("cose", token.encode(), carrier, at)]
    if _ADDRESS.fullmatch(token):
        return [Presented("address", token, carrier, at)]
    raise Refused("malformed", f"{place}: neither JSON, nor a complete signed token, nor an address")


def _read_json(content: bytes, carrier: str, at: str) -> list[Presented]:
    place = f"{carrier} {at}".strip()
    try:
        value = strict_json.parse(content)
    except strict_json.TooLarge as error:
        raise Refused("resource_limit", f"{place}: {error}") from None
    except strict_json.MalformedJson as error:
        raise Refused("malformed", f"{place}: {error}") from None
    each = value if isinstance(value, list) else [value]
    if len(each) > limits.NESTED:
        raise Refused("resource_limit", f"{place}: {len(each)} credentials; at most {limits.NESTED} are read")
    found: list[Presented] = []
    for one in each:
        if isinstance(one, dict):
            found.append(Presented("json", one, carrier, at))
        elif isinstance(one, str) and not one.lstrip().startswith(("{", "[", '"')):
            found += _read(one.encode("utf-8", "replace"), carrier, at)
        else:
            raise Refused("malformed", f"{place}: a JSON object is expected")
    if not found:
        raise Refused("malformed", f"{place}: an empty list")
    return found
