"""`touchstone`: read, score and compare programs in a terminal.

Heavy modules are imported inside the verbs, so that `--help` answers at once.
"""

from __future__ import annotations

import datetime
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from api import cli_credentials, cli_rubrics, cli_serve
from api.cli_console import (
    CANT_TELL,
    FINDINGS,
    OK,
    Json,
    RubricFolder,
    clear_errors,
    console,
    errors,
    print_json,
    progress,
    stepping,
    usage,
    write,
)
from api.cli_rubrics import chosen_rubrics

if TYPE_CHECKING:
    from api.gather import Judged
    from evaluator.program import Problem, Program
    from evaluator.rubric import Rubric

app = typer.Typer(
    name="touchstone",
    help="Judge micro-credentials: read what is published, score it under published rubrics, compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_rubrics.rubrics_app, name="rubrics")
app.add_typer(cli_serve.keys_app, name="keys")
app.command()(cli_serve.serve)
app.command()(cli_credentials.verify)
app.add_typer(cli_credentials.contexts_app, name="contexts")

Places = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, https addresses, or - for standard input; none: the sample catalogue."),
]
ProviderName = Annotated[str | None, typer.Option("--provider", help="Read everything with this provider.")]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="YAML that maps a table's columns to facts.")]
ShowMapping = Annotated[bool, typer.Option("--show-mapping", help="Show how columns are guessed, as YAML.")]
Chosen = Annotated[list[str] | None, typer.Option("--program", "-p", help="Id or part of a title; repeatable.")]
RubricNames = Annotated[list[str] | None, typer.Option("--rubric", "-r", help="Rubric id or id@version; repeatable.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Day at which ages are counted; default today.")]
NoProfiles = Annotated[bool, typer.Option("--no-profiles", help="Do not inherit what issuers publish for all.")]


def main() -> None:
    """Run the command line."""
    app()


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        from evaluator import __version__

        print(f"touchstone {__version__}")
        raise typer.Exit(OK)


@app.command()
def read(
    places: Places = None,
    provider: ProviderName = None,
    mapping: MappingFile = None,
    no_profiles: NoProfiles = False,
    show_mapping: ShowMapping = False,
    as_json: Json = False,
) -> None:
    """Read program descriptions into facts that know where they came from."""
    if show_mapping:
        _show_mappings(places, as_json)
    programs, problems = _programs(places, provider, mapping, no_profiles)
    if as_json:
        print_json({"programs": programs, "problems": problems})
    else:
        from api import terminal

        console().print(terminal.programs(programs))
        terminal.problems(problems, errors())
    raise typer.Exit(CANT_TELL if not programs else FINDINGS if problems else OK)


@app.command()
def score(
    places: Places = None,
    program: Chosen = None,
    rubric: RubricNames = None,
    rubrics: RubricFolder = None,
    as_of: AsOf = None,
    provider: ProviderName = None,
    mapping: MappingFile = None,
    no_profiles: NoProfiles = False,
    as_json: Json = False,
) -> None:
    """Score programs: three scores per rubric, every criterion with its reason and evidence."""
    request = _Request(places, provider, mapping, program, rubric, rubrics, as_of, no_profiles)
    judged, problems, _ = _judged(request)
    if as_json:
        print_json({"scorecards": [card for each in judged for card in each.scorecards], "problems": problems})
    else:
        from api import terminal

        out = console()
        if len(judged) > 3:
            out.print(terminal.catalogue(judged))
        for each in judged if len(judged) <= 3 else ():
            out.print(f"\n[bold]{each.program.title or each.program.id}[/]\n", highlight=False)
            for card in each.scorecards:
                out.print(terminal.scorecard(card))
        terminal.problems(problems, errors())
    raise typer.Exit(CANT_TELL if not judged else FINDINGS if problems else OK)


