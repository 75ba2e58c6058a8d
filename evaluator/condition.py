"""Conditions over facts: SQL boolean expressions, checked against the dictionary.

Accepted is a closed set of nodes: facts, literals, comparisons of a fact with a literal, `AND OR NOT IN BETWEEN`.
There are no functions, no arithmetic, no sub-queries and no `IS NULL`: a rule may not ask whether something is
unknown, because then learning more could lower a level. Identifiers are quoted in all that is compiled (`mode` and
`free` are words of some dialect).

SQL is three-valued: an unknown fact is NULL, and a condition whose truth hangs on it is NULL too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from evaluator.facts import FactDefinition, dictionary
from evaluator.strict_yaml import did_you_mean

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
    """Text for SQLite that means the same and runs ten times as fast: it builds a table for every `IN` of three or more
    values, so equalities stand in its place."""
    return str(expression.transform(_equalities).sql("sqlite", pretty=pretty, comments=False, copy=False))


def _equalities(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.In):
        return node
    each = (exp.EQ(this=node.this.copy(), expression=value) for value in node.expressions)
    return exp.paren(exp.or_(*each, copy=False), copy=False)


def _atoms(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.And | exp.Or):
        yield from _atoms(node.this)
        yield from _atoms(node.expression)
    elif isinstance(node, exp.Not | exp.Paren):
        yield from _atoms(node.this)
    else:
        yield node
