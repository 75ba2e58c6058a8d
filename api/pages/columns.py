"""A table's columns as a form: for each, the fields and facts that it gives, which a person can change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from evaluator.facts import dictionary
from evaluator.strict_yaml import SpecError
from providers import table_mapping
from providers.table_mapping import COMPOUND, FIELDS, Mapping

MOST = 200
"""Columns that a form can have."""


class Column(NamedTuple):
    """One column of a table, as a row of the form."""

    name: str
    gives: str
    """Fields and facts, with commas between them; empty for a column that is not used."""
    why: str
    """Why it is not used, if anything is known about that."""


def listed(text: str) -> list[Column]:
    """The columns that a mapping speaks of; none where it can't be read."""
    try:
        mapping = table_mapping.load(text, "the mapping")
    except SpecError:
        return []
    gives: dict[str, list[str]] = {}
    for target, source in mapping.columns.items():
        gives.setdefault(source.column, []).append(target)
    used = [Column(name, ", ".join(targets), "") for name, targets in gives.items()]
    return [*used, *(Column(name, "", why) for name, why in mapping.unused.items() if name not in gives)]


def remapped(text: str, names: Sequence[str], gives: Sequence[str]) -> str:
    """The mapping, as YAML, in which the columns `names` give what `gives` says of each.

    What is known about how a column is read stays where it gives what it gave. An empty mapping says nothing yet.
    Raises SpecError for a mapping that can't be read, and for a target that two columns should give.
    """
    before = table_mapping.load(text, "the mapping") if text.strip() else None
    why, rest = (before.unused, _rest(before)) if before else ({}, {})
    columns: dict[str, Any] = {}
    unused: dict[str, str] = {}
    for name, targets in zip(names, gives, strict=False):
        wanted = [target.strip() for target in targets.split(",") if target.strip()]
        if not wanted:
            unused[name] = why.get(name, "")
        for target in wanted:
            if target in columns:
                raise SpecError([f'two columns should give "{target}"; leave one of them empty'])
            columns[target] = _source(before, name, target)
    return yaml.safe_dump(
        {"columns": columns, **rest, "unused": unused}, allow_unicode=True, sort_keys=False, width=100
    )


def _rest(before: Mapping) -> dict[str, Any]:
    return before.model_dump(by_alias=True, exclude_defaults=True, mode="json", exclude={"columns", "unused"})


def _source(before: Mapping | None, name: str, target: str) -> Any:
    known = before.columns.get(target) if before else None
    if known is None or known.column != name:
        return name
    return known.model_dump(by_alias=True, exclude_defaults=True, mode="json")


def targets() -> dict[str, str]:
    """What a column can give, with what people call it."""
    plain = {name: name.replace("_", " ") for name in (*FIELDS, *COMPOUND)}
    facts = {name: entry.label for name, entry in dictionary().items() if not entry.derived}
    return plain | {name: label for name, label in facts.items() if name not in plain}
