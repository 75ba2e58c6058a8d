"""Verify Open Badges 2.0: hosted ones, which count only as the issuer publishes them, and signed ones.

Steps: https://www.imsglobal.org/spec/ob/v2p0/#HostedBadge and #SignedBadge. What is presented is trusted for its
address only; an issuer is named by the address where its profile was found, never by what a document calls itself,
and a profile inside another document counts for nothing.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm

from evaluator.credentials import jose, keys, limits, recipient, signatures, strict_json
from evaluator.credentials import open_badges_2_parts as parts
from evaluator.credentials.envelope import Envelope
from evaluator.credentials.holder import check_unbound
from evaluator.credentials.verdict import (
    Check,
    CheckId,
    Claims,
    Issuer,
    Refused,
    Verdict,
    because,
    decide,
    passed,
    plain,
)
from evaluator.credentials.world import Unavailable, World

HOSTED = "Open Badges 2.0, hosted"
SIGNED = "Open Badges 2.0, signed (JWS)"

_NODES = frozenset(
    {"BadgeClass", "Issuer", "Profile", "AlignmentObject", "Criteria", "CryptographicKey", "RevocationList"}
)
_HOSTED_KINDS = frozenset({"hosted", "HostedBadge"})
_SIGNED_KINDS = frozenset({"signed", "SignedBadge"})
_ESSENTIAL = ("recipient", "issuedOn", "expires")
_OWN_COPY = "This is the issuer's own copy, read where the issuer keeps it."
_IN_SCOPE = "It is kept where the named issuer keeps its badges."
_STANDS = "The issuer's own copy does not say that it was revoked."


class _Source(NamedTuple):
    """A badge class and its issuer, each with the address by which it is known."""

    badge: dict[str, Any]
    badge_address: str
    """Empty when the class stands inside the assertion and has no web address."""
    profile: dict[str, Any]
    issuer: str
    lacks: str
    """What the standard wants and is not there, in words."""


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is of Open Badges 0.5 to 2.x: an assertion, or a part that one refers to."""
    found = set(parts.types(value))
    if "signature" in value or found & {"VerifiableCredential", "VerifiablePresentation"}:
        return False
    if found & ({"Assertion"} | _NODES) or parts.is_version_1(value):
        return True
    return any(parts.is_vocabulary(one) for one in parts.items(value.get("@context")))


def verify(value: dict[str, Any], world: World) -> Verdict:
    """The verdict on an assertion that was presented as JSON, for which `recognises` holds."""
    checks = [passed("carrier"), *check_unbound(world)]
    try:
        return decide(HOSTED, checks, _verify_hosted(value, world, checks))
    except Refused as refusal:
        return decide(HOSTED, [*checks, refusal.check])


def verify_signed(token: str, world: World) -> Verdict:
    """The verdict on an assertion in a compact JWS.

    One that says that it is hosted is judged by the issuer's copy alone: some tools put hosted badges into a JWS, and
    the standard knows no key for those.
    """
    checks: list[Check] = []
    try:
        envelope = jose.read(token)
        assertion = jose.read_object(envelope.payload, "the payload")
        verification = assertion.get("verification")
        if isinstance(verification, dict) and _HOSTED_KINDS & set(parts.types(verification)):
            return verify(assertion, world)
        return decide(SIGNED, checks, _verify_signed(envelope, assertion, world, checks))
    except Refused as refusal:
        return decide(SIGNED, [*checks, refusal.check])


