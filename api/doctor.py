"""`touchstone doctor`: whether this installation can do its work, and how to mend what can't."""

from __future__ import annotations

import datetime
import importlib.util
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from api import gather, settings
from api.settings import Settings
from api.store.database import Database, State
from providers import profile, provider
from rubrics import library

OLDEST_SQLITE = (3, 35, 0)
"""First with everything that compiled rubrics use."""
STATES: dict[State, str] = {
    "empty": "reachable, without tables; `touchstone serve` makes them",
    "older": "reachable; its tables are of an earlier version, and `touchstone serve` brings them up to date: make a "
    "copy of the database before",
    "current": "reachable, with the tables of this version",
    "newer": "has tables of a later version of Touchstone; install that version again, or restore an earlier copy",
}
"""What is said of a database by the state of its tables."""
EXTRAS = {"bulk": ("polars", "pyarrow")}
"""Optional parts and the packages that they need."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One finding about the installation."""

    id: str
    outcome: Literal["pass", "fail", "not_applicable"]
    says: str


def checks() -> Iterator[Check]:
    """Every check, in the order in which a person would mend them."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield _check("python", sys.version_info >= (3, 11), f"Python {version}; 3.11 or later is needed")
    yield _check(
        "sqlite",
        sqlite3.sqlite_version_info >= OLDEST_SQLITE,
        f"SQLite {sqlite3.sqlite_version}; {'.'.join(map(str, OLDEST_SQLITE))} or later is needed",
    )
    yield _attempt("providers", lambda: ", ".join(provider.installed()))
    yield _attempt("rubrics", lambda: ", ".join(rubric.name for rubric in library.installed()))
    yield _attempt("profiles", lambda: f"{len(profile.built_in())} issuers and platforms")
    yield _attempt("samples", _samples)
    yield _attempt("clock", _clock)
    yield from _of_service()
    for extra, packages in EXTRAS.items():
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        if missing:
            says = f"not installed ({', '.join(missing)}); pip install 'touchstone-evaluator[{extra}]'"
            yield Check(id=f"extra {extra}", outcome="not_applicable", says=says)
        else:
            yield Check(id=f"extra {extra}", outcome="pass", says=", ".join(packages))


def _of_service() -> Iterator[Check]:
    """Whether `touchstone serve` could start with these settings, and what each of them is."""
    try:
        found = settings.load()
    except settings.BadSettings as error:
        yield Check(id="settings", outcome="fail", says=str(error))
        return
    unknown = list(settings.unknown_variables())
    yield _check("settings", not unknown, " ".join(unknown) or f"{settings.config_file()} and TOUCHSTONE_* variables")
    yield _database(found.database_url)
    yield _attempt("temporary folder", lambda: _writable(Path(tempfile.gettempdir())))
    reach = "this machine only" if found.on_loopback else "others too"
    yield _check(
        "keys",
        found.on_loopback or found.needs_key,
        f"{found.host} is reached by {reach}; API keys are {'' if found.needs_key else 'not '}needed",
    )
    for name, field in Settings.model_fields.items():
        yield Check(id=f"setting {name}", outcome="pass", says=f"{_shown(found, name)}. {field.description}")


def _shown(found: Settings, name: str) -> str:
    value = getattr(found, name)
    if name == "database_url":
        value = without_password(value)
    if isinstance(value, tuple):
        value = ", ".join(map(str, value)) or "none"
    return f"{'not set' if value is None else value}{'' if name in found.model_fields_set else ' (default)'}"


def without_password(database_url: str) -> str:
    """A database URL that may be shown."""
    try:
        return make_url(database_url).render_as_string(hide_password=True)
    except ArgumentError:
        return "(not a database URL)"


def _database(url: str) -> Check:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
            folder = _writable(Path(parsed.database).absolute().parent)
            says = f"{parsed.database} is not there yet; `touchstone serve` makes it. {folder}"
            return Check(id="database", outcome="pass", says=says)
        database = Database(url)
        try:
            state = database.state()
        finally:
            database.close()
    except Exception as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Check(id="database", outcome="fail", says=f"can't be used: {why}; check the setting database_url")
    return Check(id="database", outcome="fail" if state == "newer" else "pass", says=STATES[state])


def _clock() -> str:
    """A clock that is behind the newest published source would count ages, and judge, wrongly."""
    today = datetime.datetime.now(datetime.UTC).date()
    newest = max(
        fact.read_on
        for each in profile.built_in()
        for statement in each.statements
        for fact in statement.facts.values()
    )
    if today < newest:
        raise RuntimeError(f"the clock says {today}, but sources were read on {newest}; set the clock")
    return f"{today} (UTC)"


def _writable(folder: Path) -> str:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RuntimeError(f"{folder} can't be written to; change its permissions or choose another folder")
    return f"{folder} can be written to"


def _samples() -> str:
    programs, problems = gather.collected(gather.readings([gather.SAMPLES]), profiles=False)
    if problems:
        raise RuntimeError(f"{problems[0].document} {problems[0].locator}: {problems[0].message}")
    return f"{len(programs)} programs"


def _attempt(name: str, work: Callable[[], str]) -> Check:
    try:
        return Check(id=name, outcome="pass", says=work())
    except Exception as error:
        return Check(id=name, outcome="fail", says=str(error) or repr(error))


def _check(name: str, passes: bool, says: str) -> Check:
    return Check(id=name, outcome="pass" if passes else "fail", says=says)
