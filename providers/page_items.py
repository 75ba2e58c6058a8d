"""Microdata and RDFa Lite of a page as JSON: `{"@type": "Course", "name": …}`, a list where a property repeats.

Microdata: HTML standard, section 5; RDFa Lite: https://www.w3.org/TR/rdfa-lite/. Only schema.org types are named;
`itemref` is not followed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from providers.json_document import Item

DEEPEST = 200
"""Levels of elements within a page that are searched: people's pages have forty."""
MOST_PROPERTIES = 5_000
"""Properties and items of a page that are read."""
_SCHEMA_ORG = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:|sdo:)", re.IGNORECASE)
_VALUE_ATTRIBUTES = {
    "a": "href",
    "area": "href",
    "link": "href",
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "source": "src",
    "track": "src",
    "video": "src",
    "object": "data",
    "data": "value",
    "meter": "value",
    "time": "datetime",
}


class _Place(NamedTuple):
    node: LexborNode
    depth: int
    owner: dict[str, Any] | None
    """The item to which properties found here belong."""
    is_rdfa: bool
    """Whether that item is RDFa."""
    vocabulary: str
    """RDFa `vocab` in force."""


def items_of(tree: LexborHTMLParser) -> list[Item]:
    """The items of a page that are not a property of another item, each with the selector of its element."""
    found: list[Item] = []
    budget = MOST_PROPERTIES
    counted: dict[int, int] = {}
    stack = [_Place(tree.root, 0, None, False, "")] if tree.root is not None else []
    while stack and budget:
        place = stack.pop()
        attributes = place.node.attributes
        vocabulary = attributes.get("vocab") or place.vocabulary
        made = _item(attributes, vocabulary)
        names = _names(attributes, place, vocabulary)
        if names and place.owner is not None:
            budget -= 1
            for name in names:
                _add(place.owner, name, _literal(place.node, attributes) if made is None else made)
        elif made is not None:
            budget -= 1
            found.append(Item(made, selector(place.node, counted)))
        if place.depth < DEEPEST:
            owner, is_rdfa = (place.owner, place.is_rdfa) if made is None else (made, "itemscope" not in attributes)
            below = [_Place(child, place.depth + 1, owner, is_rdfa, vocabulary) for child in _children(place.node)]
            stack += reversed(below)
    return found


def selector(node: LexborNode, counted: dict[int, int]) -> str:
    """A CSS selector that leads to this element and no other.

    `counted` keeps what was counted between calls for one page: a page may have a million elements side by side.
    """
    steps: list[str] = []
    current: LexborNode | None = node
    while current is not None and current.tag not in ("html", "-document", "-undef", None):
        parent = current.parent
        if current.mem_id not in counted and parent is not None:
            _count(parent, counted)
        number = counted.get(current.mem_id, 1)
        steps.append(current.tag if current.tag in ("head", "body") else f"{current.tag}:nth-of-type({number})")
        current = parent
    return " > ".join(reversed(steps))


def _count(parent: LexborNode, counted: dict[int, int]) -> None:
    same: Counter[str | None] = Counter()
    for child in _children(parent):
        same[child.tag] += 1
        counted[child.mem_id] = same[child.tag]


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        if child.is_element_node:
            yield child
        child = child.next


def _item(attributes: dict[str, str | None], vocabulary: str) -> dict[str, Any] | None:
    if "itemscope" in attributes:
        types, identifier = attributes.get("itemtype"), attributes.get("itemid")
    elif "typeof" in attributes:
        inherited = "https://schema.org/" if _SCHEMA_ORG.match(vocabulary) else ""
        types = " ".join(word if ":" in word else inherited + word for word in (attributes["typeof"] or "").split())
        identifier = attributes.get("resource")
    else:
        return None
    short = [_SCHEMA_ORG.sub("", word) for word in (types or "").split() if _SCHEMA_ORG.match(word)]
    made: dict[str, Any] = {"@type": short[0] if len(short) == 1 else short}
    return {**made, "@id": identifier} if identifier else made


def _names(attributes: dict[str, str | None], place: _Place, vocabulary: str) -> list[str]:
    if not place.is_rdfa:
        return (attributes.get("itemprop") or "").split()
    words = (attributes.get("property") or "").split()
    if "typeof" in attributes:
        # Beyond RDFa Lite, but the examples of schema.org name an item's part so.
        words += (attributes.get("rel") or "").split()
    plain = bool(_SCHEMA_ORG.match(vocabulary))
    return [_SCHEMA_ORG.sub("", word) for word in words if _SCHEMA_ORG.match(word) or (plain and ":" not in word)]


def _literal(node: LexborNode, attributes: dict[str, str | None]) -> str:
    if "content" in attributes:
        return attributes["content"] or ""
    named = _VALUE_ATTRIBUTES.get(node.tag or "")
    if named and named in attributes:
        return attributes[named] or ""
    return " ".join(node.text().split())


def _add(owner: dict[str, Any], name: str, value: Any) -> None:
    if name not in owner:
        owner[name] = value
    elif isinstance(owner[name], list):
        owner[name].append(value)
    else:
        owner[name] = [owner[name], value]