def _verify_hosted(presented: dict[str, Any], world: World, checks: list[Check]) -> Claims:
    """Append the checks of a hosted badge. Raises Refused where no further check makes sense."""
    documents = _Documents(world)
    address, hosted = documents.hosted(_address(presented))
    if parts.is_version_1(hosted):
        raise Refused("open_badges_1", f"the badge at {address}")
    lacks = parts.check_node(hosted, "Assertion", f"the badge at {address}")
    _demand(hosted, _HOSTED_KINDS, "no_proof")
    checks += [_compare(presented, hosted, address), _pass("status", _STANDS), parts.check_period(hosted, world.at)]
    source = documents.source(hosted)
    checks.append(passed("schema", "; ".join(filter(None, (lacks, source.lacks)))))
    if parts.in_scope(address, source.badge_address, source.profile, source.issuer):
        checks.append(_pass("issuer_binding", _IN_SCOPE, source.issuer))
    else:
        checks.append(because("hosted_scope", f"{address} is not where {source.issuer} keeps its badges"))
    return _claims(hosted, source, world, checks)


def _verify_signed(envelope: Envelope, assertion: dict[str, Any], world: World, checks: list[Check]) -> Claims:
    """Append the checks of a signed badge. Raises Refused where no further check makes sense."""
    checks += [passed("carrier"), *check_unbound(world)]
    if parts.is_version_1(assertion):
        raise Refused("open_badges_1", "a signed badge")
    lacks = parts.check_node(assertion, "Assertion", "the badge")
    verification = _demand(assertion, _SIGNED_KINDS, "data_model_invalid")
    checks.append(parts.check_period(assertion, world.at))
    documents = _Documents(world)
    source = documents.source(assertion)
    checks.append(passed("schema", "; ".join(filter(None, (lacks, source.lacks)))))
    _check_signature(envelope, verification.get("creator"), source, documents, checks)
    checks.append(_check_revocation(assertion, source, documents))
    return _claims(assertion, source, world, checks)


def _address(presented: dict[str, Any]) -> str:
    """Where the issuer's copy of a presented badge should be. Raises Refused when it can't be a hosted one."""
    if parts.is_version_1(presented):
        verify = presented.get("verify")
        address = verify.get("url") if isinstance(verify, dict) else presented.get("id")
        if parts.web_address(address) is None or (isinstance(verify, dict) and verify.get("type") == "signed"):
            raise Refused("open_badges_1", "a badge without an address at which its issuer keeps it")
        return str(address)
    parts.check_context(presented, "the badge")
    parts.check_types(presented, "the badge")
    if "Assertion" not in parts.types(presented):
        kind = ", ".join(parts.types(presented))[:80] or "a part of a badge"
        raise Refused("awarded_to_nobody", f"{kind}: {str(presented.get('name', ''))[:80]}")
    parts.check_node(presented, "Assertion", "the badge")
    _demand(presented, _HOSTED_KINDS, "no_proof")
    if parts.web_address(presented["id"]) is None:
        raise Refused(
            "data_model_invalid", f"the id of a hosted badge is its web address, not {presented['id']!r:.200}"
        )
    return str(presented["id"])


def _demand(assertion: dict[str, Any], kinds: frozenset[str], code: str) -> dict[str, Any]:
    """The `verification` of an assertion, if it is of one of these kinds. Raises Refused with `code`."""
    verification = assertion["verification"]
    if not isinstance(verification, dict) or not kinds & set(parts.types(verification)):
        raise Refused(code, f"the badge says that it is to be verified as {str(verification)[:80]}")
    return verification


def _compare(presented: dict[str, Any], hosted: dict[str, Any], address: str) -> Check:
    """Whether the copy that was presented says what the issuer's copy says."""
    differing = [key for key in sorted({*presented, *hosted}) if _plain(presented.get(key)) != _plain(hosted.get(key))]
    if not differing:
        return _pass("integrity", _OWN_COPY, address)
    altered = [key for key in differing if key in _ESSENTIAL]
    one, other = presented.get("badge"), hosted.get("badge")
    if "badge" in differing and (isinstance(one, dict) == isinstance(other, dict) or _id(one) != _id(other)):
        altered.append("badge")
    if altered and not parts.is_version_1(presented):
        return because("integrity_failed", f"{', '.join(altered)} differ from the issuer's copy at {address}")
    return because("hosted_differs", f"{', '.join(differing)[:200]} differ from the issuer's copy at {address}")


