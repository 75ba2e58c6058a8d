"""Who vouches for an issuer: asked only of a proven one, by identifier, and never deciding."""

from __future__ import annotations

import msgspec
import pytest

from evaluator.credentials import trust
from evaluator.credentials.trust import Registry
from evaluator.credentials.verdict import DECIDING, Claims, Issuer, Verdict, because, decide, passed

SCHOOL = "did:web:school.example"
ONE = Registry(name="One", as_of="2026-11-20", issuers={SCHOOL: "an awarding body"})
TWO = Registry(name="Two", as_of="2026-10-01", issuers={"did:web:other.example": "a school"})


def verdict(issuer: str = SCHOOL, *, altered: bool = False) -> Verdict:
    checks = [passed(check) for check in DECIDING]
    if altered:
        checks = [because("integrity_failed")]
    return decide("a badge", checks, Claims(issuer=Issuer(id=issuer, name="School")))


def answer(found: Verdict) -> tuple[str, str, str]:
    [check] = [each for each in found.checks if each.id == "trust"]
    return check.outcome, check.code, check.detail


@pytest.mark.parametrize(
    ("registries", "expected"),
    [
        ((), ("unknown", "", "")),
        ((ONE,), ("pass", "", "One, 2026-11-20: an awarding body")),
        ((TWO, ONE), ("pass", "", "One, 2026-11-20: an awarding body")),
        ((TWO,), ("unknown", "issuer_not_listed", "asked: Two, 2026-10-01")),
    ],
)
def test_what_registries_say(registries: tuple[Registry, ...], expected: tuple[str, str, str]) -> None:
    assert answer(trust.answered(verdict(), registries)) == expected


def test_it_never_decides() -> None:
    listed, unlisted = (trust.answered(verdict(), registries) for registries in ((ONE,), (TWO,)))
    assert (listed.outcome, listed.codes) == (unlisted.outcome, unlisted.codes) == ("valid", ())
    assert [check.id for check in listed.checks] == [check.id for check in verdict().checks]


@pytest.mark.parametrize(
    "unproven",
    [verdict(altered=True), msgspec.structs.replace(verdict(), proven=False), verdict(issuer="")],
    ids=["altered", "not bound", "nameless"],
)
def test_no_registry_is_asked_about_an_issuer_that_is_not_proven(unproven: Verdict) -> None:
    assert trust.answered(unproven, (ONE,)) == unproven


def test_a_borrowed_name_is_not_the_listed_issuer() -> None:
    assert answer(trust.answered(verdict("did:web:school.example.evil.example"), (ONE,)))[0] == "unknown"
