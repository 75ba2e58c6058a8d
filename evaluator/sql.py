"""Conditions over facts: SQL boolean expressions, checked against the dictionary, compiled to one SELECT.

Accepted is a closed set of nodes: facts, literals, comparisons of a fact with a literal, `AND OR NOT IN BETWEEN`.
There are no functions, no arithmetic, no sub-queries and no `IS NULL`: a rule may not ask whether something is
unknown, because then learning more could lower a level. Identifiers are quoted in all that is compiled (`mode` and
`free` are words of some dialect).

SQL is three-valued: an unknown fact is NULL. `COALESCE(condition, FALSE)` is the worst that can still be and
`COALESCE(condition, TRUE)` the best, in every engine (`IS TRUE` differs between them).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from evaluator.facts import FactDefinition, dictionary
from evaluator.strict_yaml import did_you_mean

if TYPE_CHECKING:
    from evaluator.rubric import Rubric

DIALECTS = ("postgres", "duckdb", "spark", "bigquery", "snowflake", "sqlite")
"""Dialects in which a rubric can be printed; Polars reads the PostgreSQL text."""

LONGEST_CONDITION = 2_000
"""Characters; a longer rule is better a derived fact."""

DEEPEST_NESTING = 20
"""Parentheses and NOTs around a comparison; engines give up at some depth, each at its own."""

COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}

Bound = Literal["low", "high"]
BOUNDS: tuple[Bound, Bound] = ("low", "high")


class ConditionError(ValueError):
    """A condition that is not a boolean expression over known facts; the message says what and suggests."""


@dataclass(frozen=True)
class Condition:
    """A checked condition."""

    text: str
    """As its author wrote it."""
    expression: exp.Expr
    """The same with quoted identifiers; never changed in place."""
    facts: tuple[str, ...]
    """Facts that it reads, in the order of first use."""

    @cached_property
    def sqlite(self) -> str:
        """Its text for SQLite."""
        return sqlite_text(self.expression)

    def atoms(self) -> Iterator[exp.Expr]:
        """Its comparisons and bare boolean facts, left to right."""
        return _atoms(self.expression)


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Condition:
    """Check a condition against the closed node set and the dictionary.

    Raises ConditionError that names the fact or the word that can't stand there.
    """
    if len(text) > LONGEST_CONDITION:
        raise ConditionError(f"the condition has {len(text)} characters; at most {LONGEST_CONDITION} are read")
    try:
        statements = sqlglot.parse(text, dialect="postgres")
        if len(statements) != 1:
            raise ConditionError(f"one condition is expected, found {len(statements)} statements")
        if statements[0] is None:
            raise ConditionError("the condition is empty")
        expression = _checked(statements[0], 0)
    except SqlglotError as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise ConditionError(f"not a SQL condition ({reason}): {text}") from None
    except RecursionError:
        raise ConditionError("the condition is nested too deeply") from None
    facts = dict.fromkeys(column.name for column in expression.find_all(exp.Column, bfs=False))
    return Condition(text=text, expression=expression, facts=tuple(facts))


def _checked(node: exp.Expr, depth: int) -> exp.Expr:
    """A fresh copy of `node` with only accepted nodes, or ConditionError. `depth` counts what encloses it."""
    if depth > DEEPEST_NESTING:
        raise ConditionError(f"parentheses and NOT are nested more than {DEEPEST_NESTING} deep")
    match node:
        case exp.Paren():
            return exp.Paren(this=_checked(node.this, depth + 1))
        case exp.And() | exp.Or():
            return type(node)(this=_checked(node.this, depth), expression=_checked(node.expression, depth))
        case exp.Not():
            return exp.Not(this=_checked(node.this, depth + 1))
        case exp.Column():
            definition = _fact(node)
            if definition.type != "boolean":
                raise ConditionError(f"{definition.name} is a {definition.type}; compare it with a value")
            return _column(definition)
        case exp.In() | exp.Between() | exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            return _checked_comparison(node)
    raise ConditionError(
        f"{node.sql('postgres')!r} can't stand in a condition; it may hold facts, literals, comparisons of a fact "
        "with a literal, AND, OR, NOT, IN and BETWEEN"
    )


def _checked_comparison(node: exp.Expr) -> exp.Expr:
    if not isinstance(node.this, exp.Column):
        raise ConditionError(f"a comparison starts with a fact: {node.sql('postgres')}")
    definition = _fact(node.this)
    column = _column(definition)
    match node:
        case exp.In():
            if not node.expressions or node.args.get("query") or node.args.get("unnest"):
                raise ConditionError(f"IN needs a list of values: {node.sql('postgres')}")
            if definition.type != "text":
                raise ConditionError(f"IN is for text facts; {definition.name} is a {definition.type}")
            return exp.In(this=column, expressions=[_literal(each, definition) for each in node.expressions])
        case exp.Between():
            _must_be_number(definition, "BETWEEN")
            if node.args.get("symmetric"):
                raise ConditionError(f"BETWEEN takes the lower value first, without SYMMETRIC: {node.sql('postgres')}")
            low, high = (_literal(node.args[key], definition) for key in ("low", "high"))
            return exp.Between(this=column, low=low, high=high)
    if isinstance(node.expression, exp.Boolean) and definition.type == "boolean":
        same = isinstance(node, exp.EQ) == node.expression.this
        if isinstance(node, exp.EQ | exp.NEQ):
            return column if same else exp.Not(this=column)
    if not isinstance(node, exp.EQ | exp.NEQ):
        _must_be_number(definition, COMPARISONS[type(node)])
    return type(node)(this=column, expression=_literal(node.expression, definition))


def _must_be_number(definition: FactDefinition, operator: str) -> None:
    if definition.type not in ("integer", "number"):
        raise ConditionError(f"{operator} is for numbers; {definition.name} is a {definition.type}")


def _fact(column: exp.Column) -> FactDefinition:
    """The dictionary's entry for a column, or ConditionError."""
    known = dictionary()
    name = column.name
    if column.table or name not in known:
        shown = column.sql("postgres").strip('"')
        raise ConditionError(
            f'unknown fact "{shown}".{did_you_mean(name, known)} The facts are listed by `touchstone facts`'
        )
    if known[name].type == "date":
        raise ConditionError(f"{name} is a date; ask for the months since it, a fact of its own")
    return known[name]


