"""Public ledgers, as far as Blockcerts need them: what a transaction says, and which address belongs to a key.

No transaction is signed or parsed here: an explorer is asked for one, and its adapter hands over five facts as JSON:
`{"chain", "transaction", "remoteHash", "issuingAddress", "time"}`.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from typing import Any

import base58
import msgspec
from Crypto.Hash import RIPEMD160, keccak
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evaluator.credentials import strict_json
from evaluator.credentials.merkle_proof import Anchor
from evaluator.credentials.open_badges_2_parts import instant
from evaluator.credentials.verdict import Refused
from evaluator.credentials.world import Unavailable, World

_BITCOIN_VERSIONS = {"bitcoinMainnet": b"\x00", "bitcoinTestnet": b"\x6f"}
"""First byte of a pay-to-public-key-hash address, https://en.bitcoin.it/wiki/List_of_address_prefixes"""
_HASH = re.compile(r"[0-9a-f]{64}")
_BARE_ZONE = re.compile(r"([+-]\d\d)(\d\d)$")


class Entry(msgspec.Struct, frozen=True):
    """What the ledger says about one transaction."""

    value: bytes
    """The 32 bytes that were written."""
    address: str
    """Who wrote them."""
    time: datetime.datetime


def entry(anchor: Anchor, world: World) -> Entry:
    """The transaction that an anchor names. Raises Refused with `anchor_unavailable`."""
    try:
        found = strict_json.parse_object(world.get(anchor.key))
    except Unavailable as error:
        raise Refused("anchor_unavailable", f"{anchor.key}: {error.reason}") from None
    except (strict_json.MalformedJson, strict_json.TooLarge) as error:
        raise Refused("anchor_unavailable", f"{anchor.key}: the answer about it is damaged ({error})") from None
    value = str(found.get("remoteHash", "")).lower().removeprefix("0x")
    address, time = found.get("issuingAddress"), moment(found.get("time"))
    if not _HASH.fullmatch(value) or not isinstance(address, str) or not address or time is None:
        raise Refused("anchor_unavailable", f"{anchor.key}: the answer about it lacks a part")
    if not _answers(found, anchor):
        raise Refused("anchor_unavailable", f"{anchor.key}: the answer is about another transaction")
    return Entry(bytes.fromhex(value), address, time)


def _answers(found: dict[str, Any], anchor: Anchor) -> bool:
    transaction = str(found.get("transaction", anchor.transaction)).lower().removeprefix("0x")
    return transaction == anchor.transaction and found.get("chain", anchor.chain) == anchor.chain


def moment(value: Any) -> datetime.datetime | None:
    """A time as ledgers and issuer profiles write it: as `instant`, also with a zone without colon (`+0000`)."""
    return instant(_BARE_ZONE.sub(r"\1:\2", value) if isinstance(value, str) and "T" in value else value)


def address_of(key: Any, chain: str) -> str | None:
    """The address that belongs to a secp256k1 key in a ledger; None for another kind of key or an unknown ledger.

    Bitcoin: Base58Check over version and RIPEMD-160 of SHA-256 of the compressed point. Ethereum: the last 20 bytes of
    Keccak-256 of the coordinates.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256K1):
        return None
    if chain in _BITCOIN_VERSIONS:
        point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        hashed = RIPEMD160.new(hashlib.sha256(point).digest()).digest()
        return base58.b58encode_check(_BITCOIN_VERSIONS[chain] + hashed).decode()
    if chain.startswith("ethereum"):
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
        return "0x" + keccak.new(digest_bits=256, data=point).hexdigest()[-40:]
    return None


def same_address(one: str, other: str) -> bool:
    """Ethereum addresses differ in nothing by upper and lower case (EIP-55 only adds a checksum), Bitcoin's do."""
    if one.lower().startswith("0x") and other.lower().startswith("0x"):
        return one.lower() == other.lower()
    return one == other
