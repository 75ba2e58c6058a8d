"""SD-JWT: what is revealed is what was signed, and the one who reveals it is its holder."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials import limits, sd_jwt
from evaluator.credentials.sd_jwt_vc import metadata_address
from evaluator.credentials.verdict import Refused, Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World
from tests.corpus import CORPUS, needs_corpus
from tests.evaluator.credentials.signing import (
    AT,
    BADGE,
    EMPLOYER,
    Signer,
    b64,
    digest,
    disclosure,
    jws,
    key_binding,
    merged,
    world,
)

COLLEGE = "https://college.example/diplomas"
METADATA = "https://college.example/.well-known/jwt-vc-issuer/diplomas"
LIST = "https://college.example/status/1"
ISSUER = Signer("college", "ES256")
HOLDER = Signer("holder", "ES256")
ATTACKER = Signer("attacker", "ES256")
DISCLOSURES = [disclosure("s1", "given_name", "Ada"), disclosure("s2", "title", "Welding, level 2")]
HEADER = {"typ": "dc+sd-jwt", "kid": "k"}
PAYLOAD = {
    "iss": COLLEGE,
    "vct": "https://college.example/types/welding",
    "iat": 1_760_000_000,
    "_sd": [digest(one) for one in DISCLOSURES],
    "cnf": {"jwk": HOLDER.jwk},
}
DOCUMENTS = {METADATA: {"issuer": COLLEGE, "jwks": {"keys": [{**ISSUER.jwk, "kid": "k"}]}}}
CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("disclosures.yaml").read_bytes(), "cases/disclosures.yaml"
)
REQUEST = {"nonce": "n-1", "audience": EMPLOYER}


def judged(token: str, at: World | None = None) -> Verdict:
    [verdict] = verify(token.encode(), at or world(DOCUMENTS))
    return verdict


def issued(payload: dict[str, Any] | None = None, *disclosures: str, **header: Any) -> str:
    """A token with `~` at its end; without arguments one that reveals everything."""
    chosen = disclosures if payload is not None else tuple(DISCLOSURES)
    return "~".join([jws({**HEADER, **header}, PAYLOAD if payload is None else payload, ISSUER), *chosen, ""])


# --- disclosures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_disclosures(case: dict[str, Any]) -> None:
    encoded: list[str] = []
    for one in reversed(case["disclosures"]):  # an inner one follows the one that holds its digest
        names = {f"@{len(case['disclosures']) - 1 - number}": digest(text) for number, text in enumerate(encoded)}
        encoded.append(b64(json.dumps(_filled(one, names))))
    encoded.reverse()
    payload = _filled(case["payload"], {f"@{number}": digest(text) for number, text in enumerate(encoded)})
    if "code" in case:
        with pytest.raises(Refused) as refusal:
            sd_jwt.disclose(payload, encoded)
        assert refusal.value.check.code == case["code"]
    else:
        assert sd_jwt.disclose(payload, encoded).claims == case["expect"]


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(part, names) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, names) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", sorted(sd_jwt.HASHES))
def test_every_hash(name: str) -> None:
    text = disclosure("s", "a", 1)
    payload = {"_sd_alg": name, "_sd": [b64(sd_jwt.HASHES[name](text.encode()).digest())]}
    assert sd_jwt.disclose(payload, [text]).claims == {"a": 1}


@pytest.mark.parametrize("spelling", ['["s", "a", 1]', '["s","a",1]', '[ "s" , "a" , 1 ]', '["s","\\u0061",1]'])
def test_the_digest_is_over_the_text_as_received(spelling: str) -> None:
    text = b64(spelling)
    assert sd_jwt.disclose({"_sd": [digest(text)]}, [text]).claims == {"a": 1}


@pytest.mark.parametrize(
    "text", ["", "Ä", b64("{"), b64('["s","a",NaN]'), b64('["s","a",{"b":1,"b":2}]'), "AB", "WyJzIl0="]
)
def test_what_is_no_disclosure(text: str) -> None:
    with pytest.raises(Refused, match="disclosure_invalid"):
        sd_jwt.disclose({"_sd": [digest(text)]}, [text])
    if text.isascii() and "=" not in text:
        assert judged(issued(merged(PAYLOAD, {"_sd": [digest(text)]}), text)).codes == ("disclosure_invalid",)


def test_too_many_and_too_deep_disclosures() -> None:
    many = "~".join([issued()[:-1], *["AA"] * (limits.DISCLOSURES + 1), ""])
    assert judged(many).codes == ("resource_limit",)
    texts = [disclosure("s", "a", 1)]
    for _ in range(limits.JSON_DEPTH + 2):
        texts.append(disclosure("s", "a", {"_sd": [digest(texts[-1])]}))
    with pytest.raises(Refused, match="resource_limit"):
        sd_jwt.disclose({"_sd": [digest(texts[-1])]}, texts)


@settings(max_examples=200, deadline=2000)
@given(st.data())
def test_what_goes_in_comes_out(data: st.DataObject) -> None:
    """Any claims, any of them hidden at any depth, any of those revealed: the revealed ones come back unchanged."""
    claims = data.draw(st.dictionaries(_names, _json, max_size=4))
    texts: list[str] = []
    payload = _hide(claims, data, texts)
    assert sd_jwt.disclose(payload, texts).claims == claims
    if texts:
        with pytest.raises(Refused):
            sd_jwt.disclose(payload, [*texts, disclosure("another", "x", 1)])


_names = st.text(min_size=1, max_size=4).filter(lambda name: name not in ("_sd", "...", "_sd_alg"))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=6,
)


def _hide(value: Any, data: st.DataObject, texts: list[str]) -> Any:
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for name, part in value.items():
            hidden = _hide(part, data, texts)
            if data.draw(st.booleans()):
                texts.append(disclosure(f"salt-{len(texts)}", name, hidden))
                found.setdefault("_sd", []).append(digest(texts[-1]))
            else:
                found[name] = hidden
        return found
    if isinstance(value, list):
        items = []
        for part in value:
            hidden = _hide(part, data, texts)
            if data.draw(st.booleans()):
                texts.append(disclosure(f"salt-{len(texts)}", hidden))
                hidden = {"...": digest(texts[-1])}
            items.append(hidden)
        return items
    return value


# --- SD-JWT VC ----------------------------------------------------------------------------------------------


def test_a_credential_with_everything_revealed() -> None:
    verdict = judged(issued(), world(DOCUMENTS, recipients=("ada@example.org",)))
    assert (verdict.outcome, verdict.codes, verdict.proven) == ("valid", (), True)
    assert verdict.claims is not None and verdict.claims.issuer.id == COLLEGE


@pytest.mark.parametrize(
    ("header", "changes", "codes"),
    [
        ({"typ": "vc+sd-jwt"}, {}, set()),
        ({"typ": "application/dc+sd-jwt"}, {}, set()),
        ({"typ": "JWT"}, {}, {"media_type_invalid"}),
        ({"typ": None}, {}, {"media_type_invalid"}),
        ({}, {"vct": None}, {"data_model_invalid"}),
        ({}, {"vct": 7}, {"data_model_invalid"}),
        ({}, {"exp": 1_760_000_001}, {"expired"}),
        ({}, {"nbf": 1_900_000_000}, {"not_yet_valid"}),
        ({}, {"exp": "soon"}, {"data_model_invalid"}),
        ({"kid": None}, {}, set()),
        ({"kid": "other"}, {}, {"issuer_key_unresolvable"}),
        ({}, {"iss": "https://evil.example"}, {"issuer_key_unresolvable"}),
        ({}, {"iss": None}, {"issuer_key_unresolvable"}),
        ({}, {"iss": ISSUER.did}, {"issuer_key_unresolvable"}),
        ({"kid": "#0"}, {"iss": ISSUER.did}, set()),
        ({"kid": ATTACKER.method}, {"iss": ISSUER.did}, {"issuer_mismatch"}),
        ({"crit": ["x"]}, {}, {"alg_not_allowed"}),
        ({"jwk": ATTACKER.jwk}, {}, set()),
    ],
    ids=str,
)
def test_token(header: dict[str, Any], changes: dict[str, Any], codes: set[str]) -> None:
    found = {name: value for name, value in {**HEADER, **header}.items() if value is not None}
    token = "~".join([jws(found, merged(PAYLOAD, changes), ISSUER), ""])
    assert set(judged(token).codes) == codes


@pytest.mark.parametrize("name", sorted(sd_jwt.NEVER_DISCLOSED))
def test_what_has_to_stand_in_the_open(name: str) -> None:
    text = disclosure("s", name, PAYLOAD.get(name, 1_900_000_000))
    payload = merged(PAYLOAD, {name: None, "_sd": [digest(text)]})
    assert "disclosure_invalid" in judged(issued(payload, text)).codes


@pytest.mark.parametrize(
    ("metadata", "codes"),
    [
        ({"issuer": COLLEGE, "jwks_uri": "https://keys.example/set"}, set()),
        ({"issuer": COLLEGE, "jwks_uri": "http://keys.example/set"}, {"issuer_key_unresolvable"}),
        ({"issuer": COLLEGE, "jwks_uri": "https://keys.example/none"}, {"issuer_key_unresolvable"}),
        ({"issuer": "https://evil.example", "jwks": {"keys": [ISSUER.jwk]}}, {"issuer_mismatch"}),
        ({"jwks": {"keys": [ISSUER.jwk]}}, {"issuer_mismatch"}),
        ({"issuer": COLLEGE}, {"issuer_key_unresolvable"}),
        (
            {"issuer": COLLEGE, "jwks": {"keys": [ISSUER.jwk]}, "jwks_uri": "https://keys.example/set"},
            {"issuer_key_unresolvable"},
        ),
        ({"issuer": COLLEGE, "jwks": {"keys": [{**ISSUER.jwk, "use": "enc"}]}}, {"issuer_key_unresolvable"}),
        ({"issuer": COLLEGE, "jwks": {"keys": [ATTACKER.jwk, ISSUER.jwk]}}, set()),
        ({"issuer": COLLEGE, "jwks": {"keys": [ATTACKER.jwk]}}, {"integrity_failed"}),
        ({"issuer": COLLEGE, "jwks": {"keys": [7, {}, {"kty": "oct", "k": "AA"}]}}, {"issuer_key_unresolvable"}),
        ({"issuer": COLLEGE, "jwks": []}, {"issuer_key_unresolvable"}),
        (b"{", {"issuer_key_unresolvable"}),
    ],
    ids=range(13),
)
def test_where_the_issuer_publishes_its_keys(metadata: Any, codes: set[str]) -> None:
    documents = {METADATA: metadata, "https://keys.example/set": {"keys": [{**ISSUER.jwk, "kid": "k"}]}}
    assert set(judged(issued(), world(documents)).codes) == codes


@pytest.mark.parametrize(
    ("issuer", "address"),
    [
        ("https://a.example", "https://a.example/.well-known/jwt-vc-issuer"),
        ("https://a.example/", "https://a.example/.well-known/jwt-vc-issuer"),
        ("https://a.example/x/y", "https://a.example/.well-known/jwt-vc-issuer/x/y"),
        ("https://a.example:8443/x", "https://a.example:8443/.well-known/jwt-vc-issuer/x"),
        ("http://a.example", None),
        ("https://user@a.example", None),
        ("https://a.example/?q", None),
        ("https://a.example/#f", None),
        ("a.example", None),
        ("https://[", None),
    ],
)
def test_address_of_metadata(issuer: str, address: str | None) -> None:
    if address is None:
        with pytest.raises(Refused, match="issuer_key_unresolvable"):
            metadata_address(issuer)
    else:
        assert metadata_address(issuer) == address


# --- the holder ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "signer", "codes"),
    [
        ({}, HOLDER, set()),
        ({"aud": [EMPLOYER, "https://other.example"]}, HOLDER, set()),
        ({}, ATTACKER, {"holder_binding_failed"}),
        ({"typ": "JWT"}, HOLDER, {"holder_binding_failed"}),
        ({"nonce": "n-2"}, HOLDER, {"nonce_mismatch"}),
        ({"nonce": None}, HOLDER, {"nonce_mismatch"}),
        ({"aud": "https://other.example"}, HOLDER, {"audience_mismatch"}),
        ({"aud": "https://employer.example/"}, HOLDER, {"audience_mismatch"}),
        ({"aud": "employer.example"}, HOLDER, {"audience_mismatch"}),
        ({"aud": None}, HOLDER, {"audience_mismatch"}),
        ({"iat": None}, HOLDER, {"holder_binding_failed"}),
        ({"iat": int(AT.timestamp()) + 200}, HOLDER, set()),
        ({"iat": int(AT.timestamp()) + 400}, HOLDER, {"holder_binding_failed"}),
        ({"sd_hash": digest("something else")}, HOLDER, {"sd_hash_mismatch"}),
        ({"sd_hash": None}, HOLDER, {"sd_hash_mismatch"}),
    ],
    ids=range(15),
)
def test_key_binding(claims: dict[str, Any], signer: Signer, codes: set[str]) -> None:
    presented = issued()
    verdict = judged(presented + key_binding(presented, signer, **claims), world(DOCUMENTS, **REQUEST))
    assert set(verdict.codes) == codes
    assert verdict.outcome == ("invalid" if codes else "valid")


def test_key_binding_that_was_asked_for_and_is_not_there() -> None:
    for request in ({"nonce": "n-1"}, {"audience": EMPLOYER}):
        assert judged(issued(), world(DOCUMENTS, **request)).codes == ("holder_binding_missing",)


def test_key_binding_to_no_key() -> None:
    for confirmation in (None, {}, {"jwk": {}}, {"jwk": {"kty": "oct", "k": "AA"}}, {"kid": "x"}, "x"):
        presented = issued({**PAYLOAD, "cnf": confirmation})
        verdict = judged(presented + key_binding(presented, HOLDER), world(DOCUMENTS, **REQUEST))
        assert verdict.codes == ("holder_binding_failed",)


def test_disclosures_replayed_dropped_and_added() -> None:
    one = issued(PAYLOAD, DISCLOSURES[0])
    binding = key_binding(one, HOLDER)
    at = world(DOCUMENTS, **REQUEST)
    assert judged(one + binding, at).outcome == "valid"
    assert judged(issued(PAYLOAD) + binding, at).codes == ("sd_hash_mismatch",)
    assert judged(issued(PAYLOAD, *DISCLOSURES) + binding, at).codes == ("sd_hash_mismatch",)
    assert judged(issued(PAYLOAD, DISCLOSURES[1]) + binding, at).codes == ("sd_hash_mismatch",)
    other = merged(PAYLOAD, {"vct": "https://college.example/types/surgery"})
    assert judged(issued(other, DISCLOSURES[0]) + binding, at).codes == ("sd_hash_mismatch",)
    foreign = disclosure("s3", "title", "Brain surgery")
    replayed = issued(PAYLOAD, DISCLOSURES[0], foreign)
    assert judged(replayed + key_binding(replayed, HOLDER), at).codes == ("disclosure_invalid",)


def test_every_changed_character_is_noticed() -> None:
    presented = issued()
    token = presented + key_binding(presented, HOLDER)
    at = world(DOCUMENTS, **REQUEST)
    for place, character in enumerate(token):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        assert all(verdict.outcome != "valid" for verdict in verify(changed.encode(), at)), place


def test_in_json() -> None:
    presented = issued()
    start, payload, signature = presented.split("~")[0].split(".")
    header = {"disclosures": DISCLOSURES, "kb_jwt": key_binding(presented, HOLDER)}
    whole = {"payload": payload, "protected": start, "signature": signature, "header": header}
    at = world(DOCUMENTS, **REQUEST)
    assert judged(json.dumps(whole), at).outcome == "valid"
    dropped = {**whole, "header": {**header, "disclosures": DISCLOSURES[:1]}}
    assert judged(json.dumps(dropped), at).codes == ("sd_hash_mismatch",)
    del header["kb_jwt"]
    assert judged(json.dumps(whole), at).codes == ("holder_binding_missing",)


# --- W3C credentials in an SD-JWT ---------------------------------------------------------------------------


def test_a_w3c_credential() -> None:
    hidden = disclosure("s", "name", "Welding, level 2")
    payload = {**BADGE, "issuer": ISSUER.did, "_sd": [digest(hidden)], "cnf": {"jwk": HOLDER.jwk}}
    del payload["name"]
    presented = "~".join([jws({"typ": "vc+sd-jwt", "kid": ISSUER.method}, payload, ISSUER), hidden, ""])
    verdict = judged(presented + key_binding(presented, HOLDER), world(**REQUEST))
    assert (verdict.outcome, verdict.codes) == ("valid", ())
    assert verdict.claims is not None and verdict.claims.title == "Welding, level 2"
    assert judged(presented, world(**REQUEST)).codes == ("holder_binding_missing",)
    assert judged(presented + hidden + "~").codes == ("disclosure_invalid",)


# --- token status lists -------------------------------------------------------------------------------------


def status_list(values: bytes = b"\x00" * 16, signer: Signer = ISSUER, **changes: Any) -> bytes:
    content = {
        "iss": COLLEGE,
        "sub": LIST,
        "iat": 1_760_000_000,
        "exp": 1_900_000_000,
        "status_list": {"bits": 1, "lst": b64(zlib.compress(values, 9))},
    }
    return jws({"typ": "statuslist+jwt", "kid": "k"}, merged(content, changes), signer).encode()


@pytest.mark.parametrize(
    ("listed", "codes"),
    [
        (status_list(), set()),
        (status_list(b"\x20" + b"\x00" * 15), {"revoked"}),
        (status_list(b"\x04" + b"\x00" * 15), set()),
        (status_list(b"\x00\x08", status_list={"bits": 2}), {"suspended"}),
        (status_list(signer=ATTACKER), {"status_list_invalid"}),
        (status_list(iss="https://evil.example"), {"status_unavailable"}),
        (status_list(sub="https://college.example/status/2"), {"status_list_invalid"}),
        (status_list(exp=1_760_000_001), {"status_list_expired"}),
        (status_list(b"\x00"), set()),
        (status_list(b""), {"status_list_invalid"}),
        (status_list(status_list={"bits": 3}), {"status_list_invalid"}),
        (status_list(status_list={"lst": "AAAA"}), {"status_list_invalid"}),
        (status_list(b"\x00" * (limits.INFLATED_BYTES + 1)), {"status_list_invalid"}),
        (b"eyJ", {"status_list_invalid"}),
        (b"\x1f\x8b", {"status_list_invalid"}),
        (None, {"status_unavailable"}),
    ],
    ids=range(16),
)
def test_status(listed: bytes | None, codes: set[str]) -> None:
    """Entry 5: the sixth bit from the right of the first byte, unlike W3C's lists."""
    token = issued(merged(PAYLOAD, {"status": {"status_list": {"idx": 5, "uri": LIST}}, "_sd": None}))
    documents = DOCUMENTS if listed is None else {**DOCUMENTS, LIST: listed}
    assert set(judged(token, world(documents)).codes) == codes


