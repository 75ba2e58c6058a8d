"""The sample catalogue: enough programs of enough publishers, and a public page and a day behind every fact."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from evaluator.facts import dictionary
from evaluator.program import Evidence, Program
from providers import profile, sidecar, sources

FOLDER = Path(__file__).parents[2] / "providers" / "samples"
READINGS = tuple(sources.read([str(FOLDER)]))
PROGRAMS = tuple(program for reading in READINGS for program in reading.programs)
LAST_DAY = datetime.date(2026, 11, 25)
"""On which pages were read."""


def with_profiles(program: Program) -> Program:
    return profile.inherit(program, profile.built_in())


def unsourced(program: Program) -> list[str]:
    """Facts of which some evidence names no public page or no day."""
    return [name for name, fact in program.facts.items() if not all(_is_sourced(each) for each in fact.evidence)]


def _is_sourced(evidence: Evidence) -> bool:
    if evidence.source is None or evidence.retrieved is None or len(evidence.retrieved) != len("2026-11-25"):
        return False
    parts = urlsplit(evidence.source)
    read_on = datetime.date.fromisoformat(evidence.retrieved)
    return parts.scheme in ("http", "https") and "." in parts.netloc and read_on <= LAST_DAY


def test_there_are_enough_programs_of_enough_publishers() -> None:
    assert len(PROGRAMS) >= 36
    assert len({program.issuer.name for program in PROGRAMS if program.issuer}) >= 12
    assert all(program.title and program.issuer for program in PROGRAMS)


def test_every_provider_reads_some() -> None:
    assert {program.provider for program in PROGRAMS} == {"ctdl", "open_badges", "schema_org", "table"}


def test_no_program_stands_there_twice() -> None:
    assert len({program.id for program in PROGRAMS}) == len(PROGRAMS)
    assert len({(program.title, program.issuer and program.issuer.name) for program in PROGRAMS}) == len(PROGRAMS)


def test_they_are_read_without_a_problem() -> None:
    assert [problem for reading in READINGS for problem in reading.problems] == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.title))
def test_every_fact_names_a_public_page_and_a_day(program: Program) -> None:
    known = dictionary()
    assert program.facts
    assert not [name for name in program.facts if known[name].derived]
    assert unsourced(program) == []
    inherited = with_profiles(program)
    assert unsourced(inherited) == []
    assert not [name for name, fact in inherited.facts.items() if not fact.evidence or fact.conflict]


@pytest.mark.parametrize(
    "path",
    sorted(path for path in FOLDER.iterdir() if not sidecar.is_sidecar(path) and path.suffix not in (".md", ".py")),
    ids=lambda path: str(path.name),
)
def test_what_somebody_described_by_hand_names_where_it_was_read(path: Path) -> None:
    assert Path(sidecar.path_beside(str(path))).is_file()


def test_without_its_sidecar_a_fact_counts_as_unsourced(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "awarding-bodies.csv", tmp_path)
    (reading,) = sources.read([str(tmp_path)])
    assert reading.programs
    assert all(unsourced(program) == list(program.facts) for program in reading.programs)
