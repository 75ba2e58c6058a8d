"""Open Badges 1.x, 2.0 and 3.0 and Comprehensive Learner Records 2.0, as JSON, JWS or baked pictures.

A program is what a badge class or achievement describes. The person who holds it is nobody's business here: names,
addresses, hashes, results and evidence of holders are not read, and titles come from the achievement only, because
the title of a credential may name its holder. Signatures are not verified (see `evaluator/credentials`).

https://www.imsglobal.org/spec/ob/v2p0/, https://www.imsglobal.org/spec/ob/v3p0/, https://www.imsglobal.org/spec/clr/v2p0/
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from evaluator.program import Document, Draft, Problem, Program, Reading
from providers.json_document import UnreadableJson, items, looks_like_json, member, text
from providers.open_badges_alignment import read_alignments
from providers.open_badges_assessment import read_assessment
from providers.open_badges_carrier import is_jws, is_picture, unwrap
from providers.open_badges_contents import Contents, Found, Node, contents, identifier, is_open_badge
from providers.open_badges_edubadges import languages, read_profile
from providers.open_badges_issuer import endorsements, issuer_of
from providers.open_badges_record import state_record
from providers.provider import Provider

_CREDENTIAL_TYPES = {
    "MicroCredential": "micro_credential",
    "Badge": "badge",
    "Course": "course",
    "Certificate": "certificate",
    "ApprenticeshipCertificate": "certificate",
    "JourneymanCertificate": "certificate",
    "MasterCertificate": "certificate",
    "CertificateOfCompletion": "certificate_of_completion",
    "Certification": "certification",
    "License": "license",
    "Degree": "degree",
    "AssociateDegree": "degree",
    "BachelorDegree": "degree",
    "MasterDegree": "degree",
    "DoctoralDegree": "degree",
    "ProfessionalDoctorate": "degree",
    "ResearchDoctorate": "degree",
} | dict.fromkeys(
    (
        "Assessment",
        "Assignment",
        "Award",
        "CoCurricular",
        "CommunityService",
        "Competency",
        "Diploma",
        "Fieldwork",
        "GeneralEducationDevelopment",
        "LearningProgram",
        "Membership",
        "QualityAssuranceCredential",
        "SecondarySchoolDiploma",
    ),
    "other",
)
"""AchievementType (https://www.imsglobal.org/spec/ob/v3p0/#achievementtype-enumeration); `Achievement` says nothing."""
_QUALIFICATIONS = {"Diploma", "GeneralEducationDevelopment", "SecondarySchoolDiploma"}
_REQUIRED = {
    "ob2": ("id", "type", "name", "description", "image", "criteria", "issuer"),
    "ob3": ("id", "type", "name", "description", "criteria"),
}
"""Required properties: https://www.imsglobal.org/spec/ob/v2p0/#BadgeClass and
https://www.imsglobal.org/spec/ob/v3p0/#achievement."""

_MARKS = (
    b"openbadge",
    b"OpenBadge",
    b"imsglobal.org/spec/",
    b"AchievementCredential",
    b"ClrCredential",
    b'"BadgeClass"',
)
_TYPED = (
    b'"Achievement"',
    b'"Assertion"',
    b'"achievement"',
    b'"EnvelopedVerifiableCredential"',
    b'"VerifiablePresentation"',
)
_ONLY_HERE = "urn:epass:"
_MOST_LARGER = 20
"""Larger achievements that are looked at for each one; a hostile record could name millions."""
_MACHINE_READABLE = re.compile(r"https?://|urn:uuid:", re.IGNORECASE)


class _Larger(NamedTuple):
    """An achievement that another is part of, and the pointer that says so."""

    node: Node
    at: str


def recognises(source: Document) -> bool:
    """Whether a document is an Open Badge or CLR, or a picture that may have one baked in."""
    content = source.content
    if is_picture(content):
        return True
    if not is_jws(content):
        untyped = b'"criteria"' in content and b'"issuer"' in content
        if not (looks_like_json(content) and (untyped or any(mark in content for mark in (*_MARKS, *_TYPED)))):
            return False
    try:
        payload = unwrap(content)
    except UnreadableJson:
        # Nobody else will say what to mend in a badge that is cut off.
        return b'"@context"' in content and any(mark in content for mark in _MARKS)
    return any(is_open_badge(node) for node, _ in items(payload.value)[:20])


def read(source: Document) -> Reading:
    """The programs that a document describes. See `Provider.read`."""
    try:
        payload = unwrap(source.content)
    except UnreadableJson as error:
        return Reading(problems=(error.problem(source.url),))
    inside = contents(payload)
    programs: list[Program] = []
    problems = [
        Problem(document=source.url, locator=locator, message=message)
        for locator, message in (*payload.faults, *inside.problems)
    ]
    larger = _larger(inside)
    for found in inside.found:
        program, faults = _read_one(source, found, larger)
        programs += [program] if program else []
        problems += faults
    return Reading(programs=tuple(programs), problems=tuple(problems))


def _read_one(source: Document, found: Found, larger: dict[str, list[_Larger]]) -> tuple[Program | None, list[Problem]]:
    draft = Draft(source, "documented")
    node, at = found.node, found.at
    title, own_id = text(node.get("name")), _own_identifier(found)
    if title is None:
        draft.problem(at, "the badge class or achievement has no name; give it one")
        if own_id is None:
            return None, draft.problems
    _state_class(draft, found, own_id)
    outcomes = read_profile(draft, node, at, found.record)
    read_assessment(draft, node, at)
    skills, recognitions = read_alignments(draft, node, at)
    state_record(draft, found)
    _state_stacking(draft, found, larger)
    issuer = issuer_of(found)
    description = text(node.get("description"))
    program = draft.finish(
        id=own_id,
        title=title.value if title else None,
        description=description.value if description else None,
        url=_criteria_address(node),
        languages=_languages(found),
        issuer=issuer,
        awarding_body=None if found.record is None and found.standard == "ob3" else issuer,
        outcomes=outcomes,
        skills=skills,
        recognitions=recognitions + endorsements(draft, found, issuer),
        provider="open_badges",
    )
    return program, draft.problems


def _own_identifier(found: Found) -> str | None:
    """The identifier of the badge class or achievement, unless it is really that of the holder or their record.

    Nor one that is numbered anew in every document, as the European Learning Model does (`urn:epass:…:1`): programs
    of strangers would be taken for one.
    """
    own = identifier(found.node)
    if own is not None and own.startswith(_ONLY_HERE):
        return None
    return None if found.record is not None and own in found.record.private_identifiers() else own


def _state_class(draft: Draft, found: Found, own_id: str | None) -> None:
    """State what the core properties of the class say."""
    node, at = found.node, found.at
    kind = node.get("achievementType")
    if isinstance(kind, str):
        draft.state("credential_type", _CREDENTIAL_TYPES.get(kind.removeprefix("ext:")), f"{at}/achievementType", kind)
    if own_id is not None and _MACHINE_READABLE.match(own_id):
        draft.state("machine_identifier", True, f"{at}/{'id' if node.get('id') else '@id'}", own_id)
    if found.standard == "ob1":
        return
    required = _REQUIRED[found.standard]
    filled = sum(1 for key in required if node.get(key) or node.get(f"@{key}"))
    draft.state("metadata_standard", found.standard, at)
    share = round(filled / len(required), 4)
    draft.state("metadata_required_share", share, at, f"{filled} of {len(required)} required properties")


def _criteria_address(node: dict[str, Any]) -> str | None:
    """The page on what holders did: `criteria` is that page's address, or an object that may have it as its `id`."""
    for criteria, _ in items(node.get("criteria")):
        address = identifier(criteria)
        if address and address.startswith(("http://", "https://")):
            return address
    return None


def _languages(found: Found) -> tuple[str, ...]:
    """Languages of the achievement: stated for it, else for the JSON-LD object or document that it stands in."""
    node, record = found.node, found.record
    stated = [one for one, _ in items(node.get("inLanguage")) if isinstance(one, str)] or languages(node)
    if not stated:
        contexts = [
            one for place in (node, record.node if record else None) for one, _ in items(member(place, "@context"))
        ]
        candidates = [node.get("@language"), *(member(one, "@language") for one in contexts)]
        stated = [one for one in candidates if isinstance(one, str)][:1]
    return tuple(dict.fromkeys(one.strip() for one in stated if one.strip()))


def _state_stacking(draft: Draft, found: Found, larger: dict[str, list[_Larger]]) -> None:
    """State that the achievement is part of a larger one, where a CLR says so and describes the larger one."""
    own_id = identifier(found.node)
    for node, at in larger.get(own_id, [])[:_MOST_LARGER] if own_id else []:
        title, kind = text(node.get("name")), node.get("achievementType")
        if title is None or identifier(node) == own_id:
            continue
        creators = {identifier(one.get("creator")) for one in (found.node, node)}
        draft.state("stack_claimed" if len(creators) > 1 else "stack_own_path", True, at, title.value)
        if isinstance(kind, str) and (_CREDENTIAL_TYPES.get(kind) == "degree" or kind in _QUALIFICATIONS):
            draft.state("stack_into_qualification", True, at, title.value)


def _larger(inside: Contents) -> dict[str, list[_Larger]]:
    """What each achievement is part of, by its identifier
    (https://www.imsglobal.org/spec/clr/v2p0/#associationtype-enumeration)."""
    described = {identifier(one.node): one.node for one in inside.found} if inside.associations else {}
    larger: dict[str, list[_Larger]] = {}
    for one in inside.associations:
        if one.kind in ("isChildOf", "isPartOf") and one.target in described:
            larger.setdefault(one.source, []).append(_Larger(described[one.target], f"{one.at}/targetId"))
        elif one.kind == "isParentOf" and one.source in described:
            larger.setdefault(one.target, []).append(_Larger(described[one.source], f"{one.at}/sourceId"))
    return larger


provider = Provider(
    name="open_badges",
    title="Open Badges 1.x, 2.0 and 3.0, and Comprehensive Learner Records 2.0 (JSON, JWS, baked PNG and SVG)",
    recognises=recognises,
    read=read,
)
