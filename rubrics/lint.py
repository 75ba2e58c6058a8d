"""Warn about rules that are valid and yet probably not meant: not monotone, never reached, never stated."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlglot import exp

from evaluator.engine import facts_relation, holds, rows
from evaluator.facts import Value, dictionary
from evaluator.rubric import Criterion, Rubric
from evaluator.sql import Condition, parse_condition
from rubrics.library import uncovered

MOST_ASSIGNMENTS = 20_000
"""Fact values tried exhaustively for a criterion; beyond it, as many are drawn with a fixed seed."""


def lint(rubric: Rubric, stated_facts: Collection[str] | None = None) -> Iterator[str]:
    """One line per warning. `stated_facts` are the facts that some source can state; `None` leaves that check out."""
    yield from _not_monotone(rubric)
    for criterion in rubric.criteria:
        yield from _unreached(rubric, criterion)
    yield from uncovered(rubric)
    if stated_facts is not None:
        for fact in rubric.facts:
            if fact not in stated_facts:
                asked = [criterion.id for criterion in rubric.criteria if fact in criterion.facts]
                yield f'criterion "{asked[0] if asked else "(cap)"}": no provider or profile ever states {fact}'


# --- monotone -----------------------------------------------------------------------------------------------


def is_monotone(rubric: Rubric) -> bool:
    """Whether every fact is used in one direction only, so that [stated, possible] are exact bounds."""
    return not list(_not_monotone(rubric))


class _Use(NamedTuple):
    """One comparison with a fact."""

    place: str
    condition: Condition
    """The comparison alone."""
    negated: bool
    """It counts against the program where it holds."""


def _not_monotone(rubric: Rubric) -> Iterator[str]:
    levels = [condition for criterion in rubric.criteria for condition in criterion.conditions.values()]
    everything = [*levels, *(cap.condition for cap in rubric.caps), *_applicabilities(rubric)]
    for fact, uses in _uses(rubric).items():
        values = representatives(fact, everything)
        truths = {
            use: frozenset(value for value in values if holds(use.condition, {fact: value}) != use.negated)
            for use in uses
        }
        for one, other in itertools.combinations(uses, 2):
            if not (truths[one] <= truths[other] or truths[other] <= truths[one]):
                also = "" if one.place == other.place else f" and {other.place}"
                yield f"{one.place}{also}: not monotone in {fact}: neither of two comparisons with it implies the other"
                break
        for use in uses:
            if len(truths[use]) in (0, len(values)):
                yield f'{use.place}: "{use.condition.text}" is the same for every known value of {fact}'
    yield from _entangled(rubric)


def _uses(rubric: Rubric) -> dict[str, list[_Use]]:
    """Every comparison of the levels and caps, by fact."""
    uses: dict[str, list[_Use]] = {}
    spoken = [
        (f'criterion "{each.id}"', condition, False)
        for each in rubric.criteria
        for condition in each.conditions.values()
    ]
    spoken += [(f'cap "{cap.id}"', cap.condition, True) for cap in rubric.caps]
    for place, condition, negated in spoken:
        for atom, atom_negated in _signed_atoms(condition.expression, negated):
            alone = parse_condition(atom.sql("postgres"))
            uses.setdefault(alone.facts[0], []).append(_Use(place, alone, atom_negated))
    return uses


def _entangled(rubric: Rubric) -> Iterator[str]:
    """Conditions for applying that share a fact with a level, a cap or each other, so that bounds may be too wide."""
    uses = _uses(rubric)
    asked: dict[str, Condition] = {}
    for condition in _applicabilities(rubric):
        for fact in condition.facts:
            if fact in uses:
                yield f"{uses[fact][0].place}: not monotone in {fact}, which also decides whether a criterion applies"
            if asked.setdefault(fact, condition) != condition:
                yield f"two different conditions for applying ask {fact}; bounds take them as independent"


def _applicabilities(rubric: Rubric) -> list[Condition]:
    return [parse_condition(text) for text in dict.fromkeys(each.applies for each in rubric.criteria) if text]


def _signed_atoms(node: exp.Expr, negated: bool) -> Iterator[tuple[exp.Expr, bool]]:
    """The comparisons of a condition, each with whether an odd number of negations encloses it."""
    if isinstance(node, exp.And | exp.Or):
        yield from _signed_atoms(node.this, negated)
        yield from _signed_atoms(node.expression, negated)
    elif isinstance(node, exp.Paren):
        yield from _signed_atoms(node.this, negated)
    elif isinstance(node, exp.Not):
        yield from _signed_atoms(node.this, not negated)
    else:
        yield node, negated


# --- levels that are never reached --------------------------------------------------------------------------


def _unreached(rubric: Rubric, criterion: Criterion) -> Iterator[str]:
    """Levels that no case and no tried assignment of known values reaches."""
    case = " ".join(
        f"WHEN {criterion.conditions[number].sqlite} THEN {number}"
        for number in sorted(criterion.conditions, reverse=True)
    )
    statement = f'{facts_relation(criterion.facts)} SELECT CASE {case} ELSE 0 END FROM "facts"'
    reached = {case.expect[criterion.id] for case in rubric.cases if criterion.id in case.expect}
    for assignment in _assignments(criterion):
        if reached.issuperset(criterion.levels):
            return
        reached.add(int(rows(statement, assignment)[0][0] or 0))
    for level in sorted(set(criterion.levels) - reached):
        yield f'criterion "{criterion.id}": level {level} can\'t be reached: another level holds wherever it does'


def _assignments(criterion: Criterion) -> Iterator[Sequence[Value]]:
    """Known values for every fact of the criterion: each side of every number that it names, every text."""
    choices = [representatives(fact, criterion.conditions.values()) for fact in criterion.facts]
    if math.prod(len(each) for each in choices) <= MOST_ASSIGNMENTS:
        yield from itertools.product(*choices)
        return
    draw = random.Random(criterion.id)
    for _ in range(MOST_ASSIGNMENTS):
        yield [draw.choice(values) for values in choices]


def representatives(fact: str, conditions: Collection[Condition]) -> list[Value]:
    """Values of a fact that between them give every comparison in `conditions` each truth it can have."""
    definition = dictionary()[fact]
    if definition.type == "boolean":
        return [False, True]
    literals = [
        literal
        for condition in conditions
        for atom in condition.atoms()
        if not isinstance(atom, exp.Column) and atom.this.name == fact
        for literal in atom.find_all(exp.Literal)
    ]
    if definition.type == "text":
        return list(definition.values) or [*sorted({literal.this for literal in literals}), "any other text"]
    numbers = sorted(
        {float(literal.parent.sql() if isinstance(literal.parent, exp.Neg) else literal.this) for literal in literals}
    )
    between = [(one + other) / 2 for one, other in itertools.pairwise(numbers)]
    candidates = {*numbers, *between, *(each + 1 for each in numbers), *(each - 1 for each in numbers)} or {0.0}
    if definition.type == "integer":
        candidates = {side for each in candidates for side in (math.floor(each), math.ceil(each))}
    ends = {end for end in (definition.minimum, definition.maximum) if end is not None}
    return [
        int(each) if definition.type == "integer" else each
        for each in sorted(candidates | ends)
        if definition.fault(int(each) if definition.type == "integer" else each) is None
    ]
