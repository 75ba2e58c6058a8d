"""Levels as EQF intervals and credit as intervals of hours (`levels.yaml`).

Every function looks up one row of the table and hands that row back with the answer, so that evidence can say
which row decided and who stands behind it. Two rows are never chained, and no row is read backwards.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluator import strict_yaml

Authority = Literal["official", "referencing", "comparison", "institution", "composed", "inferred"]
"""Who stands behind a row, from most to least trusted; `levels.yaml` says what each means."""

Basis = Literal["notional", "contact", "supervised"]
"""What an hour of a credit is: all learner time, time with a teacher, or supervised clock time."""

LONGEST_CODE = 120
"""Characters of a published level that are looked at; a longer text is prose, not a code."""

MOST = 1_000_000
"""Credits or hours beyond which an amount is a mistake of its source; keeps every product finite."""


class Row(NamedTuple):
    """The row of the table that gave an answer."""

    id: str
    """Path in `levels.yaml`, such as `frameworks/scqf/8`."""
    authority: Authority
    source: str
    """Address of the page that says so."""
    version: str
    """Version of the table."""


class EqfInterval(NamedTuple):
    """Levels of the European Qualifications Framework that a published level can stand for."""

    low: int
    high: int
    row: Row


class Hours(NamedTuple):
    """Hours that an amount of credit can stand for."""

    low: float
    high: float
    default: float
    """The usual number, for display only."""
    each: tuple[float, float]
    """Least and most hours of one unit."""
    basis: Basis
    row: Row


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    note: str | None = None
    status: Literal["active", "withdrawn"] = "active"


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    url: str


class _Level(_Part):
    eqf: tuple[int, int]
    also: tuple[str, ...] = ()
    """Other spellings, in lower case with single spaces."""
    source: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> _Level:
        low, high = self.eqf
        if not 1 <= low <= high <= 8:
            raise ValueError(f"{list(self.eqf)} is not an interval of EQF levels 1 to 8")
        return self


class _Framework(_Part):
    title: str
    names: tuple[str, ...]
    referenced: bool | None = None
    authority: Authority
    source: str
    levels: dict[str, _Level]


class _Hours(_Part):
    hours: tuple[float, float, float]
    authority: Authority
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> _Hours:
        low, high, default = self.hours
        if not 0 < low <= default <= high:
            raise ValueError(f"{list(self.hours)} is not lowest, highest and usual hours")
        return self


class _Local(_Hours):
    names: tuple[str, ...]


class _Credit(_Hours):
    title: str
    basis: Basis
    local: dict[str, _Local] = Field(default_factory=dict)


class _Contact(_Part):
    title: str
    factor: tuple[float, float]
    authority: Authority
    source: str


class Crosswalk(BaseModel):
    """The whole table, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    sources: dict[str, _Source]
    frameworks: dict[str, _Framework]
    credits: dict[str, _Credit]
    contact: _Contact

    @model_validator(mode="after")
    def _sources_exist(self) -> Crosswalk:
        used = {self.contact.source}
        for framework in self.frameworks.values():
            used.update({framework.source}, (level.source for level in framework.levels.values() if level.source))
        for credit in self.credits.values():
            used.update({credit.source}, (local.source for local in credit.local.values()))
        if missing := sorted(used - set(self.sources)):
            raise ValueError(f"no source is called {', '.join(missing)}")
        return self


def parse(text: str | bytes, name: str = "levels.yaml") -> Crosswalk:
    """Read a table. Raises SpecError that lists every mistake in it."""
    return strict_yaml.convert(strict_yaml.parse(text, name), Crosswalk, name)


@cache
def crosswalk() -> Crosswalk:
    """The table that comes with Touchstone."""
    return parse(resources.files("evaluator").joinpath("levels.yaml").read_bytes())


def eqf_interval(
    framework: str, code: str, *, self_assigned: bool = False, table: Crosswalk | None = None
) -> EqfInterval | None:
    """EQF levels that level `code` of `framework` can stand for, or `None` when the table does not say.

    `code` may be written as sources write it: `6`, `Level 6`, `EQF 6`, `5–6`, `http://data.europa.eu/snb/eqf/6`. A
    code that names another framework than `framework` contradicts itself and gives `None`. A level that the offerer
    gave itself is a claim, which is widened by one level to each side (`self_assigned`).
    """
    if len(code) > LONGEST_CODE:
        return None
    found = _find_level(framework, code) if table is None else _search(table, framework, code)
    if found is None or not self_assigned:
        return found
    return EqfInterval(max(1, found.low - 1), min(8, found.high + 1), found.row)


def level_referenced(framework: str) -> bool | None:
    """Whether `framework` is officially referenced to the EQF; `None` when the table does not say.

    Official comparisons (New Zealand, Australia, Hong Kong) are not referencing.
    """
    entry = crosswalk().frameworks.get(framework)
    return None if entry is None else entry.referenced


