"""Form the current version of programs from all that documents, profiles and people say of them.

Reading, merging and scoring need no lock: a batch is formed first, and written in one transaction that checks that
nobody changed what it was formed from. Programs of which that is not so are formed again.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session

from api.store import corrections, rubrics, scorecards
from api.store.database import Database, insert_or_replace
from api.store.documents import CHUNK, Stored
from api.store.packed import now, pack, plain, unpack
from api.store.programs import key_of
from api.store.search import index, sort_key, words_of
from api.store.tables import DocumentRow, ProgramRow, ReadingRow, VersionRow, table
from evaluator.derive import derive
from evaluator.program import Program, may_be_one, merged, set_apart, with_evidence
from evaluator.rubric import Rubric
from evaluator.score import score_derived

Change = Literal["new", "changed", "same"]
Inherit = Callable[[Program], Program]
"""Adds the facts that profiles state for all programs of an issuer."""
BATCH = 250
"""Programs formed and written at once: about a second of work between two looks at the clock."""
NO_ADDRESS = ("", "-")
_PROGRAMS, _VERSIONS, _READINGS = table(ProgramRow), table(VersionRow), table(ReadingRow)
_DOCUMENTS = table(DocumentRow)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What adding did to one program."""

    key: str
    id: str
    title: str | None
    version: int
    change: Change


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """A program that a document claimed to be another issuer's, kept as one of its own."""

    document: int
    claimed: str
    """The key of the other one."""
    key: str
    """Under which it is kept."""
    says: str


@dataclass(frozen=True)
class Way:
    """How programs are formed: by which profiles, and for which rubrics and day they are scored at once."""

    inherit: Inherit
    rubrics: tuple[Rubric, ...]
    as_of: datetime.date
    name: str = ""
    """Digest of all else that a program's current version depends on: the profiles, and the version of Touchstone."""


@dataclass(frozen=True)
class _Reading:
    """What one document says of a program."""

    url: str
    last_seen: str
    content: bytes


@dataclass(frozen=True)
class _Known:
    """What the store holds of one program. Equal values: nothing happened in between."""

    number: int | None = None
    version: int = 0
    digest: str = ""
    seen_on: str = ""
    readings: tuple[tuple[int, _Reading], ...] = ()
    corrections: tuple[corrections.Correction, ...] = ()


@dataclass(frozen=True)
class _Formed:
    """A program ready to be written."""

    key: str
    known: _Known
    new_readings: dict[int, _Reading]
    program: Program
    digest: str
    derived: Program
    cards: list[scorecards.Row]

    @property
    def change(self) -> Change:
        return "new" if self.known.number is None else "changed" if self.digest != self.known.digest else "same"


def add(database: Database, said: Sequence[tuple[Stored, Program]], way: Way) -> tuple[list[Outcome], list[Apart]]:
    """Write down what documents say of programs (at most about BATCH of them); one outcome per program.

    A document speaks of a known program only if it does not name another issuer (`may_be_one`); what it says is else
    kept as a program of its own. Raises ValueError for content that has no canonical form, and then writes nothing.
    """
    once, apart = _once_per_document(said)
    by_key: dict[str, dict[int, _Reading]] = {}
    for key, document, program in once:
        by_key.setdefault(key, {})[document.number] = _Reading(document.url, document.last_seen, pack(program))
    return _settle(database, by_key, way, apart)


def form_again(database: Database, keys: Sequence[str], way: Way) -> list[Outcome]:
    """Form programs from what is kept of them: after a correction, with other profiles, rubrics or a later day."""
    return _settle(database, {key: {} for key in keys}, way, [])[0]


def _once_per_document(
    said: Iterable[tuple[Stored, Program]],
) -> tuple[list[tuple[str, Stored, Program]], list[Apart]]:
    """A document that speaks of one program in several places has said one thing of it."""
    found: dict[tuple[str, int], tuple[str, Stored, Program]] = {}
    apart = []
    for document, program in said:
        before = found.get((key_of(program.id), document.number))
        if before and not may_be_one(before[2], program):
            claimed = key_of(program.id)
            program, says = set_apart(program, before[2])
            apart.append(Apart(document=document.number, claimed=claimed, key=key_of(program.id), says=says))
            before = found.get((key_of(program.id), document.number))
        key = key_of(program.id)
        found[key, document.number] = (key, document, merged(before[2], program) if before else program)
    return list(found.values()), apart


