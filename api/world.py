"""What credentials are verified against: live documents by the safe fetcher, a map of documents, and vocabularies.

Every fetch goes through `providers.http`, which checks the address that is really connected to. What was fetched is
remembered for a short while, so that a hundred badges of one issuer ask for its key once.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.certificates import certificates
from api.registries import registry
from evaluator.canonical import digest_of
from evaluator.credentials import contexts, limits, strict_json
from evaluator.credentials.trust import Registry
from evaluator.credentials.world import Unavailable, World, offline
from providers import explorers
from providers.explorers import Explorer
from providers.http import Fetcher, FetchError

if TYPE_CHECKING:
    from api.settings import Settings

Get = Callable[[str], bytes]
"""The bytes of a document by its key; raises Unavailable."""
FRESH_SECONDS = 300
"""For how long a fetched document is used again. A revocation takes so much longer to be seen."""
KEPT_BYTES = 64 * 1024 * 1024
KEPT_DOCUMENTS = 2_000
CACHE_FOLDER = "touchstone/contexts"
"""In the user's cache folder (XDG_CACHE_HOME, else ~/.cache)."""


class BadMap(ValueError):
    """A map of documents that can't be used; the message names the place and the mend."""


# --- live ---------------------------------------------------------------------------------------------------


@dataclass
class Remembered:
    """A `Get` that remembers what another one gave, for a while and up to a size. Failures are not remembered."""

    get: Get
    seconds: float = FRESH_SECONDS
    most_bytes: int = KEPT_BYTES
    most_documents: int = KEPT_DOCUMENTS
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, tuple[float, bytes]] = field(default_factory=OrderedDict, repr=False)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, key: str) -> bytes:
        """The bytes of a document. Raises Unavailable."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None and self.clock() - known[0] <= self.seconds:
                self._kept.move_to_end(key)
                return known[1]
        content = self.get(key)
        with self._lock:
            self._drop(key)
            if len(content) <= self.most_bytes:
                self._kept[key] = (self.clock(), content)
                self._size += len(content)
            while self._size > self.most_bytes or len(self._kept) > self.most_documents:
                self._drop(next(iter(self._kept)))
        return content

    def _drop(self, key: str) -> None:
        if key in self._kept:
            self._size -= len(self._kept.pop(key)[1])


def live(fetcher: Fetcher, known: Mapping[str, Explorer]) -> Get:
    """Documents as they lie on the web, and ledger entries as configured explorers tell them."""

    def get(key: str) -> bytes:
        if key.startswith("tx:"):
            return _entry(key, known, fetcher)
        if not key.startswith(("https://", "http://")):
            raise Unavailable("nothing is fetched for this kind of identifier")
        return _fetched(key, fetcher)

    return get


def _entry(key: str, known: Mapping[str, Explorer], fetcher: Fetcher) -> bytes:
    _, chain, transaction = (*key.split(":", 2), "", "")[:3]
    explorer = known.get(chain)
    if explorer is None:
        raise Unavailable(f"no explorer is configured for the ledger {chain[:40]}")
    if not transaction.isalnum():
        raise Unavailable("this is no transaction")
    content = _fetched(explorer.address(transaction), fetcher)
    try:
        return explorer.facts(content, transaction)
    except ValueError as error:
        raise Unavailable(str(error)) from None


def _fetched(address: str, fetcher: Fetcher) -> bytes:
    try:
        return fetcher.fetch(address).content
    except FetchError as error:
        raise Unavailable(error.reason, error.status) from None


# --- a map of documents -------------------------------------------------------------------------------------


def read_map(path: Path) -> dict[str, bytes]:
    """The documents of a map `{key: path}`, or of an object that holds one under `documents`; paths are relative to it.

    A document without a path (null) is known not to be there. Raises BadMap.
    """
    try:
        found = strict_json.parse(path.read_bytes())
    except OSError as error:
        raise BadMap(f"{path} can't be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise BadMap(f"{path} is no map of documents: {error}.") from None
    if isinstance(found, dict) and isinstance(found.get("documents"), dict):
        found = found["documents"]
    if not isinstance(found, dict) or not all(isinstance(name, str | None) for name in found.values()):
        raise BadMap(f"{path} is no map of documents; write {{key: path}}, where a key is a URL, a DID or tx:….")
    return {key: _mapped(path, key, name) for key, name in found.items() if name is not None}


def _mapped(path: Path, key: str, name: str) -> bytes:
    try:
        return (path.parent / name).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadMap(f'{path}: the document of "{key}" can\'t be read from {name}: {why}.') from None


def first_of(*each: Get) -> Get:
    """The first that has a document; what the last one says when none has it."""

    def get(key: str) -> bytes:
        for one in each[:-1]:
            try:
                return one(key)
            except Unavailable:
                continue
        return each[-1](key)

    return get


# --- vocabularies -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Vocabulary:
    """A context or schema that is known, and whether a genuine copy is at hand."""

    url: str
    digest: str
    kind: str
    """`context` or `schema`."""
    at_hand: bool


@dataclass(frozen=True)
class Contexts:
    """Copies of the known contexts and schemas: those in a folder, then those that a package of ours brings along."""

    folder: Path

    def get(self, url: str) -> bytes:
        """The copy of a vocabulary. Raises Unavailable."""
        digest = _table().get(url, ("", ""))[0]
        try:
            return (self.folder / _file(digest)).read_bytes() if digest else _packaged(url)
        except OSError:
            return _packaged(url)

    def listed(self) -> list[Vocabulary]:
        """Every known vocabulary."""
        return [Vocabulary(url, digest, kind, self._has(url, digest)) for url, (digest, kind) in _table().items()]

    def _has(self, url: str, digest: str) -> bool:
        try:
            return _is_genuine(self.get(url), digest)
        except Unavailable:
            return False

    def keep(self, url: str, content: bytes) -> None:
        """Keep a copy. Raises Unavailable when it is not the one whose digest is known, and OSError."""
        digest = _table()[url][0]
        if not _is_genuine(content, digest):
            raise Unavailable("what lies there is not the version whose digest is known; it was not kept")
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / _file(digest)
        # Another process may read while this one writes.
        passing = target.with_suffix(f".{os.getpid()}.part")
        passing.write_bytes(content)
        passing.replace(target)


def cache_folder(given: Path | None) -> Path:
    """Where copies of vocabularies lie."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return given or home / CACHE_FOLDER


