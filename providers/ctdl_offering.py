"""What kind of offer a CTDL resource describes: credential, place, pace, dates, validity, prices, who may start.

Definitions of properties and terms: https://credreg.net/ctdl/terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from evaluator.program import Draft, Price
from providers.ctdl_graph import (
    Concept,
    Node,
    Subject,
    concepts,
    ctid,
    first_number,
    first_text,
    mention,
    plain,
    types,
    values,
)
from providers.durations import iso_duration
from providers.json_document import Item, texts

LEARNING_OPPORTUNITIES = {"Course": "course", "LearningProgram": None, "LearningOpportunityProfile": None}
"""Classes of learning opportunities, and the kind of credential they are. The last two name none: unknown."""
CREDENTIALS = {
    "MicroCredential": "micro_credential",
    "Badge": "badge",
    "DigitalBadge": "badge",
    "OpenBadge": "badge",
    "Certificate": "certificate",
    "CertificateOfCompletion": "certificate_of_completion",
    "CertificateOfParticipation": "other",
    "ProfessionalCertificate": "professional_certificate",
    "Certification": "certification",
    "License": "license",
    "Degree": "degree",
    "Credential": None,
    "Diploma": "other",
    "SecondarySchoolDiploma": "other",
    "GeneralEducationDevelopment": "other",
}
"""Classes of credentials; those that end in Degree, Doctorate or Certificate follow from their ending.

