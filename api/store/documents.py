"""Documents as they came, each content once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from api.store.database import insert_missing
from api.store.packed import now, pack, pack_bytes, plain, unpack, unpack_bytes
from api.store.tables import DocumentRow, ReadingRow, table
from evaluator.program import Document, Problem

CHUNK = 500
"""Rows that one statement names at most; databases limit their parameters."""
_DOCUMENTS, _READINGS = table(DocumentRow), table(ReadingRow)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the store, without its bytes."""

    number: int
    digest: str
    url: str
    media_type: str
    retrieved: str
    last_seen: str
    size: int
    """Bytes, uncompressed."""
    read_as: str | None
    """How it was read; `None` while it waits."""
    added: str
    problems: tuple[Problem, ...] = ()


def add(session: Session, documents: Iterable[Document]) -> list[Stored]:
    """Keep documents; the result has one entry per document, in order, also where the bytes were there before.

    The same bytes are kept once, under the address at which they came first. Bytes that gave no program there are
    read again under a new address, because the name may have been why.
    """
    given = list(documents)
    known = _by_digest(session, [each.digest for each in given])
    moment = now()
    fresh = {each.digest: _row(each, moment) for each in given if each.digest not in known}
    insert_missing(session, DocumentRow, list(fresh.values()))
    for each in given:
        if (old := known.get(each.digest)) is not None:
            _seen_again(session, old, each)
    stored = _by_digest(session, [each.digest for each in given])
    return [stored[each.digest] for each in given]


def _row(source: Document, moment: str) -> dict[str, object]:
    return {
        "digest": source.digest,
        "url": plain(source.url),
        "media_type": plain(source.media_type),
        "retrieved": source.retrieved,
        "last_seen": source.retrieved,
        "size": len(source.content),
        "content": pack_bytes(source.content),
        "added": moment,
    }


def _seen_again(session: Session, old: Stored, source: Document) -> None:
    here = _DOCUMENTS.c.number == old.number
    if old.url == plain(source.url):
        if source.retrieved > old.last_seen:
            session.execute(update(_DOCUMENTS).where(here).values(last_seen=source.retrieved))
    elif old.read_as is not None and not _gave_programs(session, old.number):
        renamed = {"url": plain(source.url), "media_type": plain(source.media_type), "read_as": None}
        session.execute(update(_DOCUMENTS).where(here).values(**renamed))


def _gave_programs(session: Session, number: int) -> bool:
    return (
        session.execute(select(_READINGS.c.program).where(_READINGS.c.document == number).limit(1)).first() is not None
    )


def get(session: Session, digest: str) -> Stored | None:
    """The document of a digest."""
    return _by_digest(session, [digest]).get(digest)


def by_number(session: Session, numbers: Sequence[int]) -> list[Stored]:
    """Documents by number, in the order of `numbers`. Raises KeyError for one that is not there."""
    found = {each.number: each for each in _found(session, "number", numbers)}
    return [found[number] for number in numbers]


def with_content(session: Session, number: int) -> Document:
    """The document with its bytes. Raises KeyError when it is not there."""
    c = _DOCUMENTS.c
    row = session.execute(
        select(c.url, c.media_type, c.retrieved, c.content, c.digest).where(c.number == number)
    ).one_or_none()
    if row is None:
        raise KeyError(number)
    return Document(
        url=row.url,
        media_type=row.media_type,
        retrieved=row.retrieved,
        content=unpack_bytes(row.content),
        digest=row.digest,
    )


def mark_read(session: Session, outcomes: Iterable[tuple[int, str, Sequence[Problem]]]) -> None:
    """Say of documents, by number, how they were read and what could not be."""
    rows = [{"n": number, "how": how, "what": pack(problems)} for number, how, problems in outcomes]
    if rows:
        session.connection().execute(
            update(_DOCUMENTS)
            .where(_DOCUMENTS.c.number == bindparam("n"))
            .values(read_as=bindparam("how"), problems=bindparam("what")),
            rows,
        )


def waiting(session: Session, limit: int) -> list[int]:
    """Numbers of documents that nobody has read yet, oldest first."""
    c = _DOCUMENTS.c
    return list(session.scalars(select(c.number).where(c.read_as.is_(None)).order_by(c.number).limit(limit)))


def count(session: Session) -> int:
    """How many documents there are."""
    return session.scalar(select(func.count()).select_from(_DOCUMENTS)) or 0


def _by_digest(session: Session, digests: Sequence[str]) -> dict[str, Stored]:
    return {each.digest: each for each in _found(session, "digest", digests)}


def _found(session: Session, column: str, wanted: Sequence[str] | Sequence[int]) -> list[Stored]:
    c = _DOCUMENTS.c
    columns = (
        c.number,
        c.digest,
        c.url,
        c.media_type,
        c.retrieved,
        c.last_seen,
        c.size,
        c.read_as,
        c.added,
        c.problems,
    )
    found = []
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(select(*columns).where(c[column].in_(wanted[start : start + CHUNK])))
        found += [_stored(row._mapping) for row in rows]
    return found


def _stored(row: Any) -> Stored:
    problems = unpack(row["problems"], tuple[Problem, ...]) if row["problems"] else ()
    return Stored(**{**row, "problems": problems})
