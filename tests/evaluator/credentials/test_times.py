"""Times as credentials write them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.credentials.times import instant, seconds

UTC = datetime.UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", datetime.datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-05:30", datetime.datetime(2026, 1, 2, 8, 34, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.25Z", datetime.datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.1234567899Z", datetime.datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2026-01-02T24:00:00Z", datetime.datetime(2026, 1, 3, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-02-30T00:00:00Z", None),
        ("2026-01-02T24:00:01Z", None),
        ("2026-01-02T03:04:05+15:00", None),
        ("2026-01-02T03:04Z", None),
        ("2026-01-02", None),
        ("2026-01-02 03:04:05Z", None),
        ("2026-01-02T03:04:05z", None),
        ("-2026-01-02T03:04:05Z", None),
        ("20260-01-02T03:04:05Z", None),
        ("9999-12-31T24:00:00Z", None),
        ("٢٠٢٦-01-02T03:04:05Z", None),
        ("", None),
        (None, None),
        (20260102, None),
    ],
)
def test_instant(text: Any, expected: datetime.datetime | None) -> None:
    assert instant(text) == expected


def test_a_zone_can_be_demanded() -> None:
    assert instant("2026-01-02T03:04:05", zone_needed=True) is None
    assert instant("2026-01-02T03:04:05Z", zone_needed=True) is not None


_ZONES = st.integers(-13 * 60, 13 * 60).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))


@given(st.datetimes(datetime.datetime(1000, 1, 2), datetime.datetime(9999, 12, 30), timezones=_ZONES))
def test_reads_back_what_python_writes(at: datetime.datetime) -> None:
    assert instant(at.isoformat()) == at


@given(st.none() | st.text() | st.floats() | st.integers() | st.booleans())
def test_never_raises(value: Any) -> None:
    instant(value)
    seconds(value)


def test_seconds() -> None:
    assert seconds(0) == datetime.datetime(1970, 1, 1, tzinfo=UTC)
    assert seconds(1e300) is None
    assert seconds(True) is None
    assert seconds("0") is None
