"""Verify Open Badges 2.0: hosted ones, which count only as the issuer publishes them, and signed ones.

Steps: https://www.imsglobal.org/spec/ob/v2p0/#HostedBadge and #SignedBadge. What is presented is trusted for its
address only; an issuer is named by the address where its profile was found, never by what a document calls itself,
and a profile inside another document counts for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from evaluator.credentials import jose, limits, recipient, strict_json
from evaluator.credentials import open_badges_2_parts as parts
from evaluator.credentials.verdict import Check, Claims, Issuer, Refused, Verdict, because, decide, passed, plain
from evaluator.credentials.world import Unavailable, World

HOSTED = "Open Badges 2.0, hosted"
SIGNED = "Open Badges 2.0, signed (JWS)"

_NODES = {"BadgeClass", "Issuer", "Profile", "AlignmentObject", "Criteria", "CryptographicKey", "RevocationList"}
_ESSENTIAL = ("recipient", "issuedOn", "expires")
_OWN_COPY = Check(id="integrity", outcome="pass", says="This is the issuer's own copy, read where the issuer keeps it.")
_IN_SCOPE = Check(id="issuer_binding", outcome="pass", says="It is kept where the named issuer keeps its badges.")
_STANDS = Check(id="status", outcome="pass", says="The issuer's own copy does not say that it was revoked.")


class _Source(NamedTuple):
    """A badge class and its issuer, each with the address by which it is known."""

    badge: dict[str, Any]
    profile: dict[str, Any]
    issuer: str
    badge_address: str
    lacks: str
    """What the standard wants and is not there, in words."""

    def claims(self, assertion: dict[str, Any]) -> Claims:
        name, url = self.profile.get("name"), self.profile.get("url")
        return Claims(
            issuer=Issuer(
                id=self.issuer, name=name if isinstance(name, str) else "", url=url if isinstance(url, str) else ""
            ),
            title=self.badge["name"] if isinstance(self.badge["name"], str) else "",
            achievement={**self.badge, "id": self.badge_address} if self.badge_address else self.badge,
            identities=recipient.of_assertion(assertion.get("recipient")),
            valid_from=parts.instant(assertion.get("issuedOn")),
            valid_until=parts.instant(assertion.get("expires")),
        )

    def name_check(self) -> list[Check]:
        own = self.profile.get("id")
        if parts.web_address(own) is None:
            return [because("issuer_url_not_http", f"the profile at {self.issuer} calls itself {str(own)[:200]}")]
        return []


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is of Open Badges 0.5 to 2.x: an assertion, or a part that one refers to."""
    found = set(parts.types(value))
    if "signature" in value or found & {"VerifiableCredential", "VerifiablePresentation"}:
        return False
    if "Assertion" in found or parts.is_version_1(value):
        return True
    contexts = parts.items(value.get("@context"))
    named = any(one in parts.CONTEXTS for one in contexts if isinstance(one, str))
    return named or any(isinstance(one, dict) and "obi" in one for one in contexts) or bool(found & _NODES)


def verify(value: dict[str, Any], world: World) -> Verdict:
    """The verdict on an assertion that was presented as JSON, for which `recognises` holds."""
    try:
        return _verify_hosted(value, _Documents(world), world)
    except Refused as refusal:
        return decide(HOSTED, [passed("carrier"), refusal.check])


def verify_signed(token: str, world: World) -> Verdict:
    """The verdict on an assertion in a compact JWS."""
    checks: list[Check] = []
    try:
        envelope = jose.read(token)
        checks.append(passed("carrier"))
        assertion = jose.read_object(envelope.payload, "the payload")
        if parts.is_version_1(assertion):
            raise Refused("open_badges_1", "a signed badge")
        lacks = parts.check_node(assertion, "Assertion", "the badge")
        verification = _object(assertion.get("verification"))
        if not {"signed", "SignedBadge"} & set(parts.types(verification)):
            raise Refused("data_model_invalid", "the badge is signed, but does not say that it is to be verified so")
        checks.append(parts.check_period(assertion, world.at))
        documents = _Documents(world)
        source = documents.source(assertion)
        checks += source.name_check()
        checks.append(passed("schema", "; ".join(filter(None, (lacks, source.lacks)))))
        checks.append(_check_signature(envelope.algorithm, envelope.signed, envelope.signature, verification, documents))
        return decide(SIGNED, checks)
    except Refused as refusal:
        return decide(SIGNED, [*checks, refusal.check])
