"""The arithmetic of comparisons: which claim two scorecards support.

All sums here are whole numbers that a double holds exactly: levels in parts of their highest, weights in parts of
`GRAIN`. So neither the order of programs nor the number of them changes a claim, and equal programs tie exactly.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Literal

import numpy as np
import numpy.typing as npt

from evaluator.rubric import Rubric
from evaluator.score import Scorecard
from evaluator.sql import scale

Claim = Literal["ahead", "probably_ahead", "shows_more", "level"]
CLAIMS: tuple[Claim, ...] = ("ahead", "probably_ahead", "shows_more", "level")

DRAWS = 10_000
"""Error of a share of wins: at most 0.01 at 95 % confidence (1.96 × √(0.25 ÷ 10,000))."""
SURE = 0.95
"""Share of draws that a claim needs."""
SEED = 20_220_616
"""Of the weight draws: the day of Council Recommendation 2022/C 243/02."""
GRAIN = 100_000
"""Parts in which drawn weights are counted. With 100 × the largest scale of levels (the least common multiple of 1 to
20) a sum stays below 2^53."""

Matrix = npt.NDArray[np.float64]
Kept = tuple[bool, ...]
"""Per group of criteria that apply together, whether a pair is compared on it."""
_Scores = Callable[[int, Kept], Matrix]
"""Scores of a program (by index) in every draw."""


@dataclass(frozen=True)
class Verdict:
    """The claim of a pair; `winner` is the index of the one ahead, or of the first where they are level."""

    claim: Claim
    winner: int
    share: float = 1.0
    """Of the draws that the claim rests on, those in which the winner wins."""
    any_weights: bool = False
    """Ahead by dominance."""


@lru_cache(maxsize=32)
def weight_draws(weights: tuple[int, ...], concentration: int) -> Matrix:
    """Criteria × draws: whole parts of GRAIN, from a Dirichlet distribution around the published weights."""
    alpha = concentration * np.array(weights, dtype=float) / sum(weights)
    drawn = np.random.Generator(np.random.PCG64(SEED)).dirichlet(alpha, size=DRAWS)
    parts = np.ascontiguousarray(np.rint(drawn * GRAIN).T)
    parts.flags.writeable = False
    return parts


@dataclass(frozen=True)
class Field:
    """The scorecards of one rubric as arrays: programs × criteria, and criteria grouped by when they apply."""

    cards: Sequence[Scorecard]
    rubric: Rubric

    @cached_property
    def scale(self) -> int:
        """Parts of a criterion's highest level."""
        return scale(self.rubric)

    @cached_property
    def low(self) -> Matrix:
        """Stated levels, in parts of the highest."""
        return np.array([[c.stated * (self.scale // c.maximum) for c in card.criteria] for card in self.cards], float)

    @cached_property
    def high(self) -> Matrix:
        """Possible levels, in parts of the highest."""
        return np.array([[c.possible * (self.scale // c.maximum) for c in card.criteria] for card in self.cards], float)

    @cached_property
    def weights(self) -> Matrix:
        return np.array([criterion.weight for criterion in self.rubric.criteria], float)

    @cached_property
    def draws(self) -> Matrix:
        """See `weight_draws`."""
        return weight_draws(tuple(criterion.weight for criterion in self.rubric.criteria), self.rubric.concentration)

    @cached_property
    def cap_low(self) -> list[int]:
        """Points of 100 to which caps limit each program's lower bound: a cap that may hold does."""
        return [_limit(card, certain=False) for card in self.cards]

    @cached_property
    def cap_high(self) -> list[int]:
        return [_limit(card, certain=True) for card in self.cards]

    @cached_property
    def groups(self) -> npt.NDArray[np.bool_]:
        """Groups × criteria: the criteria that always apply, then those of each `applies` condition."""
        conditions = [criterion.applies for criterion in self.rubric.criteria]
        return np.array([[each == group for each in conditions] for group in dict.fromkeys([None, *conditions])], bool)

    @cached_property
    def applies(self) -> list[list[bool | None]]:
        """Per program and group, whether it applies; `None` is not known."""
        firsts = [int(members.argmax()) for members in self.groups]
        return [[card.criteria[first].applies for first in firsts] for card in self.cards]

    @cached_property
    def home(self) -> list[int]:
        """The group of each criterion."""
        return [int(group) for group in self.groups.argmax(axis=0)]

    def mask(self, kept: Kept) -> npt.NDArray[np.bool_]:
        """The criteria of the groups that are kept."""
        if kept not in self._masks:
            self._masks[kept] = np.logical_or.reduce(self.groups[list(kept)], axis=0)
        return self._masks[kept]

    @cached_property
    def _masks(self) -> dict[Kept, npt.NDArray[np.bool_]]:
        return {}

    def bounds(self, kept: Kept) -> tuple[list[float], list[float]]:
        """The least and the greatest score of every program under the published weights, in whole parts."""
        if kept not in self._bounds:
            weights = self.weights * self.mask(kept)
            whole = weights.sum() * self.scale
            worst = np.minimum(self.low @ weights * 100, np.array(self.cap_low) * whole)
            best = np.minimum(self.high @ weights * 100, np.array(self.cap_high) * whole)
            self._bounds[kept] = worst.tolist(), best.tolist()
        return self._bounds[kept]

    @cached_property
    def _bounds(self) -> dict[Kept, tuple[list[float], list[float]]]:
        return {}

    def common(self, first: int, second: int) -> tuple[Kept, ...]:
        """Every set of groups on which two programs may turn out to be comparable, the largest first."""
        choices: list[tuple[bool, ...]] = []
        for one, other in zip(self.applies[first], self.applies[second], strict=True):
            if one is False or other is False:
                choices.append((False,))
            else:
                choices.append((True,) if one and other else (True, False))
        return tuple(itertools.product(*choices))


def _limit(card: Scorecard, *, certain: bool) -> int:
    caps = [cap.at_most for cap in card.caps if cap.holds is True or (cap.holds is None and not certain)]
    return min(caps, default=100)


def verdicts(field: Field) -> dict[tuple[int, int], Verdict]:
    """The strongest claim for every pair of indices, smaller index first."""
    draws = _Draws(field)
    count = len(field.cards)
    return {
        (first, second): _ahead(field, first, second) or draws.verdict(first, second)
        for first in range(count)
        for second in range(first + 1, count)
    }


# --- for certain --------------------------------------------------------------------------------------------


def _ahead(field: Field, first: int, second: int) -> Verdict | None:
    """`ahead`, whichever of the two it is, if it holds with and without the criteria that may not apply."""
    sets = field.common(first, second)
    for one, other in ((first, second), (second, first)):
        if all(worst[one] > best[other] for worst, best in map(field.bounds, sets)):
            return Verdict("ahead", one, any_weights=_dominates(field, one, other, sets))
    return None


def _dominates(field: Field, one: int, other: int, sets: Sequence[Kept]) -> bool:
    """Whether `one`, which is ahead at the published weights, is so for any weights.

    At least as good on every criterion that may count and better on one that surely does, for every completion; and
    no cap can make them equal: the limit of `one` lies above all that `other` can reach.
    """
    may, surely = field.mask(sets[0]), field.mask(sets[-1])
    worst, best = field.low[one], field.high[other]
    if (worst < best)[may].any() or not (worst > best)[surely].any():
        return False
    reach = min(field.cap_high[other] * field.scale, 100 * float(best[may].max()))
    return field.cap_low[one] == 100 or field.cap_low[one] * field.scale > reach


# --- by draws -----------------------------------------------------------------------------------------------


class _Draws:
    """Drawn scores of the programs of a field, made when a pair first needs them."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._parts: dict[int, tuple[Matrix, Matrix]] = {}
        self._drawn: dict[tuple[int, Kept], Matrix] = {}
        self._shown: dict[tuple[int, Kept], Matrix] = {}
        self._whole: dict[Kept, Matrix] = {}

    def verdict(self, first: int, second: int) -> Verdict:
        """The strongest claim that draws support, whatever set of criteria the two turn out to have in common."""
        sets = self.field.common(first, second)
        return (
            self._winner("probably_ahead", self.drawn, first, second, sets)
            or self._winner("shows_more", self.shown, first, second, sets)
            or self._level(first, second, sets[0])
        )

    def _winner(self, claim: Claim, scores: _Scores, first: int, second: int, sets: Sequence[Kept]) -> Verdict | None:
        for one, other in ((first, second), (second, first)):
            share = 1.0
            for kept in sets:
                share = min(share, np.count_nonzero(scores(one, kept) > scores(other, kept)) / DRAWS)
                if share < SURE:
                    break
            else:
                return Verdict(claim, one, share=share)
        return None

    def _level(self, first: int, second: int, kept: Kept) -> Verdict:
        """The same whichever of the two came first: the one that shows more is named first, then by id."""
        cards = self.field.cards
        one, other = sorted((first, second), key=lambda index: (-cards[index].stated, cards[index].program))
        share = np.count_nonzero(self.shown(one, kept) > self.shown(other, kept)) / DRAWS
        return Verdict("level", one, share=share)

    def shown(self, index: int, kept: Kept) -> Matrix:
        """A program's score in each draw of weights, with unknown counted as not shown."""
        if (index, kept) not in self._shown:
            levels = 100 * self.field.low[index] * self.field.mask(kept)
            limit = self.field.cap_low[index] * self.whole(kept)
            self._shown[index, kept] = np.minimum(levels @ self.field.draws, limit)
        return self._shown[index, kept]

    def drawn(self, index: int, kept: Kept) -> Matrix:
        """A program's score in each draw of weights and of what is unknown of it."""
        if (index, kept) not in self._drawn:
            if index not in self._parts:
                self._parts[index] = drawn_parts(self.field, index)
            parts, limit = self._parts[index]
            earned = reduce(np.add, itertools.compress(parts, kept))
            self._drawn[index, kept] = np.minimum(100 * earned, limit * self.whole(kept))
        return self._drawn[index, kept]

    def whole(self, kept: Kept) -> Matrix:
        """What the best levels of the criteria kept amount to in each draw."""
        if kept not in self._whole:
            self._whole[kept] = self.field.mask(kept).astype(float) @ self.field.draws * self.field.scale
        return self._whole[kept]


def drawn_parts(field: Field, index: int) -> tuple[Matrix, Matrix]:
    """Groups × draws: what each group of criteria earns; and per draw, the points to which caps limit the score.

    Unknown levels are drawn uniformly from those still possible, and so is whether an unknown cap holds.
    """
    card = field.cards[index]
    # A stream per program, so that a claim about two programs does not depend on who else is compared.
    seed = hashlib.sha256(f"{card.digest} {card.program}".encode()).digest()
    stream = np.random.Generator(np.random.PCG64(int.from_bytes(seed)))
    parts = (field.groups * field.low[index]) @ field.draws
    for column, criterion in enumerate(card.criteria):
        if criterion.possible > criterion.stated:
            levels = field.rubric.criteria[column].levels
            gains = [level - criterion.stated for level in levels if criterion.stated <= level <= criterion.possible]
            worth = np.array(gains, float) * (field.scale // criterion.maximum)
            gained = worth.take(stream.integers(0, len(gains), DRAWS, dtype=np.uint16))
            gained *= field.draws[column]
            parts[field.home[column]] += gained
    limit = np.full(DRAWS, field.cap_high[index], float)
    for cap in card.caps:
        if cap.holds is None:
            points = np.array([100, cap.at_most], float)
            np.minimum(limit, points.take(stream.integers(0, 2, DRAWS, dtype=np.uint16)), out=limit)
    return parts, limit
