"""Real documents, and what a careful person reads in them (`golden/*.yaml`)."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluator.program import Program, document
from providers.provider import installed
from tests.corpus import PROVIDERS, needs_corpus

GOLDEN = Path(__file__).parent / "golden"
CASES = [
    pytest.param(case, id=f"{path.stem}-{case['document'].rsplit('/', 1)[-1]}-{number}")
    for path in sorted(GOLDEN.glob("*.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text()))
]


def _program(programs: tuple[Program, ...], expected: dict[str, Any]) -> Program:
    matching = [program for program in programs if program.title == expected["title"]]
    assert matching, f"no program has the title {expected['title']!r}: {[program.title for program in programs][:20]}"
    return matching[expected.get("number", 0)]


@needs_corpus
@pytest.mark.parametrize("case", CASES)
def test_document_gives_the_facts_that_stand_in_it(case: dict[str, Any]) -> None:
    path = PROVIDERS / case["document"]
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    source = document(path.name, path.read_bytes(), media_type, "2026-11-24T00:00:00Z")
    provider = installed()[case["provider"]]
    assert provider.recognises(source)
    reading = provider.read(source)
    if "programs" in case:
        assert len(reading.programs) == case["programs"]
    if "problems" in case:
        assert len(reading.problems) == case["problems"], reading.problems
    for fragment in case.get("says", []):
        assert any(fragment in f"{problem.locator}: {problem.message}" for problem in reading.problems), fragment
    if "program" not in case:
        return
    program = _program(reading.programs, case["program"])
    if "id" in case["program"]:
        assert program.id == case["program"]["id"]
    if "issuer" in case["program"]:
        assert (program.issuer.name if program.issuer else None) == case["program"]["issuer"]
    if "outcomes" in case["program"]:
        assert len(program.outcomes) == case["program"]["outcomes"]
    for name, expected in case.get("facts", {}).items():
        assert name in program.facts, f"{name} is unknown; known: {sorted(program.facts)}"
        fact = program.facts[name]
        assert fact.value == expected["value"], name
        assert expected["at"] in [evidence.locator for evidence in fact.evidence], (name, fact.evidence)
    for name in case.get("unknown", []):
        assert name not in program.facts, f"{name} must stay unknown, but is {program.facts[name]}"
