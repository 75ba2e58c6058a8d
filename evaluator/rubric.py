"""A rubric: the published document of criteria, as its YAML file says it, loaded strictly."""

from __future__ import annotations

import datetime
import math
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StrictInt, field_validator, model_validator

from evaluator import strict_yaml
from evaluator.canonical import digest_of
from evaluator.condition import Condition, ConditionError, parse_condition
from evaluator.facts import Value, dictionary
from evaluator.program import Grade

Expectation = StrictInt | tuple[StrictInt, StrictInt] | Literal["unknown", "not_applicable"]
"""What a case expects of a criterion: a level, its two bounds, some uncertainty, or that it does not apply."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


class Basis(_Part):
    """The published source of a rule or of a number in it."""

    title: str = Field(min_length=1)
    url: HttpUrl
    read_on: datetime.date
    supports: str | None = None
    """What of the criterion the source supports, where it is not all of it."""


class Level(_Part):
    """One level of a criterion."""

    says: str = Field(min_length=1)
    """What a program at this level shows: a sentence that is true on its own."""
    when: str | None = None
    """SQL condition over facts; level 0 has none."""


class Criterion(_Part):
    """One question of a rubric."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")
    asks: str = Field(min_length=1)
    why: str = Field(min_length=1)
    """Why the answer matters to an employer."""
    weight: StrictInt = Field(ge=1, le=1000)
    basis: tuple[Basis, ...] = Field(min_length=1)
    ours: str | None = None
    """Which numbers or rules are the publisher's own judgement, not the source's."""
    applies: str | None = None
    """SQL condition; where it is false the criterion is not applicable and its weight is left out."""
    levels: dict[int, Level]
    remedy: str = Field(min_length=1)
    """What a provider can publish or change to reach the next level."""

    @field_validator("levels")
    @classmethod
    def _levels_have_conditions(cls, levels: dict[int, Level]) -> dict[int, Level]:
        if 0 not in levels or len(levels) < 2 or min(levels) < 0 or max(levels) > 20:
            raise ValueError("levels go from 0 (what is said when no condition holds) to at most 20")
        if levels[0].when is not None:
            raise ValueError("level 0 has no condition: it is reached when no other level is")
        if missing := [number for number, level in levels.items() if number and not level.when]:
            raise ValueError(f"level {missing[0]} has no condition (when)")
        return dict(sorted(levels.items()))

    @property
    def maximum(self) -> int:
        """The highest level."""
        return max(self.levels)

    @cached_property
    def conditions(self) -> dict[int, Condition]:
        """The parsed condition of every level above 0."""
        return {number: parse_condition(level.when) for number, level in self.levels.items() if level.when}

    @cached_property
    def applicability(self) -> Condition | None:
        """The parsed `applies`."""
        return parse_condition(self.applies) if self.applies else None

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Every fact that the levels ask, in the order of first use."""
        return tuple(dict.fromkeys(fact for condition in self.conditions.values() for fact in condition.facts))


class Cap(_Part):
    """A condition that limits the whole score, however good the rest is."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{1,40}$")
    when: str
    at_most: StrictInt = Field(ge=0, le=100)
    says: str = Field(min_length=1)
    basis: tuple[Basis, ...] = ()
    ours: str | None = None

    @cached_property
    def condition(self) -> Condition:
        """The parsed `when`."""
        return parse_condition(self.when)


class Case(_Part):
    """A worked example: facts, and the level of each named criterion that they must give."""

    name: str = Field(min_length=1)
    facts: dict[str, bool | StrictInt | float | str]
    expect: dict[str, Expectation]
    caps: tuple[str, ...] | None = None
    """The caps that must hold, where the case is about caps."""


class Publisher(_Part):
    """Who stands behind a rubric."""

    name: str
    url: HttpUrl | None = None


