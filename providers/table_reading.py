"""What the cells of one column state, once a mapping says what the column gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from evaluator.facts import Value, dictionary
from providers import table_cells as cells
from providers.durations import Range
from providers.table_cells import LengthUnit, Money, Unreadable
from providers.table_grid import Cell
from providers.table_mapping import Source

Stated = tuple[tuple[str, Value], ...]
"""Facts and their values."""
Reader = Callable[[Cell, Range | None], Stated]
"""Facts that a cell states; the weeks are what the same row says of the duration. Raises Unreadable."""

_REMEMBERED = 4096
"""Cells of a column whose reading is kept: most columns say few different things."""
_LEVEL = re.compile(r"(?:[A-Za-z]{2,8} )?(?:level |stufe |niveau |nivel |livello )?(\d{1,2})", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-–—•*·▪◦‣]|\d{1,2}[.)])\s+")
_ITEMS = re.compile(r"[\n\r;]+")
_LANGUAGE_ITEMS = re.compile(r"[\n\r;,/|]+")


def reader(target: str, source: Source) -> Reader:
    """How the cells of the column become facts."""

    @lru_cache(maxsize=_REMEMBERED, typed=True)
    def read(cell: Cell, weeks: Range | None) -> Stated:
        stated = _facts(target, source, folded, cell, weeks)
        for fact, value in stated:
            if fault := dictionary()[fact].fault(value):
                raise Unreadable(fault)
        return stated

    folded = {fold(spelling): value for spelling, value in source.values.items()}
    return read


def _facts(target: str, source: Source, folded: dict[str, Value | None], cell: Cell, weeks: Range | None) -> Stated:
    match source.kind:
        case "effort":
            return _interval(target, cells.work(cell, cast("LengthUnit | None", source.unit), weeks, source.decimal))
        case "duration":
            return _interval(target, duration(source, cell))
        case "price":
            return price_facts(money(source, cell))
        case "credits":
            return _credits(source, cell)
        case "level":
            return _level(source, cell)
        case "one_of":
            value = _one_of(target, folded, cell)
        case _:
            value = _scalar(source, cell)
    return () if value is None else ((target, value),)


def _scalar(source: Source, cell: Cell) -> Value | None:
    match source.kind:
        case "number":
            return cells.number(cell, source.decimal)
        case "integer":
            return cells.integer(cell, source.decimal)
        case "percent":
            return cells.percent(cell, source.decimal)
        case "boolean":
            return cells.boolean(cell)
        case "date":
            return cells.date(cell, source.day_first)
        case _:
            return cells.text(cell)


def _interval(target: str, hours: Range | None) -> Stated:
    return () if hours is None else ((f"{target}_low", hours.low), (f"{target}_high", hours.high))


def duration(source: Source, cell: Cell) -> Range | None:
    """Calendar weeks that a cell states. Raises Unreadable."""
    said = cells.length(cell, cast("LengthUnit | None", source.unit), decimal=source.decimal)
    return said.weeks if said else None


def money(source: Source, cell: Cell) -> Money | None:
    """The prices that a cell names. Raises Unreadable."""
    return cells.money(cell, source.currency, source.zero_is_free)


def price_facts(money: Money | None) -> Stated:
    """What the price of the credential states as facts."""
    if money is None or (price := money.credential) is None:
        return ()
    currency = () if price.currency is None else (("price_currency", price.currency),)
    return (("price_amount", price.amount), ("free", price.amount == 0), *currency)


def _credits(source: Source, cell: Cell) -> Stated:
    """An amount of credit, which may name the unit of its column again ("5 ECTS"); zero says nothing."""
    words = cells.text(cell)
    if words is None:
        return ()
    name = (source.unit or "").replace("_", " ")
    bare = words[: -len(name)].rstrip() if name and words.casefold().endswith(name) else cell
    amount = cells.number(bare, source.decimal)
    if not amount:
        return ()
    unit = () if source.unit is None else (("credit_unit", source.unit),)
    return (("credit_amount", amount), *unit)


def _level(source: Source, cell: Cell) -> Stated:
    words = cells.text(cell)
    if words is None:
        return ()
    if not (match := _LEVEL.fullmatch(words)):
        raise Unreadable("it is not one level such as 5")
    return (("level_code", match[1]), ("level_framework", source.framework or "other"))


def _one_of(target: str, folded: dict[str, Value | None], cell: Cell) -> Value | None:
    words = cells.text(cell)
    if (spelled := fold(str(cell))) in folded:
        return folded[spelled]
    if words is None:
        return None
    own = fold(words).replace(" ", "_").replace("-", "_")
    if own in dictionary()[target].values:
        return own
    raise Unreadable("the mapping does not say which value it means")


def items(target: str, source: Source, cell: Cell) -> list[str]:
    """The items of a list in a cell, without bullets, numbers and repetition."""
    words = cells.text(cell)
    if target == "prerequisites" and fold(str(cell)) == "none":
        words = "None"  # says that nothing is required, where it says nothing in other columns
    if words is None:
        return []
    if source.split:
        parts = words.split(source.split)
    else:
        parts = (_LANGUAGE_ITEMS if target == "languages" else _ITEMS).split(words)
    found = dict.fromkeys(" ".join(_BULLET.sub("", part).split()) for part in parts)
    spelled = {fold(key): str(value) for key, value in source.values.items() if value is not None}
    return [spelled.get(fold(item), item) for item in found if item]


def address(cell: Cell) -> str | None:
    """A web address. Raises Unreadable for anything else: pages link to it."""
    words = cells.text(cell)
    if words is not None and not _ADDRESS.fullmatch(words):
        raise Unreadable("it is not a web address that begins with https:// or http://")
    return words


def fold(words: str) -> str:
    """A spelling without capitals and superfluous spaces."""
    return " ".join(words.split()).casefold()
