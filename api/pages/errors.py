"""Errors as pages, for people who came with a browser; everybody else reads the same problem as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from api.http.negotiate import HTML, prefers
from api.pages.page import text
from api.problems import MEDIA_TYPE, TYPES, ProblemDetails

MACHINES = ("/v1/", "/v1", "/openapi.json", "/metrics")
"""Paths at which people are not expected."""


def error_page(scope: Mapping[str, Any], problem: ProblemDetails) -> str | None:
    """The page of a problem, or `None` where the client is better served with JSON."""
    if scope["path"].startswith(MACHINES[0]) or scope["path"] in MACHINES:
        return None
    request = Request(scope)  # type: ignore[arg-type]
    if not prefers(request, HTML, MEDIA_TYPE):
        return None
    return text(request, "error.html", "", problem=problem, mend=TYPES[problem.type.rpartition("/")[2]].mend)
