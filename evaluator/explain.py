"""Why a criterion has its level, and what would raise it, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlglot import exp

from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.rubric import Criterion
from evaluator.sql import Condition

Truths = Mapping[str, int | None]
"""Truth of each comparison of a rubric (1, 0, None for unknown) by its PostgreSQL text."""


def say_value(definition: FactDefinition, value: Value | None) -> str:
    """A fact's value as people read it: `yes`, `28 hours`, `remote live`, `not known`."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("_", " ") if definition.values else value
    return _say_number(definition, value)


def _say_number(definition: FactDefinition, number: float) -> str:
    if definition.unit == "share":
        return f"{100 * number:.4g} %"
    return f"{number:.6g} {definition.unit}"


@lru_cache(maxsize=4096)
def say_atom(sql: str, negated: bool) -> tuple[str, str]:
    """The fact that a comparison asks, and the comparison in words, such as `pass mark at least 70 %`."""
    import sqlglot

    atom = sqlglot.parse_one(sql, dialect="postgres")
    column = atom if isinstance(atom, exp.Column) else atom.this
    definition = dictionary()[column.name]
    if isinstance(atom, exp.Column):
        return definition.name, f"no {definition.label}" if negated else definition.label
    comparison = _say_comparison(definition, atom)
    return definition.name, f"{definition.label} {'not ' if negated else ''}{comparison}"


def _say_comparison(definition: FactDefinition, atom: exp.Expr) -> str:
    def literal(node: exp.Expr) -> str:
        if isinstance(node, exp.Literal) and node.is_string:
            return say_value(definition, str(node.this))
        return _say_number(definition, float(node.sql()))

    match atom:
        case exp.In():
            return " or ".join(literal(each) for each in atom.expressions)
        case exp.Between():
            return f"from {literal(atom.args['low'])} to {literal(atom.args['high'])}"
        case exp.EQ():
            return literal(atom.expression)
        case exp.NEQ():
            return f"other than {literal(atom.expression)}"
        case exp.LT():
            return f"less than {literal(atom.expression)}"
        case exp.LTE():
            return f"at most {literal(atom.expression)}"
        case exp.GT():
            return f"more than {literal(atom.expression)}"
    return f"at least {literal(atom.expression)}"


def lacking(condition: Condition, truths: Truths, values: Mapping[str, Value | None]) -> str:
    """What a condition that does not (or not surely) hold still needs, each with what is known now.

    Of an `OR`, every alternative is named; of an `AND`, only the parts that are not true.
    """
    return _lacking(condition.expression, False, truths, values)


def _lacking(node: exp.Expr, negated: bool, truths: Truths, values: Mapping[str, Value | None]) -> str:
    if isinstance(node, exp.Paren):
        return _lacking(node.this, negated, truths, values)
    if isinstance(node, exp.Not):
        return _lacking(node.this, not negated, truths, values)
    if isinstance(node, exp.And | exp.Or):
        parts = [_lacking(child, negated, truths, values) for child in (node.this, node.expression)]
        if isinstance(node, exp.And) != negated:
            return " and ".join(_enclosed(part) for part in parts if part)
        return "" if not all(parts) else " or ".join(dict.fromkeys(parts))
    sql = atom_key(node)
    truth = truths[sql]
    if truth is not None and bool(truth) != negated:
        return ""
    fact, wanted = say_atom(sql, negated)
    now = say_value(dictionary()[fact], values.get(fact))
    return f"{wanted} ({'not known' if now == 'not known' else f'now {now}'})"


def _enclosed(part: str) -> str:
    return f"({part})" if " or " in part.split("(")[0] + part.rsplit(")", 1)[-1] or ") or " in part else part


def atom_key(atom: exp.Expr) -> str:
    """The text by which `Truths` knows a comparison."""
    return atom.sql("postgres")


def reason(
    criterion: Criterion, levels: tuple[int, int, int], applies: bool | None, values: Mapping[str, Value | None]
) -> str:
    """A sentence or two: what the program shows, from which values, and how far that is certain.

    `levels` are evidenced, stated and possible.
    """
    if applies is False:
        return "Does not apply to this kind of program; its weight is left out."
    evidenced, stated, possible = levels
    known = dictionary()
    sentences = [_sentence(criterion.levels[stated].says)]
    read = [fact for fact in criterion.facts if values.get(fact) is not None]
    if read:
        sentences.append(
            _sentence("; ".join(f"{known[fact].label}: {say_value(known[fact], values[fact])}" for fact in read))
        )
    if unread := [known[fact].label for fact in criterion.facts if values.get(fact) is None]:
        sentences.append(f"Not known: {', '.join(unread)}.")
    if possible > stated:
        sentences.append(f"Could be up to level {possible} of {criterion.maximum}: not all it asks is published.")
    if evidenced < stated:
        sentences.append(f"Only level {evidenced} rests on documents; the rest is the provider's own claim.")
    if applies is None:
        sentences.append("Whether it applies to this kind of program is not known.")
    return " ".join(sentences)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
