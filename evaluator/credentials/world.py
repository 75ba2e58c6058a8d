"""What the world says: documents, ledger entries, the time, what the verifier asked for. Injected, never fetched."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

import msgspec

from evaluator.credentials import limits
from evaluator.credentials.trust import Registry


class Unavailable(Exception):
    """A document can't be had; `reason` is a sentence fragment such as `the server answered 404`."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        self.reason = reason
        self.status = status
        """HTTP status where there was one; 410 means that the publisher withdrew the document."""
        super().__init__(reason)


class Work:
    """What may still be spent on one presented file, however many documents and proofs are in it."""

    __slots__ = ("canonical", "linked")

    def __init__(self) -> None:
        self.linked = limits.LINKED_WORK
        self.canonical = limits.CANONICAL_WORK

    def take_linked(self, values: int) -> bool:
        """Spend work on so many JSON values; False when there is not that much left."""
        self.linked -= values
        return self.linked >= 0

    def take_canonical(self, steps: int) -> bool:
        """Spend so many hashes or permutations; False when there is not that much left."""
        self.canonical -= steps
        return self.canonical >= 0


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside of the presented bytes that a verdict may depend on."""

    fetch: Callable[[str], bytes]
    """The document at an `https:` or `http:` address, the document of a DID, or the ledger entry `tx:<chain>:<id>`.

    Raises Unavailable. The caller makes it safe (address checks, limits) and decides what is cached.
    """
    pinned: Callable[[str], bytes]
    """The stored copy of a context or schema, by address; never from the network. Raises Unavailable.

    What it returns is compared with the digest in `contexts.yaml` before it is used.
    """
    at: datetime.datetime
    """The time at which the credential is judged; with a time zone."""
    nonce: str | None = None
    """Nonce or challenge that the verifier sent; None when it asked for no presentation."""
    audience: str | None = None
    """Identifier under which the verifier asked."""
    recipients: tuple[str, ...] = ()
    """Identities of the person who presents: e-mail addresses, URLs, telephone numbers, DIDs."""
    registries: tuple[Registry, ...] = ()
    """Who vouches for issuers, as the verifier chose."""
    anchors: tuple[bytes, ...] = ()
    """DER certificates that the verifier trusts to vouch for seals."""
    status_issuers: tuple[str, ...] = ()
    """DIDs and addresses that may keep status lists for other issuers (a shared status service)."""
    work: Work = msgspec.field(default_factory=Work)
    """`verify` begins every file with a fresh one."""
    query: Mapping[str, object] | None = None
    """DCQL query (OpenID4VP 1.0 §6) that a `vp_token` answers."""

    def get(self, key: str) -> bytes:
        """The bytes of the document named `key`. Raises Unavailable."""
        return self.fetch(key)


def offline(documents: Mapping[str, bytes]) -> Callable[[str], bytes]:
    """A `fetch` or `pinned` that knows only these documents."""

    def get(key: str) -> bytes:
        try:
            return documents[key]
        except KeyError:
            raise Unavailable("it is not among the documents at hand") from None

    return get
