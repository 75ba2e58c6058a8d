"""Presentations: who presents, to whom, in answer to what; and what each credential inside is worth."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials import limits
from evaluator.credentials.verdict import Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World
from tests.evaluator.credentials.signing import (
    BADGE,
    EMPLOYER,
    Signer,
    controller,
    cose,
    data_integrity,
    digest,
    disclosure,
    jws,
    key_binding,
    merged,
    world,
)

COLLEGE = "https://college.example/profile"
ISSUER = Signer("college", "ES256")
HOLDER = Signer("holder")
ATTACKER = Signer("attacker")
SIGNERS = {"holder": HOLDER, "attacker": ATTACKER}
DOCUMENTS = {COLLEGE: controller(COLLEGE, ISSUER)}
REQUEST = {"nonce": "n-1", "audience": EMPLOYER}
V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("presentations.yaml").read_bytes(), "cases/presentations.yaml"
)


def judged(content: str | bytes, at: World | None = None) -> Verdict:
    data = content.encode() if isinstance(content, str) else content
    [verdict] = verify(data, at or world(DOCUMENTS, **REQUEST))
    return verdict


def badge(**changes: Any) -> str:
    payload = merged(
        {**BADGE, "issuer": COLLEGE, "credentialSubject": {**BADGE["credentialSubject"], "id": HOLDER.did}}, changes
    )
    return jws({"kid": f"{COLLEGE}#key-1"}, payload, ISSUER)


def enveloped(token: str, kind: str = "vc+jwt") -> dict[str, Any]:
    return {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/{kind},{token}"}


EMBEDDED = data_integrity({**BADGE, "issuer": Signer("college by DID").did}, Signer("college by DID"))
INNER: dict[str, Any] = {
    "badge": badge(),
    "embedded": EMBEDDED,
    "enveloped": enveloped(badge()),
    "expired": enveloped(badge(validUntil="2026-06-01T00:00:00Z")),
    "altered": ".".join([*badge(name="Brain surgery").split(".")[:2], badge().split(".")[2]]),
    "unresolvable": jws(
        {"kid": "https://other.example/p#key-1"}, {**BADGE, "issuer": "https://other.example/p"}, ISSUER
    ),
    "unsigned": {**BADGE, "issuer": COLLEGE},
    "nonsense": "nonsense",
    "presentation": {"@context": [V2], "type": "VerifiablePresentation", "verifiableCredential": [enveloped(badge())]},
    "presentation_token": jws(
        {"kid": HOLDER.method}, {"iss": HOLDER.did, "vp": {"@context": [V1], "type": "VerifiablePresentation"}}, HOLDER
    ),
}


def presented(case: dict[str, Any]) -> bytes:
    signer = SIGNERS[case.get("signer", "holder")]
    inner = [INNER[one] if isinstance(one, str) else one for one in case["inner"]]
    base = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": HOLDER.did, "verifiableCredential": inner}
    document = merged(base, case.get("document", {}))
    header = merged({"kid": HOLDER.method}, case.get("header", {}))
    header["kid"] = ATTACKER.method if header["kid"] == "ATTACKER" else header["kid"]
    claims = {"iss": HOLDER.did, "nonce": "n-1", "aud": EMPLOYER}
    match case["form"]:
        case "vp_jwt":
            payload = {**claims, "vp": {**document, "@context": [V1]}}
            return jws(header, merged(payload, case.get("payload", {})), signer).encode()
        case "vp+jwt":
            payload = merged({**document, **claims}, case.get("payload", {}))
            return jws({"typ": "vp+jwt", **header}, payload, signer).encode()
        case "cose":
            payload = merged({**document, **claims}, case.get("payload", {}))
            return cose({4: HOLDER.method.encode(), 16: "application/vp+cose"}, payload, signer)
        case "data_integrity":
            options = {"proofPurpose": "authentication", "challenge": "n-1", "domain": EMPLOYER}
            return json.dumps(data_integrity(document, signer, **merged(options, case.get("proof", {})))).encode()
    return json.dumps(document).encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_presentation(case: dict[str, Any]) -> None:
    at = world(DOCUMENTS, **({} if case.get("request") == "none" else REQUEST))
    verdict = judged(presented(case), at)
    outcome, *codes = case["expect"]
    assert (verdict.outcome, set(verdict.codes)) == (outcome, set(codes)), verdict
    assert verdict.claims is None


def test_each_credential_has_its_own_verdict() -> None:
    verdict = judged(presented({"form": "vp_jwt", "inner": ["badge", "altered", "unresolvable", "embedded"]}))
    assert [one.outcome for one in verdict.credentials] == ["valid", "invalid", "indeterminate", "valid"]
    assert verdict.outcome == "invalid" and verdict.proven
    assert verdict.credentials[0].claims is not None and verdict.credentials[1].claims is None


def test_the_proven_holder_is_an_identity_of_the_presenter() -> None:
    def recipient(signer: str, form: str = "vp_jwt") -> str:
        verdict = judged(presented({"form": form, "inner": ["badge"], "signer": signer}))
        return next(check.code or check.outcome for check in verdict.credentials[0].checks if check.id == "recipient")

    assert recipient("holder") == "pass"
    assert recipient("attacker") == "recipient_not_checked"
    assert recipient("holder", "none") == "recipient_not_checked"
    other = judged(presented({"form": "vp_jwt", "inner": ["embedded"]}))
    assert "recipient_mismatch" in {check.code for check in other.credentials[0].checks}
    assert other.outcome == "valid"


def test_the_request_is_to_the_presentation_and_not_to_what_is_in_it() -> None:
    """A credential that carries a nonce by chance, and one that carries none, are judged alike."""
    for changes in ({}, {"nonce": "another"}, {"aud": "did:example:somebody"}):
        inner = jws({"kid": f"{COLLEGE}#key-1"}, {**BADGE, "issuer": COLLEGE, **changes}, ISSUER)
        assert judged(presented({"form": "vp+jwt", "inner": [enveloped(inner)]})).outcome == "valid"


def test_every_proof_of_a_set_answers_the_request() -> None:
    document = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": HOLDER.did}
    options = {"proofPurpose": "authentication", "domain": EMPLOYER}
    proofs = [data_integrity(document, HOLDER, **options, challenge=nonce)["proof"] for nonce in ("n-1", "n-2")]
    assert judged(json.dumps({**document, "proof": proofs[:1]})).outcome == "valid"
    assert judged(json.dumps({**document, "proof": proofs})).codes == ("nonce_mismatch",)


def test_too_many_credentials() -> None:
    verdict = judged(presented({"form": "vp_jwt", "inner": ["nonsense"] * (limits.NESTED + 1)}))
    assert verdict.codes == ("resource_limit",) and not verdict.credentials


def test_every_changed_character_is_noticed() -> None:
    token = presented({"form": "vp+jwt", "inner": []}).decode()
    for place, character in enumerate(token):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        assert all(one.outcome != "valid" for one in verify(changed.encode(), world(DOCUMENTS, **REQUEST))), place


def test_tokens_in_data_addresses() -> None:
    content = cose({4: b"key-1"}, {**BADGE, "issuer": COLLEGE}, ISSUER)
    found = base64.b64encode(content).decode()
    for kind, token, outcome in (
        ("vc+jwt", badge(), "valid"),
        ("vc+cose;base64", found, "valid"),
        ("vc+cose", found, "invalid"),
        ("vc+jwt;base64", badge(), "invalid"),
        ("vc+sd-jwt", badge(), "invalid"),
        ("vc+jwt", "", "invalid"),
    ):
        assert judged(json.dumps(enveloped(token, kind)), world(DOCUMENTS)).outcome == outcome
    whole = presented({"form": "vp+jwt", "inner": ["enveloped"]}).decode()
    outer = {"@context": V2, "type": "EnvelopedVerifiablePresentation", "id": f"data:application/vp+jwt,{whole}"}
    assert judged(json.dumps(outer)).outcome == "valid"


# --- OpenID4VP ----------------------------------------------------------------------------------------------

NAME = disclosure("s", "given_name", "Ada")
VCT = "https://college.example/types/welding"
DCQL = {"id": "diploma", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}}


def wallet_answer(binding: bool = True, **claims: Any) -> str:
    payload = {"iss": ISSUER.did, "vct": VCT, "_sd": [digest(NAME)], "cnf": {"jwk": HOLDER.jwk}, "levels": [{"n": 2}]}
    token = "~".join([jws({"typ": "dc+sd-jwt", "kid": "#0"}, payload, ISSUER), NAME, ""])
    return token + key_binding(token, HOLDER, **claims) if binding else token


def answered(query: Any, answers: Any) -> Verdict:
    return judged(json.dumps({"vp_token": answers}), world(DOCUMENTS, **REQUEST, query=query))


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"meta": {"vct_values": ["https://other.example"]}}, False),
        ({"meta": {}}, True),
        ({"meta": "x"}, True),
        ({"format": "jwt_vc_json"}, False),
        ({"id": "another"}, False),
        ({"claims": [{"path": ["given_name"]}]}, True),
        ({"claims": [{"path": ["given_name"], "values": ["Ada", "Eve"]}]}, True),
        ({"claims": [{"path": ["given_name"], "values": ["Eve"]}]}, False),
        ({"claims": [{"path": ["family_name"]}]}, False),
        ({"claims": [{"path": ["levels", 0, "n"]}]}, True),
        ({"claims": [{"path": ["levels", None, "n"], "values": [2]}]}, True),
        ({"claims": [{"path": ["levels", 1, "n"]}]}, False),
        ({"claims": [{"path": ["levels", -1, "n"]}]}, False),
        ({"claims": [{"path": [{}]}]}, False),
        ({"claims": [{"id": "a", "path": ["x"]}, {"id": "b", "path": ["vct"]}], "claim_sets": [["a"], ["b"]]}, True),
        ({"claims": [{"id": "a", "path": ["x"]}, {"id": "b", "path": ["vct"]}], "claim_sets": [["a", "b"]]}, False),
    ],
    ids=range(17),
)
def test_what_was_asked_for(changes: dict[str, Any], met: bool) -> None:
    verdict = answered({"credentials": [{**DCQL, **changes}]}, {"diploma": [wallet_answer()]})
    assert (verdict.outcome, "query_not_satisfied" in verdict.codes) == ("valid" if met else "invalid", not met)


def test_how_many_and_which_presentations() -> None:
    one, two = wallet_answer(), wallet_answer(iat=1_795_000_000)
    assert answered({"credentials": [DCQL]}, {"diploma": [one, two]}).codes == ("query_not_satisfied",)
    assert answered({"credentials": [{**DCQL, "multiple": True}]}, {"diploma": [one, two]}).outcome == "valid"
    assert answered({"credentials": [DCQL]}, {}).codes == ("query_not_satisfied",)
    assert answered({"credentials": [DCQL]}, {"diploma": one}).outcome == "valid"
    assert answered({"credentials": []}, {"diploma": one}).codes == ("query_not_satisfied",)
    assert answered(None, {"diploma": one}).outcome == "valid"
    assert answered(None, {"diploma": [one] * (limits.NESTED + 1)}).codes == ("resource_limit",)
    assert answered(None, {"diploma": [7]}).codes == ("malformed",)


def test_holder_binding_of_answers() -> None:
    query = {"credentials": [DCQL]}
    waived = {"credentials": [{**DCQL, "require_cryptographic_holder_binding": False}]}
    unbound = {"diploma": [wallet_answer(binding=False)]}
    assert answered(query, unbound).codes == ("holder_binding_missing",)
    assert answered(waived, unbound).outcome == "valid"
    assert answered(None, unbound).codes == ("holder_binding_missing",)
    assert answered(query, {"diploma": [wallet_answer(nonce="n-2")]}).codes == ("nonce_mismatch",)
    assert answered(query, {"diploma": [wallet_answer(aud="employer.example")]}).codes == ("audience_mismatch",)


def test_presentations_of_other_kinds_in_an_answer() -> None:
    types = {"id": "p", "meta": {"type_values": [["OpenBadgeCredential"], ["Nothing"]]}}
    other = {"id": "p", "meta": {"type_values": [["Nothing"]]}}
    for form, inner, kind in (("vp_jwt", "badge", "jwt_vc_json"), ("data_integrity", "embedded", "ldp_vc")):
        content = presented({"form": form, "inner": [inner]}).decode()
        answer = {"p": [json.loads(content) if content.startswith("{") else content]}
        assert answered({"credentials": [{**types, "format": kind}]}, answer).outcome == "valid"
        assert answered({"credentials": [{**other, "format": kind}]}, answer).codes == ("query_not_satisfied",)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6) | st.sampled_from(list(INNER.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["@context", "type", "holder", "verifiableCredential", "proof", "id", "vp_token", "iss", "vp"])


@settings(max_examples=200, deadline=3000)
@given(st.dictionaries(names, json_values), st.sampled_from(["vp_jwt", "vp+jwt", "data_integrity", "none"]))
def test_any_presentation_is_answered(changes: dict[str, Any], form: str) -> None:
    case = {"form": form, "inner": ["enveloped"], "document": changes}
    for verdict in verify(presented(case), world(DOCUMENTS, **REQUEST, query={"credentials": [DCQL]})):
        assert verdict.outcome in ("valid", "invalid", "indeterminate")


@settings(max_examples=200, deadline=3000)
@given(json_values, json_values)
def test_any_query_and_answer_are_answered(query: Any, answer: Any) -> None:
    asked = {"credentials": [query, {**DCQL, "claims": query, "claim_sets": query, "meta": query}]}
    assert answered(asked, {"diploma": answer, "x": [wallet_answer()]}).outcome != "valid"
