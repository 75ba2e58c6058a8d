"""Errors: a page for people who came with a browser, problem details for everybody else."""

from __future__ import annotations

import httpx
import pytest

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "accept", "is_page"),
    [
        ("/programs/00000000000000000000", BROWSER, True),
        ("/no/such/page", BROWSER, True),
        ("/compare/0", "text/html", True),
        ("/programs/00000000000000000000", "*/*", False),
        ("/programs/00000000000000000000", "application/json", False),
        ("/programs/00000000000000000000", "application/problem+json, text/html;q=0.5", False),
        ("/v1/programs/00000000000000000000", BROWSER, False),
        ("/v1/nothing", "text/html", False),
        ("/v1", "text/html", False),
    ],
)
def test_who_reads_what(samples: httpx.Client, path: str, accept: str, is_page: bool) -> None:
    answer = samples.get(path, headers={"Accept": accept})
    assert answer.status_code == 404
    kind = "text/html; charset=utf-8" if is_page else "application/problem+json"
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_says_what_to_do(samples: httpx.Client) -> None:
    missing = samples.get("/compare/nothing").text
    assert "<h1>Not found</h1>" in missing and "There is no such comparison." in missing
    assert "look for it in the catalogue" in missing
    refused = samples.post("/add", headers={"Origin": "https://elsewhere.example"})
    assert refused.status_code == 403 and "What to do: Call from a page of this service" in refused.text


def test_what_is_asked_wrongly_is_said_on_the_page_itself(samples: httpx.Client) -> None:
    answer = samples.get("/", params={"where": "pass_marc > 1"})
    assert answer.status_code == 422
    assert "<h1>This search can't be read</h1>" in answer.text
    assert "Did you mean" in answer.text and "touchstone facts" not in answer.text
    assert samples.get("/", params={"cursor": "made-up"}).status_code == 422


@pytest.mark.parametrize(("count", "says"), [(0, "0 programs are chosen"), (1, "1 program is chosen"), (6, "6 prog")])
def test_two_to_five_are_compared(samples: httpx.Client, count: int, says: str) -> None:
    listed = samples.get("/v1/programs", params={"limit": 6}).json()["programs"]
    keys = [each["key"] for each in listed][:count]
    answer = samples.get("/compare", params={"program": keys})
    assert answer.status_code == 422
    assert "<h1>Choose 2 to 5 programs to compare</h1>" in answer.text and says in answer.text
    assert answer.text.count(" checked") == count
