"""No provider may raise for what a document holds, whatever stands in it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.program import Reading, document
from providers import sources
from providers.provider import Provider, installed
from tests.providers import seeds

NAMES = ("ctdl", "open_badges", "schema_org", "table")
MEDIA_TYPES = ("application/json", "text/csv", "text/html", "image/png", "image/svg+xml", "application/octet-stream")
EXAMPLES = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["", "P60M", "5", "eyJ.e30.", "https://[", "\x00", "Achievement", "BadgeClass", "ceterms:Course"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def reading_of(provider: Provider, content: bytes, media_type: str) -> Reading:
    """What a provider reads. It may not raise, and what it gives has to be fit for storing."""
    source = document("fuzz", content, media_type, "2026-11-24T00:00:00Z")
    assert isinstance(provider.recognises(source), bool)
    reading = provider.read(source)
    for program in reading.programs:
        assert program.digest() == program.digest()
        assert all(fact.evidence for fact in program.facts.values())
    assert all(problem.message for problem in reading.problems)
    return reading


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path to every value in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """The value with what stands at a path replaced."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = new
    return changed


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary(max_size=300), media_type=st.sampled_from(MEDIA_TYPES))
@EXAMPLES
def test_any_bytes(name: str, content: bytes, media_type: str) -> None:
    reading_of(installed()[name], content, media_type)


@given(content=st.binary(max_size=60) | st.sampled_from([b"{", b"[", b"<", b"<svg", b"PK\x03\x04"]))
@EXAMPLES
def test_any_bytes_look_like_something(content: bytes) -> None:
    (problem,) = sources.read_document(document("x", content, "", "2026-11-24"), []).problems
    assert problem.message.startswith("not a kind of document that Touchstone reads; it looks like ")


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@EXAMPLES
def test_documents_with_bytes_changed_or_cut_off(name: str, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(seeds.DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    reading_of(installed()[name], bytes(content[:end]), data.draw(st.sampled_from(MEDIA_TYPES)))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@EXAMPLES
def test_documents_with_values_of_unexpected_types(name: str, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(seeds.JSON_VALUES))
    for _ in range(data.draw(st.integers(1, 3))):
        value = replaced(value, data.draw(st.sampled_from(places(value))), data.draw(values))
    text = json.dumps(value)
    page = f'<html><head><script type="application/ld+json">{text}</script></head></html>'
    reading_of(installed()[name], data.draw(st.sampled_from([text, page])).encode(), "application/json")
