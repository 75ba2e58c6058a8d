"""`touchstone doctor`: whether this installation can do its work, and how to mend what can't."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from api import gather
from providers import profile, provider
from rubrics import library

OLDEST_SQLITE = (3, 35, 0)
"""First with everything that compiled rubrics use."""
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
    for extra, packages in EXTRAS.items():
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        if missing:
            says = f"not installed ({', '.join(missing)}); pip install 'touchstone-evaluator[{extra}]'"
            yield Check(id=f"extra {extra}", outcome="not_applicable", says=says)
        else:
            yield Check(id=f"extra {extra}", outcome="pass", says=", ".join(packages))


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
