"""Sentences that people read: true, short, and never a zero for what is not known."""

from __future__ import annotations

import msgspec
import pytest

from api import examples, words
from evaluator.beside import Beside, beside
from evaluator.compare import Claim, Pair
from evaluator.program import Program
from evaluator.score import CapScore, CriterionScore, Scorecard

CARD = examples.scorecard()
SIDE = beside([examples.program()])[0]
TITLES = {"a": "Welding", "b": "Glazing"}


def criterion(levels: tuple[int, int, int], maximum: int = 4, **other: object) -> CriterionScore:
    evidenced, stated, possible = levels
    given = {"evidenced": evidenced, "stated": stated, "possible": possible, "maximum": maximum, **other}
    return msgspec.structs.replace(CARD.criteria[0], **given)


def card(*criteria: CriterionScore, **other: object) -> Scorecard:
    return msgspec.structs.replace(CARD, criteria=criteria, **other)


def pair(claim: Claim, any_weights: bool = False, reversed_by: tuple[str, ...] = ()) -> Pair:
    return Pair(
        rubric="rigor",
        claim=claim,
        first="a",
        second="b",
        share=1.0,
        any_weights=any_weights,
        says="",
        reason="",
        reversed_by=reversed_by,
        left_out=(),
    )


def test_a_summary_says_what_is_shown_and_what_is_not_known() -> None:
    shown = criterion((3, 3, 4), says="Candidates are identified and supervised", unknown=("assessment_graded_by",))
    light = criterion((2, 2, 2), weight=1, says="EQF level 5 was confirmed", unknown=())
    weak = criterion((1, 1, 4), says="A weak thing", unknown=("pass_mark",))
    assert words.summary(card(light, shown, weak)) == (
        "Shows that candidates are identified and supervised, and that EQF level 5 was confirmed. "
        "Not known: who marks, pass mark."
    )


def test_a_summary_of_nothing() -> None:
    assert words.summary(card(criterion((0, 0, 0), unknown=()))) == "Shows little of what is asked."
    none = criterion((4, 4, 4), applies=False, unknown=())
    assert words.summary(card(none)) == "Shows little of what is asked."


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ((40, 56, 88), "56 of 100 stated, 40 of it evidenced, up to 88 possible"),
        ((56.2, 56.4, 88), "56 of 100 stated, all of it evidenced, up to 88 possible"),
        ((0, 0.4, 20), "nothing is shown, up to 20 of 100 possible"),
        ((0, 0, 0), "0 of 100 stated, all of it evidenced, up to 0 possible"),
    ],
)
def test_three_scores_in_words(scores: tuple[float, float, float], says: str) -> None:
    evidenced, stated, possible = scores
    assert words.say_scores(card(evidenced=evidenced, stated=stated, possible=possible)) == says


@pytest.mark.parametrize(
    ("levels", "says"), [((0, 2, 2), "level 2 of 4"), ((0, 0, 4), "level 0 to 4 of 4"), ((4, 4, 4), "level 4 of 4")]
)
def test_a_level_in_words(levels: tuple[int, int, int], says: str) -> None:
    assert words.say_level(criterion(levels)) == says


def test_the_grounds_of_a_level_do_not_say_it_again() -> None:
    own = examples.scorecard().criteria[0]
    assert own.reason.startswith(own.says)
    assert words.grounds(own) and not words.grounds(own).startswith(own.says)
    assert words.grounds(own) in own.reason
    other = msgspec.structs.replace(own, reason="Does not apply.")
    assert words.grounds(other) == "Does not apply."


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (pair("level"), "Welding and Glazing are level on rigor, as far as is published."),
        (
            pair("ahead", any_weights=True),
            "Welding is ahead of Glazing on rigor, whatever weight each criterion is given.",
        ),
        (pair("ahead"), "Welding is ahead of Glazing on rigor, whatever is still unknown."),
        (pair("probably_ahead"), "Welding is probably ahead of Glazing on rigor."),
        (pair("shows_more"), "Welding shows more than Glazing on rigor."),
    ],
)
def test_a_claim_in_words(said: Pair, says: str) -> None:
    assert words.say_claim(said, TITLES, "Rigor") == says


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ((), ""),
        (("pass_mark",), "What is not known could reverse it: pass mark."),
        (
            ("pass_mark", "supervised", "identity_verified", "qa_lapsed"),
            "What is not known could reverse it: pass mark, supervision, identity check, and 1 more fact.",
        ),
        (
            ("pass_mark", "supervised", "identity_verified", "qa_lapsed", "moocs"),
            "What is not known could reverse it: pass mark, supervision, identity check, and 2 more facts.",
        ),
    ],
)
def test_what_could_reverse_a_claim(facts: tuple[str, ...], says: str) -> None:
    assert words.say_reversal(pair("shows_more", reversed_by=facts)) == says


def test_a_difference_is_marked_only_where_it_is_certain() -> None:
    def rows(*levels: tuple[int, int, int]) -> list[Scorecard]:
        return [card(criterion(each)) for each in levels]

    assert words.surely_differs(rows((2, 3, 4), (1, 1, 2)), 0)
    assert not words.surely_differs(rows((2, 3, 4), (1, 1, 3)), 0)
    assert not words.surely_differs(rows((0, 0, 4), (0, 0, 4)), 0)
    apart = [card(criterion((4, 4, 4))), card(criterion((0, 0, 0), applies=False))]
    assert not words.surely_differs(apart, 0)


def changed(**values: object) -> Beside:
    return msgspec.structs.replace(SIDE, **values)


@pytest.mark.parametrize(
    ("side", "says"),
    [
        (changed(issuer=None), "Program by an issuer that is not known."),
        (
            changed(hours=(14.0, 28.0), eqf=(5, 5), price=49.0, currency="USD"),
            "Program by Example College: 14–28 hours of learning, EQF level 5, 49 USD.",
        ),
        (changed(price=0.0, currency=None), "Program by Example College: 0 (currency not stated)."),
    ],
)
def test_what_a_program_is(side: Beside, says: str) -> None:
    assert words.introduction(Program(id="x"), side) == says


def test_what_is_not_known_has_no_value() -> None:
    empty = Program(id="y", title="Y")
    known, unknown = (words.say_beside(each) for each in beside([examples.program(), empty]))
    assert set(unknown.values()) == {None}
    assert known["Skills shared"] is None, "nobody knows what the other teaches"
    assert known["Skills only here"] == "Data cleaning"
    both = beside([examples.program(), examples.program("Another")])[0]
    assert words.say_beside(both)["Skills only here"] == "none"
    assert words.say_beside(changed(hours=(10.0, 10.0), hours_are_converted=True))["Learning time"] == (
        "10 hours (computed from credits)"
    )


@pytest.mark.parametrize(
    ("holds", "says"),
    [(True, "At most 20: nobody can tell."), (None, "Held at 20 until this is ruled out: nobody can tell.")],
)
def test_what_is_not_known_is_no_finding_though_it_limits(holds: bool | None, says: str) -> None:
    cap = CapScore(id="issuer", at_most=20, says="nobody can tell", holds=holds, bites=True)
    assert words.summary(card(criterion((2, 2, 2)), caps=(cap,))).endswith(says)