def _column(definition: FactDefinition) -> exp.Column:
    return exp.column(exp.to_identifier(definition.name, quoted=True))


def _literal(node: exp.Expr, definition: FactDefinition) -> exp.Expr:
    """A literal that `definition` can have, or ConditionError."""
    negative = isinstance(node, exp.Neg)
    inner = node.this if negative else node
    if not isinstance(inner, exp.Literal) or (negative and inner.is_string):
        raise ConditionError(f"{definition.name} must be compared with a literal, not {node.sql('postgres')!r}")
    if definition.type == "text":
        if not inner.is_string:
            raise ConditionError(f"{definition.name} is text; quote {inner.sql('postgres')!r}")
        if fault := definition.fault(inner.this):
            raise ConditionError(fault)
        return exp.Literal.string(inner.this)
    if definition.type == "boolean" or inner.is_string:
        raise ConditionError(f"{definition.name} is a {definition.type}, not {inner.sql('postgres')}")
    if fault := definition.fault(_number(node.sql("postgres"), definition)):
        raise ConditionError(fault)
    return exp.Neg(this=exp.Literal.number(inner.this)) if negative else exp.Literal.number(inner.this)


def _number(text: str, definition: FactDefinition) -> float:
    """The number that a literal writes; whole ones stay whole for an integer fact."""
    number = float(text)
    return int(number) if definition.type == "integer" and number.is_integer() else number


def sqlite_text(expression: exp.Expr, *, pretty: bool = False) -> str:
    """Text for SQLite that means the same and runs ten times as fast there.

    SQLite builds a table for every `IN` of three or more values, and puts each level's CASE in the place of every
    mention of it unless told to keep the layer.
    """
    text = expression.transform(_equalities)
    for layer in text.find_all(exp.CTE):
        layer.set("materialized", True)
    return str(text.sql("sqlite", pretty=pretty, comments=False))


def _equalities(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.In):
        return node
    return exp.paren(exp.or_(*(exp.EQ(this=node.this.copy(), expression=each) for each in node.expressions)))


def _atoms(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.And | exp.Or):
        yield from _atoms(node.this)
        yield from _atoms(node.expression)
    elif isinstance(node, exp.Not | exp.Paren):
        yield from _atoms(node.this)
    else:
        yield node


