"""Warn about rules that are valid and yet probably not meant: not monotone, never reached, never stated."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from evaluator.condition import Condition
from evaluator.engine import facts_relation, rows
from evaluator.facts import Value, dictionary
from evaluator.rubric import Criterion, Rubric
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

Truth = frozenset[str] | tuple[float, float]
"""Values of a fact for which a comparison is true: a set of texts or booleans, or an interval of numbers."""


def is_monotone(rubric: Rubric) -> bool:
    """Whether every fact is used in one direction only, so that [stated, possible] are exact bounds."""
    return not list(_not_monotone(rubric))


def _not_monotone(rubric: Rubric) -> Iterator[str]:
    uses: dict[str, list[tuple[str, Truth]]] = {}
    for criterion in rubric.criteria:
        for condition in criterion.conditions.values():
            _collect(uses, f'criterion "{criterion.id}"', condition, negated=False)
    for cap in rubric.caps:
        _collect(uses, f'cap "{cap.id}"', cap.condition, negated=True)
    for fact, truths in uses.items():
        for (place, one), (other_place, other) in itertools.combinations(truths, 2):
            if not (_within(one, other) or _within(other, one)):
                also = "" if place == other_place else f" and {other_place}"
                yield f"{place}{also}: not monotone in {fact}: neither of two comparisons with it implies the other"
                break


def _collect(uses: dict[str, list[tuple[str, Truth]]], place: str, condition: Condition, *, negated: bool) -> None:
    for atom, atom_negated in _signed_atoms(condition.expression, negated):
        fact, truth = _truth(atom, atom_negated)
        uses.setdefault(fact, []).append((place, truth))


def _signed_atoms(node: exp.Expr, negated: bool) -> Iterator[tuple[exp.Expr, bool]]:
    if isinstance(node, exp.And | exp.Or):
        yield from _signed_atoms(node.this, negated)
        yield from _signed_atoms(node.expression, negated)
    elif isinstance(node, exp.Paren):
        yield from _signed_atoms(node.this, negated)
    elif isinstance(node, exp.Not):
        yield from _signed_atoms(node.this, not negated)
    else:
        yield node, negated


def _truth(atom: exp.Expr, negated: bool) -> tuple[str, Truth]:
    column = atom if isinstance(atom, exp.Column) else atom.this
    definition = dictionary()[column.name]
    if isinstance(atom, exp.Column):
        return definition.name, frozenset({"false" if negated else "true"})
    if definition.type == "text":
        literals = atom.expressions if isinstance(atom, exp.In) else [atom.expression]
        chosen = frozenset(literal.this for literal in literals)
        everything = frozenset(definition.values) | {"any other text"} if not definition.values else None
        if negated != isinstance(atom, exp.NEQ):
            chosen = (everything or frozenset(definition.values)) - chosen
        return definition.name, chosen
    return definition.name, _interval(atom, negated)


def _interval(atom: exp.Expr, negated: bool) -> Truth:
    """The numbers for which a comparison is true. A hole (`<>`, a negated BETWEEN) is never monotone."""
    if isinstance(atom, exp.Between):
        low, high = (float(atom.args[key].sql()) for key in ("low", "high"))
        return (low, high) if not negated else (math.nan, math.nan)
    number = float(atom.expression.sql())
    below, above = (-math.inf, number), (number, math.inf)
    match type(atom), negated:
        case (exp.GT, False) | (exp.LTE, True):
            return (math.nextafter(number, math.inf), math.inf)
        case (exp.GTE, False) | (exp.LT, True):
            return above
        case (exp.LTE, False) | (exp.GT, True):
            return below
        case (exp.LT, False) | (exp.GTE, True):
            return (-math.inf, math.nextafter(number, -math.inf))
        case (exp.EQ, False) | (exp.NEQ, True):
            return (number, number)
    return (math.nan, math.nan)


def _within(one: Truth, other: Truth) -> bool:
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one <= other
    if isinstance(one, tuple) and isinstance(other, tuple):
        return other[0] <= one[0] and one[1] <= other[1]
    return False


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
    numbers = {
        float(literal.parent.sql() if isinstance(literal.parent, exp.Neg) else literal.this) for literal in literals
    }
    step = 1.0 if definition.type == "integer" else 0.01
    candidates = {number + offset for number in numbers for offset in (-step, 0.0, step)} or {0.0}
    allowed = [
        int(each) if definition.type == "integer" else each
        for each in sorted(candidates)
        if (definition.minimum is None or each >= definition.minimum)
        and (definition.maximum is None or each <= definition.maximum)
    ]
    return list(allowed)
