"""Scorecards by content of the program, rubric and day, so that nothing is judged twice."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlmodel import Session

from api.store.database import Database, insert_missing
from api.store.documents import CHUNK
from api.store.packed import pack, unpack
from api.store.rubrics import add as add_rubrics
from api.store.tables import ScorecardRow, table
from evaluator.derive import derive
from evaluator.program import Program
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, score_derived

_CARDS = table(ScorecardRow)
Row = dict[str, Any]
Judge = tuple[str, str]
"""Digest of a program and of a rubric."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a scorecard, as a catalogue shows them."""

    evidenced: float
    stated: float
    possible: float
    coverage: float


def get_or_score(
    database: Database, programs: Sequence[tuple[str, Program]], rubrics: Sequence[Rubric], as_of: datetime.date
) -> list[list[Scorecard]]:
    """Per program (its digest, and itself, derived or not) its scorecard under each rubric; missing ones are made."""
    judges, day = [rubric.digest for rubric in rubrics], as_of.isoformat()
    asked = [(digest, judge, day) for digest, _ in programs for judge in judges]
    cards = {(digest, judge): held for digest, judge, _ in asked if (held := database.cards.get((digest, judge, day)))}
    unread = [digest for digest, _ in programs if any((digest, judge) not in cards for judge in judges)]
    if unread:
        with database.session() as session:
            cards |= _kept(database, session, unread, judges, day)
    rows: list[Row] = []
    for digest, program in programs:
        missing = [rubric for rubric in rubrics if (digest, rubric.digest) not in cards]
        if missing:
            derived = derive(program, as_of)
            for rubric in missing:
                cards[digest, rubric.digest] = card = score_derived(derived, rubric, as_of)
                rows.append(row_of(digest, card))
    if rows:
        with database.session(write=True) as session:
            add_rubrics(session, rubrics)
            insert(session, rows)
    return [[cards[digest, rubric.digest] for rubric in rubrics] for digest, _ in programs]


def row_of(program_digest: str, card: Scorecard) -> Row:
    """A scorecard as a row."""
    return {
        "program_digest": program_digest,
        "rubric_digest": card.digest,
        "as_of": card.as_of,
        "evidenced": card.evidenced,
        "stated": card.stated,
        "possible": card.possible,
        "coverage": card.coverage,
        "card": pack(card),
    }


def insert(session: Session, rows: Iterable[Row]) -> None:
    """Keep scorecards. In one order everywhere: two writers that wait for each other's rows would never end."""
    ordered = sorted(rows, key=lambda row: (row["program_digest"], row["rubric_digest"], row["as_of"]))
    insert_missing(session, ScorecardRow, ordered)


def present(session: Session, programs: Sequence[str], rubrics: Sequence[str], as_of: datetime.date) -> set[Judge]:
    """Which scorecards of these digests are kept for that day."""
    c = _CARDS.c
    return {
        (row.program_digest, row.rubric_digest)
        for row in _rows(session, (c.program_digest, c.rubric_digest), programs, rubrics, as_of.isoformat())
    }


def bars(session: Session, programs: Sequence[tuple[str, str]], rubrics: Sequence[str]) -> dict[Judge, Bar]:
    """The numbers of kept scorecards for programs, each given by digest and day."""
    c = _CARDS.c
    columns = (c.program_digest, c.rubric_digest, c.evidenced, c.stated, c.possible, c.coverage)
    found = {}
    for day in sorted({day for _, day in programs}):
        digests = [digest for digest, other in programs if other == day]
        for row in _rows(session, columns, digests, rubrics, day):
            numbers = Bar(evidenced=row.evidenced, stated=row.stated, possible=row.possible, coverage=row.coverage)
            found[row.program_digest, row.rubric_digest] = numbers
    return found


def forget(session: Session, programs: Sequence[str], as_of: str) -> None:
    """Drop the scorecards of one day; they can be made again from what is kept."""
    for start in range(0, len(programs), CHUNK):
        chunk = programs[start : start + CHUNK]
        session.execute(delete(_CARDS).where(_CARDS.c.as_of == as_of, _CARDS.c.program_digest.in_(chunk)))


def _kept(
    database: Database, session: Session, programs: Sequence[str], rubrics: Sequence[str], day: str
) -> dict[Judge, Scorecard]:
    c = _CARDS.c
    found = {}
    for row in _rows(session, (c.program_digest, c.rubric_digest, c.card), programs, rubrics, day):
        judge = (row.program_digest, row.rubric_digest)
        found[judge] = card = unpack(row.card, Scorecard)
        database.cards.put((*judge, day), card, len(row.card))
    return found


def _rows(
    session: Session, columns: Sequence[Any], programs: Sequence[str], rubrics: Sequence[str], day: str
) -> list[Any]:
    c = _CARDS.c
    found: list[Any] = []
    for start in range(0, len(programs), CHUNK):
        chosen = (c.program_digest.in_(programs[start : start + CHUNK]), c.rubric_digest.in_(rubrics), c.as_of == day)
        found += session.execute(select(*columns).where(*chosen)).all()
    return found
