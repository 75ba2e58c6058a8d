"""`touchstone verify` and `touchstone contexts`. Heavy modules are imported inside the verbs."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_console import CANT_TELL, FINDINGS, OK, Json, print_json, usage

if TYPE_CHECKING:
    from api.presented import Find, Seen
    from api.settings import Settings
    from api.world import Contexts, Get, Worlds
    from evaluator.credentials.matching import Candidate
    from evaluator.credentials.verdict import Claims
    from evaluator.credentials.world import World
    from evaluator.program import Program

EXIT = {"valid": OK, "invalid": FINDINGS, "indeterminate": CANT_TELL}
MANY = 3
"""Files from which on a progress bar is shown."""

contexts_app = typer.Typer(help="Get and list the vocabularies that credentials use.", no_args_is_help=True)

MapFile = Annotated[
    Path | None, typer.Option("--documents", help="JSON map {key: path}; a key is a URL, a DID or tx:<chain>:<id>.")
]


def verify(
    places: Annotated[list[str], typer.Argument(help="Files, links, or - for standard input.", metavar="FILE|URL…")],
    recipient: Annotated[list[str] | None, typer.Option(help="E-mail of the applicant; repeatable.")] = None,
    nonce: Annotated[str | None, typer.Option(help="The nonce or challenge that you sent to the wallet.")] = None,
    audience: Annotated[str | None, typer.Option(help="The name under which you asked the wallet.")] = None,
    at: Annotated[str | None, typer.Option(help="Time at which to judge, such as 2026-11-24; default now.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing.")] = False,
    documents: MapFile = None,
    programs: Annotated[
        list[str] | None, typer.Option("--programs", help="Where to look for the program; default: the samples.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Is it real? Verify badges, credentials and links, and find their programs.

    Exit status: 0 valid, 1 invalid, 3 could not be fully checked, 2 wrong usage; of several files the worst.
    """
    from api.presented import worst
    from api.world import Asked

    found = _settings()
    catalogue = _Catalogue(programs)
    asked = Asked(tuple(recipient or ()), nonce, audience)
    world = _worlds(found, offline, documents).world(asked, _moment(at))
    seen = [each for place in _watched(places) for each in _look(place, world, catalogue.find)]
    reports = [each.report for each in seen]
    if as_json:
        print_json(reports[0] if len(reports) == 1 else reports)
    else:
        for each in seen:
            _say(each, catalogue)
    raise typer.Exit(EXIT[worst(reports)])


@contexts_app.command("fetch")
def contexts_fetch(documents: MapFile = None, as_json: Json = False) -> None:
    """Get every vocabulary that is not at hand, and keep those whose digest is the known one."""
    from api.world import live
    from evaluator.credentials.world import Unavailable, offline
    from providers.http import Fetcher

    kept = _contexts()
    # Some vocabularies have addresses without encryption; the digest makes up for that.
    get = live(Fetcher(allow_http=True), {}) if documents is None else offline(_map(documents))
    missing = [each.url for each in kept.listed() if not each.at_hand]
    reasons: dict[str, str] = {}
    for url in _watched(missing):
        try:
            kept.keep(url, get(url))
        except Unavailable as error:
            reasons[url] = error.reason
        except OSError as error:
            usage(f"{kept.folder} can't be written to: {error.strerror or error}; see the setting contexts.")
    # Some have two addresses; a copy from either will do.
    here = {each.url for each in kept.listed() if each.at_hand}
    rows = [
        {"url": url, "outcome": "kept" if url in here else "missing", "says": "" if url in here else reasons[url]}
        for url in missing
    ]
    lacking = [row for row in rows if row["outcome"] == "missing"]
    if as_json:
        print_json({"folder": str(kept.folder), "contexts": rows})
    else:
        for row in lacking:
            typer.echo(f"Not kept: {row['url']}: {row['says']}", err=True)
        print(f"{len(rows) - len(lacking)} kept in {kept.folder}, {len(lacking)} missing.")
    raise typer.Exit(FINDINGS if lacking else OK)


@contexts_app.command("list")
def contexts_list(as_json: Json = False) -> None:
    """List the known vocabularies, and which are at hand."""
    import dataclasses

    kept = _contexts()
    found = kept.listed()
    if as_json:
        print_json({"folder": str(kept.folder), "contexts": [dataclasses.asdict(each) for each in found]})
    else:
        for each in found:
            print(f"{'at hand' if each.at_hand else 'missing'}  {each.kind:7}  {each.url}")
        here = sum(each.at_hand for each in found)
        print(f"{here} of {len(found)} are at hand; `touchstone contexts fetch` gets the others into {kept.folder}.")


# --- what is verified ---------------------------------------------------------------------------------------


def _look(place: str, world: World, find: Find) -> list[Seen]:
    from api import presented

    if place.startswith(("https://", "http://")):
        return presented.look_at_link(place, world, find)
    name = "standard input" if place == "-" else place
    return presented.look(name, _content(place), world, find)


