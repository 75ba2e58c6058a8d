"""Answers of wallets (OpenID4VP 1.0): is what was asked for in them, and is each presentation meant for this request?

`vp_token` and DCQL: https://openid.net/specs/openid-4-verifiable-presentations-1_0.html §6, §8.1 and §8.6. What a
wallet sends is checked against the query here; that the wallet chose it proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from evaluator.credentials import jose, limits, sd_jwt, vc_model
from evaluator.credentials.credential import Inner
from evaluator.credentials.vc_model import many
from evaluator.credentials.verdict import Check, Refused, Verdict, because, decide, passed, plain, refused
from evaluator.credentials.world import World

FORMAT = "OpenID4VP answer"


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an answer with a `vp_token`."""
    return isinstance(document.get("vp_token"), dict)


def verify(document: Mapping[str, Any], world: World, inner: Inner) -> Verdict:
    """The verdict on an answer for which `recognises` holds.

    Every presentation has to be bound to its holder, unless the query waives that with
    `require_cryptographic_holder_binding`.
    """
    answers: Mapping[str, Any] = document["vp_token"]
    given = [(name, one) for name, value in answers.items() for one in many(value)]
    if len(given) > limits.NESTED:
        return refused(FORMAT, Refused("resource_limit", f"{len(given)} presentations in one answer"))
    checks = [passed("carrier"), plain("issuer_binding", "not_applicable"), plain("status", "not_applicable")]
    checks += [plain("validity_period", "not_applicable"), passed("integrity", "each presentation is signed by itself")]
    queries = _queries(world.query)
    faults = list(_faults(queries, answers)) if world.query is not None else []
    checks += faults or [passed("schema") if world.query is not None else plain("schema", "not_applicable")]
    verdicts = [inner(one, _world(world, queries.get(name))) for name, one in given]
    return decide(FORMAT, checks, None, verdicts)


def _world(world: World, query: Mapping[str, Any] | None) -> World:
    """The request as one presentation has to answer it."""
    waived = query is not None and query.get("require_cryptographic_holder_binding") is False
    nonce, audience = (None, None) if waived else (world.nonce, world.audience)
    return msgspec.structs.replace(world, nonce=nonce, audience=audience, query=None)


def _queries(query: Mapping[str, object] | None) -> dict[str, Mapping[str, Any]]:
    asked = many((query or {}).get("credentials"))
    return {str(one.get("id")): one for one in asked if isinstance(one, Mapping)}


def _faults(queries: Mapping[str, Mapping[str, Any]], answers: Mapping[str, Any]) -> Iterator[Check]:
    """Where an answer is not what was asked for: §8.6 steps 1 to 3."""
    for name in answers:
        if name not in queries:
            yield because("query_not_satisfied", f"nothing was asked under the name {name[:80]!r}")
    for name, query in queries.items():
        presented = many(answers.get(name))
        if not presented:
            yield because("query_not_satisfied", f"nothing was presented for {name[:80]!r}")
        if len(presented) > 1 and query.get("multiple") is not True:
            yield because("query_not_satisfied", f"{len(presented)} presentations for {name[:80]!r}")
        for one in presented:
            yield from _unmet(query, one)


def _unmet(query: Mapping[str, Any], presented: Any) -> Iterator[Check]:
    try:
        kind, claims = _read(presented)
    except Refused:
        return  # its own verdict says why it can't be read
    meta = query.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    if kind != query.get("format", kind):
        yield because("query_not_satisfied", f"{kind} instead of {str(query.get('format'))[:40]}")
    if "vct_values" in meta and claims.get("vct") not in many(meta["vct_values"]):
        yield because("query_not_satisfied", f"a credential of the type {str(claims.get('vct'))[:200]}")
    if "type_values" in meta and not any(set(many(each)) <= set(_types(claims)) for each in many(meta["type_values"])):
        yield because("query_not_satisfied", f"a credential of the type {', '.join(_types(claims))[:200]}")
    for claim in _missing(query, claims):
        yield because("query_not_satisfied", f"the claim {claim[:200]} is missing or has another value")


def _missing(query: Mapping[str, Any], claims: Mapping[str, Any]) -> list[str]:
    """Claims that were asked for and are not there. Of several `claim_sets` one is enough (§6.4.1)."""
    asked = [one for one in many(query.get("claims")) if isinstance(one, Mapping)]
    lacking = {str(one.get("id", number)): one for number, one in enumerate(asked) if not _holds(one, claims)}
    sets = [[str(name) for name in many(each)] for each in many(query.get("claim_sets"))]
    if not lacking or any(lacking.keys().isdisjoint(each) for each in sets):
        return []
    return [".".join(str(step) for step in many(one.get("path"))) for one in lacking.values()]


def _holds(asked: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    found = _at(claims, many(asked.get("path")))
    wanted = asked.get("values")
    return any(value in many(wanted) for value in found) if wanted is not None else bool(found)


def _at(claims: Any, path: Sequence[Any]) -> list[Any]:
    """What stands at a claims path pointer (§7): names, numbers, or null for every item of an array."""
    found: list[Any] = [claims]
    for step in path:
        if isinstance(step, str):
            found = [value[step] for value in found if isinstance(value, dict) and step in value]
        elif step is None:
            found = [item for value in found if isinstance(value, list) for item in value]
        elif isinstance(step, int):
            found = [value[step] for value in found if isinstance(value, list) and 0 <= step < len(value)]
        else:
            return []
    return found


def _read(presented: Any) -> tuple[str, Mapping[str, Any]]:
    """The format of a presentation as DCQL names it, and what its (first) credential says. Raises Refused."""
    if isinstance(presented, Mapping):
        return "ldp_vc", _first_credential(presented)
    if not isinstance(presented, str):
        raise Refused("malformed", "a presentation is a text or an object")
    if "~" in presented:
        parts = sd_jwt.split(presented)
        payload = jose.read_object(jose.read(parts.issued).payload, "the payload")
        return "dc+sd-jwt", sd_jwt.disclose(payload, parts.disclosures).claims
    payload = jose.read_object(jose.read(presented).payload, "the payload")
    document = payload.get("vp", payload)
    return "jwt_vc_json", _first_credential(document if isinstance(document, Mapping) else {})


def _first_credential(presentation: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = next(iter(many(presentation.get("verifiableCredential"))), {})
    if isinstance(found, str):
        payload = jose.read_object(jose.read(found).payload, "the payload")
        found = payload.get("vc", payload)
    return found if isinstance(found, Mapping) else {}


def _types(claims: Mapping[str, Any]) -> list[str]:
    return vc_model.types(claims)
