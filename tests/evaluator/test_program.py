"""Evidence settles into facts: the best grade wins, the more cautious value stands, order does not matter."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.program import (
    GRADES,
    RANK,
    DocumentReference,
    Evidence,
    Organization,
    Price,
    Program,
    Recognition,
    Skill,
    settle,
    with_evidence,
)

STATED = {name: fact for name, fact in dictionary().items() if not fact.derived}


def values(fact: FactDefinition) -> st.SearchStrategy[Value]:
    """Values that the dictionary allows, small enough that sources agree now and then."""
    low = 0 if fact.minimum is None else int(fact.minimum)
    high = 40 if fact.maximum is None else int(fact.maximum)
    match fact.type:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(low, high)
        case "number":
            return st.floats(low, high).map(lambda value: round(value, 2))
        case "text" if fact.name == "level_code":
            return st.sampled_from(["6", "Level 5", "upper_division", "first cycle", "E3", "high"])
        case "text":
            return st.sampled_from(fact.values or ("EUR", "USD", "NZD"))
        case "date":
            days = st.dates(datetime.date(2015, 1, 1), datetime.date(2030, 1, 1))
            return days.map(datetime.date.isoformat)


def pieces(fact: FactDefinition) -> st.SearchStrategy[Evidence]:
    return st.builds(
        Evidence,
        document=st.sampled_from(["sha256:one", "sha256:two"]),
        locator=st.sampled_from(["/a", "/b"]),
        quote=st.sampled_from(["stated here", "stated there"]),
        value=values(fact),
        grade=st.sampled_from(GRADES),
        retrieved=st.sampled_from(["2026-11-01", "2026-11-02"]),
        inherited_from=st.sampled_from([None, "profile"]),
        source=st.none(),
        author=st.none(),
        reason=st.none(),
    )


ORGANIZATIONS = st.builds(
    Organization,
    name=st.sampled_from(["University of Tartu", "An Academy"]),
    id=st.none(),
    url=st.sampled_from([None, "https://example.org/"]),
    country=st.sampled_from([None, "EE"]),
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs with any stated facts, as several sources might have left them."""
    names = draw(st.lists(st.sampled_from(sorted(STATED)), unique=True, max_size=25))
    facts = {name: settle(STATED[name], draw(st.lists(pieces(STATED[name]), min_size=1, max_size=3))) for name in names}
    reference = DocumentReference(
        digest="sha256:one", url="https://example.org/", media_type="text/html", retrieved="2026-11-01"
    )
    return Program(
        id="program",
        title=draw(st.sampled_from([None, "A title"])),
        issuer=draw(st.none() | ORGANIZATIONS),
        awarding_body=draw(st.none() | ORGANIZATIONS),
        outcomes=draw(st.sampled_from([(), ("Do this", "Do that")])),
        skills=draw(st.sampled_from([(), (Skill(label="a"), Skill(label="b", id="urn:b", framework="B"))])),
        recognitions=draw(st.sampled_from([(), (Recognition(kind="accreditation", body="An agency"),)])),
        prices=draw(st.sampled_from([(), (Price(amount=5.0, currency="EUR"),)])),
        documents=draw(st.sampled_from([(), (reference,)])),
        facts=facts,
    )


@st.composite
def disputes(draw: st.DrawFn) -> tuple[FactDefinition, list[Evidence], list[Evidence]]:
    """A fact, evidence for it, and the same evidence in another order."""
    fact = STATED[draw(st.sampled_from(sorted(STATED)))]
    evidence = draw(st.lists(pieces(fact), min_size=1, max_size=6))
    return fact, evidence, draw(st.permutations(evidence))


@given(dispute=disputes())
def test_the_order_of_evidence_does_not_matter(dispute: tuple[FactDefinition, list[Evidence], list[Evidence]]) -> None:
    fact, evidence, shuffled = dispute
    assert settle(fact, evidence) == settle(fact, shuffled)


@given(dispute=disputes())
def test_saying_it_again_changes_nothing(dispute: tuple[FactDefinition, list[Evidence], list[Evidence]]) -> None:
    fact, evidence, again = dispute
    assert settle(fact, [*evidence, *again]) == settle(fact, evidence)


@given(dispute=disputes())
def test_a_lower_grade_never_wins(dispute: tuple[FactDefinition, list[Evidence], list[Evidence]]) -> None:
    fact, evidence, _ = dispute
    settled, best = settle(fact, evidence), max(RANK[piece.grade] for piece in evidence)
    heard = [piece for piece in evidence if RANK[piece.grade] == best]
    assert RANK[settled.grade] == best
    assert (settled.value, settled.conflict) == (settle(fact, heard).value, settle(fact, heard).conflict)
    assert settled.value is None or settled.value in {piece.value for piece in heard}
    assert set(settled.evidence) == set(evidence)
    assert [RANK[piece.grade] for piece in settled.evidence] == sorted(
        (RANK[piece.grade] for piece in settled.evidence), reverse=True
    )


@given(dispute=disputes())
def test_a_conflict_is_disagreement_among_the_best(
    dispute: tuple[FactDefinition, list[Evidence], list[Evidence]],
) -> None:
    fact, evidence, _ = dispute
    settled, best = settle(fact, evidence), max(RANK[piece.grade] for piece in evidence)
    said = {piece.value for piece in evidence if RANK[piece.grade] == best}
    assert settled.conflict == (len(said) > 1)
    assert (settled.value is None) == (settled.conflict and fact.cautious == "unknown")


@given(dispute=disputes())
def test_adding_evidence_step_by_step_ends_at_the_same_fact(
    dispute: tuple[FactDefinition, list[Evidence], list[Evidence]],
) -> None:
    fact, evidence, shuffled = dispute
    step_by_step = Program(id="x")
    for piece in shuffled:
        step_by_step = with_evidence(step_by_step, [(fact.name, piece)])
    at_once = with_evidence(Program(id="x"), [(fact.name, piece) for piece in evidence])
    assert step_by_step == at_once
    assert step_by_step.facts[fact.name] == settle(fact, evidence)


def _piece(value: Value, grade: str = "documented", locator: str = "/a") -> Evidence:
    assert grade in GRADES
    return Evidence(document="sha256:one", locator=locator, quote="", value=value, grade=grade, retrieved="2026-11-01")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fact", "said", "stands"),
    [
        ("identity_verified", [True, False], False),
        ("qa_lapsed", [True, False], True),
        ("price_amount", [49, 59.5], 59.5),
        ("workload_hours_low", [10, 9], 9),
        ("workload_hours_high", [10, 9], 10),
        ("reviewed_on", ["2025-01-01", "2026-01-01"], "2025-01-01"),
        ("first_offered_on", ["2025-01-01", "2026-01-01"], "2026-01-01"),
        ("supervision", ["onsite", "remote_auto"], "remote_auto"),
        ("declared_framework_result", ["pass", "fail"], "fail"),
        ("credit_unit", ["ects", "uk_credit"], None),
        ("expires", [True, False], None),
    ],
)
def test_the_more_cautious_value_stands(fact: str, said: list[Value], stands: Value | None) -> None:
    settled = settle(dictionary()[fact], [_piece(value, locator=f"/{number}") for number, value in enumerate(said)])
    assert settled.value == stands
    assert settled.conflict
    assert len(settled.evidence) == len(said)


def test_repetition_does_not_raise_a_grade() -> None:
    many = [_piece(True, "claimed", f"/{number}") for number in range(50)]
    settled = settle(dictionary()["identity_verified"], [*many, _piece(False, "documented")])
    assert (settled.value, settled.grade, settled.conflict) == (False, "documented", False)
