"""Blockcerts: nothing is proven by a file and its hash alone; what counts is who wrote the hash where, and when."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import base58
import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials import ledger, limits, rdf
from evaluator.credentials.merkle_proof import Anchor, MerkleProof, read_2017, read_2019
from evaluator.credentials.verdict import Refused, Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World
from tests.corpus import needs_corpus
from tests.evaluator.credentials import vectors
from tests.evaluator.credentials.signing import EMPLOYER, Signer, data_integrity, merged, world

COLLEGE = "https://college.example/profile"
REVOKED = "https://college.example/revoked"
DID = "did:example:college"
CERTIFICATE = "urn:uuid:22222222-3333-4444-8555-666666666666"
TRANSACTION = "ab" * 32
SIBLING = hashlib.sha256(b"the certificate of somebody else").hexdigest()
KEY = Signer("college", "ES256K")
ATTACKER = Signer("attacker", "ES256K")
NUMBERS = {"bitcoinMainnet": (0, 1), "bitcoinTestnet": (0, 3), "ethereumMainnet": (1, 1)}

ASSERTION = {
    "@context": ["https://w3id.org/openbadges/v2", "https://w3id.org/blockcerts/v2"],
    "id": CERTIFICATE,
    "type": "Assertion",
    "issuedOn": "2026-03-01T00:00:00Z",
    "recipient": {"type": "email", "hashed": False, "identity": "ada@example.org"},
    "verification": {"type": ["MerkleProofVerification2017", "Extension"], "publicKey": "ecdsa-koblitz-pubkey:1A"},
    "badge": {
        "id": "urn:uuid:33333333-3333-4444-8555-666666666666",
        "type": "BadgeClass",
        "name": "Welding, level 2",
        "description": "Can weld",
        "criteria": {"narrative": "A seam that holds"},
        "issuer": {"id": COLLEGE, "type": "Profile", "name": "A college"},
    },
}
CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/blockcerts/v3"],
    "id": CERTIFICATE,
    "type": ["VerifiableCredential", "BlockcertsCredential"],
    "issuer": COLLEGE,
    "validFrom": "2026-03-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:ada", "name": "Ada"},
}
CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("blockcerts.yaml").read_bytes(), "cases/blockcerts.yaml"
)


def pinned() -> World:
    return world(pinned=lambda url: vectors.contexts()[url])


def content_hash(document: dict[str, Any]) -> str:
    return hashlib.sha256(rdf.canonical_quads(document, pinned()).encode()).hexdigest()


def root_over(target: str) -> str:
    return hashlib.sha256(bytes.fromhex(target) + bytes.fromhex(SIBLING)).hexdigest()


def packed(target: str, path: list[list[str]], chain: str) -> str:
    """A proof value as cert-issuer writes it: hashes are CBOR texts inside of byte strings."""
    sides = {"left": 0, "right": 1}
    network = NUMBERS.get(chain)
    anchor = [[0, -1], [1, cbor2.dumps("for testing only")]]
    if network:
        anchor = [[0, network[0]], [1, network[1]], [2, cbor2.dumps(TRANSACTION)]]
    parts = [
        [3, [[sides[side], cbor2.dumps(value)] for side, value in path]],
        [0, cbor2.dumps(root_over(target))],
        [1, cbor2.dumps(target)],
        [2, [cbor2.dumps(anchor)]],
    ]
    return "z" + base58.b58encode(cbor2.dumps(parts)).decode()


class Issued:
    """One case: the certificate, and the world in which it is judged."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.chain = case.get("chain", "bitcoinMainnet")
        self.version = case.get("version", 2)
        self.address = ledger.address_of(KEY.private.public_key(), self.chain) or "1"
        base = ASSERTION if self.version == 2 else {**CREDENTIAL, "issuer": COLLEGE if self.version == 3 else DID}
        bare = merged(base, case.get("certificate", {}))
        target = content_hash(bare)
        self.document = merged(bare, case.get("altered", {}))
        proof = merged({"path": [["right", SIBLING]]}, self._words(case.get("proof", {})))
        path = [[side, value.ljust(64, "0")] for side, value in proof.pop("path")]
        self.document |= self._seal_2(target, path) if self.version == 2 else self._seal_3(target, path, proof)
        self.documents = self._documents(case, root_over(target))

    def _seal_2(self, target: str, path: list[list[str]]) -> dict[str, Any]:
        signature = {
            "type": ["MerkleProof2017", "Extension"],
            "targetHash": target,
            "merkleRoot": root_over(target),
            "proof": [{side: value} for side, value in path],
            "anchors": [{"sourceId": f"0x{TRANSACTION}", "type": "BTCOpReturn", "chain": self.chain}],
        }
        return {"signature": signature}

    def _seal_3(self, target: str, path: list[list[str]], options: dict[str, Any]) -> dict[str, Any]:
        proof = {
            "type": "MerkleProof2019",
            "created": "2026-03-01T00:00:00Z",
            "proofPurpose": "assertionMethod",
            "verificationMethod": f"{COLLEGE if self.version == 3 else DID}#key-1",
            "proofValue": packed(target, path, self.chain),
        }
        return {"proof": {**proof, **options}}

    def _documents(self, case: dict[str, Any], root: str) -> dict[str, Any]:
        method = {"id": "#key-1", "type": "JsonWebKey2020", "publicKeyJwk": KEY.jwk}
        profile = {
            "id": COLLEGE,
            "type": "Profile",
            "publicKey": [{"id": f"ecdsa-koblitz-pubkey:{self.address}", "created": "2025-01-01T00:00:00Z"}],
            "verificationMethod": [method],
            "assertionMethod": ["#key-1"],
            "revocationList": REVOKED,
        }
        entry = {
            "chain": self.chain,
            "transaction": TRANSACTION,
            "remoteHash": root,
            "issuingAddress": self.address.replace("0x", "0X") if self.chain.startswith("eth") else self.address,
            "time": "2026-03-01T12:00:00Z",
        }
        service = {"id": "#p", "type": "IssuerProfile", "serviceEndpoint": COLLEGE}
        found: dict[str, Any] = {
            REVOKED: {"revokedAssertions": self._words(case.get("revoked", []))},
            DID: {"id": DID, "verificationMethod": [method], "service": [service]},
        }
        if case.get("profile") != "absent":
            found[COLLEGE] = merged(profile, self._words(case.get("profile", {})))
        if case.get("entry") != "absent":
            hashes = ("remoteHash", "transaction")
            changes = self._words(case.get("entry", {})).items()
            filled = {name: value.ljust(64, "0") if value and name in hashes else value for name, value in changes}
            found[f"tx:{self.chain}:{TRANSACTION}"] = merged(entry, filled)
        return found

    def _words(self, value: Any) -> Any:
        words = {
            "ADDRESS": f"ecdsa-koblitz-pubkey:{self.address}",
            "BARE": self.address,
            "CERTIFICATE": CERTIFICATE,
            "ATTACKER": ATTACKER.method,
            "ATTACKER_ADDRESS": ledger.address_of(ATTACKER.private.public_key(), self.chain),
        }
        if isinstance(value, dict):
            return {name: self._words(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._words(part) for part in value]
        return words.get(value, value) if isinstance(value, str) else value

    def verdict(self, **changes: Any) -> Verdict:
        at = world(self.documents, pinned=lambda url: vectors.contexts()[url], **changes)
        [verdict] = verify(json.dumps(self.document).encode(), at)
        return verdict


@needs_corpus
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_certificate(case: dict[str, Any]) -> None:
    verdict = Issued(case).verdict()
    outcome, *codes = case["expect"]
    assert (verdict.outcome, set(verdict.codes)) == (outcome, set(codes)), verdict.checks
    assert verdict.proven == ({check.outcome for check in verdict.checks[1:] if check.id in BINDING} == {"pass"})


BINDING = ("integrity", "issuer_binding")


@needs_corpus
def test_what_a_certificate_claims() -> None:
    verdict = Issued({}).verdict(recipients=("ada@example.org",))
    assert verdict.claims is not None
    assert (verdict.claims.issuer.name, verdict.claims.title) == ("A college", "Welding, level 2")
    assert "recipient" in {check.id for check in verdict.checks if check.outcome == "pass"}
    assert Issued({"altered": {"issuedOn": "2026-02-01T00:00:00Z"}}).verdict().claims is None


@needs_corpus
def test_proofs_in_a_row_cover_each_other() -> None:
    """A second anchor over the certificate with its first proof: neither can be taken out or exchanged."""
    issued = Issued({"version": 3})
    first = issued.document["proof"]
    target = content_hash(issued.document)
    second = {**first, "proofValue": packed(target, [["right", SIBLING]], "ethereumMainnet")}
    both = {**issued.document, "proof": [first, second]}
    address = ledger.address_of(KEY.private.public_key(), "ethereumMainnet")
    issued.documents[COLLEGE]["publicKey"].append({"id": f"ecdsa-koblitz-pubkey:{address}"})
    entry = issued.documents[f"tx:bitcoinMainnet:{TRANSACTION}"]
    changed = {"chain": "ethereumMainnet", "remoteHash": root_over(target), "issuingAddress": address}
    issued.documents[f"tx:ethereumMainnet:{TRANSACTION}"] = {**entry, **changed}
    issued.document = both
    assert issued.verdict().codes == ()
    issued.document = {**both, "proof": [{**first, "created": "2026-03-02T00:00:00Z"}, second]}
    assert set(issued.verdict().codes) == {"one_proof_failed"}
    issued.document = {**both, "proof": [second, first]}
    assert issued.verdict().outcome == "invalid"


@needs_corpus
def test_an_anchor_behind_the_issuers_own_signature_is_a_time_stamp() -> None:
    """Whoever gives it, and only behind a signature that is right and the issuer's."""
    issuer, stranger = Signer("issuer by DID"), Signer("stranger")
    bare = {**CREDENTIAL, "issuer": issuer.did}
    for signer, outcome in ((issuer, "valid"), (stranger, "invalid")):
        signature = data_integrity(bare, signer)["proof"]
        target = content_hash({**bare, "proof": signature})
        issued = Issued({"version": 3})
        stamp = {**issued.document["proof"], "proofValue": packed(target, [["right", SIBLING]], issued.chain)}
        issued.documents[f"tx:{issued.chain}:{TRANSACTION}"]["remoteHash"] = root_over(target)
        issued.document = {**bare, "proof": [signature, stamp]}
        assert issued.verdict().outcome == outcome, issued.verdict()
        issued.documents[f"tx:{issued.chain}:{TRANSACTION}"]["issuingAddress"] = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
        assert "issuer_mismatch" in issued.verdict().codes
        issued.document = {**bare, "proof": [stamp, signature]}
        assert issued.verdict().outcome == "invalid"
    unknown = {**bare, "issuer": "did:web:b.example"}
    signature = data_integrity(unknown, issuer, verificationMethod="did:web:b.example#key-1")["proof"]
    target = content_hash({**unknown, "proof": signature})
    stamp = {**issued.document["proof"][0], "proofValue": packed(target, [["right", SIBLING]], issued.chain)}
    issued.document = {**unknown, "proof": [signature, stamp]}
    entry = {"remoteHash": root_over(target), "issuingAddress": issued.address}
    issued.documents[f"tx:{issued.chain}:{TRANSACTION}"] |= entry
    assert "issuer_mismatch" in issued.verdict().codes


@needs_corpus
def test_a_presentation_with_an_anchor_answers_no_request() -> None:
    bare = {
        "@context": CREDENTIAL["@context"],
        "type": "VerifiablePresentation",
        "holder": COLLEGE,
        "verifiableCredential": [],
    }
    issued = Issued({"version": 3})
    target = content_hash(bare)
    challenge = {
        "challenge": "n-1",
        "domain": EMPLOYER,
        "proofValue": packed(target, [["right", SIBLING]], issued.chain),
    }
    issued.document = {**bare, "proof": {**issued.document["proof"], **challenge}}
    issued.documents[f"tx:{issued.chain}:{TRANSACTION}"]["remoteHash"] = root_over(target)
    assert issued.verdict().outcome == "valid"
    assert set(issued.verdict(nonce="n-1").codes) == {"nonce_mismatch"}
    assert set(issued.verdict(audience=EMPLOYER).codes) == {"audience_mismatch"}


@needs_corpus
@pytest.mark.parametrize("version", [2, 3])
def test_a_certificate_is_no_answer_to_a_request(version: int) -> None:
    assert Issued({"version": version}).verdict(nonce="n-1").codes == ("holder_binding_missing",)


@needs_corpus
@pytest.mark.parametrize("version", [2, 3])
def test_changed_bytes_are_noticed(version: int) -> None:
    issued = Issued({"version": version})
    text = json.dumps(issued.document)
    at = world(issued.documents, pinned=lambda url: vectors.contexts()[url])
    signed = text.index('"signature"') if version == 2 else text.index('"proof"')
    chance = random.Random(version)
    for place in chance.sample([index for index, letter in enumerate(text[:signed]) if letter.isalnum()], 60):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert all(verdict.outcome != "valid" for verdict in verify(changed.encode(), at)), place


# --- Merkle proofs and addresses ----------------------------------------------------------------------------

SIGNATURE = {
    "targetHash": "00" * 32,
    "merkleRoot": "00" * 32,
    "proof": [],
    "anchors": [{"sourceId": TRANSACTION, "type": "BTCOpReturn"}],
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"targetHash": "00"}, "malformed"),
        ({"targetHash": "zz" * 32}, "malformed"),
        ({"merkleRoot": None}, "malformed"),
        ({"merkleRoot": " " + "0" * 63}, "malformed"),
        ({"proof": {}}, "malformed"),
        ({"proof": [{"left": "00" * 32, "right": "00" * 32}]}, "malformed"),
        ({"proof": [{"up": "00" * 32}]}, "malformed"),
        ({"proof": ["left"]}, "malformed"),
        ({"proof": [{"left": "00" * 32}] * (limits.MERKLE_STEPS + 1)}, "resource_limit"),
        ({"anchors": []}, "malformed"),
        ({"anchors": None}, "malformed"),
        ({"anchors": [7]}, "malformed"),
        ({"anchors": [{"sourceId": "x"}]}, "malformed"),
        ({"anchors": [{"sourceId": TRANSACTION, "chain": "https://x"}]}, "malformed"),
        ({"anchors": [{"sourceId": TRANSACTION, "chain": 7}]}, "malformed"),
    ],
    ids=range(15),
)
def test_broken_proofs_of_version_2(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_2017(merged(SIGNATURE, changes), "1")
    assert refusal.value.check.code == code


@pytest.mark.parametrize(
    ("anchor", "address", "chain"),
    [
        ({}, "1AwdUWQzJgfDDjeKtpPzMfYMHejFBrxZfo", "bitcoinMainnet"),
        ({}, "msBCHdwaQ7N2ypBYupkp6uNxtr9Pg76imj", "bitcoinTestnet"),
        ({}, "n25TTSLzkNgHe9XcPFekKwcQCybq4hxins", "bitcoinTestnet"),
        ({}, "", "bitcoinMainnet"),
        ({"type": "ETHData"}, "0x3d995ef85a8d1bcbed78182ab225b9f88dc8937c", "ethereumMainnet"),
        ({"chain": "ethereumRopsten"}, "", "ethereumRopsten"),
    ],
)
def test_which_ledger(anchor: dict[str, Any], address: str, chain: str) -> None:
    found = read_2017({**SIGNATURE, "anchors": [{"sourceId": f"0x{TRANSACTION.upper()}", **anchor}]}, address)
    assert found.anchor == Anchor(chain, TRANSACTION)
    assert found.anchor.key == f"tx:{chain}:{TRANSACTION}"


def _broken(parts: Any) -> str:
    return "z" + base58.b58encode(cbor2.dumps(parts)).decode()


HASH = cbor2.dumps("00" * 32)
ANCHOR = [[0, 0], [1, 1], [2, cbor2.dumps(TRANSACTION)]]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "malformed"),
        ("u" + "A" * 8, "malformed"),
        ("z0OIl", "malformed"),
        ("z" + "1" * limits.MERKLE_PROOF_CHARACTERS, "resource_limit"),
        ("z" + base58.b58encode(b"\x81" * 1000).decode(), "malformed"),
        ("z" + base58.b58encode(b"\x9b" + b"\xff" * 8).decode(), "malformed"),
        (_broken([[3, []], [0, HASH], [1, HASH]]), "malformed"),
        (_broken([[3, []], [0, HASH], [1, HASH], [2, []]]), "malformed"),
        (_broken([[3, []], [0, HASH], [0, HASH], [1, HASH], [2, [ANCHOR]]]), "malformed"),
        (_broken([[3, []], [0, b"\x81" * 40], [1, HASH], [2, [ANCHOR]]]), "malformed"),
        (_broken([[3, [[2, HASH]]], [0, HASH], [1, HASH], [2, [ANCHOR]]]), "malformed"),
        (_broken([[3, [7]], [0, HASH], [1, HASH], [2, [ANCHOR]]]), "malformed"),
        (_broken([[3, [[0, b"0" * 32]] * 65], [0, HASH], [1, HASH], [2, [ANCHOR]]]), "resource_limit"),
        (_broken([[3, []], [0, HASH], [1, HASH], [2, [[[0, 9], [1, 9], [2, HASH]]]]]), "unsupported_suite"),
        (_broken([[3, []], [0, HASH], [1, HASH], [2, [[[0, 0], [1, 1]]]]]), "malformed"),
        (_broken("text"), "malformed"),
        (_broken([1, 2, 3]), "malformed"),
    ],
    ids=range(17),
)
def test_broken_proofs_of_version_3(value: Any, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_2019(value)
    assert refusal.value.check.code == code


def test_hashes_as_bytes_and_parts_as_a_map() -> None:
    raw = bytes(range(32))
    found = read_2019(_broken({3: [[0, raw]], 0: raw, 1: raw, 2: [{0: 1, 1: 11155111, 2: raw}]}))
    assert (found.root, found.target, found.path) == (raw, raw, (("left", raw),))
    assert found.anchor == Anchor("ethereumSepolia", raw.hex())


@settings(max_examples=100, deadline=2000)
@given(
    st.binary(min_size=32, max_size=32),
    st.lists(st.tuples(st.booleans(), st.binary(min_size=32, max_size=32)), max_size=8),
)
def test_a_path_leads_to_its_root_and_to_no_other(target: bytes, siblings: list[tuple[bool, bytes]]) -> None:
    current = target
    for left, sibling in siblings:
        current = hashlib.sha256(sibling + current if left else current + sibling).digest()
    path = tuple(("left" if left else "right", sibling) for left, sibling in siblings)
    anchor = Anchor("bitcoinMainnet", TRANSACTION)
    assert MerkleProof(target, current, path, anchor).leads_to_root()
    other = bytes([target[0] ^ 1]) + target[1:]
    assert not MerkleProof(other, current, path, anchor).leads_to_root()
    if len(siblings) > 1 and siblings[0] != siblings[1]:
        assert not MerkleProof(target, current, (path[1], path[0], *path[2:]), anchor).leads_to_root()


def test_addresses_of_a_known_key() -> None:
    """The addresses of the private key 1, which everybody knows and nobody owns."""
    key = ec.derive_private_key(1, ec.SECP256K1()).public_key()
    assert ledger.address_of(key, "bitcoinMainnet") == "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
    assert ledger.address_of(key, "bitcoinTestnet") == "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r"
    for chain in ("ethereumMainnet", "ethereumSepolia"):
        assert ledger.address_of(key, chain) == "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    assert ledger.address_of(key, "dogecoin") is None
    assert ledger.address_of(ec.derive_private_key(1, ec.SECP256R1()).public_key(), "bitcoinMainnet") is None
    assert (
        ledger.address_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key(), "bitcoinMainnet")
        is None
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0x3d995eF85a8D", "0x3D995ef85a8d", True),
        ("0X3d995eF85a8D", "0x3D995ef85a8d", True),
        ("1AwdUWQ", "1AwdUWQ", True),
        ("1AwdUWQ", "1awduwq", False),
        ("0x3d", "3d", False),
    ],
)
def test_same_address(one: str, other: str, same: bool) -> None:
    assert ledger.same_address(one, other) is same


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**65) | st.binary(max_size=40) | st.text(max_size=6) | st.just(HASH),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-1, 4), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.tuples(st.integers(-1, 4), values), max_size=6) | values)
def test_any_proof_value_is_read_or_refused(parts: Any) -> None:
    try:
        read_2019(_broken(parts))
    except Refused as refusal:
        assert refusal.check.code in ("malformed", "resource_limit", "unsupported_suite")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just(COLLEGE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@needs_corpus
@settings(max_examples=120, deadline=3000)
@given(st.sampled_from([2, 3, "did"]), st.sampled_from(["entry", "profile", "did", "list", "document"]), st.data())
def test_any_document_is_answered(version: Any, which: str, data: st.DataObject) -> None:
    """Whatever explorer, issuer and applicant hand over, in any member."""
    issued = Issued({"version": version})
    places = {
        "entry": issued.documents[f"tx:{issued.chain}:{TRANSACTION}"],
        "profile": issued.documents[COLLEGE],
        "did": issued.documents[DID],
        "list": issued.documents[REVOKED],
        "document": issued.document,
    }
    target = places[which]
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(json_values)
    verdict = issued.verdict()
    assert verdict.outcome in ("valid", "invalid", "indeterminate")
