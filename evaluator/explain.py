"""Why a criterion has its level, and what would raise it, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from sqlglot import exp

from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.rubric import Criterion
from evaluator.sql import Condition, parse_condition

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


class Part(NamedTuple):
    """A condition prepared for sentences: a comparison, or several parts of which one or all must hold.

    Negations are pushed down to the comparisons, so that every part says what is wanted.
    """

    joined: Literal["", "and", "or"]
    """Empty for a comparison."""
    parts: tuple[Part, ...] = ()
    key: str = ""
    """Of the comparison in `Truths`."""
    fact: str = ""
    negated: bool = False
    wanted: str = ""
    """The comparison in words, such as `pass mark at least 70 %`."""


@lru_cache(maxsize=4096)
def prepared(text: str) -> Part:
    """The parts of a condition, by its text; see `parse_condition`."""
    return _prepared(parse_condition(text).expression, False)


def _prepared(node: exp.Expr, negated: bool) -> Part:
    match node:
        case exp.Paren():
            return _prepared(node.this, negated)
        case exp.Not():
            return _prepared(node.this, not negated)
        case exp.And() | exp.Or():
            joined: Literal["and", "or"] = "and" if isinstance(node, exp.And) != negated else "or"
            found = [_prepared(child, negated) for child in (node.this, node.expression)]
            # `a AND b AND c` arrives as pairs in pairs; people read one list.
            flat = [each for part in found for each in (part.parts if part.joined == joined else (part,))]
            return Part(joined, tuple(flat))
    column = node if isinstance(node, exp.Column) else node.this
    return Part("", (), atom_key(node), column.name, negated, _say_atom(node, dictionary()[column.name], negated))


NEGATIONS: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.LTE: exp.GT,
    exp.GT: exp.LTE,
}

RELATIONS: dict[type[exp.Expr], str] = {
    exp.EQ: "",
    exp.NEQ: "other than ",
    exp.LT: "less than ",
    exp.LTE: "at most ",
    exp.GT: "more than ",
    exp.GTE: "at least ",
}


def _say_atom(atom: exp.Expr, definition: FactDefinition, negated: bool) -> str:
    def literal(node: exp.Expr) -> str:
        if isinstance(node, exp.Literal) and node.is_string:
            return say_value(definition, str(node.this))
        return _say_number(definition, float(node.sql()))

    match atom:
        case exp.Column():
            return f"no {definition.label}" if negated else definition.label
        case exp.In():
            return f"{definition.label} {'other than ' * negated}{' or '.join(map(literal, atom.expressions))}"
        case exp.Between():
            low, high = literal(atom.args["low"]), literal(atom.args["high"])
            return f"{definition.label} {'not ' * negated}from {low} to {high}"
    kind = NEGATIONS[type(atom)] if negated else type(atom)
    return f"{definition.label} {RELATIONS[kind]}{literal(atom.expression)}"


def lacking(condition: Condition, truths: Truths, values: Mapping[str, Value | None]) -> str:
    """What a condition that does not (or not surely) hold still needs, each with what is known now.

    Of an `OR`, every alternative is named; of an `AND`, only the parts that are not true.
    """
    return _lacking(prepared(condition.text), truths, values)


def _lacking(part: Part, truths: Truths, values: Mapping[str, Value | None], depth: int = 0) -> str:
    if not part.joined:
        truth = truths[part.key]
        if truth is not None and bool(truth) != part.negated:
            return ""
        value = values.get(part.fact)
        now = "not known" if value is None else f"now {say_value(dictionary()[part.fact], value)}"
        return f"{part.wanted} ({now})"
    found = [_lacking(each, truths, values, depth + 1) for each in part.parts]
    if part.joined == "or" and not all(found):
        return ""
    needed = list(dict.fromkeys(filter(None, found)))
    if len(needed) < 2:
        return "".join(needed)
    grouped = any(each.joined and text in needed for each, text in zip(part.parts, found, strict=True))
    text = f"{';' if grouped else ''} {part.joined} ".join(needed)
    text = f"either {text}" if part.joined == "or" and depth else text
    return f"[{text}]" if depth > 1 else text


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
