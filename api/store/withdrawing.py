"""Take back what a document was thought to say, when it was read anew by another mapping."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlmodel import Session

from api.store import search
from api.store.database import Database
from api.store.documents import CHUNK
from api.store.forming import Way, form_again
from api.store.tables import CorrectionRow, ProgramRow, ReadingRow, VersionRow, table

_PROGRAMS, _VERSIONS, _READINGS = table(ProgramRow), table(VersionRow), table(ReadingRow)
_CORRECTIONS = table(CorrectionRow)


def withdraw(database: Database, document: int, keep: Collection[str], way: Way) -> list[str]:
    """Forget what the document (by number) said of programs whose keys are not in `keep`; the keys concerned.

    A program of which other documents speak is formed again from those. One of which nothing else speaks was a
    misreading and leaves the catalogue with its versions; comparisons that were made keep their content. One that a
    person corrected stays as it is: what people add is never dropped unasked.
    """
    with database.session() as session:
        others = list(_others(session, document, keep).items())
    gone: list[str] = []
    for start in range(0, len(others), CHUNK):
        chunk = dict(others[start : start + CHUNK])
        with database.forming() as session:
            shared, corrected = _other_readings(session, document, chunk), _corrected(session, chunk)
            taken = [number for number in chunk if number in shared or number not in corrected]
            _forget(session, document, taken, [number for number in taken if number not in shared])
        form_again(database, [chunk[number] for number in taken if number in shared], way)
        gone += [chunk[number] for number in taken]
    return gone


def _others(session: Session, document: int, keep: Collection[str]) -> dict[int, str]:
    """Programs of which the document spoke, and which are not to be kept: keys by number."""
    chosen = (
        select(_PROGRAMS.c.number, _PROGRAMS.c.key)
        .join(_READINGS, _READINGS.c.program == _PROGRAMS.c.number)
        .where(_READINGS.c.document == document)
        .order_by(_PROGRAMS.c.number)
    )
    kept = set(keep)
    return {row.number: row.key for row in session.execute(chosen) if row.key not in kept}


def _other_readings(session: Session, document: int, numbers: Collection[int]) -> set[int]:
    """Programs of which other documents speak too."""
    c = _READINGS.c
    return set(session.scalars(select(c.program).where(c.program.in_(list(numbers)), c.document != document)))


def _corrected(session: Session, numbers: Collection[int]) -> set[int]:
    """Programs of which a person corrected a fact."""
    c = _CORRECTIONS.c
    return set(session.scalars(select(c.program).where(c.program.in_(list(numbers)))))


def _forget(session: Session, document: int, said: Sequence[int], alone: Sequence[int]) -> None:
    """Delete readings of the document, and the programs that rest on nothing else."""
    session.execute(delete(_READINGS).where(_READINGS.c.document == document, _READINGS.c.program.in_(said)))
    search.forget(session, alone)
    session.execute(delete(_VERSIONS).where(_VERSIONS.c.program.in_(alone)))
    session.execute(delete(_PROGRAMS).where(_PROGRAMS.c.number.in_(alone)))
