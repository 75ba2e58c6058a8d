"""Which column of a table gives which field or fact of a program: a mapping, as people write and edit it in YAML.

    columns:
      title: Course Title
      audience_level: {column: Level, values: {Introductory: beginner, Expert: advanced}}
      duration_weeks: {column: Length, unit: weeks}
      workload_hours: {column: Effort}            # "2–4 hours per week", times `duration_weeks`
      price: {column: Fee, currency: EUR}
    constants: {issuer: Example Academy, delivery: online}
    grade: documented
    origin: Course export of the academy, https://academy.example/courses.csv

`table_guess.py` makes one of the headers of a table; `to_yaml` writes it down, so that a person can correct it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Named
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluator import strict_yaml
from evaluator.facts import Value, dictionary
from evaluator.strict_yaml import did_you_mean
from providers.table_cells import CURRENCIES, Decimal, LengthUnit

Kind = Literal[
    "text",
    "number",
    "integer",
    "boolean",
    "date",
    "duration",
    "effort",
    "price",
    "percent",
    "one_of",
    "credits",
    "level",
]
"""How a cell is read."""

FIELDS: dict[str, Kind] = {
    "title": "text",
    "description": "text",
    "url": "text",
    "id": "text",
    "issuer": "text",
    "issuer_url": "text",
    "issuer_country": "text",
    "awarding_body": "text",
    "outcomes": "text",
    "skills": "text",
    "prerequisites": "text",
    "languages": "text",
    "published": "date",
    "modified": "date",
}
"""Fields of a program, which people read."""
LISTS = frozenset({"outcomes", "skills", "prerequisites", "languages"})
COMPOUND: dict[str, Kind] = {
    "duration_weeks": "duration",
    "workload_hours": "effort",
    "contact_hours": "effort",
    "clock_hours": "effort",
    "price": "price",
    "credits": "credits",
    "level": "level",
}
"""What gives several facts at once."""
GIVES = {
    "price": "price_amount, price_currency, free",
    "credits": "credit_amount, credit_unit",
    "level": "level_code, level_framework",
}
_KINDS_OF_FACTS: dict[str, tuple[Kind, ...]] = {
    "boolean": ("boolean", "one_of"),
    "integer": ("integer", "one_of"),
    "number": ("number", "percent", "one_of"),
    "text": ("text", "one_of"),
    "date": ("date",),
}
OPTIONS: dict[str, frozenset[Kind]] = {
    "values": frozenset({"one_of", "text"}),
    "unit": frozenset({"duration", "effort", "credits"}),
    "framework": frozenset({"level"}),
    "currency": frozenset({"price"}),
    "zero_is_free": frozenset({"price"}),
    "decimal": frozenset({"number", "integer", "percent", "duration", "effort", "credits"}),
    "day_first": frozenset({"date"}),
    "split": frozenset({"text"}),
}
"""Kinds of reading that each option has a meaning for."""


class Source(BaseModel):
    """The column that gives one field or fact, and how its cells are read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, coerce_numbers_to_str=True)

    column: str
    """Its header; a column without one is called by its letter, such as `column C`."""
    kind: Kind = Field(validation_alias="as", serialization_alias="as")
    """How its cells are read; follows from the field or fact where it is left out."""
    values: dict[str, Value | None] = Field(default_factory=dict)
    """For `one_of`: what each spelling means (capitals don't matter); `null` for one that says nothing."""
    unit: str | None = None
    """Of a bare number: minutes, hours, hours_per_week, days, weeks, months or years; for `credits` a credit unit."""
    framework: str | None = None
    """For `level`: the framework of the code."""
    currency: str | None = None
    """ISO 4217 code of an amount that names none."""
    zero_is_free: bool = False
    """A price of 0 says that the credential is free; otherwise it says nothing."""
    decimal: Decimal | None = None
    """Mark before the decimals, where "1,234" could be a thousand or one and a bit."""
    day_first: bool | None = None
    """Whether "03/04/2026" is in April (true) or in March (false)."""
    split: str | None = None
    """What stands between the items of a list; lines and semicolons where it is left out."""

    @model_validator(mode="before")
    @classmethod
    def _spell_keys(cls, data: object) -> object:
        """YAML reads `Yes` as true and `1` as a number; a table holds text."""
        if not isinstance(data, Named) or not isinstance(data.get("values"), Named):
            return data
        values: dict[str, object] = {}
        for key, value in data["values"].items():
            values |= dict.fromkeys(_spellings(key), value)
        return {**data, "values": values}


