"""Times as credentials write them."""

from __future__ import annotations

import datetime
import re

_STAMP = re.compile(
    r"-?(\d{4,9})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,30}))?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?",
    re.ASCII,
)


def instant(text: object, zone_needed: bool = False) -> datetime.datetime | None:
    """The instant that an XML Schema dateTime names, or None when it names none that the calendar holds.

    One without a time zone counts as UTC, unless `zone_needed` (dateTimeStamp, which VC Data Model 2.0 §4.9 asks for:
    https://www.w3.org/TR/xmlschema11-2/#dateTimeStamp). 24:00:00 is the end of the day.
    """
    match = _STAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None or match.group(0).startswith("-") or (zone_needed and not match.group(8)):
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    midnight = (hour, minute, second) == (24, 0, 0) and not int(match.group(7) or 0)
    micro = int(((match.group(7) or "") + "000000")[:6])
    try:
        at = datetime.datetime(year, month, day, 0 if midnight else hour, minute, second, micro, _zone(match.group(8)))
        at += datetime.timedelta(days=midnight)
        return at.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def seconds(value: object) -> datetime.datetime | None:
    """The instant of a NumericDate (RFC 7519 §2), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _zone(text: str | None) -> datetime.tzinfo:
    if text is None or text == "Z":
        return datetime.UTC
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return datetime.timezone(datetime.timedelta(minutes=minutes if text[0] == "+" else -minutes))
