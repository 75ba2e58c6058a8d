"""A mapping guessed from the headers of a table and checked against its cells (words: `table_guess.yaml`).

A header only proposes; a column is used when at least half of the cells that say something can be read as what the
header promises. Where that fails, or two readings are possible, the column stays unused, with the reason in the
mapping, so that a person sees it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from evaluator import strict_yaml
from evaluator.facts import Value, dictionary
from providers import table_cells, table_reading
from providers.durations import Range
from providers.table_cells import CURRENCIES, Decimal, Unreadable, text
from providers.table_grid import Cell
from providers.table_mapping import COMPOUND, FIELDS, OPTIONS, Kind, Mapping, Source
from providers.table_reading import fold

_DEFAULT_FROM_ROWS = 10
"""Rows from which one and the same value in all of them is taken for what software writes into unfilled fields."""
_MOST_VALUES = 40
_LENGTHS = frozenset({"duration_weeks", "workload_hours"})
"""One column may give both: "6 weeks" in one row, "10 hours" in the next."""
_LETTERS = re.compile(r"[^\W\d_]{2}")
_LANGUAGE_CODE = re.compile(r"[A-Za-z]{2}(?:-[A-Za-z]{2,4}){0,2}")
_SIGNS_IN_HEADERS = {"€": "EUR", "£": "GBP", "us$": "USD"}


class _Headers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    headers: tuple[str, ...]
    unit: str | None = None
    framework: str | None = None
    values: dict[str, bool] = {}


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    headers: dict[str, tuple[_Headers, ...]]
    weak_titles: tuple[str, ...]
    telling: frozenset[str]
    other_tables: tuple[str, ...]
    cells: dict[str, dict[bool | str, tuple[str, ...]]]


@cache
def _words() -> _Words:
    content = resources.files("providers").joinpath("table_guess.yaml").read_bytes()
    return strict_yaml.convert(strict_yaml.parse(content, "table_guess.yaml"), _Words, "table_guess.yaml")


@cache
def _recipes() -> dict[str, tuple[_Headers, ...]]:
    """Headers by target, best first; each field and fact by its own name too."""
    facts = [name for name, definition in dictionary().items() if not definition.derived]
    words = _words().headers
    targets = dict.fromkeys([*words, *FIELDS, *COMPOUND, *facts])
    return {target: (*words.get(target, ()), _Headers(headers=(target,))) for target in targets}


@cache
def _spellings(target: str) -> dict[str, Value]:
    """Plain spelling → value of the fact."""
    values: dict[str, Value] = {}
    for value, spellings in _words().cells.get(target, {}).items():
        values |= dict.fromkeys((_plain(spelling) for spelling in (str(value), *spellings)), value)
    definition = dictionary().get(target)
    if definition:
        values |= {_plain(value): value for value in definition.values}
    return values


class _Column:
    """One column while it is looked at: what its cells say, and how often."""

    def __init__(self, name: str, position: int, rows: Sequence[Sequence[Cell]]) -> None:
        self.name = name
        self.squashed = _squash(name)
        self._position = position
        self._rows = rows
        self._counted: Counter[Cell] | None = None

    @property
    def cells(self) -> Counter[Cell]:
        """Cells that say something."""
        if self._counted is None:
            counted = Counter(row[self._position] for row in self._rows if self._position < len(row))
            self._counted = Counter({cell: count for cell, count in counted.items() if text(cell) is not None})
        return self._counted

    @property
    def default(self) -> str | None:
        """The one value of all rows, where it may be what software writes when nobody filled the field in.

        A number, a truth value or a two-letter code that is the same in ten rows or more tells no program from
        another and is what exports hold for fields that were never used. Words ("Online", "English") are not.
        """
        if len(self.cells) != 1 or self.cells.total() < max(len(self._rows), _DEFAULT_FROM_ROWS):
            return None
        value = str(next(iter(self.cells))).strip()
        plain = (
            len(value) <= 2 or value.casefold() in ("true", "false", "yes", "no") or _reads(table_cells.number, value)
        )
        return value if plain else None

    @property
    def filled(self) -> float:
        """Share of the rows in which the column says something."""
        return self.cells.total() / (len(self._rows) or 1)

    def share(self, good: Iterable[Cell]) -> float:
        """Share of the cells that say something."""
        return sum(self.cells[cell] for cell in good) / (self.cells.total() or 1)


def guess(headers: Sequence[str], sample_rows: Sequence[Sequence[Cell]]) -> Mapping | None:
    """The mapping that the headers suggest and the cells bear out; `None` when this is no table of programs.

    The more rows it sees, the surer it is; headers must be unlike one another (`Grid.names`).
    """
    columns = [_Column(name, position, sample_rows) for position, name in enumerate(headers)]
    if {column.squashed for column in columns} & {_squash(header) for header in _words().other_tables}:
        return None
    refused: dict[str, str] = {}
    title = _titled(columns, _recipes()["title"][0].headers)
    sources = _sources([column for column in columns if column is not title], refused)
    if title is None and sources.keys() & _words().telling:
        used = {source.column for source in sources.values()}
        title = _titled([column for column in columns if column.name not in used], _words().weak_titles)
    if title is None:
        return None
    chosen = {"title": Source(column=title.name, kind="text"), **sources}
    used = {source.column for source in chosen.values()}
    unused = {column.name: _why(column, refused) for column in columns if column.name not in used}
    return Mapping(columns=chosen, unused=unused)


def may_hold_titles(headers: Sequence[Cell]) -> bool:
    """Whether a row could be the header of a table of programs: cheap, to find the row among many."""
    squashed = {_squash(str(header)) for header in headers if isinstance(header, str)}
    return not squashed.isdisjoint(_title_headers())


@cache
def _title_headers() -> frozenset[str]:
    return frozenset(_squash(header) for header in (*_recipes()["title"][0].headers, *_words().weak_titles))


def _why(column: _Column, refused: dict[str, str]) -> str:
    return refused.get(column.name, "" if column.cells else "empty")


def _titled(columns: list[_Column], headers: Sequence[str]) -> _Column | None:
    for header in headers:
        for column in columns:
            if column.squashed == _squash(header) and (not column.cells or _is_text(column)):
                return column
    return None


def _sources(columns: list[_Column], refused: dict[str, str]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    taken: set[str] = set()
    for target, recipes in _recipes().items():
        if target == "title" or _is_given(target, sources):
            continue
        free = [column for column in columns if column.name not in taken or target in _LENGTHS]
        source = _source(target, recipes, free, refused)
        if source and (source.column not in taken or _may_share(source.column, sources)):
            sources[target] = source
            taken.add(source.column)
    return sources


def _is_given(target: str, sources: dict[str, Source]) -> bool:
    """Whether a fact has a source already as a part of something: `price` gives `price_amount` and `free`."""
    if target == "price_amount":
        return "price" in sources
    if target in ("credit_amount", "credit_unit"):
        return "credits" in sources
    return target.removesuffix("_low").removesuffix("_high") in sources


def _may_share(column: str, sources: dict[str, Source]) -> bool:
    return all(target in _LENGTHS for target, source in sources.items() if source.column == column)


def _source(target: str, recipes: Sequence[_Headers], columns: list[_Column], refused: dict[str, str]) -> Source | None:
    for recipe in recipes:
        for header in recipe.headers:
            for column in columns:
                currency = _currency_in(column.name) if target == "price" else None
                if _squash(header) != (_squash(_without_currency(column.name)) if currency else column.squashed):
                    continue
                if column.default is not None:
                    refused[column.name] = f'"{column.default}" in every row may be a default that nobody chose'
                elif source := _fitting(target, recipe, column, currency):
                    return source
                elif column.cells:
                    refused.setdefault(column.name, _unfit(target, recipe, column))
    return None


def _unfit(target: str, recipe: _Headers, column: _Column) -> str:
    """Why a column is not used, with the first cell that can't be read as its header promises."""
    if COMPOUND.get(target) in ("duration", "effort") and not recipe.unit:
        bare = [cell for cell in column.cells if _reads(table_cells.number, cell)]
        if column.share(bare) >= 0.5:
            return 'its numbers have no unit; say "unit" in a mapping'
    return f'its cells can\'t be read as {target}, such as "{str(next(iter(column.cells)))[:40]}"'