def test_a_list_that_would_fill_the_memory() -> None:
    """256 MiB of zeros in 256 KiB: given up at the limit, long before they are there."""
    stream = zlib.compressobj(9)
    packed = b"".join([*(stream.compress(bytes(1 << 20)) for _ in range(256)), stream.flush()])
    token = issued(merged(PAYLOAD, {"status": {"status_list": {"idx": 5, "uri": LIST}}, "_sd": None}))
    at = world({**DOCUMENTS, LIST: status_list(status_list={"lst": b64(packed)})})
    tracemalloc.start()
    started = time.process_time()
    try:
        assert judged(token, at).codes == ("status_list_invalid",)
        assert time.process_time() - started < 2
        assert tracemalloc.get_traced_memory()[1] < 4 * limits.INFLATED_BYTES
    finally:
        tracemalloc.stop()


def test_a_certificate_names_an_issuer_who_does_not() -> None:
    """SD-JWT VC §3.5: with `x5c` and without `iss` the issuer is whom the certificate names."""
    authority = Signer("authority", "ES256")
    chain = [ISSUER.certificate(["https://college.example"], authority)]
    header = {"typ": "dc+sd-jwt", "x5c": [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]}
    token = jws(header, merged(PAYLOAD, {"iss": None}), ISSUER) + "~"
    root = authority.certificate(ca=True, name="An authority").public_bytes(Encoding.DER)
    assert judged(token, world(anchors=(root,))).outcome == "valid"
    assert judged(token, world()).codes == ("seal_certificate_untrusted",)


