"""What `docs/security.md` says of limits and headers is what the code does."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from api.http.safety import HEADERS
from api.settings import Settings
from tests.corpus import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
LIMIT = re.compile(r"^\| ([^|]+) \| ([\d,.]+) \| `([\w.]+)` \|$", re.MULTILINE)
LIMITS = LIMIT.findall(TEXT)


def value(path: str) -> Any:
    """A constant of a module, the default of a setting, or that of a class's field."""
    module, _, name = path.rpartition(".")
    owner, _, kind = module.rpartition(".")
    if path.startswith("api.settings.Settings."):
        return Settings.model_fields[name].default
    found = importlib.import_module(owner if kind[:1].isupper() else module)
    return getattr(getattr(found, kind) if kind[:1].isupper() else found, name)


@pytest.mark.parametrize(("what", "limit", "path"), LIMITS, ids=[path for _, _, path in LIMITS])
def test_a_limit_is_that_of_the_code(what: str, limit: str, path: str) -> None:
    assert value(path) == float(limit.replace(",", "")), what


def test_no_row_of_the_table_escapes_the_test() -> None:
    table = TEXT[TEXT.index("| what | limit |") : TEXT.index("## What is left")]
    assert len(LIMITS) == len(table.strip().splitlines()) - 2 > 15


def test_the_policy_for_pages_is_the_one_that_is_sent() -> None:
    shown = re.search(r"```text\n\s*(.+)\n", TEXT)
    assert shown is not None
    assert shown[1] == HEADERS["Content-Security-Policy"]
