"""What one cell of a table says: a number, a date, a price, yes or no, or nothing.

Every function answers `None` for a cell that says nothing and raises Unreadable for one that says something else.
Where a spelling has two meanings ("1.234", "03/04/2026"), it is unreadable until a mapping says which is meant.
"""

from __future__ import annotations

import datetime
import math
import re
from typing import Literal, NamedTuple

from evaluator.program import Price
from providers.durations import Effort, Range, effort, iso_duration
from providers.table_grid import Cell

Decimal = Literal[".", ","]
LengthUnit = Literal["minutes", "hours", "hours_per_week", "days", "weeks", "months", "years"]

NOTHING = frozenset(
    {
        *("-", "--", "–", "—", ".", "..", "?", "/", "n/a", "n / a", "#n/a", "na", "n.a.", "n.a", "nan", "null", "nil"),
        *("none", "unknown", "not known", "not available", "not stated", "not specified", "undefined", "tbd", "tba"),
        *("tbc", "unbekannt", "k.a.", "k. a.", "keine angabe", "s/o"),
    }
)
"""Spellings of "not known", which no cell is ever a "no" for."""
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "✓", "✔", "ja", "oui", "sí", "si", "sì", "sim"})
_NO = frozenset({"no", "n", "false", "f", "0", "nein", "non", "nee", "não"})

_GROUP = r"[ \u00a0\u202f'’]"
_NUMBER = re.compile(rf"[+-]?(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d{{1,15}}(?:[.,]\d{{3}})*)(?:[.,]\d{{1,15}})?")
_RANGE = re.compile(r"\s*([\d.,]+)\s*(?:-|–|—|to|bis)\s*([\d.,]+)\s*")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T].*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T].*)?")
_LONGEST_NUMBER = 40

_SIGNS = {
    "us$": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "€": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "zł": "PLN",
    "kč": "CZK",
    "sfr.": "CHF",
    "$": None,
    "¥": None,
    "kr": None,
}
"""Signs of currencies. A bare dollar, yen/yuan or krone is that of several countries, so its currency stays unknown."""
CURRENCIES = frozenset(
    {
        *(
            "AED",
            "ARS",
            "AUD",
            "BGN",
            "BHD",
            "BRL",
            "CAD",
            "CHF",
            "CLP",
            "CNY",
            "COP",
            "CZK",
            "DKK",
            "EGP",
            "EUR",
            "GBP",
        ),
        *(
            "HKD",
            "HUF",
            "IDR",
            "ILS",
            "INR",
            "ISK",
            "JPY",
            "KES",
            "KRW",
            "KWD",
            "MAD",
            "MXN",
            "MYR",
            "NGN",
            "NOK",
            "NZD",
        ),
        *(
            "PEN",
            "PHP",
            "PKR",
            "PLN",
            "QAR",
            "RON",
            "RSD",
            "RUB",
            "SAR",
            "SEK",
            "SGD",
            "THB",
            "TND",
            "TRY",
            "TWD",
            "UAH",
        ),
        *("USD", "UYU", "VND", "XAF", "XOF", "ZAR"),
    }
)
"""ISO 4217 codes that are taken for a currency inside a text; three other capitals may be anything."""
_THREE_DECIMALS = frozenset({"BHD", "KWD", "TND"})
_MONEY = re.compile(
    r"(?P<before>[A-Za-z]{1,4}\$|sfr\.|[$€£¥₹₩]|[A-Za-z]{3}\b)?\s?(?<![\d.,])(?P<number>\d[\d.,'’\u00a0\u202f]*)\s?"
    r"(?P<after>us dollars?\b|euros?\b|[$€£¥₹₩]|zł|kč|kr\b|[A-Za-z]{3}\b)?",
    re.IGNORECASE,
)
_FREE = re.compile(r"\b(?:free(?: of charge)?|gratis|kostenlos|kostenfrei|gratuite?|gratuito)\b", re.IGNORECASE)
_CERTIFICATE = re.compile(r"\b(?:certificat\w*|certificado|certificato|zertifikat|certificaat)\b", re.IGNORECASE)
_PERIOD = re.compile(r"(?:/|\bper |\ba |\beach |\bpro )\s?(hour|day|week|month|mo|year|yr|credit|monat|jahr)\b", re.I)
_LONGEST_PRICE = 200


class Unreadable(ValueError):
    """A cell says something that is not what its column should hold; the message says why, where that helps."""


class Money(NamedTuple):
    """The prices that a cell names, and the one at which the credential itself is earned."""

    prices: tuple[Price, ...]
    credential: Price | None
    """`None` where the cell names a price for a period, or none."""


