"""Multibase texts and multicodec keys (https://www.w3.org/TR/cid-1.0/#multibase-0)."""

from __future__ import annotations

import base64
import binascii
import re

import base58

from evaluator.credentials import limits

_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*")
_LONGEST_BASE58 = 1024
"""Characters; decoding base58 takes time with the square of its length."""


def decode(text: object) -> bytes:
    """The bytes of a multibase text: base58btc (`z`) or base64url without padding (`u`). Raises ValueError."""
    if not isinstance(text, str) or len(text) > limits.PROOF_VALUE_CHARACTERS:
        raise ValueError("no multibase text, or one that is too long")
    if text.startswith("z"):
        if len(text) > _LONGEST_BASE58:
            raise ValueError(f"base58 of {len(text)} characters")
        return bytes(base58.b58decode(text[1:]))
    if text.startswith("u"):
        return base64url(text[1:])
    raise ValueError(f"multibase prefix {text[:1]!r} is neither z nor u")


def base64url(text: str) -> bytes:
    """The bytes of base64url without padding (RFC 7515 §2), in its one canonical spelling. Raises ValueError."""
    if not _URL_SAFE.fullmatch(text):
        raise ValueError("no base64url")
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("base64url of a length that can't be") from None
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != text:
        raise ValueError("base64url that ends in stray bits")
    return content
