"""What the headers and body of an HTTP answer amount to: pure functions, no network."""

from __future__ import annotations

import datetime
import email.utils
import re
import zlib
from collections.abc import Iterable, Mapping


class Unusable(ValueError):
    """The body of an answer can't be used; the message says why and what to do."""

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again
        """Whether the same request may succeed later."""


def media_type(content_type: str) -> str:
    """The media type of a Content-Type header in lower case; the charset is kept where it is not UTF-8."""
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if not re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", kind):
        return "application/octet-stream"
    charset = re.search(r"charset\s*=\s*\"?([a-z0-9._:-]{1,40})", parameters, re.IGNORECASE)
    if charset is None or charset[1].lower() in ("utf-8", "utf8", "us-ascii"):
        return kind
    return f"{kind}; charset={charset[1].lower()}"


def retry_after(headers: Mapping[str, str], now: datetime.datetime) -> float | None:
    """Seconds to wait, from either form that RFC 9110, section 10.2.3 allows; `None` when nothing usable is said."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max(0.0, (moment - now).total_seconds())


def unpacked(chunks: Iterable[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """The content, at most `limit` bytes of it after unpacking. Raises Unusable.

    Never holds more than `limit` + 1 unpacked bytes, however small they were packed.
    """
    declared = headers.get("content-length", "")
    if re.fullmatch(r"[0-9]{1,18}", declared) and int(declared) > limit:
        raise _too_large(limit)
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise Unusable(f"comes packed as {packing[:40]!r}, which was not asked for; save it and read the file")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if "gzip" in packing else None
    content = bytearray()
    for chunk in chunks:
        try:
            content += unpacker.decompress(chunk, limit + 1 - len(content)) if unpacker else chunk
        except zlib.error:
            raise Unusable("comes packed as gzip but can't be unpacked; try again later", again=True) from None
        if len(content) > limit:
            raise _too_large(limit)
    if unpacker and content and not unpacker.eof:
        raise Unusable("ends in the middle; try again later", again=True)
    return bytes(content)


def _too_large(limit: int) -> Unusable:
    return Unusable(f"is larger than {limit / 1_000_000:g} MB; save the part you need and read the file")
