"""What the edubadges profile of SURF (NL) adds to an achievement or badge class.

On Open Badges 3.0 it has properties of its own (https://github.com/educredentials/obv3-examples; terms:
https://edubadges.nl/static/obv3-glossary.html); on 2.0 each stands in an extension
(https://github.com/edubadges/edubadges-server/wiki/Metadata-Extensions-for-Edubadges). The published context spells
its own namespace in three ways, and properties or values may arrive expanded by it: all three are understood.
"""

from __future__ import annotations

import re
from typing import Any

from evaluator.program import Draft
from evaluator.strict_yaml import did_you_mean
from providers.json_document import Item, escape, items, member, number, texts
from providers.open_badges_contents import Node, Record

_NAMESPACE = re.compile(
    r"(?:https?://(?:www\.)?(?:edubadges|eduabages|edubaadges)\.nl/[^#]*#|edu(?:badges|abages|baadges):)"
)
_GLOSSARY_TERM = re.compile(r"(?:assessment|participation|supervision)-type-(.+)")
_EXTENSION = re.compile(r"extensions:(\w+)Extension")
_MICROCREDENTIAL_SCHEMA = re.compile(r".*/microcredential(?:_\w+)?\.json")

_ASSESSMENTS = {
    "testing": "assessment_written",
    "application of a skill": "assessment_practical",
    "portfolio": "assessment_portfolio",
    "recognition of prior learning": "assessment_prior_learning",
}
_PARTICIPATION = {
    "online": "online",
    "onsite": "onsite",
    "blended": "blended",
    "work experience": "work_based",
    # Each of these leaves open where the learning takes place.
    "onsite or blended": None,
    "volunteering": None,
    "personalized learning activities": None,
}
_SUPERVISION: dict[str, dict[str, bool | str]] = {
    "unsupervised with no identity verification": {
        "supervised": False,
        "supervision": "none",
        "identity_verified": False,
    },
    "supervised with no identity verification": {"supervised": True, "identity_verified": False},
    # Neither whether a person or software watches, nor whether identity is checked, is said.
    "supervised online": {"supervised": True},
    "onsite with identity verification": {"supervised": True, "supervision": "onsite", "identity_verified": True},
}


def read_profile(draft: Draft, node: Node, at: str, record: Record | None) -> tuple[str, ...]:
    """State what the profile's properties say. Gives the learning outcomes that its 2.0 extension lists."""
    properties = _properties(node, at)
    _state_workload(draft, properties)
    _state_level(draft, properties)
    _state_participation(draft, properties)
    _state_assessment(draft, properties)
    _state_supervision(draft, properties)
    if program := properties.get("educationprogramidentifier"):
        for one, place in items(*program):
            if isinstance(one, (str, int)) and not isinstance(one, bool) and one != "":
                draft.state("machine_identifier", True, place, one)
    if record is not None:
        _state_microcredential(draft, record)
    outcome = properties.get("learningoutcome")
    return tuple(dict.fromkeys(one.value for one in texts(*outcome))) if outcome else ()


def languages(node: Node) -> list[str]:
    """Languages in the 2.0 extension for the language of instruction."""
    language = _properties(node, "").get("language")
    return [one for one, _ in items(language.value) if isinstance(one, str)] if language else []


def _properties(node: Node, at: str) -> dict[str, Item]:
    """The profile's properties by their names in lower case, wherever they stand and however they are spelt."""
    found: dict[str, Item] = {}
    for key, value in node.items():
        if extension := _EXTENSION.fullmatch(key):
            name = extension[1]
            if isinstance(value, dict) and name in value:
                found[name.lower()] = Item(value[name], f"{at}/{escape(key)}/{escape(name)}")
        elif (name := _NAMESPACE.sub("", key, count=1).lower()) in _NAMES:
            found[name] = Item(value, f"{at}/{escape(key)}")
    return found


_NAMES = {
    "ects",
    "sbu",
    "timeinvestment",
    "participationtype",
    "assessmenttype",
    "supervisiontype",
    "identitychecked",
    "educationprogramidentifier",
}


