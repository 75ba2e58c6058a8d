"""JSON-LD contexts: which are known, that their copies are genuine, and what a document may define by itself.

A signature over linked data covers the statements, while people and programs read the JSON names. A context says
which name means which statement, so whoever may change it can make a signed document say something else, or hide
that it has expired. Hence: contexts only from the table `contexts.yaml`, by digest; a document's own (inline)
definitions may add names and never touch the known ones.
https://www.w3.org/TR/vc-data-integrity/#validating-contexts
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict

from evaluator import strict_yaml
from evaluator.canonical import digest_of
from evaluator.credentials import limits, strict_json
from evaluator.credentials.verdict import Refused
from evaluator.credentials.world import Unavailable, World


class Pinned(BaseModel):
    """`contexts.yaml`: addresses and the digests of what may be used under them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contexts: dict[str, str]
    schemas: dict[str, str]


@cache
def pinned() -> Pinned:
    """The table of contexts and schemas. Raises SpecError when `contexts.yaml` has a mistake."""
    text = resources.files("evaluator.credentials").joinpath("contexts.yaml").read_bytes()
    return strict_yaml.convert(strict_yaml.parse(text, "contexts.yaml"), Pinned, "contexts.yaml")


_parsed: dict[tuple[str, bytes], Any] = {}
"""Documents whose digest was right, by address and SHA-256 of their bytes. Nobody may change what it holds."""
_lock = threading.Lock()


def load_pinned(url: str, digest: str, world: World) -> Any:
    """The JSON of a pinned document. Raises Unavailable, also when the stored copy is not the one that is pinned."""
    content = world.pinned(url)
    key = (url, hashlib.sha256(content).digest())
    known = _parsed.get(key)
    if known is None:
        try:
            known = strict_json.parse(content)
        except ValueError as error:
            raise Unavailable(f"the stored copy is damaged ({error})") from None
        if digest_of(known) != digest:
            raise Unavailable("the stored copy is not the one whose digest is known")
        with _lock:
            known = _parsed.setdefault(key, known)
    return known


def load(url: str, world: World) -> dict[str, Any]:
    """The document of a context. Raises Refused (context_unavailable) for one that is unknown or not at hand."""
    digest = pinned().contexts.get(url)
    if digest is None:
        raise Refused("context_unavailable", f"{url[:200]} is not among the known contexts")
    try:
        document = load_pinned(url, digest, world)
    except Unavailable as error:
        raise Refused("context_unavailable", f"{url}: {error.reason}") from None
    return document if isinstance(document, dict) else {}


_KEYWORDS = frozenset({"@context", "@id", "@type", "@value", "@language", "@direction", "@list", "@set"})
"""Keywords that a presented document may use; the others hide statements or move them elsewhere."""
_DECLARATIONS = frozenset({"@version", "@protected", "@language", "@direction"})
_DEFINITION = frozenset({"@id", "@type", "@language", "@direction", "@protected", "@container", "@prefix", "@context"})
_CONTAINERS = frozenset({"@set", "@list", "@language"})
_RESERVED = ("https://w3id.org/security#", "https://www.w3.org/2018/credentials#", "https://www.w3.org/ns/credentials")
"""Vocabularies of credentials and proofs: no document defines their names itself."""
_ALWAYS = (
    "id",
    "type",
    "proof",
    "proofValue",
    "proofPurpose",
    "verificationMethod",
    "cryptosuite",
    "jws",
    "previousProof",
    "issuer",
    "holder",
    "credentialSubject",
    "credentialStatus",
    "credentialSchema",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "verifiableCredential",
)
"""Names that keep their meaning even where no known context defines them."""


def examine(document: Mapping[str, Any], world: World) -> bool:
    """Check every `@context` and keyword in a document; True when it has definitions of its own.

    Raises Refused: context_unavailable, context_invalid, resource_limit.
    """
    urls: list[str] = []
    inline: list[Mapping[str, Any]] = []
    values = _look_through(document, urls, inline)
    if values > limits.LINKED_NODES:
        raise Refused("resource_limit", f"{values} values of linked data; at most {limits.LINKED_NODES} are read")
    if not world.work.take_linked(values):
        raise Refused("resource_limit", f"more than {limits.LINKED_WORK} values of linked data in all")
    for url in dict.fromkeys(urls):
        load(url, world)
    if inline:
        _refuse_redefinitions(inline, tuple(dict.fromkeys(urls)), world)
    return bool(inline)


def _look_through(document: Mapping[str, Any], urls: list[str], inline: list[Mapping[str, Any]]) -> int:
    """Collect the contexts of a document and count its values. Raises Refused for keywords that are not for it."""
    count = 0
    queue: list[Any] = [document]
    while queue:
        item = queue.pop()
        count += 1
        if isinstance(item, Mapping):
            for key, value in item.items():
                if key == "@context":
                    _collect(value, urls, inline)
                elif key.startswith("@") and key not in _KEYWORDS:
                    raise Refused("context_invalid", f"the document uses the keyword {key[:40]}")
                else:
                    queue.append(value)
        elif isinstance(item, list):
            queue.extend(item)
    return count


