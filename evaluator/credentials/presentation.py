"""Presentations: credentials that somebody hands over, and the proof that it is their holder who does.

VCDM 1.1 §4.10 and 2.0 §4.13 (https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations), VC-JOSE-COSE,
OpenID4VP 1.0 §14.1 (replay). A presentation answers one request: nonce and audience are those of that request, and an
absent one is a wrong one. Without a proof it is a bundle: each credential is judged, nobody vouches for the bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from evaluator.credentials import blockcerts, data_integrity, limits, vc_model
from evaluator.credentials.data_integrity import Wanted
from evaluator.credentials.envelope import Envelope, check_signer, media_type, published_keys
from evaluator.credentials.holder import check_request, check_unbound
from evaluator.credentials.vc_jwt import check_token_period, check_types
from evaluator.credentials.vc_model import identifier, many
from evaluator.credentials.verdict import Check, Refused, Verdict, because, decide, passed, plain, refused
from evaluator.credentials.world import World

FORMAT = "Verifiable Presentation"
SECURED = frozenset({"vp+jwt", "vp+ld+jwt", "vp+ld+json+jwt", "vp+sd-jwt", "vp+ld+json+sd-jwt", "vp+cose"})
"""Media types of VC-JOSE-COSE, with the names that drafts had for them."""
CONTENT_TYPES = frozenset({"vp", "vp+ld+json", "json", "ld+json"})

Inner = Callable[[Any, World], Verdict]
"""Verifies one credential of a presentation: a JSON object, or a token as text."""


def is_presentation(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object, or the payload of a token, is a presentation."""
    return "VerifiablePresentation" in vc_model.types(document) or ("vp" in document and "@context" not in document)


def verify_document(document: Mapping[str, Any], world: World, inner: Inner) -> Verdict:
    """The verdict on a presentation in JSON, with a Data Integrity proof or without."""
    proofs = many(document.get("proof"))
    holder = identifier(document.get("holder"))
    if not proofs:
        empty = [] if many(document.get("verifiableCredential")) else [because("no_proof", "nothing is in it either")]
        checks = [*check_unbound(world), *empty] or [plain("integrity", "not_applicable")]
        return _decided(document, [*checks, plain("issuer_binding", "not_applicable")], "", world, inner)
    wanted = Wanted("authentication", holder or None, world.at)
    if blockcerts.is_version_3(document):
        # an anchor covers no challenge and no domain: whoever copies the presentation can write in others
        checks = [*blockcerts.check_proofs(document, world, wanted), *check_request(None, None, world)]
        return _decided(document, checks, holder, world, inner, "Merkle proof")
    proven = data_integrity.check_proofs(document, world, wanted)
    checks = list(proven.checks)
    for proof in proofs[: limits.PROOFS]:
        if isinstance(proof, Mapping):
            checks += check_request(proof.get("challenge"), proof.get("domain"), world)
    return _decided(document, checks, holder, world, inner, ", ".join(proven.suites))


def verify_envelope(
    envelope: Envelope, payload: Mapping[str, Any], found: Iterable[Check], world: World, inner: Inner
) -> Verdict:
    """The verdict on a presentation in a token: VCDM 1.1 (`vp`), or VC-JOSE-COSE. `found` are checks made so far."""
    try:
        document = _document(payload, media_type(envelope.typ or ""))
        holder = _holder(document, payload) or _named_by(envelope.kid)
    except Refused as refusal:
        return decide(FORMAT, [passed("carrier"), refusal.check])
    checks = [*found, *check_types(envelope, SECURED | {"jwt"}, CONTENT_TYPES)]
    find = partial(published_keys, envelope.kid, holder, "authentication", world)
    checks += [_of_holder(check) for check in check_signer(envelope, holder, find, world)]
    checks += check_request(payload.get("nonce"), payload.get("aud"), world)
    checks += check_token_period(payload, world)
    return _decided(document, checks, holder, world, inner, envelope.algorithm)


def _of_holder(check: Check) -> Check:
    """A presentation is signed by its holder, so a foreign key is a foreign holder."""
    return because("holder_mismatch", check.detail) if check.code == "issuer_mismatch" else check


def _document(payload: Mapping[str, Any], typ: str) -> dict[str, Any]:
    """The presentation in a payload. Raises Refused with `data_model_invalid`."""
    if "@context" in payload:
        if found := {"vc", "vp"} & set(payload):
            raise Refused("data_model_invalid", f"the claim {min(found)} stands beside the presentation")
        return dict(payload)
    document = payload.get("vp")
    if not isinstance(document, dict) or "vc" in payload or typ in SECURED:
        raise Refused("data_model_invalid", "the token holds no presentation (neither @context nor vp)")
    return document


def _holder(document: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """Who presents, by `iss` and `holder`. Raises Refused with `holder_mismatch` when they name two."""
    named = [name for name in (identifier(document.get("holder")), identifier(payload.get("iss"))) if name]
    if len(set(named)) > 1:
        raise Refused("holder_mismatch", f"iss is {named[1][:200]}, the holder {named[0][:200]}")
    return named[0] if named else ""


def _named_by(kid: str) -> str:
    """Where nobody is named, the presenter is who controls the key."""
    return kid.partition("#")[0] if kid.startswith("did:") else ""


# --- the credentials inside ---------------------------------------------------------------------------------


def _decided(
    document: Mapping[str, Any], checks: list[Check], holder: str, world: World, inner: Inner, how: str = ""
) -> Verdict:
    found = many(document.get("verifiableCredential"))
    shell = {name: value for name, value in document.items() if name != "verifiableCredential"}
    given = [passed("carrier"), vc_model.check_presentation(shell), *checks]
    given.append(plain("status", "not_applicable"))
    if not any(check.id == "validity_period" for check in given):
        given.append(plain("validity_period", "not_applicable"))
    if len(found) > limits.NESTED:
        given.append(because("resource_limit", f"{len(found)} credentials; at most {limits.NESTED} are read"))
        found = []
    inside = _world_inside(world, holder, given)
    credentials = [_inner(credential, inside, inner) for credential in found]
    return decide(f"{FORMAT} ({how})" if how else f"{FORMAT}, unsigned", given, None, credentials)


def _world_inside(world: World, holder: str, checks: list[Check]) -> World:
    """The world for the credentials inside: the request was to the presentation, and its proven holder is one more
    identity of the person who presents."""
    deciding = [check.outcome for check in checks if check.id in ("integrity", "issuer_binding")]
    proven = (holder,) if holder and deciding and set(deciding) == {"pass"} else ()
    recipients = (*world.recipients, *proven)
    return msgspec.structs.replace(world, nonce=None, audience=None, query=None, recipients=recipients)


def _inner(credential: Any, world: World, inner: Inner) -> Verdict:
    """The verdict on what stands inside, which may be a token; another presentation is refused, whatever it says."""
    verdict = inner(credential, world)
    if verdict.format.startswith(FORMAT):
        return refused(FORMAT, Refused("data_model_invalid", "a presentation inside of a presentation"))
    return verdict
