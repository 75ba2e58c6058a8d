"""schema.org descriptions of courses, programs and credentials: web pages, JSON-LD files, and JSON lines.

A page may carry them as JSON-LD blocks, microdata or RDFa; identifiers refer to each other across all of them.
Everything here is a page's word for itself, made for search engines: claimed. Ratings and numbers of learners are no
facts about a program and are not read.

Types and properties: https://schema.org/Course, https://schema.org/EducationalOccupationalProgram,
https://schema.org/EducationalOccupationalCredential.
"""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from evaluator.program import Dates, Document, Draft, Problem, Program, Reading, merged
from providers import json_document, plain_text, schema_org_learning, schema_org_offering, schema_org_prices
from providers.json_document import Item, UnreadableJson, escape, items, looks_like_json
from providers.page import Page, json_block, looks_like_html, read_page
from providers.provider import Provider
from providers.schema_org_graph import Graph, Subject, first_line, first_text, identifier, subject, values, web_address

_LOOKED_AT = 65_536
"""Bytes that decide whether JSON is of schema.org."""
_TYPED = re.compile(rb'\\?"@?type\\?"\s*:\s*\[?\s*\\?"(?:schema:|https?:\\?/\\?/schema\.org\\?/)?[A-Z]')
_NAMED = re.compile(rb"schema\.org", re.IGNORECASE)
_OTHER_KIND = re.compile(rb"w3\.org/(?:ns|2018)/credentials|w3id\.org/openbadges|purl\.imsglobal\.org")
_CONTEXT = 4_096
"""Bytes at the start that name the contexts of a document."""
_PROGRAM = re.compile(
    rb'"@type\\?"\s*:\s*\[?\s*\\?"(?:schema:)?(?:Course(?:Instance)?|EducationalOccupational(?:Program|Credential))\\?"'
)
_LINES_TRIED = 5
"""Lines of a document that is no JSON value as a whole, of which one has to be an object for it to be JSON lines."""
_TYPES = "Course, EducationalOccupationalProgram or EducationalOccupationalCredential"


class _Part(NamedTuple):
    """Items that may refer to each other: those of a page, a file or a line."""

    blocks: list[Item]
    at: str = ""
    page: Page | None = None


def recognises(source: Document) -> bool:
    """Whether it is a web page, or JSON that names schema.org or a type of program."""
    if looks_like_html(source):
        return True
    head = source.content[:_LOOKED_AT]
    if not looks_like_json(source.content):
        return False
    if _PROGRAM.search(head):
        return True
    return not _OTHER_KIND.search(head[:_CONTEXT]) and all(part.search(head) for part in (_NAMED, _TYPED))


def read(source: Document) -> Reading:
    """The programs that a page, a JSON-LD file or JSON lines describe.

    Never raises for what the document holds. A page, file or line without any program gives one problem that says
    what it does hold; context beside programs is no problem.
    """
    problems: list[Problem] = []
    if looks_like_html(source):
        page = read_page(source)
        problems += page.problems
        parts = [_Part([*page.blocks, *page.items], page=page)]
    else:
        parts = list(_parts(source, problems))
    programs: list[Program] = []
    for part in parts:
        made, found = _read_part(source, part)
        programs += made
        problems += found
    return Reading(programs=tuple(programs), problems=tuple(problems))


def _parts(source: Document, problems: list[Problem]) -> Iterator[_Part]:
    try:
        parsed = json_document.parse(source.content)
    except UnreadableJson as error:
        lines = _lines(source)
        if lines is None:
            problems.append(error.problem(source.url))
            return
    else:
        problems += parsed.problems(source.url)
        blocks, strange = _opened(parsed.value, "", source)
        problems += strange
        if blocks or not strange:
            yield _Part(blocks)
        return
    for number, line in lines:
        faults: list[Problem] = []
        block = json_block(line, f"line {number}", source, faults)
        problems += (_in_line(fault, number) for fault in faults)
        if block is not None:
            blocks, strange = _opened(block.value, block.at, source)
            problems += strange
            if blocks or not strange:
                yield _Part(blocks, block.at)


