"""The data models around a proof: W3C Verifiable Credentials 1.1 and 2.0, with what Open Badges 3.0 and CLR 2.0 add.

https://www.w3.org/TR/vc-data-model-2.0/ §4, https://www.w3.org/TR/vc-data-model-1.1/ §4,
https://www.imsglobal.org/spec/ob/v3p0/#verification
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft201909Validator
from referencing import Registry

from evaluator.credentials import contexts, limits
from evaluator.credentials.times import instant
from evaluator.credentials.verdict import Check, Claims, Identity, Issuer, Refused, because, passed, plain
from evaluator.credentials.world import Unavailable, World

BASE: dict[str, int] = {
    "https://www.w3.org/2018/credentials/v1": 1,
    "https://www.w3.org/ns/credentials/v2": 2,
}
"""Context that stands first -> version of the data model."""

BADGES = ("OpenBadgeCredential", "AchievementCredential")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_SCHEMA_TYPE = "1EdTechJsonSchemaValidator2019"


def version(document: Mapping[str, Any]) -> int | None:
    """1 or 2 for VC Data Model 1.1 or 2.0, by the context that stands first; None for neither."""
    entries = many(document.get("@context"))
    return BASE.get(entries[0]) if entries and isinstance(entries[0], str) else None


def types(document: Mapping[str, Any]) -> list[str]:
    """The types of an object, whether it has one or a list."""
    return [entry for entry in many(document.get("type")) if isinstance(entry, str)]


def many(value: Any) -> list[Any]:
    """A value that may be absent, single or a list, as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