def _check_signature(
    envelope: Envelope, creator: Any, source: _Source, documents: _Documents, checks: list[Check]
) -> None:
    """Append the checks of integrity and of whose key it is. Raises Refused when there is no key to check with."""
    published = parts.items(source.profile.get("publicKey"))[: limits.KEYS]
    wanted = _id(creator)
    candidates = [one for one in published if not wanted or _id(one) == wanted]
    if not candidates:
        what = f"{wanted[:200]} is none of its keys" if wanted else "it publishes no key"
        raise Refused("issuer_mismatch", f"{source.issuer}: {what}")
    refusals: list[Refused] = []
    for one in candidates:
        try:
            key = documents.key(one, source)
            if signatures.verify(key, envelope.algorithm, envelope.signed, envelope.signature):
                checks += [
                    passed("integrity", envelope.algorithm),
                    passed("issuer_binding", f"{key.id} of {source.issuer}"),
                ]
                return
        except Refused as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]
    raise Refused("integrity_failed", f"the signature was not made with a key of {source.issuer}")


def _check_revocation(assertion: dict[str, Any], source: _Source, documents: _Documents) -> Check:
    """https://www.imsglobal.org/spec/ob/v2p0/#RevocationList: entries are ids, or objects with `id` or `uid`."""
    address = source.profile.get("revocationList")
    if address is None:
        return plain("status", "not_applicable")
    try:
        revoked = documents.node(_id(address))["revokedAssertions"]
    except Unavailable as error:
        return because("status_unavailable", f"{_id(address)[:200]}: {error.reason}")
    except KeyError:
        return because("status_list_invalid", f"{_id(address)[:200]} is no list of revoked badges")
    own = {assertion["id"], assertion.get("uid")} - {None}
    for one in parts.items(revoked):
        entry = one if isinstance(one, dict) else {"id": one}
        if any(isinstance(entry.get(name), str) and entry[name] in own for name in ("id", "uid")):
            return because("revoked", str(entry.get("revocationReason", ""))[:200])
    return passed("status", _id(address))


def _claims(assertion: dict[str, Any], source: _Source, world: World, checks: list[Check]) -> Claims:
    """What the badge says; appends the checks of recipient, of the registries and of the issuer's own name."""
    identities = recipient.of_assertion(assertion["recipient"])
    checks += [recipient.check(identities, world.recipients), plain("trust", "unknown")]
    if parts.web_address(own := source.profile.get("id")) is None:
        checks.append(because("issuer_url_not_http", f"the profile at {source.issuer} calls itself {str(own)[:200]}"))
    return Claims(
        issuer=Issuer(id=source.issuer, name=_text(source.profile, "name"), url=_text(source.profile, "url")),
        title=_text(source.badge, "name"),
        achievement={**source.badge, "id": source.badge_address} if source.badge_address else source.badge,
        identities=identities,
        valid_from=parts.instant(assertion["issuedOn"]),
        valid_until=parts.instant(assertion.get("expires")),
    )


