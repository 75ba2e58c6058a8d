"""Rows of a table as programs, by a mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluator.canonical import digest_of
from evaluator.program import Dates, Document, Draft, Organization, Price, Problem, Program, Skill
from providers import plain_text, table_cells, table_reading
from providers.durations import Range
from providers.table_cells import Unreadable
from providers.table_grid import Cell, Grid
from providers.table_mapping import FIELDS, LISTS, Mapping, Source
from providers.table_reading import Reader

_MOST_ROWS_NAMED = 10
"""Further rows that a problem names; the rest are counted."""
_MOST_MESSAGES = 10
"""Different problems of one kind that are reported; the rest are counted."""
_LONGEST_SHOWN = 60


@dataclass
class Faults:
    """What could not be read, gathered so that ten thousand rows with one mistake give one problem."""

    by_kind: dict[str, dict[str, tuple[str, list[int]]]] = field(default_factory=dict)
    """First place and all rows, by message, by kind."""

    def add(self, kind: str, message: str, place: str, row: int) -> None:
        """Remember one place; `kind` says which messages belong together, `row` is the number people see."""
        self.by_kind.setdefault(kind, {}).setdefault(message, (place, []))[1].append(row)

    def problems(self, document: str) -> tuple[Problem, ...]:
        """One problem for each different message, with the rows in which it recurs."""
        found = []
        for kind, messages in self.by_kind.items():
            for message, (place, rows) in list(messages.items())[:_MOST_MESSAGES]:
                found.append(Problem(document=document, locator=place, message=message + _also(rows[1:])))
            if rest := list(messages.values())[_MOST_MESSAGES:]:
                message = f"{kind}: {len(rest):,} more such problems in {sum(len(rows) for _, rows in rest):,} rows"
                found.append(Problem(document=document, locator=rest[0][0], message=message))
        return tuple(found)


def _also(rows: list[int]) -> str:
    if not rows:
        return ""
    named, rest = ", ".join(map(str, rows[:_MOST_ROWS_NAMED])), len(rows) - _MOST_ROWS_NAMED
    return f" (also in row{'s' if len(rows) > 1 else ''} {named}{f' and {rest:,} more' if rest > 0 else ''})"


@dataclass(frozen=True)
class _Column:
    target: str
    source: Source
    position: int
    read: Reader


@dataclass(frozen=True)
class _Table:
    """A table with its mapping, ready to read rows."""

    document: Document
    grid: Grid
    header: int
    names: tuple[str, ...]
    mapping: Mapping
    faults: Faults
    fields: dict[str, tuple[Source, int]]
    facts: tuple[_Column, ...]


def programs(document: Document, grid: Grid, header: int, mapping: Mapping, faults: Faults) -> list[Program]:
    """The programs in the rows below `grid.rows[header]`, which has every column that the mapping names."""
    names = grid.names(header)
    positions = {name: position for position, name in enumerate(names)}
    table = _Table(
        document=document,
        grid=grid,
        header=header,
        names=names,
        mapping=mapping,
        faults=faults,
        fields={
            target: (source, positions[source.column]) for target, source in mapping.columns.items() if target in FIELDS
        },
        facts=tuple(
            _Column(target, source, positions[source.column], table_reading.reader(target, source))
            for target, source in mapping.columns.items()
            if target not in FIELDS
        ),
    )
    if _header_is_short(table):
        message = f"most rows have more cells than the header has columns ({len(names)}); give every column a header"
        faults.add("header", message, grid.row_locator(header), grid.first_row + header)
        return []
    skip = [positions[column] for column in mapping.skip_rows_where_empty]
    read = (
        _program(table, row, grid.rows[row]) for row in range(header + 1, len(grid.rows)) if _says(grid.rows[row], skip)
    )
    return [program for program in read if program]


def _header_is_short(table: _Table) -> bool:
    """Whether cells of most rows stand one column further right than the header says, so that none can be trusted."""
    rows = table.grid.rows[table.header + 1 :]
    longer = sum(any(map(_is_filled, row[len(table.names) :])) for row in rows)
    return longer * 2 > len(rows)


def _is_filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _says(row: Sequence[Cell], needed: list[int]) -> bool:
    """Whether a row holds anything, and something in each of the columns that must not be empty."""
    if not any(map(_is_filled, row)):
        return False
    return all(position < len(row) and table_cells.text(row[position]) is not None for position in needed)


def _program(table: _Table, row: int, cells: Sequence[Cell]) -> Program | None:
    """The program of one row; `None`, with a problem, for a row without a title."""
    title = _text(table, "title", cells)
    if title is None:
        message = f'it has no "{table.mapping.columns["title"].column}" and was left out'
        table.faults.add("rows without title", message, table.grid.row_locator(row), table.grid.first_row + row)
        return None
    shifted = _check_width(table, row, cells)
    draft = Draft(table.document, table.mapping.grade)
    fields = {} if shifted else _fields(table, row, cells)
    if not shifted:
        fields["prices"] = _state(table, draft, row, cells)
    _state_constants(table, draft)
    issuer = fields.get("issuer")
    own = fields.pop("id", None)
    return draft.finish(id=_id(own, issuer, title), title=title, provider="table", **fields)


def _check_width(table: _Table, row: int, cells: Sequence[Cell]) -> bool:
    """Whether a row has more cells than there are columns; reports rows that have more or fewer."""
    shifted = any(map(_is_filled, cells[len(table.names) :]))
    if shifted or len(cells) < len(table.names):
        effect = "it is unclear which belongs where, so only its title was read" if shifted else "the rest is unknown"
        message = f"it has {len(cells)} cells where the header has {len(table.names)}; {effect}"
        table.faults.add("number of cells", message, table.grid.row_locator(row), table.grid.first_row + row)
    return shifted


def _id(own: str | None, issuer: Organization | None, title: str) -> str | None:
    """The row's own identifier where it is a URI; one that only its table knows ("17") is made unlike others."""
    if own is None or ("://" in own or own.startswith("urn:")):
        return own
    made = digest_of([issuer.name if issuer else None, title, own]).removeprefix("sha256:")
    return f"urn:touchstone:{made[:32]}"


