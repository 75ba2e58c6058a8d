"""JSON Web Signatures in compact form.

Rules: RFC 7515 (https://www.rfc-editor.org/rfc/rfc7515) and RFC 8725 (best practice), Open Badges 3.0 §8.2.4
(https://www.imsglobal.org/spec/ob/v3p0#json-web-token-proof-format).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.credentials import limits, multibase, strict_json
from evaluator.credentials.envelope import Envelope
from evaluator.credentials.signatures import ALGORITHMS
from evaluator.credentials.verdict import Refused

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of a JWK that are secret (RFC 7518 §6); a key that shows them is no longer anybody's own."""


def unbase64url(text: str, what: str) -> bytes:
    """The bytes of base64url without padding, in its one canonical spelling, so that nobody can change a signed text
    without changing what is signed. Raises Refused with `malformed`."""
    try:
        return multibase.base64url(text)
    except ValueError as error:
        raise Refused("malformed", f"{what}: {error}") from None


def read_object(content: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `content`. Raises Refused with `malformed` or `resource_limit`."""
    try:
        return strict_json.parse_object(content)
    except strict_json.TooLarge as error:
        raise Refused("resource_limit", f"{what}: {error}") from None
    except strict_json.MalformedJson as error:
        raise Refused("malformed", f"{what}: {error}") from None


def read(token: str) -> Envelope:
    """A token in compact form (RFC 7515 §7.1).

    Raises Refused with `malformed`, `resource_limit` or `alg_not_allowed`.
    """
    if len(token) > limits.TOKEN_BYTES:
        raise Refused("resource_limit", f"a token of {len(token)} characters; at most {limits.TOKEN_BYTES} are read")
    parts = token.split(".", 3)
    if len(parts) != 3:
        raise Refused("malformed", "a signed token has three parts with dots between them")
    encoded, payload, signature = parts
    if len(encoded) > limits.HEADER_BYTES:
        raise Refused("resource_limit", f"a header of {len(encoded)} characters")
    header = read_object(unbase64url(encoded, "the header"), "the header")
    return Envelope(
        algorithm=_algorithm(header),
        kid=header["kid"] if isinstance(header.get("kid"), str) else "",
        typ=_text(header, "typ"),
        cty=_text(header, "cty"),
        jwk=_public_key(header),
        certificates=header.get("x5c"),
        payload=unbase64url(payload, "the payload"),
        signed=f"{encoded}.{payload}".encode(),
        signature=unbase64url(signature, "the signature"),
    )


def _algorithm(header: Mapping[str, Any]) -> str:
    """The stated algorithm, of a header that makes no demands.

    Extensions that must be understood (`crit`) are refused since none is understood here, and so is `b64`, which
    changes what is signed. Other unknown members are ignored, as RFC 7515 §4 asks, and never used; `jku` and `x5u`,
    which name a key at the signer's choice, are among them.
    """
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Refused("alg_not_allowed", f"the header names the algorithm {str(algorithm)[:40]}")
    if "crit" in header or "b64" in header:
        raise Refused("alg_not_allowed", "the header demands extensions of the signature that are not known here")
    return algorithm


def _text(header: Mapping[str, Any], name: str) -> str | None:
    value = header.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused("malformed", f"the header's {name} is not text")
    return value


def _public_key(header: Mapping[str, Any]) -> dict[str, Any] | None:
    jwk = header.get("jwk")
    if jwk is not None and (not isinstance(jwk, dict) or PRIVATE_MEMBERS.intersection(jwk)):
        raise Refused("malformed", "the key in the header is not a public key")
    return jwk
