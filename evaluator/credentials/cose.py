"""COSE_Sign1 around credentials: the binary sibling of a JWS.

Rules: RFC 9052 §4.2 and §4.4 (https://www.rfc-editor.org/rfc/rfc9052), VC-JOSE-COSE §3.3
(https://www.w3.org/TR/vc-jose-cose/#securing-vcs-with-cose).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import cbor2

from evaluator.credentials import limits, strict_cbor
from evaluator.credentials.envelope import Envelope
from evaluator.credentials.verdict import Refused

ALGORITHMS = {
    -7: "ES256",
    -8: "EdDSA",
    -35: "ES384",
    -36: "ES512",
    -37: "PS256",
    -38: "PS384",
    -39: "PS512",
    -47: "ES256K",
    -257: "RS256",
    -258: "RS384",
    -259: "RS512",
}
"""COSE algorithm numbers (IANA) as JWS names, so that both are checked against one list."""
_ALG, _CRIT, _CTY, _KID, _X5CHAIN, _TYP = 1, 2, 3, 4, 33, 16
_TAG = b"\xd2"
"""CBOR tag 18 in one byte."""


def message(content: str | bytes) -> bytes:
    """A COSE message that came as bytes, or as base64 with or without padding, in either alphabet.

    Raises Refused with `malformed` or `resource_limit`.
    """
    if isinstance(content, bytes) and content[:1] in (_TAG, b"\x84"):
        return content
    text = content if isinstance(content, str) else content.decode("ascii", "replace")
    if len(text) > limits.TOKEN_BYTES:
        raise Refused("resource_limit", f"a message of {len(text)} characters; at most {limits.TOKEN_BYTES} are read")
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("malformed", "the COSE message is not base64") from None
    if base64.b64encode(decoded).rstrip(b"=").decode() != plain:
        raise Refused("malformed", "the COSE message is not base64")
    return decoded


def read(message: bytes) -> Envelope:
    """A COSE_Sign1 message, tagged or not. Raises Refused with `malformed`, `resource_limit` or `alg_not_allowed`."""
    try:
        parts = strict_cbor.parse(message.removeprefix(_TAG), limit=limits.TOKEN_BYTES)
        protected, unprotected, payload, signature = parts
    except (strict_cbor.CborError, TypeError, ValueError) as error:
        raise Refused("malformed", f"no COSE_Sign1 message: {error}") from None
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        raise Refused("malformed", "the COSE message lacks its header, its content or its signature")
    header = _header(protected)
    return Envelope(
        form="cose",
        algorithm=_algorithm(header),
        kid=_kid(header, unprotected),
        typ=_text(header, _TYP),
        cty=_text(header, _CTY),
        certificates=_certificates(header),
        payload=payload,
        signed=cbor2.dumps(["Signature1", protected, b"", payload]),
        signature=signature,
    )


def _header(protected: bytes) -> dict[Any, Any]:
    try:
        header = strict_cbor.parse(protected, limit=limits.HEADER_BYTES)
    except strict_cbor.CborError as error:
        raise Refused("malformed", f"the header of the COSE message: {error}") from None
    if not isinstance(header, dict):
        raise Refused("malformed", "the header of the COSE message is no map")
    if _CRIT in header:
        raise Refused("alg_not_allowed", "the header demands extensions of the signature that are not known here")
    return header


def _algorithm(header: Mapping[Any, Any]) -> str:
    number = header.get(_ALG)
    name = ALGORITHMS.get(number) if isinstance(number, int) else None
    if name is None:
        raise Refused("alg_not_allowed", f"the header names the algorithm {str(number)[:40]}")
    return name


def _kid(header: Mapping[Any, Any], unprotected: Any) -> str:
    """The name of the key; it only helps to find one, so it may stand outside of the protected header."""
    kid = header.get(_KID, unprotected.get(_KID) if isinstance(unprotected, dict) else None)
    return kid.decode("utf-8", "replace") if isinstance(kid, bytes) else ""


def _text(header: Mapping[Any, Any], label: int) -> str | None:
    value = header.get(label)
    return None if value is None else value if isinstance(value, str) else f"number {str(value)[:20]}"


def _certificates(header: Mapping[Any, Any]) -> list[str] | None:
    """`x5chain` (RFC 9360 §2), one certificate or several, as `x5c` has them."""
    chain = header.get(_X5CHAIN)
    found = chain if isinstance(chain, list) else [chain]
    return [base64.b64encode(each).decode() for each in found if isinstance(each, bytes)] or None
