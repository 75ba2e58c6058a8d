"""The text that somebody put into a picture or a document; found by `png`, `svg` and `pdf`."""

from __future__ import annotations

from typing import NamedTuple

from evaluator.credentials.verdict import Refused


class Baked(NamedTuple):
    """A badge as it stands in its picture: JSON, a signed token or an address."""

    text: str
    at: str
    """Where it stands: chunk and keyword, or CSS selector."""
    keyword: str
    """The name that marks it: two under different names are two badges, not a contradiction."""


def distinct(found: list[Baked]) -> list[Baked]:
    """The badges of one picture, each once.

    The same text twice is one badge that was baked again. Two different texts under one name contradict each other:
    at most one is allowed (Open Badges 2.0 Baking, https://www.imsglobal.org/spec/ob/v2p0/baking/), and which of them
    a reader shows would be chance. Raises Refused with `malformed`.
    """
    unique: dict[str, Baked] = {}
    for one in found:
        if unique.setdefault(one.keyword, one).text != one.text:
            raise Refused("malformed", f"{one.at}: two different badges stand in one picture")
    return list(unique.values())
