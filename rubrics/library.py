"""Find, test and lint rubrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from evaluator.rubric import Case, Expectation, Rubric, load_rubric
from evaluator.score import row_of
from evaluator.sql import cap_columns, level_columns
from evaluator.strict_yaml import SpecError, did_you_mean
from rubrics import lock

FIRST = ("rigor", "recognition", "alignment")
"""Rubrics that lists begin with: what a credential proves, who vouches for it, how it is described."""


def installed() -> tuple[Rubric, ...]:
    """Every rubric that an installed distribution publishes, in the order of `in_folders`.

    Raises SpecError for a rubric with mistakes and RuntimeError for a plugin that can't be loaded, naming it.
    """
    return in_folders(folders_of(entry_points(group="touchstone.rubrics")))


def folders_of(points: Iterable[EntryPoint]) -> list[Path]:
    """The folder behind each entry point. Raises RuntimeError that names the broken distribution."""
    folders = []
    for point in points:
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
        try:
            folder = point.load()
        except Exception as error:
            raise RuntimeError(f'The rubrics "{point.name}" of {origin} can\'t be loaded: {error!r}') from error
        if not isinstance(folder, Path) or not folder.is_dir():
            raise RuntimeError(f'The rubrics "{point.name}" of {origin}: {folder!r} is not a folder')
        folders.append(folder)
    return folders


def in_folders(folders: Iterable[Path]) -> tuple[Rubric, ...]:
    """The rubrics in `<folder>/<id>/<version>.yaml`, the built-in ones first, then by id and version.

    Raises SpecError that lists the mistakes of every file, every pair of files that hold the same id and version, and
    every published rubric that has changed (`published.lock`).
    """
    folders = list(folders)
    rubrics: dict[str, Rubric] = {}
    problems: list[str] = []
    for path in sorted(path for folder in folders for path in folder.glob("*/*.yaml")):
        try:
            rubric = load_rubric(path)
        except SpecError as error:
            problems += error.problems
            continue
        if rubric.name in rubrics and rubrics[rubric.name].digest != rubric.digest:
            problems.append(
                f"{'/'.join(path.parts[-3:])}: another file holds {rubric.name} with other content. Keep one of them."
            )
        rubrics[rubric.name] = rubric
    for folder in folders:
        try:
            problems += lock.faults(folder, rubrics)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return tuple(sorted(rubrics.values(), key=_place))


def choose(rubrics: Iterable[Rubric], name: str) -> Rubric:
    """The rubric called `id@version`, or the latest version of `id`. Raises LookupError that suggests."""
    rubrics = list(rubrics)
    matching = [rubric for rubric in rubrics if name in (rubric.rubric, rubric.name)]
    if not matching:
        names = {rubric.rubric for rubric in rubrics} | {rubric.name for rubric in rubrics}
        raise LookupError(f'There is no rubric "{name}".{did_you_mean(name, names)} See `touchstone rubrics list`.')
    return max(matching, key=_version)


def latest(rubrics: Iterable[Rubric]) -> tuple[Rubric, ...]:
    """The latest version of each rubric."""
    rubrics = list(rubrics)
    return tuple(choose(rubrics, name) for name in dict.fromkeys(rubric.rubric for rubric in rubrics))


def _place(rubric: Rubric) -> tuple[int, str, tuple[int, ...]]:
    first = FIRST.index(rubric.rubric) if rubric.rubric in FIRST else len(FIRST)
    return first, rubric.rubric, _version(rubric)


def _version(rubric: Rubric) -> tuple[int, ...]:
    return tuple(int(part) for part in rubric.version.split("."))


@dataclass(frozen=True)
class CaseResult:
    """One worked case of a rubric, run."""

    rubric: str
    case: str
    failures: tuple[str, ...]
    """One line per expectation that does not hold; empty when the case passes."""


def run_cases(rubric: Rubric) -> Iterator[CaseResult]:
    """Run every case of a rubric, in its order."""
    for case in rubric.cases:
        yield CaseResult(rubric=rubric.name, case=case.name, failures=tuple(_failures(rubric, case)))


def _failures(rubric: Rubric, case: Case) -> Iterator[str]:
    row = row_of(case.facts, rubric)
    for criterion in rubric.criteria:
        if criterion.id in case.expect:
            low, high = (row[column] for column in level_columns(criterion.id))
            applies = row[f"{criterion.id}_applies"] if criterion.applies else 1
            expected = case.expect[criterion.id]
            if not _meets(expected, low, high, applies):
                yield f"{criterion.id}: expected {_say(expected)}, found {_say_found(low, high, applies)}"
    for cap in rubric.caps if case.caps is not None else ():
        holds = row[cap_columns(cap.id)[1]] == 1
        if holds != (cap.id in (case.caps or ())):
            yield f"cap {cap.id}: expected {'to hold' if not holds else 'not to hold'}"


def _meets(expected: Expectation, low: int, high: int, applies: int | None) -> bool:
    if expected == "not_applicable":
        return applies == 0
    if expected == "unknown":
        return low < high
    bounds = expected if isinstance(expected, tuple) else (expected, expected)
    return applies != 0 and (low, high) == bounds


def _say(expected: Expectation) -> str:
    if isinstance(expected, tuple):
        return f"a level from {expected[0]} to {expected[1]}"
    return f"level {expected}" if isinstance(expected, int) else str(expected).replace("_", " ")


def _say_found(low: int, high: int, applies: int | None) -> str:
    if applies == 0:
        return "not applicable"
    return f"level {low}" if low == high else f"a level from {low} to {high}"


def uncovered(rubric: Rubric) -> Iterator[str]:
    """What no case shows: a level of a criterion that is never reached for certain, or never unknown."""
    for criterion in rubric.criteria:
        expected = [case.expect[criterion.id] for case in rubric.cases if criterion.id in case.expect]
        missing = [str(level) for level in criterion.levels if level not in expected]
        if missing:
            yield f'criterion "{criterion.id}": no case reaches level {", ".join(missing)}'
        if not any(_is_uncertain(each) for each in expected):
            yield f'criterion "{criterion.id}": no case leaves it unknown'


def _is_uncertain(expected: Expectation) -> bool:
    return expected == "unknown" or (isinstance(expected, tuple) and expected[0] < expected[1])
