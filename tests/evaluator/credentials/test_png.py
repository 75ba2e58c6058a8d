"""The badge in a PNG: found by its keyword, whole, single, and never larger than the limits."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits
from evaluator.credentials.png import badges
from evaluator.credentials.verdict import Refused
from tests.evaluator.credentials.pictures import chunk, itxt, png

BADGE = '{"name": "Für Löten"}'
PACKED = zlib.compress(BADGE.encode())
BOMB = zlib.compress(b" " * (limits.PICTURE_TEXT_BYTES + 1))


@pytest.mark.parametrize(
    ("content", "at"),
    [
        (png(itxt(BADGE.encode())), "iTXt:openbadges"),
        (png(itxt(BADGE.encode(), b"openbadgecredential")), "iTXt:openbadgecredential"),
        (png(itxt(BADGE.encode(), b"clrcredential")), "iTXt:clrcredential"),
        (png(itxt(PACKED, flags=b"\x01\x00")), "iTXt:openbadges"),
        (png(chunk(b"zTXt", b"openbadges\x00\x00" + PACKED)), "zTXt:openbadges"),
        (png(chunk(b"tEXt", b"openbadges\x00" + BADGE.encode())), "tEXt:openbadges"),
        (png(chunk(b"iTXt", b"openbadges\x00\x00\x00de\x00Abzeichen\x00" + BADGE.encode())), "iTXt:openbadges"),
        (png(chunk(b"tEXt", b"Software\x00Paint"), itxt(BADGE.encode())), "iTXt:openbadges"),
        (png(itxt(BADGE.encode()), itxt(BADGE.encode())), "iTXt:openbadges"),
        (png(chunk(b"tEXt", b"Comment\x00x", checksum=1), itxt(BADGE.encode())), "iTXt:openbadges"),
        (png(itxt(BADGE.encode()))[:-20], "iTXt:openbadges"),
    ],
)
def test_a_badge_is_found(content: bytes, at: str) -> None:
    assert [(one.text, one.at) for one in badges(content)] == [(BADGE, at)]


@pytest.mark.parametrize(
    ("content", "code", "what"),
    [
        (png(), "no_badge", "PNG picture"),
        (png(itxt(b"{}", b"openbadge")), "no_badge", "PNG picture"),
        (png(itxt(b"{}", b"OpenBadges")), "no_badge", "PNG picture"),
        (png(chunk(b"tEXt", b"openbadges")), "no_badge", "PNG picture"),
        (png(chunk(b"eXIf", b"openbadges\x00{}")), "no_badge", "PNG picture"),
        (png(itxt(BADGE.encode()))[:60], "no_badge", "PNG picture"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b"") + itxt(BADGE.encode()), "no_badge", "PNG picture"),
        (png(chunk(b"iTXt", b"openbadges\x00\x00\x00\x00\x00{}", checksum=7)), "malformed", "checksum"),
        (png(chunk(b"iTXt", b"openbadges\x00\x00\x00\x00")), "malformed", "cut off"),
        (png(itxt(b"\xff\xfe{\x00}\x00")), "malformed", "UTF-8"),
        (png(itxt(PACKED[:-6], flags=b"\x01\x00")), "malformed", "cut off"),
        (png(itxt(b"no zlib", flags=b"\x01\x00")), "malformed", "damaged"),
        (png(itxt(PACKED, flags=b"\x01\x01")), "malformed", "method 1"),
        (png(chunk(b"zTXt", b"openbadges\x00")), "malformed", "cut off"),
        (png(itxt(b"{}"), itxt(b'{"a": 1}')), "malformed", "two different badges"),
        (png(itxt(b"{}"), chunk(b"tEXt", b"openbadges\x00[]")), "malformed", "two different badges"),
        (png(*[chunk(b"tEXt", b"a\x00")] * limits.PICTURE_CHUNKS), "resource_limit", "chunks"),
        (png(*[itxt(b"{}")] * (limits.PICTURE_BADGES + 1)), "resource_limit", "badges"),
        (png(itxt(b" " * limits.PICTURE_TEXT_BYTES)), "resource_limit", "bytes"),
        (
            png(itxt(BOMB, flags=b"\x01\x00")),
            "resource_limit",
            "inflates",
        ),
    ],
)
def test_what_is_wrong_is_said(content: bytes, code: str, what: str) -> None:
    with pytest.raises(Refused, match=what) as refusal:
        badges(content)
    assert refusal.value.check.code == code


def test_two_keywords_are_two_badges() -> None:
    found = badges(png(itxt(b"{}"), itxt(b"[]", b"openbadgecredential")))
    assert [one.text for one in found] == ["{}", "[]"]


def test_a_stated_length_is_no_reason_to_reserve_memory() -> None:
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0x7FFFFFFF) + b"iTXt" + b"openbadges\x00\x00\x00\x00\x00{}"
    with pytest.raises(Refused, match="no_badge"):
        badges(content)


def test_a_bomb_takes_little_memory() -> None:
    bomb = zlib.compress(b" " * 200_000_000, 9)
    content = png(itxt(bomb, flags=b"\x01\x00"))
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="resource_limit"):
            badges(content)
        assert tracemalloc.get_traced_memory()[1] < 4 * limits.PICTURE_TEXT_BYTES
    finally:
        tracemalloc.stop()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 300), st.integers(0, 255))
def test_one_changed_byte_never_shows_another_badge(place: int, byte: int) -> None:
    """The checksum guards the chunk; elsewhere a byte can hide the badge or leave it as it was."""
    content = bytearray(png(itxt(BADGE.encode())))
    content[place % len(content)] = byte
    try:
        found = badges(bytes(content))
    except Refused:
        return
    assert [one.text for one in found] == [BADGE]
