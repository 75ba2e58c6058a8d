"""The arithmetic of comparisons: which claim two scorecards support.

All sums here are whole numbers that a double holds exactly: levels in parts of their highest, weights in parts of
`GRAIN`. So neither the order of programs nor the number of them changes a claim, and equal programs tie exactly.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
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
STAGES = (slice(0, 1_000), slice(1_000, 2_500), slice(2_500, 5_000), slice(5_000, DRAWS))
"""Draws of what is unknown are made in stages, until the rest can't make a claim true any more: most pairs need few."""
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
_Share = Callable[[int, int, Kept], float]
"""The share of draws in which the first of two programs (by index) wins."""


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
        self._unknown = [drawn_parts(field, index) for index in range(len(field.cards))]
        self._parts: list[list[tuple[Matrix, Matrix]]] = [[] for _ in field.cards]
        self._drawn: dict[tuple[int, Kept, int], Matrix] = {}
        self._shown: dict[tuple[int, Kept], Matrix] = {}
        self._whole: dict[Kept, Matrix] = {}

    def verdict(self, first: int, second: int) -> Verdict:
        """The strongest claim that draws support, whatever set of criteria the two turn out to have in common."""
        sets = self.field.common(first, second)
        return (
            self._winner("probably_ahead", self._drawn_share, first, second, sets)
            or self._winner("shows_more", self._shown_share, first, second, sets)
            or self._level(first, second, sets[0])
        )

    def _winner(self, claim: Claim, share_of: _Share, first: int, second: int, sets: Sequence[Kept]) -> Verdict | None:
        for one, other in ((first, second), (second, first)):
            share = 1.0
            for kept in sets:
                share = min(share, share_of(one, other, kept))
                if share < SURE:
                    break
            else:
                return Verdict(claim, one, share=share)
        return None

    def _level(self, first: int, second: int, kept: Kept) -> Verdict:
        """The same whichever of the two came first: the one that shows more is named first, then by id."""
        cards = self.field.cards
        one, other = sorted((first, second), key=lambda index: (-cards[index].stated, cards[index].program))
        return Verdict("level", one, share=self._shown_share(one, other, kept))

    def _shown_share(self, one: int, other: int, kept: Kept) -> float:
        """The share of draws of weights in which one shows more than the other."""
        return np.count_nonzero(self.shown(one, kept) > self.shown(other, kept)) / DRAWS

    def _drawn_share(self, one: int, other: int, kept: Kept) -> float:
        """The share of draws of weights and unknowns in which one wins; 0 as soon as it can't be SURE any more."""
        wins = 0
        for stage, draws in enumerate(STAGES):
            wins += int(np.count_nonzero(self.drawn(one, kept, stage) > self.drawn(other, kept, stage)))
            if wins + DRAWS - draws.stop < SURE * DRAWS:
                return 0.0
        return wins / DRAWS

    def shown(self, index: int, kept: Kept) -> Matrix:
        """A program's score in each draw of weights, with unknown counted as not shown."""
        if (index, kept) not in self._shown:
            levels = 100 * self.field.low[index] * self.field.mask(kept)
            limit = self.field.cap_low[index] * self.whole(kept)
            self._shown[index, kept] = np.minimum(levels @ self.field.draws, limit)
        return self._shown[index, kept]

    def drawn(self, index: int, kept: Kept, stage: int) -> Matrix:
        """A program's score in each draw of a stage, of weights and of what is unknown of it."""
        if (index, kept, stage) not in self._drawn:
            made = self._parts[index]
            while len(made) <= stage:
                made.append(next(self._unknown[index]))
            parts, limit = made[stage]
            earned = reduce(np.add, itertools.compress(parts, kept))
            self._drawn[index, kept, stage] = np.minimum(100 * earned, limit * self.whole(kept)[STAGES[stage]])
        return self._drawn[index, kept, stage]

    def whole(self, kept: Kept) -> Matrix:
        """What the best levels of the criteria kept amount to in each draw."""
        if kept not in self._whole:
            self._whole[kept] = self.field.mask(kept).astype(float) @ self.field.draws * self.field.scale
        return self._whole[kept]


def drawn_parts(field: Field, index: int) -> Iterator[tuple[Matrix, Matrix]]:
    """Per stage, groups × draws: what each group of criteria earns; and per draw, the points to which caps limit it.

    Unknown levels are drawn uniformly from those still possible, and so is whether an unknown cap holds.
    """
    card = field.cards[index]
    # A stream per program, so that a claim about two programs does not depend on who else is compared.
    seed = hashlib.sha256(f"{card.digest} {card.program}".encode()).digest()
    stream = np.random.Generator(np.random.PCG64(int.from_bytes(seed)))
    groups = field.groups * field.low[index]
    gains = _gains(field, index)
    for draws in STAGES:
        weights = field.draws[:, draws]
        parts = groups @ weights
        for columns, worth, members in gains:
            count = len(worth) // len(columns)
            chosen = stream.integers(0, count, (len(columns), weights.shape[1]), dtype=np.uint16)
            chosen += np.arange(0, len(worth), count, dtype=np.uint16)[:, None]
            earned = worth.take(chosen)
            earned *= weights[columns]
            parts += members @ earned
        limit = np.full(weights.shape[1], field.cap_high[index], float)
        for cap in card.caps:
            if cap.holds is None:
                points = np.array([100, cap.at_most], float)
                np.minimum(limit, points.take(stream.integers(0, 2, len(limit), dtype=np.uint16)), out=limit)
        yield parts, limit


def _gains(field: Field, index: int) -> list[tuple[list[int], Matrix, Matrix]]:
    """Criteria whose level is not known, those with equally many possible levels together: their columns; what each
    possible level adds to the stated one, column by column; and to which groups they belong, groups × columns."""
    found: dict[int, tuple[list[int], list[int]]] = {}
    for column, criterion in enumerate(field.cards[index].criteria):
        if criterion.possible > criterion.stated:
            unit = field.scale // criterion.maximum
            levels = field.rubric.criteria[column].levels
            gains = [
                unit * (each - criterion.stated) for each in levels if criterion.stated <= each <= criterion.possible
            ]
            columns, worth = found.setdefault(len(gains), ([], []))
            columns.append(column)
            worth += gains
    return [
        (columns, np.array(worth, float), field.groups[:, columns].astype(float))
        for _, (columns, worth) in sorted(found.items())
    ]
