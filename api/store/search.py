"""Find programs: by words, by a condition over facts, in an order, page by page.

Words are folded and cut here, not by the database, so that both databases find the same and nothing a person types
can be syntax of theirs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Select, and_, false, func, or_, select, text
from sqlmodel import Session

from api.store import scorecards
from api.store.conditions import compiled
from api.store.cursors import read_cursor, write_cursor
from api.store.packed import plain
from api.store.tables import MOST_SORTED, SEARCH_TABLE, ProgramRow, ScorecardRow, table
from evaluator.condition import Condition
from evaluator.program import Program

Order = Literal["title", "issuer", "newest", "score"]
Measure = Literal["evidenced", "stated", "possible"]
MOST_WORDS = 32
"""Words of one search."""
MOST_INDEXED = 5_000
"""Different words of one program; more than any description that a person reads has."""
LONGEST_WORD = 64
MOST_ON_A_PAGE = 250
_PROGRAMS, _CARDS = table(ProgramRow), table(ScorecardRow)
_COLUMNS = ("key", "id", "title", "issuer", "version", "digest", "facts", "seen_on", "added", "changed")


class BadSearch(ValueError):
    """A search that can't be run; the message says why."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, and how it is ordered."""

    text: str = ""
    """Words, each of which the program must hold, or a longer word that starts so."""
    where: Condition | None = None
    """Programs of which this is true; where it is unknown, a program is not found."""
    order: Order = "title"
    rubric: str = ""
    """Digest of the rubric by whose score programs are ordered."""
    measure: Measure = "stated"
    reverse: bool = False
    """The other way round: titles from Z, the oldest or the lowest score first."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A program as a catalogue lists it."""

    key: str
    id: str
    title: str | None
    issuer: str | None
    version: int
    digest: str
    facts: dict[str, Any]
    """Every known value as of `seen_on`."""
    seen_on: str
    added: str
    changed: str
    bars: dict[str, scorecards.Bar]
    """Scores by digest of the rubric, as of `seen_on`."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the programs found."""

    items: tuple[Found, ...]
    next: str | None
    """Cursor of the page after this one; `None` on the last."""


