"""The items of a schema.org description, how they refer to each other, and which of them are programs.

Publishers write one thing in many ways: a value or a list of them; an object, an `@id` of one that stands elsewhere on
the page, a name or an address as mere text; `Course`, `schema:Course` or the whole address. This module hides that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from evaluator.program import Draft
from providers import json_document, plain_text
from providers.json_document import Item, Text, escape, items, text

MOST_REFERENCES = 200
"""Values of one property that are followed."""
PROGRAMS = (
    "EducationalOccupationalCredential",
    "WorkBasedProgram",
    "EducationalOccupationalProgram",
    "Course",
    "CourseInstance",
)
"""Types that are programs, the most telling first, for an item that has several."""
_PREFIX = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:|sdo:)", re.IGNORECASE)
_REFERENCE = frozenset({"@id", "@type", "id", "type"})
"""Members of an item that only names another. The context of schema.org lets `id` and `type` stand for keywords."""
_CONTAINERS = (
    "@graph",
    "mainEntity",
    "mainEntityOfPage",
    "about",
    "itemListElement",
    "item",
    "itemOffered",
    "hasPart",
    "hasOfferCatalog",
    "makesOffer",
)
"""Properties of pages, lists and organizations that lead to what is described. Others lead to what is mentioned."""
AWARDS = ("educationalCredentialAwarded", "occupationalCredentialAwarded")
_PARTS_OF_OTHERS = {
    **dict.fromkeys(AWARDS, "EducationalOccupationalCredential"),
    "hasCourseInstance": "CourseInstance",
}
"""What belongs to a program on the same page is no program of its own."""
_COURSE_WORDS = re.compile(r"\b(?:course|training)\b", re.IGNORECASE)
_SIGNS_OF_A_COURSE = ("hasCourseInstance", "coursePrerequisites", *AWARDS)


class Node(NamedTuple):
    """An item, where it stands, and where it is named; `is_text`: it is only named, in a text."""

    value: dict[str, Any]
    at: str
    named_at: str
    is_text: bool = False


class Graph:
    """The items of one page, file or line, by identifier."""

    def __init__(self, blocks: Iterable[Item], base: str | None = None) -> None:
        self.blocks = tuple(blocks)
        self.base = base
        """Address against which relative ones are resolved; `None` when nobody knows it."""
        self._by_id: dict[str, Item] = {}
        for item in self._every_object():
            name = identifier(item.value)
            if name and not item.value.keys() <= _REFERENCE:
                known = self._by_id.get(name)
                if known is None or len(known.value) < len(item.value):
                    self._by_id[name] = item

    def follow(self, node: Node, *properties: str) -> list[Node]:
        """What these properties of an item name, in order; what lies elsewhere has nothing but its `@id`."""
        found = (item for name in properties for item in values(node, name)[:MOST_REFERENCES])
        return [one for item in found if (one := self._resolved(item)) is not None]

    def address(self, written: object) -> str | None:
        """An absolute web address, also from a relative one where the page's is known."""
        return web_address(written, self.base)

    def _resolved(self, item: Item) -> Node | None:
        value, at = item
        if isinstance(value, dict) and "@value" not in value:
            name = identifier(value)
            known = self._by_id.get(name) if name and value.keys() <= _REFERENCE else None
            return Node(known.value, known.at, at) if known else Node(value, at, at)
        found = text(value, at)
        if found is None:
            return None
        if known := self._by_id.get(found.value):
            return Node(known.value, known.at, at)
        is_address = self.address(found.value) == found.value
        return Node({"@id" if is_address else "name": found.value}, found.at, found.at, is_text=True)

    def _every_object(self) -> Iterator[Item]:
        stack = list(reversed(self.blocks))
        while stack:
            value, at = stack.pop()
            if isinstance(value, dict):
                yield Item(value, at)
                stack += [Item(inner, f"{at}/{escape(key)}") for key, inner in reversed(value.items())]
            elif isinstance(value, list):
                stack += reversed(items(value, at))

    def programs(self) -> list[tuple[Node, str]]:
        """The items that are programs, with the type that makes them so, in the order of the document."""
        found: list[tuple[Node, str]] = []
        stack = list(reversed(self.blocks))
        while stack:
            value, at = stack.pop()
            if isinstance(value, list):
                stack += reversed(items(value, at))
            elif isinstance(value, dict) and not value.keys() <= _REFERENCE:
                node = Node(value, at, at)
                if (kind := program_type(node)) is not None:
                    found.append((node, kind))
                elif "BreadcrumbList" not in kinds(node):
                    stack += reversed([item for name in _CONTAINERS for item in values(node, name)])
        belonging = {
            id(part.value)
            for node, _ in found
            for name, kind in _PARTS_OF_OTHERS.items()
            for part in self.follow(node, name)
            if part.value is not node.value and program_type(part) == kind
        }
        return [(node, kind) for node, kind in found if id(node.value) not in belonging]

    def held(self) -> Counter[str]:
        """How often each type stands at the top of the document, for somebody who wonders what it holds."""
        counted: Counter[str] = Counter()
        for value, at in self.blocks:
            inner = items(value["@graph"], at) if isinstance(value, dict) and "@graph" in value else [Item(value, at)]
            for one, place in inner:
                if isinstance(one, dict):
                    counted[next(iter(kinds(Node(one, place, place))), "")] += 1
        return counted


