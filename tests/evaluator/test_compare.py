"""Claims about pairs: how strong they are, that they are true, and that they depend on the pair alone."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.compare import CLAIMS, MOST_PROGRAMS, Pair, compare, standing
from evaluator.program import Program
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, score_derived
from evaluator.verdicts import DRAWS, GRAIN, STAGES, SURE, Field, _Draws, drawn_parts, weight_draws
from tests.evaluator.strategies import graded, program_of, rubric_of, rubrics

TODAY = datetime.date(2026, 11, 24)
CASES = yaml.safe_load((Path(__file__).parent / "cases" / "compare.yaml").read_text())
RUBRICS = {
    name: rubric_of(spec["criteria"], spec.get("caps", ()), **spec.get("fields", {}))
    for name, spec in CASES["rubrics"].items()
}


def cards_of(programs: Sequence[Program], rubric: Rubric) -> list[Scorecard]:
    return [score_derived(program, rubric, TODAY) for program in programs]


def named(facts: Mapping[str, object], name: str) -> Program:
    return program_of(facts, id=name, title=name.capitalize())  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES["pairs"], ids=lambda case: case["name"])
def test_claims_worked_out_by_hand(case: Mapping[str, dict]) -> None:  # type: ignore[type-arg]
    rubric = RUBRICS[str(case["rubric"])]
    programs = [named(case[name], name) for name in ("one", "other")]
    (pair,) = standing(cards_of(programs, rubric), rubric).pairs
    expected = dict(case["expect"])
    for word in expected.pop("mentions", []):
        assert word in f"{pair.says} {pair.reason}"
    found = {key: getattr(pair, key) for key in expected}
    assert {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()} == expected


# --- claims are true ----------------------------------------------------------------------------------------


@st.composite
def fields(draw: st.DrawFn, least: int = 2, most: int = 4) -> tuple[Rubric, list[Program]]:
    """A rubric and programs with different ids."""
    rubric = draw(rubrics())
    programs = draw(st.lists(graded(rubric.facts), min_size=least, max_size=most))
    return rubric, [msgspec.structs.replace(each, id=f"urn:{number}") for number, each in enumerate(programs)]


Levels = list[tuple[int, int] | None]


def _score(levels: Levels, weights: Sequence[int], limit: int) -> Fraction:
    """The score for chosen levels (level, maximum), None where a criterion is left out."""
    kept = [(Fraction(*level), weight) for level, weight in zip(levels, weights, strict=True) if level]
    return min(sum(share * weight for share, weight in kept) / sum(weight for _, weight in kept), Fraction(limit, 100))


def _complete(card: Scorecard, rubric: Rubric, draw: np.random.Generator) -> tuple[list[tuple[int, int]], int]:
    """Levels that the unknown could turn out to give, extremes included, and the limit of the caps."""
    levels = []
    for criterion, definition in zip(card.criteria, rubric.criteria, strict=True):
        possible = [each for each in definition.levels if criterion.stated <= each <= criterion.possible]
        levels.append((int(draw.choice(possible)), criterion.maximum))
    limits = [cap.at_most for cap in card.caps if cap.holds or (cap.holds is None and draw.random() < 0.5)]
    return levels, min(limits, default=100)


@settings(max_examples=60, deadline=None)
@given(case=fields(), seed=st.integers(0, 2**32))
def test_ahead_holds_for_every_completion_and_dominance_for_any_weights(
    case: tuple[Rubric, list[Program]], seed: int
) -> None:
    rubric, programs = case
    cards = {card.program: card for card in cards_of(programs, rubric)}
    draw = np.random.default_rng(seed)
    published = [criterion.weight for criterion in rubric.criteria]
    for pair in standing(list(cards.values()), rubric).pairs:
        if pair.claim != "ahead":
            assert not pair.any_weights
            continue
        first, second = cards[pair.first], cards[pair.second]
        for _ in range(20):
            weights = [int(each) for each in draw.integers(1, 1000, len(published))] if pair.any_weights else published
            applies = _drawn_applicability(first, second, rubric, draw)
            (levels, limit), (others, other_limit) = (_complete(card, rubric, draw) for card in (first, second))
            kept, others_kept = (
                [level if use else None for level, use in zip(chosen, applies, strict=True)]
                for chosen in (levels, others)
            )
            assert _score(kept, weights, limit) > _score(others_kept, weights, other_limit)


def _drawn_applicability(one: Scorecard, other: Scorecard, rubric: Rubric, draw: np.random.Generator) -> list[bool]:
    """Whether each criterion applies to both: criteria with the same condition apply together."""
    conditions = list(dict.fromkeys(criterion.applies for criterion in rubric.criteria))
    fate = {(condition, side): draw.random() < 0.5 for condition in conditions for side in (0, 1)}
    pairs = zip(rubric.criteria, one.criteria, other.criteria, strict=True)
    return [
        all(
            fate[definition.applies, side] if criterion.applies is None else criterion.applies
            for side, criterion in enumerate(sides)
        )
        for definition, *sides in pairs
    ]


# --- claims depend on the pair alone ------------------------------------------------------------------------


def _by_pair(pairs: Sequence[Pair]) -> dict[frozenset[str], Pair]:
    return {frozenset((pair.first, pair.second)): pair for pair in pairs}


@settings(max_examples=40, deadline=None)
@given(case=fields(least=3), data=st.data())
def test_neither_order_nor_company_changes_a_claim(case: tuple[Rubric, list[Program]], data: st.DataObject) -> None:
    rubric, programs = case
    cards = cards_of(programs, rubric)
    together = standing(cards, rubric)
    shuffled = standing(data.draw(st.permutations(cards)), rubric)
    assert _by_pair(shuffled.pairs) == _by_pair(together.pairs)
    assert shuffled.groups == together.groups
    for one, other in itertools.combinations(cards, 2):
        (alone,) = standing([one, other], rubric).pairs
        assert _by_pair(together.pairs)[frozenset((one.program, other.program))] == alone


@settings(max_examples=40, deadline=None)
@given(case=fields(least=1, most=1))
def test_equal_programs_are_level_unless_the_unknown_decides(case: tuple[Rubric, list[Program]]) -> None:
    rubric, (program,) = case
    cards = cards_of([program, msgspec.structs.replace(program, id="urn:twin")], rubric)
    (pair,) = standing(cards, rubric).pairs
    assert pair.claim not in ("ahead", "shows_more")
    if cards[0].coverage == 1:
        assert (pair.claim, pair.share) == ("level", 0)


@settings(max_examples=40, deadline=None)
@given(case=fields())
def test_groups_hold_every_program_once_and_only_ties(case: tuple[Rubric, list[Program]]) -> None:
    rubric, programs = case
    result = standing(cards_of(programs, rubric), rubric)
    assert sorted(name for group in result.groups for name in group) == sorted(each.id for each in programs)
    claims = _by_pair(result.pairs)
    for group in result.groups:
        assert all(claims[frozenset(pair)].claim == "level" for pair in itertools.combinations(group, 2))
    if not any(criterion.applies for criterion in rubric.criteria):
        place = {name: number for number, group in enumerate(result.groups) for name in group}
        assert all(place[pair.first] < place[pair.second] for pair in result.pairs if pair.claim == "ahead")


def test_who_is_ahead_stands_first_though_the_other_has_the_higher_score() -> None:
    """Only the other is not asked for hours, which both are compared without."""
    rubric = RUBRICS["hours"]
    taught = named({"mode": "taught", "pass_mark": 0.7, "workload_hours_low": 10}, "taught")
    examined = named({"mode": "exam_only", "pass_mark": 0.6}, "examined")
    cards = cards_of([examined, taught], rubric)
    assert [card.stated for card in cards] == [50, 10]
    result = standing(cards, rubric)
    assert [(pair.claim, pair.first) for pair in result.pairs] == [("ahead", "taught")]
    assert result.groups == (("taught",), ("examined",))


@settings(max_examples=40, deadline=None)
@given(case=fields())
def test_claims_say_how_sure_they_are(case: tuple[Rubric, list[Program]]) -> None:
    rubric, programs = case
    cards = {card.program: card for card in cards_of(programs, rubric)}
    for pair in standing(list(cards.values()), rubric).pairs:
        assert pair.claim in CLAIMS
        assert pair.says.endswith(".")
        assert pair.reason
        if pair.claim == "ahead":
            assert pair.share == 1
            assert pair.reversed_by == ()
        elif pair.claim != "level":
            assert pair.share >= SURE
        both = (cards[pair.first], cards[pair.second])
        known = {name for card in both for each in card.criteria for name in each.unknown}
        capped = {name for cap in cards[pair.second].caps for name in cap.unknown}
        assert set(pair.reversed_by) <= known | capped


# --- draws --------------------------------------------------------------------------------------------------


def test_weights_are_drawn_around_the_published_ones() -> None:
    drawn = weight_draws((10, 30, 60), 50) / GRAIN
    assert drawn.shape == (3, DRAWS)
    assert np.abs(drawn.sum(axis=0) - 1).max() < 1e-4
    assert drawn.mean(axis=1) == pytest.approx([0.1, 0.3, 0.6], abs=0.005)
    # Standard deviation of a Dirichlet component: √(p (1 − p) ÷ (K + 1)).
    assert drawn.std(axis=1) == pytest.approx([(p * (1 - p) / 51) ** 0.5 for p in (0.1, 0.3, 0.6)], rel=0.05)


def test_of_several_unknown_caps_the_lowest_that_is_drawn_limits() -> None:
    rubric = RUBRICS["capped"]
    cards = cards_of([named({"identity_verified": True, "pass_mark": 0.7}, "one")], rubric)
    parts, limit = map(np.hstack, zip(*drawn_parts(Field(cards, rubric), 0), strict=True))
    assert limit.shape == (DRAWS,)
    shares = {points: np.count_nonzero(limit == points) / DRAWS for points in (20, 60, 100)}
    # Each of the two holds in half of the draws; 60 limits only where 20 does not.
    assert shares == pytest.approx({20: 0.5, 60: 0.25, 100: 0.25}, abs=0.02)
    assert parts.sum() == weight_draws((30, 10), rubric.concentration).sum() * 2


def test_ending_early_changes_no_claim_and_no_share() -> None:
    facts = [{"pass_mark": 0.7}, {"identity_verified": True}, {"identity_verified": False, "pass_mark": 0.2}, {}]
    for rubric in RUBRICS.values():
        cards = cards_of([named(each, f"p{number}") for number, each in enumerate(facts)], rubric)
        field, draws = Field(cards, rubric), _Draws(Field(cards, rubric))
        for first, second in itertools.permutations(range(len(cards)), 2):
            for kept in field.common(first, second):
                scores = [
                    np.hstack([draws.drawn(each, kept, stage) for stage in range(len(STAGES))])
                    for each in (first, second)
                ]
                whole = np.count_nonzero(scores[0] > scores[1]) / DRAWS
                assert draws._drawn_share(first, second, kept) == (whole if whole >= SURE else 0.0)
    assert [STAGES[0].start, STAGES[-1].stop] == [0, DRAWS]
    assert all(one.stop == other.start for one, other in itertools.pairwise(STAGES))


@pytest.mark.parametrize("count", [0, 1, MOST_PROGRAMS + 1])
def test_too_few_or_too_many_programs_are_refused(count: int) -> None:
    programs = [named({}, f"p{number}") for number in range(count)]
    with pytest.raises(ValueError, match=f"2 to {MOST_PROGRAMS} programs, not {count}"):
        compare(programs, [[]] * count, [])


def test_a_comparison_has_a_standing_per_rubric_and_the_side_facts() -> None:
    chosen = list(RUBRICS.values())[:2]
    programs = [named({"pass_mark": 0.7}, "one"), named({}, "other")]
    cards = [[score_derived(program, rubric, TODAY) for rubric in chosen] for program in programs]
    result = compare(programs, cards, chosen)
    assert [each.digest for each in result.standings] == [rubric.digest for rubric in chosen]
    assert [each.program for each in result.programs] == ["one", "other"]
    assert result.standings[0].scorecards == (cards[0][0], cards[1][0])