def _number(draft: Draft, found: Item | None) -> int | float | None:
    if found is None or found.value is None:
        return None
    if (amount := number(found.value)) is None or amount <= 0:
        draft.problem(found.at, "a number above 0 is expected here")
        return None
    return amount


def _state_workload(draft: Draft, properties: dict[str, Item]) -> None:
    """Credits as ECTS; study load (SBU) before time investment as hours, neither turned into the other."""
    if ects := _number(draft, properties.get("ects")):
        draft.state("credit_amount", ects, properties["ects"].at)
        draft.state("credit_unit", "ects", properties["ects"].at, ects)
    for name in ("sbu", "studyload", "timeinvestment"):
        if hours := _number(draft, properties.get(name)):
            draft.state("workload_hours_low", hours, properties[name].at)
            draft.state("workload_hours_high", hours, properties[name].at)
            return


def _state_level(draft: Draft, properties: dict[str, Item]) -> None:
    if level := _number(draft, properties.get("eqf")):
        at = properties["eqf"].at
        if level in range(1, 9):
            draft.state("level_framework", "eqf", at, level)
            draft.state("level_code", str(int(level)), at, level)
        else:
            draft.problem(at, f"the EQF has levels 1 to 8, not {level:g}")


def _term(value: Any) -> str | None:
    """A term of the profile's lists, also when it arrives as the address of its glossary entry."""
    if not isinstance(value, str):
        return None
    name = _NAMESPACE.sub("", value.strip(), count=1)
    match = _GLOSSARY_TERM.fullmatch(name)
    return (match[1].replace("-", " ") if match else name).lower().replace("_", " ")


def _terms(draft: Draft, found: Item | None, known: dict[str, Any]) -> list[tuple[str, Item]]:
    """The known terms that stand in a property; anything else there is reported."""
    if found is None:
        return []
    terms: list[tuple[str, Item]] = []
    for value, place in items(*found):
        term = _term(value)
        if term in known:
            terms.append((term, Item(value, place)))
        elif value != "":
            shown = repr(value)[:60] if term is None else f'"{term[:60]}"'
            hint = did_you_mean(term[:60], known) if term else ""
            draft.problem(place, f"{shown} is not in the profile's list: {', '.join(known)}.{hint}")
    return terms


def _state_participation(draft: Draft, properties: dict[str, Item]) -> None:
    for term, (value, place) in _terms(draft, properties.get("participationtype"), _PARTICIPATION):
        draft.state("delivery", _PARTICIPATION[term], place, value)


def _state_assessment(draft: Draft, properties: dict[str, Item]) -> None:
    for term, (value, place) in _terms(draft, properties.get("assessmenttype"), _ASSESSMENTS):
        draft.state("assessment_exists", True, place, value)
        draft.state(_ASSESSMENTS[term], True, place, value)


def _state_supervision(draft: Draft, properties: dict[str, Item]) -> None:
    """Supervision and identity check. Where the two properties contradict each other, both are stated as evidence."""
    for term, (value, place) in _terms(draft, properties.get("supervisiontype"), _SUPERVISION):
        for fact, meaning in _SUPERVISION[term].items():
            draft.state(fact, meaning, place, value)
    if checked := properties.get("identitychecked"):
        value = {"true": True, "false": False}.get(str(checked.value).lower())
        if value is None:
            draft.problem(checked.at, "identityChecked is true or false")
        draft.state("identity_verified", value, checked.at)


def _state_microcredential(draft: Draft, record: Record) -> None:
    """The profile has no property for the kind of credential: the schema that a credential names tells it."""
    schemas = items(record.node.get("credentialSchema"), f"{record.at}/credentialSchema")
    for schema, place in schemas:
        address = member(schema, "id")
        if isinstance(address, str) and _MICROCREDENTIAL_SCHEMA.fullmatch(address):
            if not draft.states("credential_type"):
                draft.state("credential_type", "micro_credential", f"{place}/id", address)
            return