def _fitting(target: str, recipe: _Headers, column: _Column, currency: str | None) -> Source | None:
    """The source that reads at least half of what the column says; `None` when there is none."""
    if not column.cells:
        return None
    if kind := FIELDS.get(target):
        return _field(target, column) if kind == "text" else _dates(column)
    closed = target in dictionary() and bool(dictionary()[target].values)
    spelled = _one_of(target, recipe.values, column)
    if spelled or closed or (target == "level" and not recipe.framework):
        return spelled
    plain = Source(column=column.name, kind="text", unit=recipe.unit, framework=recipe.framework, currency=currency)
    best, most = None, 0.5
    for kind in _kinds(target):
        source = plain.model_copy(update={"kind": kind, "decimal": _mark(kind, column)})
        share = _share_read(target, source, column)
        if share > most or (best is None and share == most):
            best, most = source, share
    return best


def _kinds(target: str) -> tuple[Kind, ...]:
    if target in COMPOUND:
        return (COMPOUND[target],)
    definition = dictionary()[target]
    if definition.type == "number":
        return ("number", "percent") if definition.maximum == 1 else ("number",)
    return (definition.type,)


def _share_read(target: str, source: Source, column: _Column) -> float:
    """Share of the telling cells that state something; cells that can be read but state nothing don't count."""
    read = table_reading.reader(target, source)
    good = bad = 0
    for cell, count in column.cells.items():
        try:
            stated = read(cell, Range(1, 1))
        except Unreadable:
            bad += count
        else:
            good += count if stated or _is_price(target, source, cell) else 0
            bad += count if not stated and target in _LENGTHS else 0
    return good / (good + bad) if good else 0.0