def examine_inline(document: Mapping[str, Any], world: World) -> None:
    """For a document that is signed as JSON: check only its own definitions, against the known contexts it names.

    Its contexts need not be at hand. Raises Refused (context_invalid, resource_limit).
    """
    urls: list[str] = []
    inline: list[Mapping[str, Any]] = []
    _collect(document.get("@context", []), urls, inline)
    if inline:
        _refuse_redefinitions(inline, tuple(url for url in dict.fromkeys(urls) if url in pinned().contexts), world)


def _collect(value: Any, urls: list[str], inline: list[Mapping[str, Any]]) -> None:
    entries = value if isinstance(value, list) else [value]
    if len(entries) > limits.CONTEXTS:
        raise Refused("resource_limit", f"{len(entries)} contexts; at most {limits.CONTEXTS} are read")
    for entry in entries:
        if isinstance(entry, str):
            urls.append(entry)
        elif isinstance(entry, Mapping):
            inline.append(entry)
        else:
            raise Refused("context_invalid", f"a context is an address or an object, not {str(entry)[:40]}")


def _refuse_redefinitions(inline: list[Mapping[str, Any]], urls: tuple[str, ...], world: World) -> None:
    names: dict[str, set[str]] = {name: set() for name in _ALWAYS}
    for url in urls:
        for name, iri in _terms(load(url, world).get("@context")):
            names.setdefault(name, set()).add(iri)
    meanings = {iri for iris in names.values() for iri in iris}
    count = 0
    for context in inline:
        for name, definition, prefixes in _definitions(context):
            count += 1
            if count > limits.INLINE_TERMS:
                raise Refused("resource_limit", f"more than {limits.INLINE_TERMS} inline definitions")
            iri = _meaning(definition, {**names, **prefixes})
            if name in names and iri in names[name] and _is_simple(definition):
                continue  # says again what is known
            fault = _fault(name, definition, iri, names, meanings)
            if fault:
                raise Refused("context_invalid", f"the document's own definition of {name[:60]!r} {fault}")


def _fault(name: str, definition: Any, iri: str, names: Mapping[str, Any], meanings: set[str]) -> str:
    if name.startswith("@"):
        return "" if name in _DECLARATIONS else "is a keyword that it may not use"
    if name in names:
        return "changes a known name"
    if iri.startswith("@") or iri.startswith(_RESERVED) or iri in meanings:
        return "is another name for a known one"
    if isinstance(definition, Mapping):
        if unknown := set(definition) - _DEFINITION:
            return f"uses {min(unknown)[:40]}"
        container = definition.get("@container", "@set")
        if not set(container if isinstance(container, list) else [str(container)]) <= _CONTAINERS:
            return "hides statements in a container"
    return ""


def _is_simple(definition: Any) -> bool:
    return isinstance(definition, str) or (isinstance(definition, Mapping) and set(definition) <= {"@id", "@type"})


def _definitions(context: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, set[str]]]]:
    """Names and definitions of an inline context and of those scoped in it, with the names that serve as prefixes."""
    own = {name: {_iri(value)} for name, value in context.items()}
    for name, definition in context.items():
        yield name, definition, own
        scoped = definition.get("@context") if isinstance(definition, Mapping) else None
        for entry in scoped if isinstance(scoped, list) else [scoped]:
            if isinstance(entry, Mapping):
                yield from _definitions(entry)
            elif entry is not None:
                raise Refused("context_invalid", f"the document's own definition of {name[:60]!r} loads a context")


def _iri(definition: Any) -> str:
    iri = definition.get("@id", "") if isinstance(definition, Mapping) else definition
    return iri if isinstance(iri, str) else ""


def _meaning(definition: Any, prefixes: Mapping[str, set[str]]) -> str:
    """The IRI of a definition, with its prefix or alias resolved as far as that is one step."""
    iri = _iri(definition)
    for _ in range(3):
        prefix, colon, rest = iri.partition(":")
        bases = prefixes.get(iri if not colon else prefix, set()) - {""}
        if (colon and rest.startswith("//")) or len(bases) != 1:
            break
        iri = next(iter(bases)) + rest
    return iri


def _terms(context: Any) -> Iterator[tuple[str, str]]:
    """Every name that a known context defines, in whatever scope, with its IRI (prefixes resolved)."""
    if isinstance(context, list):
        for entry in context:
            yield from _terms(entry)
    elif isinstance(context, Mapping):
        own = {name: {_iri(value)} for name, value in context.items()}
        for name, definition in context.items():
            if not name.startswith("@"):
                yield name, _meaning(definition, own)
            if isinstance(definition, Mapping):
                yield from _terms(definition.get("@context"))
