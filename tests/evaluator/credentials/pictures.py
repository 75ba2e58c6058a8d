"""Pictures and other carriers with a badge in them, made for tests; invented throughout."""

from __future__ import annotations

import struct
import zlib

SVG_OPEN = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">'


def chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    """A chunk of a PNG, with its right checksum unless another is given."""
    right = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", right)


def png(*chunks: bytes) -> bytes:
    """A PNG of one grey pixel with these chunks before its image data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixel + chunk(b"IEND", b"")


def itxt(text: bytes, keyword: bytes = b"openbadges", flags: bytes = b"\x00\x00") -> bytes:
    """An iTXt chunk; `flags` are whether it is compressed, and how."""
    return chunk(b"iTXt", keyword + b"\x00" + flags + b"\x00\x00" + text)


def svg(inside: bytes, before: bytes = b"") -> bytes:
    """An SVG with something in it."""
    return before + SVG_OPEN + inside + b'<circle r="1"/></svg>'


def pdf(*attached: bytes, compressed: bool = True, type_last: bool = False) -> bytes:
    """A PDF, as far as a search for attachments looks at one."""
    parts = [b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n"]
    for number, body in enumerate(attached, 2):
        stored = zlib.compress(body) if compressed else body
        words = [b"/Type /EmbeddedFile", b"/Filter /FlateDecode" if compressed else b"", b"/Length %d" % len(stored)]
        dictionary = b" ".join(reversed(words) if type_last else words)
        parts.append(b"%d 0 obj << %s >> stream\r\n%s\nendstream endobj\n" % (number, dictionary, stored))
    return b"".join([*parts, b"trailer << /Root 1 0 R >>\n%%EOF\n"])
