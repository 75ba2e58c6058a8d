"""Why a criterion has its level, and what would raise it, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from sqlglot import exp

from evaluator.condition import Condition, parse_condition
from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.rubric import Criterion

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


UNSPOKEN = frozenset({"alpha", "coefficient", "EQF level"})
"""Units that the label of their facts says already."""


def _say_number(definition: FactDefinition, number: float) -> str:
    unit = definition.unit or ""
    number += 0  # -0.0 is said as 0
    if unit == "share":
        return f"{100 * number:.4g} %"
    # An amount has its currency in a fact of its own; `number of skills` says already what is counted.
    if unit in UNSPOKEN or unit in dictionary() or _counts(definition):
        return f"{number:.12g}"
    unit = unit.removesuffix("s") if number == 1 else unit
    return f"{number:.6g} {unit}"


def _counts(definition: FactDefinition) -> bool:
    """Whether the label names the unit, as in `institutions that accept the credit`."""
    return definition.unit != "share" and definition.unit in definition.label.split()


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
    listed: bool = False
    """The words list several values, so that a list of such parts needs stronger marks than a comma."""


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
    definition = dictionary()[column.name]
    values = _listed_values(node, definition, negated)
    wanted = f"{definition.label}: {_any_of(values)}" if values else _say_atom(node, definition, negated)
    return Part("", (), atom_key(node), column.name, negated, wanted, len(values) > 1)


MOST_LISTED = 5
"""Values that are listed instead of the ones that are ruled out: `taught or taught exam` says more than `other than
exam only`."""


def _listed_values(atom: exp.Expr, definition: FactDefinition, negated: bool) -> list[str]:
    """The values that a comparison of a text with a closed list allows, in words, where people can read them all."""
    if not definition.values or not isinstance(atom, exp.In | exp.EQ | exp.NEQ):
        return []
    named = {each.this for each in (atom.expressions if isinstance(atom, exp.In) else [atom.expression])}
    if isinstance(atom, exp.NEQ) == negated:
        return [say_value(definition, value) for value in definition.values if value in named]
    others = [say_value(definition, value) for value in definition.values if value not in named]
    return others if len(others) <= MOST_LISTED else []


def _any_of(values: list[str]) -> str:
    *most, last = values
    return f"{', '.join(most)} or {last}" if most else last


NEGATIONS: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.LTE: exp.GT,
    exp.GT: exp.LTE,
}

RELATIONS: dict[type[exp.Expr], str] = {
    exp.EQ: ":",
    exp.NEQ: " other than",
    exp.LT: " less than",
    exp.LTE: " at most",
    exp.GT: " more than",
    exp.GTE: " at least",
}


def _say_atom(atom: exp.Expr, definition: FactDefinition, negated: bool) -> str:
    def literal(node: exp.Expr) -> str:
        if isinstance(node, exp.Literal) and node.is_string:
            return say_value(definition, str(node.this))
        return _say_number(definition, float(node.sql()))

    label = definition.label
    match atom:
        case exp.Column():
            return f"{label}: no" if negated else label
        case exp.In():
            return f"{label}{' other than' if negated else ':'} {_any_of([*map(literal, atom.expressions)])}"
        case exp.Between():
            return f"{label}: {'not ' * negated}{literal(atom.args['low'])} to {literal(atom.args['high'])}"
    kind = NEGATIONS[type(atom)] if negated else type(atom)
    if kind in (exp.GT, exp.GTE):
        label = label.removesuffix(", at least")
    colon = ":" if kind is not exp.EQ and ("," in label or _counts(definition)) else ""
    return f"{label}{colon}{RELATIONS[kind]} {literal(atom.expression)}"


def lacking(condition: Condition, truths: Truths, values: Mapping[str, Value | None]) -> str:
    """What a condition that does not (or not surely) hold still needs, each with what is known now.

    Of an `OR`, every alternative is named; of an `AND`, only the parts that are not true.
    """
    return _lacking(prepared(condition.text), truths, values)[0]


def _lacking(part: Part, truths: Truths, values: Mapping[str, Value | None], depth: int = 0) -> tuple[str, bool]:
    """The sentence, empty where nothing is lacking, and whether it lists several things."""
    if not part.joined:
        truth = truths[part.key]
        if truth is not None and bool(truth) != part.negated:
            return "", False
        value = values.get(part.fact)
        now = "not known" if value is None else f"now {say_value(dictionary()[part.fact], value)}"
        return f"{part.wanted} ({now})", part.listed
    found = dict.fromkeys(_lacking(each, truths, values, depth + 1) for each in part.parts)
    if part.joined == "or" and ("", False) in found:
        return "", False
    needed = {text: listed for text, listed in found if text}
    if len(needed) < 2:
        return next(((text, listed) for text, listed in needed.items()), ("", False))
    text = f"{';' if any(needed.values()) else ''} {part.joined} ".join(needed)
    text = f"either {text}" if part.joined == "or" and depth else text
    return f"[{text}]" if depth > 1 else text, True


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
    unread = dict.fromkeys(_subject(known[fact]) for fact in criterion.facts if values.get(fact) is None)
    if possible > stated:
        sentences.append(f"It could be up to level {possible} of {criterion.maximum}; not known: {', '.join(unread)}.")
    if evidenced < stated:
        only = f"Only level {evidenced} is evidenced; the rest has weaker sources."
        sentences.append(only if evidenced else "None of it is evidenced: its sources are too weak.")
    if applies is None:
        sentences.append("Whether it applies to this kind of program is not known.")
    return " ".join(sentences)


def _subject(definition: FactDefinition) -> str:
    """The label without the end of an interval that it is: nobody knows the one end and not the other."""
    return definition.label.removesuffix(", at least").removesuffix(", at most")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
