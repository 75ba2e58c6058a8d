"""One program under one rubric: three scores, coverage, and every criterion with its reason and evidence."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from evaluator.condition import sqlite_text
from evaluator.derive import derive
from evaluator.engine import facts_relation, rows
from evaluator.explain import Truths, atom_key, lacking, reason
from evaluator.facts import Value
from evaluator.program import GRADES, RANK, Fact, Program
from evaluator.rubric import Criterion, Rubric
from evaluator.sql import Query, cap_columns, compile_rubric, level_columns

ADVISORY = "Advisory: a person decides."


class NextLevel(msgspec.Struct, frozen=True, kw_only=True):
    """What would raise a criterion next."""

    level: int
    says: str
    """What the program would then show."""
    needs: str
    """The parts of its condition that do not hold yet, with what is known now."""
    remedy: str
    """What a provider can publish or change."""


class CriterionScore(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion of a scorecard."""

    id: str
    asks: str
    weight: int
    maximum: int
    """Its highest level."""
    applies: bool | None
    """False: not applicable, the weight is left out. `None`: not known."""
    evidenced: int
    """Level from facts at or above the rubric's evidence floor; unknown counts as worst."""
    stated: int
    """Level from all facts; unknown counts as worst."""
    possible: int
    """Level from all facts; unknown counts as best."""
    says: str
    """What the stated level shows."""
    reason: str
    next: NextLevel | None
    facts: dict[str, Fact]
    """The known facts that it asks, with their evidence."""
    unknown: tuple[str, ...]
    """The facts that it asks and nobody states."""


class CapScore(msgspec.Struct, frozen=True, kw_only=True):
    """A cap of the rubric, as it holds for this program."""

    id: str
    at_most: int
    says: str
    holds: bool | None
    """`None`: not known, so that it limits the lower scores only."""
    bites: bool
    """It limits `stated`, which would be higher without it."""
    unknown: tuple[str, ...] = ()
    """The facts that it asks and nobody states."""


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """One program under one rubric on one day."""

    program: str
    title: str | None
    rubric: str
    version: str
    digest: str
    """Of the rubric."""
    as_of: str
    """Day at which ages were counted."""
    evidenced: float
    stated: float
    possible: float
    """The three scores, 0 to 100: evidenced ≤ stated ≤ possible."""
    coverage: float
    """Share of the applicable weight whose level is certain, 0 to 1."""
    criteria: tuple[CriterionScore, ...]
    caps: tuple[CapScore, ...]
    oldest_evidence: str | None
    """Date of the oldest evidence that the rubric used."""
    advisory: str = ADVISORY


def score(program: Program, rubric: Rubric, as_of: datetime.date) -> Scorecard:
    """The scorecard of a program; derived facts are added here, so give the program as published.

    Pure: the same program, rubric and day give the same scorecard on any machine.
    """
    return score_derived(derive(program, as_of), rubric, as_of)


def score_derived(program: Program, rubric: Rubric, as_of: datetime.date) -> Scorecard:
    """`score` for a program whose derived facts (`derive`) are there already."""
    prepared = _prepared(rubric)
    asked = [program.facts.get(name) for name in rubric.facts]
    values = tuple([None if fact is None else fact.value for fact in asked])
    counted = prepared.counted
    evidenced = tuple([fact.value if fact is not None and fact.grade in counted else None for fact in asked])
    row = prepared.row(values)
    floor_row = row if evidenced == values else prepared.row(evidenced)
    return Scorecard(
        program=program.id,
        title=program.title,
        rubric=rubric.rubric,
        version=rubric.version,
        digest=rubric.digest,
        as_of=as_of.isoformat(),
        evidenced=floor_row["score_low"],
        stated=row["score_low"],
        possible=row["score_high"],
        coverage=row["weight_certain"] / row["weight_applicable"],
        criteria=tuple([_criterion(each, row, floor_row, program.facts, values) for each in prepared.criteria]),
        caps=_caps(rubric, row, dict(zip(rubric.facts, values, strict=True))),
        oldest_evidence=_oldest(asked),
    )


def row_of(values: Mapping[str, Value | None], rubric: Rubric) -> dict[str, Any]:
    """The query's row for bare fact values, as rubric cases and tests give them."""
    return dict(_prepared(rubric).row(tuple([values.get(name) for name in rubric.facts])))


def _criterion(
    prepared: _PreparedCriterion, row: Row, floor_row: Row, known: Mapping[str, Fact], values: Values
) -> CriterionScore:
    criterion = prepared.criterion
    evidenced, stated, possible = floor_row[prepared.low], row[prepared.low], row[prepared.high]
    flag = row[prepared.applies] if prepared.applies else 1
    applies = None if flag is None else bool(flag)
    told = prepared.told((evidenced, stated, possible), applies, tuple([values[place] for place in prepared.places]))
    return CriterionScore(
        id=criterion.id,
        asks=criterion.asks,
        weight=criterion.weight,
        maximum=prepared.maximum,
        applies=applies,
        evidenced=evidenced,
        stated=stated,
        possible=possible,
        says=told.says,
        reason=told.reason,
        next=told.next,
        facts={name: known[name] for name in criterion.facts if name in known},
        unknown=told.unknown,
    )


