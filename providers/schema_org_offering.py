"""What kind of offer a schema.org item describes: credential, place, pace, who offers it, validity, what it asks for.

Definitions: https://schema.org/Course, https://schema.org/EducationalOccupationalProgram and
https://schema.org/EducationalOccupationalCredential.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from evaluator.program import Organization, Recognition
from providers.durations import iso_duration
from providers.json_document import Text
from providers.schema_org_graph import (
    Graph,
    Node,
    Subject,
    first_line,
    identifier,
    kinds,
    label,
    texts,
    values,
    web_address,
)

ABSOLUTE = re.compile(r"(?:https?://|urn:|did:|doi:)\S+", re.IGNORECASE)
_CREDENTIAL_WORDS = (
    (re.compile(r"\bmicro-?\s?credentials?\b"), "micro_credential"),
    (re.compile(r"\bbadge\b"), "badge"),
    (re.compile(r"\bcertificate of (?:course )?completion\b|\bcompletion certificate\b"), "certificate_of_completion"),
    (re.compile(r"\bprofessional certificate\b"), "professional_certificate"),
    (re.compile(r"\bcertification\b"), "certification"),
    (re.compile(r"\blicen[cs](?:e|ure)\b"), "license"),
    (
        re.compile(
            r"\b(?:degree|bachelor(?:'s|’s)?|master(?:'s|’s| of)|doctor(?:ate| of)|associate (?:of|in)|ph\.?d)(?!\w)"
        ),
        "degree",
    ),
    (re.compile(r"\bcertificate\b"), "certificate"),
    (re.compile(r"\bdiploma\b"), "other"),
)
"""Words for kinds of credentials, the narrower before the wider."""
COURSES = frozenset({"Course", "CourseInstance"})
"""Types that lead to a credential only where something else says so."""
_DELIVERY = {
    "online": "online",
    "onlineonly": "online",
    "mooc": "online",
    "virtual": "online",
    "onlineeventattendancemode": "online",
    "onsite": "onsite",
    "oncampus": "onsite",
    "inperson": "onsite",
    "facetoface": "onsite",
    "classroom": "onsite",
    "offlineeventattendancemode": "onsite",
    "blended": "blended",
    "hybrid": "blended",
    "distance": "",
    "distancelearning": "",
    "correspondence": "",
}
"""Modes in comparable form; learning at a distance may be online or by post."""
_PACES = {"selfpaced": True, "instructorpaced": False}
_MODES = ("courseMode", "educationalProgramMode", "eventAttendanceMode")
_CONDITION = ("name", "targetName", "credentialCategory", "description")
_FOR_EVER = re.compile(r"(?:lifetime|(?:does not|never) expires?|no expir(?:y|ation))", re.IGNORECASE)
_LARGER = frozenset({"Course", "EducationalOccupationalProgram", "EducationalOccupationalCredential"})
_NOBODY = frozenset({"independent", "unknown", "none", "n/a", "other", "various"})
"""What catalogues write for a provider or seller that they don't know."""


def offering(subject: Subject) -> None:
    """State the kind of credential, delivery, pace, and how the description is published."""
    node, draft = subject.node, subject.draft
    type_at = f"{node.at}/{'@type' if '@type' in node.value else 'type'}"
    draft.state("metadata_standard", "schema_org", type_at, ", ".join(kinds(node)))
    _credential_type(subject, type_at)
    _delivery(subject)
    if "WorkBasedProgram" in kinds(node):
        # "A program with both an educational and employment component."
        draft.state("mode", "work_based", type_at, "WorkBasedProgram")
    for found in texts(node, "datePublished")[:1]:
        draft.state("first_offered_on", day(found.value), found.at, found.value)
    for found in texts(node, "accessibilityFeature"):
        if found.value.lower() not in ("none", "unknown"):
            draft.state("accessibility", "claim", found.at, found.value)
    _identifier(subject)


def _credential_type(subject: Subject, type_at: str) -> None:
    categories = [found for one in subject.holders for found in _named(subject.graph, one, "credentialCategory")]
    awarded = subject.holders[1:]
    names = [found for one in awarded if (found := label(one)) is not None]
    for found in (*categories, *names):
        if kind := credential_kind(found.value):
            subject.draft.state("credential_type", kind, found.at, found.value)
            return
    if subject.kind in COURSES and not categories and not awarded:
        subject.draft.state("credential_type", "course", type_at, subject.kind)


def credential_kind(words: str) -> str | None:
    """The kind of credential that words or the last part of an address name."""
    last = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.split(r"[/#]", words.rstrip("/"))[-1] if "://" in words else words)
    lowered = last.replace("_", " ").lower()
    return next((kind for pattern, kind in _CREDENTIAL_WORDS if pattern.search(lowered)), None)


def _named(graph: Graph, node: Node, name: str) -> Iterator[Text]:
    """What a property names: words, the name of a term, or an address."""
    for one in graph.follow(node, name):
        if found := label(one, "name", "termCode", "@id"):
            yield found