@app.command()
def compare(
    places: Places = None,
    program: Chosen = None,
    rubric: RubricNames = None,
    rubrics: RubricFolder = None,
    as_of: AsOf = None,
    provider: ProviderName = None,
    mapping: MappingFile = None,
    no_profiles: NoProfiles = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write one self-contained page.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every score and level as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Compare 2 to 50 programs: who is ahead, how surely, why, and what could reverse it."""
    from api import report, terminal
    from evaluator.compare import MOST_PROGRAMS
    from evaluator.compare import compare as compared

    request = _Request(places, provider, mapping, program, rubric, rubrics, as_of, no_profiles)
    judged, problems, chosen_rubrics = _judged(request)
    if not judged:
        terminal.problems(problems, errors())
        raise typer.Exit(CANT_TELL)
    if not 2 <= len(judged) <= MOST_PROGRAMS:
        usage(f"A comparison takes 2 to {MOST_PROGRAMS} programs, found {len(judged)}; choose with --program.")
    cards = [each.scorecards for each in judged]
    comparison = compared([each.program for each in judged], cards, chosen_rubrics)
    if html:
        write(html, report.page(comparison))
    if csv:
        write(csv, report.table(comparison))
    if as_json:
        print_json({"comparison": comparison, "problems": problems})
    else:
        console().print(terminal.comparison(comparison))
        terminal.problems(problems, errors())
    raise typer.Exit(FINDINGS if problems else OK)


@app.command()
def facts(
    names: Annotated[list[str] | None, typer.Argument(help="Facts to show, or - for names on standard input.")] = None,
    as_json: Json = False,
) -> None:
    """Show the fact dictionary: what providers may write and rubrics may ask."""
    from api import terminal
    from evaluator.facts import dictionary
    from evaluator.strict_yaml import did_you_mean

    known = dictionary()
    wanted = sys.stdin.read().split() if names == ["-"] else names or list(known)
    for name in wanted:
        if name not in known:
            usage(f'There is no fact "{name}".{did_you_mean(name, known)}')
    definitions = [known[name] for name in wanted]
    if as_json:
        print_json({"facts": [definition.model_dump(mode="json") for definition in definitions]})
    else:
        console().print(terminal.facts(definitions, in_full=bool(names)))


@app.command()
def demo(
    once: Annotated[
        bool,
        typer.Option("--once", envvar="DEMO_ONCE", help="Fetch a page and a comparison from the server, then exit."),
    ] = False,
    port: Annotated[int, typer.Option(help="Port of 127.0.0.1 to serve at.")] = 8000,
    as_json: Json = False,
) -> None:
    """Read and score the sample catalogue, print it, compare two programs in words, and serve it all."""
    from api import demo as sample
    from api import terminal

    with clear_errors(), progress("Reading and scoring") as step:
        judged, problems = sample.judged_samples(step)
    if as_json:
        print_json({"scorecards": [card for each in judged for card in each.scorecards], "problems": problems})
        raise typer.Exit(FINDINGS if problems else OK)
    sample.show(console(), judged)
    terminal.problems(problems, errors())
    try:
        with sample.served(0 if once else port) as address:
            if once:
                typer.echo(sample.visit(address))
            else:
                sample.wait(typer.echo, address)
    except (OSError, RuntimeError) as error:
        usage(str(error))
    raise typer.Exit(FINDINGS if problems else OK)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check this installation: libraries, plugins, rubrics, samples, database, clock, folders, and every setting."""
    from api.doctor import checks

    found = list(checks())
    if as_json:
        print_json({"checks": found})
    else:
        for check in found:
            mark = {"pass": "[green]ok  [/]", "fail": "[red]FAIL[/]", "not_applicable": "[yellow]–   [/]"}[
                check.outcome
            ]
            console().print(f"{mark} {check.id}: ", end="", highlight=False)
            console().print(check.says, markup=False, highlight=False)
    raise typer.Exit(FINDINGS if any(check.outcome == "fail" for check in found) else OK)


def _show_mappings(places: list[str] | None, as_json: bool) -> NoReturn:
    from api import gather, terminal

    if not places:
        usage("--show-mapping needs a table: give its file, or - for standard input.")
    mappings, problems = gather.guessed_mappings(places)
    if as_json:
        print_json({"mappings": [{"table": name, "yaml": text} for name, text in mappings], "problems": problems})
    else:
        for name, text in mappings:
            print(f"# {name}\n# Save this, correct it, and give it with --mapping.\n{text}")
        terminal.problems(problems, errors())
    raise typer.Exit(CANT_TELL if not mappings else FINDINGS if problems else OK)


# --- what the verbs share -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Request:
    """What a verb was asked to judge."""

    places: list[str] | None
    provider: str | None
    mapping: Path | None
    program: list[str] | None
    rubric: list[str] | None
    rubrics: Path | None
    as_of: str | None
    no_profiles: bool


def _programs(
    places: list[str] | None, provider: str | None, mapping: Path | None, no_profiles: bool
) -> tuple[list[Program], list[Problem]]:
    from api import gather

    with clear_errors(), progress("Reading") as step:
        readings = gather.readings(places or [gather.SAMPLES], provider, mapping)
        return gather.collected(stepping(readings, step), profiles=not no_profiles)


def _judged(request: _Request) -> tuple[list[Judged], list[Problem], tuple[Rubric, ...]]:
    from api import gather

    rubrics = chosen_rubrics(request.rubric, request.rubrics)
    day = _day(request.as_of)
    programs, problems = _programs(request.places, request.provider, request.mapping, request.no_profiles)
    with clear_errors():
        chosen = gather.chosen(programs, request.program or [])
    with progress("Scoring", len(chosen)) as step:
        return gather.judge(chosen, rubrics, day, step), problems, rubrics


def _day(text: str | None) -> datetime.date:
    if text is None:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        usage(f'--as-of takes a day such as 2026-11-24, not "{text}".')
