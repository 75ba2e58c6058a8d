"""`touchstone`: read, score and compare programs in a terminal.

Exit status: 0 all is well, 1 findings (problems in documents, failing cases, warnings), 2 wrong usage, 3 can't tell
(nothing that could be judged). Heavy modules are imported inside the verbs, so that `--help` answers at once.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from api import cli_credentials, cli_serve

if TYPE_CHECKING:
    from rich.console import Console

    from api.gather import Judged
    from evaluator.program import Problem, Program
    from evaluator.rubric import Rubric

Item = TypeVar("Item")

OK, FINDINGS, USAGE, CANT_TELL = 0, 1, 2, 3

app = typer.Typer(
    name="touchstone",
    help="Judge micro-credentials: read what is published, score it under published rubrics, compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
rubrics_app = typer.Typer(help="List, show, lint, test and print rubrics.", no_args_is_help=True)
app.add_typer(rubrics_app, name="rubrics")
app.add_typer(cli_serve.keys_app, name="keys")
app.command()(cli_serve.serve)
app.command()(cli_credentials.verify)
app.add_typer(cli_credentials.contexts_app, name="contexts")

Places = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, https addresses, or - for standard input; none: the sample catalogue."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ProviderName = Annotated[str | None, typer.Option("--provider", help="Read everything with this provider.")]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="YAML that maps a table's columns to facts.")]
ShowMapping = Annotated[bool, typer.Option("--show-mapping", help="Show how columns are guessed, as YAML.")]
Chosen = Annotated[list[str] | None, typer.Option("--program", "-p", help="Id or part of a title; repeatable.")]
RubricNames = Annotated[list[str] | None, typer.Option("--rubric", "-r", help="Rubric id or id@version; repeatable.")]
RubricFolder = Annotated[Path | None, typer.Option("--rubrics", help="A folder of your own: <id>/<version>.yaml.")]
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
        _print_json({"programs": programs, "problems": problems})
    else:
        from api import terminal

        _console().print(terminal.programs(programs))
        terminal.problems(problems, _errors())
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
        _print_json({"scorecards": [card for each in judged for card in each.scorecards], "problems": problems})
    else:
        from api import terminal

        console = _console()
        if len(judged) > 3:
            console.print(terminal.catalogue(judged))
        for each in judged if len(judged) <= 3 else ():
            console.print(f"\n[bold]{each.program.title or each.program.id}[/]\n", highlight=False)
            for card in each.scorecards:
                console.print(terminal.scorecard(card))
        terminal.problems(problems, _errors())
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
        terminal.problems(problems, _errors())
        raise typer.Exit(CANT_TELL)
    if not 2 <= len(judged) <= MOST_PROGRAMS:
        _usage(f"A comparison takes 2 to {MOST_PROGRAMS} programs, found {len(judged)}; choose with --program.")
    cards = [each.scorecards for each in judged]
    comparison = compared([each.program for each in judged], cards, chosen_rubrics)
    if html:
        _write(html, report.page(comparison))
    if csv:
        _write(csv, report.table(comparison))
    if as_json:
        _print_json({"comparison": comparison, "problems": problems})
    else:
        _console().print(terminal.comparison(comparison))
        terminal.problems(problems, _errors())
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
            _usage(f'There is no fact "{name}".{did_you_mean(name, known)}')
    definitions = [known[name] for name in wanted]
    if as_json:
        _print_json({"facts": [definition.model_dump(mode="json") for definition in definitions]})
    else:
        _console().print(terminal.facts(definitions, in_full=bool(names)))


@rubrics_app.command("list")
def rubrics_list(rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """List the rubrics that are installed, or in a folder of your own."""
    from api import terminal

    found = _all_rubrics(rubrics)
    if as_json:
        rows = [
            {
                "rubric": each.rubric,
                "version": each.version,
                "title": each.title,
                "asks": each.asks,
                "publisher": each.publisher.name,
                "digest": each.digest,
            }
            for each in found
        ]
        _print_json({"rubrics": rows})
    else:
        _console().print(terminal.rubrics(found))


RubricPlace = Annotated[str, typer.Argument(help="Rubric id, id@version, a YAML file, or - for standard input.")]
RubricPlaces = Annotated[list[str] | None, typer.Argument(help="Ids, files or -; none: every rubric found.")]


@rubrics_app.command("show")
def rubrics_show(name: RubricPlace, rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """Show a rubric: its criteria, levels, weights, sources and caps."""
    from api import terminal

    rubric = _rubric(name, rubrics)
    if as_json:
        _print_json({**rubric.model_dump(mode="json"), "digest": rubric.digest})
    else:
        _console().print(terminal.rubric(rubric))


@rubrics_app.command("lint")
def rubrics_lint(names: RubricPlaces = None, rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """Warn about rules that are valid and probably not meant."""
    from api.gather import stated_facts
    from rubrics.lint import lint

    chosen = [_rubric(name, rubrics) for name in names] if names else _all_rubrics(rubrics)
    stated = stated_facts()
    warnings = [{"rubric": each.name, "warning": line} for each in chosen for line in lint(each, stated)]
    if as_json:
        _print_json({"warnings": warnings})
    else:
        for warning in warnings:
            _console().print(f"{warning['rubric']}, {warning['warning']}", markup=False, highlight=False)
        _console().print(f"{len(chosen)} rubrics, {len(warnings)} warnings.")
    raise typer.Exit(FINDINGS if warnings else OK)


@rubrics_app.command("test")
def rubrics_test(names: RubricPlaces = None, rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """Run every worked case of the rubrics."""
    import dataclasses

    from rubrics.library import run_cases

    chosen = [_rubric(name, rubrics) for name in names] if names else _all_rubrics(rubrics)
    results = [result for each in chosen for result in run_cases(each)]
    failed = [result for result in results if result.failures]
    if as_json:
        _print_json({"cases": [dataclasses.asdict(result) for result in results]})
    else:
        for result in failed:
            for failure in result.failures:
                _console().print(f'{result.rubric}, case "{result.case}": {failure}', markup=False, highlight=False)
        _console().print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    raise typer.Exit(FINDINGS if failed else OK)


@rubrics_app.command("sql")
def rubrics_sql(
    name: RubricPlace,
    dialect: Annotated[str, typer.Option(help="postgres, duckdb, spark, bigquery, snowflake or sqlite.")] = "postgres",
    rubrics: RubricFolder = None,
    as_json: Json = False,
) -> None:
    """Print a rubric as one SELECT for a warehouse that has a relation "facts"."""
    from evaluator.sql import DIALECTS, compile_rubric
    from evaluator.strict_yaml import did_you_mean

    if dialect not in DIALECTS:
        near = did_you_mean(dialect, DIALECTS)
        _usage(f'There is no dialect "{dialect}"; choose one of {", ".join(DIALECTS)}.{near}')
    rubric = _rubric(name, rubrics)
    query = compile_rubric(rubric)
    text = query.sql(dialect, pretty=True)
    if as_json:
        _print_json(
            {
                "rubric": rubric.name,
                "digest": rubric.digest,
                "dialect": dialect,
                "facts": query.facts,
                "columns": query.columns,
                "sql": text,
            }
        )
    else:
        print(f'-- {rubric.name} {rubric.digest}\n-- relation "facts": program, {", ".join(query.facts)}\n{text};')


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

    with _clear_errors(), _progress("Reading and scoring") as step:
        judged, problems = sample.judged_samples(step)
    if as_json:
        _print_json({"scorecards": [card for each in judged for card in each.scorecards], "problems": problems})
        raise typer.Exit(FINDINGS if problems else OK)
    sample.show(_console(), judged)
    terminal.problems(problems, _errors())
    try:
        with sample.served(0 if once else port) as address:
            if once:
                typer.echo(sample.visit(address))
            else:
                sample.wait(typer.echo, address)
    except (OSError, RuntimeError) as error:
        _usage(str(error))
    raise typer.Exit(FINDINGS if problems else OK)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check this installation: libraries, plugins, rubrics, samples, database, clock, folders, and every setting."""
    from api.doctor import checks

    found = list(checks())
    if as_json:
        _print_json({"checks": found})
    else:
        for check in found:
            mark = {"pass": "[green]ok  [/]", "fail": "[red]FAIL[/]", "not_applicable": "[yellow]–   [/]"}[
                check.outcome
            ]
            _console().print(f"{mark} {check.id}: ", end="", highlight=False)
            _console().print(check.says, markup=False, highlight=False)
    raise typer.Exit(FINDINGS if any(check.outcome == "fail" for check in found) else OK)


