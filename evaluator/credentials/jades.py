"""Verify European Digital Credentials sealed with JAdES: one JSON document, its text signed as it stands.

JAdES: ETSI TS 119 182-1; unencoded payload: RFC 7797. What the seal covers is the JSON text in `payload`, so it is
never written out again. European Learning Model: https://europa.eu/europass/elm-browser/. A seal proves who sealed, by
the word of a certification authority, and only authorities that the verifier trusts count. Time stamps in the
unprotected header (`etsiU`) are not checked, so the time of sealing is only ever the sealer's own word.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from evaluator.credentials import certificates, jose, limits, recipient, signatures, status, times, vc_model
from evaluator.credentials.credential import Inner
from evaluator.credentials.holder import check_unbound
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
_UNDERSTOOD = frozenset({"b64", "sigT", "adoTst"})
"""What `crit` may demand: the payload as it stands, the stated time, and time stamps over the content, which add a
proof of time and change nothing about what is signed."""
_SEALED = "An authority that you trust confirms that the seal is the issuer's."
_IDENTIFIERS = ("eIDASIdentifier", "registration", "vatIdentifier", "taxIdentifier", "identifier")
_SCHEME = re.compile(r"(?:NTR|VAT|PSD|LEI|TIN)[A-Z]{2}-|[A-Z]{2}:[A-Z]{2}-")
"""How an organisation identifier in a certificate begins (ETSI EN 319 412-1 §5.1.4)."""


class _Seal(NamedTuple):
    """One signature, found right."""

    chain: list[x509.Certificate]
    sealed: datetime.datetime | None
    """When, by the sealer's own word."""