def test_status_that_is_not_understood_or_out_of_range() -> None:
    at = world({**DOCUMENTS, LIST: status_list()})
    for status, code in (
        ({"status_list": {"idx": 128, "uri": LIST}}, "status_list_invalid"),
        ({"status_list": {"idx": -1, "uri": LIST}}, "status_unavailable"),
        ({"status_list": {"idx": 10**11, "uri": LIST}}, "status_list_invalid"),
        ({"other": {}}, "status_unavailable"),
        ("x", "status_unavailable"),
    ):
        assert judged(issued(merged(PAYLOAD, {"status": status, "_sd": None})), at).codes == (code,)


# --- the corpus and chance ----------------------------------------------------------------------------------


@needs_corpus
def test_the_example_of_the_standard_with_the_keys_of_its_own_issuer() -> None:
    """RFC 9901 A.3; the corpus hands over the keys under the address of another issuer."""
    folder = CORPUS / "vectors2"
    published = json.loads((folder / "did" / "ietf-jwt-vc-issuer.json").read_text())
    issuer = "https://pid-issuer.bund.de.example"
    documents = {f"{issuer}/.well-known/jwt-vc-issuer": {**published, "issuer": issuer}}
    verdict = judged((folder / "sd-jwt" / "rfc9901-a3.txt").read_text().strip(), world(documents))
    assert (verdict.outcome, verdict.codes) == ("valid", ())


@settings(max_examples=150, deadline=2000)
@given(st.lists(st.text("~.eyJhbGci", max_size=12) | st.sampled_from(DISCLOSURES), max_size=6))
def test_any_text_is_answered(parts: list[str]) -> None:
    for token in ("~".join(parts), "~".join([issued()[:-1], *parts])):
        [*verdicts] = verify(token.encode(), world(DOCUMENTS, **REQUEST))
        assert all(verdict.outcome != "valid" for verdict in verdicts)


@settings(max_examples=150, deadline=2000)
@given(st.dictionaries(st.sampled_from([*PAYLOAD, "exp", "status", "_sd_alg", "@context", "sub", "email"]), _json))
def test_any_payload_is_answered(changes: dict[str, Any]) -> None:
    presented = issued({**PAYLOAD, **changes}, *DISCLOSURES)
    assert judged(presented + key_binding(presented, HOLDER)).outcome in ("valid", "invalid", "indeterminate")