def _show_mappings(places: list[str] | None, as_json: bool) -> NoReturn:
    from api import gather, terminal

    if not places:
        _usage("--show-mapping needs a table: give its file, or - for standard input.")
    mappings, problems = gather.guessed_mappings(places)
    if as_json:
        _print_json({"mappings": [{"table": name, "yaml": text} for name, text in mappings], "problems": problems})
    else:
        for name, text in mappings:
            print(f"# {name}\n# Save this, correct it, and give it with --mapping.\n{text}")
        terminal.problems(problems, _errors())
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

    with _clear_errors(), _progress("Reading") as step:
        readings = gather.readings(places or [gather.SAMPLES], provider, mapping)
        return gather.collected(_stepping(readings, step), profiles=not no_profiles)


def _judged(request: _Request) -> tuple[list[Judged], list[Problem], tuple[Rubric, ...]]:
    from api import gather

    rubrics = _chosen_rubrics(request.rubric, request.rubrics)
    day = _day(request.as_of)
    programs, problems = _programs(request.places, request.provider, request.mapping, request.no_profiles)
    with _clear_errors():
        chosen = gather.chosen(programs, request.program or [])
    with _progress("Scoring", len(chosen)) as step:
        return gather.judge(chosen, rubrics, day, step), problems, rubrics