def _content(place: str) -> bytes:
    """The bytes of a file, one more than is read at most, so that a larger one is told as such."""
    from evaluator.credentials.limits import PRESENTED_BYTES

    if place == "-":
        return sys.stdin.buffer.read(PRESENTED_BYTES + 1)
    path = Path(place)
    try:
        if path.exists() and not path.is_file():
            usage(f"{place} is no file; give files, such as {place}/*")
        with path.open("rb") as stream:
            return stream.read(PRESENTED_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        usage(f"{place} can't be read: {why}; check the path and its permissions.")


class _Catalogue:
    """The programs among which a credential's is looked for, read when first needed."""

    def __init__(self, places: list[str] | None) -> None:
        self._places = places
        self._programs: dict[str, Program] | None = None

    def programs(self) -> dict[str, Program]:
        """By identifier."""
        if self._programs is None:
            from api import gather

            found, _ = gather.collected(gather.readings(self._places or [gather.SAMPLES]), profiles=True)
            self._programs = {each.id: each for each in found}
        return self._programs

    def find(self, _: Claims) -> Iterable[Candidate]:
        """Every program: a catalogue in files is small."""
        from evaluator.credentials.matching import candidate

        return [candidate(each) for each in self.programs().values()]


def _worlds(found: Settings, offline: bool, documents: Path | None) -> Worlds:
    from api import world
    from api.certificates import BadCertificate
    from providers.http import Fetcher

    mapped = _map(documents) if documents else None
    get: Get = world.nothing
    if not offline:
        get = world.Remembered(world.live(Fetcher(), world.explorers_of(found.explorers)))
    try:
        return world.worlds(get, found, mapped)
    except BadCertificate as error:
        usage(str(error))


def _map(path: Path) -> dict[str, bytes]:
    from api.world import BadMap, read_map

    try:
        return read_map(path)
    except BadMap as error:
        usage(str(error))


def _contexts() -> Contexts:
    from api.world import Contexts, cache_folder

    return Contexts(cache_folder(_settings().contexts))


def _moment(text: str | None) -> datetime.datetime | None:
    if text is None:
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        usage(f'--at takes a time such as 2026-11-24 or 2026-11-24T09:30:00Z, not "{text}".')
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _settings() -> Settings:
    from api import settings

    try:
        return settings.load()
    except settings.BadSettings as error:
        usage(str(error))


# --- what is said -------------------------------------------------------------------------------------------


def _say(seen: Seen, catalogue: _Catalogue) -> None:
    """A report as sentences."""
    from api.presented import asks
    from api.verdict_words import CHECK_NAMES, OUTCOME_SIGNS, OUTCOME_WORDS, headline

    report = seen.report
    lines = [report.file, f"  {headline(report)}", *_claims(seen), ""]
    for check, detail in zip(report.checks, seen.details, strict=True):
        sign, word = OUTCOME_SIGNS[check.outcome], OUTCOME_WORDS[check.outcome]
        lines.append(f"  {sign} {CHECK_NAMES[check.id]}: {word}. {check.says}")
        if detail and check.outcome in ("fail", "unknown"):
            lines.append(f"    ({detail[:300]})")
    if following := asks(report):
        lines += ["", "  What to ask for next"] + [f"  - {each}" for each in following]
    if seen.inside:
        lines += ["", "  Inside it", *(f"  - {each.format}: {headline(each)}" for each in seen.inside)]
    lines += _worth(seen, catalogue)
    print("\n".join(_printable(line) for line in lines), end="\n\n")


def _claims(seen: Seen) -> list[str]:
    from api.verdict_words import say_claims

    report = seen.report
    if report.achievement is None and report.issuer is None:
        return []
    return [f"  {say_claims(report)}"]


def _worth(seen: Seen, catalogue: _Catalogue) -> list[str]:
    from api.presented import is_real, judged
    from api.verdict_words import say_program
    from api.words import say_scores
    from rubrics import library

    found = seen.report.program
    if found is None or not is_real(seen.report):
        return []
    program = seen.own_program or catalogue.programs()[found.id]
    rubrics = library.latest(library.installed())
    titles = {rubric.rubric: rubric.title for rubric in rubrics}
    cards = judged(program, rubrics, datetime.datetime.now(datetime.UTC).date())
    scores = [f"  - {titles[card.rubric]}: {say_scores(card)}" for card in cards]
    return ["", f"  What is it worth? {found.title or found.id}", f"  {say_program(found)}", *scores]


def _printable(text: str) -> str:
    """A document must not be able to steer the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _watched(items: Sequence[Any]) -> Iterator[Any]:
    """The items, with a progress bar on standard error where a person watches many."""
    if len(items) < MANY or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, "Verifying", console=Console(stderr=True), transient=True)
