"""ecdsa-sd-2023: a credential of which the holder shows a part (https://www.w3.org/TR/vc-di-ecdsa/ §3.4–3.6).

The issuer signed what must always be shown together with a fresh key, and every other statement by itself with that
key. The holder passes on the signatures of the statements that are shown, and the labels that the issuer had given
to their blank nodes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, NamedTuple

from evaluator.credentials import keys, limits, multibase, signatures, strict_cbor
from evaluator.credentials.signatures import PublicKey
from evaluator.credentials.verdict import Check, CheckId, Refused, plain

_BASE = b"\xd9\x5d\x00"
_DERIVED = b"\xd9\x5d\x01"
_LABEL = re.compile(r"_:c14n(\d+)")


class Derived(NamedTuple):
    """A derived proof value (§3.5.7)."""

    base_signature: bytes
    public_key: bytes
    """Multikey bytes of the key made for this credential."""
    signatures: list[bytes]
    labels: dict[int, bytes]
    """Number of a canonical label -> the label that was signed."""
    mandatory: frozenset[int]
    """Numbers of the statements that the issuer's own signature covers."""


def parse(value: object) -> Derived:
    """Read a proof value. Raises Refused: sd_base_proof_presented for the holder's master copy, integrity_failed."""
    try:
        content = multibase.decode(value)
        if content.startswith(_BASE):
            raise Refused("sd_base_proof_presented")
        if not content.startswith(_DERIVED):
            raise ValueError("no derived proof")
        parts = strict_cbor.parse(content[len(_DERIVED) :], limit=limits.PROOF_VALUE_CHARACTERS)
        return _derived(parts)
    except ValueError as error:
        raise Refused("integrity_failed", f"proofValue: {error}") from None


def verify(value: Derived, options: bytes, quads: list[str], issuer: PublicKey) -> bool:
    """Whether the issuer signed what must be shown and the credential's key every other statement.

    `options` is the digest of the proof's options, `quads` the canonical statements of what is shown. Raises Refused
    (alg_not_allowed) for an issuer's key that is not P-256.
    """
    signed = sorted(_LABEL.sub(lambda match: _label(value, match), quad) for quad in quads)
    kept = [quad for number, quad in enumerate(signed) if number in value.mandatory]
    others = [quad for number, quad in enumerate(signed) if number not in value.mandatory]
    mandatory = hashlib.sha256("".join(kept).encode()).digest()
    if not signatures.verify(issuer, "ES256", options + value.public_key + mandatory, value.base_signature):
        return False
    try:
        own = keys.from_multikey("u" + base64.urlsafe_b64encode(value.public_key).rstrip(b"=").decode())
    except ValueError:
        return False
    if len(others) != len(value.signatures):
        return False
    pairs = zip(others, value.signatures, strict=True)
    return all(signatures.verify(own, "ES256", quad.encode(), signature) for quad, signature in pairs)


_LAPSES: dict[CheckId, str] = {"validity_period": "validUntil", "status": "credentialStatus"}


def withheld(value: Derived, quads: list[str]) -> list[Check]:
    """What the holder may have left out of a proven credential: that it has ended, or that it can be revoked.

    Where the issuer did not make these mandatory, nobody but the holder knows whether there is more. `quads` as in
    `verify`.
    """
    found = []
    signed = sorted(_LABEL.sub(lambda match: _label(value, match), quad) for quad in quads)
    for check, name in _LAPSES.items():
        predicate = f"<https://www.w3.org/2018/credentials#{name}>"
        stated = [number for number, quad in enumerate(signed) if quad.split(" ", 2)[1] == predicate]
        if not stated or not value.mandatory.issuperset(stated):
            found.append(plain(check, "unknown", f"the holder chose what to show and may withhold {name}"))
    return found


def _derived(parts: Any) -> Derived:
    match parts:
        case [bytes() as base, bytes() as key, list() as each, dict() as labels, list() as mandatory]:
            pass
        case _:
            raise ValueError("its five parts are not there")
    whole = all(_is_number(number) and isinstance(label, bytes) for number, label in labels.items())
    if not (whole and all(isinstance(item, bytes) for item in each) and all(_is_number(item) for item in mandatory)):
        raise ValueError("a part is of the wrong kind")
    if len(set(labels.values())) != len(labels):
        raise ValueError("two blank nodes have one label")
    if len(each) > limits.DISCLOSURES:
        raise Refused("resource_limit", f"{len(each)} statements; at most {limits.DISCLOSURES} are checked")
    return Derived(base, key, each, labels, frozenset(mandatory))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _label(value: Derived, match: re.Match[str]) -> str:
    label = value.labels.get(int(match.group(1)))
    if label is None:
        raise Refused("integrity_failed", f"the proof has no label for {match.group(0)}")
    return "_:u" + base64.urlsafe_b64encode(label).rstrip(b"=").decode()
