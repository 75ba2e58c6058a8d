"""Take credentials out of the files that are attached to a PDF.

Issuers of European Digital Credentials and of transcripts attach the signed record to its printable form. An embedded
file stream (ISO 32000-2 §7.11.4) is always a direct object of the file, so it is found by its type without reading
the PDF's cross references; the page content is never looked at.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from evaluator.credentials.limits import PDF_ATTACHMENTS, PICTURE_TEXT_BYTES
from evaluator.credentials.verdict import Refused

_TYPE = re.compile(rb"/Type\s*/EmbeddedFile\b")
_STREAM = re.compile(rb"stream\r?\n")
_DICTIONARY_BYTES = 2_048
"""Bytes before and after the type in which its dictionary begins and ends."""


def attachments(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Place and bytes of each attached file, inflated. Encrypted ones come out as noise, other filters not at all.

    Raises Refused with `resource_limit` for more than `PDF_ATTACHMENTS` files or one of more than `PICTURE_TEXT_BYTES`.
    """
    for number, found in enumerate(_TYPE.finditer(content), 1):
        at = f"attachment {number}"
        if number > PDF_ATTACHMENTS:
            raise Refused("resource_limit", f"PDF document: more than {PDF_ATTACHMENTS} attachments")
        stream = _STREAM.search(content, found.end(), found.end() + _DICTIONARY_BYTES)
        if stream is None:
            continue
        start = max(content.rfind(b"obj", 0, found.start()), found.start() - _DICTIONARY_BYTES)
        body = _body(content, stream.end(), content[start : stream.start()], at)
        if body is not None:
            yield at, body


def _body(content: bytes, start: int, dictionary: bytes, at: str) -> bytes | None:
    if b"/Filter" not in dictionary:
        end = content.find(b"endstream", start)
        body = content[start : len(content) if end < 0 else end]
    elif b"/FlateDecode" in dictionary:
        inflater = zlib.decompressobj()
        try:
            body = inflater.decompress(memoryview(content)[start:], PICTURE_TEXT_BYTES + 1)
        except zlib.error:
            return None
    else:
        return None
    if len(body) > PICTURE_TEXT_BYTES:
        raise Refused("resource_limit", f"PDF document: {at} has more than {PICTURE_TEXT_BYTES} bytes")
    return body
