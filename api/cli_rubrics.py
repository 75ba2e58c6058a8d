"""`touchstone rubrics`: list, show, lint, test and print rubrics. Heavy modules are imported inside the verbs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_console import FINDINGS, OK, Json, RubricFolder, clear_errors, console, print_json, usage

if TYPE_CHECKING:
    from evaluator.rubric import Rubric

rubrics_app = typer.Typer(help="List, show, lint, test and print rubrics.", no_args_is_help=True)


@rubrics_app.command("list")
def rubrics_list(rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """List the rubrics that are installed, or in a folder of your own."""
    from api import terminal

    found = all_rubrics(rubrics)
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
        print_json({"rubrics": rows})
    else:
        console().print(terminal.rubrics(found))


RubricPlace = Annotated[str, typer.Argument(help="Rubric id, id@version, a YAML file, or - for standard input.")]
RubricPlaces = Annotated[list[str] | None, typer.Argument(help="Ids, files or -; none: every rubric found.")]


@rubrics_app.command("show")
def rubrics_show(name: RubricPlace, rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """Show a rubric: its criteria, levels, weights, sources and caps."""
    from api import terminal

    rubric = one_rubric(name, rubrics)
    if as_json:
        print_json({**rubric.model_dump(mode="json"), "digest": rubric.digest})
    else:
        console().print(terminal.rubric(rubric))


@rubrics_app.command("lint")
def rubrics_lint(names: RubricPlaces = None, rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """Warn about rules that are valid and probably not meant."""
    from api.gather import stated_facts
    from rubrics.lint import lint

    chosen = [one_rubric(name, rubrics) for name in names] if names else all_rubrics(rubrics)
    stated = stated_facts()
    warnings = [{"rubric": each.name, "warning": line} for each in chosen for line in lint(each, stated)]
    if as_json:
        print_json({"warnings": warnings})
    else:
        for warning in warnings:
            console().print(f"{warning['rubric']}, {warning['warning']}", markup=False, highlight=False)
        console().print(f"{len(chosen)} rubrics, {len(warnings)} warnings.")
    raise typer.Exit(FINDINGS if warnings else OK)


@rubrics_app.command("test")
def rubrics_test(names: RubricPlaces = None, rubrics: RubricFolder = None, as_json: Json = False) -> None:
    """Run every worked case of the rubrics."""
    import dataclasses

    from rubrics.library import run_cases

    chosen = [one_rubric(name, rubrics) for name in names] if names else all_rubrics(rubrics)
    results = [result for each in chosen for result in run_cases(each)]
    failed = [result for result in results if result.failures]
    if as_json:
        print_json({"cases": [dataclasses.asdict(result) for result in results]})
    else:
        for result in failed:
            for failure in result.failures:
                console().print(f'{result.rubric}, case "{result.case}": {failure}', markup=False, highlight=False)
        console().print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
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
        usage(f'There is no dialect "{dialect}"; choose one of {", ".join(DIALECTS)}.{near}')
    rubric = one_rubric(name, rubrics)
    query = compile_rubric(rubric)
    text = query.sql(dialect, pretty=True)
    if as_json:
        print_json(
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


def all_rubrics(folder: Path | None) -> tuple[Rubric, ...]:
    from rubrics import library

    if folder is not None and not folder.is_dir():
        usage(f"--rubrics takes a folder; {folder} is none.")
    with clear_errors():
        found = library.in_folders([folder]) if folder else library.installed()
    if not found:
        usage(f"{folder} holds no rubric; one lies in <id>/<version>.yaml.")
    return found


def chosen_rubrics(names: list[str] | None, folder: Path | None) -> tuple[Rubric, ...]:
    from rubrics import library

    found = all_rubrics(folder)
    with clear_errors():
        return tuple(library.choose(found, name) for name in names) if names else library.latest(found)


def one_rubric(name: str, folder: Path | None) -> Rubric:
    """The rubric of that id, or in that file, or on standard input."""
    from evaluator.rubric import parse_rubric
    from rubrics import library

    with clear_errors():
        if name == "-":
            return parse_rubric(sys.stdin.buffer.read(), "standard input")
        if name.endswith((".yaml", ".yml")):
            return parse_rubric(Path(name).read_bytes(), name)
        return library.choose(all_rubrics(folder), name)
