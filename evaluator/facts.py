"""The fact dictionary: what providers may write and rubrics may ask (`facts.yaml`)."""

from __future__ import annotations

import datetime
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluator import strict_yaml

Value = bool | int | float | str
"""A known value of a fact; dates are ISO 8601 text. Unknown is `None`, or the absence of the fact."""

Kind = Literal["boolean", "integer", "number", "text", "date"]
Caution = Literal["true", "false", "lower", "higher", "earlier", "later", "listed", "unknown"]

_LARGEST = 2**53 - 1
"""Beyond it JSON readers round whole numbers, so that canonical JSON refuses them (RFC 8785, section 3.2.2.3)."""


class FactDefinition(BaseModel):
    """One entry of the dictionary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    group: str
    """Heading under which people find it."""
    label: str
    """Noun phrase for sentences, such as `identity check`."""
    says: str
    """One sentence: what a known value tells."""
    type: Kind
    unit: str | None = None
    """Unit of a number."""
    values: tuple[str, ...] = ()
    """Closed list of a text fact; empty means open text. Listed from least to most where `cautious` is `listed`."""
    minimum: float | None = None
    maximum: float | None = None
    cautious: Caution
    """Which of two equally good but different values stands; `unknown`: neither does."""
    derived: bool = False
    """Computed by `derive.py`; providers may not write it."""
    maps: dict[str, str] = Field(default_factory=dict)
    """How a vocabulary expresses it: ctdl, open_badges, elm, schema_org, edubadges."""

    @model_validator(mode="after")
    def _coherent(self) -> FactDefinition:
        allowed: dict[str, set[str]] = {
            "boolean": {"true", "false", "unknown"},
            "integer": {"lower", "higher", "unknown"},
            "number": {"lower", "higher", "unknown"},
            "text": {"listed", "unknown"},
            "date": {"earlier", "later", "unknown"},
        }
        if self.cautious not in allowed[self.type]:
            raise ValueError(f'cautious is "{self.cautious}", which a {self.type} fact can\'t be')
        if self.type in ("integer", "number") and not self.unit:
            raise ValueError("a number needs a unit")
        if self.values and self.type != "text":
            raise ValueError("only a text fact has a list of values")
        if len(set(self.values)) != len(self.values):
            raise ValueError("a value is listed twice")
        if unknown := set(self.maps) - {"ctdl", "open_badges", "elm", "schema_org", "edubadges"}:
            raise ValueError(f"unknown vocabulary {sorted(unknown)}")
        return self

    def fault(self, value: object) -> str | None:
        """Why `value` can't be a value of this fact, or `None` when it can."""
        match self.type:
            case "boolean":
                return None if isinstance(value, bool) else f"{self.name} is true or false, not {value!r}"
            case "integer" | "number":
                return self._number_fault(value)
            case "text":
                if not isinstance(value, str):
                    return f"{self.name} is text, not {value!r}"
                if self.values and value not in self.values:
                    near = strict_yaml.did_you_mean(value, self.values)
                    return f"{self.name} can't be {value!r}; it is one of {', '.join(self.values)}.{near}"
                return None
            case "date":
                return self._date_fault(value)

    def _number_fault(self, value: object) -> str | None:
        kinds = (int,) if self.type == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not -_LARGEST <= value <= _LARGEST:
            return f"{self.name} is a finite {self.type}, not {value!r}"
        if self.minimum is not None and value < self.minimum:
            return f"{self.name} is at least {self.minimum:g}, not {value!r}"
        if self.maximum is not None and value > self.maximum:
            return f"{self.name} is at most {self.maximum:g}, not {value!r}"
        return None

    def _date_fault(self, value: object) -> str | None:
        try:
            datetime.date.fromisoformat(str(value))
        except ValueError:
            return f"{self.name} is a date such as 2026-11-24, not {value!r}"
        return None if isinstance(value, str) else f"{self.name} is a date as text, not {value!r}"

    def most_cautious(self, values: set[Value]) -> Value | None:
        """Of several values that equally good evidence states, the one that stands; `None` when none does."""
        match self.cautious:
            case "true" | "false":
                return self.cautious == "true"
            case "lower" | "earlier":
                return min(values)
            case "higher" | "later":
                return max(values)
            case "listed":
                return min(values, key=lambda value: self.values.index(str(value)))
            case _:
                return None


class _Dictionary(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    facts: dict[str, FactDefinition]

    @model_validator(mode="before")
    @classmethod
    def _name_each(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("facts"), dict):
            named = {key: {"name": key, **entry} for key, entry in data["facts"].items()}
            return {**data, "facts": named}
        return data


@cache
def dictionary() -> dict[str, FactDefinition]:
    """Every fact by name, in the order of `facts.yaml`. Raises SpecError when that file has a mistake."""
    text = resources.files("evaluator").joinpath("facts.yaml").read_bytes()
    return strict_yaml.convert(strict_yaml.parse(text, "facts.yaml"), _Dictionary, "facts.yaml").facts