def _caps(rubric: Rubric, row: Row, values: Mapping[str, Value | None]) -> tuple[CapScore, ...]:
    scores = []
    for cap in rubric.caps:
        low, high = (row[column] for column in cap_columns(cap.id))
        scores.append(
            CapScore(
                id=cap.id,
                at_most=cap.at_most,
                says=cap.says,
                holds=bool(low) if low == high else None,
                bites=bool(low) and row["score_low"] == cap.at_most and row["uncapped_low"] > cap.at_most,
                unknown=tuple(name for name in cap.condition.facts if values[name] is None),
            )
        )
    return tuple(scores)


def _oldest(asked: Sequence[Fact | None]) -> str | None:
    dates = [evidence.retrieved for fact in asked if fact is not None for evidence in fact.evidence]
    return min(dates)[:10] if dates else None


# --- a rubric made ready ------------------------------------------------------------------------------------

Row = Mapping[str, Any]
"""One row of a rubric's query by column; see `evaluator.sql.Query`."""

Values = tuple[Value | None, ...]
"""Values of the facts that a rubric or a criterion asks, in its order of them."""

ROWS_KEPT = 2_048
"""Rows kept per rubric: programs of one issuer often know the same, and many have nothing evidenced."""

SENTENCES_KEPT = 512
"""Answers kept per criterion."""


class _Told(NamedTuple):
    """What a scorecard says of a criterion in words. It depends on nothing but levels and values."""

    says: str
    reason: str
    next: NextLevel | None
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class _PreparedCriterion:
    """A criterion with what is the same for every program."""

    criterion: Criterion
    maximum: int
    low: str
    high: str
    applies: str | None
    """Columns of the rubric's query."""
    places: tuple[int, ...]
    """Where the facts of the criterion stand among those of the rubric."""
    told: Callable[[tuple[int, int, int], bool | None, Values], _Told]


@dataclass(frozen=True)
class _Prepared:
    """A rubric with what is the same for every program."""

    counted: frozenset[str]
    """Grades at or above the evidence floor."""
    criteria: tuple[_PreparedCriterion, ...]
    row: Callable[[Values], Row]
    """The query's row for the values of the rubric's facts."""


@lru_cache(maxsize=64)
def _prepared(rubric: Rubric) -> _Prepared:
    places = {name: place for place, name in enumerate(rubric.facts)}
    return _Prepared(
        counted=frozenset(GRADES[RANK[rubric.evidence_floor] :]),
        criteria=tuple(_prepared_criterion(criterion, places) for criterion in rubric.criteria),
        row=_row(compile_rubric(rubric)),
    )


def _prepared_criterion(criterion: Criterion, places: Mapping[str, int]) -> _PreparedCriterion:
    low, high = level_columns(criterion.id)
    return _PreparedCriterion(
        criterion=criterion,
        maximum=criterion.maximum,
        low=low,
        high=high,
        applies=f"{criterion.id}_applies" if criterion.applies else None,
        places=tuple(places[name] for name in criterion.facts),
        told=_told(criterion),
    )


def _row(query: Query) -> Callable[[Values], Row]:
    statement = f"{facts_relation(query.facts)}, {query.sql('sqlite').removeprefix('WITH ')}"

    @lru_cache(maxsize=ROWS_KEPT)
    def row(values: Values) -> Row:
        return MappingProxyType(dict(zip(query.columns, rows(statement, values)[0], strict=True)))

    return row


def _told(criterion: Criterion) -> Callable[[tuple[int, int, int], bool | None, Values], _Told]:
    atoms = {
        atom_key(atom): sqlite_text(atom) for condition in criterion.conditions.values() for atom in condition.atoms()
    }
    statement = f'{facts_relation(criterion.facts)} SELECT {", ".join(atoms.values())} FROM "facts"'

    @lru_cache(maxsize=SENTENCES_KEPT)
    def told(levels: tuple[int, int, int], applies: bool | None, known: Values) -> _Told:
        stated = levels[1]
        values = dict(zip(criterion.facts, known, strict=True))
        above = [number for number in criterion.conditions if number > stated]
        following = None
        if above and applies is not False:
            truths: Truths = dict(zip(atoms, rows(statement, known)[0], strict=True))  # type: ignore[arg-type]
            following = _next(criterion, min(above), truths, values)
        return _Told(
            says=criterion.levels[stated].says,
            reason=reason(criterion, levels, applies, values),
            next=following,
            unknown=tuple(name for name in criterion.facts if values[name] is None),
        )

    return told


def _next(criterion: Criterion, level: int, truths: Truths, values: Mapping[str, Value | None]) -> NextLevel:
    return NextLevel(
        level=level,
        says=criterion.levels[level].says,
        needs=lacking(criterion.conditions[level], truths, values),
        remedy=criterion.remedy,
    )
