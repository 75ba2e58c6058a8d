"""SD-JWT: a signed token whose statements the holder reveals one by one.

Steps: RFC 9901 §7 (https://www.rfc-editor.org/rfc/rfc9901#section-7); SD-JWT VC
(https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/). Digests are computed over the disclosures as they were
received, never over anything encoded again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from evaluator.credentials import jose, limits, strict_json
from evaluator.credentials.verdict import Refused

HASHES: dict[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
    "sha3-256": hashlib.sha3_256,
    "sha3-384": hashlib.sha3_384,
    "sha3-512": hashlib.sha3_512,
}
"""Values of `_sd_alg` (IANA Named Information Hash Algorithms) that resist collisions and are not cut short."""
NEVER_DISCLOSED = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})
"""Claims that must stand in the open, SD-JWT VC §3.2.2.2."""


class Parts(NamedTuple):
    """An SD-JWT taken apart."""

    issued: str
    """The issuer's token."""
    disclosures: tuple[str, ...]
    key_binding: str
    """The holder's token; empty when there is none."""
    presented: str
    """Everything up to and with the last `~`: what the holder's token covers."""


class Disclosed(NamedTuple):
    claims: dict[str, Any]
    """The payload with every disclosure in its place, and nothing of the mechanism left."""
    revealed: frozenset[str]
    """Names at the top that came from a disclosure."""


def split(token: str) -> Parts:
    """An SD-JWT in compact form (RFC 9901 §4). Raises Refused with `malformed` or `resource_limit`."""
    if len(token) > limits.TOKEN_BYTES:
        raise Refused("resource_limit", f"a token of {len(token)} characters; at most {limits.TOKEN_BYTES} are read")
    if token.count("~") > limits.DISCLOSURES + 1:
        raise Refused("resource_limit", f"more than {limits.DISCLOSURES} disclosures")
    if "~" not in token:
        raise Refused("malformed", "an SD-JWT has a ~ behind the issuer's token")
    issued, *disclosures, key_binding = token.split("~")
    if "" in disclosures:
        raise Refused("disclosure_invalid", "an empty disclosure")
    return Parts(issued, tuple(disclosures), key_binding, token[: len(token) - len(key_binding)])


def digest(text: str, payload: Mapping[str, Any]) -> str:
    """base64url digest of a text under the `_sd_alg` of `payload`. Raises Refused with `alg_not_allowed`."""
    name = payload.get("_sd_alg", "sha-256")
    if not isinstance(name, str) or name not in HASHES:
        raise Refused("alg_not_allowed", f"digests of the kind {str(name)[:40]!r}")
    return base64.urlsafe_b64encode(HASHES[name](text.encode()).digest()).rstrip(b"=").decode()


def disclose(payload: Mapping[str, Any], disclosures: Sequence[str]) -> Disclosed:
    """Put every disclosure where the payload, or another disclosure, holds its digest (RFC 9901 §7.1 step 3 to 5).

    Raises Refused with `disclosure_invalid` when one is malformed, stands twice, belongs nowhere, or writes over a
    claim; with `alg_not_allowed` for an unknown hash.
    """
    by_digest: dict[str, list[Any]] = {}
    for disclosure in disclosures:
        by_digest[digest(disclosure, payload)] = _read(disclosure)
    if len(by_digest) != len(disclosures):
        raise Refused("disclosure_invalid", "the same disclosure twice")
    opening = _Opening(by_digest)
    plain = {name: value for name, value in payload.items() if name != "_sd_alg"}
    claims = opening.object(plain, 0)
    if unused := len(by_digest) - len(opening.used):
        raise Refused("disclosure_invalid", f"{unused} of {len(by_digest)} disclosures belong to nothing signed")
    return Disclosed(claims, frozenset(claims) - frozenset(plain))


def _read(disclosure: str) -> list[Any]:
    try:
        value = strict_json.parse(jose.unbase64url(disclosure, "a disclosure"))
    except (Refused, strict_json.MalformedJson, strict_json.TooLarge) as error:
        raise Refused("disclosure_invalid", str(error)) from None
    if not isinstance(value, list) or len(value) not in (2, 3) or not isinstance(value[0], str):
        raise Refused("disclosure_invalid", "a disclosure is not [salt, value] or [salt, name, value]")
    return value


class _Opening:
    """One walk through a payload; remembers which digests it has met."""

    def __init__(self, by_digest: Mapping[str, list[Any]]) -> None:
        self.by_digest = by_digest
        self.met: set[str] = set()
        self.used: set[str] = set()

    def value(self, value: Any, depth: int) -> Any:
        if depth > limits.JSON_DEPTH:
            raise Refused("resource_limit", f"disclosures nested deeper than {limits.JSON_DEPTH} levels")
        if isinstance(value, dict):
            return self.object(value, depth)
        if isinstance(value, list):
            return self.array(value, depth)
        return value

    def object(self, found: Mapping[str, Any], depth: int) -> dict[str, Any]:
        if "..." in found:
            raise Refused("disclosure_invalid", "a claim named ... outside of an array")
        digests = found.get("_sd", [])
        if not isinstance(digests, list):
            raise Refused("disclosure_invalid", "_sd is not a list of digests")
        opened = {name: self.value(value, depth + 1) for name, value in found.items() if name != "_sd"}
        for each in digests:
            if (disclosure := self.find(each, 3)) is None:
                continue
            _, name, value = disclosure
            if not isinstance(name, str) or name in ("_sd", "...") or name in opened:
                raise Refused("disclosure_invalid", f"a disclosure of {str(name)[:40]!r}, which is taken or reserved")
            opened[name] = self.value(value, depth + 1)
        return opened

    def array(self, found: Sequence[Any], depth: int) -> list[Any]:
        opened = []
        for item in found:
            if not isinstance(item, dict) or "..." not in item:
                opened.append(self.value(item, depth + 1))
            elif len(item) > 1:
                raise Refused("disclosure_invalid", "a digest in an array has other members beside it")
            elif (disclosure := self.find(item["..."], 2)) is not None:
                opened.append(self.value(disclosure[1], depth + 1))
        return opened

    def find(self, found: Any, length: int) -> list[Any] | None:
        """The disclosure with this digest; None for one that was kept back, or a decoy."""
        if not isinstance(found, str):
            raise Refused("disclosure_invalid", "a digest is not text")
        if found in self.met:
            raise Refused("disclosure_invalid", "the same digest twice")
        self.met.add(found)
        disclosure = self.by_digest.get(found)
        if disclosure is None:
            return None
        if len(disclosure) != length:
            raise Refused("disclosure_invalid", "a disclosure of a claim stands for an array's item, or the reverse")
        self.used.add(found)
        return disclosure