def _lines(source: Document) -> list[tuple[int, str]] | None:
    """The lines of a document that are not empty, with their numbers; `None` when it is not one of JSON lines."""
    try:
        text = source.content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        return None
    # Not splitlines: JSON may hold other line separators inside a text.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return lines if len(lines) > 1 and any(_is_object(line) for _, line in lines[:_LINES_TRIED]) else None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json_document.parse(line).value, dict)
    except UnreadableJson:
        return False


def _in_line(problem: Problem, number: int) -> Problem:
    """A place in a line that is itself the document: `line 3, column 7`."""
    place = problem.locator.replace(f"line {number}, line 1, ", f"line {number}, ").removesuffix(" of the block")
    is_of_line = problem.locator.startswith(f"line {number}, line 1, ")
    return Problem(document=problem.document, locator=place if is_of_line else problem.locator, message=problem.message)


def _opened(value: Any, at: str, source: Document) -> tuple[list[Item], list[Problem]]:
    """The items of a JSON document; the records of a crawler carry them in a member, mostly as text."""
    found: list[Item] = []
    problems: list[Problem] = []
    for one, place in items(value, at):
        if not isinstance(one, dict):
            problems.append(
                Problem(document=source.url, locator=place, message="an item (a JSON object) is expected here")
            )
        elif any(name in one for name in ("@type", "type", "@graph", "@context")):
            found.append(Item(one, place))
        else:
            carried = [
                inner
                for key, member in one.items()
                for inner in _carried(member, f"{place}/{escape(key)}", source, problems)
            ]
            found += carried or [Item(one, place)]
    return found, problems


def _carried(value: Any, at: str, source: Document, problems: list[Problem]) -> list[Item]:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and "schema.org" in value:
        block = json_block(value, f"{at}#", source, problems)
        return items(block.value, block.at) if block else []
    return [one for one in items(value, at) if isinstance(one.value, dict) and "@type" in one.value]


def _read_part(source: Document, part: _Part) -> tuple[list[Program], list[Problem]]:
    blocks = [one for block in part.blocks for one in items(block.value, block.at)]
    known = [block for block in blocks if _is_schema_org(block.value)]
    base, address = _addresses(source, part.page)
    graph = Graph(known, base)
    subjects = [subject(node, kind, graph, Draft(source, "claimed")) for node, kind in graph.programs()]
    problems = [_unread(source, part, block) for block in blocks if not _is_schema_org(block.value)]
    if not subjects:
        if known or not problems:
            problems.append(Problem(document=source.url, locator=part.at, message=_holds(part, graph)))
        return [], problems
    titles = {title.value if (title := first_line(one.node, "name")) else None for one in subjects}
    alone = part.page if len(titles) == 1 else None
    urls = [_url(one) or (address if alone else None) for one in subjects]
    programs: dict[str, Program] = {}
    for one, url, identity in zip(subjects, urls, _identities(subjects, urls), strict=True):
        program = _read_program(one, url, identity, alone)
        if program is not None:
            same = programs.get(program.id)
            programs[program.id] = merged(same, program) if same else program
    return list(programs.values()), problems + [problem for one in subjects for problem in one.draft.problems]


def _is_schema_org(value: Any) -> bool:
    """Whether an item is of schema.org; one without a context is taken to be."""
    if not isinstance(value, dict):
        return False
    contexts = [one for one, _ in items(value.get("@context"))]
    named = [one for context in contexts for one in (context.values() if isinstance(context, dict) else (context,))]
    types = [one for one, _ in items(value.get("@type"))]
    return not contexts or any(isinstance(one, str) and "schema.org" in one for one in (*named, *types))


def _addresses(source: Document, page: Page | None) -> tuple[str | None, str | None]:
    """The address against which others are resolved, and the one under which the page wants to be known."""
    stated = [page.meta.get(name) for name in ("canonical", "og:url")] if page else []
    base = next((found for one in (source.url, *stated) if (found := web_address(one))), None)
    return base, next((found for one in (*stated, base) if (found := web_address(one, base))), None)