def recognises(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a JWS in JSON (RFC 7515 §7.2); no other format that is known here comes as one."""
    return isinstance(value.get("payload"), str) and ("signatures" in value or "protected" in value)


def verify(value: Mapping[str, Any], world: World, inner: Inner, opener: status.Opener, depth: int = 0) -> Verdict:
    """The verdict on a sealed document, for which `recognises` holds.

    `inner` verifies credentials of other formats that stand inside, sealed ones are verified here; `opener` opens
    status lists.
    """
    checks = [passed("carrier")]
    try:
        seals = [_open_seal(one, value["payload"]) for one in _signatures(value)]
        checks.append(passed("integrity", f"number of seals: {len(seals)}"))
        document = jose.read_object(_payload(value), "the sealed text")
        bound = _bind(seals, document, world)
        checks += bound
        if "VerifiablePresentation" in vc_model.types(document):
            checks += _presentation_checks(document, world)
            each = _nested(document, depth)
            nested = [_verify_nested(one, world, inner, opener, depth + 1) for one in each]
            return decide(FORMAT, checks, credentials=nested)
        checks += check_unbound(world) if depth == 0 else ()
        checks += _credential_checks(document, world)
        checks += _status(document, world, opener, all(check.outcome == "pass" for check in bound))
        return decide(FORMAT, checks, _claims(document))
    except Refused as refusal:
        return decide(FORMAT, [*checks, refusal.check])


# --- the seal --------------------------------------------------------------------------------------------------


def _signatures(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The signatures, whether there is one (flattened) or a list of them (general JSON serialization)."""
    found = value.get("signatures") if "signatures" in value else [value]
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise Refused("malformed", "there are no signatures")
    if len(found) > limits.PROOFS:
        raise Refused("resource_limit", f"{len(found)} seals; at most {limits.PROOFS} are read")
    return found


def _header(signature: Mapping[str, Any]) -> dict[str, Any]:
    encoded = signature.get("protected")
    if not isinstance(encoded, str):
        raise Refused("malformed", "a seal has no protected header")
    if len(encoded) > limits.HEADER_BYTES:
        raise Refused("resource_limit", f"a header of {len(encoded)} characters")
    return jose.read_object(jose.unbase64url(encoded, "the header"), "the header")


def _open_seal(signature: Mapping[str, Any], payload: str) -> _Seal:
    """One seal, if it is right. Raises Refused."""
    header = _header(signature)
    _check_demands(header, signature.get("header"))
    chain = certificates.in_header(header)
    if not chain:
        raise Refused("issuer_key_unresolvable", "the seal names no certificate")
    thumbprint = hashlib.sha256(chain[0].public_bytes(Encoding.DER)).digest()
    if "x5t#S256" in header and header["x5t#S256"] != base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode():
        raise Refused("integrity_failed", "the certificate is not the one whose thumbprint was sealed")
    value = signature.get("signature")
    signed = f"{signature['protected']}.{payload}".encode()
    try:
        key = signatures.public_key(chain[0].public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("alg_not_allowed", str(error)[:200]) from None
    made = jose.unbase64url(value if isinstance(value, str) else "", "the seal")
    if not signatures.verify(key, header.get("alg"), signed, made):
        raise Refused("integrity_failed", f"the seal of {certificates.holder(chain[0])} does not fit the document")
    return _Seal(chain, times.instant(header.get("sigT")))


def _check_demands(header: Mapping[str, Any], unprotected: Any) -> None:
    """RFC 7515 §4.1.11 and RFC 7797 §6: every demand is understood and met, and nothing is said in two places."""
    demands = header.get("crit", [])
    if not isinstance(demands, list) or not all(isinstance(one, str) for one in demands):
        raise Refused("malformed", "the header's crit is no list of words")
    if "crit" in header and not demands:
        raise Refused("malformed", "the header's crit is empty")
    if unknown := set(demands) - (_UNDERSTOOD & set(header)):
        raise Refused("alg_not_allowed", f"the header demands {', '.join(sorted(unknown))[:200]}")
    if header.get("b64", True) is not True and (header["b64"] is not False or "b64" not in demands):
        raise Refused("alg_not_allowed", "the header changes what is sealed without demanding it")
    if isinstance(unprotected, dict) and set(unprotected) & ({"alg", "crit", "b64", "x5c"} | set(header)):
        raise Refused("malformed", "the protected and the unprotected header speak of the same thing")


def _payload(value: Mapping[str, Any]) -> bytes:
    """The sealed text. All seals cover it in one way, else one text would have two meanings."""
    literal = {_header(one).get("b64", True) for one in _signatures(value)}
    if len(literal) > 1:
        raise Refused("malformed", "one seal covers the text as it stands, another an encoding of it")
    text = str(value["payload"])
    return jose.unbase64url(text, "the payload") if literal.pop() else text.encode()


# --- whose seal it is ----------------------------------------------------------------------------------------------


def _bind(seals: list[_Seal], document: Mapping[str, Any], world: World) -> list[Check]:
    """The checks of the issuer; the seal that shows most counts."""
    found = [_bind_one(seal, document, world) for seal in seals]
    return next((one for one in found if all(check.outcome == "pass" for check in one)), found[0])


def _bind_one(seal: _Seal, document: Mapping[str, Any], world: World) -> list[Check]:
    leaf, holder = seal.chain[0], certificates.holder(seal.chain[0])
    ends = leaf.not_valid_after_utc
    checks: list[Check] = []
    moment = world.at
    if ends <= world.at:
        checks.append(because("seal_certificate_expired", f"{holder}; its certificate ended {ends.isoformat()}"))
        stated = seal.sealed is not None and leaf.not_valid_before_utc <= seal.sealed < ends
        moment = seal.sealed if stated and seal.sealed else ends - datetime.timedelta(seconds=1)
    path = certificates.trusted_path(seal.chain, world.anchors, moment)
    if path is None:
        return [*checks, because("seal_certificate_untrusted", f"{holder}; {_compared(holder, document)}")]
    try:
        if withdrawn := certificates.withdrawn(path, world):
            return [*checks, because("issuer_key_revoked", f"{holder}; withdrawn {withdrawn.isoformat()}")]
    except Unavailable as error:
        checks.append(because("seal_status_unavailable", f"{holder}; {error.reason}"))
    if not _names_issuer(holder, document):
        checks.append(because("seal_of_another", f"{holder}; {_compared(holder, document)}"))
    return checks or [Check(id="issuer_binding", outcome="pass", says=_SEALED, detail=str(holder))]


def _names_issuer(holder: certificates.Holder, document: Mapping[str, Any]) -> bool:
    """Whether the issuer that the document names is the holder of the seal: by an identifier, else by its name.

    A presentation names none: its seal only says who put it together.
    """
    issuer = document.get("issuer")
    if not isinstance(issuer, dict):
        return "VerifiablePresentation" in vc_model.types(document)
    number = _folded(_SCHEME.sub("", holder.identifier))
    numbers = {_folded(_SCHEME.sub("", one)) for one in _issuer_identifiers(issuer)} - {""}
    if number and number in numbers:
        return True
    names = {
        _folded(one) for name in ("legalName", "prefLabel", "altLabel", "name") for one in _texts(issuer.get(name))
    }
    return _folded(holder.name) in names - {""}


def _compared(holder: certificates.Holder, document: Mapping[str, Any]) -> str:
    """For the detail: how the seal's holder compares with the issuer that the document names."""
    if not isinstance(issuer := document.get("issuer"), dict):
        return "the document names no issuer"
    same = "is" if _names_issuer(holder, document) else "is not"
    return f"this {same} the issuer that it names, {_name(issuer)[:200]}"


def _issuer_identifiers(issuer: Mapping[str, Any]) -> Iterator[str]:
    for name in _IDENTIFIERS:
        for one in vc_model.many(issuer.get(name)):
            for key in ("notation", "id"):
                if isinstance(one, dict) and isinstance(one.get(key), str):
                    yield one[key]


def _folded(text: str) -> str:
    """A name or number as it is compared: without accents, case, blanks and punctuation."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


# --- what is sealed ------------------------------------------------------------------------------------------------


def _credential_checks(document: Mapping[str, Any], world: World) -> list[Check]:
    return [
        vc_model.check_credential(document),
        vc_model.check_period(document, world),
        recipient.check(_identities(document), world.recipients),
        plain("trust", "unknown"),
    ]


def _presentation_checks(document: Mapping[str, Any], world: World) -> list[Check]:
    inside = vc_model.many(document.get("verifiableCredential"))
    unsealed = [one for one in inside if not (isinstance(one, dict) and recognises(one))]
    checks = [vc_model.check_presentation({**document, "verifiableCredential": unsealed})]
    if not inside:
        checks.append(plain("schema", "unknown", "the presentation holds no credential"))
    checks += [plain(one, "not_applicable") for one in ("validity_period", "status", "recipient")]
    if world.nonce is not None:
        checks.append(because("nonce_mismatch", "a sealed presentation answers nobody's request"))
    return checks


def _status(document: Mapping[str, Any], world: World, opener: status.Opener, bound: bool) -> Sequence[Check]:
    """The check of status lists, which issuers of these credentials also name under `status`.

    While nobody known stands behind the seal, whoever wrote the document also chose the list: that it revokes counts,
    that it does not says nothing.
    """
    entries = [one for name in ("credentialStatus", "status") for one in vc_model.many(document.get(name))]
    stated = [one for one in entries if isinstance(one, dict) and ("statusListCredential" in one or "id" in one)]
    found = status.check_status({**document, "credentialStatus": stated or None}, world, opener)
    if bound or not stated:
        return found
    harm = [check for check in found if check.code in ("revoked", "suspended")]
    return harm or [plain("status", "unknown", "; ".join(check.code or check.detail for check in found)[:200])]


def _nested(document: Mapping[str, Any], depth: int) -> list[Any]:
    """The credentials of a presentation. Raises Refused with `resource_limit`."""
    each = vc_model.many(document.get("verifiableCredential"))
    if len(each) > limits.NESTED or (each and depth >= limits.NESTED_DEPTH):
        raise Refused("resource_limit", f"{len(each)} credentials inside, at level {depth + 1}")
    return each


def _verify_nested(one: Any, world: World, inner: Inner, opener: status.Opener, depth: int) -> Verdict:
    """The verdict on a credential of a presentation, by its own seal or proof; the request was for the whole."""
    world = msgspec.structs.replace(world, nonce=None, audience=None, query=None)
    if isinstance(one, dict) and recognises(one):
        return verify(one, world, inner, opener, depth)
    return inner(one, world)


def _claims(document: Mapping[str, Any]) -> Claims:
    """What the credential says, in the words of the European Learning Model."""
    claims = vc_model.read_claims(document)
    issuer = document.get("issuer")
    achievement = next((one for one in _claimed(document) if isinstance(one, dict)), None)
    title = _first(_texts(achievement.get("title"))) if achievement else ""
    return Claims(
        issuer=Issuer(id=vc_model.identifier(issuer), name=_name(issuer) if isinstance(issuer, dict) else ""),
        title=title or claims.title,
        achievement=achievement,
        identities=_identities(document),
        valid_from=claims.valid_from,
        valid_until=claims.valid_until,
    )


def _claimed(document: Mapping[str, Any]) -> Iterator[Any]:
    for subject in _subjects(document):
        yield from vc_model.many(subject.get("hasClaim"))


def _identities(document: Mapping[str, Any]) -> tuple[Identity, ...]:
    """E-mail addresses only: ids such as `urn:epass:person:1` are numbered anew in every document."""
    found = [
        address
        for subject in _subjects(document)
        for contact in vc_model.many(subject.get("contactPoint"))
        if isinstance(contact, dict)
        for box in vc_model.many(contact.get("emailAddress"))
        if (address := vc_model.identifier(box))
    ]
    return tuple(Identity(type="email", value=one) for one in found[: limits.IDENTITIES])


def _subjects(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in vc_model.many(document.get("credentialSubject")) if isinstance(one, dict)]


def _name(issuer: Mapping[str, Any]) -> str:
    return _first(one for name in ("legalName", "prefLabel", "name") for one in _texts(issuer.get(name)))


def _first(texts: Iterator[str]) -> str:
    return next(texts, "")


def _texts(value: Any) -> Iterator[str]:
    """The texts in a text, a language map or a list of these, English first."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=lambda key: key != "en")]
    for one in vc_model.many(value):
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            yield from (each for each in one if isinstance(each, str))