# --- compiling a rubric -------------------------------------------------------------------------------------


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
        if dialect == "sqlite":
            return sqlite_text(self.expression, pretty=pretty)
        expression = self.expression.copy()
        if dialect == "duckdb":
            # Scores are never NULL; said so, LEAST stays one call instead of a CASE that repeats its arguments.
            for node in expression.find_all(exp.Least, exp.Greatest):
                node.set("ignore_nulls", True)
        return expression.sql(dialect, pretty=pretty, comments=False)


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
        exp.alias_(low, "uncapped_low", quoted=True),
        exp.alias_(_capped(rubric, "low", low.copy()), "score_low", quoted=True),
        exp.alias_(_capped(rubric, "high", high), "score_high", quoted=True),
    ]
    kept = [_quoted(each.alias_or_name) for each in levels]
    carried = [_quoted(each.alias) for each in sums[:2]]
    inner = exp.select(*levels).from_(_table("facts"))
    middle = exp.select(*(each.copy() for each in kept), *sums).from_(_table("levels"))
    expression = exp.select(*kept, *carried, *scores).from_(_table("sums"))
    expression = expression.with_(_identifier("levels"), inner).with_(_identifier("sums"), middle)
    return Query(
        facts=rubric.facts,
        columns=tuple(each.alias_or_name for each in expression.selects),
        expression=expression,
    )


def _level_projections(rubric: Rubric) -> list[exp.Expr]:
    projections: list[exp.Expr] = []
    for criterion in rubric.criteria:
        low, high = level_columns(criterion.id)
        for name, unknown in ((low, False), (high, True)):
            chosen = exp.Case()
            for number in sorted(criterion.conditions, reverse=True):
                chosen = chosen.when(_with_unknown_as(criterion.conditions[number], unknown), _integer(number))
            projections.append(exp.alias_(chosen.else_(_integer(0)), name, quoted=True))
        if criterion.applicability:
            flag = exp.Case().when(_with_unknown_as(criterion.applicability, False), _integer(1))
            flag = flag.when(_with_unknown_as(criterion.applicability, True), exp.Null())
            projections.append(exp.alias_(flag.else_(_integer(0)), f"{criterion.id}_applies", quoted=True))
    return projections


def _cap_projections(rubric: Rubric) -> list[exp.Expr]:
    projections = []
    for cap in rubric.caps:
        low, high = cap_columns(cap.id)
        for name, unknown in ((low, True), (high, False)):
            flag = exp.Case().when(_with_unknown_as(cap.condition, unknown), _integer(1)).else_(_integer(0))
            projections.append(exp.alias_(flag, name, quoted=True))
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
                term.append(exp.Case().when(test, value).else_(_integer(0)))
            else:
                term.append(value)
    return [exp.alias_(_sum(term), f"{name}_{number}", quoted=True) for name, term in terms.items()]


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
        limit = exp.Case().when(exp.EQ(this=column, expression=_integer(1)), _double(_integer(cap.at_most)))
        limits.append(limit.else_(_double(_integer(100))))
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
            weight = exp.Case().when(_may_apply(criterion.id), weight).else_(_integer(0))
        terms.append(weight)
    return exp.alias_(_sum(terms), "weight_applicable", quoted=True)


def _weight_certain(rubric: Rubric) -> exp.Expr:
    """Weight of the criteria that apply for certain and whose level is certain."""
    terms: list[exp.Expr] = []
    for criterion in rubric.criteria:
        low, high = level_columns(criterion.id)
        certain: exp.Expr = exp.EQ(this=_quoted(low), expression=_quoted(high))
        if criterion.applies:
            certain = exp.And(this=certain, expression=_applies(criterion.id))
        terms.append(exp.Case().when(certain, _integer(criterion.weight)).else_(_integer(0)))
    return exp.alias_(_sum(terms), "weight_certain", quoted=True)


def _sum(terms: list[exp.Expr]) -> exp.Expr:
    total = terms[0]
    for term in terms[1:]:
        total = exp.Add(this=total, expression=term)
    return total


def _integer(number: int) -> exp.Expr:
    return exp.Literal.number(number)


def _double(expression: exp.Expr) -> exp.Expr:
    return exp.cast(expression, exp.DataType.Type.DOUBLE)


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _quoted(name: str) -> exp.Column:
    return exp.column(_identifier(name))


def _table(name: str) -> exp.Table:
    return exp.Table(this=_identifier(name))
