"""Hypothesis strategies: random rubrics over the dictionary, and random facts of the programs they judge.

Numbers that rubrics name and numbers that programs have come from one short list per fact, so that conditions are
met, missed and met exactly. Rubrics in which every fact is asked in one direction only (`directed`) are monotone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.program import GRADES, Evidence, Fact, Program
from evaluator.rubric import Rubric

ASKED = {name: fact for name, fact in dictionary().items() if fact.type != "date"}
"""Facts that a condition may ask."""

OPEN_TEXTS = ("EUR", "USD", "Level 5", "it's")
"""Values of text facts without a closed list."""

BASIS = {"title": "An invented source", "url": "https://example.org/standard", "read_on": "2026-11-24"}


def rubric_of(criteria: Sequence[Mapping[str, Any]], caps: Sequence[Mapping[str, Any]] = (), **fields: Any) -> Rubric:
    """A rubric whose words are filled in: `criteria` need an id and levels (condition by number)."""
    return Rubric.model_validate(
        {
            "rubric": "sample",
            "version": "1.0.0",
            "title": "Sample",
            "asks": "Does it work?",
            "publisher": {"name": "Somebody"},
            "license": "CC0-1.0",
            "evidence_floor": "documented",
            "criteria": [_criterion(**criterion) for criterion in criteria],
            "caps": [{"says": f"limited by {cap['id']}", **cap} for cap in caps],
            **fields,
        }
    )


def _criterion(id: str, levels: Mapping[int, str], weight: int = 10, applies: str | None = None) -> dict[str, Any]:
    spoken = {number: {"says": f"{id} reaches {number}", "when": condition} for number, condition in levels.items()}
    return {
        "id": id,
        "asks": f"How about {id}?",
        "why": "It matters.",
        "weight": weight,
        "basis": [BASIS],
        "applies": applies,
        "levels": {0: {"says": f"{id} reaches nothing"}, **spoken},
        "remedy": f"Publish {id}.",
    }


def program_of(facts: Mapping[str, Value], grade: str = "documented", **fields: Any) -> Program:
    """A program with these facts, each with one piece of evidence."""
    return Program(
        id=fields.pop("id", "urn:program"),
        facts={name: fact_of(name, value, grade) for name, value in facts.items()},
        **fields,
    )


def fact_of(name: str, value: Value, grade: str = "documented") -> Fact:
    """A fact that one document states."""
    evidence = Evidence(
        document="sha256:one",
        locator=f"/{name}",
        quote=str(value),
        value=value,
        grade=grade,  # type: ignore[arg-type]
        retrieved="2026-11-01T10:00:00Z",
    )
    return Fact(value=value, grade=grade, evidence=(evidence,))  # type: ignore[arg-type]


def numbers(fact: FactDefinition) -> list[int | float]:
    """A few numbers that the fact can have, in order."""
    low = 0 if fact.minimum is None else fact.minimum
    high = low + 40 if fact.maximum is None else fact.maximum
    found = [low + (high - low) * share for share in (0, 0.1, 0.25, 0.5, 0.7, 1)]
    return sorted({round(each) for each in found}) if fact.type == "integer" else found


def values(fact: FactDefinition) -> st.SearchStrategy[Value]:
    """Values that the fact can have."""
    if fact.type == "boolean":
        return st.booleans()
    if fact.type == "text":
        return st.sampled_from(fact.values or OPEN_TEXTS)
    return st.sampled_from(numbers(fact))


def known(names: Sequence[str]) -> st.SearchStrategy[dict[str, Value]]:
    """Values for some of the named facts; the others are unknown."""
    return st.fixed_dictionaries({}, optional={name: values(ASKED[name]) for name in names})


def graded(names: Sequence[str]) -> st.SearchStrategy[Program]:
    """Programs that know some of the named facts, from sources of any grade."""
    facts = {name: st.builds(fact_of, st.just(name), values(ASKED[name]), st.sampled_from(GRADES)) for name in names}
    return st.builds(lambda found: Program(id="urn:program", facts=found), st.fixed_dictionaries({}, optional=facts))


def quoted(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@st.composite
def atoms(draw: st.DrawFn, names: Sequence[str]) -> str:
    """A comparison of one fact, or a boolean fact alone."""
    fact = ASKED[draw(st.sampled_from(names))]
    if fact.type == "boolean":
        return draw(st.sampled_from([fact.name, f"{fact.name} = FALSE", f"{fact.name} <> TRUE"]))
    if fact.type == "text":
        chosen = draw(st.lists(st.sampled_from(fact.values or OPEN_TEXTS), min_size=1, max_size=3, unique=True))
        if len(chosen) == 1:
            return f"{fact.name} {draw(st.sampled_from(['=', '<>']))} {quoted(chosen[0])}"
        return f"{fact.name} IN ({', '.join(map(quoted, chosen))})"
    one, other = sorted(draw(st.tuples(*[st.sampled_from(numbers(fact))] * 2)))
    if draw(st.integers(0, 4)) == 0:
        return f"{fact.name} BETWEEN {one!r} AND {other!r}"
    return f"{fact.name} {draw(st.sampled_from(['=', '<>', '<', '<=', '>', '>=']))} {one!r}"


def conditions(names: Sequence[str]) -> st.SearchStrategy[str]:
    """Any accepted condition over the named facts."""
    return _combined(atoms(names), negations=True)


def _combined(leaves: st.SearchStrategy[str], *, negations: bool) -> st.SearchStrategy[str]:
    def branches(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        joined = st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner)
        return joined | inner.map("NOT ({})".format) if negations else joined

    return st.recursive(leaves, branches, max_leaves=5)


@st.composite
def directed(draw: st.DrawFn, names: Sequence[str], upwards: bool = True) -> str:
    """A condition that more (`upwards`) of any fact can only help: `true`, or the later of a list, or the higher."""

    def atom(name: str) -> st.SearchStrategy[str]:
        fact = ASKED[name]
        if fact.type == "boolean":
            return st.just(name if upwards else f"NOT {name}")
        if fact.type == "text":
            listed = fact.values or OPEN_TEXTS
            picked = st.integers(1, len(listed) - 1).map(lambda cut: listed[cut:] if upwards else listed[:cut])
            return picked.map(lambda some: f"{name} IN ({', '.join(map(quoted, some))})")
        operator, some = (">=", numbers(fact)[1:]) if upwards else ("<", numbers(fact)[1:])
        return st.sampled_from(some).map(lambda number: f"{name} {operator} {number!r}")

    return draw(_combined(st.sampled_from(names).flatmap(atom), negations=False))


@st.composite
def rubrics(draw: st.DrawFn, *, monotone: bool = False, most_facts: int = 8) -> Rubric:
    """Random rubrics of one to four criteria, with caps and criteria that may not apply.

    Monotone ones ask every fact in one direction, and their `applies` ask facts that nothing else asks.
    """
    names = draw(st.lists(st.sampled_from(sorted(ASKED)), min_size=3, max_size=most_facts, unique=True))
    asked, apart = (names[2:], names[:2]) if monotone else (names, names)
    levels = directed(asked) if monotone else conditions(asked)
    limits = directed(asked, upwards=False) if monotone else conditions(asked)
    applying = [conditions([name]) if monotone else conditions(apart) for name in apart[:2]]
    possible = draw(st.tuples(*applying)) if draw(st.booleans()) else ()
    criteria = [
        {
            "id": f"criterion_{number}",
            "weight": draw(st.integers(1, 30)),
            "levels": draw(st.dictionaries(st.integers(1, 5), levels, min_size=1, max_size=4)),
            "applies": draw(st.sampled_from([None, *possible])) if number else None,
        }
        for number in range(draw(st.integers(1, 4)))
    ]
    caps = [
        {"id": f"cap-{number}", "when": when, "at_most": draw(st.sampled_from([0, 20, 40, 60, 100]))}
        for number, when in enumerate(draw(st.lists(limits, max_size=2)))
    ]
    return rubric_of(criteria, caps, evidence_floor=draw(st.sampled_from(GRADES)))
