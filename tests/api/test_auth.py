"""Keys: who is let in, what for, and what is said to others."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from api import auth
from api.problems import ProblemError
from api.store import keys
from api.store.database import Database
from api.store.keys import Scope
from tests.api.serving import problem, serving, upload


@dataclass
class Guarded:
    """A server that needs keys, and one key of each scope."""

    client: httpx.Client
    database: Database
    secrets: dict[Scope, str]

    def get(self, path: str, secret: str) -> httpx.Response:
        return self.client.get(path, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def guarded(database_url: str, database: Database) -> Iterator[Guarded]:
    secrets: dict[Scope, str] = {}
    with database.session(write=True) as session:
        for scope in keys.SCOPES:
            secrets[scope] = keys.create(session, f"for {scope}", [scope])[0]
    with serving(database_url, key_required=True) as client:
        yield Guarded(client, database, secrets)


def test_without_a_key_only_what_is_for_everybody(guarded: Guarded) -> None:
    for path in ("/v1/health", "/v1/ready", "/openapi.json", "/docs", "/problems"):
        assert guarded.client.get(path).status_code == 200, path
    for path in ("/v1/facts", "/v1/programs", "/v1/rubrics", "/v1/metrics", "/v1/jobs/x"):
        answer = guarded.client.get(path)
        problem(answer, "key-needed")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_described_operation_asks_for_a_key(guarded: Guarded) -> None:
    paths = guarded.client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            if operation.get("security"):
                content = (
                    {"content": b"{}", "headers": {"Content-Type": "application/json"}} if method == "post" else {}
                )
                answer = guarded.client.request(method, path, **content)  # type: ignore[arg-type]
                assert answer.status_code == 401, (method, path, answer.text)


@pytest.mark.parametrize("scope", keys.SCOPES)
def test_a_scope_includes_those_before_it(guarded: Guarded, scope: Scope) -> None:
    headers = {"Authorization": f"Bearer {guarded.secrets[scope]}"}
    assert guarded.client.get("/v1/facts", headers=headers).status_code == 200
    answer = guarded.client.post("/v1/documents", data={"text": "x"}, files={"file": ("", b"")}, headers=headers)
    if scope == "read":
        assert "This needs the scope write; the key has read." in str(problem(answer, "scope-missing")["detail"])
    else:
        problem(answer, "unreadable-document")


@pytest.mark.parametrize(
    "header",
    ["Bearer ts_wrong", "Bearer", "Basic !!", "Basic " + base64.b64encode(b":x").decode(), "Digest x", ""],
)
def test_anything_else_is_refused(guarded: Guarded, header: str) -> None:
    problem(guarded.client.get("/v1/facts", headers={"Authorization": header}), "key-needed")


def test_the_key_may_come_as_user_name(guarded: Guarded) -> None:
    assert guarded.client.get("/v1/facts", auth=(guarded.secrets["read"], "")).status_code == 200


def test_a_revoked_key_opens_nothing(guarded: Guarded) -> None:
    secret = guarded.secrets["read"]
    assert guarded.get("/v1/facts", secret).status_code == 200
    with guarded.database.session(write=True) as session:
        keys.revoke(session, secret[: keys.SHOWN])
    problem(guarded.get("/v1/facts", secret), "key-needed")


def test_the_use_of_a_key_is_noted(guarded: Guarded) -> None:
    guarded.get("/v1/facts", guarded.secrets["read"])
    with guarded.database.session() as session:
        used = {key.name: key.last_used for key in keys.listed(session)}
    assert used["for read"] is not None
    assert used["for admin"] is None


def test_on_loopback_a_wrong_key_is_still_refused(api: httpx.Client) -> None:
    problem(api.get("/v1/facts", headers={"Authorization": "Bearer ts_wrong"}), "key-needed")


def test_two_callers_may_use_the_same_idempotency_key(guarded: Guarded) -> None:
    one, other = (
        httpx.Client(base_url=guarded.client.base_url, headers={"Authorization": f"Bearer {guarded.secrets[scope]}"})
        for scope in ("write", "admin")
    )
    with one, other:
        keys_found = upload(one)
        body = {"programs": keys_found[:2]}
        first = one.post("/v1/comparisons", json=body, headers={"Idempotency-Key": "same"})
        second = other.post("/v1/comparisons", json={"programs": keys_found[1:]}, headers={"Idempotency-Key": "same"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, None),
        ("Bearer ts_a", "ts_a"),
        ("bearer  ts_a ", "ts_a"),
        ("Basic " + base64.b64encode(b"ts_a:").decode(), "ts_a"),
        ("BASIC " + base64.b64encode(b"ts_a:ignored").decode(), "ts_a"),
    ],
)
def test_key_of(header: str | None, key: str | None) -> None:
    assert auth.key_of(header) == key


@pytest.mark.parametrize("header", ["", "ts_a", "Token ts_a", "Basic ts_a", "Basic /w=="])
def test_key_of_refuses(header: str) -> None:
    with pytest.raises(ProblemError):
        auth.key_of(header)