def _url(subject: Subject) -> str | None:
    stated = (item for name in ("url", "mainEntityOfPage", "@id", "id") for item in values(subject.node, name))
    return next((url for item in stated if (url := subject.graph.address(item.value))), None)


def _identities(subjects: list[Subject], urls: list[str | None]) -> list[str | None]:
    """The identifier of each program, else its address; not one that programs with different titles share."""
    candidates: list[str | None] = []
    titles: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for one, url in zip(subjects, urls, strict=True):
        own, title = identifier(one.node.value), first_line(one.node, "name")
        if own is not None and not schema_org_offering.ABSOLUTE.fullmatch(own):
            own = one.graph.address(own)
        candidates.append(own or url)
        titles[own or url].add(title.value if title else None)
    return [candidate if len(titles[candidate]) == 1 else None for candidate in candidates]


def _read_program(subject: Subject, url: str | None, identity: str | None, page: Page | None) -> Program | None:
    node, draft = subject.node, subject.draft
    title = first_line(node, "name")
    if title is None:
        draft.problem(node.at, f"the {subject.kind} has no name; give it one")
        if identity is None:
            return None
    schema_org_offering.offering(subject)
    schema_org_offering.validity(subject)
    schema_org_offering.stacking(subject)
    schema_org_learning.workload(subject)
    schema_org_learning.credit(subject)
    schema_org_learning.level(subject)
    outcomes, skills = schema_org_learning.competencies(subject)
    issuer = schema_org_offering.issuer(subject)
    described = first_text(node, "description")
    meta = page.meta if page else {}
    stated = meta.get("description") or meta.get("og:description")
    return draft.finish(
        id=identity,
        title=title.value if title else None,
        description=described.value if described else plain_text.plain(stated) if stated else None,
        url=url,
        languages=schema_org_offering.languages(subject),
        issuer=issuer,
        outcomes=outcomes,
        skills=skills,
        prerequisites=schema_org_offering.prerequisites(subject),
        recognitions=schema_org_offering.recognitions(subject, issuer),
        prices=schema_org_prices.prices(subject),
        dates=_dates(subject, meta),
        provider="schema_org",
    )


def _dates(subject: Subject, meta: dict[str, str]) -> Dates:
    published, modified = (first_line(subject.node, name) for name in ("datePublished", "dateModified"))
    changed = modified.value if modified else meta.get("og:updated_time", "")
    return Dates(
        published=schema_org_offering.day(published.value) if published else None,
        modified=schema_org_offering.day(changed),
    )


def _unread(source: Document, part: _Part, block: Item) -> Problem:
    graph = Graph([block])
    kinds = ", ".join(kind[:60] for kind, _ in graph.held().most_common(3) if kind) or "no type"
    says = f"described in another vocabulary than schema.org ({kinds}) and not read"
    says += "; save it as a file of its own" if part.page else ""
    return Problem(document=source.url, locator=block.at, message=says)


def _holds(part: _Part, graph: Graph) -> str:
    """What a page, file or line without a program does hold, and what to do."""
    what = "the page" if part.page else "the line" if part.at else "the document"
    counted = graph.held()
    if counted:
        typed = [kind[:60] for kind, _ in counted.most_common(6) if kind] or ["something without a type"]
        is_one = len(typed) == 1 and counted[typed[0]] == 1
        shown = f"{_article(typed[0])} {typed[0]}" if is_one else ", ".join(typed)
        return f"{what} describes {shown} and no program; a program has the type {_TYPES}"
    if part.page is None:
        return f"{what} holds no items, hence no program"
    if part.page.problems:
        return "what the page holds for machines can't be read, hence no program"
    says = "the page describes nothing for machines (JSON-LD, microdata or RDFa of schema.org)"
    return f"{says}; ask its publisher for that, or put the facts in a table"


def _article(word: str) -> str:
    return "an" if word[:1] in "AEIOUaeiou" else "a"


provider = Provider(
    name="schema_org",
    title="schema.org on web pages (JSON-LD, microdata, RDFa), in JSON-LD files and JSON lines",
    recognises=recognises,
    read=read,
)
