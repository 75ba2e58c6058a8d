"""Scorecards side by side: who is ahead, and how surely.

Per rubric and pair the strongest claim that holds, strongest first:

1. **ahead**: whatever the unknowns turn out to be, A's `stated` exceeds B's `possible`; or A is at least as good on
   every criterion and better on one for every completion (dominance: holds for any weights).
2. **probably ahead**: A wins at least 95 % of 10,000 draws of weights (Dirichlet around the published ones) and of
   unknown levels (uniform over what is still possible). The idea is SMAA's pairwise winning index (Lahdelma and
   Salminen 2001, Tervonen and Lahdelma 2007, doi 10.1016/j.ejor.2005.12.037).
3. **shows more**: unknown counts as not shown; A wins at least 95 % of the draws of weights.
4. **level**: none of these.

Like is compared with like: a criterion that does not apply to one of the two is left out for both. Where it is not
known whether it applies, the claim holds with it and without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from evaluator.beside import Beside, beside
from evaluator.facts import dictionary
from evaluator.program import Program
from evaluator.rubric import Rubric
from evaluator.score import CriterionScore, Scorecard
from evaluator.verdicts import CLAIMS, DRAWS, Claim, Field, Verdict, verdicts

__all__ = ["CLAIMS", "MOST_PROGRAMS", "Claim", "Comparison", "Pair", "Standing", "compare", "standing"]

MOST_PROGRAMS = 50


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
    field = Field(cards, rubric)
    claims = verdicts(field)
    pairs = tuple(_pair(field, first, second, verdict) for (first, second), verdict in claims.items())
    return Standing(
        rubric=rubric.rubric,
        version=rubric.version,
        title=rubric.title,
        digest=rubric.digest,
        groups=_groups(field, claims),
        pairs=pairs,
        scorecards=tuple(cards),
    )


def _groups(field: Field, claims: Mapping[tuple[int, int], Verdict]) -> tuple[tuple[str, ...], ...]:
    groups: list[list[int]] = []
    for index in _order(field, claims):
        if groups and all(claims[min(index, each), max(index, each)].claim == "level" for each in groups[-1]):
            groups[-1].append(index)
        else:
            groups.append([index])
    return tuple(tuple(field.cards[index].program for index in group) for group in groups)


def _order(field: Field, claims: Mapping[tuple[int, int], Verdict]) -> list[int]:
    """Nobody before one who is claimed to be ahead of them; among those free to come next, by `stated`.

    Claims can run in a circle where pairs have different criteria in common; then `stated` decides.
    """
    ahead_of: dict[int, set[int]] = {index: set() for index in range(len(field.cards))}
    for pair, verdict in claims.items():
        if verdict.claim != "level":
            ahead_of[sum(pair) - verdict.winner].add(verdict.winner)
    waiting = sorted(ahead_of, key=lambda index: (-field.cards[index].stated, field.cards[index].program))
    order: list[int] = []
    while waiting:
        free = next((index for index in waiting if ahead_of[index].isdisjoint(waiting)), waiting[0])
        waiting.remove(free)
        order.append(free)
    return order


def _pair(field: Field, first: int, second: int, verdict: Verdict) -> Pair:
    winner = verdict.winner
    ahead, behind = field.cards[winner], field.cards[first + second - winner]
    left_out = tuple(
        a.id for a, b in zip(ahead.criteria, behind.criteria, strict=True) if a.applies is False or b.applies is False
    )
    reversing = _reversing(ahead, behind, left_out, verdict.claim)
    return Pair(
        rubric=field.rubric.rubric,
        claim=verdict.claim,
        first=ahead.program,
        second=behind.program,
        share=round(float(verdict.share), 4),
        any_weights=verdict.any_weights,
        says=_says(verdict, ahead, behind, field.rubric, reversing),
        reason=_reason(ahead, behind, left_out, verdict.claim),
        reversed_by=reversing,
        left_out=left_out,
    )


def _reversing(ahead: Scorecard, behind: Scorecard, left_out: tuple[str, ...], claim: Claim) -> tuple[str, ...]:
    """Unknown facts that could reverse a claim: those that free the one behind from a cap or lift it, the weightiest
    criterion first; then, where the claim counts on what the one ahead may still show, its own."""
    if claim in ("ahead", "level"):
        return ()
    facts = [fact for cap in behind.caps if cap.holds is None for fact in cap.unknown]
    for card in (behind, ahead) if claim == "probably_ahead" else (behind,):
        open_ones = [each for each in card.criteria if each.possible > each.stated and each.id not in left_out]
        open_ones.sort(key=lambda each: -each.weight * (each.possible - each.stated) / each.maximum)
        facts += [fact for each in open_ones for fact in each.unknown]
    return tuple(dict.fromkeys(facts))


def _says(verdict: Verdict, ahead: Scorecard, behind: Scorecard, rubric: Rubric, reversing: tuple[str, ...]) -> str:
    first, second, on = ahead.title or ahead.program, behind.title or behind.program, rubric.title.lower()
    if verdict.claim == "level":
        return f"{first} and {second} are level on {on}, as far as is published."
    if verdict.claim == "ahead":
        always = "whatever weight each criterion is given" if verdict.any_weights else "whatever is still unknown"
        return f"{first} is ahead of {second} on {on}, {always}."
    known = dictionary()
    facts = ", ".join(known[name].label for name in reversing[:3])
    if verdict.claim == "probably_ahead":
        share = f"{100 * verdict.share:.0f} %" if verdict.share < 0.995 else "nearly all"
        could = f" What is not known could reverse it: {facts}." if facts else ""
        draws = f"it wins {share} of {DRAWS:,} draws of weights and of what is unknown"
        return f"{first} is probably ahead of {second} on {on}: {draws}.{could}"
    could = f" What is not known of the latter could reverse it: {facts}." if facts else ""
    return f"{first} shows more than {second} on {on}.{could}"


def _reason(ahead: Scorecard, behind: Scorecard, left_out: tuple[str, ...], claim: Claim) -> str:
    """The caps that bite on one of the two, the two criteria that count most for the one ahead, and the one that
    counts most against it."""
    rows = [
        (a.weight * (a.stated - b.stated) / a.maximum, a, b)
        for a, b in zip(ahead.criteria, behind.criteria, strict=True)
        if a.id not in left_out
    ]
    rows.sort(key=lambda row: -row[0])
    gains = [row for row in rows if row[0] > 0][:2]
    against = [row for row in rows[::-1] if row[0] < 0][: 1 if claim != "level" else 2]
    sentences = _capped(ahead, behind)
    sentences += [f"{_noun(a)}: “{a.says}” against “{b.says}”." for _, a, b in gains]
    sentences += [f"The other way round on {_noun(a).lower()}: “{a.says}” against “{b.says}”." for _, a, b in against]
    if left_out:
        names = ", ".join(name.replace("_", " ") for name in left_out)
        sentences.append(f"Left out with their weight, because they do not apply to both: {names}.")
    return " ".join(sentences) or "No criterion separates the two on what is published."


def _capped(ahead: Scorecard, behind: Scorecard) -> list[str]:
    """Why the criteria alone do not decide."""
    one, other = ({cap.id: cap for cap in card.caps if cap.bites} for card in (ahead, behind))
    sentences = []
    for name in (each for each in one if each in other):
        may = "are" if one[name].holds and other[name].holds else "may be"
        sentences.append(f"Both {may} limited to {one[name].at_most} of 100: {one[name].says}.")
    for card, own, others in ((ahead, one, other), (behind, other, one)):
        for cap in own.values():
            if cap.id not in others:
                may = "is" if cap.holds else "may be"
                sentences.append(f"{card.title or card.program} {may} limited to {cap.at_most} of 100: {cap.says}.")
    return sentences


def _noun(criterion: CriterionScore) -> str:
    return criterion.id.replace("_", " ").capitalize()
