"""Find the badge classes and achievements in an Open Badges or CLR document, wherever they are nested.

Understood: Open Badges 2.0 (https://www.imsglobal.org/spec/ob/v2p0/) and simple 0.5–1.1 badges, Open Badges 3.0
(https://www.imsglobal.org/spec/ob/v3p0/), CLR 2.0 (https://www.imsglobal.org/spec/clr/v2p0/), presentations and
enveloped credentials (https://www.w3.org/TR/vc-data-model-2.0/). The search uses a queue, not recursion: a
credential may be nested as deeply as a hostile author likes, also JWS within JWS.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from providers.json_document import Item, UnreadableJson, items, member
from providers.open_badges_carrier import Payload, Signature, is_jws, unwrap_jws

Standard = Literal["ob1", "ob2", "ob3"]
Node = dict[str, Any]

_LOCAL = re.compile(r"[#/:]")
_OPEN_BADGES_CONTEXT = re.compile(r"//w3id\.org/openbadges|//openbadgespec\.org|imsglobal\.org/spec/(?:ob|clr)/")
_CREDENTIALS = {"OpenBadgeCredential", "AchievementCredential", "ClrCredential", "VerifiableCredential"}
_FIRST_BADGE_CLASS = {"name", "description", "image", "criteria", "issuer"}
"""Required properties of a badge class before types were introduced (Open Badges 1.0)."""


class Record(NamedTuple):
    """What a holder gets: an assertion or a credential."""

    node: Node
    at: str
    format: Literal["ob2", "ob3", "clr", "vc"] | None
    signature: Signature | None
    subject: Item | None = None
    """The holder, as `credentialSubject` or `recipient`: never to be quoted."""

    def private_identifiers(self) -> set[str]:
        """What names the holder or the record itself, to keep it out of what is said about the program."""
        holder = self.subject.value if self.subject else None
        candidates = [identifier(self.node), identifier(holder), member(holder, "identity"), member(holder, "name")]
        candidates += [member(one, "identityHash") for one, _ in items(member(holder, "identifier"))]
        if self.signature is not None:
            candidates.append(self.signature.claims.get("sub"))
        return {one for one in candidates if isinstance(one, str) and one}


class Found(NamedTuple):
    """A badge class or achievement, and the record it came in."""

    node: Node
    at: str
    standard: Standard
    record: Record | None = None
    described_only: bool = False
    """Listed in a CLR for its associations, not awarded with this credential."""


class Association(NamedTuple):
    """A relation between two achievements of a CLR (https://www.imsglobal.org/spec/clr/v2p0/#association)."""

    kind: str
    source: str
    target: str
    at: str


@dataclass
class Contents:
    """Everything of interest in one document."""

    found: list[Found] = field(default_factory=list)
    associations: list[Association] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Locators and messages."""
    queue: deque[Payload] = field(default_factory=deque)

    def problem(self, at: str, message: str) -> None:
        """Report something that could not be read."""
        self.problems.append((at.strip(), message))


def contents(payload: Payload) -> Contents:
    """What a document holds, in the order in which it stands there, outer before inner."""
    gathered = Contents()
    for value, at in items(payload.value, payload.at):
        gathered.queue.append(Payload(value, at, payload.signature))
    if not gathered.queue:
        gathered.problem(payload.at, "the document is empty; a badge class, achievement or credential is expected")
    while gathered.queue:
        _gather(gathered, gathered.queue.popleft())
    return gathered


def kind_of(node: Any) -> str | None:
    """What a JSON value is in Open Badges' terms; `other` when only its context says so, `None` when nothing does."""
    if not isinstance(node, dict):
        return None
    types = types_of(node)
    for name, kind in _KIND_OF_TYPE.items():
        if name in types:
            return kind
    if "badge" in node and ("recipient" in node or "verify" in node or "verification" in node):
        return "assertion"
    if "credentialSubject" in node and (types & _CREDENTIALS or _in_open_badges_context(node)):
        return "credential"
    if not types and node.keys() >= _FIRST_BADGE_CLASS:
        return "badge class"
    return "other" if types and _in_open_badges_context(node) else None


def is_open_badge(node: Any) -> bool:
    """Whether a value is worth reading here: Open Badges or CLR, not just any verifiable credential."""
    kind = kind_of(node)
    if kind != "credential":
        return kind is not None
    named = types_of(node) & (_CREDENTIALS - {"VerifiableCredential"})
    subjects = items(node.get("credentialSubject"))
    return bool(named) or _in_open_badges_context(node) or any(member(one, "achievement") for one, _ in subjects)


def types_of(node: Any) -> set[str]:
    """The types of a JSON-LD node without their namespaces."""
    value = member(node, "type") or member(node, "@type")
    return {_LOCAL.split(name)[-1] for name, _ in items(value) if isinstance(name, str)}


def identifier(node: Any) -> str | None:
    """The identifier of a JSON-LD node, or the address that stands in its place; blank nodes have none."""
    value = node if isinstance(node, str) else member(node, "id") or member(node, "@id")
    if not isinstance(value, str) or not (stripped := value.replace("\x00", "").strip()) or stripped.startswith("_:"):
        return None
    return stripped


_KIND_OF_TYPE = {
    "EndorsementCredential": "endorsement",
    "Endorsement": "endorsement",
    "EnvelopedVerifiableCredential": "envelope",
    "VerifiablePresentation": "presentation",
    "ClrCredential": "credential",
    "OpenBadgeCredential": "credential",
    "AchievementCredential": "credential",
    "VerifiableCredential": "credential",
    "Assertion": "assertion",
    "BadgeClass": "badge class",
    "Achievement": "achievement",
}
"""Most telling type first."""


def _in_open_badges_context(node: Node) -> bool:
    context = node.get("@context")
    for one, _ in items(context):
        if isinstance(one, str) and _OPEN_BADGES_CONTEXT.search(one):
            return True
        if isinstance(one, dict) and any(isinstance(iri, str) and "w3id.org/openbadges" in iri for iri in one.values()):
            return True
    return False


def _gather(gathered: Contents, payload: Payload) -> None:
    node, at, signature, _ = payload
    if isinstance(node, str):
        _gather_text(gathered, node, at)
        return
    match kind_of(node):
        case "credential":
            _gather_credential(gathered, node, at, signature)
        case "assertion":
            _gather_assertion(gathered, node, at, signature)
        case "badge class":
            gathered.found.append(Found(node, at, _badge_class_standard(node)))
        case "achievement":
            gathered.found.append(Found(node, at, "ob3"))
        case "presentation":
            for inner, place in items(node.get("verifiableCredential"), f"{at}/verifiableCredential"):
                gathered.queue.append(Payload(inner, place))
        case "envelope":
            _gather_text(gathered, str(node.get("id")).partition(",")[2], f"{at}/id")
        case "endorsement":
            gathered.problem(at, "an endorsement says something about a program but is none; read what it endorses")
        case _:
            gathered.problem(at, _not_a_program(node))


def _not_a_program(node: Any) -> str:
    shown = ", ".join(sorted(types_of(node)))[:80] or "a JSON value without a type"
    return f"{shown} is no badge class, achievement or credential; read the badge class or achievement itself"


def _gather_text(gathered: Contents, text: str, at: str) -> None:
    """A credential given as text: a compact JWS, else at best an address."""
    if not is_jws(text):
        gathered.problem(
            at, "a credential is expected here as an object or a compact JWS; read it from its own address"
        )
        return
    try:
        inner = unwrap_jws(text, at)
    except UnreadableJson as error:
        gathered.problem(error.locator, error.message)
        return
    gathered.problems.extend(inner.faults)
    gathered.queue.append(inner)


def _gather_credential(gathered: Contents, node: Node, at: str, signature: Signature | None) -> None:
    read = False
    for subject, place in items(node.get("credentialSubject"), f"{at}/credentialSubject"):
        record = Record(node, at, _format(node), signature, Item(subject, place))
        described_only = record.format == "clr"
        for achievement, where in items(member(subject, "achievement"), f"{place}/achievement"):
            read = True
            if isinstance(achievement, dict):
                gathered.found.append(Found(achievement, where, "ob3", record, described_only))
            else:
                gathered.problem(where, f"the achievement is only a reference; read it from {_shown(achievement)}")
        for inner, where in items(member(subject, "verifiableCredential"), f"{place}/verifiableCredential"):
            read = True
            gathered.queue.append(Payload(inner, where))
        _gather_associations(gathered, subject, place)
    if not read:
        gathered.problem(f"{at}/credentialSubject", "the credential names no achievement, so no program is described")


def _gather_associations(gathered: Contents, subject: Any, place: str) -> None:
    for one, where in items(member(subject, "association"), f"{place}/association"):
        kind, source, target = (member(one, key) for key in ("associationType", "sourceId", "targetId"))
        if isinstance(kind, str) and isinstance(source, str) and isinstance(target, str):
            gathered.associations.append(Association(kind, source, target, where))


def _gather_assertion(gathered: Contents, node: Node, at: str, signature: Signature | None) -> None:
    recipient = node.get("recipient")
    subject = None if recipient is None else Item(recipient, f"{at}/recipient")
    badge = node.get("badge")
    if isinstance(badge, dict):
        standard: Standard = _badge_class_standard({**badge, "@context": node.get("@context", badge.get("@context"))})
        record = Record(node, at, "ob2" if standard == "ob2" else None, signature, subject)
        gathered.found.append(Found(badge, f"{at}/badge", standard, record))
    elif isinstance(badge, str):
        message = f"the assertion only refers to its badge class; read the badge class from {_shown(badge)}"
        gathered.problem(f"{at}/badge", message)
    else:
        gathered.problem(f"{at}/badge", "the assertion names no badge class, so no program is described")


def _badge_class_standard(node: Node) -> Standard:
    """Types came with 1.1, whose context ends in `v1`; what has neither is older."""
    contexts = [one for one, _ in items(node.get("@context"))]
    if any(isinstance(one, str) and re.search(r"openbadges/v1\b", one) for one in contexts):
        return "ob1"
    return "ob2" if contexts or types_of(node) else "ob1"


def _format(node: Node) -> Literal["ob3", "clr", "vc"]:
    types = types_of(node)
    if "ClrCredential" in types:
        return "clr"
    return "ob3" if types & {"OpenBadgeCredential", "AchievementCredential"} else "vc"


def _shown(reference: Any) -> str:
    return reference[:200] if isinstance(reference, str) else "its own address"
