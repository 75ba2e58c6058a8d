"""Every error is a problem document of a documented type."""

from __future__ import annotations

import re

import httpx
import pytest

from api import problems
from tests.api.serving import problem


@pytest.mark.parametrize("type_", problems.TYPES.values(), ids=lambda type_: type_.id)
def test_each_type_is_documented_at_its_own_address(api: httpx.Client, type_: problems.ProblemType) -> None:
    page = api.get(type_.type, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert type_.title in page.text.replace("&#39;", "'")
    found = api.get(type_.type, headers={"Accept": "application/json"}).json()
    assert found["type"] == type_.type
    assert found["status"] == type_.status
    assert found["mend"]


def test_the_list_of_types_holds_all(api: httpx.Client) -> None:
    listed = api.get("/problems", headers={"Accept": "application/json"}).json()["problems"]
    assert {each["id"] for each in listed} == set(problems.TYPES)


def test_an_unknown_type_is_not_found_and_suggests(api: httpx.Client) -> None:
    assert 'Did you mean "not-found"?' in str(problem(api.get("/problems/not-fond"), "not-found")["detail"])


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/facts", "/v1/facts/", "/v1/programs/x/y", "/%00", "/v1/%F0%9F%A6%86"]
)
def test_an_address_that_nothing_has(api: httpx.Client, path: str) -> None:
    if path == "/" and api.get("/").status_code == 200:
        pytest.skip("the pages have this address")
    found = problem(api.get(path), "not-found")
    assert found["status"] == 404
    assert found["instance"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/facts", {"GET", "HEAD"}),
        ("PUT", "/v1/comparisons", {"POST"}),
        ("TRACE", "/v1/rubrics/rigor", {"GET", "HEAD"}),
        ("PATCH", "/v1/programs/0/corrections", {"GET", "POST", "HEAD"}),
    ],
)
def test_a_method_that_the_address_does_not_know(api: httpx.Client, method: str, path: str, allowed: set[str]) -> None:
    answer = api.request(method, path)
    problem(answer, "method-not-allowed")
    assert set(re.split(r", ?", answer.headers["allow"])) == allowed


def test_head_answers_as_get_without_a_body(api: httpx.Client) -> None:
    got, head = api.get("/v1/facts"), api.head("/v1/facts")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == got.headers["etag"]
    assert api.head("/v1/facts/nothing").status_code == 404


@pytest.mark.parametrize(
    ("body", "id", "pointer"),
    [
        (b"{", "bad-request", None),
        (b"\xff", "bad-request", None),
        (b"[]", "invalid", ""),
        (b"{}", "invalid", "/programs"),
        (b'{"programs": ["a", 1]}', "invalid", "/programs/1"),
        (b'{"programs": ["a"]}', "invalid", "/programs"),
        (b'{"programs": ["a", "b"], "weights": {"x": {"y/z": 1.5}}}', "invalid", "/weights/x/y~1z"),
        (b'{"programs": ["a", "b"], "rubrik": []}', "invalid", "/rubrik"),
        (b'{"programs": ["a", "\\ud800"]}', "invalid", ""),
    ],
)
def test_a_mistake_in_a_body_is_pointed_to(api: httpx.Client, body: bytes, id: str, pointer: str | None) -> None:
    answer = api.post("/v1/comparisons", content=body, headers={"Content-Type": "application/json"})
    found = problem(answer, id)
    pointers = [each["pointer"] for each in found.get("errors", [])]  # type: ignore[attr-defined]
    assert pointers == ([] if pointer is None else [pointer])


def test_a_mistake_in_the_query_is_pointed_to(api: httpx.Client) -> None:
    found = problem(api.get("/v1/programs?limit=0&sort=best"), "invalid")
    assert {each["pointer"] for each in found["errors"]} == {"#query/limit", "#query/sort"}  # type: ignore[attr-defined]


def test_a_failure_of_ours_says_nothing_of_its_inside(database_url: str) -> None:
    from tests.api.serving import serving

    with serving(database_url) as client:
        # The one way to make the service fail without changing its code: take away a table that it counts on.
        from sqlalchemy import text

        from api.store.database import Database

        broken = Database(database_url)
        with broken.session(write=True) as session:
            session.execute(text("ALTER TABLE comparisons RENAME COLUMN content TO hidden"))
        try:
            answer = client.get("/v1/comparisons/0123456789abcdef0123456789abcdef")
        finally:
            with broken.session(write=True) as session:
                session.execute(text("ALTER TABLE comparisons RENAME COLUMN hidden TO content"))
            broken.close()
    found = problem(answer, "not-ready" if answer.status_code == 503 else "internal")
    assert "content" not in answer.text and "SELECT" not in answer.text and "Traceback" not in answer.text
    assert found["request_id"]
