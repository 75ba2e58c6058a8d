"""Values as the store keeps them: JSON of a struct, compressed; and the moment at which something happened."""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

Kept = TypeVar("Kept")
LEVEL = 1
"""Of zlib: on scorecards level 6 takes three times as long for a tenth less."""


def pack(value: Any) -> bytes:
    """Compressed JSON of a struct or plain value."""
    return pack_bytes(msgspec.json.encode(value))


def unpack(content: bytes, kind: type[Kept]) -> Kept:
    """The value that `pack` was given."""
    value: Kept = _decoder(cast(Hashable, kind)).decode(unpack_bytes(content))
    return value


def pack_bytes(content: bytes) -> bytes:
    """Compressed bytes."""
    return zlib.compress(content, LEVEL)


def unpack_bytes(content: bytes) -> bytes:
    """The bytes that `pack_bytes` was given; of what `pack` was given, its JSON."""
    return zlib.decompress(content)


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast(Any, kind))


def moment(when: datetime.datetime) -> str:
    """ISO 8601 UTC to the microsecond; texts of equal length, so that they order as times do."""
    return when.astimezone(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> str:
    """This moment."""
    return moment(datetime.datetime.now(datetime.UTC))


def plain(text: str) -> str:
    """Text that every database can hold in a column: PostgreSQL keeps no NUL and nobody keeps half a character."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
