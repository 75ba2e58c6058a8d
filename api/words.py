"""Words that the terminal, the page and the CSV share."""

from __future__ import annotations

from evaluator.beside import Beside, Interval
from evaluator.compare import Claim

CLAIM_WORDS: dict[Claim, str] = {
    "ahead": "ahead of",
    "probably_ahead": "probably ahead of",
    "shows_more": "shows more than",
    "level": "level with",
}
"""The claims, strongest first."""


def say_interval(interval: Interval | tuple[int, int] | None, unit: str) -> str:
    """`14–28 hours`, `5`, or `not known`."""
    if interval is None:
        return "not known"
    low, high = (f"{round(end, 1):g}" for end in interval)
    return f"{low if low == high else f'{low}–{high}'} {unit}".strip()


def say_beside(side: Beside) -> dict[str, str]:
    """The facts beside the scores, by label, as people read them."""
    hours = say_interval(side.hours, "hours")
    price = "not known" if side.price is None else f"{side.price:g} {side.currency or '(currency not stated)'}"
    return {
        "Issuer": side.issuer or "not known",
        "Learning time": f"{hours} (computed from credits)" if side.hours and side.hours_are_converted else hours,
        "Duration": say_interval(side.weeks, "weeks"),
        "Price": price,
        "Price per hour": say_interval(side.price_per_hour, side.currency or ""),
        "EQF level": say_interval(side.eqf, ""),
        "Skills shared": ", ".join(side.skills_shared) or "none named by all",
        "Skills only here": ", ".join(side.skills_only_here) or "none",
    }