def text(cell: Cell) -> str | None:
    """The words of a cell, or `None` when it is empty or says that nothing is known."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    words = str(cell).strip()
    return None if not words or (len(words) < 16 and words.casefold() in NOTHING) else words


def boolean(cell: Cell) -> bool | None:
    """Yes or no, in the words and signs of six languages; 1 and 0 too."""
    if isinstance(cell, bool):
        return cell
    if (words := text(cell)) is None:
        return None
    folded = words.casefold()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise Unreadable("it is neither yes nor no")


def number(cell: Cell, decimal: Decimal | None = None) -> float | None:
    """A finite number. "1,234" is a thousand or one and a bit, and unreadable without `decimal`."""
    if isinstance(cell, bool):
        raise Unreadable("it is yes or no, not a number")
    if isinstance(cell, int | float):
        return cell if math.isfinite(cell) else None
    if (words := text(cell)) is None:
        return None
    if len(words) > _LONGEST_NUMBER or not _NUMBER.fullmatch(words):
        raise Unreadable("it is not a number")
    return _plain_number(re.sub(_GROUP, "", words), decimal)


def _plain_number(words: str, decimal: Decimal | None) -> float:
    mark = decimal or _decimal_mark(words)
    grouping = "," if mark == "." else "."
    whole, _, rest = words.partition(mark)
    groups = whole.lstrip("+-").split(grouping)
    if mark in rest or grouping in rest or (len(groups) > 1 and not _are_thousands(groups)):
        raise Unreadable(f'it is not a number whose decimal mark is "{mark}"')
    return float(whole.replace(grouping, "") + "." + (rest or "0"))


def _are_thousands(groups: list[str]) -> bool:
    return 1 <= len(groups[0]) <= 3 and groups[0] != "0" and all(len(group) == 3 for group in groups[1:])


def _decimal_mark(words: str) -> Decimal:
    """Which of the marks in a number sets off the decimals. Raises Unreadable where both would be good."""
    marks = [mark for mark in words if mark in ".,"]
    if len(set(marks)) == 2:
        return "," if marks[-1] == "," else "."
    if not marks:
        return "."
    grouping = marks[0]
    other: Decimal = "." if grouping == "," else ","
    if len(marks) > 1:
        return other
    whole, rest = words.lstrip("+-").split(grouping)
    if len(rest) != 3 or len(whole) > 3 or whole in ("0", ""):
        return "," if grouping == "," else "."
    raise Unreadable('whether its mark sets off thousands or decimals is unclear; say "decimal" in the mapping')


def integer(cell: Cell, decimal: Decimal | None = None) -> int | None:
    """A whole number. "124,980" is one, because a comma before three digits can't set off decimals of it."""
    if isinstance(cell, str) and decimal is None and "," in cell and "." not in cell:
        decimal = "."
    value = number(cell, decimal)
    if value is None:
        return None
    if not float(value).is_integer():
        raise Unreadable("it is not a whole number")
    return int(value)


def percent(cell: Cell, decimal: Decimal | None = None) -> float | None:
    """A share from a percentage: "80 %" and "80" are 0.8; a bare number up to 1 could be either."""
    words = text(cell)
    signed = words is not None and words.endswith("%")
    value = number(words[:-1].rstrip() if signed and words else cell, decimal)
    if value is None:
        return None
    if not signed and 0 < value <= 1:
        raise Unreadable('whether it is a share or a percentage is unclear; a share is read as "number"')
    return round(value / 100, 12)


def date(cell: Cell, day_first: bool | None = None) -> str | None:
    """A day as ISO 8601 writes it. "03/04/2026" is unreadable without `day_first`; dots always put the day first."""
    if (words := text(cell)) is None:
        return None
    if match := _YEAR_FIRST.fullmatch(words):
        return _day(*match.groups())
    if match := _DAY_FIRST.fullmatch(words):
        return _day(match[3], match[2], match[1])
    if not (match := _SLASHES.fullmatch(words)):
        raise Unreadable("it is not a date such as 2026-11-24")
    first, second, year = match.groups()
    if day_first is None and int(first) <= 12 and int(second) <= 12 and first != second:
        raise Unreadable('whether day or month comes first is unclear; say "day_first" in the mapping')
    return (
        _day(year, second, first)
        if (int(first) > 12 if day_first is None else day_first)
        else _day(year, first, second)
    )


def _day(year: str, month: str, day: str) -> str:
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise Unreadable("there is no such day") from None


