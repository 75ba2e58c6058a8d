"""Whose credential is it: compare the identities in it with those of the person who presents it.

Open Badges 2.0 IdentityObject (https://www.imsglobal.org/spec/ob/v2p0/#IdentityObject) and Open Badges 3.0
IdentityObject (https://www.imsglobal.org/spec/ob/v3p0/#identityobject): plain, or hashed as `algorithm$hex` over the
identity with its salt appended. A person may have several identities; one that matches is enough. "Issued to somebody
else" is only said when the same kind of identity was compared: an e-mail address says nothing about a DID.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from evaluator.credentials.limits import IDENTITIES
from evaluator.credentials.verdict import Check, Identity, because, passed

_HASH = re.compile(r"(md5)\$[0-9a-f]{32}|(sha256)\$[0-9a-f]{64}", re.IGNORECASE)
_TELEPHONE = re.compile(r"\+?[\d ()./-]{5,25}")
_ALSO = {"identifier": "telephone"}
"""A student number looks like a telephone number."""
_EMAIL_TYPES = frozenset({"email", "emailaddress", "schema:email"})
_TELEPHONE_TYPES = frozenset({"telephone", "phone", "schema:telephone"})


def of_assertion(recipient: Any) -> tuple[Identity, ...]:
    """The identities of an Open Badges 2.0 `recipient`, an object or several."""
    each = recipient if isinstance(recipient, list) else [recipient]
    found = (_identity(one) for one in each[:IDENTITIES] if isinstance(one, dict))
    return tuple(one for one in found if one.value)


def check(identities: Iterable[Identity], given: Sequence[str]) -> Check:
    """Whether one of the identities in a credential is one of those `given`.

    `recipient_not_checked` when none is given, `recipient_unnamed` when nothing of the same kind is in the credential,
    `recipient_mismatch` when there is and it differs. A match through MD5 is a match, and the detail says that it is a
    weak one: two identities with the same MD5 can be made on purpose.
    """
    if not given:
        return because("recipient_not_checked")
    compared = False
    weak = False
    for identity in identities:
        kind = _kind_of_identity(identity)
        same_kind = [one for one in given if _kind(one) in (kind, _ALSO.get(kind, kind))]
        if not same_kind or (identity.hashed and not _HASH.fullmatch(identity.value)):
            continue
        compared = True
        if any(_matches(identity, one) for one in same_kind):
            weak = _is_hashed(identity) and identity.value[:3].lower() == "md5"
            if not weak:
                return passed("recipient", f"compared by {kind}")
    if weak:
        return passed("recipient", "compared by an MD5 hash, which is weak: others can be made to match it")
    return because("recipient_mismatch" if compared else "recipient_unnamed")


def _identity(value: dict[str, Any]) -> Identity:
    kind, identity, salt = (value.get(name) for name in ("type", "identity", "salt"))
    return Identity(
        type=kind if isinstance(kind, str) else "email",
        value=identity if isinstance(identity, str) else "",
        hashed=value.get("hashed") is True,
        salt=salt if isinstance(salt, str) else "",
    )


def _is_hashed(identity: Identity) -> bool:
    """Whether an identity is hashed, as it says or as it looks: nobody's plain identity looks like a hash."""
    return identity.hashed or _HASH.fullmatch(identity.value) is not None


def _kind(identity: str) -> str:
    """What kind of identity a text is: `e-mail`, `DID`, `address`, `telephone` or `identifier`."""
    text = identity.strip().lower()
    if text.startswith("did:"):
        return "DID"
    if text.startswith(("http://", "https://")):
        return "address"
    if text.startswith("mailto:") or ("@" in text and " " not in text and ":" not in text):
        return "e-mail"
    if text.startswith("tel:") or _TELEPHONE.fullmatch(text):
        return "telephone"
    return "identifier"


def _kind_of_identity(identity: Identity) -> str:
    """The kind by what the credential calls it, because a hash shows nothing; `id` can be of any kind."""
    name = identity.type.lower()
    if name in _EMAIL_TYPES:
        return "e-mail"
    if name in _TELEPHONE_TYPES:
        return "telephone"
    if name == "url":
        return "address"
    return "identifier" if _is_hashed(identity) else _kind(identity.value)


def _matches(identity: Identity, given: str) -> bool:
    if not _is_hashed(identity):
        return not _forms(identity.value).isdisjoint(_forms(given))
    algorithm, _, digest = identity.value.lower().partition("$")
    return any(
        hashlib.new(algorithm, f"{form}{identity.salt}".encode()).hexdigest() == digest for form in _forms(given)
    )


def _forms(identity: str) -> set[str]:
    """The ways in which an identity is written for the same person, since a hash allows no other comparison.

    The local part of an e-mail address may tell upper from lower case (RFC 5321 §2.4), but no provider gives two people
    addresses that differ in nothing else.
    """
    text = identity.strip()
    return {form for one in (text, unicodedata.normalize("NFC", text)) for form in _spellings(one)}


def _spellings(text: str) -> set[str]:
    kind = _kind(text)
    if kind == "e-mail":
        text = text[7:] if text.lower().startswith("mailto:") else text
        local, _, domain = text.rpartition("@")
        return {text, text.lower(), f"{local}@{domain.lower()}"}
    if kind == "telephone":
        text = text.removeprefix("tel:")
        return {text, re.sub(r"[ ()./-]", "", text)}
    return {text, text.rstrip("/"), f"{text}/"} if kind == "address" else {text}
