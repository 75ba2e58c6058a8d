"""The parts of an Open Badges 2.0 document: whether they are there, of a known kind, and in the issuer's scope.

https://www.imsglobal.org/spec/ob/v2p0/. Only what is needed to verify and to understand a badge is demanded; a part
that the standard also wants, such as a picture, is named in the detail when it is missing.
"""

from __future__ import annotations

import datetime
import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from evaluator.credentials import times
from evaluator.credentials.verdict import Check, Refused, because, passed

CONTEXTS = frozenset({"https://w3id.org/openbadges/v2", "https://openbadgespec.org/v2/context.json"})
_VOCABULARY = "https://w3id.org/openbadges#"
"""What the prefix `obi` stands for, by which a context that is written out is known."""
_CLASSES = """
    Assertion BadgeClass Profile Issuer CryptographicKey RevocationList Endorsement VerificationObject HostedBadge
    hosted SignedBadge signed IdentityObject Criteria Evidence Image AlignmentObject Extension FrameValidation
    TypeValidation email url telephone
"""
CLASSES = frozenset(_CLASSES.split())
_NEEDED = {
    "Assertion": ("id", "type", "recipient", "badge", "verification", "issuedOn"),
    "BadgeClass": ("type", "name", "issuer"),
    "Profile": ("type", "name"),
}
_WANTED = {
    "Assertion": (),
    "BadgeClass": ("id", "description", "image", "criteria"),
    "Profile": ("id", "url", "email"),
}
_DOT_SEGMENT = re.compile(r"(?:/|^)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_PORTS = {"http": 80, "https": 443}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def items(value: Any) -> list[Any]:
    """A single value or a list as a list; nothing for null."""
    return [] if value is None else value if isinstance(value, list) else [value]


def types(node: dict[str, Any]) -> list[str]:
    """The types of a node that are text; classes of the vocabulary without its prefix or address."""
    found = [one for one in items(node.get("type")) if isinstance(one, str)]
    return [one.removeprefix("obi:").removeprefix(_VOCABULARY) for one in found]


def is_version_1(node: dict[str, Any]) -> bool:
    """Whether an assertion is of Open Badges 0.5 to 1.1: it has `verify`, or a context of version 1, or neither type
    nor context (https://openbadgespec.org/history/)."""
    if any(isinstance(one, str) and re.search(r"openbadges/v1\b", one) for one in items(node.get("@context"))):
        return True
    return "badge" in node and "verification" not in node and ("verify" in node or "@context" not in node)


def check_node(node: dict[str, Any], kind: str, at: str) -> str:
    """Check one node of the graph; returns what the standard wants besides, as words (empty when nothing).

    Raises Refused: `context_invalid`, `type_invalid`, `extension_invalid`, `data_model_invalid`.
    """
    check_context(node, at)
    check_types(node, at)
    check_extensions(node, at)
    found = set(types(node))
    if kind not in found and not (kind == "Profile" and "Issuer" in found):
        raise Refused("type_invalid", f"{at} is of type {', '.join(sorted(found))[:80] or 'nothing'}, not {kind}")
    missing = [name for name in _NEEDED[kind] if node.get(name) in (None, "", [], {})]
    if missing:
        raise Refused("data_model_invalid", f"{at} has no {', '.join(missing)}")
    wanted = [name for name in _WANTED[kind] if node.get(name) in (None, "", [], {})]
    return f"{at} has no {', '.join(wanted)}" if wanted else ""


def check_context(node: dict[str, Any], at: str) -> None:
    """Raises Refused with `context_invalid` unless a context is that of Open Badges 2.0, by address or written out."""
    if not any(is_vocabulary(one) for one in items(node.get("@context"))):
        raise Refused("context_invalid", f"{at} does not name the vocabulary of Open Badges 2.0")


def is_vocabulary(context: Any) -> bool:
    """Whether one entry of a `@context` is the vocabulary of Open Badges 2.0."""
    if isinstance(context, str):
        return context in CONTEXTS
    return isinstance(context, dict) and context.get("obi") == _VOCABULARY


def check_types(node: dict[str, Any], at: str) -> None:
    """Raises Refused with `type_invalid` for a type that is neither a class of the standard nor an IRI."""
    for one in items(node.get("type")):
        if not isinstance(one, str) or (one not in CLASSES and ":" not in one):
            raise Refused("type_invalid", f"{at} is of the type {str(one)[:80]}, which is not known")


def check_extensions(node: dict[str, Any], at: str) -> None:
    """Raises Refused with `extension_invalid` for an extension without its own context or without the type
    `Extension` (https://www.imsglobal.org/spec/ob/v2p0/#Extension). Its own schema is not applied."""
    for name, value in node.items():
        if not name.startswith("extensions:"):
            continue
        for one in items(value):
            if not isinstance(one, dict) or "@context" not in one or "Extension" not in types(one):
                raise Refused("extension_invalid", f"{at}, {name[:80]}: no context, or not of the type Extension")


def in_scope(assertion: str, badge: str, profile: dict[str, Any], issuer: str) -> bool:
    """Whether the issuer publishes badges at the address of an assertion.

    https://www.imsglobal.org/spec/ob/v2p0/#HostedBadge: the profile's `verification` lists beginnings of addresses
    (`startsWith`) and host names (`allowedOrigins`); without either, assertion and badge class have to be on the host
    of the issuer's own address. `issuer` is the address where the profile was found, whatever it calls itself.
    """
    place, home = web_address(assertion), web_address(issuer)
    if place is None or home is None:
        return False
    policy = profile.get("verification")
    policy = policy if isinstance(policy, dict) else {}
    beginnings, hosts = items(policy.get("startsWith")), items(policy.get("allowedOrigins"))
    if not beginnings and not hosts:
        return _host(place) == _host(home) and (not badge or _host(web_address(badge)) == _host(home))
    return (not beginnings or any(_begins(place, one) for one in beginnings)) and (
        not hosts or place.hostname in {one.lower() for one in hosts if isinstance(one, str)}
    )


def web_address(value: Any) -> SplitResult | None:
    """The parts of an http or https address that means the same to everybody, else None: no user name, no blanks or
    backslashes, no dot segments."""
    if not isinstance(value, str) or _UNSAFE.search(value):
        return None
    try:
        parts = urlsplit(value)
        usable = parts.scheme in _PORTS and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not _DOT_SEGMENT.search(parts.path) else None


def same_host(one: str, other: str) -> bool:
    """Whether two web addresses are on the same host and port; `http` and `https` count as the same."""
    return (host := _host(web_address(one))) is not None and host == _host(web_address(other))


def _host(parts: SplitResult | None) -> tuple[str, int] | None:
    if parts is None or parts.hostname is None:
        return None
    port = parts.port or _PORTS[parts.scheme]
    return parts.hostname.rstrip("."), 443 if port in _PORTS.values() else port


def _begins(place: SplitResult, beginning: Any) -> bool:
    start = web_address(beginning)
    if start is None or (start.scheme, _host(start)) != (place.scheme, _host(place)):
        return False
    return f"{place.path or '/'}?{place.query}".startswith(start.path + (f"?{start.query}" if start.query else ""))


def instant(value: Any) -> datetime.datetime | None:
    """The time that a date of Open Badges names, or None: ISO 8601, or seconds since 1970 as in version 1.

    A date alone is its first moment, and what states no time zone is taken as UTC.
    """
    if isinstance(value, str) and _DATE.fullmatch(value):
        return times.instant(f"{value}T00:00:00Z")
    return times.instant(value) or times.seconds(value)


def check_period(assertion: dict[str, Any], at: datetime.datetime) -> Check:
    """The check of `issuedOn` and `expires`. Raises Refused with `data_model_invalid` for what is no date."""
    issued, expires = (instant(assertion.get(name)) for name in ("issuedOn", "expires"))
    for name, found in (("issuedOn", issued), ("expires", expires)):
        if found is None and assertion.get(name) is not None:
            raise Refused("data_model_invalid", f"{name} is no date: {str(assertion[name])[:40]}")
    if issued and expires and expires < issued:
        return because("expired_before_issued", f"issued {issued.isoformat()}, expired {expires.isoformat()}")
    if issued and issued > at:
        return because("not_yet_valid", f"issued {issued.isoformat()}")
    if expires and expires <= at:
        return because("expired", f"expired {expires.isoformat()}")
    return passed("validity_period", f"expires {expires.isoformat()}" if expires else "it states no end")
