"""Facts that follow from other facts: ages, conversions, counts, and what is published at all.

Each rule is a small pure function from what is known so far to findings; `RULES` lists them in an order in
which every rule comes after those it builds on. A rule that finds nothing leaves its facts unknown, except the
`*_stated` facts, which say whether something is published and are therefore always known.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from evaluator.facts import Value, dictionary
from evaluator.levels import (
    Authority,
    Hours,
    Row,
    credit_hours,
    ects_from_hours,
    eqf_interval,
    level_referenced,
    notional_from_contact,
)
from evaluator.program import QUOTE_LENGTH, RANK, Evidence, Fact, Grade, Program

TOLERANCE = 0.2
"""How far stated hours may lie outside the band of the stated credits and still agree with them."""

ASSESSMENT_KINDS = tuple(
    f"assessment_{kind}"
    for kind in ("written", "oral", "practical", "portfolio", "project", "peer", "quiz", "prior_learning")
)
ASSESSMENT_SIGNS = (*ASSESSMENT_KINDS, "assessment_summative")
EXAMS = ("assessment_summative", "assessment_written", "assessment_oral", "assessment_practical")
HOURS = tuple(f"{kind}_hours_{end}" for kind in ("workload", "contact", "clock") for end in ("low", "high"))
TAUGHT_TIME = ("contact_hours_high", "duration_weeks_high", "contact_hours_low", "duration_weeks_low")
QA_DECISIONS = (
    "qa_external_program",
    "qa_external_institution",
    "qa_internal_approval",
    "qa_statement_profile",
    "qa_statement_process",
    "qa_statement_review",
)
HOURS_OF_BASIS = {"notional": "workload_hours", "contact": "contact_hours", "supervised": "clock_hours"}
DATED_RECORDS = frozenset({"ob2", "ob3", "vc", "clr", "elm"})
"""Forms of a record that can't be issued without a date."""
NOT_PUBLISHED = Fact(value=False, grade="documented", evidence=())
"""Our observation that something is not published; there is no place to point at."""
LIMIT_BY_AUTHORITY: dict[Authority, Grade] = {"composed": "documented", "inferred": "claimed"}
"""A level that was placed in the EQF here is no better evidence than the judgement that placed it there."""


