"""What learners do and reach, by a CTDL resource: time, credit, level, competencies, assessment.

Definitions of properties and terms: https://credreg.net/ctdl/terms. Identity checks and pass marks have no term there
and always stay unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from evaluator.program import Draft, Skill
from providers.ctdl_graph import (
    Graph,
    Node,
    Subject,
    address,
    concepts,
    first_number,
    first_text,
    mention,
    plain,
    values,
)
from providers.durations import IsoDuration, iso_duration
from providers.json_document import Item

_METHODS = {
    plain("Exam"): "assessment_written",
    plain("Performance"): "assessment_practical",
    plain("PortfolioEvaluation"): "assessment_portfolio",
    # "Work or product created or produced by the person being assessed" is a piece of work, not a collection.
    plain("Artifact"): "assessment_project",
}
_CREDIT_UNITS = {
    plain("ClockHour"): "clock_hour",
    plain("ContactHour"): "contact_hour",
    plain("ContinuingEducationUnit"): "ceu",
    plain("SemesterHour"): "us_semester_hour",
    plain("QuarterHour"): "us_quarter_hour",
}
_HOUR_UNITS = {"clock_hour": "clock_hours", "contact_hour": "contact_hours"}
UNIT_WORDS = (
    (re.compile(r"\bECTS\b"), "ects"),
    (re.compile(r"\bsemester (?:credits?|hours?)", re.IGNORECASE), "us_semester_hour"),
    (re.compile(r"\bquarter (?:credits?|hours?)", re.IGNORECASE), "us_quarter_hour"),
)
"""Units that CTDL has no term for, or that publishers give in words beside a vaguer term."""
FRAMEWORKS = (
    (re.compile(r"\bEQF\b|European Qualifications Framework", re.IGNORECASE), "eqf"),
    (re.compile(r"\bQF-EHEA\b|European Higher Education Area", re.IGNORECASE), "qf_ehea"),
    (re.compile(r"\bRQF\b|Regulated Qualifications Framework", re.IGNORECASE), "rqf"),
    (re.compile(r"\bSCQF\b", re.IGNORECASE), "scqf"),
    (re.compile(r"\bCQFW\b", re.IGNORECASE), "cqfw"),
    (re.compile(r"\bNZQ?C?F\b|New Zealand Qualifications", re.IGNORECASE), "nzqcf"),
    (re.compile(r"\bAQF\b|Australian Qualifications Framework", re.IGNORECASE), "aqf"),
    (re.compile(r"\bHKQF\b|Hong Kong Qualifications Framework", re.IGNORECASE), "hkqf"),
    (re.compile(r"\bNSQF\b", re.IGNORECASE), "nsqf"),
    (re.compile(r"\bISCED\b", re.IGNORECASE), "isced"),
)
"""Qualifications frameworks by the names that leave no doubt (not "NFQ", which two countries use)."""
_LEVELS = ("ceterms:atLevel", "ceterms:audienceLevelType", "ceterms:classification", "ceterms:creditLevelType")
_EXAMINED = frozenset({"Certification", "License"})
_ENDS = (
    ("ceterms:exactDuration", ("low", "high")),
    ("ceterms:minimumDuration", ("low",)),
    ("ceterms:maximumDuration", ("high",)),
)
_YES_OR_NO = (("supervised", "ceterms:isProctored"), ("assessment_group", "ceterms:hasGroupEvaluation"))
"""`isProctored`: "supervised or monitored by an agent"; `hasGroupEvaluation`: "scored as a group"."""
_COMPETENCY_TEXT = ("ceasn:competencyText", "ceasn:competencyLabel", "ceasn:name", "ceterms:name")


def durations(subject: Subject) -> None:
    """Weeks from start to end, and hours where they are stated.

    `timeRequired` is learning time and `exactDuration` a span (usage notes of both terms), but courses have long
    given their hours as a span of `PT40H`. A span in hours alone can only mean hours of learning, except where it may
    be the length of an exam.
    """
    spans: list[tuple[str, IsoDuration, Item]] = []
    hours: list[tuple[str, float, Item]] = []
    for profile in subject.graph.follow(subject.node, "ceterms:estimatedDuration"):
        for name, ends in _ENDS:
            for item in values(profile, name):
                if (length := _duration(subject.draft, item)) is not None:
                    spans += [(end, length, item) for end in ends]
        hours += _time_required(subject, profile)
    hours += _time_required(subject, subject.node)
    weeks = [(end, found, item) for end, length, item in spans if (found := length.calendar_weeks()) is not None]
    if subject.kind not in _EXAMINED and not weeks and not hours:
        hours = [(end, found, item) for end, length, item in spans if (found := length.effort_hours()) is not None]
    _state_ends(subject.draft, "duration_weeks", weeks)
    _state_ends(subject.draft, "workload_hours", hours)


def _time_required(subject: Subject, holder: Node) -> list[tuple[str, float, Item]]:
    found = []
    for item in values(holder, "ceterms:timeRequired"):
        length = _duration(subject.draft, item)
        if length is not None and length.is_implausible_effort():
            subject.draft.problem(item.at, f"{item.value} is months or years of work; PT60H is sixty hours")
        elif length is not None and (hours := length.effort_hours()) is not None:
            found += [("low", hours, item), ("high", hours, item)]
    return found


def _duration(draft: Draft, item: Item) -> IsoDuration | None:
    length = iso_duration(item.value)
    if length is None and item.value not in ("", "P0D", "PT0S"):
        draft.problem(
            item.at, "a duration is written as ISO 8601, such as P9M for nine months or PT40H for forty hours"
        )
    return length


def _state_ends(draft: Draft, fact: str, found: list[tuple[str, float, Item]]) -> None:
    """State the lowest low and the highest high: several profiles are several ways through the same program."""
    for end, choose in (("low", min), ("high", max)):
        if ends := [(value, item.at, item.value) for name, value, item in found if name == end]:
            value, at, quote = choose(ends, key=lambda one: one[0])
            draft.state(f"{fact}_{end}", value, at, quote)


class _Credit(NamedTuple):
    least: Item
    most: Item
    unit: str | None
    unit_at: str = ""
    unit_quote: str = ""


def credit(subject: Subject) -> None:
    """Credit with its unit, and contact and clock hours where credit is counted in them.

    Amounts that differ in the same unit are parts or alternatives, which the source doesn't tell: unknown.
    """
    node, draft = subject.node, subject.draft
    by_unit: dict[str | None, list[_Credit]] = {}
    for holder in (node, *subject.graph.follow(node, "ceterms:requires")):
        for one in _credits(subject.graph, holder):
            by_unit.setdefault(one.unit, []).append(one)
    clear = {unit: same[0] for unit, same in by_unit.items() if len({(one.least[0], one.most[0]) for one in same}) == 1}
    for unit, fact in _HOUR_UNITS.items():
        if unit in clear:
            draft.state(f"{fact}_low", clear[unit].least.value, clear[unit].least.at)
            draft.state(f"{fact}_high", clear[unit].most.value, clear[unit].most.at)
    units = [unit for unit in by_unit if unit not in _HOUR_UNITS] or list(by_unit)
    if units and (chosen := clear.get(units[0])):
        draft.state("credit_amount", chosen.least.value, chosen.least.at)
        draft.state("credit_unit", chosen.unit, chosen.unit_at, chosen.unit_quote)
    for value, at in values(node, "ceterms:isNonCredit"):
        # "no official academic credit according to the provider"; the reverse doesn't say that anybody recognised it.
        if _boolean(value):
            draft.state("credit_awarded", False, at, value)


def _credits(graph: Graph, holder: Node) -> Iterator[_Credit]:
    for profile in graph.follow(holder, "ceterms:creditValue"):
        yield from _credit(profile, "schema:value", "schema:minValue", "schema:maxValue")
    # Before there were profiles, the amount stood beside the unit.
    yield from _credit(holder, "ceterms:creditUnitValue", "ceterms:creditUnitMinValue", "ceterms:creditUnitMaxValue")


def _credit(holder: Node, exact: str, low: str, high: str) -> Iterator[_Credit]:
    least, most = first_number(holder, exact, low), first_number(holder, exact, high)
    if least is None or most is None:
        return
    term = next(concepts(holder, "ceterms:creditUnitType"), None)
    if term is not None and term.name in _CREDIT_UNITS:
        yield _Credit(least, most, _CREDIT_UNITS[term.name], term.at, term.quote)
        return
    described = first_text(holder, "ceterms:creditUnitTypeDescription", "schema:description")
    in_words = next((unit for words, unit in UNIT_WORDS if described and words.search(described.value)), None)
    if described and in_words:
        yield _Credit(least, most, in_words, described.at, described.value)
    elif term is not None:
        yield _Credit(least, most, "other", term.at, term.quote)
    else:
        yield _Credit(least, most, None)


def level(subject: Subject) -> None:
    """A level, only where it is one of a named qualifications framework; who placed it there is not said."""
    holders = (subject.node, *subject.graph.follow(subject.node, "ceterms:creditValue"))
    for holder in holders:
        for aligned in subject.graph.follow(holder, *_LEVELS):
            named = first_text(aligned, "ceterms:frameworkName")
            place = address(aligned, "ceterms:framework") or ""
            words = f"{named.value if named else ''} {place}"
            framework = next((name for pattern, name in FRAMEWORKS if pattern.search(words)), None)
            code = first_text(aligned, "ceterms:codedNotation", "ceterms:targetNodeName")
            if framework and code:
                at = named.at if named else f"{aligned.at}/ceterms:framework"
                subject.draft.state("level_framework", framework, at, named.value if named else place)
                subject.draft.state("level_code", code.value, code.at)
                return


def assessment(subject: Subject) -> None:
    """Whether and how learners are assessed: from the resource itself and from the assessments it requires."""
    for method in concepts(subject.node, "ceterms:assessmentMethodType"):
        if method.name in _METHODS:
            subject.draft.state("assessment_exists", True, method.at, method.quote)
    profiles = assessments(subject)
    for profile in profiles:
        subject.draft.state("assessment_exists", True, profile.named_at, mention(profile))
    for profile in (subject.node, *profiles):
        _assessment_details(subject.draft, profile)


def _assessment_details(draft: Draft, profile: Node) -> None:
    for method in concepts(profile, "ceterms:assessmentMethodType"):
        if method.name in _METHODS:
            draft.state(_METHODS[method.name], True, method.at, method.quote)
    for use in concepts(profile, "ceterms:assessmentUseType"):
        if use.name == plain("Summative"):
            draft.state("assessment_summative", True, use.at, use.quote)
    for fact, name in _YES_OR_NO:
        for value, at in values(profile, name):
            draft.state(fact, _boolean(value), at, value)
    for value, at in values(profile, "ceterms:hasRubric"):
        draft.state("marking_rubric_published", True, at, value)


def assessments(subject: Subject) -> list[Node]:
    """The assessments that the program names or that its requirements name."""
    conditions = subject.graph.follow(subject.node, "ceterms:requires")
    return [
        found for one in (subject.node, *conditions) for found in subject.graph.follow(one, "ceterms:targetAssessment")
    ]


def competencies(subject: Subject) -> tuple[tuple[str, ...], tuple[Skill, ...]]:
    """Learning outcomes as texts, and those of them that are named in a framework as skills."""
    sources = [(subject.node, "ceterms:teaches"), (subject.node, "ceterms:assesses")]
    sources += [(one, "ceterms:targetCompetency") for one in subject.graph.follow(subject.node, "ceterms:requires")]
    sources += [(one, "ceterms:assesses") for one in assessments(subject)]
    outcomes: dict[str, None] = {}
    skills: dict[tuple[str, str | None], Skill] = {}
    for holder, name in sources:
        for aligned in subject.graph.follow(holder, name):
            label, skill = _competency(subject.graph, aligned)
            if label:
                outcomes[label] = None
            if skill:
                skills[skill.label, skill.id] = skill
    return tuple(outcomes), tuple(skills.values())


def _competency(graph: Graph, aligned: Node) -> tuple[str | None, Skill | None]:
    target = next(iter(graph.follow(aligned, "ceterms:targetNode")), aligned)
    label = first_text(aligned, "ceterms:targetNodeName") or first_text(target, *_COMPETENCY_TEXT)
    label = label or first_text(aligned, "ceterms:targetNodeDescription")
    if label is None:
        return None, None
    uri = address(target, "@id")
    named = first_text(aligned, "ceterms:frameworkName")
    framework = named.value if named else address(aligned, "ceterms:framework") or address(target, "ceasn:isPartOf")
    uri = None if uri is not None and uri.startswith("_:") else uri
    return label.value, Skill(label=label.value, id=uri, framework=framework) if uri or framework else None


def _boolean(value: Any) -> bool | None:
    """A boolean, also as text (`"true"`), as older records write it."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None
