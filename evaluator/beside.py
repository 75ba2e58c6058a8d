"""What stands beside the scores of a comparison as plain facts and never as a score: size, price, level, skills."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from evaluator.facts import Value
from evaluator.program import Program, Skill

Interval = tuple[float, float]


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that people weigh themselves. `None` is unknown."""

    program: str
    title: str | None
    issuer: str | None
    url: str | None
    hours: Interval | None
    """Notional learner hours."""
    hours_are_converted: bool
    """Computed from credits, not stated."""
    weeks: Interval | None
    price: float | None
    currency: str | None
    price_per_hour: Interval | None
    """Price of the credential divided by its notional hours, in `currency`."""
    eqf: tuple[int, int] | None
    """Level interval in the European Qualifications Framework."""
    skills_shared: tuple[str, ...] | None
    """Labels of skills that every program of the comparison names; `None` where one of them names no skill at all."""
    skills_only_here: tuple[str, ...] | None
    """Labels of skills that no other program of the comparison names; `None` where this one names no skill at all."""


def beside(programs: Sequence[Program]) -> tuple[Beside, ...]:
    """The side facts of programs whose derived facts are there."""
    named = [_skills(program.skills) for program in programs]
    shared = set.intersection(*(set(skills) for skills in named)) if len(named) > 1 else set()
    return tuple(_beside(program, index, named, shared) for index, program in enumerate(programs))


def _beside(program: Program, index: int, named: list[dict[str, str]], shared: set[str]) -> Beside:
    elsewhere = {key for other, skills in enumerate(named) if other != index for key in skills}
    own = named[index]
    hours = _interval(program, "workload_hours_low", "workload_hours_high")
    price = _number(program.value("price_amount"))
    level = _interval(program, "eqf_low", "eqf_high")
    currency = program.value("price_currency")
    return Beside(
        program=program.id,
        title=program.title,
        issuer=program.issuer.name if program.issuer else None,
        url=program.url,
        hours=hours,
        hours_are_converted=program.value("workload_source") == "converted",
        weeks=_interval(program, "duration_weeks_low", "duration_weeks_high"),
        price=price,
        currency=str(currency) if currency else None,
        price_per_hour=(price / hours[1], price / hours[0]) if price is not None and hours and hours[0] > 0 else None,
        eqf=(int(level[0]), int(level[1])) if level else None,
        skills_shared=tuple(own[key] for key in own if key in shared) if all(named) else None,
        skills_only_here=tuple(own[key] for key in own if key not in elsewhere) if own else None,
    )


def _skills(skills: Sequence[Skill]) -> dict[str, str]:
    """Labels by what identifies a skill: its URI, else its label without regard to case."""
    return {skill.id or " ".join(skill.label.casefold().split()): skill.label for skill in skills}


def _interval(program: Program, low: str, high: str) -> Interval | None:
    start, end = (_number(program.value(name)) for name in (low, high))
    return (start, end) if start is not None and end is not None else None


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
