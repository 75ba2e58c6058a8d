"""Verify European Digital Credentials sealed with JAdES: one JSON document, its text signed as it stands.

JAdES: ETSI TS 119 182-1; unencoded payload: RFC 7797; what the seal covers is the JSON text in `payload`, so it is
never written out again. European Learning Model: https://europa.eu/europass/elm-browser/. A seal proves who sealed, by
the word of a certification authority; only authorities that the verifier trusts count. Time stamps in the unprotected
header (`etsiU`) are not checked, so a time of sealing is only ever the sealer's own word.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cryptography import x509

from evaluator.credentials import certificates, jose, limits, recipient, signatures, times
from evaluator.credentials.verdict import (
    Check,
    Claims,
    Identity,
    Issuer,
    Refused,
    Verdict,
    because,
    decide,
    passed,
    plain,
)
from evaluator.credentials.world import Unavailable, World

FORMAT = "European Digital Credential, sealed (JAdES)"
Inner = Callable[[Any, World], Verdict]
"""Verifies what stands inside a sealed presentation."""

_UNDERSTOOD = frozenset({"b64", "sigT", "adoTst"})
"""Header parameters that `crit` may demand: the payload as it stands, the stated time, and time stamps over content,
which add a proof of time and change nothing about the seal."""
_CONTEXTS = ("https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2")
_STARTS = ("validFrom", "issuanceDate", "issued")
_ENDS = ("validUntil", "expirationDate")
_SEALED_BY = "The seal is that of the issuer, by the word of an authority that you trust."
_IDENTIFIERS = ("eIDASIdentifier", "registration", "vatIdentifier", "taxIdentifier", "identifier")
_SCHEME = re.compile(r"(?:NTR|VAT|PSD|LEI|[A-Z]{2}:)[A-Z]{2}-")


class _Seal(NamedTuple):
    """One signature, found right."""

    chain: list[x509.Certificate]
    sealed: datetime.datetime | None
    """When, by the sealer's own word."""


def recognises(value: dict[str, Any]) -> bool:
    """Whether a JSON object is a JWS in JSON (RFC 7515 §7.2) that covers its payload as it stands or names a seal's
    time."""
    signed = value.get("signatures") if "signatures" in value else [value]
    if not isinstance(value.get("payload"), str) or not isinstance(signed, list) or not signed:
        return False
    try:
        header = _header(signed[0])
    except Refused:
        return False
    return header.get("b64") is False or "sigT" in header or "x5t#S256" in header


def verify(value: dict[str, Any], world: World, inner: Inner | None = None, depth: int = 0) -> Verdict:
    """The verdict on a sealed document, for which `recognises` holds. `inner` verifies credentials of other formats
    that stand inside; without it they are unproven."""
    checks = [passed("carrier")]
    try:
        seals = [_check_seal(one, value["payload"]) for one in _signatures(value)]
        checks.append(passed("integrity", f"{len(seals)} seal" + "s" * (len(seals) > 1)))
        document = jose.read_object(value["payload"].encode(), "the sealed text")
        bound = _check_seals(seals, document, world)
        checks += bound
        trusted = all(check.outcome == "pass" for check in bound)
        checks += [passed("recipient")] if False else []
    except Refused as refusal:
        return decide(FORMAT, [*checks, refusal.check])
    return decide(FORMAT, checks)
