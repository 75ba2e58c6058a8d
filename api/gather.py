"""From places to judged programs: read, merge, inherit, derive, score."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from evaluator.derive import derive
from evaluator.facts import dictionary
from evaluator.program import Problem, Program, Reading, may_be_one, merged, set_apart
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, score_derived
from providers import profile, sources, table, table_mapping

Step = Callable[[], object]
"""Called after each program, for progress."""


def no_step() -> None:
    """Nobody watches."""


READ_VOCABULARIES = frozenset({"ctdl", "open_badges", "edubadges", "schema_org"})
"""Vocabularies of the dictionary's `maps` that the built-in providers read."""

SAMPLES = "samples"
"""The place that stands for the sample catalogue."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A program with its derived facts, and its scorecard under each rubric."""

    program: Program
    scorecards: tuple[Scorecard, ...]


def sample_folder() -> Path:
    """The folder of the sample catalogue that comes with Touchstone."""
    return Path(str(resources.files("providers").joinpath("samples")))


def readings(places: Sequence[str], provider_name: str | None = None, mapping: Path | None = None) -> Iterator[Reading]:
    """What each document at the places gives; `SAMPLES` is the sample catalogue.

    With `mapping`, every document is read as a table by that mapping. Raises SpecError for a mapping with mistakes
    and UnknownProvider for a name that is not installed.
    """
    found = [str(sample_folder()) if place == SAMPLES else place for place in places]
    if mapping is None:
        return sources.read(found, provider_name)
    columns = table_mapping.load(mapping.read_bytes(), str(mapping))
    by_mapping = dataclasses.replace(table.provider, read=lambda document: table.read_with(document, columns))
    return sources.read(found, by_mapping)


def guessed_mappings(places: Sequence[str]) -> tuple[list[tuple[str, str]], list[Problem]]:
    """The guessed mapping of every table at the places, as (name of the table, YAML), and what could not be had."""
    mappings, problems = [], []
    for found in sources.documents(places):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        guessed = table.guessed(found) if table.recognises(found) else []
        mappings += [
            (f"{found.url}, sheet {sheet}" if sheet else found.url, table_mapping.to_yaml(mapping))
            for sheet, mapping in guessed
        ]
        if not guessed:
            says = "holds no table in which a column looks like the title of a program"
            problems.append(Problem(document=found.url, locator="", message=says))
    return mappings, problems


def stated_facts() -> frozenset[str]:
    """Every fact that a built-in provider or profile can state, and every derived one.

    A provider can state what its vocabulary expresses (`maps` in the dictionary).
    """
    expressed = {name for name, fact in dictionary().items() if fact.derived or READ_VOCABULARIES & fact.maps.keys()}
    profiled = {name for each in profile.built_in() for statement in each.statements for name in statement.facts}
    return frozenset(expressed | profiled)


def collected(readings: Iterable[Reading], *, profiles: bool) -> tuple[list[Program], list[Problem]]:
    """All programs, those with one id merged, and all problems. With `profiles`, programs inherit from them.

    Programs with one id and issuers of two names are not one; the later is set apart, with a problem that names both.
    """
    programs: dict[str, Program] = {}
    problems: list[Problem] = []
    for reading in readings:
        problems += reading.problems
        for program in reading.programs:
            _collect(program, programs, problems)
    if profiles:
        built_in = profile.built_in()
        return [profile.inherit(program, built_in) for program in programs.values()], problems
    return list(programs.values()), problems


def _collect(program: Program, programs: dict[str, Program], problems: list[Problem]) -> None:
    known = programs.get(program.id)
    if known and not may_be_one(known, program):
        place = program.documents[0].url if program.documents else ""
        program, says = set_apart(program, known)
        problems.append(Problem(document=place, locator="", message=says))
        known = programs.get(program.id)
    programs[program.id] = merged(known, program) if known else program


def judge(
    programs: Iterable[Program],
    rubrics: Sequence[Rubric],
    as_of: datetime.date,
    step: Step = no_step,
) -> list[Judged]:
    """Each program under each rubric."""
    judged = []
    for program in programs:
        derived = derive(program, as_of)
        cards = tuple(score_derived(derived, rubric, as_of) for rubric in rubrics)
        judged.append(Judged(program=derived, scorecards=cards))
        step()
    return judged


def chosen(programs: Sequence[Program], names: Sequence[str]) -> list[Program]:
    """The programs called by id, or by a part of their title, in the order of `names`; all without names.

    Raises LookupError for a name that fits no program, or several and none exactly.
    """
    return [_one(programs, name) for name in names] if names else list(programs)


def _one(programs: Sequence[Program], name: str) -> Program:
    exact = [program for program in programs if name in (program.id, program.title)]
    wanted = name.casefold()
    found = exact or [program for program in programs if wanted in (program.title or "").casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise LookupError(f'No program is called "{name}". `touchstone read` lists titles and ids.')
    titles = "; ".join(f"{program.title} ({program.id})" for program in found[:5])
    raise LookupError(f'"{name}" fits {len(found)} programs: {titles}. Give an id or more of the title.')
