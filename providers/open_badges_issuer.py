"""Who issues a badge, and who endorses it.

Profiles: https://www.imsglobal.org/spec/ob/v3p0/#profile and https://www.imsglobal.org/spec/ob/v2p0/#Profile.
Endorsements: https://www.imsglobal.org/spec/ob/v3p0/#endorsementcredential; in 2.0 the endorsed thing is `claim`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from evaluator.program import Draft, Organization, Recognition
from providers.json_document import Item, UnreadableJson, items, member, text
from providers.open_badges_carrier import unwrap_jws
from providers.open_badges_contents import Found, Node, identifier


def issuer_of(found: Found) -> Organization | None:
    """Who offers the program: the issuer of the record it came in, else who created the achievement.

    Nobody, where holders issue to themselves: the issuer's name would be the holder's.
    """
    record, creator = found.record, _organization(found.node.get("creator"))
    if found.standard != "ob3":
        return _organization(found.node.get("issuer"))
    if record is None or (found.described_only and creator is not None and creator.name != creator.id):
        return creator
    issuer = _organization(record.node.get("issuer"))
    if issuer is None or {issuer.id, issuer.name} & record.private_identifiers():
        return None
    # A CLR may list achievements of others; only those whose creator is its issuer are known to be the issuer's.
    if found.described_only and (creator is None or creator.id != issuer.id):
        return creator
    return issuer


def _organization(value: Any) -> Organization | None:
    """A profile, or at least its address, which then has to do as its name."""
    if isinstance(value, list):
        value = value[0] if value else None
    address = identifier(value)
    name = text(member(value, "name"))
    if name is None and address is None:
        return None
    url = text(member(value, "url") or member(value, "origin"))
    return Organization(
        name=name.value if name else str(address),
        id=address,
        url=url.value if url else None,
        country=_country(value) or _country(member(value, "parentOrg")),
    )


def _country(profile: Any) -> str | None:
    address = member(profile, "address")
    country = text(member(address, "addressCountryCode")) or text(member(address, "addressCountry"))
    return country.value if country else None


def endorsements(draft: Draft, found: Found, issuer: Organization | None) -> tuple[Recognition, ...]:
    """Endorsements of the badge class or achievement. Those of a holder's record say nothing about the program."""
    recognitions: list[Recognition] = []
    for value, place in _endorsements(draft, found.node, found.at):
        endorser = _organization(member(value, "issuer"))
        if endorser is None:
            message = "the endorsement does not name who endorses; read it from its own address"
            draft.problem(place, message)
            continue
        recognition = Recognition(
            kind="endorsement",
            body=endorser.name,
            scope=_scope(value, found.node, issuer),
            url=endorser.url or (endorser.id if (endorser.id or "").startswith("http") else None),
            valid_from=_day(value, "validFrom", "issuanceDate", "issuedOn"),
            valid_to=_day(value, "validUntil", "expirationDate", "expires"),
        )
        recognitions.append(recognition)
    return tuple(dict.fromkeys(recognitions))


def _endorsements(draft: Draft, node: Node, at: str) -> Iterator[Item]:
    yield from items(node.get("endorsement"), f"{at}/endorsement")
    for token, place in items(node.get("endorsementJwt"), f"{at}/endorsementJwt"):
        try:
            payload = unwrap_jws(token if isinstance(token, str) else "", place)
        except UnreadableJson as error:
            draft.problem(error.locator, error.message)
        else:
            yield Item(payload.value, payload.at)


def _scope(endorsement: Any, node: Node, issuer: Organization | None) -> Literal["program", "institution"] | None:
    """What the endorsement says it is about; it may differ from what it is attached to."""
    about = identifier(member(endorsement, "credentialSubject")) or identifier(member(endorsement, "claim"))
    if about is None or about == identifier(node):
        return "program"
    profiles = {identifier(node.get("creator")), identifier(node.get("issuer")), issuer.id if issuer else None}
    return "institution" if about in profiles else None


def _day(endorsement: Any, *keys: str) -> str | None:
    for key in keys:
        if (value := text(member(endorsement, key))) and len(value.value) >= 10:
            return value.value[:10]
    return None