class Subject(NamedTuple):
    """A program while it is read: its item, the items around it, and the draft that takes the facts."""

    node: Node
    kind: str
    """The type that makes it a program."""
    graph: Graph
    draft: Draft
    instances: tuple[Node, ...]
    """The item itself and the runs of its course."""
    holders: tuple[Node, ...]
    """The item itself and the credentials that it awards."""
    offers: tuple[Node, ...]
    """The offers of all of these, each once."""

    @property
    def credentials(self) -> tuple[Node, ...]:
        """The credentials that the program leads to: itself, or what it awards."""
        return self.holders if self.kind == "EducationalOccupationalCredential" else self.holders[1:]


def subject(node: Node, kind: str, graph: Graph, draft: Draft) -> Subject:
    """A program with its parts looked up."""
    instances = (node, *graph.follow(node, "hasCourseInstance"))
    holders = (node, *graph.follow(node, *AWARDS))
    found = (offer for one in (*instances, *holders[1:]) for offer in graph.follow(one, "offers"))
    offers = {offer.at: offer for offer in islice(found, MOST_REFERENCES)}
    return Subject(node, kind, graph, draft, instances, holders, tuple(offers.values()))


def web_address(written: object, base: str | None = None) -> str | None:
    """An absolute web address from text or `{"@id": …}`; a relative one is resolved against `base`, where known."""
    if isinstance(written, dict):
        written = identifier(written) or written.get("url")
    if not isinstance(written, str) or not written.strip():
        return None
    try:
        found = urljoin(base, written.strip()) if base else written.strip()
        parts = urlsplit(found)
    except ValueError:
        return None
    return found if parts.scheme in ("http", "https") and parts.hostname and not re.search(r"\s", found) else None


def identifier(value: dict[str, Any]) -> str | None:
    """The `@id` of an item as written."""
    for name in ("@id", "id"):
        if isinstance(found := value.get(name), str) and found.strip():
            return found.strip()
    return None


def kinds(node: Node) -> list[str]:
    """The types of an item: schema.org's without prefix, those of other vocabularies as they stand."""
    stated = node.value.get("@type", node.value.get("type"))
    return [_PREFIX.sub("", value.strip()) for value, _ in items(stated) if isinstance(value, str) and value.strip()]


def program_type(node: Node) -> str | None:
    """The type that makes an item a program; `None` when it is something else."""
    named = kinds(node)
    found = next((kind for kind in PROGRAMS if kind in named), None)
    if found is None and "LearningResource" in named:
        stated = first_line(node, "learningResourceType")
        is_course = stated is not None and _COURSE_WORDS.search(stated.value)
        return "Course" if is_course or any(values(node, name) for name in _SIGNS_OF_A_COURSE) else None
    return found


def values(node: Node, name: str) -> list[Item]:
    """The values of a property with their places; one and several are written differently but mean the same."""
    found = _member(node, name)
    return items(found.value, found.at) if found else []


def texts(node: Node, *properties: str) -> list[Text]:
    """Every text of these properties in one language, without markup."""
    found = [one for name in properties for one in _texts(node, name)]
    cleaned = [Text(plain_text.plain(one.value), one.at, one.language) for one in found]
    return [one for one in cleaned if one.value]


def first_text(node: Node, *properties: str) -> Text | None:
    """The first text among these properties, without markup; paragraphs stay apart."""
    return next(iter(texts(node, *properties)), None)


def first_line(node: Node, *properties: str) -> Text | None:
    """The first text among these properties, without markup, on one line."""
    found = first_text(node, *properties)
    return Text(plain_text.line(found.value), found.at, found.language) if found else None


def label(node: Node, *properties: str) -> Text | None:
    """What an item is called: its name, or the text that stands in its place."""
    found = first_line(node, *(properties or ("name",)))
    return Text(found.value, node.named_at) if found and node.is_text else found


def boolean(value: object) -> bool | None:
    """Yes or no, also as `"true"` or the address of `True`; `None` for anything else."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    return {"true": True, "yes": True, "false": False, "no": False}.get(_PREFIX.sub("", value.strip()).lower())


def _texts(node: Node, name: str) -> list[Text]:
    found = _member(node, name)
    if found is None:
        return []
    return _of_list(found.value, found.at) if isinstance(found.value, list) else _of_one(found.value, found.at)


def _member(node: Node, name: str) -> Item | None:
    for key in _spellings(name):
        if (value := node.value.get(key)) is not None:
            return Item(value, f"{node.at}/{escape(key)}")
    return None


@cache
def _spellings(name: str) -> tuple[str, ...]:
    """How a property of schema.org may be written; only for names that stand in this code."""
    return name, f"schema:{name}", f"https://schema.org/{name}", f"http://schema.org/{name}"


def _of_list(value: list[Any], at: str) -> list[Text]:
    if all(isinstance(one, str) or (isinstance(one, dict) and "@value" in one) for one in value):
        # Several languages of one text must be seen together, so that only one is chosen.
        return _in_one_language(value, at)
    return [found for one, place in items(value, at)[:MOST_REFERENCES] for found in _of_one(one, place)]


def _of_one(value: Any, at: str) -> list[Text]:
    if isinstance(value, dict) and ("@type" in value or "type" in value):
        found = text(value.get("name"), f"{at}/name")
        return [found] if found else []
    return _in_one_language(value, at)


def _in_one_language(value: Any, at: str) -> list[Text]:
    """See `json_document.texts`; numbers count as texts, as `"termCode": 5`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [Text(str(value), at)]
    return json_document.texts(value, at)
