"""A signature around bytes, JOSE or COSE alike: nothing about it is believed until a key is found for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from evaluator.credentials.verdict import Refused


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One signature as it was received."""

    algorithm: str
    """JWS name, as the header states it."""
    kid: str = ""
    typ: str | None = None
    cty: str | None = None
    jwk: dict[str, Any] | None = None
    """Key that the header carries. It proves nothing about the issuer."""
    certificates: tuple[bytes, ...] = ()
    """DER, the signer's first."""
    payload: bytes
    signed: bytes
    """The bytes under the signature."""
    signature: bytes


def media_type(value: str) -> str:
    """A `typ` or `cty` as it is compared: without `application/`, in lower case (RFC 7515 §4.1.9)."""
    return value.lower().removeprefix("application/")


def check_media_type(found: str | None, allowed: Collection[str], what: str) -> None:
    """Raises Refused with `media_type_invalid` when a stated type is none of `allowed`; an absent one is no lie."""
    if found is not None and media_type(found) not in allowed:
        raise Refused("media_type_invalid", f"{what} is {found[:80]!r}; expected: {', '.join(sorted(allowed))}")
