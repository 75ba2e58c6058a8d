"""Has it been revoked? Status lists of W3C credentials, old and new, and the list format of 1EdTech.

https://www.w3.org/TR/vc-bitstring-status-list/ §3.2, https://www.w3.org/TR/2023/WD-vc-status-list-20230427/,
https://w3c-ccg.github.io/vc-status-rl-2020/, https://www.imsglobal.org/spec/vcrl/v1p0/,
https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/

A list that can't be had, or that is somebody else's, never makes a credential look good; that it names the
credential as revoked counts whoever keeps it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from evaluator.credentials import keys, limits, multibase, strict_json
from evaluator.credentials.addresses import same_owner
from evaluator.credentials.times import instant, seconds
from evaluator.credentials.vc_model import identifier, many, types
from evaluator.credentials.verdict import Check, Refused, because, passed, plain
from evaluator.credentials.world import Unavailable, World

Opener = Callable[[bytes, World], tuple[Mapping[str, Any], Iterable[Check]]]
"""Opens a signed list (JSON with proof, or a token): what it says, and the checks of its signature and signer. Raises
Refused."""

_LIST_TYPES = {
    "BitstringStatusListEntry": ("BitstringStatusListCredential", "BitstringStatusList"),
    "StatusList2021Entry": ("StatusList2021Credential", "StatusList2021"),
    "RevocationList2020Status": ("RevocationList2020Credential", "RevocationList2020"),
}
"""Type of an entry -> types of its list and of that list's subject. Issuers have moved from one to the next under
the same address, so that any pair is taken for any entry."""
_CREDENTIAL_TYPES = {pair[0] for pair in _LIST_TYPES.values()}
_SUBJECT_TYPES = {pair[1] for pair in _LIST_TYPES.values()}
_HARMFUL = {"revocation": "revoked", "suspension": "suspended"}


def check_status(document: Mapping[str, Any], world: World, opener: Opener) -> tuple[Check, ...]:
    """Whether the issuer has revoked or suspended a credential that has been proven."""
    entries = many(document.get("credentialStatus"))
    if not entries:
        return (plain("status", "not_applicable"),)
    if len(entries) > limits.STATUS_ENTRIES:
        raise Refused("resource_limit", f"{len(entries)} status entries; at most {limits.STATUS_ENTRIES} are read")
    issuer = identifier(document.get("issuer"))
    found = []
    for entry in entries:
        try:
            found.append(_entry(entry, document, issuer, world, opener))
        except Refused as refusal:
            found.append(refusal.check)
    return worst(found)


def worst(checks: list[Check]) -> tuple[Check, ...]:
    """Those answers that decide: failures, else what is unknown, else all."""
    for outcome in ("fail", "unknown"):
        if some := tuple(dict.fromkeys(check for check in checks if check.outcome == outcome)):
            return some
    return tuple(dict.fromkeys(checks))


def _entry(entry: Any, document: Mapping[str, Any], issuer: str, world: World, opener: Opener) -> Check:
    if not isinstance(entry, Mapping):
        raise Refused("status_list_invalid", "a status entry is an object")
    kind = next((name for name in types(entry) if name in (*_LIST_TYPES, "1EdTechRevocationList")), None)
    if kind == "1EdTechRevocationList":
        return _1edtech(entry, identifier(document), world)
    if kind is None:
        raise Refused("status_unavailable", f"status of type {', '.join(types(entry))[:100]} is not understood")
    return _bit(entry, issuer, world, opener)


def _1edtech(entry: Mapping[str, Any], credential: str, world: World) -> Check:
    """A plain list; only its address, which the issuer signed, vouches for it."""
    address = identifier(entry)
    if not address.startswith("https://"):
        raise Refused("status_unavailable", f"{address[:200]!r} is no https address, and the list is not signed")
    listed = _json(_fetch(address, world), address)
    for revoked in many(listed.get("revokedCredential")):
        details = revoked if isinstance(revoked, Mapping) else {}
        if credential and identifier(revoked) == credential and details.get("revoked") is not False:
            return because("revoked", str(details.get("revocationReason", ""))[:200])
    return passed("status", address)


def _bit(entry: Mapping[str, Any], issuer: str, world: World, opener: Opener) -> Check:
    address = entry.get("statusListCredential", entry.get("revocationListCredential"))
    index = _number(entry.get("statusListIndex", entry.get("revocationListIndex")))
    if not isinstance(address, str) or index is None:
        raise Refused("status_list_invalid", "the status entry names no list or no place in it")
    listed = _opened(address, world, opener)
    subject = next((part for part in many(listed.get("credentialSubject")) if isinstance(part, Mapping)), {})
    if not (_CREDENTIAL_TYPES & set(types(listed)) and _SUBJECT_TYPES & set(types(subject))):
        raise Refused("status_list_invalid", f"{address} is no status list by its types")
    purpose = str(entry.get("statusPurpose", "revocation"))
    stated = many(subject.get("statusPurpose"))
    if stated and purpose not in stated:
        raise Refused("status_list_invalid", f"the list at {address} is about {str(stated)[:100]}, not {purpose[:60]}")
    value = bit_at(bits(subject.get("encodedList"), address), index, _size(entry), address)
    return _meaning(value, purpose, identifier(listed.get("issuer")), issuer, address, world)


def _meaning(value: int, purpose: str, keeper: str, issuer: str, address: str, world: World) -> Check:
    if value and purpose in _HARMFUL:
        return because(_HARMFUL[purpose], address)
    if not _may_keep(keeper, issuer, address, world):
        return because("status_list_foreign", f"{address} is kept by {keeper[:200]}, not by {issuer[:200]}")
    if value and purpose not in ("refresh", "message"):
        raise Refused("status_unavailable", f"what {purpose[:60]!r} means is not known here")
    return passed("status", f"{purpose[:60]}: {value} at {address}")


def _may_keep(keeper: str, issuer: str, address: str, world: World) -> bool:
    """Whether a list is the issuer's: signed by it, at its own host, or kept by a service that is trusted with it."""
    if keeper == issuer or keeper in world.status_issuers:
        return True
    if issuer.startswith("did:web:"):
        try:
            own = keys.did_web_address(issuer)
        except Refused:
            return False
    else:
        own = issuer
    return own.startswith("https://") and same_owner(own, address)


