"""Durations and effort: months are not minutes, a span is not work, and what is not said stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.durations import Effort, IsoDuration, Range, effort, iso_duration


@pytest.mark.parametrize(
    ("written", "weeks", "hours", "months", "implausible"),
    [
        ("P60M", 260.7, None, 60, True),
        ("PT60M", None, 1.0, None, False),
        ("PT60H", None, 60.0, None, False),
        ("P9M", 39.105, None, 9, False),
        ("P2Y", 104.28, None, 24, False),
        ("P2Y1M", 108.625, None, 25, True),
        ("P2W", 2.0, None, None, False),
        ("P105W", 105.0, None, None, True),
        ("PT3H30M", None, 3.5, None, False),
        ("PT1000H", None, 1000.0, None, False),
        ("PT90M", None, 1.5, None, False),
        ("P2DT12H", 0.2857, 60.0, None, False),
        ("P5D", 0.7143, None, None, False),
        ("P1WT5H", 1.0, None, None, False),
        ("P7Y3M8DT1H10M0S", 379.1579, None, None, True),
        ("P0.5Y", 26.07, None, 6, False),
        ("p1,5m", 6.5175, None, None, False),
        (" PT45H ", None, 45.0, None, False),
    ],
)
def test_iso_8601(
    written: str, weeks: float | None, hours: float | None, months: int | None, implausible: bool
) -> None:
    duration = iso_duration(written)
    assert duration is not None
    assert (duration.calendar_weeks(), duration.effort_hours()) == (weeks, hours)
    assert (duration.whole_months(), duration.is_implausible_effort()) == (months, implausible)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "P",
        "PT",
        "P3",
        "9M",
        "P1M2Y",
        "PT5D",
        "P-3M",
        "P0D",
        "PT0H",
        "4 weeks",
        "P3MT",
        "P9999999Y",
        None,
        5,
        {},
        ["P9M"],
    ],
)
def test_what_is_no_duration(written: object) -> None:
    assert iso_duration(written) is None


@given(st.builds(IsoDuration, *[st.integers(0, 999_999)] * 7).filter(any))
def test_every_iso_duration_is_read_as_written(duration: IsoDuration) -> None:
    date = "".join(f"{value}{unit}" for value, unit in zip(duration[:4], "YMWD", strict=True) if value)
    time = "".join(f"{value}{unit}" for value, unit in zip(duration[4:], "HMS", strict=True) if value)
    assert iso_duration(f"P{date}" + (f"T{time}" if time else "")) == duration


def exactly(value: float) -> Range:
    return Range(value, value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2–4 hours per week × 7 weeks", Effort(Range(14, 28), exactly(7), Range(2, 4))),
        ("3 months at 10 hours a week", Effort(exactly(130.35), exactly(13.035), exactly(10))),
        ("5 weeks long, 8-9 hours worth of material", Effort(Range(8, 9), exactly(5))),
        ("4 weeks long, 2 hours a week", Effort(exactly(8), exactly(4), exactly(2))),
        ("Approx. 6 months, 4 to 5 hrs/wk", Effort(Range(104.28, 130.35), exactly(26.07), Range(4, 5))),
        ("8 hours weekly for 6 weeks", Effort(exactly(48), exactly(6), exactly(8))),
        ("5 hours of effort per week", Effort(hours_per_week=exactly(5))),
        ("10 hours/week\r\n", Effort(hours_per_week=exactly(10))),
        ("3–5 Hours per Week", Effort(hours_per_week=Range(3, 5))),
        ("7 Weeks", Effort(weeks=exactly(7))),
        ("6-8 weeks", Effort(weeks=Range(6, 8))),
        ("1 year", Effort(weeks=exactly(52.14))),
        ("3 Days", Effort(weeks=exactly(0.4286))),
        ("Less than 1 hour of material", Effort(Range(0, 1))),
        ("up to 20 hours", Effort(Range(0, 20))),
        ("1 hour 30 minutes", Effort(exactly(1.5))),
        ("90 min", Effort(exactly(1.5))),
        ("a 10-hour course", Effort(exactly(10))),
        ("1,200 hours", Effort(exactly(1200))),
        ("2.5 h", Effort(exactly(2.5))),
        ("8 hours of video, 2 hours per week, 4 weeks", Effort(exactly(8), exactly(4), exactly(2))),
    ],
)
def test_texts_that_say_how_long(written: str, expected: Effort) -> None:
    assert effort(written) == expected


@pytest.mark.parametrize(
    ("written", "because"),
    [
        ("Weeks", "a unit without a number"),
        ("04:00", "a time of day or hours and minutes of something"),
        ("10", "a number without a unit"),
        ("4 hours/day", "for how many days?"),
        ("5-7 Weeks per Course", "of how many courses?"),
        ("1-2 hours per module", "of how many modules?"),
        ("at least 10 hours", "no upper end"),
        ("10+ hours", "no upper end"),
        ("2,5 hours", "twenty-five or two and a half"),
        ("4-2 hours", "a mistake"),
        ("0 hours", "a default, not a statement"),
        ("5 hours of video and 3 hours of reading", "two amounts, perhaps not all"),
        ("6 weeks or 8 weeks", "two amounts"),
        ("12:30 hours", "not an amount"),
        ("9" * 150 + " hours", "too many digits"),
        ("self-paced", "no amount"),
        ("", "nothing"),
        ("x" * 300 + " 5 hours", "prose"),
        (None, "nothing"),
        (5, "a number without a unit"),
    ],
)
def test_texts_that_leave_it_open(written: object, because: str) -> None:
    assert effort(written) == Effort(), because


def test_weeks_may_be_stated_elsewhere() -> None:
    assert effort("2–4 hours per week", weeks=exactly(7)).hours == Range(14, 28)
    assert effort("2 hours per week for 3 weeks", weeks=exactly(7)).weeks == exactly(3)
    assert effort(None, weeks=exactly(7)) == Effort(weeks=exactly(7))


WORDS = st.sampled_from(
    ("1", "2.5", "10", "1,000", "-", "–", "to", "hours", "hrs", "weeks", "wk", "per", "/", "a", "days")
) | (st.sampled_from(("months", "year", "min", "less than", "up to", "at least", "+", "×", ",", "of effort", "each")))


@given(st.text(max_size=60) | st.lists(WORDS, max_size=12).map(" ".join))
def test_any_text_gives_intervals_or_nothing(written: str) -> None:
    for part in effort(written):
        assert part is None or 0 <= part.low <= part.high < 1e9