def _spellings(key: object) -> tuple[str, ...]:
    if isinstance(key, bool):
        return ("true", "yes") if key else ("false", "no")
    return (str(key),)


class Mapping(BaseModel):
    """How the rows of a table become programs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, Source]
    """Source of each field or fact; `title` is among them."""
    constants: dict[str, Value] = Field(default_factory=dict)
    """Fields and facts that hold for every row."""
    grade: Literal["claimed", "documented"] = "claimed"
    """How far the table can be trusted: `documented` for an official export only."""
    origin: str | None = None
    """Whose official export the table is: an address or a sentence. `documented` needs it."""
    skip_rows_where_empty: tuple[str, ...] = ()
    """Columns; a row with nothing in one of them is no program."""
    unused: dict[str, str] = Field(default_factory=dict)
    """Columns that give nothing, and why: for the reader, without effect."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: object) -> object:
        """Let a column stand for a source, and say how it is read where that follows from the target."""
        columns = data.get("columns") if isinstance(data, Named) else None
        if not isinstance(data, Named) or not isinstance(columns, Named):
            return data
        return {**data, "columns": {target: _completed(str(target), source) for target, source in columns.items()}}

    @model_validator(mode="after")
    def _coherent(self) -> Mapping:
        if "title" not in self.columns:
            raise ValueError('"columns" must say which column gives the title')
        for target, source in self.columns.items():
            _check_target(target, source)
        for name, value in self.constants.items():
            _check_constant(name, value)
        if both := sorted(self.columns.keys() & self.constants.keys()):
            raise ValueError(f'"{both[0]}" stands under columns and under constants; keep one')
        if self.grade == "documented" and not (self.origin and self.origin.strip()):
            raise ValueError('grade "documented" needs "origin": whose official export the table is, and where it is')
        return self


def _completed(target: str, source: object) -> object:
    if not isinstance(source, Named):
        return {"column": source, "as": _usual_kind(target, {})} if isinstance(source, str | int) else source
    return source if "as" in source or "kind" in source else {**source, "as": _usual_kind(target, source)}


def _usual_kind(target: str, options: Named[Any, Any]) -> Kind:
    """How the cells of a target are read where a mapping does not say."""
    if kind := FIELDS.get(target) or COMPOUND.get(target):
        return kind
    definition = dictionary().get(target)
    if definition is None:
        return "text"  # an unknown target; said by `_check_target`
    return "one_of" if definition.values or options.get("values") else _KINDS_OF_FACTS[definition.type][0]


def _check_target(target: str, source: Source) -> None:
    """Raises ValueError, which pydantic collects."""
    usual = FIELDS.get(target) or COMPOUND.get(target)
    kinds = (usual,) if usual else _KINDS_OF_FACTS[_fact(target)]
    if source.kind not in kinds:
        raise ValueError(f'"{target}" can\'t be read as {source.kind}, only as {" or ".join(kinds)}')
    for option, meant_for in OPTIONS.items():
        if getattr(source, option) not in (None, False, {}) and source.kind not in meant_for:
            raise ValueError(f'"{target}": "{option}" has no meaning for a cell read as {source.kind}')
    if source.kind == "text" and source.values and target != "languages":
        raise ValueError(f'"{target}": "values" has no meaning for text; only languages and facts have them')
    _check_options(target, source)


