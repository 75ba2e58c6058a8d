"""The resources of a CTDL document, how they refer to each other, and terms of its vocabularies.

CTDL (https://credreg.net/ctdl/terms) is published as JSON-LD. The same thing is written in many ways: references as
text, `{"@id": …}` or embedded resources; identifiers as `/graph/` and `/resources/` addresses, blank nodes and CTIDs in
either case; vocabulary terms as alignment objects, compact or whole addresses, or mere names. This module hides that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from evaluator.program import Draft
from providers.json_document import Item, Text, items, number, text

_CTID = re.compile(r"(?:^|[/:])(?:ce-|urn:ctid:)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$", re.IGNORECASE)
_NAMESPACE = re.compile(r"^(?:ceterms:|https?://purl\.org/ctdl/terms/)")
_DOUBLED = re.compile(r"(.)\1+")
_REFERENCE = frozenset({"@id", "@type"})
_ABSOLUTE = re.compile(r"(?:https?://|urn:|did:)", re.IGNORECASE)
_LONGEST_TERM = 200
MOST_REFERENCES = 1_000
"""Values of one property that are followed: many programs may share one resource, and the work multiplies."""


class Node(NamedTuple):
    """A resource, where it stands, and where a reference to it stands."""

    value: dict[str, Any]
    at: str
    named_at: str
    reference: str = ""
    """The reference as written; empty for a resource that stands where it is named."""


class Concept(NamedTuple):
    """A term of a vocabulary in comparable form (see `plain`), where it stands and how it is written."""

    name: str
    at: str
    quote: str


class Graph:
    """The resources of one document, by identifier."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = tuple(nodes)
        self.problems: dict[str, tuple[str, str]] = {}
        """Places and messages, by what is wrong, so that nothing is reported twice."""
        self._by_key: dict[str, Node] = {}
        self._referring: dict[str, dict[str, list[Node]]] = {}
        for node in self.nodes:
            for name in (node.value.get("@id"), node.value.get("ceterms:ctid")):
                if isinstance(name, str):
                    self._by_key.setdefault(key(name), node)

    def follow(self, node: Node, *properties: str) -> list[Node]:
        """The resources that these properties of `node` name, in order.

        A resource that lies elsewhere is returned with nothing but its `@id`: it is unknown, not absent. A blank
        node can't lie elsewhere; one that the document lacks is left out and is a problem.
        """
        found: list[Node] = []
        for name in properties:
            if name in node.value:
                named = values(node, name)
                if len(named) > MOST_REFERENCES:
                    place = named[MOST_REFERENCES].at
                    self.problems[place] = (place, f"only the first {MOST_REFERENCES} values of {name} were read")
                resolved = (self._resolved(item) for item in named[:MOST_REFERENCES])
                found += [one for one in resolved if one is not None]
        return found

    def referring(self, name: str, target: Node) -> list[Node]:
        """The resources whose property `name` names `target`; their `named_at` is the place of that reference."""
        if name not in self._referring:
            index = self._referring[name] = {}
            for node in self.nodes:
                if name in node.value:
                    for other in self.follow(node, name):
                        index.setdefault(_identity(other), []).append(
                            Node(node.value, node.at, other.named_at, other.reference)
                        )
        return self._referring[name].get(_identity(target), []) if self._referring[name] else []

    def _resolved(self, item: Item) -> Node | None:
        value, at = item
        if isinstance(value, dict):
            if not (isinstance(value.get("@id"), str) and value.keys() <= _REFERENCE):
                return Node(value, at, at)
            value, at = value["@id"], f"{at}/@id"
        if not isinstance(value, str) or not value.strip():
            return None
        if target := self._by_key.get(key(value)):
            return Node(target.value, target.at, at, value)
        if value.startswith("_:"):
            message = f"the blank node {value[:80]} is not in the document; include it"
            self.problems.setdefault(value, (at, message))
            return None
        return Node({"@id": value}, at, at, value)


class Subject(NamedTuple):
    """A program while it is read: its resource, the resources around it, and the draft that takes the facts."""

    node: Node
    graph: Graph
    draft: Draft
    kind: str
    """The class that makes it a program, such as `MicroCredential`."""


def _identity(node: Node) -> str:
    stated = node.value.get("@id")
    return key(stated) if isinstance(stated, str) else node.at