def _is_price(target: str, source: Source, cell: Cell) -> bool:
    return target == "price" and table_reading.money(source, cell) is not None


def _mark(kind: Kind, column: _Column) -> Decimal | None:
    """The decimal mark of a column that needs one said, where the cells that leave no doubt agree on it."""
    if kind not in OPTIONS["decimal"] or all(_reads(table_cells.number, cell) for cell in column.cells):
        return None
    marks = {mark for cell in column.cells if (mark := table_cells.stated_decimal(cell))}
    return marks.pop() if len(marks) == 1 else None


def _field(target: str, column: _Column) -> Source | None:
    source = Source(column=column.name, kind="text")
    if target in ("url", "issuer_url"):
        good = [cell for cell in column.cells if _reads(table_reading.address, cell)]
        return source if column.share(good) >= 0.5 else None
    if target == "id":
        return source if len(column.cells) >= 0.9 * column.cells.total() else None
    if target == "languages":
        return _languages(column)
    if not _is_text(column):
        return None
    if target == "skills" and _are_comma_lists(column):
        return source.model_copy(update={"split": ","})
    return source


def _dates(column: _Column) -> Source | None:
    good = [cell for cell in column.cells if _reads(table_cells.date, cell)]
    return Source(column=column.name, kind="date") if column.share(good) >= 0.5 else None


def _is_text(column: _Column) -> bool:
    return column.share(cell for cell in column.cells if isinstance(cell, str) and _LETTERS.search(cell)) >= 0.5


def _are_comma_lists(column: _Column) -> bool:
    with_commas = [cell for cell in column.cells if "," in str(cell)]
    return column.share(with_commas) >= 0.5 and not any(mark in str(cell) for cell in column.cells for mark in ";\n")


def _languages(column: _Column) -> Source | None:
    """Languages of instruction stand in nearly every row; a sparse column lists languages of something else."""
    known = _spellings("languages")
    source = Source(column=column.name, kind="text")
    values: dict[str, str] = {}
    good = []
    for cell in column.cells:
        parts = table_reading.items("languages", source, cell)
        spelled = {part: str(known[_plain(part)]) for part in parts if _plain(part) in known}
        if all(part in spelled or _LANGUAGE_CODE.fullmatch(part) for part in parts):
            good.append(cell)
        values |= {part: code for part, code in spelled.items() if part != code}
    if column.share(good) < 0.5 or column.filled < 0.5:
        return None
    return source.model_copy(update={"values": dict(list(values.items())[:_MOST_VALUES])})


def _one_of(target: str, own: dict[str, bool], column: _Column) -> Source | None:
    known = {_plain(spelling): value for spelling, value in own.items()} or _spellings(target)
    good = [cell for cell in column.cells if _plain(str(cell)) in known]
    if not good or column.share(good) < 0.5:
        return None
    values: dict[str, Value | None] = {
        " ".join(str(cell).split()): known[_plain(str(cell))] for cell in good[:_MOST_VALUES]
    }
    return Source(column=column.name, kind="one_of", values=values)


def _reads(read: Callable[[Cell], object], cell: Cell) -> bool:
    try:
        return read(cell) is not None
    except Unreadable:
        return False


def _currency_in(header: str) -> str | None:
    last = header.replace("(", " ").replace(")", " ").replace("_", " ").split()[-1:]
    word = last[0] if last else ""
    return _SIGNS_IN_HEADERS.get(word.lower()) or (word.upper() if word.upper() in CURRENCIES else None)


def _without_currency(header: str) -> str:
    return re.sub(r"[\s_(]*(?:\bin\b\s*)?[^\s_()]+\)?\s*$", "", header)


def _plain(words: str) -> str:
    """A spelling without capitals and punctuation."""
    return " ".join(re.sub(r"[\W_]+", " ", fold(words).replace("'", "")).split())


@cache
def _squash(header: str) -> str:
    """A header without capitals, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", header.casefold())
