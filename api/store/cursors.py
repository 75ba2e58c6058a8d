"""Cursors: where a page ended, as a text that nobody needs to understand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import msgspec

from evaluator.canonical import digest_of

Place = str | int | float
_SUM, _NAME = 6, 9
"""Bytes of the checksum, and of the name of the search."""
_LONGEST = 2_000


class BadCursor(ValueError):
    """The cursor was not given out for this search; the message says which it is."""


def write_cursor(search: Sequence[object], places: Sequence[Place]) -> str:
    """The cursor of a search, given by its parameters, after the item with these sort values."""
    held = _name(search) + msgspec.json.encode(list(places))
    return base64.urlsafe_b64encode(_checksum(held) + held).rstrip(b"=").decode()


def read_cursor(search: Sequence[object], cursor: str, kinds: Sequence[type]) -> list[Place]:
    """The sort values of a cursor, which have these types. Raises BadCursor.

    The checksum finds what was cut off or altered; it keeps nothing secret, and there is nothing to keep.
    """
    try:
        content = base64.b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        given, held = content[:_SUM], content[_SUM:]
        places = msgspec.json.decode(held[_NAME:]) if given == _checksum(held) else None
    except ValueError:
        places = None
    if not isinstance(places, list):
        raise BadCursor("this cursor was cut off or altered; start again without one")
    if held[:_NAME] != _name(search):
        raise BadCursor("this cursor belongs to another search or order; start again without one")
    if [type(place) for place in places] != list(kinds):
        raise BadCursor("this cursor was cut off or altered; start again without one")
    return places


def _checksum(held: bytes) -> bytes:
    return hashlib.sha256(b"touchstone cursor" + held).digest()[:_SUM]


def _name(search: Sequence[object]) -> bytes:
    return hashlib.sha256(digest_of(list(search)).encode()).digest()[:_NAME]
