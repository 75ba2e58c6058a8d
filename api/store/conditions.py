"""A rubric condition as a filter over the column of fact values: the same language, on both databases.

A fact that is not known is NULL, and what is NULL or false is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlglot import exp

from evaluator.condition import Condition
from evaluator.facts import dictionary

_COMPARISONS: dict[type[exp.Expr], Callable[[Any, Any], Any]] = {
    exp.EQ: eq,
    exp.NEQ: ne,
    exp.LT: lt,
    exp.LTE: le,
    exp.GT: gt,
    exp.GTE: ge,
}


def compiled(condition: Condition, facts: Any) -> ColumnElement[bool]:
    """The condition over a JSON column of fact values by name."""
    found: ColumnElement[bool] = _compiled(condition.expression, facts)
    return found


def _compiled(node: exp.Expr, facts: Any) -> Any:
    match node:
        case exp.Paren():
            return _compiled(node.this, facts)
        case exp.And():
            return and_(_compiled(node.this, facts), _compiled(node.expression, facts))
        case exp.Or():
            return or_(_compiled(node.this, facts), _compiled(node.expression, facts))
        case exp.Not():
            return not_(_compiled(node.this, facts))
        case exp.Column():
            return facts[node.name].as_boolean()
    value = _value(node.this.name, facts)
    match node:
        case exp.In():
            return value.in_([_literal(each) for each in node.expressions])
        case exp.Between():
            return value.between(_literal(node.args["low"]), _literal(node.args["high"]))
    return _COMPARISONS[type(node)](value, _literal(node.expression))


def _value(name: str, facts: Any) -> Any:
    """A fact as a value that compares as its type does. Integers are compared as numbers, so that 2 is below 2.5."""
    return facts[name].as_string() if dictionary()[name].type == "text" else facts[name].as_float()


def _literal(node: exp.Expr) -> str | float:
    if isinstance(node, exp.Neg):
        return -float(node.this.this)
    return str(node.this) if node.is_string else float(node.this)