def key(identifier: str) -> str:
    """What two identifiers of the same resource have in common: the CTID in lower case, else the identifier itself."""
    # The last dash of a UUID: most other identifiers are told apart without a search.
    if identifier[-13:-12] != "-" or identifier.startswith("_:"):
        return identifier
    match = _CTID.search(identifier)
    return f"ce-{match[1].lower()}" if match else identifier


def ctid(node: Node) -> str | None:
    """The CTID of a resource as `ce-` and a UUID in lower case; `None` when it has none or a malformed one."""
    stated = node.value.get("ceterms:ctid")
    match = _CTID.search(stated.strip()) if isinstance(stated, str) else None
    return f"ce-{match[1].lower()}" if match else None


def identifier(node: Node) -> str | None:
    """The `@id` of a resource where it is an absolute address; `None` for names that mean nothing elsewhere."""
    stated = node.value.get("@id")
    return stated if isinstance(stated, str) and _ABSOLUTE.match(stated) else None


def mention(node: Node) -> str:
    """A resource as a quote tells it: its name, and the reference where no more stands in the place that names it."""
    named = first_text(node, "ceterms:name")
    if named is None:
        return node.reference or "described without a name"
    return f"{named.value} ({node.reference})" if node.reference else named.value


def types(node: Node) -> list[Item]:
    """The classes of a resource: CTDL's without prefix (`MicroCredential`), others as they stand.

    A name without any prefix is left out: another vocabulary may mean something else by `Course`.
    """
    found = items(node.value.get("@type"), f"{node.at}/@type")
    return [Item(_NAMESPACE.sub("", value), at) for value, at in found if isinstance(value, str) and ":" in value]


def values(node: Node, name: str) -> list[Item]:
    """The values of a property, each with its place; one and several are written differently but mean the same."""
    value = node.value.get(name)
    return [] if value is None else items(value, f"{node.at}/{name}")


def first_text(node: Node, *properties: str) -> Text | None:
    """The first text in one language among these properties; placeholders of the publisher's software are skipped."""
    for name in properties:
        if (value := node.value.get(name)) is not None:
            found = text(value, f"{node.at}/{name}")
            if found and not ("***" in found.value and "MISSING" in found.value):
                return found
    return None


def first_number(node: Node, *properties: str) -> Item | None:
    """The first number among these properties, and its place."""
    for name in properties:
        for value, at in values(node, name):
            if (found := number(value)) is not None:
                return Item(found, at)
    return None


def address(node: Node, name: str) -> str | None:
    """The first address of a property, written as text or as `{"@id": …}`."""
    for value, _ in values(node, name):
        found = value.get("@id") if isinstance(value, dict) else value
        if isinstance(found, str) and found.strip():
            return found.strip()
    return None


def concepts(node: Node, *properties: str) -> Iterator[Concept]:
    """The vocabulary terms of these properties: `targetNode` of an alignment object, else its name, else plain text."""
    for name in properties:
        for value, at in values(node, name):
            if isinstance(value, dict):
                value, at = _term(value, at)
            if isinstance(value, str) and value.strip():
                yield Concept(plain(value[-_LONGEST_TERM:]), at, value)


def _term(value: dict[str, Any], at: str) -> Item:
    target = value.get("ceterms:targetNode")
    if isinstance(target, str):
        return Item(target, f"{at}/ceterms:targetNode")
    if isinstance(target, dict) and isinstance(target.get("@id"), str):
        return Item(target["@id"], f"{at}/ceterms:targetNode/@id")
    if named := text(value.get("ceterms:targetNodeName"), f"{at}/ceterms:targetNodeName"):
        return Item(named.value, named.at)
    return Item(value.get("@id"), f"{at}/@id")


@lru_cache(maxsize=4096)
def plain(term: str) -> str:
    """A vocabulary term for comparison: its last part, lower case, letters only, doubled letters once.

    So `creditUnit:DegreeCredit`, its whole address, "Degree Credit" and the misspelt `DegreeeCredit` are one.
    """
    last = re.split(r"[/#:]", term.strip().rstrip("/"))[-1]
    return _DOUBLED.sub(r"\1", "".join(filter(str.isalpha, last.lower())))
