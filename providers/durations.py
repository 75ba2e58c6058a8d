"""Durations and learners' effort as sources write them: ISO 8601, or short texts such as "2–4 hours per week".

How long a program runs (weeks of calendar time) and how much work it takes (hours) are kept apart: one is never
made of the other, except where a source states hours *per week* and a number of weeks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WEEKS_PER_MONTH = 4.345
"""Mean length of a month (30.42 days) in weeks."""
WEEKS_PER_YEAR = 12 * WEEKS_PER_MONTH
LONGEST_EFFORT_MONTHS = 24
"""Longest effort that is plausible for a micro-credential; published samples hold `P60M` where `PT60H` is meant."""

_ISO = re.compile(
    r"P(?=.)(?:(?P<years>{n})Y)?(?:(?P<months>{n})M)?(?:(?P<weeks>{n})W)?(?:(?P<days>{n})D)?"
    r"(?:T(?=.)(?:(?P<hours>{n})H)?(?:(?P<minutes>{n})M)?(?:(?P<seconds>{n})S)?)?".replace(
        "{n}", r"\d{1,6}(?:[.,]\d{1,6})?"
    )
)
_AMOUNT = r"\d{1,3}(?:,\d{3})+|\d{1,5}(?:\.\d{1,4})?"
_QUANTITY = re.compile(
    rf"(?P<bound>less than|fewer than|under|up to|at least|more than|over|from)?\s*(?<![\d.,:-])(?P<low>{_AMOUNT})"
    rf"(?:\s*(?:-|to)\s*(?P<high>{_AMOUNT}))?(?P<open>\+)?[\s-]*"
    r"(?P<unit>hours?|hrs?|h|minutes?|mins?|days?|weeks?|wks?|months?|years?)\b"
    r"(?P<per>\s*(?:of \w+ )?(?:/\s*|per |an? |each |every ))?(?P<whole>(?(per)\w+|\s*weekly\b))?"
)
_DASHES = str.maketrans({"–": "-", "—": "-", "‑": "-", "‒": "-", "−": "-", "\u00a0": " "})
_UPPER_BOUNDS = frozenset({"less than", "fewer than", "under", "up to"})
_WEEK = frozenset({"week", "weeks", "wk", "weekly"})
_WEEKS_IN = {"d": 1 / 7, "w": 1.0, "mo": WEEKS_PER_MONTH, "y": WEEKS_PER_YEAR}
_LONGEST_TEXT = 200


class Range(NamedTuple):
    """An interval; both ends are equal where a source states one number."""

    low: float
    high: float


class IsoDuration(NamedTuple):
    """The parts of an ISO 8601 duration, as written."""

    years: float = 0
    months: float = 0
    weeks: float = 0
    days: float = 0
    hours: float = 0
    minutes: float = 0
    seconds: float = 0

    def calendar_weeks(self) -> float | None:
        """Calendar time in weeks; `None` when only hours, minutes or seconds are written."""
        total = self.years * WEEKS_PER_YEAR + self.months * WEEKS_PER_MONTH + self.weeks + self.days / 7
        return round(total, 4) if total else None

    def effort_hours(self) -> float | None:
        """Hours of work; `None` when years, months, weeks or only days are written.

        A day beside hours is 24 of them (`P2DT12H` is 60 hours: how software writes sixty hours); whether a day
        that stands alone is a day's work, nobody can know.
        """
        time = self.hours + self.minutes / 60 + self.seconds / 3600
        if not time or self.years or self.months or self.weeks:
            return None
        return round(self.days * 24 + time, 4)

    def whole_months(self) -> int | None:
        """The number of months, where years and months are all that is written and they are whole."""
        months = self.years * 12 + self.months
        rest = (self.weeks, self.days, self.hours, self.minutes, self.seconds)
        return int(months) if months and months == int(months) and not any(rest) else None

    def is_implausible_effort(self) -> bool:
        """Whether it is longer than any micro-credential's work (`P60M` is sixty months, not minutes)."""
        months = self.years * 12 + self.months + (self.weeks + self.days / 7 + self.hours / 168) / WEEKS_PER_MONTH
        return months > LONGEST_EFFORT_MONTHS


class Effort(NamedTuple):
    """What a text says of a program's length and work; parts it does not say are `None`."""

    hours: Range | None = None
    """All hours of work."""
    weeks: Range | None = None
    """Calendar time in weeks."""
    hours_per_week: Range | None = None


def iso_duration(value: object) -> IsoDuration | None:
    """The duration that ISO 8601 text such as `P9M` or `PT3H30M` writes; `None` for anything else.

    `P60M` is sixty months, `PT60M` sixty minutes. A duration of zero says nothing and is `None` too.
    """
    if not isinstance(value, str) or not (match := _ISO.fullmatch(value.strip().upper())):
        return None
    made = IsoDuration(*(float((part or "0").replace(",", ".")) for part in match.groups()))
    return made if any(made) else None


def effort(text: object, weeks: Range | None = None) -> Effort:
    """What a short text says: "2–4 hours per week", "5 weeks long, 8-9 hours worth of material", "1 h 30 min".

    `weeks` is the calendar time where the source states it elsewhere. "3 months at 10 hours a week" is 130.35 hours
    (a month has 4.345 weeks). Made for fields that hold a duration, not for prose. Where a text names two totals,
    a lower bound only, or hours per something other than a week, that part stays unknown.
    """
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        return Effort(weeks=weeks)
    found = list(_QUANTITY.finditer(" ".join(text.translate(_DASHES).lower().split())))
    per_week = [match for match in found if match["whole"] and match["whole"].strip() in _WEEK]
    totals = [match for match in found if not match["whole"]]
    stated = _calendar([match for match in totals if match["unit"][0] in "dwy" or match["unit"].startswith("mo")])
    rate, run = _hours(per_week), stated or weeks
    hours = _hours([match for match in totals if match["unit"][0] == "h" or match["unit"].startswith("min")])
    if rate and run and not hours:
        hours = Range(round(rate.low * run.low, 4), round(rate.high * run.high, 4))
    return Effort(hours, run, rate)


def _calendar(found: list[re.Match[str]]) -> Range | None:
    if len(found) != 1 or not (amount := _amount(found[0])):
        return None
    unit = found[0]["unit"]
    factor = _WEEKS_IN["mo" if unit.startswith("mo") else unit[0]]
    return Range(round(amount.low * factor, 4), round(amount.high * factor, 4))


def _hours(found: list[re.Match[str]]) -> Range | None:
    """The sum of at most one amount of hours and one of minutes; more would be different things."""
    if len({match["unit"][0] for match in found}) != len(found):
        return None
    amounts = [(_amount(match), 60 if match["unit"][0] == "m" else 1) for match in found]
    known = [(amount, divisor) for amount, divisor in amounts if amount]
    if not known or len(known) != len(amounts):
        return None
    low = sum(amount.low / divisor for amount, divisor in known)
    return Range(round(low, 4), round(sum(amount.high / divisor for amount, divisor in known), 4))


def _amount(match: re.Match[str]) -> Range | None:
    low = float(match["low"].replace(",", ""))
    if match["bound"] in _UPPER_BOUNDS:
        return None if match["high"] else Range(0.0, low)
    if match["open"] or (match["bound"] and not match["high"]):
        return None
    high = float(match["high"].replace(",", "")) if match["high"] else low
    return Range(low, high) if low <= high and high > 0 else None
