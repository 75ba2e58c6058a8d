"""Facts as a person found them. A correction is one more piece of evidence; it never takes another one away."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import insert, select
from sqlmodel import Session

from api.store.documents import CHUNK
from api.store.packed import now, pack, plain, unpack
from api.store.tables import CorrectionRow, table
from evaluator.canonical import digest_of
from evaluator.explain import say_value
from evaluator.facts import Value, dictionary
from evaluator.program import QUOTE_LENGTH, Evidence
from evaluator.strict_yaml import did_you_mean

LONGEST_AUTHOR, LONGEST_REASON = 200, 2_000
"""Characters."""
_CORRECTIONS = table(CorrectionRow)


class BadCorrection(ValueError):
    """A correction that can't stand; `field` says which part of it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One correction, kept for ever."""

    number: int
    fact: str
    evidence: Evidence
    author: str
    reason: str
    made: str


def checked(program_id: str, fact: str, value: Value, author: str, reason: str) -> Evidence:
    """The evidence that a correction is. Raises BadCorrection that says what is wrong and how to mend it."""
    known = dictionary()
    if fact not in known:
        raise BadCorrection("fact", f'there is no fact "{fact}".{did_you_mean(fact, known)}')
    if known[fact].derived:
        raise BadCorrection("fact", f"{fact} is computed from other facts; correct one of those")
    if fault := known[fact].fault(value):
        raise BadCorrection("value", fault)
    author, reason = (plain(" ".join(text.split())) for text in (author, reason))
    for field, text, longest in (("author", author, LONGEST_AUTHOR), ("reason", reason, LONGEST_REASON)):
        if not text:
            raise BadCorrection(field, f"a correction needs its {field}")
        if len(text) > longest:
            raise BadCorrection(field, f"the {field} has {len(text)} characters; at most {longest} are kept")
    made = now()
    return Evidence(
        document=digest_of([program_id, fact, value, author, reason, made]),
        locator="correction",
        quote=say_value(known[fact], value)[:QUOTE_LENGTH],
        value=value,
        grade="verified",
        retrieved=made,
        author=author,
        reason=reason,
    )


def add(session: Session, program: int, fact: str, evidence: Evidence) -> None:
    """Keep a correction of a program, by its number."""
    session.execute(
        insert(_CORRECTIONS).values(
            program=program,
            fact=fact,
            evidence=pack(evidence),
            author=evidence.author,
            reason=evidence.reason,
            made=evidence.retrieved,
        )
    )


def of(session: Session, programs: Sequence[int]) -> dict[int, tuple[Correction, ...]]:
    """Every correction of programs, by program number, the oldest first."""
    c = _CORRECTIONS.c
    found: dict[int, tuple[Correction, ...]] = {}
    for start in range(0, len(programs), CHUNK):
        chosen = select(_CORRECTIONS).where(c.program.in_(programs[start : start + CHUNK])).order_by(c.number)
        for row in session.execute(chosen):
            values = {**row._mapping, "evidence": unpack(row.evidence, Evidence)}
            program = values.pop("program")
            found[program] = (*found.get(program, ()), Correction(**values))
    return found


def standing(corrections: Sequence[Correction]) -> list[tuple[str, Evidence]]:
    """The corrections that count, by fact: of one author the last word on a fact, of several authors each.

    Authors who disagree leave a conflict; an author who mends an own mistake does not.
    """
    last = {(each.fact, each.author): each for each in corrections}
    return [(each.fact, each.evidence) for each in sorted(last.values(), key=lambda each: each.number)]