def _opened(address: str, world: World, opener: Opener) -> Mapping[str, Any]:
    """The list at an address, if it is genuine and in force. Raises Refused."""
    content = _fetch(address, world)
    try:
        listed, checks = opener(content, world)
    except Refused as refusal:
        raise Refused("status_list_invalid", f"{address}: {refusal}"[:300]) from None
    for check in checks:
        if check.outcome == "fail":
            raise Refused("status_list_invalid", f"{address}: {check.code}, {check.detail}"[:300])
    for check in checks:
        if check.outcome == "unknown":
            raise Refused("status_unavailable", f"{address}: {check.code}, {check.detail}"[:300])
    _check_time(listed, address, world)
    return listed


def _check_time(listed: Mapping[str, Any], address: str, world: World) -> None:
    start = instant(listed.get("validFrom", listed.get("issuanceDate")))
    end = instant(listed.get("validUntil", listed.get("expirationDate")))
    if start is not None and world.at < start:
        raise Refused("status_list_not_yet_valid", f"{address} from {start.isoformat()}")
    if end is not None and world.at >= end:
        raise Refused("status_list_expired", f"{address} until {end.isoformat()}")


def _fetch(address: str, world: World) -> bytes:
    if not address.startswith(("https://", "http://")):
        raise Refused("status_unavailable", f"{address[:200]!r} is no web address")
    try:
        return world.get(address)
    except Unavailable as error:
        raise Refused("status_unavailable", f"{address}: {error.reason}") from None


def _json(content: bytes, address: str) -> dict[str, Any]:
    try:
        return strict_json.parse_object(content)
    except ValueError as error:
        raise Refused("status_list_invalid", f"{address}: {error}") from None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _size(entry: Mapping[str, Any]) -> int:
    size = _number(entry.get("statusSize", 1))
    if size is None or not 1 <= size <= 8:
        raise Refused("status_list_invalid", f"statusSize {str(entry.get('statusSize'))[:20]}")
    return size


