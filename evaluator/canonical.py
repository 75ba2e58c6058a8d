"""Canonical JSON (RFC 8785) and the digests by which everything stored can be named and replayed."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import rfc8785

_ENCODER = msgspec.json.Encoder(order="deterministic")
_AS_THEY_ARE = frozenset({str, bool, type(None)})
_LARGEST = 2**53 - 1


class _Unsure(Exception):
    """A value whose canonical form only rfc8785 writes, or refuses."""


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: RFC 8785, https://www.rfc-editor.org/rfc/rfc8785.

    Raises rfc8785.CanonicalizationError for what JSON can't hold (NaN, infinities, integers beyond ±2^53, half of a
    surrogate pair).
    """
    try:
        return _ENCODER.encode(_plain(value))
    except (_Unsure, TypeError, UnicodeEncodeError, RecursionError):
        pass
    try:
        return rfc8785.dumps(value)
    except UnicodeEncodeError as error:
        raise rfc8785.CanonicalizationError("an object key holds half of a surrogate pair") from error


def _plain(value: Any) -> Any:
    """The same value, such that msgspec writes it in canonical form; _Unsure where it may not.

    Keys in ASCII have the same order in UTF-16. Doubles from 0.0001 to below 10^16 need no exponent in any notation,
    and the shortest digits that give a double back are the same whoever looks for them; only whole ones are written
    without a fraction (RFC 8785, section 3.2.2.3).
    """
    kind = type(value)
    if kind is dict:
        if not "".join(value).isascii():
            raise _Unsure
        return {key: each if type(each) in _AS_THEY_ARE else _plain(each) for key, each in value.items()}
    if kind is list or kind is tuple:
        return [each if type(each) in _AS_THEY_ARE else _plain(each) for each in value]
    if kind is float:
        return _plain_double(value)
    if kind in _AS_THEY_ARE or (kind is int and -_LARGEST <= value <= _LARGEST):
        return value
    raise _Unsure


def _plain_double(value: float) -> float:
    if abs(value) < 1e16:
        if value.is_integer():
            return int(value)
        if abs(value) >= 1e-4:
            return value
    raise _Unsure


def digest(content: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digest_of(value: Any) -> str:
    """The digest of a JSON value's canonical form."""
    return digest(canonical_json(value))
