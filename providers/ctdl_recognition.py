"""Who stands behind a program in CTDL: quality assurance of program and owner, credit recommendations, stacking.

CTDL states quality assurance in four ways, and all of them count here: properties of the program (`accreditedBy`),
the same limited to a place (`accreditedIn`), properties of the assuring body (`accredits`), and dated actions
(`AccreditAction`). All come from the publisher's entry, which is documented; a register of the assuring body would be
third party.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from evaluator.program import Organization, Recognition
from providers.ctdl_graph import (
    Graph,
    Node,
    Subject,
    address,
    concepts,
    first_text,
    identifier,
    key,
    mention,
    plain,
    types,
    values,
)
from providers.durations import iso_duration
from providers.json_document import Text


class _Decision(NamedTuple):
    kind: str
    by: str
    within: str
    inverse: str
    action: str
    program: tuple[str, ...]
    """Facts that the decision about a program states."""
    institution: tuple[str, ...]
    """Facts that the decision about its owner states."""


_DECISIONS = (
    _Decision(
        "accreditation",
        by="ceterms:accreditedBy",
        within="ceterms:accreditedIn",
        inverse="ceterms:accredits",
        action="AccreditAction",
        program=("qa_external_program", "program_approved"),
        institution=("qa_external_institution", "issuer_accredited"),
    ),
    _Decision(
        "approval",
        by="ceterms:approvedBy",
        within="ceterms:approvedIn",
        inverse="ceterms:approves",
        action="ApproveAction",
        program=("qa_external_program", "program_approved"),
        institution=("qa_external_institution", "issuer_accredited"),
    ),
    _Decision(
        "recognition",
        by="ceterms:recognizedBy",
        within="ceterms:recognizedIn",
        inverse="ceterms:recognizes",
        action="RecognizeAction",
        program=("qa_external_program",),
        institution=("qa_external_institution", "issuer_accredited"),
    ),
    _Decision(
        "regulation",
        by="ceterms:regulatedBy",
        within="ceterms:regulatedIn",
        inverse="ceterms:regulates",
        action="RegulateAction",
        program=("qa_external_program", "regulator_recognised"),
        institution=("qa_external_institution",),
    ),
)
_NOT_IN_FORCE = frozenset(map(plain, ("FailedActionStatus", "PotentialActionStatus", "ActiveActionStatus")))
"""Actions that failed, are planned or are still going on decide nothing yet (vocabulary `actionStat`)."""
_CREDIT_RECOMMENDERS = re.compile(
    r"\bNCCRS\b|National College Credit Recommendation|American Council on Education|\bACE (?:CREDIT|National Guide)\b"
    r"|\bacenet\.edu\b|\bnationalccrs\.org\b",
    re.IGNORECASE,
)
_OWNERS = ("ceterms:ownedBy", "ceterms:offeredBy")
_PROCESSES = (
    ("qa_statement_process", "ceterms:administrationProcess"),
    ("qa_statement_review", "ceterms:reviewProcess"),
)


class _Statement(NamedTuple):
    decision: _Decision
    body: Node
    start: Text | None = None
    end: Text | None = None


def issuer(subject: Subject) -> Organization | None:
    """The owner, else who offers it. An organization that is described elsewhere is named by its address."""
    found = subject.graph.follow(subject.node, *_OWNERS)
    return organization(subject.graph, found[0]) if found else None


def organization(graph: Graph, node: Node) -> Organization | None:
    """An organization; `None` when neither a name nor an address is known."""
    named, place = first_text(node, "ceterms:name"), identifier(node)
    if named is None and place is None:
        return None
    countries = (first_text(one, "ceterms:addressCountry") for one in graph.follow(node, "ceterms:address"))
    country = next((one.value for one in countries if one), None)
    return Organization(
        name=named.value if named else str(place),
        id=place,
        url=address(node, "ceterms:subjectWebpage"),
        country=country,
    )


def recognitions(subject: Subject) -> tuple[Recognition, ...]:
    """Decisions of others about the program and about its owner; states the facts that follow from them.

    What an owner says of itself is nobody else's decision and is left out.
    """
    owners = subject.graph.follow(subject.node, *_OWNERS)
    own = {_name_of(owner) for owner in owners}
    found: dict[Recognition, None] = {}
    for statement in _statements(subject.graph, subject.node):
        if _name_of(statement.body) not in own:
            found[_recognition(subject, statement, "program")] = None
    for owner in {_name_of(owner): owner for owner in owners}.values():
        for statement in _statements(subject.graph, owner):
            if _name_of(statement.body) not in own:
                found[_recognition(subject, statement, "institution")] = None
    return tuple(found)


def _recognition(subject: Subject, statement: _Statement, scope: str) -> Recognition:
    decision, body, draft = statement.decision, statement.body, subject.draft
    name = _title(body)
    at_program = scope == "program"
    for fact in decision.program if at_program else decision.institution:
        draft.state(fact, True, body.named_at, mention(body))
    if at_program and _CREDIT_RECOMMENDERS.search(f"{name} {body.value.get('@id')} {_page(body)}"):
        draft.state("credit_recommended", True, body.named_at, mention(body))
        _state_end(subject, "credit_recommendation_valid_to", statement.end)
    _state_end(subject, "qa_valid_to", statement.end)
    return Recognition(
        kind=decision.kind,
        body=name,
        scope="program" if at_program else "institution",
        url=_page(body),
        valid_from=statement.start.value if statement.start else None,
        valid_to=statement.end.value if statement.end else None,
    )


def _state_end(subject: Subject, fact: str, end: Text | None) -> None:
    if end is not None:
        subject.draft.state(fact, end.value[:10], end.at, end.value)


def _statements(graph: Graph, target: Node) -> Iterator[_Statement]:
    for decision in _DECISIONS:
        bodies = graph.follow(target, decision.by)
        for place in graph.follow(target, decision.within):
            bodies += graph.follow(place, "ceterms:assertedBy")
        bodies += graph.referring(decision.inverse, target)
        for body in bodies:
            yield _Statement(decision, body)
        for action in graph.referring("ceterms:object", target):
            if any(name == decision.action for name, _ in types(action)):
                yield from _action(graph, decision, action)


def _action(graph: Graph, decision: _Decision, action: Node) -> Iterator[_Statement]:
    if any(status.name in _NOT_IN_FORCE for status in concepts(action, "ceterms:actionStatusType")):
        return
    start, end = first_text(action, "ceterms:startDate"), first_text(action, "ceterms:endDate")
    for body in graph.follow(action, "ceterms:actingAgent"):
        yield _Statement(decision, body, start, end)


def _name_of(node: Node) -> str:
    stated = node.value.get("@id")
    return key(stated) if isinstance(stated, str) else _title(node)


def _title(body: Node) -> str:
    named = first_text(body, "ceterms:name")
    return named.value if named else identifier(body) or "a body without a name"


def _page(body: Node) -> str | None:
    return address(body, "ceterms:subjectWebpage") or identifier(body)


def quality_processes(subject: Subject) -> None:
    """Processes that the owner describes, how often it reviews, and a claim of accessibility."""
    node, draft = subject.node, subject.draft
    for fact, name in _PROCESSES:
        for process in subject.graph.follow(node, name):
            draft.state(fact, True, process.named_at, mention(process))
    for process in subject.graph.follow(node, "ceterms:reviewProcess"):
        for value, at in values(process, "ceterms:processFrequency"):
            if length := iso_duration(value):
                draft.state("review_cycle_months", length.whole_months(), at, value)
    for support in concepts(node, "ceterms:accommodationType"):
        draft.state("accessibility", "claim", support.at, support.quote)


def stacking(subject: Subject) -> None:
    """What the program counts toward, where the document describes the larger thing by name."""
    node, graph, draft = subject.node, subject.graph, subject.draft
    own = {_name_of(owner) for owner in graph.follow(node, *_OWNERS)}
    steps = [(step, step) for step in graph.follow(node, "ceterms:isPartOf")]
    counted = graph.follow(node, "ceterms:isRequiredFor", "ceterms:isAdvancedStandingFor")
    counted_to = [(one, to) for one in counted for to in graph.follow(one, "ceterms:targetCredential") or [one]]
    for step, larger in (*steps, *counted_to):
        owners = {_name_of(owner) for owner in graph.follow(larger, *_OWNERS)}
        if own & owners and first_text(larger, "ceterms:name"):
            draft.state("stack_own_path", True, step.named_at, mention(step))
    for step, larger in counted_to:
        if first_text(larger, "ceterms:name") and any(_is_qualification(name) for name, _ in types(larger)):
            draft.state("stack_into_qualification", True, step.named_at, mention(step))


def _is_qualification(name: str) -> bool:
    return name.endswith(("Degree", "Doctorate", "Certificate", "Diploma")) or name in ("Certification", "License")