def credit_hours(
    amount: float, unit: str, awarding_body: str | None = None, *, table: Crosswalk | None = None
) -> Hours | None:
    """Hours that `amount` credits of `unit` stand for, or `None` when the table has no such unit.

    Where the awarding body publishes its own hours a credit, those hold instead of the general ones. An amount
    below zero or above a million gives `None`.
    """
    if not 0 <= amount <= MOST:
        return None
    body = (awarding_body or "")[:LONGEST_CODE]
    one = _find_credit(unit, body) if table is None else _search_credit(table, unit, body)
    if one is None:
        return None
    return Hours(amount * one.low, amount * one.high, amount * one.default, one.each, one.basis, one.row)


def notional_from_contact(low: float, high: float) -> Hours | None:
    """All learner time where only contact hours are known: from no own work to two hours for each hour taught.

    The upper end is the ratio of the United States credit hour (34 CFR 600.2). No other kind of hour is ever
    turned into another. `None` for what is no interval of plausible hours.
    """
    if not 0 <= low <= high <= MOST:
        return None
    table = crosswalk()
    least, most = table.contact.factor
    row = Row("contact", table.contact.authority, table.sources[table.contact.source].url, table.version)
    return Hours(low * least, high * most, low * least, table.contact.factor, "notional", row)


def ects_from_hours(low: float, high: float) -> tuple[float, float]:
    """ECTS credits comparable to `low` to `high` notional hours: fewest at 30 hours a credit, most at 25.

    ECTS Users' Guide 2015: a credit corresponds to 25 to 30 hours of work. Comparable in size only; it awards nothing.
    """
    fewest_hours, most_hours, _ = crosswalk().credits["ects"].hours
    return low / most_hours, high / fewest_hours


def fibaa_ects(hours: float) -> int:
    """ECTS that FIBAA certifies for `hours` notional hours: whole credits of 25 hours, rounded half up.

    To reproduce an assessor's published number one uses the assessor's own rule, not the general interval.
    """
    return int(hours / 25 + 0.5)


_SEPARATORS = re.compile(r"[\s_:,()#–—-]+|(?<=[a-z][a-z])(?=[0-9])")
_LEVEL_WORDS = frozenset({"level", "levels", "cycle", "niveau", "nivel", "nível", "livello"})
_RANGE = re.compile(r"(?<=[0-9])\s*[–—-]\s*(?=[0-9])")
_WHOLE = re.compile(r"(\d+)\.0+")


@lru_cache(maxsize=4096)
def _find_level(framework: str, code: str) -> EqfInterval | None:
    return _search(crosswalk(), framework, code)


def _search(table: Crosswalk, framework: str, code: str) -> EqfInterval | None:
    entry = table.frameworks.get(framework)
    if entry is None or entry.status == "withdrawn" or (spelled := _spelled(code, entry.names)) is None:
        return None
    first, _, last = spelled.partition(" to ")
    low, high = _level(entry, first), _level(entry, last or first)
    if low is None or high is None or low[1].eqf[0] > high[1].eqf[1]:
        return None
    codes = low[0] if low == high else f"{low[0]}–{high[0]}"
    source = table.sources[low[1].source or entry.source].url
    row = Row(f"frameworks/{framework}/{codes}", entry.authority, source, table.version)
    return EqfInterval(low[1].eqf[0], high[1].eqf[1], row)


def _level(entry: _Framework, spelled: str) -> tuple[str, _Level] | None:
    for key, level in entry.levels.items():
        if level.status == "active" and spelled in (_plain(key), *level.also):
            return key, level
    return None


def _spelled(code: str, names: tuple[str, ...]) -> str | None:
    """The bare level in `code`, in lower case with single spaces; `None` for an address of something else."""
    text = code.strip()
    if "://" in text:
        *_, parent, last = ["", *text.rstrip("/").split("/")]
        if parent.casefold() not in names:
            return None
        text = last
    plain = _plain(text)
    for name in names:
        if plain.startswith(name + " "):
            plain = plain[len(name) + 1 :]
            break
    return _WHOLE.sub(r"\1", plain)


def _plain(text: str) -> str:
    words = _SEPARATORS.split(_RANGE.sub(" to ", text.casefold()))
    return " ".join(word for word in words if word and word not in _LEVEL_WORDS)


@lru_cache(maxsize=4096)
def _find_credit(unit: str, awarding_body: str) -> Hours | None:
    return _search_credit(crosswalk(), unit, awarding_body)


def _search_credit(table: Crosswalk, unit: str, awarding_body: str) -> Hours | None:
    """Hours of one credit of `unit`."""
    credit = table.credits.get(unit)
    if credit is None or credit.status == "withdrawn":
        return None
    row_id = f"credits/{unit}"
    chosen: _Hours = credit
    wanted = _plain(awarding_body)
    for key, local in credit.local.items():
        if local.status == "active" and wanted in {_plain(name) for name in local.names}:
            row_id, chosen = f"{row_id}/{key}", local
            break
    low, high, default = chosen.hours
    row = Row(row_id, chosen.authority, table.sources[chosen.source].url, table.version)
    return Hours(low, high, default, (low, high), credit.basis, row)
