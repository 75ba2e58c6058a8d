"""Prices of a schema.org item, and which of them is the credential's.

https://schema.org/Offer, https://schema.org/AggregateOffer and https://schema.org/PriceSpecification. Prices are
mostly text. Catalogues write -1 for a price that they don't know and 0 for a course that can be followed for free,
though its certificate may cost money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from evaluator.program import Price
from providers import table_cells
from providers.json_document import Item, Text, number
from providers.schema_org_graph import Graph, Node, Subject, boolean, first_line, kinds, label, values
from providers.schema_org_offering import COURSES, day

_CERTIFICATE = re.compile(r"\b(?:certificat\w*|verified|credential|badge|exam)\b", re.IGNORECASE)
_AUDIT = re.compile(r"\baudit\w*\b", re.IGNORECASE)
_PART_OR_OTHER = re.compile(
    r"\b(?:subscription|monthly|annual(?:ly)?|yearly|weekly|instal?lments?|deposit|application fee|registration fee"
    r"|room and board|housing|accommodation|textbooks?|books|materials"
    r"|(?:per|a|each) (?:year|month|week|semester|quarter|term|credit|course|unit|hour|module))\b",
    re.IGNORECASE,
)
_NO_PRICES = frozenset({"DeliveryChargeSpecification", "PaymentChargeSpecification"})
_OLD_PRICES = re.compile(r"(?:ListPrice|StrikethroughPrice|SRP|MSRP|InvoicePrice)$")
"""Prices that nobody pays (https://schema.org/PriceTypeEnumeration)."""
_PERIOD = re.compile(r"(?:MON|ANN|WEE|DAY|HUR)$|\b(?:month|year|week|day|hour|credit)", re.IGNORECASE)
"""Units (UN/CEFACT codes or words) of which one buys a part."""
_DEEPEST = 4
"""Offers within offers that are read."""
_NAMES = ("name", "description", "category")


class _Offered(NamedTuple):
    amount: float
    at: str
    quote: object
    currency: Text | None
    words: str
    """What the offer says of itself."""
    what: str | None
    is_full: bool
    """Whether it buys the whole rather than a month, a credit or the like, and still stood when it was read."""

    @property
    def code(self) -> str | None:
        return self.currency.value if self.currency else None


def prices(subject: Subject) -> tuple[Price, ...]:
    """Every price with what it buys; states the price of the credential, and whether it is free.

    The credential's price is that of offers which speak of a certificate, where any does; else the lowest full price.
    A mere 0 is no price of a credential: it is also what is written for free auditing, or when nobody knew.
    """
    found = _every(subject)
    paid = [one for one in found if one.amount > 0]
    full = [one for one in paid if one.is_full and not _AUDIT.search(one.words)]
    chosen = [one for one in full if _CERTIFICATE.search(one.words)] or full
    if not paid and _state_free(subject, found):
        chosen = found
    _state_paid(subject)
    if chosen and len({one.code for one in chosen}) == 1:
        lowest = min(chosen, key=lambda one: one.amount)
        subject.draft.state("price_amount", lowest.amount, lowest.at, lowest.quote)
        if lowest.currency:
            subject.draft.state("price_currency", lowest.currency.value, lowest.currency.at)
    return tuple(dict.fromkeys(Price(amount=one.amount, currency=one.code, what=one.what) for one in found))


def _state_free(subject: Subject, found: list[_Offered]) -> bool:
    """State that the credential is free, where that is said in words.

    A course that is free to follow may charge for its certificate, so of a course only the category Free says it all:
    https://developers.google.com/search/docs/appearance/structured-data/course-info tells it from Partially Free.
    """
    said = [
        category for offer in subject.offers if (category := first_line(offer, "category")) and _is(category, "free")
    ]
    if subject.kind not in COURSES:
        flags = values(subject.node, "isAccessibleForFree")
        said += [Text(str(item.value), item.at) for item in flags if boolean(item.value)]
        said += [Text(str(one.quote), one.at) for one in found if number(one.quote) is None]
    for one in said:
        subject.draft.state("free", True, one.at, one.value)
    return bool(said)


def _state_paid(subject: Subject) -> None:
    """State that the credential is not free: who can't even follow the course for free, can't earn it for free."""
    for item in values(subject.node, "isAccessibleForFree"):
        if boolean(item.value) is False:
            subject.draft.state("free", False, item.at, item.value)
    for offer in subject.offers:
        category = first_line(offer, "category")
        if category and _is(category, "paid", "subscription"):
            subject.draft.state("free", False, category.at, category.value)


def _is(found: Text, *words: str) -> bool:
    return found.value.lower() in words


def _every(subject: Subject) -> list[_Offered]:
    seen: set[str] = set()
    return [one for offer in subject.offers for one in _read(subject, offer, _Offer(), seen)]


class _Offer(NamedTuple):
    """What an offer inherits from the one around it."""

    words: str = ""
    what: str | None = None
    currency: Text | None = None
    is_full: bool = True
    depth: int = 0


def _read(subject: Subject, node: Node, around: _Offer, seen: set[str]) -> list[_Offered]:
    """The prices of an offer: those of the offers inside it, else its own, else those of its specifications."""
    if node.at in seen or around.depth > _DEEPEST:
        return []
    seen.add(node.at)
    graph = subject.graph
    named = first_line(node, "name", "category")
    here = _Offer(
        words=f"{around.words} {_words(graph, node)}",
        what=named.value if named else around.what,
        currency=_currency(node) or around.currency,
        is_full=around.is_full and not _is_partial(subject, node),
        depth=around.depth + 1,
    )
    inside = [one for inner in graph.follow(node, "offers") for one in _read(subject, inner, here, seen)]
    if found := inside or [_offered(here, amount) for amount in _amounts(subject, node)]:
        return found
    specified = (one for one in graph.follow(node, "priceSpecification") if _is_price(one))
    return [one for inner in specified for one in _read(subject, inner, here, seen)]


def _offered(offer: _Offer, amount: _Amount) -> _Offered:
    currency = Text(amount.currency, amount.at) if amount.currency else offer.currency
    is_full = offer.is_full and not _PART_OR_OTHER.search(offer.words)
    return _Offered(amount.value, amount.at, amount.quote, currency, offer.words, offer.what, is_full)


class _Amount(NamedTuple):
    value: float
    at: str
    quote: object
    currency: str | None = None


def _amounts(subject: Subject, node: Node) -> Iterator[_Amount]:
    """The amount that an offer names; below zero it is unknown."""
    for name in ("price", "lowPrice", "minPrice"):
        for value, at in values(node, name):
            if (amount := number(value)) is not None:
                if amount >= 0:
                    yield _Amount(float(amount), at, value)
                    return
            elif (found := _in_words(subject, Item(value, at))) is not None:
                yield found
                return


def _in_words(subject: Subject, item: Item) -> _Amount | None:
    """A price with words or signs around the number, such as `$49`."""
    try:
        said = table_cells.money(item.value) if isinstance(item.value, str) else None
    except table_cells.Unreadable:
        said = None
    if said is not None and said.credential is not None:
        return _Amount(said.credential.amount, item.at, item.value, said.credential.currency)
    if item.value not in ("", None) and not isinstance(item.value, dict):
        says = 'a price is a number such as "49.00", with its currency in priceCurrency'
        subject.draft.problem(item.at, says)
    return None


def _currency(node: Node) -> Text | None:
    """The ISO 4217 code of an offer's currency; other words are no currency."""
    stated = first_line(node, "priceCurrency", "currency")
    if stated is None or not re.fullmatch(r"[A-Za-z]{3}", stated.value):
        return None
    return Text(stated.value.upper(), stated.at)


def _words(graph: Graph, offer: Node) -> str:
    """What an offer says of itself and of what it sells."""
    own = (first_line(offer, name) for name in _NAMES)
    sold = (label(one) for one in graph.follow(offer, "itemOffered", "includesObject"))
    return " ".join(one.value for one in (*own, *sold) if one)


def _is_partial(subject: Subject, node: Node) -> bool:
    """Whether a price buys a month, a credit or the like, or no longer stands when the document was read."""
    if any(values(node, name) for name in ("billingDuration", "billingIncrement")):
        return True
    quantities = (node, *subject.graph.follow(node, "referenceQuantity"))
    units = (first_line(one, name) for one in quantities for name in ("unitCode", "unitText"))
    if any(unit and _PERIOD.search(unit.value) for unit in units):
        return True
    end = first_line(node, "priceValidUntil", "validThrough")
    last = day(end.value) if end else None
    return last is not None and last < subject.draft.source.retrieved[:10]


def _is_price(node: Node) -> bool:
    kind = first_line(node, "priceType")
    return _NO_PRICES.isdisjoint(kinds(node)) and not (kind and _OLD_PRICES.search(kind.value))
