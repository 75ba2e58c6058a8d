"""The Merkle proofs of Blockcerts: from the hash of a certificate to the value written into a ledger.

MerkleProof2017 is JSON (https://w3id.org/blockcerts/schema/2.0/merkleProof2017Schema.json), MerkleProof2019 and the
cryptosuite merkle-proof-2019 are CBOR in base58 (https://w3id.org/security/suites/merkle-2019).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import base58
import msgspec

from evaluator.credentials import limits, strict_cbor
from evaluator.credentials.verdict import Refused

MOCK_CHAINS = frozenset({"mocknet", "mockchain", "bitcoinRegtest", "regtest", "ethereumTest"})
"""Ledgers that somebody runs on their own machine: nothing in them binds anybody."""
_NETWORKS = {
    (0, 1): "bitcoinMainnet",
    (0, 3): "bitcoinTestnet",
    (1, 1): "ethereumMainnet",
    (1, 3): "ethereumRopsten",
    (1, 4): "ethereumRinkeby",
    (1, 5): "ethereumGoerli",
    (1, 11155111): "ethereumSepolia",
}
"""Chain and network numbers of MerkleProof2019 anchors, as names of MerkleProof2017 anchors."""
_SIDES: dict[int, Literal["left", "right"]] = {0: "left", 1: "right"}


class Anchor(msgspec.Struct, frozen=True):
    """Where the root was written."""

    chain: str
    transaction: str
    """Lower-case hex without 0x; empty on a mock chain."""

    @property
    def key(self) -> str:
        """The name of the ledger entry in the world."""
        return f"tx:{self.chain}:{self.transaction}"

    @property
    def mock(self) -> bool:
        return self.chain in MOCK_CHAINS


class MerkleProof(msgspec.Struct, frozen=True):
    target: bytes
    """SHA-256 of the certificate, as the proof states it."""
    root: bytes
    path: tuple[tuple[Literal["left", "right"], bytes], ...]
    """From the target upwards: on which side the sibling stands, and its hash."""
    anchor: Anchor

    def leads_to_root(self) -> bool:
        """Whether target and siblings, hashed pair by pair, give the root."""
        current = self.target
        for side, sibling in self.path:
            current = hashlib.sha256(sibling + current if side == "left" else current + sibling).digest()
        return current == self.root


def read_2017(signature: Mapping[str, Any], address: str) -> MerkleProof:
    """The `signature` of a version 2 certificate. `address` is the issuer's, which tells the network when the anchor
    doesn't. Raises Refused with `malformed` or `resource_limit`."""
    anchors, steps = signature.get("anchors"), signature.get("proof", [])
    if not isinstance(anchors, list) or not anchors or not isinstance(anchors[0], dict) or not isinstance(steps, list):
        raise Refused("malformed", "the Merkle proof has no anchor or no path")
    _limit(steps)
    return MerkleProof(
        target=_hash(signature.get("targetHash"), "targetHash"),
        root=_hash(signature.get("merkleRoot"), "merkleRoot"),
        path=tuple(_step_2017(step) for step in steps),
        anchor=_anchor_2017(anchors[0], address),
    )


def _step_2017(step: Any) -> tuple[Literal["left", "right"], bytes]:
    if isinstance(step, dict) and len(step) == 1:
        for side in _SIDES.values():
            if side in step:
                return side, _hash(step[side], "a step of the path")
    raise Refused("malformed", "a step of the Merkle path is neither left nor right")


def _anchor_2017(anchor: Mapping[str, Any], address: str) -> Anchor:
    chain = anchor.get("chain")
    if chain is None:
        if anchor.get("type") == "ETHData":
            chain = "ethereumMainnet"
        else:
            chain = "bitcoinTestnet" if address[:1] in ("m", "n", "2") else "bitcoinMainnet"
    if not isinstance(chain, str) or not chain.isalnum() or len(chain) > 40:
        raise Refused("malformed", "the anchor names no ledger")
    return Anchor(chain, "" if chain in MOCK_CHAINS else _transaction(anchor.get("sourceId")))