def _settle(
    database: Database, by_key: dict[str, dict[int, _Reading]], way: Way, apart: list[Apart]
) -> tuple[list[Outcome], list[Apart]]:
    outcomes: dict[str, Outcome] = {}
    again = not any(by_key.values())
    open_keys = list(by_key)
    while open_keys:
        with database.session() as session:
            known = _known(session, open_keys)
            if moved := _move_strangers(known, by_key):
                apart = apart + moved
                open_keys = [key for key in by_key if key not in outcomes]
                continue
            ready = [key for key in open_keys if again or not _says_nothing_new(known[key], by_key[key])]
            same = _outcomes_of_same(session, [key for key in open_keys if key not in set(ready)])
        outcomes |= {each.key: each for each in same}
        formed = _scored(database, [_form(key, known[key], by_key[key], way) for key in ready], way)
        if not formed:
            break
        with database.forming() as session:
            now_known = _known(session, ready)
            unchanged = [each for each in formed if now_known[each.key] == each.known]
            rubrics.add(session, way.rubrics)
            _write(session, unchanged, way)
        outcomes |= {each.key: _outcome(each) for each in unchanged}
        open_keys = [key for key in ready if key not in outcomes]
    return [outcomes[key] for key in by_key], apart


def _move_strangers(known: dict[str, _Known], by_key: dict[str, dict[int, _Reading]]) -> list[Apart]:
    """Move readings that name another issuer than what is known of their program to a key of their own."""
    moved: list[Apart] = []
    for key, before in known.items():
        said = by_key[key]
        if len(said) + len(before.readings) < 2:
            continue
        heard = list(before.readings)
        for number, reading in list(said.items()):
            if (stranger := _stranger(number, reading, heard)) is None:
                heard.append((number, reading))
                continue
            del said[number]
            program, says = stranger
            moved.append(Apart(document=number, claimed=key, key=key_of(program.id), says=says))
            by_key.setdefault(moved[-1].key, {})[number] = replace(reading, content=pack(program))
        if not said and before.readings:
            del by_key[key]
    return moved


def _stranger(number: int, reading: _Reading, heard: list[tuple[int, _Reading]]) -> tuple[Program, str] | None:
    """The reading's program set apart, if its issuer is not that of what others say."""
    own = unpack(reading.content, Program)
    for other, held in heard:
        # A page that we fetched may give its own program another issuer; a file's name proves nothing.
        its_own = other == number or (held.url == reading.url and held.url.startswith("https://"))
        if not its_own and not may_be_one(known := unpack(held.content, Program), own):
            return set_apart(own, known)
    return None


def _says_nothing_new(known: _Known, said: dict[int, _Reading]) -> bool:
    """All this was said before, by documents none of which has taken the place of another."""
    held = dict(known.readings)
    if known.number is None or any(held.get(number) != reading for number, reading in said.items()):
        return False
    addresses = [reading.url for reading in held.values() if reading.url not in NO_ADDRESS]
    return len(set(addresses)) == len(addresses)


def _outcomes_of_same(session: Session, keys: Sequence[str]) -> list[Outcome]:
    c = _PROGRAMS.c
    rows = session.execute(select(c.key, c.id, c.title, c.version).where(c.key.in_(keys))) if keys else ()
    return [Outcome(**row._mapping, change="same") for row in rows]


def _known(session: Session, keys: Sequence[str]) -> dict[str, _Known]:
    c = _PROGRAMS.c
    chosen = select(c.key, c.number, c.version, c.digest, c.seen_on).where(c.key.in_(keys))
    rows = {row.key: row for row in session.execute(chosen)}
    numbers = [row.number for row in rows.values()]
    readings = _readings(session, numbers)
    corrected = corrections.of(session, numbers)
    held = {
        key: _Known(
            row.number,
            row.version,
            row.digest,
            row.seen_on,
            readings.get(row.number, ()),
            corrected.get(row.number, ()),
        )
        for key, row in rows.items()
    }
    return {key: held.get(key, _Known()) for key in keys}


def _readings(session: Session, numbers: Sequence[int]) -> dict[int, tuple[tuple[int, _Reading], ...]]:
    found: dict[int, tuple[tuple[int, _Reading], ...]] = {}
    r, d = _READINGS.c, _DOCUMENTS.c
    for start in range(0, len(numbers), CHUNK):
        chosen = (
            select(r.program, r.document, d.url, d.last_seen, r.content)
            .join(_DOCUMENTS, d.number == r.document)
            .where(r.program.in_(numbers[start : start + CHUNK]))
            .order_by(r.program, r.document)
        )
        for row in session.execute(chosen):
            reading = (row.document, _Reading(row.url, row.last_seen, row.content))
            found[row.program] = (*found.get(row.program, ()), reading)
    return found