class Rubric(_Part):
    """A published document of criteria; immutable per version."""

    rubric: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: str = Field(min_length=1)
    asks: str = Field(min_length=1)
    publisher: Publisher
    license: str
    evidence_floor: Grade
    """The lowest grade of evidence that counts as evidenced."""
    concentration: StrictInt = Field(default=50, ge=1, le=10_000)
    """Of the Dirichlet distribution around the published weights with which comparisons test them."""
    notes: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = Field(min_length=1, max_length=100)
    caps: tuple[Cap, ...] = ()
    cases: tuple[Case, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Rubric:
        for what, ids in (("criterion", [c.id for c in self.criteria]), ("cap", [c.id for c in self.caps])):
            if twice := sorted({each for each in ids if ids.count(each) > 1}):
                raise ValueError(f'the {what} "{twice[0]}" stands twice')
        if all(criterion.applies for criterion in self.criteria):
            raise ValueError("at least one criterion must apply to every program (have no `applies`)")
        if len(set(filter(None, (criterion.applies for criterion in self.criteria)))) > MAX_APPLIES:
            raise ValueError(f"at most {MAX_APPLIES} different `applies` conditions: bounds try all their combinations")
        scale = math.lcm(*(criterion.maximum for criterion in self.criteria))
        if 100 * scale * sum(criterion.weight for criterion in self.criteria) > MOST_POINTS:
            raise ValueError(
                "the highest levels of the criteria have too large a common multiple for these weights; "
                "let criteria have the same number of levels"
            )
        return self

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rubric) and self.digest == other.digest

    @cached_property
    def digest(self) -> str:
        """Digest of the rubric's content, cases included."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def name(self) -> str:
        """Such as `rigor@1.0.0`."""
        return f"{self.rubric}@{self.version}"

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Every fact that the rubric asks, in the order of first use."""
        conditions = [
            condition
            for criterion in self.criteria
            for condition in (*criterion.conditions.values(), criterion.applicability)
        ] + [cap.condition for cap in self.caps]
        return tuple(dict.fromkeys(fact for condition in conditions if condition for fact in condition.facts))


MAX_APPLIES = 3
MOST_POINTS = 2**31 - 1
"""Sums of points are 32-bit integers in some engines."""
MOST_COMPARISONS = 1_000
"""Different comparisons in one rubric; each is a column when SQLite is asked why."""


def parse_rubric(text: str | bytes, name: str) -> Rubric:
    """A rubric from YAML; `name` is what errors call the file.

    Raises SpecError whose lines read *file, criterion, what is wrong, did you mean*.
    """
    rubric = strict_yaml.convert(strict_yaml.parse(text, name), Rubric, name)
    if problems := [f"{name}, {problem}" for problem in [*_bad_conditions(rubric), *_bad_cases(rubric)]]:
        raise strict_yaml.SpecError(problems)
    return rubric


def load_rubric(path: Path) -> Rubric:
    """A rubric from `<id>/<version>.yaml`. Raises SpecError; the id and version must be those of the path."""
    name = "/".join(path.parts[-3:])
    rubric = parse_rubric(path.read_bytes(), name)
    if (rubric.rubric, rubric.version) != (path.parent.name, path.stem):
        raise strict_yaml.SpecError(
            [f"{name}: holds {rubric.name}, so its path must end in {rubric.rubric}/{rubric.version}.yaml."]
        )
    return rubric


def _bad_conditions(rubric: Rubric) -> list[str]:
    """One line per condition that is not valid SQL over known facts."""
    spoken = [
        (f'criterion "{criterion.id}", level {number}', level.when)
        for criterion in rubric.criteria
        for number, level in criterion.levels.items()
    ]
    spoken += [(f'criterion "{criterion.id}", applies', criterion.applies) for criterion in rubric.criteria]
    spoken += [(f'cap "{cap.id}"', cap.when) for cap in rubric.caps]
    problems = []
    for place, text in spoken:
        try:
            if text is not None:
                parse_condition(text)
        except ConditionError as error:
            problems.append(f"{place}: {error}")
    if not problems and (count := len(_comparisons(rubric))) > MOST_COMPARISONS:
        problems.append(f"the levels make {count} different comparisons; at most {MOST_COMPARISONS} are evaluated")
    return problems


def _comparisons(rubric: Rubric) -> set[str]:
    conditions = [condition for criterion in rubric.criteria for condition in criterion.conditions.values()]
    return {atom.sql("postgres") for condition in conditions for atom in condition.atoms()}


def _bad_cases(rubric: Rubric) -> list[str]:
    """One line per case that names an unknown fact, value, criterion, level or cap."""
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    caps = {cap.id for cap in rubric.caps}
    problems = []
    for case in rubric.cases:
        problems += [f'case "{case.name}": {fault}' for fault in _bad_facts(case.facts)]
        for key, expected in case.expect.items():
            if key not in criteria:
                problems.append(
                    f'case "{case.name}": unknown criterion "{key}".{strict_yaml.did_you_mean(key, criteria)}'
                )
                continue
            levels = () if isinstance(expected, str) else expected if isinstance(expected, tuple) else (expected,)
            problems += [
                f'case "{case.name}": criterion "{key}" has no level {level}.'
                for level in levels
                if level not in criteria[key].levels
            ]
        problems += [
            f'case "{case.name}": unknown cap "{key}".{strict_yaml.did_you_mean(key, caps)}'
            for key in case.caps or ()
            if key not in caps
        ]
    return problems


def _bad_facts(facts: dict[str, Value]) -> list[str]:
    known = dictionary()
    problems = [f'unknown fact "{name}".{strict_yaml.did_you_mean(name, known)}' for name in facts if name not in known]
    faults: list[Any] = [known[name].fault(value) for name, value in facts.items() if name in known]
    return problems + [re.sub(r"\.?$", ".", fault) for fault in faults if fault]