def fold(words: str) -> list[str]:
    """The words of a text, without case, accents and punctuation, in their order."""
    bare = words
    if not words.isascii():
        spread = unicodedata.normalize("NFKD", plain(words))
        bare = "".join(each for each in spread if not unicodedata.combining(each))
    return [word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", bare.casefold())]


def sort_key(words: str) -> str:
    """What a title or issuer is ordered by."""
    return " ".join(fold(words))[:MOST_SORTED]


def words_of(program: Program) -> list[str]:
    """The words by which a program is found: of title, issuer, description, outcomes and skills, each once."""
    issuer = program.issuer.name if program.issuer else ""
    texts = (program.title, issuer, program.description, *program.outcomes, *(skill.label for skill in program.skills))
    return list(dict.fromkeys(fold(" ".join(filter(None, texts)))))[:MOST_INDEXED]


def index(session: Session, programs: Sequence[tuple[int, list[str]]]) -> None:
    """Make programs, by number, findable by these words and no others."""
    if not programs:
        return
    if session.get_bind().dialect.name == "sqlite":
        gone = f"DELETE FROM {SEARCH_TABLE} WHERE rowid = :number"
        new = f"INSERT INTO {SEARCH_TABLE} (rowid, words) VALUES (:number, :words)"
        session.execute(text(gone), [{"number": number} for number, _ in programs])
        session.execute(text(new), [{"number": number, "words": " ".join(words)} for number, words in programs])
    else:
        new = (
            f"INSERT INTO {SEARCH_TABLE} (number, words) VALUES (:number, array_to_tsvector(CAST(:words AS text[]))) "
            "ON CONFLICT (number) DO UPDATE SET words = excluded.words"
        )
        session.execute(text(new), [{"number": number, "words": words} for number, words in programs])


def forget(session: Session, programs: Sequence[int]) -> None:
    """Make programs, by number, no longer findable."""
    column = "rowid" if session.get_bind().dialect.name == "sqlite" else "number"
    if programs:
        gone = text(f"DELETE FROM {SEARCH_TABLE} WHERE {column} = :number")
        session.execute(gone, [{"number": number} for number in programs])


def page(session: Session, search: Search, rubrics: Sequence[str], cursor: str | None, limit: int) -> Page:
    """The first programs found, or those after `cursor`, with their scores under `rubrics` (digests).

    A page starts after the last program of the one before, wherever that now stands: programs that arrive meanwhile
    move no other one across the border. Raises BadSearch, and BadCursor for a cursor that was not given out for this
    search.
    """
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise BadSearch(f"a page holds 1 to {MOST_ON_A_PAGE} programs, not {limit}")
    keys = _order(search)
    dialect, descending = session.get_bind().dialect.name, _descends(search)
    columns = (*(_PROGRAMS.c[name] for name in _COLUMNS), *(key.label(f"sorted_{at}") for at, key in enumerate(keys)))
    statement = _matching(search, select(*columns), dialect)
    statement = statement.order_by(*(key.desc() if descending else key.asc() for key in keys))
    if cursor is not None:
        statement = statement.where(_after(keys, _position(cursor, search), descending))
    rows = session.execute(statement.limit(limit + 1)).all()
    shown = rows[:limit]
    bars = scorecards.bars(session, [(row.digest, row.seen_on) for row in shown], rubrics)
    last = list(shown[-1][len(_COLUMNS) :]) if len(rows) > limit else None
    return Page(
        items=tuple(_found(row, rubrics, bars) for row in shown),
        next=None if last is None else write_cursor(_name(search), last),
    )


def count(session: Session, search: Search) -> int:
    """How many programs are found."""
    return session.scalar(_matching(_unordered(search), select(func.count()), session.get_bind().dialect.name)) or 0


def _unordered(search: Search) -> Search:
    """The same programs, without the scores that only an order needs."""
    return msgspec.structs.replace(search, order="newest")


def _found(row: Any, rubrics: Sequence[str], bars: dict[scorecards.Judge, scorecards.Bar]) -> Found:
    values = {name: getattr(row, name) for name in _COLUMNS}
    own = {rubric: bars[row.digest, rubric] for rubric in rubrics if (row.digest, rubric) in bars}
    return Found(**values, bars=own)


def _matching(search: Search, statement: Select[Any], dialect: str) -> Select[Any]:
    statement = statement.select_from(_PROGRAMS)
    if search.order == "score":
        c = _CARDS.c
        same = (c.program_digest == _PROGRAMS.c.digest) & (c.as_of == _PROGRAMS.c.seen_on)
        statement = statement.outerjoin(_CARDS, same & (c.rubric_digest == search.rubric))
    if search.where is not None:
        statement = statement.where(compiled(search.where, _PROGRAMS.c.facts))
    if search.text.strip():
        statement = statement.where(_holds_words(search.text, dialect))
    return statement


def _holds_words(typed: str, dialect: str) -> Any:
    words = list(dict.fromkeys(fold(typed)))
    if len(words) > MOST_WORDS:
        raise BadSearch(f"a search takes at most {MOST_WORDS} different words, not {len(words)}")
    if not words:
        return false()
    # Letters and digits only, so that no word can close the quotes.
    if dialect == "sqlite":
        found = f"programs.number IN (SELECT rowid FROM {SEARCH_TABLE} WHERE {SEARCH_TABLE} MATCH :words)"
        return text(found).bindparams(words=" ".join(f'"{word}"*' for word in words))
    found = f"programs.number IN (SELECT number FROM {SEARCH_TABLE} WHERE words @@ CAST(:words AS tsquery))"
    return text(found).bindparams(words=" & ".join(f"'{word}':*" for word in words))


def _order(search: Search) -> list[Any]:
    """What programs are ordered by; last always their number, which no two share."""
    number = _PROGRAMS.c.number
    match search.order:
        case "title":
            return [_PROGRAMS.c.sort_title, number]
        case "issuer":
            return [_PROGRAMS.c.sort_issuer, number]
        case "newest":
            return [number]
    # Without a scorecard after all that have one.
    return [func.coalesce(_CARDS.c[search.measure], -1.0 if _descends(search) else 101.0), number]


_KINDS: dict[Order, tuple[type, ...]] = {
    "title": (str, int),
    "issuer": (str, int),
    "newest": (int,),
    "score": (float, int),
}


def _descends(search: Search) -> bool:
    return (search.order in ("newest", "score")) != search.reverse


def _after(keys: Sequence[Any], places: Sequence[Any], descending: bool) -> Any:
    """The rows that come after one with these sort values."""
    beyond = [key < place if descending else key > place for key, place in zip(keys, places, strict=True)]
    return beyond[0] if len(keys) == 1 else or_(beyond[0], and_(keys[0] == places[0], beyond[1]))


def _position(cursor: str, search: Search) -> list[Any]:
    *places, number = read_cursor(_name(search), cursor, _KINDS[search.order])
    return [
        *(plain(place) if isinstance(place, str) else place for place in places),
        max(0, min(int(number), 2**31 - 1)),
    ]


def _name(search: Search) -> list[object]:
    """What makes it this search, as a cursor remembers it."""
    where = search.where.text if search.where else ""
    return [fold(search.text), where, search.order, search.rubric, search.measure, search.reverse]
