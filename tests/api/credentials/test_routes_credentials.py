"""`/v1/credentials` and `/v1/events` over HTTP: many at once, once only, by scope, erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from api.store import keys
from api.store.database import Database
from tests.api.credentials.test_keeping import Withdrawn, address
from tests.api.credentials.vectors import EXPIRED, HOLDER, HOSTED, NAMED, content, needs_vectors
from tests.api.serving import installed, problem, running, upload

pytestmark = needs_vectors


class Service:
    """A running service, its client, and the documents that it can have."""

    def __init__(self, client: httpx.Client, away: Withdrawn, url: str) -> None:
        self.client, self.away, self.url = client, away, url


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """A service that keeps what is presented for ten days."""
    away = Withdrawn()
    settings = Settings(database_url=database_url, rate_limit="off", credential_file_days=10)
    app = create_app(settings, installed(), None, away.worlds)
    with running(app) as client:
        yield Service(client, away, database_url)


def present(client: httpx.Client, *items: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    answer = client.post("/v1/credentials", json={"credentials": list(items), **more})
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["credentials"]
    return found


def test_files_links_and_texts_at_once(service: Service) -> None:
    answer = service.client.post(
        "/v1/credentials",
        files=[("file", ("C:\\mine\\one.json", content(EXPIRED))), ("file", ("two.jwt", content(NAMED)))],
        data={"url": [address(), "https://www.linkedin.com/in/x"], "recipient": f"other@example.org, {HOLDER}"},
    )
    assert answer.status_code == 201, answer.text
    assert "location" not in answer.headers
    found = answer.json()["credentials"]
    assert {each["reports"][0]["file"]: each["outcome"] for each in found} == {
        "one.json": "invalid",
        "two.jwt": "valid",
        address(): "valid",
        "https://www.linkedin.com/in/x": "invalid",
    }
    named = next(each for each in found if each["reports"][0]["file"] == "two.jwt")
    assert named["reports"][0]["holder_match"] is True
    expired = next(each for each in found if each["reports"][0]["file"] == "one.json")
    assert expired["next"][0] == "Ask the applicant for a renewed one."


def test_one_has_an_address_and_is_erased(service: Service) -> None:
    answer = service.client.post(
        "/v1/credentials", json={"credentials": [{"text": content(NAMED).decode(), "name": "../../a.jwt"}]}
    )
    where = answer.headers["location"]
    again = service.client.get(where)
    assert again.json() == answer.json()["credentials"][0]
    assert again.json()["reports"][0]["file"] == "a.jwt"
    assert service.client.get(where, headers={"If-None-Match": again.headers["etag"]}).status_code == 304
    assert service.client.delete(where).status_code == 204
    problem(service.client.get(where), "not-found")
    problem(service.client.delete(where), "not-found")
    problem(service.client.post(f"{where}/verify", json={}), "not-found")


def test_the_same_request_has_its_effect_once(service: Service) -> None:
    def send(**changed: Any) -> httpx.Response:
        body = {"credentials": [{"text": content(NAMED).decode()}], "recipients": [HOLDER], **changed}
        return service.client.post("/v1/credentials", json=body, headers={"Idempotency-Key": "one"})

    first, second = send(), send()
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    problem(send(recipients=["other@example.org"]), "key-reused")


def test_a_known_program_is_matched(service: Service) -> None:
    key = upload(
        service.client, "title,issuer,url\nAwesome Robotics Badge,An Example Badge Issuer,https://example.org/\n"
    )
    (found,) = present(service.client, {"text": content(NAMED).decode()})
    program = found["reports"][0]["program"]
    assert (program["how"], program["score"], program["bound"]) == ("issuer_and_title", 1.0, True)
    assert service.client.get(f"/v1/programs/{key[0]}").json()["program"]["id"] == program["id"]


def test_nothing_of_a_credential_becomes_a_program(service: Service) -> None:
    present(service.client, {"text": content(NAMED).decode()})
    assert service.client.get("/v1/programs").json()["programs"] == []


def test_verified_again_and_told_as_an_event(service: Service) -> None:
    (made,) = present(service.client, {"text": content(HOSTED).decode()})
    before = service.client.get("/v1/events").json()
    assert (before["events"], before["next"]) == ([], None)
    service.away.gone[address()] = 410
    again = service.client.post(f"/v1/credentials/{made['id']}/verify", json={})
    assert again.status_code == 200, again.text
    assert again.json()["outcome"] == "invalid"
    (event,) = service.client.get("/v1/events", params={"cursor": before["latest"]}).json()["events"]
    assert (event["type"], event["credential"]) == ("credential.revoked", made["id"])
    service.away.gone.clear()
    service.client.post(f"/v1/credentials/{made['id']}/verify", json={})
    page = service.client.get("/v1/events", params={"limit": 1})
    assert 'rel="next"' in page.headers["link"]
    rest = service.client.get("/v1/events", params={"cursor": page.json()["next"]}).json()
    assert [each["type"] for each in rest["events"]] == ["credential.changed"]
    problem(service.client.get("/v1/events", params={"cursor": "made-up"}), "bad-cursor")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"credentials": []}, "/credentials"),
        ({"credentials": [{}]}, "/credentials/0"),
        ({"credentials": [{"text": "a", "url": "https://a.example"}]}, "/credentials/0"),
        ({"credentials": [{"url": "ftp://a.example"}]}, "/credentials"),
        ({"credentials": [{"text": "a"}], "recipient": ["a"]}, "/recipient"),
        ({"credentials": [{"text": "a"}], "recipients": ["a"] * 21}, "/recipients"),
    ],
)
def test_mistakes_are_named(service: Service, body: dict[str, Any], pointer: str) -> None:
    found = problem(service.client.post("/v1/credentials", json=body), "invalid")
    assert [each["pointer"] for each in found["errors"]] == [pointer]  # type: ignore[attr-defined]


def test_an_empty_form_and_other_bodies(service: Service) -> None:
    problem(service.client.post("/v1/credentials", data={"recipient": "a"}, files={"file": ("", b"")}), "invalid")
    problem(
        service.client.post("/v1/credentials", content=b"{}", headers={"Content-Type": "text/plain"}),
        "media-type-unknown",
    )
    problem(
        service.client.post("/v1/credentials", content=b"{", headers={"Content-Type": "application/json"}),
        "bad-request",
    )


def test_nonsense_is_a_verdict_and_no_error(service: Service) -> None:
    (found,) = present(service.client, {"text": "\x00 nothing"})
    assert found["outcome"] == "invalid"
    assert found["reports"][0]["checks"][0]["outcome"] == "fail"


def test_what_is_not_kept_can_not_be_verified_again(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", rate_limit="off")
    app = create_app(settings, installed(), None, Withdrawn().worlds)
    app.state.database.migrate()
    with running(app) as client:
        (made,) = present(client, {"text": content(NAMED).decode()})
        assert made["file_until"] is None
        problem(client.post(f"/v1/credentials/{made['id']}/verify", json={}), "not-kept")


def test_reading_is_not_enough_to_verify(service: Service, database_url: str) -> None:
    database = Database(database_url)
    with database.session(write=True) as session:
        secret, _ = keys.create(session, "reader", ["read"])
    database.close()
    reading = {"Authorization": f"Bearer {secret}"}
    body = {"credentials": [{"text": "a"}]}
    problem(service.client.post("/v1/credentials", json=body, headers=reading), "scope-missing")
    problem(service.client.delete("/v1/credentials/x", headers=reading), "scope-missing")
    assert service.client.get("/v1/events", headers=reading).status_code == 200
    problem(service.client.post("/verify", data={"text": "a"}, headers=reading), "scope-missing")
