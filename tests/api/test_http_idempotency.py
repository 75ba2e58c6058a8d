"""A creating request that is sent again has its effect once."""

from __future__ import annotations

import datetime
import threading

import httpx
import pytest

from api.store import idempotency
from api.store.database import Database
from tests.api.serving import TABLE, problem, serving, upload

KEY = {"Idempotency-Key": "0f2d"}


def correcting(client: httpx.Client, key: str, reason: str = "saw it", **headers: str) -> httpx.Response:
    body = {"fact": "supervised", "value": True, "author": "R. Example", "reason": reason}
    return client.post(f"/v1/programs/{key}/corrections", json=body, headers={"If-Match": "*", **headers})


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(store: httpx.Client) -> None:
    key = upload(store)[0]
    first, again = correcting(store, key, **KEY), correcting(store, key, **KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(store.get(f"/v1/programs/{key}/corrections").json()["corrections"]) == 1
    other = correcting(store, key)
    assert other.status_code == 201
    assert len(store.get(f"/v1/programs/{key}/corrections").json()["corrections"]) == 2


def test_the_key_may_stand_in_quotes(store: httpx.Client) -> None:
    key = upload(store)[0]
    correcting(store, key, **{"Idempotency-Key": "abc"})
    assert correcting(store, key, **{"Idempotency-Key": '"abc"'}).headers["idempotency-replayed"] == "true"


def test_the_same_key_for_another_request_is_a_mistake(store: httpx.Client) -> None:
    one, two, _ = upload(store)
    correcting(store, one, **KEY)
    problem(correcting(store, one, "for another reason", **KEY), "key-reused")
    problem(correcting(store, two, **KEY), "key-reused")
    problem(store.post("/v1/comparisons", json={"programs": [one, two]}, headers=KEY), "key-reused")


def test_the_same_files_again_are_the_same_request_whatever_their_boundary(store: httpx.Client) -> None:
    first, again = (store.post("/v1/documents", files={"file": ("a.csv", TABLE)}, headers=KEY) for _ in range(2))
    assert (first.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    other = store.post("/v1/documents", files={"file": ("a.csv", TABLE + "\n")}, headers=KEY)
    problem(other, "key-reused")


def test_a_request_that_failed_may_be_sent_again(store: httpx.Client) -> None:
    key = upload(store)[0]
    body = {"fact": "supervised", "value": True, "author": "R. Example", "reason": "saw it"}
    path = f"/v1/programs/{key}/corrections"
    problem(store.post(path, json=body, headers=KEY), "precondition-needed")
    assert store.post(path, json=body, headers={**KEY, "If-Match": "*"}).status_code == 201


def test_while_the_first_is_being_worked_on_the_second_waits(database_url: str, database: Database) -> None:
    with serving(database_url) as client:
        one, two, _ = upload(client)
        body = {"programs": [one, two]}
        # The first request is at work in another process: it has begun, and not ended.
        seen = client.post("/v1/comparisons", json=body, headers=KEY)
        assert seen.status_code == 201
        with database.session(write=True) as session:
            from sqlalchemy import update

            from api.store.tables import IdempotencyRow, table

            session.execute(update(table(IdempotencyRow)).values(response=None))
        answer = client.post("/v1/comparisons", json=body, headers=KEY)
        problem(answer, "request-in-progress")
        assert answer.headers["retry-after"] == "1"
        with database.session(write=True) as session:
            idempotency.purge(session, datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2))
        assert client.post("/v1/comparisons", json=body, headers=KEY).status_code == 201


def test_of_many_at_once_one_has_its_effect(store: httpx.Client) -> None:
    key = upload(store)[0]
    statuses: list[int] = []

    def send() -> None:
        statuses.append(correcting(store, key, **KEY).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len(store.get(f"/v1/programs/{key}/corrections").json()["corrections"]) == 1


@pytest.mark.parametrize(("key", "id"), [("x" * 256, "header-too-large"), ('""', "invalid"), ("two words", "invalid")])
def test_a_key_that_is_none(api: httpx.Client, key: str, id: str) -> None:
    body = {"programs": ["a", "b"]}
    found = problem(api.post("/v1/comparisons", json=body, headers={"Idempotency-Key": key}), id)
    assert found["errors"][0]["pointer"] == "#header/Idempotency-Key"  # type: ignore[index]
