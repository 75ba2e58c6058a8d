"""What a web page says for machines: its JSON-LD blocks, its microdata and RDFa items, its meta tags.

Places in a page are a CSS selector that leads to one element, followed by a JSON Pointer into the value that the
element holds: `head > script:nth-of-type(3)/offers/price`.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from evaluator.program import Document, Problem
from providers import json_document
from providers.json_document import Item
from providers.page_items import items_of, selector

MOST_BLOCKS = 200
"""JSON-LD blocks of a page that are read; a page with more is not a description of programs."""
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([a-zA-Z0-9._:-]{1,40})""", re.IGNORECASE)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-zA-Z0-9._:-]{1,40})""", re.IGNORECASE)
_ENCODING = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|windows-\d+|cp\d+|iso-?8859-\d+|latin-?\d|koi8-[ru]|shift[-_]?jis|sjis|euc-(?:jp|kr)"
    r"|gb(?:k|2312|18030)|big5(?:-hkscs)?|(?:us-)?ascii|macintosh",
    re.IGNORECASE,
)
"""Encodings that pages have; Python knows others, which are not for text from strangers."""
_READ_AS = dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "ascii", "us-ascii"), "windows-1252")
"""Names that mean more on the web than they say (https://encoding.spec.whatwg.org/#names-and-labels)."""
_OPENING = re.compile(r"\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?)")
_CLOSING = re.compile(r"(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*\Z")
_STRING_OR_SPARE_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """The parts of a page that are meant for machines."""

    blocks: tuple[Item, ...]
    """JSON-LD values with their selectors."""
    items: tuple[Item, ...]
    """Microdata and RDFa items as JSON, with their selectors."""
    meta: dict[str, str]
    """`canonical`, `description` and the `og:` properties that were found."""
    problems: tuple[Problem, ...]


def looks_like_html(source: Document) -> bool:
    """Whether the bytes are a web page. Cheap; for `Provider.recognises`."""
    start = source.content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith(b"<") or start.startswith(b"<svg"):
        return False
    is_named = source.media_type.startswith(("text/html", "application/xhtml+xml"))
    return is_named or any(mark in start for mark in (b"<!doctype html", b"<html", b"<head", b"<body"))


def read_page(source: Document) -> Page:
    """The machine-readable parts of a page. Never raises for what the page holds."""
    html = decoded(source)
    tree = LexborHTMLParser(html)
    problems: list[Problem] = []
    counted: dict[int, int] = {}
    scripts = [(node.text(), selector(node, counted)) for node in _scripts(tree, source, problems)]
    blocks = [block for text, at in scripts if (block := json_block(text, at, source, problems))]
    has_items = re.search("itemscope|typeof", html, re.IGNORECASE) is not None
    return Page(tuple(blocks), tuple(items_of(tree)) if has_items else (), _meta(tree), tuple(problems))


def decoded(source: Document) -> str:
    """The text of a page: byte order mark, then HTTP header, then meta tag, then UTF-8 (HTML standard, 13.2.3)."""
    content = source.content
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace").removeprefix("\ufeff")
    named = _CHARSET.search(source.media_type)
    declared = _META_CHARSET.search(content[:2048])
    # A tag that could be read byte by byte can't be right about UTF-16.
    names = (named[1] if named else "", declared[1].decode("ascii").lower().replace("utf-16", "") if declared else "")
    for name in (*names, "utf-8"):
        if _ENCODING.fullmatch(name):
            try:
                return content.decode(_READ_AS.get(name.lower(), name))
            except (LookupError, UnicodeError):
                continue
    return content.decode("windows-1252", "replace")


def _scripts(tree: LexborHTMLParser, source: Document, problems: list[Problem]) -> list[LexborNode]:
    found = [
        node
        for node in tree.css("script[type]")
        if (node.attributes.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json"
    ]
    if len(found) > MOST_BLOCKS:
        says = f"the page has {len(found)} JSON-LD blocks; only the first {MOST_BLOCKS} were read"
        problems.append(Problem(document=source.url, locator="", message=says))
    return found[:MOST_BLOCKS]


def json_block(text: str, at: str, source: Document, problems: list[Problem]) -> Item | None:
    """The value of a JSON-LD block that stands at `at`; what is wrong with it is added to the problems.

    A comma left over before a closing bracket is reported and overlooked; `None` when the block is unreadable.
    """
    try:
        parsed = _parsed(_unwrapped(text), at, source, problems)
    except json_document.UnreadableJson as error:
        problems.append(Problem(document=source.url, locator=_within(at, error.locator), message=error.message))
        return None
    problems += [
        Problem(document=source.url, locator=_within(at, place), message=message) for place, message in parsed.faults
    ]
    return Item(parsed.value, at)


def _parsed(text: str, at: str, source: Document, problems: list[Problem]) -> json_document.ParsedJson:
    try:
        return json_document.parse(text)
    except json_document.UnreadableJson as error:
        mended = _STRING_OR_SPARE_COMMA.sub(lambda match: match[1] or "", text)
        if mended == text:
            raise
        parsed = json_document.parse(mended)
        problems.append(Problem(document=source.url, locator=_within(at, error.locator), message=error.message))
        return parsed


def _within(at: str, place: str) -> str:
    """A pointer continues the selector; a line and column are those of the block, not of the page."""
    return f"{at}{place}" if not place or place.startswith("/") else f"{at}, {place} of the block"


def _unwrapped(text: str) -> str:
    """Without the comment or CDATA marks that hid scripts from browsers of the last century; lines stay."""
    opening = _OPENING.match(text)
    if opening is None:
        return text
    return _CLOSING.sub("", text[opening.end() :])


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta[content], link[rel][href]"):
        attributes = node.attributes
        if node.tag == "link":
            if "canonical" in (attributes.get("rel") or "").lower().split():
                found.setdefault("canonical", attributes.get("href") or "")
            continue
        name = (attributes.get("property") or attributes.get("name") or "").lower()
        if name == "description" or name.startswith("og:"):
            found.setdefault(name, attributes.get("content") or "")
    return {name: value.strip() for name, value in found.items() if value.strip()}