class _Documents:
    """The linked documents of one badge, each asked for once and at most `FETCHES` in all."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[str, dict[str, Any]] = {}
        self._asked = 0

    def node(self, address: str) -> dict[str, Any]:
        """The JSON object at an address. Raises Unavailable, also for what is no JSON object."""
        if address in self._found:
            return self._found[address]
        if parts.web_address(address) is None:
            raise Unavailable("it is no web address")
        self._asked += 1
        if self._asked > limits.FETCHES:
            raise Unavailable(f"the badge refers to more than {limits.FETCHES} documents")
        try:
            self._found[address] = strict_json.parse_object(self._world.get(address))
        except ValueError as error:
            raise Unavailable(f"what lies there is no JSON that can be read: {error}") from None
        return self._found[address]

    def hosted(self, address: str) -> tuple[str, dict[str, Any]]:
        """The issuer's copy of an assertion, and its address.

        A copy that names another address as its own is only believed when it is found there. Raises Refused:
        `hosted_unavailable`, `revoked` (also when the publisher answers 410), `data_model_invalid`.
        """
        try:
            found = self.node(address)
            if (own := _id(found)) and own != address:
                asked, address, found = address, own, self.node(own)
                if _id(found) != own:
                    raise Refused(
                        "data_model_invalid", f"the badge at {asked} says that it is {own[:200]}, which it is not"
                    )
        except Unavailable as error:
            code = "revoked" if error.status == 410 else "hosted_unavailable"
            raise Refused(code, f"{address[:200]}: {error.reason}") from None
        if found.get("revoked") not in (None, False):
            raise Refused("revoked", f"{address}: {_text(found, 'revocationReason')[:200]}")
        return address, found

    def source(self, assertion: dict[str, Any]) -> _Source:
        """Badge class and issuer. Raises Refused: `issuer_key_unresolvable`, `issuer_key_self_asserted`, and what is
        wrong with their parts."""
        try:
            badge, address = self._badge(assertion)
            lacks = [parts.check_node(badge, "BadgeClass", "the badge class")]
            issuer = _id(badge["issuer"])
            if parts.web_address(issuer) is None:
                raise Refused("issuer_key_self_asserted", "the badge names no address at which its issuer can be found")
            profile = self.node(issuer)
        except Unavailable as error:
            raise Refused("issuer_key_unresolvable", f"badge class or issuer: {error.reason}") from None
        lacks.append(parts.check_node(profile, "Profile", f"the issuer's profile at {issuer}"))
        return _Source(badge, address, profile, issuer, "; ".join(filter(None, lacks)))

    def _badge(self, assertion: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """The badge class that an assertion names or holds, and its address.

        One that stands inside counts when it has no web address, or one on its issuer's host; else anybody could hand
        out the class of somebody else under an issuer of their own.
        """
        value = assertion["badge"]
        address = _id(value) if parts.web_address(_id(value)) else ""
        inside = isinstance(value, dict) and "issuer" in value
        if inside and (not address or parts.same_host(address, _id(value["issuer"]))):
            return {"@context": assertion["@context"], **value}, address
        return self.node(_id(value)), address

    def key(self, entry: Any, source: _Source) -> signatures.PublicKey:
        """A key that the issuer's profile lists. Raises Refused: `issuer_key_unresolvable`, `issuer_mismatch`."""
        try:
            node = entry if isinstance(entry, dict) and "publicKeyPem" in entry else self.node(_id(entry))
            key = keys.from_method({"publicKeyPem": node.get("publicKeyPem")})
        except Unavailable as error:
            raise Refused("issuer_key_unresolvable", f"{_id(entry)[:200]}: {error.reason}") from None
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Refused("issuer_key_unresolvable", f"{_id(entry)[:200]}: {error}"[:300]) from None
        if (owner := _id(node.get("owner"))) not in (source.issuer, _id(source.profile)) or not owner:
            raise Refused("issuer_mismatch", f"{_id(entry)[:200]} belongs to {owner[:200] or 'nobody'}")
        return msgspec.structs.replace(key, id=_id(node), controller=source.issuer)


def _id(value: Any) -> str:
    """The id of a node, or the address that stands in its place; empty when it is neither."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _text(node: dict[str, Any], name: str) -> str:
    return value if isinstance(value := node.get(name), str) else ""


def _plain(value: Any) -> str:
    """A JSON value as one text, so that true and 1 differ, as do 1 and 1.0."""
    return json.dumps(value, sort_keys=True)


def _pass(check: CheckId, says: str, detail: str = "") -> Check:
    """A passed check in words of its own: nothing is signed in a hosted badge."""
    return Check(id=check, outcome="pass", says=says, detail=detail)
