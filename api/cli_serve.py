"""`touchstone serve` and `touchstone keys`. Heavy modules are imported inside the verbs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_console import Json, print_json, usage

if TYPE_CHECKING:
    from api.settings import Settings
    from api.store.database import Database
    from api.store.keys import ApiKey


keys_app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen at; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at; default 8000, 0 takes any free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer requests; default 1.")] = None,
) -> None:
    """Serve the pages and the REST API; settings come from TOUCHSTONE_* and touchstone.toml (see `doctor`)."""
    for name, value in {"HOST": host, "PORT": port, "WORKERS": workers}.items():
        if value is not None:
            # Workers are processes of their own and read the environment.
            os.environ[f"TOUCHSTONE_{name}"] = str(value)
    settings = _settings()
    from api.serve import CannotServe, run

    try:
        run(settings, lambda line: typer.echo(line, err=True))
    except CannotServe as error:
        usage(str(error))


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, such as: recruiting, analytics.")],
    scope: Annotated[str, typer.Option(help="read, write or admin; each includes those before it.")] = "read",
    as_json: Json = False,
) -> None:
    """Make an API key. It is shown once: keep it where passwords are kept."""
    from api.store import keys

    with _database() as database:
        try:
            with database.session(write=True) as session:
                secret, key = keys.create(session, name, [scope])  # type: ignore[list-item]
        except keys.BadKey as error:
            usage(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    if as_json:
        print_json({"key": secret, **_plain(key)})
    else:
        typer.echo(f"Made the key {key.id} for {key.name} with the scope {scope}. It is shown only now:", err=True)
        print(secret)


@keys_app.command("list")
def listed(as_json: Json = False) -> None:
    """List the API keys, revoked ones too. What is secret of them is not kept."""
    from api.store import keys

    with _database() as database, database.session() as session:
        found = keys.listed(session)
    if as_json:
        print_json({"keys": [_plain(key) for key in found]})
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Id", "Starts with", "Name", "Scope", "Made", "Last used", "Revoked"):
        table.add_column(heading, overflow="fold")
    for key in found:
        moments = [(moment or "–")[:16].replace("T", " ") for moment in (key.created, key.last_used, key.revoked)]
        table.add_row(key.id, key.prefix, escape(key.name), " ".join(key.scopes), *moments)
    Console(highlight=False).print(table if found else "There are no API keys. Make one: touchstone keys create NAME")


@keys_app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="Id of the key, or its first characters as listed.")],
    as_json: Json = False,
) -> None:
    """Make an API key useless for ever."""
    from api.store import keys

    with _database() as database:
        try:
            with database.session(write=True) as session:
                key = keys.revoke(session, name)
        except keys.BadKey as error:
            usage(f"{error}. `touchstone keys list` lists them.")
    if as_json:
        print_json(_plain(key))
    else:
        typer.echo(f"Revoked the key {key.id} of {key.name}.", err=True)


def _settings() -> Settings:
    from api import settings

    try:
        found = settings.load()
    except settings.BadSettings as error:
        usage(str(error))
    for line in settings.unknown_variables():
        typer.echo(line, err=True)
    return found


@contextmanager
def _database() -> Iterator[Database]:
    """The database of the settings, with its tables."""
    from api.serve import CannotServe, opened

    try:
        with opened(_settings()) as database:
            yield database
    except CannotServe as error:
        usage(str(error))


def _plain(key: ApiKey) -> dict[str, object]:
    import msgspec

    found: dict[str, object] = msgspec.to_builtins(key)
    return found
