"""CTDL, the Credential Transparency Description Language, as the Credential Registry and publishers write it.

Reads JSON-LD graphs, single resources, arrays of either, and envelopes of the Credential Registry
(https://credreg.net/registry/handbook), which carry the resource decoded or only as a signed token. Credentials and
learning opportunities are programs; organizations, frameworks, assessments and the like are context for them.

What stands here is published by the owner of the program in a structured form: documented. The registry checks who
publishes, not what, and so it raises nothing to third party.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from evaluator.program import Dates, Document, Draft, Problem, Program, Reading
from providers import ctdl_learning, ctdl_offering, ctdl_recognition
from providers.ctdl_graph import Graph, Node, Subject, address, ctid, first_text, identifier, key, types, values
from providers.json_document import UnreadableJson, items, member, parse
from providers.provider import Provider

_KIND = re.compile(
    rb""""(?:ceterms|ceasn|qdata):|credreg\.net/(?:ctdl|qdata)|"envelope_(?:community|ceterms_ctid|id)\""""
    rb"""|"(?:PublishForOrganizationIdentifier|OwningOrganization|PathwayComponents)\""""
)
_OTHER_KIND = re.compile(rb"w3\.org/(?:ns|2018)/credentials|w3id\.org/openbadges|purl\.imsglobal\.org")
_CONTEXT = 4_096
"""Bytes at the start that name the contexts of a document."""
_LOOKED_AT = 65_536
"""Bytes that decide whether a document is CTDL."""
_PUBLISHER_INPUT = frozenset(
    {"PublishForOrganizationIdentifier", "Credential", "LearningOpportunity", "CostDetails", "PathwayComponents"}
)
"""Members of requests to the Registry Assistant, the registry's publishing interface."""

_READERS: tuple[Callable[[Subject], None], ...] = (
    ctdl_offering.offering,
    ctdl_offering.validity,
    ctdl_offering.holders,
    ctdl_offering.metadata,
    ctdl_learning.durations,
    ctdl_learning.credit,
    ctdl_learning.level,
    ctdl_learning.assessment,
    ctdl_recognition.quality_processes,
    ctdl_recognition.stacking,
)


class _Part(NamedTuple):
    """Resources that belong together: a graph, a list of resources, or what one envelope holds."""

    nodes: tuple[Node, ...]
    envelope: Node | None = None


class _Opened(NamedTuple):
    parts: list[_Part]
    problems: list[tuple[str, str]]


def recognises(source: Document) -> bool:
    """Whether a document seems to be CTDL, broken or not; pages that embed it belong to another provider."""
    head = source.content[:_LOOKED_AT]
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<" or _OTHER_KIND.search(head[:_CONTEXT]):
        return False
    return _KIND.search(head) is not None


def read(source: Document) -> Reading:
    """The programs that a CTDL document describes.

    Never raises for what the document holds. A document without any program gives one problem that says what it
    does hold; context beside programs is no problem.
    """
    try:
        parsed = parse(source.content)
    except UnreadableJson as error:
        return Reading(problems=(error.problem(source.url),))
    opened = _Opened([], [])
    _open(parsed.value, "", opened)
    programs: list[Program] = []
    problems = [*parsed.problems(source.url)]
    problems += [Problem(document=source.url, locator=at, message=message) for at, message in opened.problems]
    for part in opened.parts:
        made, found = _read_part(source, part)
        programs += made
        problems += found
    if not programs and (opened.parts or not opened.problems):
        problems.append(Problem(document=source.url, locator="", message=_holds(opened.parts)))
    return Reading(programs=tuple(programs), problems=tuple(problems))


def _open(value: Any, at: str, opened: _Opened) -> None:
    """Find the resources in what a document holds: each graph and envelope by itself, loose resources together."""
    loose: list[Node] = []
    strange: list[str] = []
    for one, place in items(value, at):
        if not isinstance(one, dict):
            strange.append(place)
        elif any(name in one for name in ("decoded_resource", "envelope_id", "envelope_community")):
            _open_envelope(one, place, opened)
        elif "@graph" in one:
            found = items(one["@graph"], f"{place}/@graph")
            strange += [inner.at for inner in found if not isinstance(inner.value, dict)]
            nodes = (Node(inner.value, inner.at, inner.at) for inner in found if isinstance(inner.value, dict))
            opened.parts.append(_Part(tuple(nodes)))
        elif isinstance(one.get("GraphInput"), dict):
            _open(one["GraphInput"], f"{place}/GraphInput", opened)
        elif not _PUBLISHER_INPUT.isdisjoint(one) and "@type" not in one:
            opened.problems.append(
                (place, "this is input for the Registry Assistant, not CTDL; read what it publishes")
            )
        else:
            loose.append(Node(one, place, place))
    if loose:
        opened.parts.append(_Part(tuple(loose)))
    if strange:
        more = f", and {len(strange) - 1} more like it" if len(strange) > 1 else ""
        opened.problems.append((strange[0], f"a resource (a JSON object) is expected here{more}"))