def _cell(cells: Sequence[Cell], position: int) -> Cell:
    return cells[position] if position < len(cells) else ""


def _text(table: _Table, target: str, cells: Sequence[Cell]) -> str | None:
    """One line of text from a column, or the constant."""
    if target not in table.fields:
        constant = table.mapping.constants.get(target)
        return None if constant is None else str(constant)
    words = table_cells.text(_cell(cells, table.fields[target][1]))
    return (plain_text.line(words) or None) if words else None


def _fields(table: _Table, row: int, cells: Sequence[Cell]) -> dict[str, Any]:
    """What people read, beside the title."""
    lists = {target: tuple(_items(table, target, cells)) for target in LISTS}
    description = table.fields.get("description")
    body = _text(table, "awarding_body", cells)
    return {
        "id": _text(table, "id", cells),
        "description": plain_text.plain(table_cells.text(_cell(cells, description[1])) or "") or None
        if description
        else _text(table, "description", cells),
        "url": _checked(table, "url", row, cells),
        "issuer": _issuer(table, row, cells),
        "awarding_body": Organization(name=body) if body else None,
        "dates": Dates(
            published=_checked(table, "published", row, cells), modified=_checked(table, "modified", row, cells)
        ),
        **lists,
        "skills": tuple(Skill(label=label) for label in lists["skills"]),
    }


def _issuer(table: _Table, row: int, cells: Sequence[Cell]) -> Organization | None:
    name = _text(table, "issuer", cells)
    if name is None:
        return None
    country = _text(table, "issuer_country", cells)
    return Organization(name=name, url=_checked(table, "issuer_url", row, cells), country=country)


def _items(table: _Table, target: str, cells: Sequence[Cell]) -> list[str]:
    if target not in table.fields:
        constant = table.mapping.constants.get(target)
        return [] if constant is None else table_reading.items(target, Source(column="", kind="text"), str(constant))
    source, position = table.fields[target]
    return table_reading.items(target, source, _cell(cells, position))


def _checked(table: _Table, target: str, row: int, cells: Sequence[Cell]) -> str | None:
    """An address or a date, or the constant; anything else is a problem."""
    if target not in table.fields:
        return _text(table, target, cells)
    source, position = table.fields[target]
    cell = _cell(cells, position)
    try:
        return table_cells.date(cell, source.day_first) if source.kind == "date" else table_reading.address(cell)
    except Unreadable as error:
        _unreadable(table, target, row, position, cell, error)
        return None


def _unreadable(table: _Table, target: str, row: int, position: int, cell: Cell, error: Unreadable) -> None:
    shown = " ".join(str(cell).split())
    shown = shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 1] + "…"
    name = table.names[position]
    message = f'"{shown}" can\'t be read as {target}: {error}'
    table.faults.add(f'column "{name}"', message, table.grid.locator(row, position, name), table.grid.first_row + row)


def _state(table: _Table, draft: Draft, row: int, cells: Sequence[Cell]) -> tuple[Price, ...]:
    """State every fact of the row. Returns its prices."""
    weeks = _weeks(table, cells)
    prices: list[Price] = []
    for column in table.facts:
        cell = _cell(cells, column.position)
        try:
            stated = column.read(cell, weeks if column.source.kind == "effort" else None)
            money = table_reading.money(column.source, cell) if column.source.kind == "price" else None
        except Unreadable as error:
            _unreadable(table, column.target, row, column.position, cell, error)
            continue
        if stated:
            place = table.grid.locator(row, column.position, table.names[column.position])
            for fact, value in stated:
                draft.state(fact, value, place, cell)
        prices += money.prices if money else ()
    return tuple(prices)


def _weeks(table: _Table, cells: Sequence[Cell]) -> Range | None:
    """Calendar weeks that the row states, by which hours per week are multiplied."""
    for column in table.facts:
        if column.source.kind == "duration":
            try:
                return table_reading.duration(column.source, _cell(cells, column.position))
            except Unreadable:
                return None  # reported where the duration itself is stated
    return None


def _state_constants(table: _Table, draft: Draft) -> None:
    for name, value in table.mapping.constants.items():
        if name not in FIELDS:
            draft.state(name, value, f'mapping, constant "{name}"')