def _check_options(target: str, source: Source) -> None:
    definitions = dictionary()
    if source.kind == "one_of":
        for spelling, value in source.values.items():
            if value is not None and (fault := definitions[target].fault(value)):
                raise ValueError(f'"{target}", value "{spelling}": {fault}')
    units = definitions["credit_unit"].values if source.kind == "credits" else get_args(LengthUnit)
    for option, allowed in (("unit", units), ("framework", definitions["level_framework"].values)):
        chosen = getattr(source, option)
        if chosen is not None and chosen not in allowed:
            near = did_you_mean(chosen, allowed)
            raise ValueError(f'"{target}": {option} "{chosen}" is unknown; it is one of {", ".join(allowed)}.{near}')
    if source.currency is not None and source.currency not in CURRENCIES:
        raise ValueError(
            f'"{target}": currency "{source.currency}" is no ISO 4217 code.{did_you_mean(source.currency, CURRENCIES)}'
        )
    if source.kind == "level" and source.framework is None:
        raise ValueError(f'"{target}" needs "framework": a level says nothing without the framework it belongs to')
    if source.split == "":
        raise ValueError(f'"{target}": "split" is empty; leave it out for lines and semicolons')


def _fact(name: str) -> str:
    """The type of a fact that a table may state. Raises ValueError."""
    definition = dictionary().get(name)
    if definition is None:
        known = [*FIELDS, *COMPOUND, *(fact for fact, entry in dictionary().items() if not entry.derived)]
        raise ValueError(f'"{name}" is neither a field nor a fact.{did_you_mean(name, known)}')
    if definition.derived:
        raise ValueError(f'"{name}" is derived from other facts; a table can\'t state it')
    return definition.type


def _check_constant(name: str, value: Value) -> None:
    if name in COMPOUND:
        raise ValueError(f'"{name}" can\'t be a constant; give its facts: {_given(name)}')
    if name in ("title", "id"):
        raise ValueError(f'"{name}" can\'t be the same for every row')
    if name in FIELDS:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f'the constant "{name}" is text, not {value!r}')
        return
    _fact(name)
    if fault := dictionary()[name].fault(value):
        raise ValueError(f"constant {fault}")


def load(text: str | bytes, name: str) -> Mapping:
    """Read a mapping that a person wrote; `name` is what errors call it. Raises SpecError that lists the mistakes."""
    return strict_yaml.convert(strict_yaml.parse(text, name), Mapping, name)


def to_yaml(mapping: Mapping) -> str:
    """The mapping as YAML that `load` reads back as an equal one."""
    data = mapping.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100)


def describe(mapping: Mapping) -> list[str]:
    """What the mapping does, a line for each column, constant and unused column."""
    lines = [
        f'column "{source.column}" → {_given(target)} ({_how(source)})' for target, source in mapping.columns.items()
    ]
    lines += [f"every row: {name} = {value}" for name, value in mapping.constants.items()]
    lines += [f'rows without "{column}" are skipped' for column in mapping.skip_rows_where_empty]
    if mapping.grade == "documented":
        lines.append(f"documented: {mapping.origin}")
    if mapping.unused:
        reasons = (f"{column} ({reason})" if reason else column for column, reason in mapping.unused.items())
        lines.append("unused columns: " + ", ".join(reasons))
    return lines


def _given(target: str) -> str:
    if target in GIVES:
        return GIVES[target]
    return f"{target}_low/high" if target in COMPOUND else target


def _how(source: Source) -> str:
    options = [source.unit, source.framework, source.currency, source.decimal and f'decimals after "{source.decimal}"']
    options.append(source.split and f"split at {source.split!r}")
    options.append("day first" if source.day_first else None)
    values = [f"{spelling} = {_shown(value)}" for spelling, value in source.values.items()]
    return "; ".join([source.kind.replace("_", " "), *(option for option in options if option), *values])


def _shown(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)


def missing_columns(mapping: Mapping, names: Iterable[str]) -> list[str]:
    """A sentence for each column that the mapping names and a table with these columns does not have."""
    known = list(names)
    wanted = [source.column for source in mapping.columns.values()]
    wanted += mapping.skip_rows_where_empty
    return [
        f'the mapping names a column "{column}", which the table does not have.{did_you_mean(column, known)}'
        for column in dict.fromkeys(wanted)
        if column not in known
    ]
