"""Take the badge out of a PNG picture.

Open Badges 2.0 Baking (https://www.imsglobal.org/spec/ob/v2p0/baking/): a chunk `iTXt` with the keyword `openbadges`;
Open Badges 3.0 §5.3.1 (https://www.imsglobal.org/spec/ob/v3p0/#png): `openbadgecredential`; the validator of 1EdTech
reads `clrcredential` too. Early badges had `tEXt`. Compression is forbidden by both documents, yet what is inflated
within the limits is the same text, so it is read. Chunks: PNG, third edition, §5.3 and §11.3.3
(https://www.w3.org/TR/png-3/).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from evaluator.credentials.baked import Baked, distinct
from evaluator.credentials.limits import PICTURE_BADGES, PICTURE_CHUNKS, PICTURE_TEXT_BYTES
from evaluator.credentials.verdict import Refused

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORDS = (b"openbadges", b"openbadgecredential", b"clrcredential")
_LONGEST_KEYWORD = 79


class _Text(NamedTuple):
    """A chunk that holds a badge."""

    kind: bytes
    keyword: bytes
    rest: memoryview
    """What follows the keyword and its zero byte."""
    whole: bool
    """Whether the checksum is right."""

    @property
    def at(self) -> str:
        return f"{self.kind.decode()}:{self.keyword.decode()}"


def badges(content: bytes) -> list[Baked]:
    """The badges in a PNG, one per keyword, in the order in which they stand; at least one.

    Raises Refused: `no_badge` when there is none, `malformed` when the chunk that holds it is damaged or contradicts
    another, `resource_limit` for more chunks than `PICTURE_CHUNKS`, more badges than `PICTURE_BADGES` or a text of more
    than `PICTURE_TEXT_BYTES`, inflated or not. A wrong checksum counts only in the chunk that holds the badge; the
    rest of the picture is nobody's business here.
    """
    texts = list(_texts(content))
    if not texts:
        raise Refused("no_badge", "PNG picture")
    return distinct([_baked(text) for text in texts])


def _texts(content: bytes) -> Iterator[_Text]:
    """The chunks that hold a badge; nothing is copied before its size is known."""
    found = 0
    for kind, data, checksum in _chunks(content):
        if kind not in (b"iTXt", b"tEXt", b"zTXt"):
            continue
        keyword, ended, _ = bytes(data[: _LONGEST_KEYWORD + 1]).partition(b"\x00")
        if not ended or keyword not in KEYWORDS:
            continue
        found += 1
        whole = zlib.crc32(data, zlib.crc32(kind)) == checksum
        text = _Text(kind, keyword, data[len(keyword) + 1 :], whole)
        if found > PICTURE_BADGES:
            raise Refused("resource_limit", f"{text.at}: more than {PICTURE_BADGES} badges in one picture")
        if len(data) > PICTURE_TEXT_BYTES:
            raise Refused("resource_limit", f"{text.at}: {len(data)} bytes; at most {PICTURE_TEXT_BYTES} are read")
        yield text


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """Type, data and stated checksum of each chunk, up to the end of the picture or to where it is cut off."""
    view, start = memoryview(content), len(SIGNATURE)
    for _ in range(PICTURE_CHUNKS):
        length = int.from_bytes(view[start : start + 4], "big")
        kind, end = bytes(view[start + 4 : start + 8]), start + 8 + length
        if kind == b"IEND" or end + 4 > len(content):
            return
        yield kind, view[start + 8 : end], int.from_bytes(view[end : end + 4], "big")
        start = end + 4
    raise Refused("resource_limit", f"PNG picture: more than {PICTURE_CHUNKS} chunks")


def _baked(text: _Text) -> Baked:
    if not text.whole:
        raise Refused("malformed", f"{text.at}: the checksum is wrong, so the badge data is damaged")
    try:
        return Baked(_BODIES[text.kind](text).decode("utf-8"), text.at, text.keyword.decode())
    except UnicodeDecodeError:
        raise Refused("malformed", f"{text.at}: the badge data is not in UTF-8") from None


def _international(text: _Text) -> bytes:
    """`iTXt` after the keyword: flag, method, language, 0, translated keyword, 0, text."""
    rest = bytes(text.rest)
    parts = rest[2:].split(b"\x00", 2)
    if len(parts) < 3:
        raise Refused("malformed", f"{text.at}: the badge data is cut off")
    return _inflated(parts[2], rest[1], text.at) if rest[0] else parts[2]


def _compressed(text: _Text) -> bytes:
    """`zTXt` after the keyword: method, text."""
    return _inflated(bytes(text.rest[1:]), text.rest[0] if len(text.rest) else 0, text.at)


def _plain(text: _Text) -> bytes:
    return bytes(text.rest)


_BODIES = {b"iTXt": _international, b"zTXt": _compressed, b"tEXt": _plain}


def _inflated(data: bytes, method: int, at: str) -> bytes:
    """Inflate at most `PICTURE_TEXT_BYTES`; a stream that stops early is damaged, not short."""
    if method != 0:
        raise Refused("malformed", f"{at}: compression method {method} is not known")
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data, PICTURE_TEXT_BYTES)
    except zlib.error:
        raise Refused("malformed", f"{at}: the compressed badge data is damaged") from None
    if inflater.unconsumed_tail:
        raise Refused("resource_limit", f"{at}: inflates to more than {PICTURE_TEXT_BYTES} bytes")
    if not inflater.eof:
        raise Refused("malformed", f"{at}: the compressed badge data is cut off")
    return body