def _table() -> dict[str, tuple[str, str]]:
    known = contexts.pinned()
    return {
        **{url: (digest, "context") for url, digest in known.contexts.items()},
        **{url: (digest, "schema") for url, digest in known.schemas.items()},
    }


def _file(digest: str) -> str:
    return f"{digest.removeprefix('sha256:')}.json"


def _packaged(url: str) -> bytes:
    from pyld.documentloader.frozen import BUNDLED_CONTEXTS  # type: ignore[import-untyped]

    if url not in BUNDLED_CONTEXTS:
        raise Unavailable("no copy is at hand; `touchstone contexts fetch` gets one")
    return Path(BUNDLED_CONTEXTS[url]).read_bytes()


def _is_genuine(content: bytes, digest: str) -> bool:
    if len(content) > limits.JSON_BYTES:
        return False
    try:
        return digest_of(strict_json.parse(content)) == digest
    except ValueError:
        return False


# --- together -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What the verifier asks beyond the file itself."""

    recipients: tuple[str, ...] = ()
    nonce: str | None = None
    audience: str | None = None

    def digests(self) -> list[Any]:
        """What decides whether two requests ask the same; no address is spelled out."""
        return [hashlib.sha256("\n".join(self.recipients).encode()).hexdigest(), self.nonce, self.audience]


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Worlds:
    """Makes the world in which one verification takes place."""

    fetch: Get
    pinned: Get
    anchors: tuple[bytes, ...] = ()
    status_issuers: tuple[str, ...] = ()
    registries: tuple[Registry, ...] = ()
    now: Callable[[], datetime.datetime] = _utc_now

    def world(self, asked: Asked, at: datetime.datetime | None = None) -> World:
        """The world at a time, by default now."""
        return World(
            fetch=self.fetch,
            pinned=self.pinned,
            at=at or self.now(),
            nonce=asked.nonce,
            audience=asked.audience,
            recipients=asked.recipients,
            anchors=self.anchors,
            status_issuers=self.status_issuers,
            registries=self.registries,
        )


def worlds(get: Get, settings: Settings, documents: Mapping[str, bytes] | None = None) -> Worlds:
    """Worlds over a way to get documents, with what the settings trust; the documents of a map come first.

    Raises BadCertificate, and SpecError for a registry with mistakes.
    """
    kept = Contexts(cache_folder(settings.contexts))
    anchors = tuple(one for path in settings.seal_authorities for one in certificates(path))
    trusted = (anchors, settings.status_services, tuple(registry(path) for path in settings.registries))
    if documents is None:
        return Worlds(get, kept.get, *trusted)
    mapped = offline(documents)
    return Worlds(first_of(mapped, get), first_of(mapped, kept.get), *trusted)


def nothing(key: str) -> bytes:
    """A `Get` that never has anything: offline."""
    raise Unavailable("nothing is fetched offline, and it is not among the documents at hand")


def explorers_of(given: Iterable[str]) -> Mapping[str, Explorer]:
    """Explorers as the setting gives them. Raises BadExplorer."""
    return explorers.parse(given)
