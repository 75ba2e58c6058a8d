"""What an assertion or credential proves about how records of its program look; the holder is never quoted."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.program import Draft
from providers.json_document import Item, items, member, number
from providers.open_badges_contents import Found, Record, types_of

_WITHHELD = "(withheld: identifies the holder)"


def state_record(draft: Draft, found: Found) -> None:
    """State the facts on records. A badge class without an assertion tells only the format."""
    record = found.record
    if record is None:
        if found.standard == "ob2":
            _state_format(draft, "ob2", found.node, found.at)
        return
    _state_format(draft, record.format, record.node, record.at)
    _state_signed(draft, record)
    _state_revocable(draft, found, record)
    _state_holder(draft, record)
    _state_expiry(draft, record)


def _state_format(draft: Draft, record_format: str | None, node: dict[str, object], at: str) -> None:
    key = next((key for key in ("type", "@type", "@context") if node.get(key)), None)
    if key is not None:
        quote = ", ".join(sorted(types_of(node))) if key != "@context" else None
        draft.state("record_format", record_format, f"{at}/{key}", quote)


def _state_signed(draft: Draft, record: Record) -> None:
    """Signed, when a JWS or a proof is there or the assertion says so. Nothing is verified."""
    if record.signature is not None:
        signed = record.signature.algorithm.lower() != "none"
        draft.state("record_signed", signed, record.signature.at, record.signature.algorithm)
        return
    for proof, place in items(record.node.get("proof"), f"{record.at}/proof"):
        if isinstance(proof, dict) and proof:
            draft.state("record_signed", True, place, ", ".join(sorted(types_of(proof))) or "proof")
            return
    for key in ("verification", "verify"):
        verification = record.node.get(key)
        kinds = types_of(verification)
        if kinds & {"signed", "SignedBadge", "hosted", "HostedBadge", "hostedBadge"}:
            signed = bool(kinds & {"signed", "SignedBadge"})
            draft.state("record_signed", signed, f"{record.at}/{key}/type", ", ".join(sorted(kinds)))
            return


def _state_revocable(draft: Draft, found: Found, record: Record) -> None:
    for value, place in (
        *items(record.node.get("credentialStatus"), f"{record.at}/credentialStatus"),
        *items(member(found.node.get("issuer"), "revocationList"), f"{found.at}/issuer/revocationList"),
        *items(member(record.node.get("issuer"), "revocationList"), f"{record.at}/issuer/revocationList"),
    ):
        if value:
            # The address of a status entry may carry the holder's place in the list.
            draft.state("record_revocable", True, place, ", ".join(sorted(types_of(value))) or "present")
            return


def _state_holder(draft: Draft, record: Record) -> None:
    place = next(_holder_places(record), None)
    if place is not None:
        draft.state("record_holder_bound", True, place, _WITHHELD)


def _holder_places(record: Record) -> Iterator[str]:
    holder, at = record.subject or Item(None, "")
    for key in ("id", "@id", "identity"):
        if isinstance(member(holder, key), str) and member(holder, key):
            yield f"{at}/{key}"
    for one, place in items(member(holder, "identifier"), f"{at}/identifier"):
        if member(one, "identityHash"):
            yield f"{place}/identityHash"
    if isinstance(holder, str) and holder:
        yield at
    if record.signature is not None and isinstance(record.signature.claims.get("sub"), str):
        yield f"{record.signature.claims_at}/sub"


def _state_expiry(draft: Draft, record: Record) -> None:
    for key in ("validUntil", "expirationDate", "expires"):
        if isinstance(value := record.node.get(key), (str, int)) and value and not isinstance(value, bool):
            draft.state("expires", True, f"{record.at}/{key}", value)
            return
    if record.signature is not None and number(record.signature.claims.get("exp")) is not None:
        draft.state("expires", True, f"{record.signature.claims_at}/exp", record.signature.claims["exp"])
