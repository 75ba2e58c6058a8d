"""Request ids, headers that protect, hosts and origins, size limits, rate limits, logs and figures."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from api import logs
from api.http import safety
from api.settings import Settings
from tests.api.serving import TABLE, problem, serving, upload


def test_a_request_gets_an_id_or_keeps_its_own(api: httpx.Client) -> None:
    assert api.get("/v1/health").headers["x-request-id"] != api.get("/v1/health").headers["x-request-id"]
    given = {"X-Request-Id": "from-my-gateway-1"}
    assert api.get("/v1/health", headers=given).headers["x-request-id"] == "from-my-gateway-1"


@pytest.mark.parametrize("given", ["short", "with space in it", "x" * 65, "line\u00e9breaks"])
def test_an_id_that_could_spoil_a_log_is_replaced(api: httpx.Client, given: str) -> None:
    found = api.get("/v1/health", headers={"X-Request-Id": given.encode()}).headers["x-request-id"]
    assert found != given
    assert len(found) == 16


@pytest.mark.parametrize("path", ["/v1/facts", "/nothing", "/docs", "/v1/rubrics/supervision"])
def test_every_answer_carries_the_headers_that_protect(api: httpx.Client, path: str) -> None:
    answer = api.get(path, headers={"Accept": "*/*"})
    for name, value in safety.HEADERS.items():
        assert answer.headers[name] == value, name
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/problems", "/problems/invalid", "/v1/rubrics/supervision"])
def test_pages_have_nothing_inline_and_need_no_other_host(api: httpx.Client, path: str) -> None:
    page = api.get(path, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert re.findall(r"<script(?! src=\"/static/[\w.-]+\" defer></script>)", page.text) == []
    assert "style=" not in page.text and "<style" not in page.text
    assert re.findall(r"\son\w+=", page.text) == []
    loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"([^\"]+)", page.text)
    assert loaded and all(address.startswith("/static/") for address in loaded)
    assert [api.get(address).status_code for address in loaded] == [200] * len(loaded)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]"]
)
def test_without_keys_only_names_of_this_machine_are_answered(api: httpx.Client, host: str) -> None:
    problem(api.get("/v1/facts", headers={"Host": host}), "wrong-host")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:80"])
def test_names_of_this_machine_are_answered(api: httpx.Client, host: str) -> None:
    assert api.get("/v1/facts", headers={"Host": host}).status_code == 200


def test_named_hosts_are_the_only_ones(database_url: str) -> None:
    with serving(database_url, hosts=("touchstone.example",), key_required=True, host="0.0.0.0") as client:
        assert client.get("/v1/health", headers={"Host": "touchstone.example"}).status_code == 200
        problem(client.get("/v1/health", headers={"Host": "other.example"}), "wrong-host")


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://127.0.0.1:1"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
    ],
)
def test_other_sites_may_change_nothing(api: httpx.Client, headers: dict[str, str], refused: bool) -> None:
    answer = api.post("/v1/comparisons", json={}, headers=headers)
    problem(answer, "cross-origin" if refused else "invalid")
    assert api.get("/v1/facts", headers=headers).status_code == 200


def test_a_page_of_this_service_may(api: httpx.Client) -> None:
    own = str(api.base_url).rstrip("/")
    problem(api.post("/v1/comparisons", json={}, headers={"Origin": own}), "invalid")


def test_cors_is_for_origins_that_were_named(database_url: str) -> None:
    with serving(database_url, cors_origins=("https://hr.example",)) as client:
        allowed = {"Origin": "https://hr.example"}
        assert client.get("/v1/facts", headers=allowed).headers["access-control-allow-origin"] == "https://hr.example"
        asked = {**allowed, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        assert client.options("/v1/comparisons", headers=asked).status_code == 200
        problem(client.post("/v1/comparisons", json={}, headers=allowed), "invalid")
        other = client.get("/v1/facts", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


# --- size ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small(database_url: str) -> Iterator[httpx.Client]:
    with serving(database_url, max_body_bytes=1000, max_upload_bytes=5000, max_upload_files=3) as client:
        yield client


def test_a_body_over_its_limit_is_refused_by_its_declared_length(small: httpx.Client) -> None:
    answer = small.post("/v1/comparisons", content=b" " * 1001, headers={"Content-Type": "application/json"})
    assert "larger than 1000 bytes" in str(problem(answer, "too-large")["detail"])


def test_a_declared_length_over_the_limit_is_refused_before_anything_comes(small: httpx.Client) -> None:
    with socket.create_connection((small.base_url.host, small.base_url.port or 80), timeout=10) as connection:
        head = "POST /v1/comparisons HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 1001\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_no_declared_length_is_refused_while_it_comes(small: httpx.Client) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(20):
            sent += 1
            yield b" " * 100

    answer = small.post("/v1/comparisons", content=chunks(), headers={"Content-Type": "application/json"})
    problem(answer, "too-large")


def test_an_upload_may_be_larger_but_not_endless(small: httpx.Client) -> None:
    assert len(upload(small, TABLE + "\n" * 1500)) == 3
    answer = small.post("/v1/documents", files={"file": ("a.csv", b"x" * 6000)})
    assert "larger than 5000 bytes" in str(problem(answer, "too-large")["detail"])

    def streamed() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(8):
            yield b"x" * 1000

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    problem(small.post("/v1/documents", content=streamed(), headers=headers), "too-large")


def test_too_many_files_are_refused(small: httpx.Client) -> None:
    files = [("file", (f"{number}.csv", b"x")) for number in range(4)]
    assert "at most 3" in str(problem(small.post("/v1/documents", files=files), "too-large")["detail"])
    body = {"documents": [{"text": "x"}] * 4}
    assert "at most 3" in str(problem(small.post("/v1/documents", json=body), "too-large")["detail"])


def test_packed_bodies_are_not_read(api: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    problem(api.post("/v1/comparisons", content=b"\x1f\x8b", headers=headers), "media-type-unknown")


@pytest.mark.parametrize("path", ["/v1/comparisons", "/v1/documents", "/v1/batch"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", None])
def test_other_media_types_are_refused(api: httpx.Client, path: str, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    problem(api.post(path, content=b"{}", headers=headers), "media-type-unknown")


# --- how many -----------------------------------------------------------------------------------------------


def test_a_caller_has_so_many_requests(database_url: str) -> None:
    with serving(database_url, rate_limit="3/minute") as client:
        answers = [client.get("/v1/facts/pass_mark") for _ in range(3)]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
        assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
        assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
        assert answers[0].headers["x-ratelimit-limit"] == "3"
        refused = client.get("/v1/facts/pass_mark")
        found = problem(refused, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "3 requests per minute are allowed" in str(found["detail"])
        assert refused.headers["ratelimit"].startswith('"default";r=0;')
        assert client.get("/v1/health").status_code == 200, "nobody is kept from asking whether the service lives"


def test_guessing_keys_uses_up_requests(database_url: str) -> None:
    with serving(database_url, rate_limit="2/minute", key_required=True) as client:
        answers = [client.get("/v1/facts", headers={"Authorization": f"Bearer ts_{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


# --- logs and figures ---------------------------------------------------------------------------------------


def test_the_log_has_the_route_and_nothing_that_people_sent(database_url: str) -> None:
    written = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure(Settings(log_format="json"))
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    try:
        with serving(database_url) as client:
            upload(client, TABLE, "my-private-name.csv")
            client.get("/v1/programs?q=zebrafish", headers={"Authorization": "Bearer ts_secretsecret"})
            client.get("/v1/programs?q=zebrafish", headers={"X-Request-Id": "my-own-request"})
    finally:
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
    text = written.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert {"route": "/v1/documents", "status": 201}.items() <= requests[0].items()
    assert requests[-1]["request_id"] == "my-own-request"
    assert requests[-1]["route"] == "/v1/programs"
    for secret in ("zebrafish", "ts_secret", "Data Analysis", "my-private-name"):
        assert secret not in text


def test_what_is_called_secret_is_struck_out() -> None:
    event = {"event": "x", "api_key": "a", "Authorization": "b", "key_id": "c", "password_hash": "d"}
    assert logs.strike_out(None, "info", event) == {
        "event": "x",
        "api_key": "…",
        "Authorization": "…",
        "key_id": "c",
        "password_hash": "…",
    }


def test_a_failure_is_traced_without_its_message() -> None:
    try:
        raise ValueError("the text of a document")
    except ValueError as error:
        traced = logs.trace(error)
    assert traced["error"] == "ValueError"
    assert "test_http_manners.py" in str(traced["places"])
    assert "the text" not in str(traced)


def test_figures_are_by_route(database_url: str) -> None:
    with serving(database_url) as client:
        for path in ("/v1/facts/pass_mark", "/v1/facts/supervised", "/v1/facts/none", "/no/such", "/no/other"):
            client.get(path)
        client.request("PROPFIND", "/v1/facts")
        text = client.get("/v1/metrics").text
    assert 'touchstone_requests_total{method="GET",route="/v1/facts/{name}",status="200"} 2.0' in text
    assert 'touchstone_requests_total{method="GET",route="/v1/facts/{name}",status="404"} 1.0' in text
    assert 'touchstone_requests_total{method="GET",route="none",status="404"} 2.0' in text
    assert 'method="other"' in text
    assert "/no/such" not in text and "PROPFIND" not in text
    assert "touchstone_requests_running 1.0" in text
