"""CBOR bytes to values, strictly: bounded, definite lengths, no key twice, no tags, nothing behind the value.

COSE envelopes and the proof values of Blockcerts are CBOR that a stranger made. Neither needs a semantic tag inside
(the tag of COSE_Sign1 itself is taken off by its reader), and the decoders of tags build dates, patterns and shared
references: so every tag is refused. Rules: RFC 8949, https://www.rfc-editor.org/rfc/rfc8949
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, NoReturn

from cbor2 import CBORDecoder, CBORError

from evaluator.credentials import limits


class CborError(ValueError):
    """The bytes aren't CBOR that this reader accepts. The message says why."""


def _refuse(_decoder: object) -> NoReturn:
    raise CborError("a tag stands inside the CBOR")


class _NoTags(dict[int, Callable[[Any], NoReturn]]):
    def __missing__(self, tag: int) -> Callable[[Any], NoReturn]:
        return _refuse


_NO_TAGS = _NoTags({0: _refuse})  # the decoder takes an empty mapping for none


def parse(data: bytes, *, limit: int) -> Any:
    """The one value in `data`, which may have up to `limit` bytes.

    Maps become dicts, arrays lists. Lengths that promise more than there is are found before memory is taken, since
    the decoder reads piece by piece. Raises CborError.
    """
    if len(data) > limit:
        raise CborError(f"{len(data)} bytes of CBOR are more than the {limit} allowed here")
    stream = BytesIO(data)
    decoder = CBORDecoder(
        stream,
        max_depth=limits.CBOR_DEPTH,
        allow_indefinite=False,
        allow_duplicate_keys=False,
        semantic_decoders=_NO_TAGS,
    )
    try:
        value = decoder.decode()
    except (CBORError, ValueError, TypeError, OverflowError) as error:
        raise CborError(f"not readable as CBOR: {error}") from None
    if stream.read(1):
        raise CborError("bytes stand behind the CBOR value")
    return value
