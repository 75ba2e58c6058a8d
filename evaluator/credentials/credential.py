"""One credential whose proof stands in it, and what is asked of every W3C credential however it is signed.

Order as in Open Badges 3.0 §9.1: the proof first; only what is proven is worth looking up schemas and status for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from evaluator.credentials import data_integrity, limits, recipient, status, vc_model
from evaluator.credentials.holder import check_unbound
from evaluator.credentials.verdict import Check, Claims, Refused, Verdict, because, decide, passed, plain
from evaluator.credentials.world import World

Inner = Callable[[Any, World], Verdict]
"""Verifies a credential inside another one: an object, or a token as text."""


def verify(document: Mapping[str, Any], world: World, opener: status.Opener, inner: Inner) -> Verdict:
    """The verdict on a credential with embedded proofs, or with none."""
    proven = prove(document, world)
    how = ", ".join(proven.suites) if proven.suites else "without proof"
    checks = [passed("carrier"), *proven.checks, *check_unbound(world)]
    return judge(document, checks, how, world, opener, inner)


def judge(
    document: Mapping[str, Any], proof: list[Check], how: str, world: World, opener: status.Opener, inner: Inner
) -> Verdict:
    """The verdict on a credential whose proof has been checked, with the checks so far and the name of its proof.

    What is only in `beside` (endorsements, members of a learner record) is looked at once the proof is right.
    """
    form = f"{kind(document)}, {how}"
    claims = vc_model.read_claims(document)
    try:
        checks = [*proof, *about(document, claims, world, proof, opener)]
        beside = [inner(entry, world) for entry in enclosed(document)] if _intact(proof) else []
    except Refused as refusal:
        return decide(form, [*proof, refusal.check])
    return decide(form, checks, claims, beside=beside)


def _intact(proof: Iterable[Check]) -> bool:
    return {check.outcome for check in proof if check.id == "integrity"} == {"pass"}


def prove(document: Mapping[str, Any], world: World) -> data_integrity.Proven:
    """Whether the embedded proofs of a credential are right and its issuer's."""
    issuer = vc_model.identifier(document.get("issuer"))
    wanted = data_integrity.Wanted("assertionMethod", issuer, world.at)
    proven = data_integrity.check_proofs(document, world, wanted)
    if vc_model.version(document) is None and proven.suites:
        missing = because("context_invalid", "/@context does not start with that of Verifiable Credentials")
        return data_integrity.Proven((*proven.checks, missing), proven.suites)
    return proven


def about(
    document: Mapping[str, Any], claims: Claims, world: World, proof: list[Check], opener: status.Opener
) -> Iterator[Check]:
    """Everything but the proof: structure, schemas, period, status, holder. `proof` are the checks of the proof.

    Raises Refused (resource_limit).
    """
    model = vc_model.check_credential(document)
    if vc_model.version(document) is None and "no_proof" not in {check.code for check in proof}:
        model = plain("schema", "unknown")  # which rules it should follow is part of what is wrong with it
    yield model
    yield vc_model.check_period(document, world)
    if _intact(proof):
        yield from vc_model.check_schemas(document, world)
    if _intact(proof) or not document.get("credentialStatus"):
        yield from status.check_status(document, world, opener)
    yield recipient.check(claims.identities, world.recipients)


def enclosed(document: Mapping[str, Any]) -> list[Any]:
    """Credentials that stand inside of a credential and for themselves: endorsements of it, of its issuer and of its
    achievement, and the members of a learner record. Raises Refused (resource_limit) when there are too many."""
    found: list[Any] = []
    for holder in _endorsed(document):
        found += vc_model.many(holder.get("endorsement")) + vc_model.many(holder.get("endorsementJwt"))
    for subject in vc_model.many(document.get("credentialSubject")):
        if isinstance(subject, Mapping) and "ClrCredential" in vc_model.types(document):
            found += vc_model.many(subject.get("verifiableCredential"))
    if len(found) > limits.NESTED:
        raise Refused("resource_limit", f"{len(found)} credentials inside; at most {limits.NESTED} are read")
    return [entry for entry in found if isinstance(entry, str | dict)]


def _endorsed(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    subjects = [part for part in vc_model.many(document.get("credentialSubject")) if isinstance(part, Mapping)]
    achievements = [part for subject in subjects for part in vc_model.many(subject.get("achievement"))]
    for part in (document, document.get("issuer"), *achievements):
        if isinstance(part, Mapping):
            yield part


_NAMES = (
    ("ClrCredential", "Comprehensive Learner Record 2.0"),
    ("EndorsementCredential", "Endorsement of Open Badges 3.0"),
    ("OpenBadgeCredential", "Open Badges 3.0"),
    ("AchievementCredential", "Open Badges 3.0"),
)


def kind(document: Mapping[str, Any]) -> str:
    """What a credential is, in words."""
    found = next((name for word, name in _NAMES if word in vc_model.types(document)), "Verifiable Credential")
    return f"{found} (VC {'1.1' if vc_model.version(document) == 1 else '2.0'})"