def _open_envelope(envelope: dict[str, Any], at: str, opened: _Opened) -> None:
    inner = _Opened([], opened.problems)
    if isinstance(envelope.get("decoded_resource"), (dict, list)):
        _open(envelope["decoded_resource"], f"{at}/decoded_resource", inner)
    elif isinstance(envelope.get("resource"), dict):
        _open(envelope["resource"], f"{at}/resource", inner)
    elif isinstance(envelope.get("resource"), str):
        try:
            payload = parse(_payload(envelope["resource"])).value
        except ValueError as error:
            opened.problems.append((f"{at}/resource", f"the token can't be read: {error}"))
            return
        opened.problems.append((f"{at}/resource", "read from the signed token; the signature was not checked"))
        _open(payload, f"{at}/resource#", inner)
    else:
        opened.problems.append((at, "the envelope holds no resource; fetch it with its metadata and its resource"))
    if member(envelope.get("node_headers"), "deleted_at"):
        opened.problems.append((f"{at}/node_headers/deleted_at", "the registry has withdrawn this entry"))
    opened.parts.extend(_Part(part.nodes, Node(envelope, at, at)) for part in inner.parts)


def _payload(token: str) -> bytes:
    """The payload of a JSON Web Token (RFC 7519 §3), signature unchecked. Raises ValueError."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        raise ValueError("a token has three parts with dots between them")
    try:
        return base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("its payload is not base64url") from None


def _read_part(source: Document, part: _Part) -> tuple[list[Program], list[Problem]]:
    graph = Graph(part.nodes)
    found = [(node, kind.value) for node in part.nodes if (kind := ctdl_offering.program_class(node))]
    # A blank node describes what its publisher does not own, such as the degree that a course prepares for.
    chosen = [one for one in found if not str(one[0].value.get("@id")).startswith("_:")] or found
    programs: list[Program] = []
    problems: list[Problem] = []
    for node, kind in chosen:
        draft = Draft(source, "documented")
        programs.append(_read_program(Subject(node, graph, draft, kind), part.envelope))
        problems += draft.problems
    problems += [Problem(document=source.url, locator=at, message=said) for at, said in graph.problems.values()]
    return programs, problems


def _read_program(subject: Subject, envelope: Node | None) -> Program:
    node, draft = subject.node, subject.draft
    for reader in _READERS:
        reader(subject)
    if envelope and not member(envelope.value.get("node_headers"), "deleted_at"):
        _state_listed(draft, envelope, node)
    title = first_text(node, "ceterms:name")
    described = first_text(node, "ceterms:description")
    outcomes, skills = ctdl_learning.competencies(subject)
    return draft.finish(
        id=ctid(node) or identifier(node),
        title=title.value if title else None,
        description=described.value if described else None,
        url=address(node, "ceterms:subjectWebpage"),
        languages=_languages(node),
        issuer=ctdl_recognition.issuer(subject),
        outcomes=outcomes,
        skills=skills,
        prerequisites=ctdl_offering.prerequisites(subject),
        recognitions=ctdl_recognition.recognitions(subject),
        prices=ctdl_offering.prices(subject),
        dates=_dates(node, envelope),
        provider="ctdl",
    )


def _state_listed(draft: Draft, envelope: Node, node: Node) -> None:
    """An envelope of the registry is an entry in a catalogue that somebody other than the issuer keeps."""
    for name in ("envelope_ceterms_ctid", "envelope_id", "envelope_community"):
        stated = envelope.value.get(name)
        if isinstance(stated, str) and (name != "envelope_ceterms_ctid" or key(stated) == ctid(node)):
            draft.state("catalogue_listed", True, f"{envelope.at}/{name}", stated)
            return


def _languages(node: Node) -> tuple[str, ...]:
    stated = (value.strip() for value, _ in values(node, "ceterms:inLanguage") if isinstance(value, str))
    return tuple(dict.fromkeys(language for language in stated if language))


def _dates(node: Node, envelope: Node | None) -> Dates:
    headers = envelope.value.get("node_headers") if envelope else None
    return Dates(
        published=_day(member(headers, "created_at")),
        modified=_day(member(headers, "updated_at")),
        expires=_day(node.value.get("ceterms:expirationDate")),
    )


def _day(value: Any) -> str | None:
    return value[:10] if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value) else None


def _holds(parts: Iterable[_Part]) -> str:
    counted = Counter(
        next((str(name) for name, _ in types(node)), "without a class") for part in parts for node in part.nodes
    )
    if not counted:
        return "the document holds no resources, hence no program"
    most = ", ".join(f"{number} × {name[:60]}" for name, number in counted.most_common(5))
    return f"the document holds no credential or learning opportunity, but {most}"


provider = Provider(name="ctdl", title="CTDL of the Credential Registry (JSON-LD)", recognises=recognises, read=read)