def _form(key: str, known: _Known, said: dict[int, _Reading], way: Way) -> _Formed:
    """The program as everything together has it, with derived facts for its row."""
    held = dict(known.readings)
    new = {number: reading for number, reading in said.items() if held.get(number) != reading}
    counted = _latest_at_each_address({**held, **new})
    program = reduce(merged, [unpack(content, Program) for content in counted])
    program = with_evidence(way.inherit(program), corrections.standing(known.corrections))
    derived = derive(program, way.as_of)
    return _Formed(key, known, new, program, program.digest(), derived, [])


def _latest_at_each_address(readings: dict[int, _Reading]) -> list[bytes]:
    """Of documents at one address the one seen last, in the order of their arrival."""
    latest: dict[object, tuple[str, int]] = {}
    for number, reading in readings.items():
        place = number if reading.url in NO_ADDRESS else reading.url
        latest[place] = max(latest.get(place, ("", -1)), (reading.last_seen, number))
    return [readings[number].content for number in sorted(number for _, number in latest.values())]


def _scored(database: Database, formed: list[_Formed], way: Way) -> list[_Formed]:
    """With the scorecards that are not kept yet."""
    with database.session() as session:
        digests = [each.digest for each in formed]
        kept = scorecards.present(session, digests, [rubric.digest for rubric in way.rubrics], way.as_of)
    for each in formed:
        missing = [rubric for rubric in way.rubrics if (each.digest, rubric.digest) not in kept]
        each.cards.extend(
            scorecards.row_of(each.digest, score_derived(each.derived, rubric, way.as_of)) for rubric in missing
        )
    return formed


def _outcome(formed: _Formed) -> Outcome:
    return Outcome(
        key=formed.key,
        id=formed.program.id,
        title=formed.program.title,
        version=formed.known.version + (formed.change != "same"),
        change=formed.change,
    )


# --- writing ------------------------------------------------------------------------------------------------


def _write(session: Session, formed: Sequence[_Formed], way: Way) -> None:
    if not formed:
        return
    moment = now()
    numbers = _write_programs(session, formed, way, moment)
    versions = [
        {
            "program": numbers[each.key],
            "version": each.known.version + 1,
            "digest": each.digest,
            "content": pack(each.program),
            "made": moment,
        }
        for each in formed
        if each.change != "same"
    ]
    if versions:
        session.execute(insert(_VERSIONS), versions)
    readings = [
        {"program": numbers[each.key], "document": document, "content": reading.content}
        for each in formed
        for document, reading in each.new_readings.items()
    ]
    insert_or_replace(session, ReadingRow, readings, ("program", "document"))
    index(session, [(numbers[each.key], words_of(each.program)) for each in formed if each.change != "same"])
    scorecards.insert(session, [card for each in formed for card in each.cards])


def _write_programs(session: Session, formed: Sequence[_Formed], way: Way, moment: str) -> dict[str, int]:
    """Insert or update the rows of programs; their numbers by key."""
    c = _PROGRAMS.c
    numbers = {each.key: each.known.number for each in formed if each.known.number is not None}
    fresh = [
        {**_columns(each, way), "key": each.key, "added": moment, "changed": moment}
        for each in formed
        if each.key not in numbers
    ]
    if fresh:
        made = session.execute(insert(_PROGRAMS).returning(c.key, c.number, sort_by_parameter_order=True), fresh)
        numbers |= {row.key: row.number for row in made}
    for changed in (True, False):
        rows = [
            {**_columns(each, way), "b_number": each.known.number} | ({"changed": moment} if changed else {})
            for each in formed
            if each.known.number is not None and (each.change == "changed") == changed
        ]
        if rows:
            session.execute(update(_PROGRAMS).where(c.number == bindparam("b_number")), rows)
    return numbers


def _columns(formed: _Formed, way: Way) -> dict[str, Any]:
    program = formed.program
    issuer = program.issuer.name if program.issuer else None
    return {
        "id": plain(program.id),
        "title": program.title and plain(program.title),
        "issuer": issuer and plain(issuer),
        "sort_title": sort_key(program.title or program.id),
        "sort_issuer": sort_key(issuer or ""),
        "version": formed.known.version + (formed.change != "same"),
        "digest": formed.digest,
        "facts": {name: _plain(fact.value) for name, fact in formed.derived.facts.items() if fact.value is not None},
        "seen_on": way.as_of.isoformat(),
        "formed_by": way.name,
    }


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value