def _day(text: str | None) -> datetime.date:
    if text is None:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        _usage(f'--as-of takes a day such as 2026-11-24, not "{text}".')


def _all_rubrics(folder: Path | None) -> tuple[Rubric, ...]:
    from rubrics import library

    if folder is not None and not folder.is_dir():
        _usage(f"--rubrics takes a folder; {folder} is none.")
    with _clear_errors():
        found = library.in_folders([folder]) if folder else library.installed()
    if not found:
        _usage(f"{folder} holds no rubric; one lies in <id>/<version>.yaml.")
    return found


def _chosen_rubrics(names: list[str] | None, folder: Path | None) -> tuple[Rubric, ...]:
    from rubrics import library

    found = _all_rubrics(folder)
    with _clear_errors():
        return tuple(library.choose(found, name) for name in names) if names else library.latest(found)


def _rubric(name: str, folder: Path | None) -> Rubric:
    """The rubric of that id, or in that file, or on standard input."""
    from evaluator.rubric import parse_rubric
    from rubrics import library

    with _clear_errors():
        if name == "-":
            return parse_rubric(sys.stdin.buffer.read(), "standard input")
        if name.endswith((".yaml", ".yml")):
            return parse_rubric(Path(name).read_bytes(), name)
        return library.choose(_all_rubrics(folder), name)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """What people get wrong ends with a sentence and status 2, never with a traceback."""
    from evaluator.strict_yaml import SpecError
    from providers.provider import PluginError
    from providers.sources import UnknownProvider

    try:
        yield
    except (SpecError, PluginError, UnknownProvider, LookupError) as error:
        _usage(str(error.args[0]) if isinstance(error, KeyError) else str(error))
    except OSError as error:
        _usage(f"{error.filename or 'file'}: {error.strerror or error}.")


@contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error while work goes on; silent where no person watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = _errors()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def _stepping(items: Iterable[Item], step: Callable[[], None]) -> Iterator[Item]:
    for item in items:
        yield item
        step()


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def _errors() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def _print_json(value: Any) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def _write(path: Path, text: str) -> None:
    with _clear_errors():
        path.write_text(text, encoding="utf-8", newline="")
    _errors().print(f"Wrote {path}", markup=False)


def _usage(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE)