`QualityAssuranceCredential` is left out: it is awarded to organizations, not to learners.
"""
_CLASSES = CREDENTIALS | LEARNING_OPPORTUNITIES
_ENDINGS = {"Degree": "degree", "Doctorate": "degree", "Certificate": "certificate"}

_DELIVERY = {
    plain("OnlineOnly"): "online",
    # Not in the vocabulary, but in use.
    plain("OnlineDelivery"): "online",
    plain("InPerson"): "onsite",
    plain("BlendedDelivery"): "blended",
}
"""`VariableSite` is left out: it does not say which."""
_WORK_BASED = frozenset(
    map(plain, ("WorkBased", "Apprenticeship", "Internship", "ClinicalRotation", "MedicalResidency"))
)
_AUDIENCE = {
    plain("BeginnerLevel"): "beginner",
    plain("IntermediateLevel"): "intermediate",
    plain("AdvancedLevel"): "advanced",
}
_CURRENCIES = {
    plain("US Dollar"): "USD",
    plain("United States Dollar"): "USD",
    plain("Euro"): "EUR",
    plain("Pound Sterling"): "GBP",
    plain("Canadian Dollar"): "CAD",
    plain("Australian Dollar"): "AUD",
    plain("New Zealand Dollar"): "NZD",
    plain("Indian Rupee"): "INR",
}
"""Names of currencies; the registry holds "US Dollar" as often as "USD"."""
_WHOLE_PRICES = frozenset(map(plain, ("Tuition", "EnrollmentFee", "MixedFees")))
_AGGREGATE = plain("AggregateCost")
_PART_OF_PRICE = re.compile(
    r"\b(?:annual(?:ly)?|yearly|monthly|per (?:year|month|semester|quarter|term|credit|course|unit|hour|week)"
    r"|(?:academic|each|a) (?:year|month|semester|term))\b",
    re.IGNORECASE,
)
_CONDITIONS = ("ceterms:entryCondition", "ceterms:requires", "ceterms:corequisite", "ceterms:coPrerequisite")
_MINIMUM = (
    ("ceterms:name",),
    ("ceterms:description",),
    ("@type",),
    ("ceterms:subjectWebpage",),
    ("ceterms:inLanguage",),
    ("ceterms:credentialStatusType", "ceterms:lifeCycleStatusType"),
    ("ceterms:ctid",),
    ("ceterms:ownedBy", "ceterms:offeredBy"),
)


def program_class(node: Node) -> Item | None:
    """The first class of a resource that leads to a credential for learners; `None`: it describes something else."""
    for item in types(node):
        if item.value in _CLASSES or (item.value.endswith(tuple(_ENDINGS)) and ":" not in item.value):
            return item
    return None


def offering(subject: Subject) -> None:
    """Kind of credential, place and pace of learning, audience, and the dates and numbers of the offer."""
    node, draft = subject.node, subject.draft
    if named := program_class(node):
        ending = next((value for ending, value in _ENDINGS.items() if named.value.endswith(ending)), None)
        draft.state("credential_type", _CLASSES.get(named.value, ending), named.at, named.value)
    _state_only(draft, "delivery", _DELIVERY, concepts(node, "ceterms:deliveryType", "ceterms:learningDeliveryType"))
    methods = list(concepts(node, "ceterms:learningMethodType"))
    for method in methods:
        if method.name == plain("SelfPaced"):
            draft.state("self_paced", True, method.at, method.quote)
    if methods and all(method.name in _WORK_BASED for method in methods):
        draft.state("mode", "work_based", methods[0].at, methods[0].quote)
    audience = [level for level in concepts(node, "ceterms:audienceLevelType") if level.name in _AUDIENCE]
    if len({level.name for level in audience}) > 1:
        draft.state("audience_level", "mixed", audience[0].at, ", ".join(level.quote for level in audience))
    else:
        _state_only(draft, "audience_level", _AUDIENCE, audience)
    for value, at in values(node, "ceterms:dateEffective"):
        if isinstance(value, str):
            draft.state("first_offered_on", value[:10], at, value)


def _state_only(draft: Draft, fact: str, table: dict[str, str], found: Iterable[Concept]) -> None:
    """State the one value that the terms stand for; where they stand for several, a choice is offered: unknown."""
    known = [(table[concept.name], concept) for concept in found if concept.name in table]
    if len({value for value, _ in known}) == 1:
        draft.state(fact, known[0][0], known[0][1].at, known[0][1].quote)


def validity(subject: Subject) -> None:
    """Whether holders have to renew, and how often."""
    node, draft = subject.node, subject.draft
    for condition in subject.graph.follow(node, "ceterms:renewal"):
        draft.state("expires", True, condition.named_at, mention(condition))
    for item in values(node, "ceterms:renewalFrequency"):
        if length := iso_duration(item.value):
            draft.state("expires", True, item.at, item.value)
            draft.state("renewal_months", length.whole_months(), item.at, item.value)
        else:
            draft.problem(item.at, "a renewal frequency is written as ISO 8601, such as P3Y for every three years")


def holders(subject: Subject) -> None:
    """What became of holders, where a summary gives plain numbers.

    Earnings are stated as an amount, never as a gain, and data sets mix shares with percentages: both stay unknown.
    """
    for summary in subject.graph.follow(subject.node, "ceterms:aggregateData", "ceterms:holders"):
        if (awarded := first_number(summary, "ceterms:numberAwarded")) and awarded.value == int(awarded.value):
            subject.draft.state("completers", int(awarded.value), awarded.at)
        for jobs in subject.graph.follow(summary, "ceterms:jobsObtained"):
            if share := first_number(jobs, "qdata:percentage"):
                subject.draft.state("placement_rate", share.value / 100, share.at, f"{share.value} %")


def metadata(subject: Subject) -> None:
    """CTDL, its identifier, and how much of the registry's minimum is there.

    The minimum of the Credential Registry for credentials and learning opportunities
    (https://credreg.net/registry/policy): name, description, class, subject webpage, language, status, CTID, owner.
    """
    node, draft = subject.node, subject.draft
    draft.state("metadata_standard", "ctdl", f"{node.at}/@type", node.value["@type"])
    if ctid(node):
        draft.state("machine_identifier", True, f"{node.at}/ceterms:ctid", node.value["ceterms:ctid"])
    lacking = [names[0] for names in _MINIMUM if not any(node.value.get(name) for name in names)]
    quote = f"{len(_MINIMUM) - len(lacking)} of {len(_MINIMUM)}" + (
        f", without {', '.join(lacking)}" if lacking else ""
    )
    draft.state("metadata_required_share", 1 - len(lacking) / len(_MINIMUM), node.at, quote)


def prices(subject: Subject) -> tuple[Price, ...]:
    """Every price with what it buys; the price of the credential becomes a fact where the source leaves no doubt.

    That is the lowest aggregate cost, or the only price there is when it pays for the whole (tuition, enrolment).
    Parts are never added up, and what is paid per year or per credit is no full price.
    """
    manifests = subject.graph.follow(subject.node, "ceterms:commonCosts")
    found = [
        _Cost(profile, amount, next(concepts(profile, "ceterms:directCostType"), None))
        for holder in (subject.node, *manifests)
        for profile in subject.graph.follow(holder, "ceterms:estimatedCost")
        if (amount := first_number(profile, "ceterms:price")) is not None
    ]
    whole = [cost for cost in found if cost.kind is not None and cost.kind.name == _AGGREGATE]
    if not whole and len(found) == 1 and (found[0].kind is None or found[0].kind.name in _WHOLE_PRICES):
        whole = found
    full = [cost for cost in whole if not _is_part(cost.profile)]
    if full and len({_currency(cost.profile) for cost in full}) == 1:
        profile, amount, _ = min(full, key=lambda cost: cost.amount.value)
        subject.draft.state("price_amount", amount.value, amount.at)
        stated = profile.value.get("ceterms:currency")
        subject.draft.state("price_currency", _currency(profile), f"{profile.at}/ceterms:currency", stated)
    return tuple(
        Price(amount=cost.amount.value, currency=_currency(cost.profile), what=_what(cost))
        for cost in found
        if cost.amount.value >= 0
    )


class _Cost(NamedTuple):
    profile: Node
    amount: Item
    kind: Concept | None


def _is_part(profile: Node) -> bool:
    said = (first_text(profile, name) for name in ("ceterms:name", "ceterms:description", "ceterms:paymentPattern"))
    return any(one is not None and _PART_OF_PRICE.search(one.value) for one in said)


def _what(cost: _Cost) -> str | None:
    if named := first_text(cost.profile, "ceterms:name"):
        return named.value
    return re.split(r"[:/#]", cost.kind.quote)[-1] if cost.kind else None


def _currency(profile: Node) -> str | None:
    """The ISO 4217 code of a cost profile's currency; `None` when it names none that is known."""
    stated = profile.value.get("ceterms:currency")
    if not isinstance(stated, str):
        return None
    code = stated.strip()
    return code if re.fullmatch(r"[A-Z]{3}", code) else _CURRENCIES.get(plain(code))


def prerequisites(subject: Subject) -> tuple[str, ...]:
    """What learners need: conditions in words, and for courses also descriptions of what is required.

    What a credential requires is mostly what has to be done to earn it, so its bare description is no prerequisite.
    """
    found: list[str] = []
    for name in _CONDITIONS:
        for condition in subject.graph.follow(subject.node, name):
            said = [
                one.value
                for part in ("ceterms:condition", "ceterms:experience")
                for one in texts(condition.value.get(part))
            ]
            if not said and (subject.kind in LEARNING_OPPORTUNITIES or name == "ceterms:entryCondition"):
                described = first_text(condition, "ceterms:description")
                said = [described.value] if described else []
            found += said
    return tuple(dict.fromkeys(found))
