"""Scorecards side by side: who is ahead, and how surely.

Per rubric and pair the strongest claim that holds, strongest first:

1. **ahead**: whatever the unknowns turn out to be, A's `stated` exceeds B's `possible`; or A is at least as good on
   every criterion and better on one for every completion (dominance: holds for any weights).
2. **probably ahead**: A wins at least 95 % of 10,000 draws of weights (Dirichlet around the published ones) and of
   unknown levels (uniform over what is still possible). The idea is SMAA's pairwise winning index (Lahdelma and
   Salminen 2001, Tervonen and Lahdelma 2007, doi 10.1016/j.ejor.2005.12.037).
3. **shows more**: unknown counts as not shown; A wins at least 95 % of the draws of weights.
4. **level**: none of these.

Like is compared with like: a criterion that does not apply to one of the two is left out for both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from evaluator.beside import Beside, beside
from evaluator.facts import dictionary
from evaluator.program import Program
from evaluator.rubric import Rubric
from evaluator.score import CriterionScore, Scorecard

Claim = Literal["ahead", "probably_ahead", "shows_more", "level"]
CLAIMS: tuple[Claim, ...] = ("ahead", "probably_ahead", "shows_more", "level")

DRAWS = 10_000
"""Error of a share of wins: at most 0.01 at 95 % confidence (1.96 × √(0.25 ÷ 10,000))."""
MOST_PROGRAMS = 50
SURE = 0.95
"""Share of draws that a claim needs."""
SEED = 20_220_616
"""Of the weight draws: the day of Council Recommendation 2022/C 243/02."""

Matrix = npt.NDArray[np.float64]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of two programs under one rubric."""

    rubric: str
    claim: Claim
    first: str
    """Program id: the one ahead, or the first of two that are level."""
    second: str
    share: float
    """Of the draws that the claim rests on, those in which `first` wins; 1 for ahead."""
    any_weights: bool
    """Ahead by dominance, so whatever weight a criterion is given."""
    says: str
    reason: str
    """The criteria that decide, in words."""
    reversed_by: tuple[str, ...]
    """Facts, unknown today, that could reverse the claim; the weightiest first."""
    left_out: tuple[str, ...]
    """Criteria that do not apply to one of the two."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All programs under one rubric."""

    rubric: str
    version: str
    title: str
    digest: str
    groups: tuple[tuple[str, ...], ...]
    """Tie groups, best first: all members of a group are level with each other."""
    pairs: tuple[Pair, ...]
    scorecards: tuple[Scorecard, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Programs side by side under several rubrics, and the facts beside the scores."""

    programs: tuple[Beside, ...]
    standings: tuple[Standing, ...]


@dataclass(frozen=True)
class _Field:
    """The scorecards of one rubric as arrays: programs × criteria, levels as shares of the highest."""

    cards: Sequence[Scorecard]
    rubric: Rubric

    @cached_property
    def low(self) -> Matrix:
        return np.array([[c.stated / c.maximum for c in card.criteria] for card in self.cards])

    @cached_property
    def high(self) -> Matrix:
        return np.array([[c.possible / c.maximum for c in card.criteria] for card in self.cards])

    @cached_property
    def weights(self) -> Matrix:
        return np.array([float(criterion.weight) for criterion in self.rubric.criteria])

    @cached_property
    def cap_low(self) -> Matrix:
        """The limit at the lower bound: a cap that may hold does."""
        return np.array([_limit(card, certain=False) for card in self.cards])

    @cached_property
    def cap_high(self) -> Matrix:
        return np.array([_limit(card, certain=True) for card in self.cards])

    @cached_property
    def may_apply(self) -> npt.NDArray[np.bool_]:
        return np.array([[c.applies is not False for c in card.criteria] for card in self.cards])

    @cached_property
    def surely_applies(self) -> npt.NDArray[np.bool_]:
        return np.array([[c.applies is True for c in card.criteria] for card in self.cards])

    @cached_property
    def weight_draws(self) -> Matrix:
        """Draws × criteria, each row summing to 1."""
        alpha = self.rubric.concentration * self.weights / self.weights.sum()
        return np.random.Generator(np.random.PCG64(SEED)).dirichlet(alpha, size=DRAWS)


def _limit(card: Scorecard, *, certain: bool) -> float:
    caps = [cap.at_most for cap in card.caps if cap.holds is True or (cap.holds is None and not certain)]
    return min(caps, default=100) / 100


def compare(programs: Sequence[Program], cards: Sequence[Sequence[Scorecard]], rubrics: Sequence[Rubric]) -> Comparison:
    """Compare 2 to MOST_PROGRAMS programs whose derived facts are there.

    `cards[i][j]` is the scorecard of program i under rubric j.
    """
    if not 2 <= len(programs) <= MOST_PROGRAMS:
        raise ValueError(f"a comparison takes 2 to {MOST_PROGRAMS} programs, not {len(programs)}")
    return Comparison(
        programs=beside(programs),
        standings=tuple(standing([row[j] for row in cards], rubric) for j, rubric in enumerate(rubrics)),
    )


def standing(cards: Sequence[Scorecard], rubric: Rubric) -> Standing:
    """Every pair of programs under one rubric, and the tie groups. The cards are all of that rubric."""
    field = _Field(cards, rubric)
    claims = _claims(field)
    pairs = tuple(
        _pair(field, first, second, claims[first, second])
        for first in range(len(cards))
        for second in range(first + 1, len(cards))
    )
    return Standing(
        rubric=rubric.rubric,
        version=rubric.version,
        title=rubric.title,
        digest=rubric.digest,
        groups=_groups(field, claims),
        pairs=pairs,
        scorecards=tuple(cards),
    )


@dataclass(frozen=True)
class _Verdict:
    """The claim of a pair (first index, second index); `winner` is one of them."""

    claim: Claim
    winner: int
    share: float = 1.0
    any_weights: bool = False


def _claims(field: _Field) -> dict[tuple[int, int], _Verdict]:
    """The strongest claim for every pair of indices, smaller index first."""
    count = len(field.cards)
    verdicts: dict[tuple[int, int], _Verdict] = {}
    for mask, pairs in _pairs_by_common_criteria(field).items():
        chosen = np.array(mask)
        undecided = []
        for first, second in pairs:
            certain = _ahead(field, first, second)
            if certain:
                verdicts[first, second] = certain
            else:
                undecided.append((first, second))
        if not undecided:
            continue
        involved = sorted({index for pair in undecided for index in pair})
        drawn = _drawn_scores(field, involved, chosen)
        shown = _shown_scores(field, chosen)
        for first, second in undecided:
            verdicts[first, second] = (
                _winner("probably_ahead", drawn[first], drawn[second], first, second)
                or _winner("shows_more", shown[first], shown[second], first, second)
                or _Verdict("level", first, share=float(np.mean(shown[first] > shown[second])))
            )
    assert len(verdicts) == count * (count - 1) // 2
    return verdicts


def _pairs_by_common_criteria(field: _Field) -> dict[tuple[bool, ...], list[tuple[int, int]]]:
    """Pairs by the criteria that apply, or may apply, to both."""
    groups: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
    for first in range(len(field.cards)):
        for second in range(first + 1, len(field.cards)):
            common = tuple((field.may_apply[first] & field.may_apply[second]).tolist())
            groups.setdefault(common, []).append((first, second))
    return groups


def _ahead(field: _Field, first: int, second: int) -> _Verdict | None:
    """`ahead`, whichever of the two it is, if it holds with and without the criteria that may not apply."""
    may = field.may_apply[first] & field.may_apply[second]
    surely = field.surely_applies[first] & field.surely_applies[second]
    for one, other in ((first, second), (second, first)):
        if all(_exceeds(field, one, other, mask) for mask in (may, surely)):
            dominates = all(_dominates(field, one, other, mask) for mask in (may, surely))
            return _Verdict("ahead", one, any_weights=dominates)
    return None


def _exceeds(field: _Field, one: int, other: int, mask: npt.NDArray[np.bool_]) -> bool:
    weights = field.weights[mask]
    worst = min(field.low[one, mask] @ weights / weights.sum(), field.cap_low[one])
    best = min(field.high[other, mask] @ weights / weights.sum(), field.cap_high[other])
    return bool(worst > best + 1e-12) or _dominates(field, one, other, mask)


def _dominates(field: _Field, one: int, other: int, mask: npt.NDArray[np.bool_]) -> bool:
    worst, best = field.low[one, mask], field.high[other, mask]
    return bool((worst >= best).all() and (worst > best).any() and field.cap_low[one] >= field.cap_high[other])


def _winner(claim: Claim, first: Matrix, second: Matrix, one: int, other: int) -> _Verdict | None:
    wins = float(np.mean(first > second))
    if wins >= SURE:
        return _Verdict(claim, one, share=wins)
    losses = float(np.mean(second > first))
    return _Verdict(claim, other, share=losses) if losses >= SURE else None


def _shown_scores(field: _Field, mask: npt.NDArray[np.bool_]) -> Matrix:
    """Programs × draws of weights, with unknown counted as not shown."""
    weights = field.weight_draws[:, mask]
    weights = weights / weights.sum(axis=1, keepdims=True)
    shown: Matrix = np.minimum(field.low[:, mask] @ weights.T, field.cap_low[:, None])
    return shown


def _drawn_scores(field: _Field, programs: list[int], mask: npt.NDArray[np.bool_]) -> dict[int, Matrix]:
    """Per program, draws of weights and of what is unknown."""
    weights = field.weight_draws * mask
    weights /= weights.sum(axis=1, keepdims=True)
    return {index: _drawn(field, index, weights) for index in programs}


def _drawn(field: _Field, index: int, weights: Matrix) -> Matrix:
    card = field.cards[index]
    # A stream per program, so that a claim about two programs does not depend on who else is compared.
    seed = hashlib.sha256(f"{card.digest} {card.program}".encode()).digest()
    stream = np.random.Generator(np.random.PCG64(int.from_bytes(seed)))
    score = weights @ field.low[index]
    for column, criterion in enumerate(card.criteria):
        if criterion.possible > criterion.stated:
            gains = _possible_gains(field.rubric.criteria[column].levels, criterion)
            score += weights[:, column] * gains[stream.integers(0, len(gains), DRAWS, dtype=np.uint8)]
    limit = np.full(DRAWS, field.cap_high[index])
    for cap in card.caps:
        if cap.holds is None:
            limit[stream.random(DRAWS) < 0.5] = min(cap.at_most / 100, field.cap_high[index])
    drawn: Matrix = np.minimum(score, limit)
    return drawn


def _possible_gains(levels: Iterable[int], criterion: CriterionScore) -> Matrix:
    """What each level that is still possible adds to the stated one, as a share of the highest level."""
    possible = [level for level in levels if criterion.stated <= level <= criterion.possible]
    return np.array([(level - criterion.stated) / criterion.maximum for level in possible])


def _groups(field: _Field, claims: dict[tuple[int, int], _Verdict]) -> tuple[tuple[str, ...], ...]:
    order = sorted(range(len(field.cards)), key=lambda index: (-field.cards[index].stated, field.cards[index].program))
    groups: list[list[int]] = []
    for index in order:
        if groups and all(claims[min(index, each), max(index, each)].claim == "level" for each in groups[-1]):
            groups[-1].append(index)
        else:
            groups.append([index])
    return tuple(tuple(field.cards[index].program for index in group) for group in groups)


def _pair(field: _Field, first: int, second: int, verdict: _Verdict) -> Pair:
    winner = verdict.winner
    loser = second if winner == first else first
    ahead, behind = field.cards[winner], field.cards[loser]
    left_out = tuple(
        a.id for a, b in zip(ahead.criteria, behind.criteria, strict=True) if a.applies is False or b.applies is False
    )
    reversing = () if verdict.claim in ("ahead", "level") else _reversing(ahead, behind)
    return Pair(
        rubric=field.rubric.rubric,
        claim=verdict.claim,
        first=ahead.program,
        second=behind.program,
        share=round(verdict.share, 4),
        any_weights=verdict.any_weights,
        says=_says(verdict, ahead, behind, field.rubric, reversing),
        reason=_reason(ahead, behind, left_out, verdict.claim),
        reversed_by=reversing,
        left_out=left_out,
    )


def _reversing(ahead: Scorecard, behind: Scorecard) -> tuple[str, ...]:
    """Unknown facts that could lift the one behind, the weightiest criterion first."""
    gains = sorted(
        (criterion for criterion in behind.criteria if criterion.possible > criterion.stated),
        key=lambda criterion: -criterion.weight * (criterion.possible - criterion.stated) / criterion.maximum,
    )
    applicable = {criterion.id for criterion in ahead.criteria if criterion.applies is not False}
    return tuple(dict.fromkeys(fact for each in gains if each.id in applicable for fact in each.unknown))


def _says(verdict: _Verdict, ahead: Scorecard, behind: Scorecard, rubric: Rubric, reversing: tuple[str, ...]) -> str:
    first, second, on = ahead.title or ahead.program, behind.title or behind.program, rubric.title.lower()
    if verdict.claim == "level":
        return f"{first} and {second} are level on {on}, as far as is published."
    if verdict.claim == "ahead":
        always = "whatever weight each criterion is given" if verdict.any_weights else "whatever is still unknown"
        return f"{first} is ahead of {second} on {on}, {always}."
    if verdict.claim == "probably_ahead":
        share = f"{100 * verdict.share:.0f} %" if verdict.share < 0.9995 else "all"
        return f"{first} is probably ahead of {second} on {on}: it wins {share} of the draws of what is unknown."
    known = dictionary()
    facts = ", ".join(known[name].label for name in reversing[:3])
    could = f" What is not known of the latter could reverse it: {facts}." if facts else ""
    return f"{first} shows more than {second} on {on}.{could}"


def _reason(ahead: Scorecard, behind: Scorecard, left_out: tuple[str, ...], claim: Claim) -> str:
    """The two criteria that count most for the one ahead, and the one that counts most against it."""
    rows = [
        (a.weight * (a.stated - b.stated) / a.maximum, a, b)
        for a, b in zip(ahead.criteria, behind.criteria, strict=True)
        if a.id not in left_out
    ]
    rows.sort(key=lambda row: -row[0])
    gains = [row for row in rows if row[0] > 0][:2]
    against = [row for row in rows[::-1] if row[0] < 0][: 1 if claim != "level" else 2]
    sentences = [f"{_noun(a)}: “{a.says}” against “{b.says}”." for _, a, b in gains]
    sentences += [f"The other way round on {_noun(a).lower()}: “{a.says}” against “{b.says}”." for _, a, b in against]
    if left_out:
        names = ", ".join(name.replace("_", " ") for name in left_out)
        sentences.append(f"Left out, because it does not apply to both: {names}.")
    return " ".join(sentences) or "No criterion separates the two on what is published."


def _noun(criterion: CriterionScore) -> str:
    return criterion.id.replace("_", " ").capitalize()
