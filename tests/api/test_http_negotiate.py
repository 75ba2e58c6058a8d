"""Which representation a client gets."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from api.http import negotiate
from api.problems import ProblemError

OFFERED = ("application/json", "text/html", "application/yaml")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def asking(*accept: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept", value.encode()) for value in accept]})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ((), "application/json"),
        (("",), "application/json"),
        (("*/*",), "application/json"),
        ((BROWSER,), "text/html"),
        (("application/yaml",), "application/yaml"),
        (("Application/YAML",), "application/yaml"),
        (("text/*",), "text/html"),
        (("application/json;q=0.5, text/html;q=0.6",), "text/html"),
        (("application/json;q=0.5, */*;q=0.1",), "application/json"),
        (("*/*, application/json;q=0",), "text/html"),
        (("application/*;q=0.2, application/yaml",), "application/yaml"),
        (("application/yaml; q=0.9 ; x=1, application/json;q=0.8",), "application/yaml"),
        (("text/html;level=1",), "text/html"),
        (("nonsense, application/yaml",), "application/yaml"),
        (("application/yaml", "application/json;q=0.1"), "application/yaml"),
    ],
)
def test_the_preferred_one_is_chosen(accept: tuple[str, ...], chosen: str) -> None:
    assert negotiate.chosen(asking(*accept), OFFERED) == chosen


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "*/*;q=0", "application", "text/html;q=0.000"])
def test_nothing_acceptable_is_refused_with_what_there_is(accept: str) -> None:
    with pytest.raises(ProblemError, match="application/yaml") as raised:
        negotiate.chosen(asking(accept), OFFERED)
    assert raised.value.type.id == "not-acceptable"
