"""How every verb speaks and ends: exit statuses, JSON, progress, errors.

Exit status: 0 all is well, 1 findings (problems in documents, failing cases, warnings), 2 wrong usage, 3 can't tell
(nothing that could be judged).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")

OK, FINDINGS, USAGE, CANT_TELL = 0, 1, 2, 3

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
RubricFolder = Annotated[Path | None, typer.Option("--rubrics", help="A folder of your own: <id>/<version>.yaml.")]


@contextmanager
def clear_errors() -> Iterator[None]:
    """What people get wrong ends with a sentence and status 2, never with a traceback."""
    from evaluator.strict_yaml import SpecError
    from providers.provider import PluginError
    from providers.sources import UnknownProvider

    try:
        yield
    except (SpecError, PluginError, UnknownProvider, LookupError) as error:
        usage(str(error.args[0]) if isinstance(error, KeyError) else str(error))
    except OSError as error:
        usage(f"{error.filename or 'file'}: {error.strerror or error}.")


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error while work goes on; silent where no person watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = errors()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def stepping(items: Iterable[Item], step: Callable[[], None]) -> Iterator[Item]:
    for item in items:
        yield item
        step()


def console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def errors() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def write(path: Path, text: str) -> None:
    with clear_errors():
        path.write_text(text, encoding="utf-8", newline="")
    errors().print(f"Wrote {path}", markup=False)


def usage(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE)
