"""What learners do and reach, by a schema.org item: time, credit, level, competencies.

Definitions: https://schema.org/timeRequired, https://schema.org/courseWorkload, https://schema.org/timeToComplete,
https://schema.org/numberOfCredits, https://schema.org/educationalLevel, https://schema.org/teaches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from evaluator.levels import eqf_interval
from evaluator.program import Skill
from providers.ctdl_learning import FRAMEWORKS, UNIT_WORDS
from providers.durations import (
    LONGEST_EFFORT_MONTHS,
    WEEKS_PER_MONTH,
    WEEKS_PER_YEAR,
    Effort,
    IsoDuration,
    Range,
    effort,
    iso_duration,
)
from providers.json_document import Item, Text, number
from providers.schema_org_graph import Graph, Node, Subject, first_line, identifier, kinds, label, texts, values

_LENGTHS = ("timeRequired", "timeToComplete", "duration")
_SPANS = frozenset({"timeToComplete"})
"""Properties that tell calendar time; the others may tell work, which is bounded."""
_FREQUENCIES = {
    "daily": 1 / 7,
    "p1d": 1 / 7,
    "weekly": 1.0,
    "p1w": 1.0,
    "monthly": WEEKS_PER_MONTH,
    "p1m": WEEKS_PER_MONTH,
    "yearly": WEEKS_PER_YEAR,
    "p1y": WEEKS_PER_YEAR,
}
"""Weeks from one repetition of a schedule to the next."""
_UNIT_CODES = {"MIN": "minutes", "HUR": "hours", "DAY": "days", "WEE": "weeks", "MON": "months", "ANN": "years"}
_LONGEST_WEEKS = LONGEST_EFFORT_MONTHS * WEEKS_PER_MONTH
_NOT_A_LENGTH = "a length is written as ISO 8601, such as P6W for six weeks or PT40H for forty hours"
_TOO_LONG = f"an effort of more than {LONGEST_EFFORT_MONTHS} months is implausible; PT60H is sixty hours"

_CREDIT_WORDS = (
    *UNIT_WORDS,
    (re.compile(r"\bCEUs?\b|\bcontinuing education units?\b", re.IGNORECASE), "ceu"),
    (re.compile(r"\bclock hours?\b", re.IGNORECASE), "clock_hour"),
    (re.compile(r"\bcontact hours?\b", re.IGNORECASE), "contact_hour"),
)
_CREDITS = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\b(.*)", re.DOTALL)
_AUDIENCE = {
    "beginner": "beginner",
    "beginners": "beginner",
    "beginner level": "beginner",
    "introductory": "beginner",
    "intermediate": "intermediate",
    "intermediate level": "intermediate",
    "advanced": "advanced",
    "advanced level": "advanced",
    "mixed": "mixed",
    "all levels": "mixed",
    "any level": "mixed",
}
_OUTCOMES = ("teaches", "competencyRequired", "assesses")
_LIST = re.compile(r"<li\b", re.IGNORECASE)


class _Told(NamedTuple):
    amount: Range
    item: Item


class _Lengths(NamedTuple):
    hours: list[_Told]
    weeks: list[_Told]


def workload(subject: Subject) -> None:
    """Hours of work and weeks from start to end; several runs are several ways through the same course."""
    told = _Lengths([], [])
    for node in subject.instances:
        for name in _LENGTHS:
            for item in values(node, name):
                _add(told, _length(subject, item, name), item)
        for schedule in subject.graph.follow(node, "courseSchedule"):
            _add(told, _schedule(schedule), Item(_schedule_quote(schedule), schedule.at))
    run = _widest(told.weeks)
    for node in subject.instances:
        for item in values(node, "courseWorkload"):
            _add(told, _length(subject, item, "courseWorkload", run), item, is_rate=run is not None)
    _state(subject, "workload_hours", told.hours)
    _state(subject, "duration_weeks", told.weeks)


def _add(told: _Lengths, found: Effort, item: Item, is_rate: bool = False) -> None:
    item = Item(_written(item), item.at)
    if found.hours:
        told.hours.append(_Told(found.hours, item))
    if found.weeks and not is_rate:
        told.weeks.append(_Told(found.weeks, item))


def _widest(told: list[_Told]) -> Range | None:
    return Range(min(one.amount.low for one in told), max(one.amount.high for one in told)) if told else None


def _state(subject: Subject, fact: str, told: list[_Told]) -> None:
    if told:
        low = min(told, key=lambda one: one.amount.low)
        high = max(told, key=lambda one: one.amount.high)
        subject.draft.state(f"{fact}_low", low.amount.low, low.item.at, low.item.value)
        subject.draft.state(f"{fact}_high", high.amount.high, high.item.at, high.item.value)


def _length(subject: Subject, item: Item, name: str, weeks: Range | None = None) -> Effort:
    """What a property says of length and work. A text on workload may be prose; a length has to be one."""
    words = _written(item)
    if words is None:
        return Effort()
    length = iso_duration(words)
    found = _of_iso(length) if length else effort(words, weeks)
    if found.weeks == weeks and not found.hours and not length:
        if name != "courseWorkload" and words not in ("P0D", "PT0S"):
            subject.draft.problem(item.at, _NOT_A_LENGTH)
        return Effort()
    if _is_implausible(length, found, name):
        subject.draft.problem(item.at, _TOO_LONG)
        return Effort()
    return found


def _of_iso(length: IsoDuration) -> Effort:
    hours, weeks = length.effort_hours(), length.calendar_weeks()
    if hours:
        return Effort(hours=Range(hours, hours))
    return Effort(weeks=Range(weeks, weeks)) if weeks else Effort()


def _is_implausible(length: IsoDuration | None, found: Effort, name: str) -> bool:
    if name in _SPANS and not found.hours:
        return False
    if length:
        return length.is_implausible_effort()
    return any(
        (found.weeks and found.weeks.high > _LONGEST_WEEKS, found.hours and found.hours.high / 168 > _LONGEST_WEEKS)
    )


def _written(item: Item) -> str | None:
    """A length as text; a quantity such as `{"value": 10, "unitText": "hours"}` as "10 hours"."""
    value = item.value
    if not isinstance(value, dict) or "@value" in value:
        found = first_line(Node({"it": value}, "", ""), "it")
        return found.value if found else None
    node = Node(value, item.at, item.at)
    code = first_line(node, "unitCode")
    unit = first_line(node, "unitText")
    named = unit.value if unit else _UNIT_CODES.get(code.value.upper()) if code else None
    amounts = [one for one in (_number(node, "minValue"), _number(node, "maxValue")) if one is not None]
    exact = _number(node, "value")
    if named and (amounts or exact is not None):
        return f"{'-'.join(f'{one:g}' for one in ([exact] if exact is not None else amounts))} {named}"
    found = first_line(node, "value", "name")
    return found.value if found else None


def _number(node: Node, name: str) -> float | int | None:
    return next((found for item in values(node, name) if (found := number(item.value)) is not None), None)


def _schedule(schedule: Node) -> Effort:
    """Hours a time × times, and times × weeks between them
    (https://developers.google.com/search/docs/appearance/structured-data/course-info)."""
    times, frequency = _number(schedule, "repeatCount"), first_line(schedule, "repeatFrequency")
    between = _FREQUENCIES.get(re.split(r"[/:]", frequency.value)[-1].lower()) if frequency else None
    each = first_line(schedule, "duration")
    length = iso_duration(each.value) if each else None
    hours = length.effort_hours() if length else None
    if not times or times < 0 or between is None or times * between > _LONGEST_WEEKS:
        return Effort()
    weeks = round(times * between, 4)
    work = round(hours * times, 4) if hours else None
    return Effort(Range(work, work) if work else None, Range(weeks, weeks))


def _schedule_quote(schedule: Node) -> str:
    parts = (first_line(schedule, name) for name in ("duration", "repeatFrequency", "repeatCount"))
    return " × ".join(part.value for part in parts if part)


class _Credit(NamedTuple):
    amount: float
    item: Item
    unit: str | None
    named: Text | None


def credit(subject: Subject) -> None:
    """Credit with its unit where one is named; amounts that differ are parts or alternatives: unknown."""
    found = [one for node in subject.holders for one in _credits(subject.graph, node)]
    if not found or len({(one.amount, one.unit) for one in found}) != 1:
        return
    amount, item, unit, named = found[0]
    draft = subject.draft
    if unit in ("clock_hour", "contact_hour"):
        for end in ("low", "high"):
            draft.state(f"{unit}s_{end}", amount, item.at, item.value)
    draft.state("credit_amount", amount, item.at, item.value)
    if named:
        draft.state("credit_unit", unit, named.at, named.value)


def _credits(graph: Graph, node: Node) -> Iterator[_Credit]:
    for value, at in values(node, "numberOfCredits"):
        if isinstance(value, dict) and "@value" not in value:
            inner = Node(value, at, at)
            amounts = [item for name in ("value", "minValue") for item in values(inner, name)]
            words = texts(inner, "unitText", "unitCode", "name", "description", "valueReference")
            stated = next((item for item in amounts if number(item.value) is not None), None)
            if stated is not None:
                yield _credit(number(stated.value), stated, words)
        elif (amount := number(value)) is not None:
            yield _credit(amount, Item(value, at), [])
        elif isinstance(value, str) and (match := _CREDITS.fullmatch(value.strip())):
            yield _credit(float(match[1]), Item(value, at), [Text(match[2], at)])


def _credit(amount: float | int | None, item: Item, words: list[Text]) -> _Credit:
    for text in words:
        if unit := next((unit for pattern, unit in _CREDIT_WORDS if pattern.search(text.value)), None):
            return _Credit(float(amount or 0), item, unit, text)
    return _Credit(float(amount or 0), item, None, None)


def level(subject: Subject) -> None:
    """For whom it is meant, and a level only where it is one of a named qualifications framework."""
    audiences: list[tuple[str, Text]] = []
    for one in subject.graph.follow(subject.node, "educationalLevel"):
        named = label(one, "name", "termCode", "@id")
        if _state_level(subject, one, ("inDefinedTermSet",), ("termCode", "name")) or named is None:
            continue
        if audience := _AUDIENCE.get(re.split(r"[/#]", named.value)[-1].lower()):
            audiences.append((audience, named))
        else:
            _state_level_in_words(subject, named)
    for one in subject.graph.follow(subject.node, "educationalAlignment"):
        if _alignment(one) == "educationallevel":
            _state_level(subject, one, ("educationalFramework",), ("targetName",))
    if len({audience for audience, _ in audiences}) == 1:
        audience, named = audiences[0]
        subject.draft.state("audience_level", audience, named.at, named.value)


def _state_level(subject: Subject, node: Node, sets: tuple[str, ...], codes: tuple[str, ...]) -> bool:
    code = label(node, *codes)
    for one in subject.graph.follow(node, *sets):
        named = label(one, "name", "@id")
        framework = _framework(named.value) if named else None
        if framework and code and named:
            subject.draft.state("level_framework", framework, named.at, named.value)
            subject.draft.state("level_code", code.value, code.at)
            return True
    return False


def _state_level_in_words(subject: Subject, named: Text) -> None:
    """ "EQF level 6" is a level of EQF; "aligned with EQF" is none."""
    framework = _framework(named.value)
    if framework and eqf_interval(framework, named.value):
        subject.draft.state("level_framework", framework, named.at, named.value)
        subject.draft.state("level_code", named.value, named.at)


def _framework(words: str) -> str | None:
    return next((name for pattern, name in FRAMEWORKS if pattern.search(words)), None)


def _alignment(node: Node) -> str:
    kind = first_line(node, "alignmentType")
    return "".join(filter(str.isalpha, kind.value.lower())) if kind else ""


def competencies(subject: Subject) -> tuple[tuple[str, ...], tuple[Skill, ...]]:
    """Learning outcomes as texts, and those of them that are named in a framework as skills."""
    graph = subject.graph
    found = graph.follow(subject.node, *_OUTCOMES)
    found += [one for node in subject.holders[1:] for one in graph.follow(node, "competencyRequired")]
    aligned = graph.follow(subject.node, "educationalAlignment")
    found += [one for one in aligned if _alignment(one) in ("teaches", "assesses")]
    for one in graph.follow(subject.node, "assesses")[:1]:
        named = label(one, "name", "targetName")
        subject.draft.state("assessment_exists", True, one.named_at, named.value if named else "assesses")
    outcomes: dict[str, None] = {}
    skills: dict[Skill, None] = {}
    for one in found:
        outcomes |= dict.fromkeys(_outcomes(one))
        if skill := _skill(graph, one):
            skills[skill] = None
    return tuple(outcomes), tuple(skills)


def _outcomes(node: Node) -> list[str]:
    stated = next(iter(texts(node, "name", "targetName", "description")), None)
    if stated is None:
        return []
    is_list = any(isinstance(raw, str) and _LIST.search(raw) for raw in node.value.values())
    parts = stated.value.splitlines() if is_list else [stated.value]
    return [" ".join(part.split()) for part in parts if part.strip()]


def _skill(graph: Graph, node: Node) -> Skill | None:
    named = label(node, "name", "targetName")
    sets = (label(one, "name", "@id") for one in graph.follow(node, "inDefinedTermSet", "educationalFramework"))
    framework = next((one.value for one in sets if one), None)
    places = (*values(node, "targetUrl"), *values(node, "url"), Item(identifier(node.value), ""))
    uri = next((place for item in places if (place := graph.address(item.value))), None)
    if named is None or "Course" in kinds(node) or not (uri or framework):
        return None
    return Skill(label=named.value, id=uri, framework=framework)
