"""Where documents come from, and which provider reads each: files, folders, standard input and web addresses.

A bad file, a server that fails or a provider with a mistake costs one problem, never the rest of a folder.
"""

from __future__ import annotations

import datetime
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from evaluator.program import Document, Problem, Reading, document
from evaluator.strict_yaml import did_you_mean
from providers import json_document, sidecar
from providers.provider import Provider, installed

if TYPE_CHECKING:
    from providers.http import Fetcher

LARGEST_FILE = 50_000_000
"""Bytes of the largest file that is read."""
STANDARD_INPUT = "-"
ORDER = ("open_badges", "ctdl", "schema_org", "table")
"""Providers are asked in this order, the ones that recognise most narrowly first; all others follow by name."""
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".htm": "text/html",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".jsonld": "application/ld+json",
    ".ndjson": "application/x-ndjson",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".xhtml": "application/xhtml+xml",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
}
"""Spelled out, because what the system's own list says differs from machine to machine."""
UNKNOWN_TYPE = "application/octet-stream"
_STARTS = {
    b"%PDF-": "a PDF file; export it as a web page or a table",
    b"\x89PNG": "an image (PNG)",
    b"\xff\xd8\xff": "an image (JPEG)",
    b"GIF8": "an image (GIF)",
    b"RIFF": "an image or sound (RIFF)",
    b"PK\x03\x04": "a ZIP archive or an office document; unpack it, or save the sheet as a table",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"SQLite format 3": "a database",
}
_OTHER_JSON = {
    b'"badge_template"': "badges as Credly lists them; give the Open Badges file that the page of each badge offers",
    b'"whitelisted_domain"': "credentials as Accredible lists them; give the Open Badges file of each",
    b'"CFDocument"': "a CASE framework of competencies, which describes no program",
    b"data.europa.eu/snb/": "the European Learning Model, which no installed provider reads",
    b'"$schema"': "a JSON Schema, which describes no program",
}
"""What JSON is in which one of these stands."""


class UnknownProvider(ValueError):
    """No provider of this name is installed; the message suggests the nearest."""


def documents(
    places: Iterable[str], fetcher: Fetcher | None = None, standard_input: BinaryIO | None = None
) -> Iterator[Document | Problem]:
    """Every document at the places, in their order, and a problem for each that can't be had.

    A place is a file, a folder (searched recursively, in the order of names; hidden files and links that lead out
    of it are left alone), `-` for `standard_input` (by default that of the process), or a web address, which
    `fetcher` fetches.
    """
    for place in places:
        if place == STANDARD_INPUT:
            yield _standard_input(standard_input or sys.stdin.buffer)
        elif "://" in place:
            yield _fetched(place, fetcher)
        elif _is_folder(place):
            yield from _folder(Path(place))
        else:
            yield _file(Path(place))


def read(
    places: Iterable[str],
    provider: str | Provider | None = None,
    fetcher: Fetcher | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Reading]:
    """What each document at the places gives, one reading per document or missing document.

    `provider`, or the installed one of that name, reads all of them; otherwise each is read by the first that
    recognises it. `progress` is told the address of a document before it is read. Raises UnknownProvider at once.
    """
    return _readings(places, candidates(provider), provider is not None, fetcher, progress)


def candidates(name: str | Provider | None = None) -> list[Provider]:
    """The provider, or the installed one of that name; without one all that are installed, in the order of asking.

    Raises UnknownProvider.
    """
    if isinstance(name, Provider):
        return [name]
    known = installed()
    if name is None:
        return [known[each] for each in sorted(known, key=lambda each: (_rank(each), each))]
    if name not in known:
        near = did_you_mean(name, known)
        raise UnknownProvider(f'There is no provider "{name}"; installed are {", ".join(sorted(known))}.{near}')
    return [known[name]]


def read_document(source: Document, candidates: Iterable[Provider], named: bool = False) -> Reading:
    """What the first candidate that recognises the document reads in it; `named`: the first is to read it anyway."""
    problems: list[Problem] = []
    for candidate in candidates:
        try:
            if named or candidate.recognises(source):
                reading = candidate.read(source)
                return Reading(programs=reading.programs, problems=(*problems, *reading.problems))
        except Exception as error:
            problems.append(_failure(source, candidate, error))
    if not problems:
        says = f"not a kind of document that Touchstone reads; it looks like {looks_like(source)}"
        problems.append(Problem(document=source.url, locator="", message=says))
    return Reading(problems=tuple(problems))


def with_sources(reading: Reading, source: Document) -> Reading:
    """The reading of a file with the sources that lie beside it; of anything else, unchanged."""
    return sidecar.apply(reading, source) if _is_file(source) else reading