def identifier(value: Any) -> str:
    """The `id` of an object that may stand as its id alone; empty when there is none."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


def check_credential(document: Mapping[str, Any]) -> Check:
    """Whether a credential has what its data model demands.

    For badges and learner records a fault is one against their schema, which restates the model.
    """
    faults = list(_credential_faults(document, version(document) or 2))
    badge = {*BADGES, "ClrCredential", "EndorsementCredential"} & set(types(document))
    return _answer(faults, "schema_invalid" if badge and version(document) else "data_model_invalid")


def check_presentation(document: Mapping[str, Any]) -> Check:
    """Whether a presentation, with the credentials in it, has what its data model demands."""
    return _answer(list(_presentation_faults(document, version(document) or 2)), "data_model_invalid")


def _answer(faults: list[str], code: str) -> Check:
    return because(code, "; ".join(faults[:5])[:500]) if faults else passed("schema")


def _credential_faults(document: Mapping[str, Any], edition: int) -> Iterator[str]:
    yield from _common_faults(document, "VerifiableCredential")
    yield from _issuer_faults(document.get("issuer"))
    yield from _subject_faults(document.get("credentialSubject"))
    for name in ("name", "description"):
        yield from _text_faults(document.get(name), f"/{name}")
    yield from _part_faults(document)
    yield from (_period_faults_2 if edition == 2 else _period_faults_1)(document)


def _common_faults(document: Mapping[str, Any], needed: str) -> Iterator[str]:
    if version(document) is None:
        yield "/@context does not start with that of Verifiable Credentials"
    for number, entry in enumerate(many(document.get("@context"))):
        if not isinstance(entry, Mapping) and not is_url(entry):
            yield f"/@context/{number} is neither an address nor an object"
    if needed not in types(document):
        yield f"/type lacks {needed}"
    if len(types(document)) != len(many(document.get("type"))):
        yield "/type holds something else than words"
    lax = version(document) == 1 and isinstance(document.get("id"), str)  # issuers under VCDM 1.1 wrote bare UUIDs
    if "id" in document and not (lax or is_url(document["id"])):
        yield "/id is not one address"
    for number, proof in enumerate(many(document.get("proof"))):
        if not isinstance(proof, Mapping) or not types(proof):
            yield f"/proof/{number} has no type"


def _issuer_faults(issuer: Any) -> Iterator[str]:
    if not is_url(identifier(issuer)):
        yield "/issuer is no address and has no id that is one"
    if isinstance(issuer, Mapping):
        for name in ("name", "description"):
            yield from _text_faults(issuer.get(name), f"/issuer/{name}")


def _subject_faults(value: Any) -> Iterator[str]:
    subjects = many(value)
    if not subjects:
        yield "/credentialSubject is missing"
    for number, subject in enumerate(subjects):
        if not isinstance(subject, Mapping) or not subject:
            yield f"/credentialSubject/{number} states nothing"
        elif "id" in subject and not is_url(subject["id"]):
            yield f"/credentialSubject/{number}/id is not one address"


def _text_faults(value: Any, at: str) -> Iterator[str]:
    """A text, or one per language (VCDM 2.0 §11.1)."""
    for entry in many(value):
        if isinstance(entry, str):
            continue
        if not isinstance(entry, Mapping) or set(entry) - {"@value", "@language", "@direction"}:
            yield f"{at} is neither text nor text in a language"
        elif not isinstance(entry.get("@value"), str):
            yield f"{at} has no @value"


def _part_faults(document: Mapping[str, Any]) -> Iterator[str]:
    for name in ("credentialStatus", "credentialSchema", "termsOfUse", "evidence", "refreshService"):
        for number, part in enumerate(many(document.get(name))):
            if not isinstance(part, Mapping) or not types(part):
                yield f"/{name}/{number} has no type"
            elif ("id" in part and not is_url(part["id"])) or (name == "credentialSchema" and "id" not in part):
                yield f"/{name}/{number}/id is not one address"


def _period_faults_2(document: Mapping[str, Any]) -> Iterator[str]:
    bounds = {}
    for name in ("validFrom", "validUntil"):
        if name in document:
            bounds[name] = instant(document[name], zone_needed=True)
            if bounds[name] is None:
                yield f"/{name} is no time with a time zone"
    start, end = bounds.get("validFrom"), bounds.get("validUntil")
    if start and end and end < start:
        yield "/validUntil lies before /validFrom"


def _period_faults_1(document: Mapping[str, Any]) -> Iterator[str]:
    if instant(document.get("issuanceDate")) is None:
        yield "/issuanceDate is no time"
    for name in ("expirationDate", "validFrom", "validUntil"):
        if name in document and instant(document[name]) is None:
            yield f"/{name} is no time"


def _presentation_faults(document: Mapping[str, Any], edition: int) -> Iterator[str]:
    yield from _common_faults(document, "VerifiablePresentation")
    if "holder" in document and not is_url(identifier(document["holder"])):
        yield "/holder is no address and has no id that is one"
    inner = many(document.get("verifiableCredential"))
    if len(inner) > limits.NESTED:
        raise Refused("resource_limit", f"{len(inner)} credentials; at most {limits.NESTED} are read")
    for number, credential in enumerate(inner):
        at = f"/verifiableCredential/{number}"
        if isinstance(credential, str) and edition == 1:
            continue  # a token, as VCDM 1.1 §6.3.1 has it
        if not isinstance(credential, Mapping):
            yield f"{at} is no object"
        elif identifier(credential).startswith("data:"):
            if "EnvelopedVerifiableCredential" not in types(credential):
                yield f"{at}/type lacks EnvelopedVerifiableCredential"
        else:
            yield from (at + fault for fault in _credential_faults(credential, version(credential) or edition))


def is_url(value: Any) -> bool:
    """Whether a value is an absolute URL as the data model wants it."""
    return isinstance(value, str) and _URL.fullmatch(value) is not None


# --- schemas that credentials name ---------------------------------------------------------------------------


def check_schemas(document: Mapping[str, Any], world: World) -> list[Check]:
    """Check a credential against the known schemas that it names (Open Badges 3.0 §9.1 step 1).

    A schema that is not among the known ones says nothing: its author alone knows what breaking it means.
    """
    checks = []
    for entry in many(document.get("credentialSchema"))[: limits.CONTEXTS]:
        url = identifier(entry)
        digest = contexts.pinned().schemas.get(url)
        if digest is None or not isinstance(entry, Mapping) or _SCHEMA_TYPE not in types(entry):
            continue
        if not world.work.take_linked(_size(document)):
            raise Refused("resource_limit", "too much to compare with a schema")
        try:
            schema = contexts.load_pinned(url, digest, world)
        except Unavailable as error:
            checks.append(because("schema_unavailable", f"{url}: {error.reason}"))
            continue
        fault = next(_validator(digest, schema).iter_errors(document), None)
        if fault is not None:
            place = "/" + "/".join(str(step) for step in fault.absolute_path)
            checks.append(because("schema_invalid", f"{place}: {fault.message}"[:300]))
    return checks


def _size(value: Any) -> int:
    """How many JSON values there are."""
    count = 0
    queue = [value]
    while queue:
        item = queue.pop()
        count += 1
        queue.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
    return count


_validators: dict[str, Draft201909Validator] = {}


def _validator(digest: str, schema: Any) -> Draft201909Validator:
    """A validator, made once per schema, that resolves references only inside of the schema."""
    if digest not in _validators:
        _validators[digest] = Draft201909Validator(schema, registry=Registry())
    return _validators[digest]


# --- what is read from a credential once it is opened --------------------------------------------------------


def check_period(document: Mapping[str, Any], world: World) -> Check:
    """Whether the credential is valid at the world's time."""
    start = instant(document.get("validFrom", document.get("issuanceDate")))
    end = instant(document.get("validUntil", document.get("expirationDate")))
    if start is not None and world.at < start:
        return because("not_yet_valid", f"valid from {start.isoformat()}")
    if end is not None and world.at >= end:
        return because("expired", f"valid until {end.isoformat()}")
    named = {"validFrom", "issuanceDate", "validUntil", "expirationDate"} & set(document)
    if start is None and end is None:
        return plain("validity_period", "unknown" if named else "not_applicable")
    return passed("validity_period", f"until {end.isoformat()}" if end else "without end")


