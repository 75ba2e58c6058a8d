"""Comparisons at permanent addresses: the same programs, rubrics, day and weights have one, whoever asks and when."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec
from sqlalchemy import func, select
from sqlmodel import Session

from api.store.database import insert_missing
from api.store.packed import now, pack, pack_bytes, unpack, unpack_bytes
from api.store.rubrics import Weights
from api.store.tables import ComparisonRow, table
from evaluator.canonical import digest_of
from evaluator.compare import Comparison

ID_LENGTH = 32
"""Hexadecimal digits of the identifier."""
_COMPARISONS = table(ComparisonRow)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One program of a comparison, in the version that was compared."""

    key: str
    version: int
    digest: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared; it decides the identifier."""

    programs: tuple[Compared, ...]
    rubrics: tuple[str, ...]
    """Digests, of variants where weights are given."""
    as_of: str
    weights: dict[str, dict[str, int]] = {}
    """Other weights than the published ones, by rubric and criterion."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison of the store."""

    id: str
    request: Request
    made: str
    json: bytes
    """The comparison as JSON, as it was made."""

    def comparison(self) -> Comparison:
        """The comparison as a value."""
        return msgspec.json.decode(self.json, type=Comparison)


def request(programs: Sequence[Compared], rubrics: Sequence[str], as_of: datetime.date, weights: Weights) -> Request:
    """A request in its one form: rubrics by digest, and only weights that say something."""
    given = {rubric: dict(sorted(own.items())) for rubric, own in sorted(weights.items()) if own}
    return Request(programs=tuple(programs), rubrics=tuple(rubrics), as_of=as_of.isoformat(), weights=given)


def id_of(asked: Request) -> str:
    """The identifier: of the programs' contents in any order, the rubrics in any order, the day and the weights."""
    content = [sorted(each.digest for each in asked.programs), sorted(asked.rubrics), asked.as_of, asked.weights]
    return digest_of(content).removeprefix("sha256:")[:ID_LENGTH]


def get(session: Session, id: str) -> Kept | None:
    """The comparison of an identifier."""
    if not (id.isalnum() and id.isascii()):
        return None
    row = session.execute(select(_COMPARISONS).where(_COMPARISONS.c.id == id)).one_or_none()
    if row is None:
        return None
    return Kept(id=row.id, request=unpack(row.request, Request), made=row.made, json=unpack_bytes(row.content))


def add(session: Session, asked: Request, comparison: Comparison) -> Kept:
    """Keep a comparison; one that is there already stays as it is."""
    kept = Kept(id=id_of(asked), request=asked, made=now(), json=msgspec.json.encode(comparison))
    row = {"id": kept.id, "request": pack(asked), "content": pack_bytes(kept.json), "made": kept.made}
    insert_missing(session, ComparisonRow, [row])
    return kept


def count(session: Session) -> int:
    """How many comparisons there are."""
    return session.scalar(select(func.count()).select_from(_COMPARISONS)) or 0
