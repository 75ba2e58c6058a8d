"""A rubric compiled to one SELECT that scores programs, in the dialect of any engine.

SQL is three-valued: an unknown fact is NULL. `COALESCE(condition, FALSE)` is the worst that can still be and
`COALESCE(condition, TRUE)` the best, in every engine (`IS TRUE` differs between them). Identifiers are quoted in all
that is compiled (`mode` and `free` are words of some dialect).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from evaluator.condition import Condition, sqlite_text
from evaluator.rubric import Rubric

DIALECTS = ("postgres", "duckdb", "spark", "bigquery", "snowflake", "sqlite")
"""Dialects in which a rubric can be printed; Polars reads the PostgreSQL text."""

Bound = Literal["low", "high"]
BOUNDS: tuple[Bound, Bound] = ("low", "high")


@dataclass(frozen=True)
class Query:
    """A rubric as one SELECT over a relation `facts` that has a column `program` and one per fact of the rubric.

    Its columns, all integers but the program and the scores: per criterion `<id>_low`, `<id>_high` and, where it
    may not apply, `<id>_applies` (1, 0, or NULL for unknown); per cap `<id>_low` and `<id>_high` (1 where the cap
    limits that bound); `weight_certain` and `weight_applicable` (their quotient is the coverage); `score_low`,
    `score_high` and, before caps, `uncapped_low`, 0 to 100.
    """

    facts: tuple[str, ...]
    columns: tuple[str, ...]
    expression: exp.Select

    def sql(self, dialect: str = "postgres", *, pretty: bool = False) -> str:
        """Its text in one of DIALECTS."""
        expression = self.expression.copy()
        if dialect == "sqlite":
            # Unless told to keep a layer, SQLite puts each level's CASE in the place of every mention of it.
            for layer in expression.find_all(exp.CTE):
                layer.set("materialized", True)
            return sqlite_text(expression, pretty=pretty)
        if dialect == "duckdb":
            # Scores are never NULL; said so, LEAST stays one call instead of a CASE that repeats its arguments.
            for node in expression.find_all(exp.Least, exp.Greatest):
                node.set("ignore_nulls", True)
        return expression.sql(dialect, pretty=pretty, comments=False, copy=False)


def level_columns(criterion_id: str) -> tuple[str, str]:
    """Names of the two columns that bound a criterion's level."""
    return f"{criterion_id}_low", f"{criterion_id}_high"


def cap_columns(cap_id: str) -> tuple[str, str]:
    """Names of the two columns that say whether a cap limits a bound."""
    name = "cap_" + cap_id.replace("-", "_")
    return f"{name}_low", f"{name}_high"


def compile_rubric(rubric: Rubric) -> Query:
    """The SELECT that scores programs under `rubric`, in three layers: levels, sums, scores.

    A criterion that may or may not apply (its condition is unknown) is left out where that gives the more extreme
    bound: each of the at most 2^3 combinations gives a candidate, and the least and the greatest of them stand.
    """
    levels = [_quoted("program"), *_level_projections(rubric), *_cap_projections(rubric)]
    sums = [_weight_certain(rubric), _weight_applicable(rubric)]
    candidates = _left_out(rubric)
    for number, left_out in enumerate(candidates):
        sums += _candidate_sums(rubric, number, left_out)
    low, high = (_extreme(bound, len(candidates)) for bound in BOUNDS)
    scores = [
        _named(low, "uncapped_low"),
        _named(_capped(rubric, "low", low.copy()), "score_low"),
        _named(_capped(rubric, "high", high), "score_high"),
    ]
    kept = [_quoted(each.alias_or_name) for each in levels]
    carried = [_quoted(each.alias) for each in sums[:2]]
    inner = _select(levels, "facts")
    middle = _select([*(each.copy() for each in kept), *sums], "levels")
    expression = _select([*kept, *carried, *scores], "sums")
    expression.with_(_identifier("levels"), inner, copy=False).with_(_identifier("sums"), middle, copy=False)
    return Query(
        facts=rubric.facts,
        columns=tuple(each.alias_or_name for each in expression.selects),
        expression=expression,
    )


def _select(columns: Sequence[exp.Expr], relation: str) -> exp.Select:
    return exp.Select().select(*columns, copy=False).from_(_table(relation), copy=False)


def _level_projections(rubric: Rubric) -> list[exp.Expr]:
    projections: list[exp.Expr] = []
    for criterion in rubric.criteria:
        low, high = level_columns(criterion.id)
        for name, unknown in ((low, False), (high, True)):
            branches = [
                (_with_unknown_as(criterion.conditions[number], unknown), _integer(number))
                for number in sorted(criterion.conditions, reverse=True)
            ]
            projections.append(_named(_case(*branches), name))
        if criterion.applicability:
            surely, maybe = (_with_unknown_as(criterion.applicability, unknown) for unknown in (False, True))
            flag = _case((surely, _integer(1)), (maybe, exp.Null()))
            projections.append(_named(flag, f"{criterion.id}_applies"))
    return projections


def _cap_projections(rubric: Rubric) -> list[exp.Expr]:
    projections = []
    for cap in rubric.caps:
        low, high = cap_columns(cap.id)
        for name, unknown in ((low, True), (high, False)):
            projections.append(_named(_case((_with_unknown_as(cap.condition, unknown), _integer(1))), name))
    return projections


def _with_unknown_as(condition: Condition, value: bool) -> exp.Expr:
    return exp.Coalesce(this=condition.expression.copy(), expressions=[exp.Boolean(this=value)])


