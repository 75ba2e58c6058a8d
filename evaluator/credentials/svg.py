"""Take the badge out of an SVG picture.

Open Badges 2.0 Baking (https://www.imsglobal.org/spec/ob/v2p0/baking/): `<openbadges:assertion verify="…">`;
Open Badges 3.0 §5.3.2 (https://www.imsglobal.org/spec/ob/v3p0/#svg): `<openbadges:credential verify="…">`; CLR the same
in its own namespace. A signed token stands in `verify`, JSON in the body, an address of a hosted badge in either.

The SVG is streamed through expat, never built. A document type declaration may be there, its internal subset may not:
that is where entities are declared, and attribute defaults, which multiply as entities do (a file of 180 kB becomes
2 GB) though entity filters let them pass.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from evaluator.credentials.baked import Baked, distinct
from evaluator.credentials.limits import PICTURE_BADGES, PICTURE_TEXT_BYTES, PRESENTED_BYTES, SVG_DEPTH, SVG_ELEMENTS
from evaluator.credentials.verdict import Refused

NAMESPACES = (
    "http://openbadges.org",
    "https://purl.imsglobal.org/ob/v3p0",
    "https://purl.imsglobal.org/spec/ob/v3p0",
    "https://purl.imsglobal.org/clr/v2p0",
)
"""The third is not in the standard, but in pictures."""
_ELEMENTS = ("assertion", "credential")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_=-]*")


def badges(content: bytes) -> list[Baked]:
    """The badges in an SVG, one per element name, in the order in which they stand; at least one.

    Raises Refused: `no_badge` when there is none, `malformed` when the XML is broken before or in the badge, has an
    internal subset or contradicts itself, `resource_limit` for more than `PRESENTED_BYTES`, `SVG_ELEMENTS`,
    `SVG_DEPTH`, `PICTURE_BADGES` or a text of more than `PICTURE_TEXT_BYTES`.
    """
    if len(content) > PRESENTED_BYTES:
        raise Refused("resource_limit", f"SVG picture of {len(content)} bytes; at most {PRESENTED_BYTES} are read")
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)  # at once: in pieces, a long tag would be read anew with each
    except expat.ExpatError as error:
        # A picture that is damaged after the badge still has the badge.
        if reader.open is not None or not reader.found:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise Refused("malformed", f"SVG picture: {place}: not well-formed XML") from None
    except (LookupError, ValueError):
        raise Refused("malformed", "SVG picture: in an encoding that is not known") from None
    if not reader.found:
        raise Refused("no_badge", "SVG picture")
    return distinct(reader.found)


class _Reader:
    """Collects the badge elements of an SVG while expat reads it."""

    def __init__(self) -> None:
        self.found: list[Baked] = []
        self.open: tuple[str, str] | None = None
        """Qualified name and `verify` of the badge element that is being read."""
        self.prefixes = {"openbadges"}
        self.depth = self.elements = self.size = 0
        self.text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = _refuse_internal_subset
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > SVG_DEPTH:
            raise Refused("resource_limit", f"SVG picture: nested deeper than {SVG_DEPTH} levels")
        if self.elements > SVG_ELEMENTS:
            raise Refused("resource_limit", f"SVG picture: more than {SVG_ELEMENTS} elements")
        if len(self.prefixes) <= PICTURE_BADGES:
            self.prefixes |= {key.partition(":")[2] for key, value in attributes.items() if _declares(key, value)}
        prefix, _, local = name.rpartition(":")
        if self.open is None and local in _ELEMENTS and prefix in self.prefixes:
            self.open, self.text, self.size = (name, attributes.get("verify", "").strip()), [], 0

    def _characters(self, data: str) -> None:
        if self.open is not None:
            self.size += len(data)
            if self.size > PICTURE_TEXT_BYTES:
                raise Refused("resource_limit", f"{_selector(self.open[0])}: more than {PICTURE_TEXT_BYTES} characters")
            self.text.append(data)

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self.open is None or name != self.open[0]:
            return
        verify, self.open = self.open[1], None
        body = "".join(self.text).strip()
        selector = _selector(name)
        if not (body or verify):
            raise Refused("no_badge", f"{selector}: the element for the badge is empty")
        signed = _TOKEN.fullmatch(verify) is not None
        place = f"{selector}[verify]" if signed or not body else selector
        self.found.append(Baked(verify if signed or not body else body, place, name.rpartition(":")[2]))
        if len(self.found) > PICTURE_BADGES:
            raise Refused("resource_limit", f"{selector}: more than {PICTURE_BADGES} badges in one picture")


def _declares(key: str, value: str) -> bool:
    return key.startswith("xmlns") and value in NAMESPACES


def _selector(name: str) -> str:
    return name.replace(":", "\\:")


def _refuse_internal_subset(name: str, system: str | None, public: str | None, has_internal_subset: int) -> None:
    if has_internal_subset:
        raise Refused("malformed", "SVG picture: it declares XML entities or defaults; pictures need none")
