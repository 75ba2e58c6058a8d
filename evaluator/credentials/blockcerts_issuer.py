"""Whose address wrote a Blockcerts entry, and what the issuer says about a certificate since.

An issuer of Blockcerts publishes a profile with its addresses, each with the times between which it was in use, and
the address of its list of revoked certificates (https://www.blockcerts.org/guide/standard.html). From version 3 on
the proof names a verification method, whose key has an address in every ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from evaluator.credentials import keys, ledger, limits, strict_json
from evaluator.credentials.envelope import fetched
from evaluator.credentials.ledger import moment
from evaluator.credentials.open_badges_2_parts import items
from evaluator.credentials.signatures import PublicKey
from evaluator.credentials.verdict import Check, Refused, because, passed, plain
from evaluator.credentials.world import Unavailable, World

ADDRESS = "ecdsa-koblitz-pubkey:"
"""What stands before an address in profiles and certificates."""

Document = Mapping[str, Any] | Check
"""A document, or the check that says why there is none."""


class IssuerKey(msgspec.Struct, frozen=True):
    """One address that an issuer publishes, and when it was theirs."""

    address: str
    created: Any = None
    ended: tuple[Any, ...] = ()
    """When it was revoked, and when it expired."""


def document_of(issuer: str, world: World) -> Document:
    """What an issuer publishes at its address or under its DID.

    It is known by the address from which it came; old profiles call themselves by another one.
    """
    try:
        return fetched(issuer, world) if issuer.startswith("https://") else keys.controller_document(issuer, world)
    except Refused as refusal:
        return refusal.check


def profile_of(document: Document, world: World) -> Document | None:
    """The profile that belongs to an issuer's document: itself, or where a DID's `IssuerProfile` service points.

    None for a DID without one.
    """
    if isinstance(document, Check) or not str(document.get("id")).startswith("did:"):
        return document
    for service in items(document.get("service")):
        if isinstance(service, dict) and service.get("type") == "IssuerProfile":
            return document_of(str(service.get("serviceEndpoint")), world)
    return None


def check_address(profile: Document, entry: ledger.Entry, chain: str) -> Check:
    """Whether the address that wrote an entry was the issuer's at that time, by the issuer's profile."""
    if isinstance(profile, Check):
        return profile
    known = [*_addresses(profile)] or [*_derived(profile, chain)]
    own = [key for key in known if ledger.same_address(key.address, entry.address)]
    if not own:
        return because("issuer_mismatch", f"{entry.address} is none of the issuer's addresses")
    faults = [fault for key in own if (fault := _fault(key, entry)) is not None]
    return (
        faults[0] if len(faults) == len(own) else passed("issuer_binding", f"{entry.address}, published by the issuer")
    )


def check_method(method: str, issuer: str, entry: ledger.Entry, chain: str, world: World) -> Check:
    """Whether a verification method is the key that wrote an entry, and is the issuer's.

    It is the issuer's when it stands in the issuer's own document, within the times that the document states for its
    address. Where a DID and a web profile stand beside each other, both have to have it.
    """
    controller = method.partition("#")[0]
    document = document_of(controller, world)
    if isinstance(document, Check):
        return document
    key = _method_key(document, controller, method)
    address = ledger.address_of(key.key, chain) if key else None
    if key is None or address is None or not ledger.same_address(address, entry.address):
        return because("issuer_mismatch", f"{method[:200]} is not the key that wrote the entry ({entry.address})")
    if fault := _fault(IssuerKey(address, None, (key.revoked or None, key.expires or None)), entry):
        return fault
    if controller == issuer:
        profile = profile_of(document, world)
        listed = [own.address for own in _addresses(document) if ledger.same_address(own.address, address)]
        if listed or (profile is not document and isinstance(profile, Mapping)):
            return check_address(document if profile is None else profile, entry, chain)
        return passed("issuer_binding", method[:200])
    if issuer.startswith("https://"):
        return check_address(document_of(issuer, world), entry, chain)
    return because("issuer_mismatch", f"{method[:200]} is not a key of {issuer[:200]}")


def _method_key(document: Mapping[str, Any], controller: str, method: str) -> PublicKey | None:
    """The key of a verification method that stands in a document, in whatever relationship."""
    names = (method, "#" + method.partition("#")[2])
    for use in ("verificationMethod", "assertionMethod", "authentication"):
        for found in items(document.get(use))[: limits.KEYS]:
            if isinstance(found, dict) and found.get("id") in names:
                try:
                    key = keys.from_method(found)
                except (ValueError, TypeError):
                    continue
                ends = {name: str(found.get(name, "")) for name in ("revoked", "expires")}
                return msgspec.structs.replace(key, id=method, controller=controller, **ends)
    return None


def _fault(key: IssuerKey, entry: ledger.Entry) -> Check | None:
    stated = [value for value in (key.created, *key.ended) if value is not None]
    if any(moment(value) is None for value in stated):
        return because("issuer_key_unresolvable", f"the issuer states no readable time for {key.address}")
    created = moment(key.created)
    if created is not None and created > entry.time:
        return because("issuer_key_not_yet_valid", f"{key.address} is the issuer's from {created.isoformat()}")
    for ended in map(moment, key.ended):
        if ended is not None and ended <= entry.time:
            return because("issuer_key_revoked", f"{key.address} was the issuer's until {ended.isoformat()}")
    return None


def _derived(profile: Mapping[str, Any], chain: str) -> Iterator[IssuerKey]:
    """The addresses of the keys in a profile that lists no addresses itself."""
    for key, _ in keys.published(profile, "assertionMethod"):
        if address := ledger.address_of(key.key, chain):
            yield IssuerKey(address, key.created or None, (key.revoked or None, key.expires or None))


def _addresses(profile: Mapping[str, Any]) -> Iterator[IssuerKey]:
    """The addresses in an issuer profile: `publicKey` (2.0, 3), `publicKeys` (2.0 alpha), `issuerKeys` (1)."""
    for field, name in (("publicKey", "id"), ("publicKeys", "publicKey"), ("issuerKeys", "key")):
        for found in items(profile.get(field))[: limits.KEYS]:
            address = found.get(name) if isinstance(found, dict) else None
            if isinstance(address, str):
                yield IssuerKey(
                    address.removeprefix(ADDRESS),
                    found.get("created", found.get("date")),
                    (found.get("revoked"), found.get("expires"), found.get("invalidated")),
                )


def check_revocation(profile: Document | None, own_list: Any, certificate: Any, world: World) -> Check:
    """Whether the Open Badges 2.0 list that a profile names, else `own_list` of the certificate, has this certificate.

    The profile comes first: an issuer moves its list, and a certificate can't be changed.
    """
    if isinstance(profile, Check):
        return because("status_unavailable", profile.detail)
    address = (profile or {}).get("revocationList") or own_list
    if address is None:
        return plain("status", "not_applicable")
    try:
        found = strict_json.parse_object(world.get(str(address)))
    except Unavailable as error:
        return because("status_unavailable", f"{str(address)[:200]}: {error.reason}")
    except (strict_json.MalformedJson, strict_json.TooLarge) as error:
        return because("status_list_invalid", f"{str(address)[:200]}: {error}")
    revoked = found.get("revokedAssertions")
    if not isinstance(revoked, list):
        return because("status_list_invalid", f"{str(address)[:200]} is no list of revoked certificates")
    for one in revoked:
        listed = one if isinstance(one, dict) else {"id": one}
        if isinstance(certificate, str) and listed.get("id") == certificate:
            return because("revoked", str(listed.get("revocationReason", ""))[:200])
    return passed("status", str(address)[:200])