def _delivery(subject: Subject) -> None:
    """Runs that take place in different ways are alternatives, not a blend: unknown."""
    words = [found for one in subject.instances for name in _MODES for found in _named(subject.graph, one, name)]
    for fact, known in (("delivery", _DELIVERY), ("self_paced", _PACES)):
        told = [(value, found) for found in words if (value := known.get(_plain(found.value))) is not None]
        if len({value for value, _ in told}) == 1 and told[0][0] != "":
            value, found = told[0]
            subject.draft.state(fact, value, found.at, found.value)


def _plain(words: str) -> str:
    return "".join(filter(str.isalpha, re.split(r"[/#:]", words.rstrip("/"))[-1].lower()))


def _identifier(subject: Subject) -> None:
    """An identifier that says in which scheme it can be looked up; a bare course code means nothing elsewhere."""
    for item in values(subject.node, "identifier"):
        if isinstance(item.value, str) and ABSOLUTE.fullmatch(item.value.strip()):
            subject.draft.state("machine_identifier", True, item.at, item.value)
        elif isinstance(item.value, dict):
            node = Node(item.value, item.at, item.at)
            found, scheme = first_line(node, "value"), first_line(node, "propertyID")
            if found and (scheme or ABSOLUTE.fullmatch(found.value)):
                subject.draft.state("machine_identifier", True, found.at, found.value)


def validity(subject: Subject) -> None:
    """How long the credential is valid, by `validFor`."""
    draft = subject.draft
    for node in subject.holders:
        for found in texts(node, "validFor"):
            if length := iso_duration(found.value):
                draft.state("expires", True, found.at, found.value)
                draft.state("renewal_months", length.whole_months(), found.at, found.value)
            elif _FOR_EVER.fullmatch(found.value):
                draft.state("expires", False, found.at, found.value)
            else:
                draft.problem(found.at, "a validity is written as ISO 8601, such as P3Y for three years")


def day(written: str) -> str | None:
    """The day of an ISO 8601 date or time; `None` for anything else."""
    return written[:10] if re.match(r"\d{4}-\d{2}-\d{2}(?:$|[T ])", written) else None


def languages(subject: Subject) -> tuple[str, ...]:
    """Languages of the program, else of its runs, as stated."""
    for one in subject.instances:
        found = (label(each, "alternateName", "name") for each in subject.graph.follow(one, "inLanguage"))
        if stated := tuple(dict.fromkeys(each.value for each in found if each)):
            return stated
    return ()


def issuer(subject: Subject) -> Organization | None:
    """Who provides the program, its runs or its credential; where nobody is named, the platform that sells it."""
    graph = subject.graph
    holders = (*subject.instances, *subject.credentials)
    providers = (one for node in holders for one in graph.follow(node, "provider", "offeredBy"))
    sellers = (one for offer in subject.offers for one in graph.follow(offer, "seller", "offeredBy"))
    return next((found for one in chain(providers, sellers) if (found := _organization(graph, one))), None)


def _organization(graph: Graph, node: Node) -> Organization | None:
    """An organization; `None` when neither a name nor an address is known.

    Relative addresses are left out: on a catalogue's page they lead to the catalogue's page about the organization.
    """
    place = web_address(identifier(node.value))
    named = label(node, "name", "legalName")
    if named is not None and named.value.lower() in _NOBODY:
        return None
    if named is None and place is None:
        return None
    pages = (web_address(item.value) for item in values(node, "url"))
    return Organization(
        name=named.value if named else str(place),
        id=place,
        url=next((page for page in pages if page), None),
        country=_country(graph, node),
    )


def _country(graph: Graph, node: Node) -> str | None:
    for address in graph.follow(node, "address", "location"):
        for country in graph.follow(address, "addressCountry"):
            if found := label(country):
                return found.value
    return None


def recognitions(subject: Subject, own: Organization | None) -> tuple[Recognition, ...]:
    """Bodies that are said to recognise the credential, other than who offers it.

    `recognizedBy` may mean accreditation or less (https://schema.org/recognizedBy), so no fact follows from it.
    """
    bodies = [one for node in subject.credentials for one in subject.graph.follow(node, "recognizedBy")]
    found = (_organization(subject.graph, one) for one in bodies)
    return tuple(
        dict.fromkeys(
            Recognition(kind="recognition", body=one.name, scope="program", url=one.url or one.id)
            for one in found
            if one is not None and (own is None or one.name != own.name)
        )
    )


def stacking(subject: Subject) -> None:
    """What the program is part of, where that is named."""
    for larger in subject.graph.follow(subject.node, "isPartOf"):
        named = label(larger)
        if named and not larger.is_text and not _LARGER.isdisjoint(kinds(larger)):
            subject.draft.state("stack_claimed", True, larger.named_at, named.value)


def prerequisites(subject: Subject) -> tuple[str, ...]:
    """What learners need before they start, in words; other courses and credentials by name."""
    named = ("coursePrerequisites", "programPrerequisites")
    found = [label(one, *_CONDITION) for one in subject.graph.follow(subject.node, *named)]
    found += [
        label(one, "targetName", "name")
        for one in subject.graph.follow(subject.node, "educationalAlignment")
        if (kind := first_line(one, "alignmentType")) and kind.value.lower() in ("requires", "prerequisite")
    ]
    return tuple(dict.fromkeys(one.value for one in found if one))
