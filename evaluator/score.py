"""One program under one rubric: three scores, coverage, and every criterion with its reason and evidence."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from evaluator.derive import derive
from evaluator.engine import facts_relation, rows
from evaluator.explain import Truths, atom_key, lacking, reason
from evaluator.facts import Value
from evaluator.program import RANK, Fact, Program
from evaluator.rubric import Criterion, Rubric
from evaluator.sql import Query, cap_columns, compile_rubric, level_columns, sqlite_text

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


@dataclass(frozen=True)
class _Prepared:
    """A rubric's statements for SQLite, which scores single programs."""

    query: Query
    levels: str
    atoms: str
    atom_keys: tuple[str, ...]


def score(program: Program, rubric: Rubric, as_of: datetime.date) -> Scorecard:
    """The scorecard of a program; derived facts are added here, so give the program as published.

    Pure: the same program, rubric and day give the same scorecard on any machine.
    """
    return score_derived(derive(program, as_of), rubric, as_of)


def score_derived(program: Program, rubric: Rubric, as_of: datetime.date) -> Scorecard:
    """`score` for a program whose derived facts (`derive`) are there already."""
    prepared = _prepared(rubric)
    values = {name: program.value(name) for name in rubric.facts}
    floor = RANK[rubric.evidence_floor]
    evidenced = {
        name: value if value is not None and RANK[program.facts[name].grade] >= floor else None
        for name, value in values.items()
    }
    row, floor_row = _rows(prepared, values, evidenced)
    truths = _truths(prepared, values)
    criteria = tuple(_criterion(criterion, row, floor_row, truths, program, values) for criterion in rubric.criteria)
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
        criteria=criteria,
        caps=_caps(rubric, row, values),
        oldest_evidence=_oldest(program, rubric),
    )


def row_of(values: Mapping[str, Value | None], rubric: Rubric) -> Row:
    """The query's row for bare fact values, as rubric cases and tests give them."""
    return _rows(_prepared(rubric), values, {})[0]


def _criterion(
    criterion: Criterion,
    row: Row,
    floor_row: Row,
    truths: Truths,
    program: Program,
    values: dict[str, Value | None],
) -> CriterionScore:
    low, high = level_columns(criterion.id)
    evidenced, stated, possible = floor_row[low], row[low], row[high]
    flag = row[f"{criterion.id}_applies"] if criterion.applies else 1
    applies = None if flag is None else bool(flag)
    return CriterionScore(
        id=criterion.id,
        asks=criterion.asks,
        weight=criterion.weight,
        maximum=criterion.maximum,
        applies=applies,
        evidenced=evidenced,
        stated=stated,
        possible=possible,
        says=criterion.levels[stated].says,
        reason=reason(criterion, (evidenced, stated, possible), applies, values),
        next=_next(criterion, stated, truths, values) if applies is not False else None,
        facts={name: program.facts[name] for name in criterion.facts if name in program.facts},
        unknown=tuple(name for name in criterion.facts if values[name] is None),
    )


def _next(criterion: Criterion, stated: int, truths: Truths, values: dict[str, Value | None]) -> NextLevel | None:
    above = [number for number in criterion.conditions if number > stated]
    if not above:
        return None
    level = min(above)
    return NextLevel(
        level=level,
        says=criterion.levels[level].says,
        needs=lacking(criterion.conditions[level], truths, values),
        remedy=criterion.remedy,
    )


def _caps(rubric: Rubric, row: Row, values: dict[str, Value | None]) -> tuple[CapScore, ...]:
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


def _oldest(program: Program, rubric: Rubric) -> str | None:
    dates = [
        evidence.retrieved
        for name in rubric.facts
        if name in program.facts
        for evidence in program.facts[name].evidence
    ]
    return min(dates)[:10] if dates else None


@lru_cache(maxsize=64)
def _prepared(rubric: Rubric) -> _Prepared:
    query = compile_rubric(rubric)
    atoms = {
        atom_key(atom): sqlite_text(atom)
        for criterion in rubric.criteria
        for condition in criterion.conditions.values()
        for atom in condition.atoms()
    }
    return _Prepared(
        query=query,
        levels=f"{facts_relation(query.facts, 2)}, {query.sql('sqlite').removeprefix('WITH ')}",
        atoms=f'{facts_relation(query.facts)} SELECT {", ".join(atoms.values())} FROM "facts"',
        atom_keys=tuple(atoms),
    )


Row = dict[str, Any]
"""One row of a rubric's query by column; see `evaluator.sql.Query`."""


def _rows(prepared: _Prepared, first: Mapping[str, Value | None], second: Mapping[str, Value | None]) -> list[Row]:
    """The query's rows for two sets of fact values, in that order."""
    parameters = [relation.get(name) for relation in (first, second) for name in prepared.query.facts]
    found = sorted(rows(prepared.levels, parameters), key=itemgetter(0))
    return [dict(zip(prepared.query.columns, row, strict=True)) for row in found]


def _truths(prepared: _Prepared, values: Mapping[str, Value | None]) -> Truths:
    row = rows(prepared.atoms, [values[name] for name in prepared.query.facts])[0]
    return dict(zip(prepared.atom_keys, row, strict=True))  # type: ignore[arg-type]
