"""Explorers of public ledgers: the five facts about one transaction that Blockcerts need, asked over HTTP.

Which explorer is believed is the operator's decision, because it vouches for what it says; without one, nothing is
known about a ledger. Each is given as `chain=kind:address`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec


class BadExplorer(ValueError):
    """An explorer that can't be used as given; the message says why."""


class Explorer(NamedTuple):
    """Where to ask about the transactions of one ledger."""

    chain: str
    kind: str
    base: str

    def address(self, transaction: str) -> str:
        """The address of what is known about a transaction, given in lower-case hex without 0x."""
        return _KINDS[self.kind][0].format(base=self.base.rstrip("/"), transaction=transaction)

    def facts(self, content: bytes, transaction: str) -> bytes:
        """The answer of the explorer as the five facts. Raises ValueError when it is about something else."""
        try:
            found = msgspec.json.decode(content, type=dict[str, Any])
            said = _KINDS[self.kind][1](found)
        except (msgspec.DecodeError, KeyError, IndexError, TypeError, ValueError, OverflowError, OSError):
            raise ValueError("the explorer's answer is not understood") from None
        if str(said.get("transaction", "")).lower().removeprefix("0x") != transaction:
            raise ValueError("the explorer's answer is about another transaction")
        return msgspec.json.encode({"chain": self.chain, **said})


_GIVEN = re.compile(r"([A-Za-z0-9]{1,40})=([a-z]+):(https://\S+)")


def parse(given: Iterable[str]) -> Mapping[str, Explorer]:
    """Explorers by ledger. Raises BadExplorer."""
    found: dict[str, Explorer] = {}
    for text in given:
        parts = _GIVEN.fullmatch(text.strip())
        if parts is None or parts[2] not in _KINDS:
            kinds = ", ".join(_KINDS)
            raise BadExplorer(f'"{text}" is no explorer; write CHAIN=KIND:https://…, with a kind out of {kinds}')
        found[parts[1]] = Explorer(parts[1], parts[2], parts[3])
    return found


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("transaction", "remoteHash", "issuingAddress", "time")}


def _esplora(found: dict[str, Any]) -> dict[str, Any]:
    """https://github.com/Blockstream/esplora/blob/master/API.md#transaction-format: data lies in the output whose
    script is OP_RETURN (6a) and a push of 32 bytes (20). Only what is in a block counts."""
    data = [out["scriptpubkey"] for out in found["vout"] if re.fullmatch(r"6a20[0-9a-f]{64}", out["scriptpubkey"])]
    seconds = found["status"]["block_time"] if found["status"]["confirmed"] is True else None
    if len(data) != 1 or not isinstance(seconds, int):
        raise ValueError("no transaction with one hash in a block")
    return {
        "transaction": found["txid"],
        "remoteHash": data[0][4:],
        "issuingAddress": found["vin"][0]["prevout"]["scriptpubkey_address"],
        "time": datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(),
    }


def _blockscout(found: dict[str, Any]) -> dict[str, Any]:
    """`GET /api/v2/transactions/{hash}` of Blockscout (https://docs.blockscout.com/): sender, input data and time."""
    if found["status"] != "ok":
        raise ValueError("the transaction failed")
    return {
        "transaction": found["hash"],
        "remoteHash": found["raw_input"],
        "issuingAddress": found["from"]["hash"],
        "time": found["timestamp"],
    }


_KINDS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "esplora": ("{base}/tx/{transaction}", _esplora),
    "blockscout": ("{base}/api/v2/transactions/0x{transaction}", _blockscout),
    "plain": ("{base}/{transaction}", _plain),
}
"""Address and reading by kind. `plain` answers with the five facts themselves: an explorer of one's own."""