def looks_like(source: Document) -> str:
    """What a document seems to be, in words, for somebody who wonders why it was not read."""
    start = source.content[:1000].lstrip()
    if not start:
        return "an empty document"
    for magic, words in _STARTS.items():
        if start.startswith(magic):
            return words
    if json_document.looks_like_json(source.content):
        return _kind_of_json(source.content)
    lowered = start.lower()
    if lowered.startswith(b"<svg") or b"<svg" in lowered:
        return "an image (SVG) without a badge in it"
    if lowered.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if lowered.startswith(b"<"):
        return "XML of a kind that is not known"
    return "text" if b"\0" not in start else "a binary file"


def _rank(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _readings(
    places: Iterable[str],
    candidates: list[Provider],
    named: bool,
    fetcher: Fetcher | None,
    progress: Callable[[str], None] | None,
) -> Iterator[Reading]:
    for source in documents(places, fetcher):
        if isinstance(source, Problem):
            yield Reading(problems=(source,))
            continue
        if progress is not None:
            progress(source.url)
        reading = read_document(source, candidates, named)
        yield with_sources(reading, source)


def _is_file(source: Document) -> bool:
    return source.url != STANDARD_INPUT and "://" not in source.url


def _failure(source: Document, provider: Provider, error: Exception) -> Problem:
    says = f'the provider "{provider.name}" failed ({type(error).__name__}); please report this mistake in it'
    return Problem(document=source.url, locator="", message=says)


def _kind_of_json(content: bytes) -> str:
    try:
        value = json_document.parse(content).value
    except json_document.UnreadableJson as error:
        return f"JSON with a mistake ({error})" if error.locator else f"JSON with a mistake ({error.message})"
    for mark, words in _OTHER_JSON.items():
        if mark in content:
            return words
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict) or not first:
        return "JSON of another kind"
    shown = ", ".join(f'"{key[:30]}"' for key in list(first)[:4])
    kinds = [kind for kind, _ in json_document.items(first.get("@type", first.get("type"))) if isinstance(kind, str)]
    typed = f" and the type {kinds[-1][:60]}" if kinds else ""
    return f"JSON of another kind, with the keys {shown}{typed}"


def _standard_input(stream: BinaryIO) -> Document | Problem:
    content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        return _too_large(STANDARD_INPUT)
    now = datetime.datetime.now(datetime.UTC)
    return document(STANDARD_INPUT, content, UNKNOWN_TYPE, _moment(now))


def _fetched(url: str, fetcher: Fetcher | None) -> Document | Problem:
    # Only who names a web address pays for loading the network code.
    from providers.http import Fetcher, FetchError

    try:
        return (fetcher or Fetcher()).fetch(url)
    except FetchError as error:
        return Problem(document=error.url, locator="", message=error.reason)


def _is_folder(place: str) -> bool:
    try:
        return bool(place) and Path(place).is_dir()
    except OSError:
        return False  # reading it as a file will say why


def _folder(folder: Path) -> Iterator[Document | Problem]:
    root, found = folder.resolve(), False
    unreadable: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # Linked folders are never walked: those inside are read where they are, those outside are only reported.
        away = [name for name in folders if _leads_out(Path(parent, name), root)]
        for name in sorted([*names, *away]):
            path = Path(parent, name)
            if name.startswith(".") or sidecar.is_sidecar(path):
                continue
            found = True
            if _leads_out(path, root):
                yield Problem(document=_shown(path), locator="", message="leads out of the folder; not followed")
            else:
                yield _file(path)
    for error in unreadable:
        yield _unreadable(Path(error.filename), error)
    if not found and not unreadable:
        yield Problem(document=_shown(folder), locator="", message="the folder holds no documents")


def _leads_out(path: Path, root: Path) -> bool:
    try:
        return path.is_symlink() and not path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False  # a link that leads to itself leads nowhere, which reading it will say


def _shown(path: Path) -> str:
    """The path as text that can be stored: names of files may hold bytes that are no characters."""
    return str(path).encode("utf-8", "replace").decode()


def _file(path: Path) -> Document | Problem:
    try:
        # Opening a pipe would wait for ever, so what it is has to be known before.
        if not stat.S_ISREG(path.stat().st_mode):
            return Problem(document=_shown(path), locator="", message="is not a file; give a file or a folder")
        if sidecar.is_sidecar(path):
            says = "only says where another document's facts were read; give that document"
            return Problem(document=_shown(path), locator="", message=says)
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
            saved = datetime.datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, datetime.UTC)
    except (OSError, ValueError) as error:
        return _unreadable(path, error)
    if len(content) > LARGEST_FILE:
        return _too_large(_shown(path))
    media_type = MEDIA_TYPES.get(path.suffix.lower(), UNKNOWN_TYPE)
    # The time of saving, unlike that of reading, is the same however often the file is read.
    return document(_shown(path), content, media_type, _moment(saved))


def _unreadable(path: Path, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name can't be"
    return Problem(
        document=_shown(path), locator="", message=f"can't be read: {reason}; check the path and its permissions"
    )


def _too_large(name: str) -> Problem:
    says = f"is larger than {LARGEST_FILE // 1_000_000} MB; split it"
    return Problem(document=name, locator="", message=says)


def _moment(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