def read_2019(proof_value: Any) -> MerkleProof:
    """A `proofValue` in base58. Raises Refused with `malformed` or `resource_limit`.

    The outer array holds pairs of a number and a value: 0 root, 1 target, 2 anchors, 3 path. Hashes are CBOR inside
    of CBOR: a byte string that holds a text of hex digits.
    """
    if not isinstance(proof_value, str) or not proof_value.startswith("z"):
        raise Refused("malformed", "the Merkle proof is not base58 multibase")
    if len(proof_value) > limits.MERKLE_PROOF_CHARACTERS:
        raise Refused("resource_limit", f"a Merkle proof of {len(proof_value)} characters")
    try:
        parts = _pairs(_cbor(base58.b58decode(proof_value[1:])))
    except ValueError as error:
        raise Refused("malformed", f"the Merkle proof: {error}") from None
    steps, anchors = parts.get(3), parts.get(2)
    if not isinstance(steps, list) or not isinstance(anchors, list) or not anchors:
        raise Refused("malformed", "the Merkle proof has no anchor or no path")
    _limit(steps)
    return MerkleProof(
        target=_hash(_text(parts.get(1)), "the target hash"),
        root=_hash(_text(parts.get(0)), "the root"),
        path=tuple(_step_2019(step) for step in steps),
        anchor=_anchor_2019(anchors[0]),
    )


def _cbor(data: bytes) -> Any:
    return strict_cbor.parse(data, limit=limits.MERKLE_PROOF_CHARACTERS)


def _pairs(value: Any) -> dict[int, Any]:
    if isinstance(value, bytes):
        value = _cbor(value)
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
        raise Refused("malformed", "the Merkle proof is not a list of numbered parts")
    found = {pair[0]: pair[1] for pair in pairs}
    if len(found) != len(pairs):
        raise Refused("malformed", "a part of the Merkle proof stands twice")
    return found


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], int)


def _text(value: Any) -> Any:
    """A text that may be packed as CBOR once more; raw hashes stay bytes."""
    if isinstance(value, bytes) and len(value) != hashlib.sha256().digest_size:
        try:
            return _cbor(value)
        except strict_cbor.CborError as error:
            raise Refused("malformed", f"a part of the Merkle proof: {error}") from None
    return value


def _step_2019(step: Any) -> tuple[Literal["left", "right"], bytes]:
    if not _is_pair(step) or step[0] not in _SIDES:
        raise Refused("malformed", "a step of the Merkle path is neither left nor right")
    return _SIDES[step[0]], _hash(_text(step[1]), "a step of the path")


def _anchor_2019(anchor: Any) -> Anchor:
    parts = _pairs(anchor)
    chain, network = _text(parts.get(0)), _text(parts.get(1))
    if chain == -1:
        return Anchor("mocknet", "")
    name = _NETWORKS.get((chain, network)) if isinstance(chain, int) and isinstance(network, int) else None
    if name is None:
        raise Refused("unsupported_suite", f"an anchor in the ledger {str(chain)[:20]}, network {str(network)[:20]}")
    return Anchor(name, _transaction(_text(parts.get(2))))


def _transaction(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    text = value.lower().removeprefix("0x") if isinstance(value, str) else ""
    if len(text) != 64 or not _is_hex(text):
        raise Refused("malformed", "the anchor names no transaction")
    return text


def _hash(value: Any, what: str) -> bytes:
    if isinstance(value, str) and len(value) == 64 and _is_hex(value):
        return bytes.fromhex(value)
    if isinstance(value, bytes) and len(value) == hashlib.sha256().digest_size:
        return value
    raise Refused("malformed", f"{what} of the Merkle proof is not a SHA-256")


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)


def _limit(steps: Sequence[Any]) -> None:
    if len(steps) > limits.MERKLE_STEPS:
        raise Refused("resource_limit", f"a Merkle path of {len(steps)} steps; at most {limits.MERKLE_STEPS} are read")