def length(
    cell: Cell, unit: LengthUnit | None, weeks: Range | None = None, decimal: Decimal | None = None
) -> Effort | None:
    """What a cell says of length and work; `unit` is that of a bare number, `weeks` what another column says.

    A program of no length does not exist: zero says nothing.
    """
    if (words := text(cell)) is None:
        return None
    if iso := iso_duration(words):
        hours, run = iso.effort_hours(), iso.calendar_weeks()
        return Effort(Range(hours, hours) if hours else None, Range(run, run) if run and not hours else weeks)
    if (amounts := _amounts(cell, words, decimal)) is None:
        if not any(effort(words)):
            raise Unreadable("it is not a length or an amount of work")
        return effort(words, weeks)
    if amounts.high == 0:
        return None
    if unit is None:
        raise Unreadable('its unit is not stated; say "unit" in the mapping')
    return effort(f"{amounts.low:.4f}-{amounts.high:.4f} {unit.replace('_', ' ')}", weeks)


def work(
    cell: Cell, unit: LengthUnit | None, weeks: Range | None = None, decimal: Decimal | None = None
) -> Range | None:
    """Hours of work that a cell states, or hours a week that `weeks` turns into hours.

    Raises Unreadable for a length beyond 24 months: `P60M` stands where `PT60H` is meant.
    """
    said = length(cell, unit, weeks, decimal)
    if said and not said.hours and (iso := iso_duration(text(cell))) and iso.is_implausible_effort():
        raise Unreadable("an effort of more than 24 months is implausible; sixty hours are PT60H")
    return said.hours if said else None


def _amounts(cell: Cell, words: str, decimal: Decimal | None) -> Range | None:
    """A bare number, or two with a dash between them."""
    if match := _RANGE.fullmatch(words):
        low, high = number(match[1], decimal), number(match[2], decimal)
        return Range(low, high) if low is not None and high is not None else None
    if not isinstance(cell, str) or _NUMBER.fullmatch(words):
        value = number(cell, decimal)
        return None if value is None else Range(value, value)
    return None


def money(cell: Cell, currency: str | None = None, zero_is_free: bool = False) -> Money | None:
    """The prices in a cell; `currency` is that of an amount that names none.

    A bare 0 is what software writes when nobody filled the field, or the price of auditing, so it says nothing unless
    `zero_is_free`; the word "free" does. Free with a paid certificate gives two prices, and the certificate's is the
    credential's. A negative amount says nothing (feeds write -1 for unknown).
    """
    if (words := text(cell)) is None:
        return None
    if not isinstance(cell, str) or words.startswith("-"):
        return _bare(number(cell), currency, zero_is_free)
    found = list(_MONEY.finditer(words)) if len(words) <= _LONGEST_PRICE else []
    free = _FREE.search(words)
    if len(found) > 1 or not (found or free):
        raise Unreadable("it is not one price")
    if not found:
        price = Price(amount=0.0, currency=currency)
        return Money((price,), price)
    amount, named = _amount(found[0])
    paid = Price(amount=amount, currency=named or currency)
    if free:
        if not amount or not _CERTIFICATE.search(words):
            raise Unreadable("what is free and what has a price is unclear")
        paid = Price(amount=amount, currency=named or currency, what="certificate")
        return Money((Price(amount=0.0, currency=paid.currency, what="audit"), paid), paid)
    if period := _PERIOD.search(words):
        return Money((Price(amount=amount, currency=paid.currency, what=f"per {period[1].lower()}"),), None)
    return _bare(amount, paid.currency, zero_is_free)


def _bare(amount: float | None, currency: str | None, zero_is_free: bool) -> Money | None:
    if amount is None or amount < 0 or (amount == 0 and not zero_is_free):
        return None
    price = Price(amount=float(amount), currency=currency)
    return Money((price,), price)


def _amount(match: re.Match[str]) -> tuple[float, str | None]:
    currency = next((known for part in ("before", "after") if (known := _currency(match[part]))), None)
    words = re.sub(_GROUP, "", match["number"].rstrip(".,'’\u00a0\u202f"))
    signed = currency or any((match[part] or "").casefold() in _SIGNS for part in ("before", "after"))
    if not _NUMBER.fullmatch(words) or not (signed or match[0].strip() == match.string.strip()):
        raise Unreadable("it is not one price")
    try:
        return _plain_number(words, None), currency
    except Unreadable:
        if currency in _THREE_DECIMALS:
            raise
        return float(re.sub("[.,]", "", words)), currency  # other money has no third decimal: they are thousands


def _currency(words: str | None) -> str | None:
    folded = (words or "").strip().casefold()
    if folded.startswith("us dollar"):
        return "USD"
    return _SIGNS.get(folded) or (folded.upper() if folded.upper() in CURRENCIES else None)


def stated_decimal(cell: Cell) -> Decimal | None:
    """The decimal mark that a number leaves no doubt about: "1.234,5" and "12,5", but not "1,234"."""
    if not isinstance(cell, str) or len(cell) > _LONGEST_NUMBER or not _NUMBER.fullmatch(words := cell.strip()):
        return None
    if "," not in words and "." not in words:
        return None
    try:
        return _decimal_mark(words)
    except Unreadable:
        return None