class Known(NamedTuple):
    """What a rule may look at."""

    program: Program
    facts: dict[str, Fact]
    """Facts stated and derived so far."""
    as_of: datetime.date

    def value(self, name: str) -> Value | None:
        """The value that stands, or `None` for unknown."""
        fact = self.facts.get(name)
        return None if fact is None else fact.value

    def number(self, name: str) -> float | None:
        """The value of a fact that is a number, or `None` for unknown."""
        value = self.value(name)
        return value if isinstance(value, (int, float)) else None

    def known(self, names: Iterable[str]) -> list[str]:
        """Those of `names` whose value is known."""
        facts = self.facts
        return [name for name in names if name in facts and facts[name].value is not None]

    def true(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that are known to be true."""
        facts = self.facts
        return [name for name in names if name in facts and facts[name].value is True]


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A derived value with how it came about."""

    fact: str
    value: Value
    how: str
    """What the value was computed from, or the words it rests on."""
    inputs: tuple[str, ...] = ()
    """Facts it was computed from; empty for what rests on a descriptive field of the program."""
    limit: Grade = "verified"
    """Grade that the finding can't exceed."""


Rule = Callable[[Known], Iterable[Finding]]


def derive(program: Program, as_of: datetime.date) -> Program:
    """The program with the facts that follow from what it says, as seen on `as_of`.

    No fact that the program has is changed or removed. Deriving twice on the same date gives the same program; for
    another date, derive from the program as read.
    """
    facts = dict(program.facts)
    known = Known(program, facts, as_of)
    field = _field_evidence(program)
    for rule in RULES:
        for finding in rule(known):
            if finding.fact not in facts:
                facts[finding.fact] = _fact(finding, facts, field)
    return msgspec.structs.replace(program, facts=facts)


def ages(known: Known) -> list[Finding]:
    """Whole months from a stated day to `as_of`; a day still to come gives no age.

    Track record: Workforce Pell asks for 12 months (https://thefederalregister.org/documents/2026-10013). Reviews: ACE
    re-reviews after 3 years, NZQA after 1 to 3 (listing rule 6). Job analysis: ISO/IEC 17024.
    """
    findings = []
    for day, age in (
        ("first_offered_on", "first_offered_months"),
        ("reviewed_on", "review_age_months"),
        ("job_task_analysis_on", "job_task_analysis_age_months"),
    ):
        stated = known.value(day)
        if isinstance(stated, str) and (months := _months(datetime.date.fromisoformat(stated), known.as_of)) >= 0:
            findings.append(Finding(age, months, _seen(day, stated, known.as_of), (day,)))
    return findings


def validity(known: Known) -> list[Finding]:
    """A decision whose last valid day has passed has run out (ACE recommendations run for 3 years)."""
    findings = []
    for last_day, lapsed in (
        ("credit_recommendation_valid_to", "credit_recommendation_expired"),
        ("qa_valid_to", "qa_lapsed"),
    ):
        stated = known.value(last_day)
        if isinstance(stated, str):
            over = datetime.date.fromisoformat(stated) < known.as_of
            findings.append(Finding(lapsed, over, _seen(last_day, stated, known.as_of), (last_day,)))
    return findings


def supervised(known: Known) -> tuple[Finding, ...]:
    """Any kind of supervision is supervision (Council Recommendation 2022/C 243/02, Annex I, optional elements)."""
    kind = known.value("supervision")
    return () if kind is None else (Finding("supervised", kind != "none", f"supervision {kind}", ("supervision",)),)


def assessment(known: Known) -> tuple[Finding, ...]:
    """Who is examined, or has a mark to reach, is assessed (ASTM E2659: a certificate rests on an assessment).

    That no kind of assessment is stated says nothing: absence is never derived.
    """
    signs = known.true(ASSESSMENT_SIGNS) or known.known(("pass_mark",))
    return (Finding("assessment_exists", True, "", (signs[0],)),) if signs else ()


def free(known: Known) -> tuple[Finding, ...]:
    """A credential whose price is zero is free, and one with a price is not."""
    price = known.number("price_amount")
    return () if price is None else (Finding("free", price == 0, f"price_amount {price:g}", ("price_amount",)),)


def coherence(known: Known) -> tuple[Finding, ...]:
    """Whether stated hours lie inside the band of the stated credits, give or take 20 percent.

    ECTS Users' Guide 2015 (25 to 30 hours), 34 CFR 600.2 and the credit systems of `levels.yaml`. Both ends of the
    stated hours have to lie inside. Hours and credits that count different things can't be compared. That hours
    were validated by asking learners is never derived.
    """
    stated, amount = known.known(HOURS), known.known(("credit_amount",))
    if not (stated and amount):
        either = (*stated[:1], *amount)
        return (Finding("workload_credit_coherence", "one" if either else "neither", "", either),)
    hours = _hours_of_credit(known)
    if hours is None:
        return ()
    names = [f"{HOURS_OF_BASIS[hours.basis]}_{end}" for end in ("low", "high")]
    low, high = (known.number(name) for name in names)
    if low is None or high is None:
        return ()
    inside = hours.low * (1 - TOLERANCE) <= low and high <= hours.high * (1 + TOLERANCE)
    how = f"{low:g}–{high:g} h stated; {_credit_words(known, hours)} ± 20 %"
    inputs = (*names, "credit_amount", "credit_unit")
    return (Finding("workload_credit_coherence", "inside" if inside else "outside", how, inputs),)


def stated_workload(known: Known) -> tuple[Finding, ...]:
    """Hours that a source states are stated; this rule comes before any conversion."""
    stated = known.known(("workload_hours_low", "workload_hours_high"))
    return (Finding("workload_source", "stated", "", (stated[0],)),) if stated else ()


def hours_from_credit(known: Known) -> tuple[Finding, ...]:
    """Hours of the kind that the credit counts, where no such hours are stated (`levels.yaml`, credits)."""
    hours = _hours_of_credit(known)
    if hours is None:
        return ()
    kind = HOURS_OF_BASIS[hours.basis]
    if known.known((f"{kind}_low", f"{kind}_high")):
        return ()
    return _hours_found(kind, hours, _credit_words(known, hours), ("credit_amount", "credit_unit"))


def hours_from_contact(known: Known) -> tuple[Finding, ...]:
    """All learner time from contact time alone: none to two hours of own work an hour taught (34 CFR 600.2)."""
    if known.known(("workload_hours_low", "workload_hours_high")):
        return ()
    low, high = known.number("contact_hours_low"), known.number("contact_hours_high")
    if low is None or high is None or (hours := notional_from_contact(low, high)) is None:
        return ()
    how = f"contact hours {low:g}–{high:g} × {hours.each[0]:g}–{hours.each[1]:g} {_row_words(hours.row)}"
    return _hours_found("workload_hours", hours, how, ("contact_hours_low", "contact_hours_high"))


def ects(known: Known) -> tuple[Finding, ...]:
    """ECTS as stated, else comparable to the learning time at 25 to 30 hours a credit (ECTS Users' Guide 2015).

    Stated ECTS are kept: turning them into hours and back would widen them.
    """
    amount = known.number("credit_amount")
    if amount is not None and known.value("credit_unit") == "ects":
        inputs, how = ("credit_amount", "credit_unit"), f"credit_amount {amount:g} ects"
        return Finding("ects_low", amount, how, inputs), Finding("ects_high", amount, how, inputs)
    findings = []
    for end in (0, 1):
        source, target = (f"{name}_{('low', 'high')[end]}" for name in ("workload_hours", "ects"))
        if (hours := known.number(source)) is not None:
            credits = ects_from_hours(hours, hours)[end]
            findings.append(Finding(target, credits, f"{source} {hours:g} ÷ {(30, 25)[end]} h", (source,)))
    return tuple(findings)


def eqf(known: Known) -> tuple[Finding, ...]:
    """EQF levels that the published level can stand for (Council Recommendation 2017/C 189/03; `levels.yaml`).

    A level that the offerer gave itself is widened by one to each side.
    """
    framework, code = known.value("level_framework"), known.value("level_code")
    if framework is None or code is None:
        return ()
    own = known.value("level_assigned_by") == "self"
    found = eqf_interval(str(framework), str(code), self_assigned=own)
    if found is None:
        return ()
    how = f"{framework} {str(code)[:40]} {_row_words(found.row)}{', one wider each side: self-assigned' if own else ''}"
    inputs = ("level_code", "level_framework", *(("level_assigned_by",) if own else ()))
    limit = LIMIT_BY_AUTHORITY.get(found.row.authority, "verified")
    return Finding("eqf_low", found.low, how, inputs, limit), Finding("eqf_high", found.high, how, inputs, limit)


def referenced(known: Known) -> tuple[Finding, ...]:
    """Whether the framework of the level is referenced to the EQF (Council Recommendation 2017/C 189/03)."""
    framework = known.value("level_framework")
    answer = None if framework is None else level_referenced(str(framework))
    return () if answer is None else (Finding("level_referenced", answer, "", ("level_framework",)),)


def counts(known: Known) -> list[Finding]:
    """How many outcomes and skills are listed, and how many skills can be looked up; an absent list is unknown.

    eCampusOntario 2020: skills named in a harmonised framework.
    """
    outcomes, skills = known.program.outcomes, known.program.skills
    findings = []
    if outcomes:
        findings.append(Finding("outcomes_count", len(outcomes), f"{len(outcomes)} learning outcomes listed"))
    if skills:
        mapped = sum(1 for skill in skills if skill.framework and _is_uri(skill.id))
        findings.append(Finding("skills_count", len(skills), f"{len(skills)} skills listed"))
        how = f"{mapped} of {len(skills)} skills have an address in a named framework"
        findings.append(Finding("skills_mapped_share", mapped / len(skills), how))
    return findings


def mode(known: Known) -> tuple[Finding, ...]:
    """A program with taught time is not only an exam; whether it also examines decides between the two taught modes.

    Nothing is derived for learning at work, nor from the absence of taught time.
    """
    if known.value("delivery") == "work_based":
        return ()
    signs = [name for name in TAUGHT_TIME if known.value(name)]
    if known.value("credential_type") == "course":
        signs.append("credential_type")
    if not signs:
        return ()
    exams = known.true(EXAMS)
    how = f"{signs[0]} {known.value(signs[0])}" + (f", {exams[0]}" if exams else "")
    return (Finding("mode", "taught_exam" if exams else "taught", how, (signs[0], *exams[:1])),)


def issuer_identified(known: Known) -> tuple[Finding, ...]:
    """An issuer can be found when it has a name and an identifier, an address or a country.

    Council Recommendation 2022/C 243/02, Annex I: country or region of the issuer, and the awarding body. A bare
    name may still be identified by another source, so it is not a no.
    """
    issuer = known.program.issuer
    if issuer is None or not issuer.name or not (handle := issuer.id or issuer.url or issuer.country):
        return ()
    return (Finding("issuer_identified", True, _short(f"{issuer.name[:QUOTE_LENGTH]}, {handle[:QUOTE_LENGTH]}")),)


FIELDS: dict[str, Callable[[Program], str | None]] = {
    "title_stated": lambda program: program.title,
    "description_stated": lambda program: program.description,
    "issuer_country_stated": lambda program: program.issuer.country if program.issuer else None,
    "awarding_body_stated": lambda program: program.awarding_body.name if program.awarding_body else None,
    "prerequisites_stated": lambda program: next(iter(program.prerequisites), None),
    "further_information_stated": lambda program: program.url,
    "outcomes_stated": lambda program: next(iter(program.outcomes), None),
    # A role is given together with a request, never by a program.
    "role_profile_stated": lambda program: None,
}


def stated_in_fields(known: Known) -> list[Finding]:
    """What the descriptive fields give (Council Recommendation 2022/C 243/02, Annex I)."""
    return [Finding(fact, bool(text := _short(read(known.program))), text) for fact, read in FIELDS.items()]


def stated_in_facts(known: Known) -> list[Finding]:
    """What stated facts give, even where sources contradict each other (same Annex; prices: Australian NMF 2021)."""
    program, facts = known.program, known.facts
    quality = known.true(QA_DECISIONS)
    if known.value("qa_conformity") not in (None, "none"):
        quality.append("qa_conformity")
    recognition = _short(program.recognitions[0].body or program.recognitions[0].kind) if program.recognitions else ""
    price = f"{program.prices[0].amount:g} {program.prices[0].currency or ''}".strip() if program.prices else ""
    return [
        _stated("participation_stated", facts, ("delivery",)),
        _stated("workload_stated", facts, (*HOURS, "credit_amount")),
        _stated("level_stated", facts, ("level_code",)),
        _stated("assessment_stated", facts, (*ASSESSMENT_KINDS, "assessment_exists")),
        _stated("qa_stated", facts, quality, recognition),
        _stated("price_stated", facts, ("price_amount", "free"), price),
    ]


def eu_elements(known: Known) -> tuple[Finding, ...]:
    """How many of the 11 mandatory elements a program publishes (Council Recommendation 2022/C 243/02, Annex I).

    Two of them belong to the record that a learner gets: it counts when records are bound to their holder, and when
    their form can't be issued without a date. The issuer may be the awarding body.
    """
    program, value = known.program, known.value
    awarded = value("awarding_body_stated") or bool(program.issuer and program.issuer.name)
    kinds = known.true(ASSESSMENT_KINDS)
    elements = (
        ("title", value("title_stated"), "title_stated"),
        ("learner", value("record_holder_bound"), "record_holder_bound"),
        ("country of issuer", value("issuer_country_stated"), "issuer_country_stated"),
        ("awarding body", awarded, "awarding_body_stated"),
        ("date of issue", value("record_format") in DATED_RECORDS, "record_format"),
        ("outcomes", value("outcomes_stated"), "outcomes_stated"),
        ("workload", value("workload_stated"), "workload_stated"),
        ("level", value("level_stated"), "level_stated"),
        ("assessment", bool(kinds), kinds[0] if kinds else ""),
        ("participation", value("participation_stated"), "participation_stated"),
        ("quality assurance", value("qa_stated"), "qa_stated"),
    )
    present = [(name, fact) for name, is_there, fact in elements if is_there]
    how = f"{len(present)} of 11: {', '.join(name for name, _ in present)}" if present else ""
    inputs = tuple(fact for _, fact in present if fact != "awarding_body_stated" or program.awarding_body)
    return (Finding("eu_elements_count", len(present), how, inputs),)


RULES: tuple[Rule, ...] = (
    ages,
    validity,
    supervised,
    assessment,
    free,
    coherence,
    stated_workload,
    hours_from_credit,
    hours_from_contact,
    ects,
    eqf,
    referenced,
    counts,
    mode,
    issuer_identified,
    stated_in_fields,
    stated_in_facts,
    eu_elements,
)
"""In an order in which every rule comes after those whose findings it uses, and before those that would mislead it."""


def _stated(fact: str, facts: dict[str, Fact], names: Sequence[str], words: str = "") -> Finding:
    """Whether one of `names` is stated, resting on the best of them, or else on `words` of a descriptive field."""
    best = ""
    for name in names:
        if name in facts and (not best or RANK[facts[name].grade] > RANK[facts[best].grade]):
            best = name
    return Finding(fact, True, "", (best,)) if best else Finding(fact, bool(words), words)


def _hours_of_credit(known: Known) -> Hours | None:
    """Hours that the stated credit stands for; the issuer awards where no other awarding body is named.

    Credit for an examination or for work has no hours to stand for: a two-hour examination can carry three semester
    hours, 7,000 hours at work 25 of them.
    """
    amount, unit = known.number("credit_amount"), known.value("credit_unit")
    if amount is None or unit is None or known.value("mode") in ("exam_only", "work_based"):
        return None
    body = known.program.awarding_body or known.program.issuer
    return credit_hours(amount, str(unit), body.name if body else None)


def _hours_found(kind: str, hours: Hours, how: str, inputs: tuple[str, ...]) -> tuple[Finding, ...]:
    found = Finding(f"{kind}_low", hours.low, how, inputs), Finding(f"{kind}_high", hours.high, how, inputs)
    return (*found, Finding("workload_source", "converted", how, inputs)) if kind == "workload_hours" else found


def _credit_words(known: Known, hours: Hours) -> str:
    amount, unit = known.number("credit_amount"), known.value("credit_unit")
    return f"credit_amount {amount:g} {unit} × {hours.each[0]:g}–{hours.each[1]:g} h {_row_words(hours.row)}"


def _row_words(row: Row) -> str:
    return f"({row.id}, {row.authority}, table of {row.version})"


def _seen(day: str, stated: str, as_of: datetime.date) -> str:
    return f"{dictionary()[day].label} {stated}, seen on {as_of}"


def _months(start: datetime.date, end: datetime.date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _is_uri(text: str | None) -> bool:
    return text is not None and ("://" in text or text.startswith("urn:"))


def _short(text: str | None) -> str:
    if not text:
        return ""
    cut = text[:QUOTE_LENGTH]
    return cut.strip() if cut.isprintable() else " ".join(cut.split())


def _field_evidence(program: Program) -> Evidence | None:
    """Evidence for what the descriptive fields say: the document as a whole, at the grade most of its facts have.

    Fields carry no evidence of their own, and a source has one grade.
    """
    if not program.documents:
        return None
    reference = program.documents[0]
    grades = [
        item.grade
        for fact in program.facts.values()
        for item in fact.evidence
        if item.document == reference.digest and item.inherited_from is None
    ]
    grade: Grade = max(set(grades), key=lambda grade: (grades.count(grade), -RANK[grade]), default="claimed")
    return Evidence(
        document=reference.digest, locator="", quote="", value=True, grade=grade, retrieved=reference.retrieved
    )


def _fact(finding: Finding, facts: dict[str, Fact], field: Evidence | None) -> Fact:
    """The finding with the evidence of its first input, at the lowest grade of all inputs.

    What rests on nothing is an observation of ours about the whole document: documented, without evidence.
    """
    value, how, inputs = finding.value, finding.how, finding.inputs
    if not inputs and not how:
        return NOT_PUBLISHED if value is False else Fact(value=value, grade="documented", evidence=())
    origin = _best(facts[inputs[0]]) if inputs else field
    grade: Grade = facts[inputs[0]].grade if inputs else origin.grade if origin else "claimed"
    for name in inputs[1:]:
        grade = _lower(grade, facts[name].grade)
    grade = _lower(grade, finding.limit)
    if origin is None:
        return Fact(value=value, grade=grade, evidence=())
    evidence = Evidence(
        document=origin.document,
        locator=origin.locator,
        quote=how[:QUOTE_LENGTH] or origin.quote,
        value=value,
        grade=grade,
        retrieved=origin.retrieved,
        inherited_from=origin.inherited_from,
        source=origin.source,
    )
    return Fact(value=value, grade=grade, evidence=(evidence,))


def _lower(one: Grade, other: Grade) -> Grade:
    return one if one == other or RANK[one] < RANK[other] else other


def _best(fact: Fact) -> Evidence | None:
    """The best evidence for the value that stands; evidence for another value may come first in a conflict."""
    for item in fact.evidence:
        if item.value == fact.value:
            return item
    return fact.evidence[0] if fact.evidence else None