def read_claims(document: Mapping[str, Any]) -> Claims:
    """What has to be shown and matched of a credential; never raises for what it finds in it."""
    issuer = document.get("issuer")
    subjects = [subject for subject in many(document.get("credentialSubject")) if isinstance(subject, Mapping)]
    achievement = next((part for part in map(_achievement, subjects) if part), None)
    return Claims(
        issuer=Issuer(id=identifier(issuer), name=_text(issuer, "name"), url=_text(issuer, "url")),
        title=_text(achievement, "name") or _text(document, "name"),
        achievement=achievement,
        identities=tuple(identity for subject in subjects for identity in _identities(subject)),
        valid_from=instant(document.get("validFrom", document.get("issuanceDate"))),
        valid_until=instant(document.get("validUntil", document.get("expirationDate"))),
    )


def _achievement(subject: Mapping[str, Any]) -> dict[str, Any] | None:
    found = next(iter(many(subject.get("achievement"))), None)
    return found if isinstance(found, dict) else None


def _identities(subject: Mapping[str, Any]) -> Iterator[Identity]:
    if identifier(subject):
        yield Identity(type="id", value=identifier(subject))
    for entry in many(subject.get("identifier"))[: limits.IDENTITIES]:
        if isinstance(entry, Mapping) and isinstance(entry.get("identityHash"), str):
            yield Identity(
                type=_text(entry, "identityType"),
                value=entry["identityHash"],
                hashed=entry.get("hashed") is True,
                salt=_text(entry, "salt"),
            )


def _text(value: Any, name: str) -> str:
    """A text member, in whatever language stands first; empty when there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    entry = next(iter(many(found)), None)
    text = entry.get("@value") if isinstance(entry, Mapping) else entry
    return text if isinstance(text, str) else ""