def bits(encoded: Any, address: str) -> bytes:
    """The bits of an `encodedList`: multibase base64url (`u`), or plain base64url as lists before 2024 have it.

    The least length that the standard asks for guards the holder's privacy and not the truth of the list, and genuine
    issuers stay below it: it is not demanded. Raises Refused (status_list_invalid).
    """
    if not isinstance(encoded, str):
        raise Refused("status_list_invalid", f"{address} has no encodedList")
    try:
        packed = multibase.base64url(encoded.removeprefix("u").rstrip("="))  # GZIP in base64url starts with H4sI
        return inflate(packed, zlib.MAX_WBITS | 16)
    except ValueError as error:
        raise Refused("status_list_invalid", f"{address}: {error}") from None


def inflate(packed: bytes, window: int) -> bytes:
    """The content of one zlib or GZIP stream within the limit. Raises ValueError."""
    stream = zlib.decompressobj(window)
    try:
        content = stream.decompress(packed, limits.INFLATED_BYTES + 1)
    except zlib.error as error:
        raise ValueError(f"can't be unpacked: {error}") from None
    if len(content) > limits.INFLATED_BYTES:
        raise ValueError(f"unpacks to more than {limits.INFLATED_BYTES} bytes")
    if not stream.eof or stream.unused_data:
        raise ValueError("is cut off or has something behind its end")
    return content


def bit_at(content: bytes, index: int, size: int, address: str) -> int:
    """The value of an entry; index 0 is the leftmost bit of the first byte. Raises Refused outside of the list."""
    if (index + 1) * size > len(content) * 8:
        raise Refused("status_list_invalid", f"the list at {address} has no place {index}")
    value = 0
    for position in range(index * size, (index + 1) * size):
        value = value << 1 | content[position // 8] >> (7 - position % 8) & 1
    return value


# --- IETF token status lists, for SD-JWT and JWT credentials ---------------------------------------------------


def check_token_status(claims: Mapping[str, Any], issuer: str, world: World, opener: Opener) -> Check:
    """Whether a token's `status` claim points at a list that revokes it; `issuer` is its `iss`."""
    reference = claims.get("status")
    if reference is None:
        return plain("status", "not_applicable")
    try:
        return _token_status(reference, issuer, world, opener)
    except Refused as refusal:
        return refusal.check


def _token_status(reference: Any, issuer: str, world: World, opener: Opener) -> Check:
    entry = reference.get("status_list") if isinstance(reference, Mapping) else None
    index = _number(entry.get("idx")) if isinstance(entry, Mapping) else None
    address = entry.get("uri") if isinstance(entry, Mapping) else None
    if index is None or not isinstance(address, str):
        raise Refused("status_unavailable", "a status of another kind than status_list is not understood")
    listed = _opened(address, world, opener)
    end = seconds(listed.get("exp"))
    if end is not None and world.at >= end:
        raise Refused("status_list_expired", f"{address} until {end.isoformat()}")
    if listed.get("sub") != address:
        raise Refused("status_list_invalid", f"the list at {address} is that of {str(listed.get('sub'))[:200]}")
    value = _token_value(listed.get("status_list"), index, address)
    if value in (1, 2):
        return because("revoked" if value == 1 else "suspended", address)
    keeper = listed.get("iss", issuer)
    if not _may_keep(str(keeper), issuer, address, world):
        raise Refused("status_list_foreign", f"{address} is kept by {str(keeper)[:200]}")
    if value:
        raise Refused("status_unavailable", f"what status {value} means is not known here")
    return passed("status", address)


def _token_value(packed: Any, index: int, address: str) -> int:
    """The value at a place; unlike W3C's lists these begin with the rightmost bits of a byte (draft §4.1)."""
    size = packed.get("bits") if isinstance(packed, Mapping) else None
    if size not in (1, 2, 4, 8) or not isinstance(packed.get("lst"), str):
        raise Refused("status_list_invalid", f"{address} holds no list")
    try:
        content = inflate(multibase.base64url(packed["lst"]), zlib.MAX_WBITS)
    except ValueError as error:
        raise Refused("status_list_invalid", f"{address}: {error}") from None
    position = index * size
    if position // 8 >= len(content):
        raise Refused("status_list_invalid", f"the list at {address} has no place {index}")
    return int(content[position // 8] >> position % 8 & (1 << size) - 1)
