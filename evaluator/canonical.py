"""Canonical JSON (RFC 8785) and the digests by which everything stored can be named and replayed."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: RFC 8785, https://www.rfc-editor.org/rfc/rfc8785.

    Raises rfc8785.CanonicalizationError for what JSON can't hold (NaN, infinities, integers beyond ±2^53).
    """
    return rfc8785.dumps(value)


def digest(content: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digest_of(value: Any) -> str:
    """The digest of a JSON value's canonical form."""
    return digest(canonical_json(value))
