"""Programs as they stand and as they stood: versions, what they rest on, and what changed between two of them."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlmodel import Session

from api.store.documents import CHUNK
from api.store.packed import unpack
from api.store.recent import Recent
from api.store.tables import ProgramRow, ReadingRow, ScorecardRow, VersionRow, table
from evaluator.facts import Value
from evaluator.program import Grade, Program

KEY_LENGTH = 20
"""Hexadecimal digits: among ten million programs two share a key with a probability below 10⁻¹⁰."""
_PROGRAMS, _VERSIONS, _READINGS = table(ProgramRow), table(VersionRow), table(ReadingRow)
_CARDS = table(ScorecardRow)
MOST_HELD = 1000
"""Programs of which each process keeps the content at hand."""
_RECENT: Recent[str, Program] = Recent(MOST_HELD)


class UnknownProgram(LookupError):
    """The store has no program of this key, or not this version of it."""


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """A program in its current version."""

    number: int
    key: str
    version: int
    digest: str
    program: Program
    """As published, with what it inherits and corrections, without derived facts."""
    seen_on: str
    added: str
    changed: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One content that a program had."""

    version: int
    digest: str
    made: str
    documents: tuple[str, ...]
    """Digests of the documents it rests on."""


class FactChange(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that differs between two versions; `None` is unknown."""

    fact: str
    before: Value | None
    after: Value | None
    grade_before: Grade | None
    grade_after: Grade | None
    conflict_before: bool
    conflict_after: bool


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two versions of a program."""

    facts: tuple[FactChange, ...]
    fields: tuple[str, ...]
    """Descriptive fields whose content differs."""
    evidence_only: tuple[str, ...]
    """Facts whose value and grade stand, on other evidence."""


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A program that a document speaks of."""

    key: str
    id: str
    title: str | None
    version: int


def key_of(program_id: str) -> str:
    """The key under which the store knows a program: URL-safe and for ever the same."""
    return hashlib.sha256(program_id.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_LENGTH]


def current(session: Session, keys: Sequence[str]) -> list[Current]:
    """Programs in their current version, in the order of `keys`. Raises UnknownProgram that names the first missing."""
    c = _PROGRAMS.c
    columns = (c.number, c.key, c.version, c.digest, c.seen_on, c.added, c.changed)
    rows: dict[str, Any] = {}
    for start in range(0, len(keys), CHUNK):
        chosen = c.key.in_([_storable(key) for key in keys[start : start + CHUNK]])
        rows |= {row.key: row for row in session.execute(select(*columns).where(chosen))}
    for key in keys:
        if key not in rows:
            raise UnknownProgram(f'there is no program "{key}"')
    contents = _contents(session, {row.digest: row.number for row in rows.values()})
    return [Current(program=contents[rows[key].digest], **rows[key]._mapping) for key in keys]


def _contents(session: Session, wanted: Mapping[str, int]) -> dict[str, Program]:
    """Contents by digest, each given with the number of a program that has it."""
    found = {digest: held for digest in wanted if (held := _RECENT.get(digest)) is not None}
    missing = [digest for digest in wanted if digest not in found]
    c = _VERSIONS.c
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        here = c.program.in_([wanted[digest] for digest in chunk]) & c.digest.in_(chunk)
        for row in session.execute(select(c.digest, c.content).where(here)):
            found[row.digest] = program = unpack(row.content, Program)
            _RECENT.put(row.digest, program, len(row.content))
    return found


def present(session: Session, keys: Sequence[str]) -> list[str]:
    """Those of the keys that name a program, in the order given."""
    found: set[str] = set()
    for start in range(0, len(keys), CHUNK):
        chosen = _PROGRAMS.c.key.in_([_storable(key) for key in keys[start : start + CHUNK]])
        found |= set(session.scalars(select(_PROGRAMS.c.key).where(chosen)))
    return [key for key in keys if key in found]


def versions(session: Session, key: str) -> list[Version]:
    """Every version of a program, the newest first. Raises UnknownProgram."""
    return [
        Version(
            version=row.version,
            digest=row.digest,
            made=row.made,
            documents=tuple(each.digest for each in unpack(row.content, Program).documents),
        )
        for row in _versions(session, key, None)
    ]


def at_version(session: Session, key: str, version: int) -> Program:
    """A program as it was. Raises UnknownProgram."""
    rows = _versions(session, key, version)
    if not rows:
        raise UnknownProgram(f"the program {key} has no version {version}")
    return unpack(rows[0].content, Program)


def by_digest(session: Session, digest: str) -> Program | None:
    """The program content of a digest, whichever version it was."""
    content = session.scalar(select(_VERSIONS.c.content).where(_VERSIONS.c.digest == digest).limit(1))
    return None if content is None else unpack(content, Program)


def mentions(session: Session, document: int) -> list[Mention]:
    """The programs that a document speaks of, by document number, in the order of their arrival."""
    c = _PROGRAMS.c
    rows = session.execute(
        select(c.key, c.id, c.title, c.version)
        .join(_READINGS, _READINGS.c.program == c.number)
        .where(_READINGS.c.document == document)
        .order_by(c.number)
    )
    return [Mention(**row._mapping) for row in rows]


def count(session: Session) -> int:
    """How many programs there are."""
    return session.scalar(select(func.count()).select_from(_PROGRAMS)) or 0


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """How many programs have to be formed and scored again, and why; one may have several reasons."""

    programs: int
    unscored: int
    """Without a scorecard under one of the rubrics."""
    formed_otherwise: int
    """By other profiles, or by another version of Touchstone."""
    old: int
    """Last scored too long ago."""


def stale_count(session: Session, rubrics: Sequence[str], formed_by: str, since: datetime.date) -> Stale:
    """How many programs `stale` would find, by reason."""
    reasons = _stale(rubrics, formed_by, since)
    counted = [func.coalesce(func.sum(case((reason, 1), else_=0)), 0) for reason in (or_(*reasons), *reasons)]
    row = session.execute(select(*counted)).one()
    return Stale(programs=row[0], unscored=row[1], formed_otherwise=row[2], old=row[3])


def stale(
    session: Session, rubrics: Sequence[str], formed_by: str, since: datetime.date, page: tuple[int, int]
) -> list[Any]:
    """Rows (`number`, `key`, `digest`, `seen_on`) of programs that were seen before `since`, formed by another way, or
    not scored under each of the rubrics (digests). `page`: the number after which, and how many at most."""
    p = _PROGRAMS.c
    chosen = select(p.number, p.key, p.digest, p.seen_on).where(p.number > page[0])
    chosen = chosen.where(or_(*_stale(rubrics, formed_by, since))).order_by(p.number).limit(page[1])
    return list(session.execute(chosen).all())


def _stale(rubrics: Sequence[str], formed_by: str, since: datetime.date) -> tuple[ColumnElement[bool], ...]:
    """The reasons for which a program is stale, in the order of `Stale`."""
    p, s = _PROGRAMS.c, _CARDS.c
    here = (s.program_digest == p.digest) & (s.as_of == p.seen_on)
    lacking = [~select(s.stated).where(here, s.rubric_digest == rubric).exists() for rubric in rubrics]
    return or_(false(), *lacking), p.formed_by != formed_by, p.seen_on < since.isoformat()


def difference(before: Program, after: Program) -> Difference:
    """What changed from one content of a program to another."""
    changes, evidence_only = [], []
    for name in sorted({*before.facts, *after.facts}):
        old, new = before.facts.get(name), after.facts.get(name)
        if old == new:
            continue
        change = FactChange(
            fact=name,
            before=old.value if old else None,
            after=new.value if new else None,
            grade_before=old.grade if old else None,
            grade_after=new.grade if new else None,
            conflict_before=bool(old and old.conflict),
            conflict_after=bool(new and new.conflict),
        )
        if _same(change):
            evidence_only.append(name)
        else:
            changes.append(change)
    fields = tuple(
        name
        for name in Program.__struct_fields__
        if name not in ("facts", "documents") and getattr(before, name) != getattr(after, name)
    )
    return Difference(facts=tuple(changes), fields=fields, evidence_only=tuple(evidence_only))


def _same(change: FactChange) -> bool:
    return (change.before, change.grade_before, change.conflict_before) == (
        change.after,
        change.grade_after,
        change.conflict_after,
    )


def _versions(session: Session, key: str, version: int | None) -> list[Any]:
    """Rows of one version or of all, the newest first. Raises UnknownProgram for the key."""
    number = session.scalar(select(_PROGRAMS.c.number).where(_PROGRAMS.c.key == _storable(key)))
    if number is None:
        raise UnknownProgram(f'there is no program "{key}"')
    c = _VERSIONS.c
    statement = select(c.version, c.digest, c.made, c.content).where(c.program == number).order_by(c.version.desc())
    if version is not None:
        # Beyond 31 bits PostgreSQL would refuse to compare instead of finding nothing.
        statement = statement.where(c.version == (version if 0 < version < 2**31 else 0))
    return list(session.execute(statement).all())


def _storable(key: str) -> str:
    """A key that can be asked for: no key holds what this takes out."""
    return key if key.isalnum() and key.isascii() else ""
