"""Credentials and programs: what belongs together, and what only looks so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.credentials import matching
from evaluator.credentials.matching import Candidate, match
from evaluator.credentials.verdict import CHECKS, Claims, Issuer, Verdict, because, decide, passed

COLLEGE = Issuer(id="did:web:college.example", name="Example College")
PROGRAM = Candidate(
    id="https://college.example/a",
    title="Certificate in Data Analysis",
    issuer="Example College",
    issuer_url="https://www.college.example/",
)


def verified(title: str, issuer: Issuer = COLLEGE, own: str = "") -> Verdict:
    claims = Claims(issuer=issuer, title=title, achievement={"id": own} if own else {})
    return decide("test", [passed(check) for check in CHECKS], claims)


def test_by_the_identifier_of_the_achievement() -> None:
    found = match(verified("Something else", own=PROGRAM.id), [PROGRAM])
    assert found is not None
    assert (found.program, found.how, found.score, found.bound) == (PROGRAM.id, "achievement", 1.0, True)


@pytest.mark.parametrize(
    ("title", "score"),
    [
        ("Certificate in Data Analysis", 1.0),
        ("CERTIFICATE: Data-Analysis", 1.0),
        ("The Certificate in Data Análysis", 1.0),
        ("Certificate in Advanced Data Analysis", None),
        ("Certificate in Data Analysis 2", None),
        ("Certificate in Zoology", None),
        ("Data Analysis", None),
        ("", None),
    ],
)
def test_by_issuer_and_title(title: str, score: float | None) -> None:
    found = match(verified(title), [PROGRAM])
    assert (found.score if found else None) == score


def test_a_name_alone_is_no_proof_of_who_issued_it() -> None:
    by_name = match(
        verified("Certificate in Data Analysis", Issuer(id="did:key:z6Mk", name="Example College Ltd")), [PROGRAM]
    )
    assert by_name is not None
    assert by_name.bound is False
    bound = match(verified("Certificate in Data Analysis"), [PROGRAM])
    assert bound is not None
    assert bound.bound is True


def test_the_page_of_a_program_binds_together_with_the_name() -> None:
    page = Candidate(id="x", title=PROGRAM.title, issuer="Example College", url="https://college.example/a")
    found = match(verified("Certificate in Data Analysis"), [page])
    assert found is not None
    assert found.bound is True
    tenant = msgspec.structs.replace(page, issuer="Another School")
    assert match(verified("Certificate in Data Analysis"), [tenant]) is None


def test_another_issuer_can_not_use_the_identifier_of_a_program() -> None:
    stranger = Issuer(id="did:key:z6Mk", name="Somebody")
    assert match(verified("Certificate in Data Analysis", stranger, PROGRAM.id), [PROGRAM]) is None


def test_the_url_that_an_issuer_gives_itself_binds_nothing() -> None:
    stranger = Issuer(id="did:key:z6Mk", name="Somebody", url="https://college.example/")
    assert match(verified("Certificate in Data Analysis", stranger), [PROGRAM]) is None


def test_two_that_fit_equally_well_are_no_match() -> None:
    twin = msgspec.structs.replace(PROGRAM, id="https://college.example/b")
    assert match(verified("Certificate in Data Analysis"), [PROGRAM, twin]) is None
    assert match(verified("Certificate in Data Analysis"), [PROGRAM, PROGRAM]) is not None


@pytest.mark.parametrize("code", ["integrity_failed", "issuer_mismatch", "expired", "revoked", "recipient_mismatch"])
def test_what_is_not_verified_has_no_program(code: str) -> None:
    checks = [passed(check) for check in CHECKS if check != because(code).id]
    verdict = decide("test", [*checks, because(code)], Claims(issuer=COLLEGE, title="Certificate in Data Analysis"))
    assert match(verdict, [PROGRAM]) is None


@pytest.mark.parametrize(("one", "other"), [("C", "C++"), ("C#", "C++"), ("Python 2", "Python 3"), ("Java", "Java II")])
def test_small_signs_that_matter(one: str, other: str) -> None:
    assert matching.likeness(one, other) < matching.THRESHOLD
    assert matching.likeness(one, one) == 1.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0.0 <= matching.likeness(one, other) == matching.likeness(other, one) <= 1.0