def points(rubric: Rubric) -> dict[str, int]:
    """Integer weight of one level of each criterion, so that the best level of any criterion is worth
    its weight times the same whole number (`scale`)."""
    common = scale(rubric)
    return {criterion.id: criterion.weight * (common // criterion.maximum) for criterion in rubric.criteria}


def scale(rubric: Rubric) -> int:
    """The least common multiple of the criteria's highest levels."""
    return math.lcm(*(criterion.maximum for criterion in rubric.criteria))


def _left_out(rubric: Rubric) -> list[set[str]]:
    """Every set of `applies` conditions that could turn out false where they are unknown, the empty one first."""
    groups = sorted({criterion.applies for criterion in rubric.criteria if criterion.applies})
    return [set(chosen) for size in range(len(groups) + 1) for chosen in itertools.combinations(groups, size)]


def _candidate_sums(rubric: Rubric, number: int, left_out: set[str]) -> list[exp.Expr]:
    """Points earned at each bound, and weight, when the unknown `applies` conditions in `left_out` are false."""
    worth = points(rubric)
    terms: dict[str, list[exp.Expr]] = {"earned_low": [], "earned_high": [], "weight": []}
    for criterion in rubric.criteria:
        gains = [
            exp.Mul(this=_quoted(column), expression=_integer(worth[criterion.id]))
            for column in level_columns(criterion.id)
        ]
        for term, value in zip(terms.values(), [*gains, _integer(criterion.weight * scale(rubric))], strict=True):
            if criterion.applies:
                test = _applies(criterion.id) if criterion.applies in left_out else _may_apply(criterion.id)
                term.append(_case((test, value)))
            else:
                term.append(value)
    return [_named(_sum(term), f"{name}_{number}") for name, term in terms.items()]


def _extreme(bound: Bound, candidates: int) -> exp.Expr:
    """The least (low) or greatest (high) of the candidates' 100 × points ÷ weight.

    A double is exact here: both sums are small integers and IEEE 754 rounds the one division alike everywhere.
    """
    scores: list[exp.Expr] = []
    for number in range(candidates):
        hundredfold = exp.Mul(this=_integer(100), expression=_quoted(f"earned_{bound}_{number}"))
        scores.append(exp.Div(this=_double(hundredfold), expression=_double(_quoted(f"weight_{number}"))))
    choose = exp.Least if bound == "low" else exp.Greatest
    return scores[0] if candidates == 1 else choose(this=scores[0], expressions=scores[1:])


def _capped(rubric: Rubric, bound: Bound, score: exp.Expr) -> exp.Expr:
    """The score limited by the caps that hold at that bound."""
    limits: list[exp.Expr] = []
    for cap in rubric.caps:
        column = _quoted(cap_columns(cap.id)[BOUNDS.index(bound)])
        holds = exp.EQ(this=column, expression=_integer(1))
        limits.append(_case((holds, _double(_integer(cap.at_most))), otherwise=_double(_integer(100))))
    if limits and isinstance(score, exp.Least):
        return exp.Least(this=score.this, expressions=[*score.expressions, *limits])
    return exp.Least(this=score, expressions=limits) if limits else score


def _applies(criterion_id: str) -> exp.Expr:
    column = _quoted(f"{criterion_id}_applies")
    return exp.EQ(this=exp.Coalesce(this=column, expressions=[_integer(0)]), expression=_integer(1))


def _may_apply(criterion_id: str) -> exp.Expr:
    column = _quoted(f"{criterion_id}_applies")
    return exp.EQ(this=exp.Coalesce(this=column, expressions=[_integer(1)]), expression=_integer(1))


def _weight_applicable(rubric: Rubric) -> exp.Expr:
    """Weight of the criteria that apply or may apply."""
    terms: list[exp.Expr] = []
    for criterion in rubric.criteria:
        weight: exp.Expr = _integer(criterion.weight)
        if criterion.applies:
            weight = _case((_may_apply(criterion.id), weight))
        terms.append(weight)
    return _named(_sum(terms), "weight_applicable")


def _weight_certain(rubric: Rubric) -> exp.Expr:
    """Weight of the criteria that apply for certain and whose level is certain."""
    terms: list[exp.Expr] = []
    for criterion in rubric.criteria:
        low, high = level_columns(criterion.id)
        certain: exp.Expr = exp.EQ(this=_quoted(low), expression=_quoted(high))
        if criterion.applies:
            certain = exp.And(this=certain, expression=_applies(criterion.id))
        terms.append(_case((certain, _integer(criterion.weight))))
    return _named(_sum(terms), "weight_certain")


def _sum(terms: list[exp.Expr]) -> exp.Expr:
    total = terms[0]
    for term in terms[1:]:
        total = exp.Add(this=total, expression=term)
    return total


def _case(*branches: tuple[exp.Expr, exp.Expr], otherwise: exp.Expr | None = None) -> exp.Case:
    """Conditions and what each gives, the first that holds; 0 when none does."""
    case = exp.Case()
    for condition, value in branches:
        case.when(condition, value, copy=False)
    return case.else_(otherwise or _integer(0), copy=False)


def _named(expression: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(expression, name, quoted=True, copy=False)


def _integer(number: int) -> exp.Expr:
    return exp.Literal.number(number)


def _double(expression: exp.Expr) -> exp.Expr:
    return exp.cast(expression, exp.DataType.Type.DOUBLE)


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True, copy=False)


def _quoted(name: str) -> exp.Column:
    return exp.column(_identifier(name))


def _table(name: str) -> exp.Table:
    return exp.Table(this=_identifier(name))
