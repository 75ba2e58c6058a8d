"""Linked data to canonical statements: JSON-LD 1.1 and RDFC-1.0, closed, bounded and fast enough.

PyLD does both; around it stand a closed source of contexts, a refusal of everything that expansion would silently
drop (it would be shown but not signed), a work budget (graphs can be made whose canonical form takes for ever) and
the SHA-384 variant of RDFC-1.0 that ECDSA with P-384 demands.
https://www.w3.org/TR/json-ld11-api/ https://www.w3.org/TR/rdf-canon/ https://www.w3.org/TR/vc-di-ecdsa/
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pyld.canon import URDNA2015  # type: ignore[import-untyped]
from pyld.identifier_issuer import IdentifierIssuer  # type: ignore[import-untyped]
from pyld.jsonld import JsonLdError, JsonLdProcessor  # type: ignore[import-untyped]

from evaluator.canonical import canonical_json
from evaluator.credentials import contexts, limits
from evaluator.credentials.verdict import Refused
from evaluator.credentials.world import Work, World

_PROCESSED = 64
"""Processed forms of one context that are kept; one for every combination of contexts that precede it."""


class Linked(NamedTuple):
    """The statements of a document, and what in it makes none."""

    dataset: dict[str, Any]
    """RDF dataset as PyLD has it, for `canonicalize`."""
    undefined: tuple[str, ...]
    """Names, types and identifiers that no context defines, so that no signature over statements covers them; and
    members that everybody reads but that stand there under another name."""


def linked(document: Mapping[str, Any], world: World) -> Linked:
    """Read a JSON-LD document. Raises Refused: context_unavailable, context_invalid, resource_limit."""
    inline = contexts.examine(document, world)
    options = {
        "base": "",
        "contextResolver": _Resolver(world, private=inline),
        "documentLoader": _no_loading,
        "produceGeneralizedRdf": False,
        "processingMode": "json-ld-1.1",
    }
    try:
        processor = _Processor()
        dataset = dict(processor.to_rdf(dict(document), options))
    except JsonLdError as error:
        raise _reason(error) from None
    except RecursionError:
        raise Refused("resource_limit", "nested too deeply") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # what PyLD raises for shapes it never expects
        raise Refused("context_invalid", f"no linked data: {type(error).__name__}") from None
    return Linked(dataset, tuple(dict.fromkeys((*processor.undefined, *_hidden(document, processor.expanded)))))


def canonical_quads(document: Mapping[str, Any], world: World, hash_name: str = "sha256") -> str:
    """The canonical N-Quads of a document; `hash_name` is the hash inside RDFC-1.0 (sha256 or sha384).

    Raises Refused as `linked`, and undefined_term for what makes no statement.
    """
    read = linked(document, world)
    if read.undefined:
        raise Refused("undefined_term", f"{read.undefined[0]!r} is defined by no context")
    return canonicalize(read.dataset, world, hash_name)


def canonicalize(quads: dict[str, Any], world: World, hash_name: str = "sha256") -> str:
    """Canonical N-Quads of an RDF dataset (which is used up). Raises Refused (resource_limit)."""
    try:
        return str(_Canon(hash_name, world.work).main(quads, {"format": "application/n-quads"}))
    except RecursionError:
        raise Refused("resource_limit", "the statements can't be put in order within reason") from None


class _Canon(URDNA2015):  # type: ignore[misc]
    """RDFC-1.0 that counts its work and lets the hash be chosen."""

    def __init__(self, hash_name: str, work: Work) -> None:
        super().__init__()
        self._hash: Callable[[], Any] = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}[hash_name]
        self._work = work

    def create_hash(self) -> Any:
        return self._hash()

    def _spend(self, work: int) -> None:
        if not self._work.take_canonical(work):
            raise Refused("resource_limit", "the statements can't be put in order within reason")

    def modify_first_degree_component(self, id_: str, component: dict[str, Any], key: str) -> dict[str, Any]:
        if component["type"] != "blank node":
            return component
        return {"type": "blank node", "value": "_:a" if component["value"] == id_ else "_:z"}

    def create_hash_to_related(self, id_: str, issuer: IdentifierIssuer) -> dict[str, list[str]]:
        copied = 1 + len(issuer.order) // 8  # every permutation copies the issuer
        self._spend(1 + len(self.blank_node_info[id_]["quads"]))
        related: dict[str, list[str]] = super().create_hash_to_related(id_, issuer)
        for nodes in related.values():
            self._spend(copied * math.factorial(min(len(nodes), 20)))
        return related


class _Processor(JsonLdProcessor):  # type: ignore[misc]
    """A JSON-LD processor that remembers what it could not turn into statements."""

    def __init__(self) -> None:
        super().__init__(on_property_dropped=self._dropped)
        self.undefined: list[str] = []
        self.expanded: Any = None

    def expand(self, input_: Any, options: dict[str, Any]) -> Any:
        self.expanded = super().expand(input_, options)
        self.undefined += _relative(self.expanded)
        if _pairs(self.expanded) > limits.LINKED_PAIRS:
            raise Refused("resource_limit", "too many values of one property")
        return self.expanded

    def _dropped(self, name: str | None) -> None:
        self.undefined.append(str(name)[:100])


def _relative(expanded: Any) -> list[str]:
    """Types and identifiers that are no IRI: RDF drops the statements that hold them."""
    found = []
    queue = [expanded]
    while queue:
        item = queue.pop()
        if isinstance(item, list):
            queue.extend(item)
        elif isinstance(item, dict):
            types = item.get("@type", ())
            named = (*([types] if isinstance(types, str) else types), item.get("@id", "_:"))
            found += [iri[:100] for iri in named if isinstance(iri, str) and ":" not in iri and iri != "@json"]
            queue.extend(value for value in item.values() if isinstance(value, list | dict))
    return found


_VOCABULARY = "https://www.w3.org/2018/credentials#"
_READ = (
    "issuer",
    "holder",
    "credentialSubject",
    "credentialStatus",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "verifiableCredential",
)
"""Members that are read from the JSON; all of them live in one vocabulary."""


def _hidden(document: Mapping[str, Any], expanded: Any) -> tuple[str, ...]:
    """Statements about the credential that stand in it under another name than the one everybody looks for, such as
    an end of validity that a reader of the JSON would never see."""
    top = expanded[0] if isinstance(expanded, list) and len(expanded) == 1 and isinstance(expanded[0], dict) else {}
    return tuple(name for name in _READ if f"{_VOCABULARY}{name}" in top and name not in document)


def _pairs(expanded: Any) -> int:
    """How many comparisons it takes to tell the values of every property of every thing apart; things with one
    identifier are one thing."""
    counts: Counter[tuple[Any, str]] = Counter()
    queue = [expanded]
    while queue:
        item = queue.pop()
        if isinstance(item, list):
            queue.extend(item)
        elif isinstance(item, dict):
            thing = item.get("@id", id(item))
            for name, values in item.items():
                if isinstance(values, list):
                    counts[thing, name] += len(values)
            queue.extend(value for value in item.values() if isinstance(value, list | dict))
    return sum(count * count for count in counts.values())


def _no_loading(url: str, _: Any) -> Any:
    raise Refused("context_unavailable", url[:200])


def _reason(error: BaseException) -> Refused:
    """PyLD wraps what its hooks raise: find ours again, else say what it says."""
    seen: BaseException | None = error
    code = ""
    while seen is not None:
        if isinstance(seen, Refused):
            return seen
        code = code or getattr(seen, "code", None) or ""
        seen = seen.__cause__
    return Refused("context_invalid", f"no linked data: {code or error.args[0]}"[:200])


class _Resolved:
    """A context, and what it becomes on top of others. Shared between threads: entries are only added or cleared."""

    __slots__ = ("document", "processed")

    def __init__(self, document: Any) -> None:
        self.document = document
        self.processed: dict[Any, Any] = {}

    def get_processed(self, active: Any) -> Any:
        return self.processed.get(_key(active))

    def set_processed(self, active: Any, processed: Any) -> None:
        if len(self.processed) >= _PROCESSED:
            self.processed.clear()
        self.processed[_key(active)] = processed


class _Overlay:
    """A shared context within a document that has definitions of its own: reads the shared results, keeps its own."""

    __slots__ = ("document", "own", "shared")

    def __init__(self, shared: _Resolved) -> None:
        self.document = shared.document
        self.shared = shared
        self.own: dict[Any, Any] = {}

    def get_processed(self, active: Any) -> Any:
        key = _key(active)
        return self.own.get(key) or self.shared.processed.get(key)

    def set_processed(self, active: Any, processed: Any) -> None:
        self.own[_key(active)] = processed


def _key(active: Any) -> Any:
    """Names an active context. A type-scoped context starts from a fresh copy of the one before, under a new name
    every time; such a copy goes by the name of its original, but only while it still equals it."""
    previous = active.get("previousContext")
    if previous is not None and _same(active, previous):
        return ("copy of", previous["_uuid"])
    return active["_uuid"]


def _same(active: Any, previous: Any) -> bool:
    ignored = ("_uuid", "previousContext", "processingMode")
    if "_uuid" not in previous or "previousContext" in previous:
        return False
    names = {name for name in (*active, *previous) if name not in ignored}
    return all(active.get(name) == previous.get(name) for name in names)


class _Resolver:
    """PyLD's contextResolver: contexts of the table only, resolved once per process and shared."""

    def __init__(self, world: World, private: bool) -> None:
        self._world = world
        self._private = private
        self._own: dict[int | bytes, Any] = {}

    def resolve(self, active: Any, context: Any, base: str, cycles: Any = None) -> list[Any]:
        if isinstance(context, Mapping) and "@context" in context:
            context = context["@context"]
        found: list[Any] = []
        for entry in context if isinstance(context, list) else [context]:
            if isinstance(entry, str):
                found.extend(self._remote(active, entry, base))
            elif entry is None or entry is False:
                found.append(_Resolved(False))
            else:
                found.append(self._object(entry))
        return found

    def _remote(self, active: Any, url: str, base: str) -> list[Any]:
        document = contexts.load(url, self._world)
        _register(document)
        return self.resolve(active, document.get("@context", {}), base)

    def _object(self, context: Any) -> Any:
        shared = _shared.get(id(context))
        if shared is None:
            key: int | bytes = canonical_json(context)
            return self._own.setdefault(key, _Resolved(context))
        if not self._private:
            return shared
        return self._own.setdefault(id(context), _Overlay(shared))


_shared: dict[int, _Resolved] = {}
"""Every context object inside the documents of the table, by identity; the documents live as long as the process."""
_registered: set[int] = set()
_lock = threading.Lock()


def _register(document: dict[str, Any]) -> None:
    if id(document) in _registered:
        return
    with _lock:
        queue: list[Any] = [document]
        while queue:
            item = queue.pop()
            if isinstance(item, list):
                queue.extend(item)
            elif isinstance(item, dict):
                local = item.get("@context")
                for entry in local if isinstance(local, list) else [local]:
                    if isinstance(entry, dict):
                        _shared.setdefault(id(entry), _Resolved(entry))
                queue.extend(item.values())
        _registered.add(id(document))
