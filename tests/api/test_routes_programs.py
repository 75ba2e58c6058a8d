"""Documents in, programs out: upload, jobs, search, versions, scorecards, corrections, comparisons, batches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from api import examples
from tests.api.serving import TABLE, loopback_fetcher, problem, serving, upload


def one(store: httpx.Client, **params: Any) -> list[str]:
    """Titles that a search finds."""
    answer = store.get("/v1/programs", params=params)
    assert answer.status_code == 200, answer.text
    return [program["title"] for program in answer.json()["programs"]]


# --- documents ----------------------------------------------------------------------------------------------


def test_the_same_document_again_adds_nothing(store: httpx.Client) -> None:
    first, again = (store.post("/v1/documents", files={"file": ("programs.csv", TABLE)}) for _ in range(2))
    assert [program["change"] for program in first.json()["programs"]] == ["new", "new", "new"]
    assert [program["change"] for program in again.json()["programs"]] == ["same", "same", "same"]
    assert (first.json()["again"], again.json()["again"]) == (False, True)
    detail = store.get(first.headers["location"]).json()
    assert detail["document"]["digest"] == first.json()["document"]["digest"]
    assert {each["key"] for each in detail["programs"]} == {each["key"] for each in first.json()["programs"]}


@pytest.mark.parametrize("given", ["file", "text", "json"])
def test_a_document_comes_as_file_or_text(store: httpx.Client, given: str) -> None:
    match given:
        case "file":
            answer = store.post("/v1/documents", files={"file": ("C:\\mine\\programs.csv", TABLE)})
        case "text":
            answer = store.post("/v1/documents", data={"text": TABLE}, files={"file": ("", b"")})
        case _:
            body = {"documents": [{"text": TABLE, "name": "../../programs.csv"}]}
            answer = store.post("/v1/documents", json=body)
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["programs"]) == 3
    assert answer.json()["document"]["url"] == ("pasted text" if given == "text" else "programs.csv")


def test_a_document_that_nobody_reads_is_explained(store: httpx.Client) -> None:
    found = problem(store.post("/v1/documents", files={"file": ("a.pdf", b"%PDF-1.7")}), "unreadable-document")
    assert "PDF" in found["errors"][0]["detail"]  # type: ignore[index]


def test_a_provider_may_be_named(store: httpx.Client) -> None:
    answer = store.post("/v1/documents", files={"file": ("programs.csv", TABLE)}, data={"provider": "ctdl"})
    problem(answer, "unreadable-document")
    answer = store.post("/v1/documents", files={"file": ("programs.csv", TABLE)}, data={"provider": "tabel"})
    assert 'Did you mean "table"?' in str(problem(answer, "invalid")["detail"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"documents": []}, "/documents"),
        ({"documents": [{}]}, "/documents/0"),
        ({"documents": [{"text": "a", "url": "https://a.example"}]}, "/documents/0"),
        ({"documents": [{"url": "file:///etc/passwd"}]}, "/documents"),
        ({"documents": [{"url": "/etc/passwd"}]}, "/documents"),
        ({"documents": [{"text": "a", "path": "x"}]}, "/documents/0/path"),
    ],
)
def test_a_mistake_in_an_upload_is_pointed_to(api: httpx.Client, body: object, pointer: str) -> None:
    found = problem(api.post("/v1/documents", json=body), "invalid")
    assert found["errors"][0]["pointer"] == pointer  # type: ignore[index]


@pytest.mark.parametrize(
    "content", [b"", b"--b--\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", b"x"]
)
def test_a_form_that_is_none(api: httpx.Client, content: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = api.post("/v1/documents", content=content, headers=headers)
    assert answer.json()["type"] in ("/problems/bad-request", "/problems/invalid")
    problem(api.post("/v1/documents", content=b"x", headers={"Content-Type": "multipart/form-data"}), "bad-request")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/x"]
)
def test_an_address_inside_this_network_is_not_fetched(api: httpx.Client, url: str) -> None:
    found = problem(api.post("/v1/documents", json={"documents": [{"url": url}]}), "unreadable-document")
    assert "not on the public internet" in found["errors"][0]["detail"]  # type: ignore[index]


class _Site(BaseHTTPRequestHandler):
    """A public page."""

    def do_GET(self) -> None:
        found = self.path == "/programs.csv"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/csv")
        self.end_headers()
        self.wfile.write(TABLE.encode() if found else b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_fetched_at_once_or_by_a_job(database_url: str, site: int) -> None:
    with serving(database_url, loopback_fetcher(site)) as client:
        url = f"http://127.0.0.1:{site}/programs.csv"
        answer = client.post("/v1/documents", json={"documents": [{"url": url}]})
        assert answer.status_code == 201, answer.text
        assert answer.json()["document"]["url"] == url
        both = {"documents": [{"url": url}, {"url": f"http://127.0.0.1:{site}/missing"}]}
        items = finished(client, client.post("/v1/documents", json=both))["items"]
        assert [item["state"] for item in items] == ["done", "failed"]
        assert "does not exist (404)" in items[1]["outcome"]["problems"][0]["message"]


def finished(client: httpx.Client, submitted: httpx.Response) -> dict[str, Any]:
    """The job of an answer, when it has ended."""
    assert submitted.status_code == 202, submitted.text
    end = time.monotonic() + 20
    while time.monotonic() < end:
        job: dict[str, Any] = client.get(submitted.headers["location"]).json()
        if job["progress"]["state"] == "done":
            return job
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def test_many_documents_become_a_job_with_progress(store: httpx.Client) -> None:
    rows = TABLE.splitlines()
    files = [("file", (f"{n}.csv", f"{rows[0]}\nCourse number {n},Example College,,,\n")) for n in range(30)]
    answer = store.post("/v1/documents", files=[*files, ("file", ("bad.csv", b"\x00\x01"))])
    assert answer.json()["total"] == 31
    job = finished(store, answer)
    assert job["progress"]["done"] + job["progress"]["failed"] == 31
    assert job["items"][30]["outcome"]["problems"]
    assert len(one(store, q="course number")) == 30
    place = answer.headers["location"]
    first = store.get(place, params={"limit": 20})
    second = store.get(first.headers["link"].partition(">")[0].strip("<"))
    assert [item["position"] for item in (*first.json()["items"], *second.json()["items"])] == list(range(31))
    assert second.json()["next"] is None and "link" not in second.headers


def test_one_document_becomes_a_job_where_that_is_preferred(store: httpx.Client) -> None:
    answer = store.post("/v1/documents", files={"file": ("p.csv", TABLE)}, headers={"Prefer": "respond-async"})
    assert finished(store, answer)["items"][0]["outcome"]["added"] == 3


@pytest.mark.parametrize(
    "path", ["/v1/jobs/none", "/v1/jobs/%00", "/v1/documents/sha256:0", "/v1/documents/%00", "/v1/comparisons/x%00"]
)
def test_what_is_not_there(store: httpx.Client, path: str) -> None:
    problem(store.get(path), "not-found")


# --- programs -----------------------------------------------------------------------------------------------


def test_search_by_words_condition_and_order(store: httpx.Client) -> None:
    upload(store)
    assert one(store) == ["Certificate in Data Analysis", "Short Course in Statistics", "Zoology at Sea"]
    assert one(store, sort="-title")[0] == "Zoology at Sea"
    assert one(store, q="ANALYS") == ["Certificate in Data Analysis"]
    assert one(store, where="pass_mark >= 0.7 AND identity_verified") == ["Certificate in Data Analysis"]
    assert one(store, where="NOT identity_verified") == ["Short Course in Statistics"], "not known is not no"
    assert one(store, sort="score", rubric="supervision")[0] == "Certificate in Data Analysis"
    listed = store.get("/v1/programs", params={"q": "zoology", "rubric": "supervision@1.0.0"}).json()["programs"][0]
    assert listed["facts"].get("pass_mark") is None
    assert set(listed["scores"]) == {"supervision@1.0.0"}


def test_pages_follow_one_another(store: httpx.Client) -> None:
    upload(store)
    seen, place, pages = [], "/v1/programs?limit=1&sort=-title", 0
    while place and pages < 5:
        answer = store.get(place)
        seen += [program["title"] for program in answer.json()["programs"]]
        place = answer.headers.get("link", "").partition(">")[0].strip("<")
        assert bool(place) == (answer.json()["next"] is not None)
        pages += 1
    assert seen == ["Zoology at Sea", "Short Course in Statistics", "Certificate in Data Analysis"]


@pytest.mark.parametrize(
    ("params", "id", "pointer"),
    [
        ({"where": "pas_mark > 1"}, "invalid", "#query/where"),
        ({"where": "pass_mark"}, "invalid", "#query/where"),
        ({"where": "1=1; DROP TABLE programs"}, "invalid", "#query/where"),
        ({"sort": "best"}, "invalid", "#query/sort"),
        ({"sort": "score"}, "invalid", "#query/rubric"),
        ({"rubric": "rigour"}, "invalid", "#query/rubric"),
        ({"limit": "251"}, "invalid", "#query/limit"),
        ({"cursor": "abc"}, "bad-cursor", "#query/cursor"),
        ({"q": "x" * 501}, "invalid", "#query/q"),
    ],
)
def test_a_search_that_can_not_be(store: httpx.Client, params: dict[str, str], id: str, pointer: str) -> None:
    if params.get("sort") == "score":
        params = {**params, "rubric": ["supervision@0.9.0", "supervision@1.0.0"]}  # type: ignore[dict-item]
    found = problem(store.get("/v1/programs", params=params), id)
    assert [each["pointer"] for each in found["errors"]] == [pointer]  # type: ignore[attr-defined]


def test_a_cursor_belongs_to_its_search(store: httpx.Client) -> None:
    upload(store)
    cursor = store.get("/v1/programs?limit=1").json()["next"]
    problem(store.get("/v1/programs", params={"cursor": cursor, "sort": "issuer"}), "bad-cursor")
    problem(store.get("/v1/programs", params={"cursor": cursor[:-2]}), "bad-cursor")


def test_a_program_with_its_evidence(store: httpx.Client) -> None:
    key = upload(store)[0]
    answer = store.get(f"/v1/programs/{key}")
    found = answer.json()
    evidence = found["program"]["facts"]["pass_mark"]["evidence"][0]
    assert (found["key"], found["version"], evidence["quote"]) == (key, 1, "0.7")
    assert store.get(f"/v1/documents/{evidence['document']}").status_code == 200
    assert found["program"]["facts"]["title_stated"]["value"] is True
    problem(store.get("/v1/programs/0123"), "not-found")


def test_a_correction_makes_a_version_and_nothing_is_lost(store: httpx.Client) -> None:
    key = upload(store)[0]
    path, body = f"/v1/programs/{key}", {"fact": "pass_mark", "value": 0.6, "author": "R. Example", "reason": "asked"}
    seen = store.get(path).headers["etag"]
    problem(store.post(f"{path}/corrections", json=body), "precondition-needed")
    answer = store.post(f"{path}/corrections", json=body, headers={"If-Match": seen})
    assert answer.status_code == 201, answer.text
    assert answer.json()["version"] == 2
    problem(store.post(f"{path}/corrections", json=body, headers={"If-Match": seen}), "changed-meanwhile")
    now = store.get(path)
    fact = now.json()["program"]["facts"]["pass_mark"]
    assert now.headers["etag"].replace("-gzip", "") == answer.headers["etag"]
    assert (fact["value"], fact["grade"], len(fact["evidence"])) == (0.6, "verified", 2)
    assert [each["version"] for each in store.get(f"{path}/versions").json()["versions"]] == [2, 1]
    assert store.get(f"{path}/versions/1").json()["facts"]["pass_mark"]["value"] == 0.7
    change = store.get(f"{path}/versions/2/changes").json()["facts"][0]
    assert (change["fact"], change["before"], change["after"]) == ("pass_mark", 0.7, 0.6)
    corrected = store.get(f"{path}/corrections").json()["corrections"]
    assert [(each["fact"], each["author"]) for each in corrected] == [("pass_mark", "R. Example")]
    for version in ("3", "0", str(2**31), "x"):
        assert store.get(f"{path}/versions/{version}").status_code in (404, 422)
    problem(store.get(f"{path}/versions/1/changes"), "not-found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fact": "pas_mark"}, "/fact"),
        ({"fact": "title_stated", "value": True}, "/fact"),
        ({"value": 7}, "/value"),
        ({"value": None}, "/value/bool"),
        ({"author": ""}, "/author"),
        ({"author": " "}, "/author"),
        ({"reason": "x" * 2001}, "/reason"),
    ],
)
def test_a_correction_that_can_not_stand(store: httpx.Client, change: dict[str, object], pointer: str) -> None:
    key = upload(store)[0]
    body = {"fact": "pass_mark", "value": 0.6, "author": "R. Example", "reason": "asked", **change}
    answer = store.post(f"/v1/programs/{key}/corrections", json=body, headers={"If-Match": "*"})
    found = problem(answer, "invalid")
    assert found["errors"][0]["pointer"] == pointer  # type: ignore[index]


def test_scorecards_by_rubric_and_day(store: httpx.Client) -> None:
    key = upload(store)[0]
    path = f"/v1/programs/{key}/scorecards"
    answer = store.get(path, params={"as_of": "2026-11-24"})
    card = answer.json()["scorecards"][0]
    assert (card["rubric"], card["version"], card["as_of"], card["stated"]) == (
        "supervision",
        "1.0.0",
        "2026-11-24",
        50,
    )
    again = store.get(path, params={"as_of": "2026-11-24"}, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    two = store.get(path, params={"rubric": ["supervision@0.9.0", examples.rubric().digest, "supervision"]}).json()
    assert [each["version"] for each in two["scorecards"]] == ["0.9.0", "1.0.0"]
    problem(store.get(path, params={"as_of": "tomorrow"}), "invalid")
    problem(store.get(path, params={"rubric": "rigour"}), "invalid")
    problem(store.get("/v1/programs/0/scorecards"), "not-found")


# --- comparisons --------------------------------------------------------------------------------------------


def test_a_comparison_has_one_address_for_ever(store: httpx.Client) -> None:
    one_key, two, three = upload(store)
    body = {"programs": [one_key, two], "as_of": "2026-11-24"}
    made = store.post("/v1/comparisons", json=body)
    again = store.post("/v1/comparisons", json={**body, "programs": [two, one_key]})
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json() == again.json()
    read = store.get(made.headers["location"])
    assert read.json() == made.json()
    assert "immutable" in read.headers["cache-control"]
    assert store.get(made.headers["location"], headers={"If-None-Match": read.headers["etag"]}).status_code == 304
    pair = read.json()["comparison"]["standings"][0]["pairs"][0]
    assert pair["says"].startswith("Certificate in Data Analysis")
    other = store.post("/v1/comparisons", json={**body, "programs": [one_key, two, three]})
    assert other.json()["id"] != made.json()["id"]


def test_other_weights_make_another_comparison(store: httpx.Client) -> None:
    body = {"programs": upload(store)[:2], "as_of": "2026-11-24"}
    made = store.post("/v1/comparisons", json=body).json()
    same = store.post("/v1/comparisons", json={**body, "weights": {"supervision": {"supervision": 10}}}).json()
    other = store.post("/v1/comparisons", json={**body, "weights": {"supervision": {"supervision": 20}}}).json()
    assert same["id"] == made["id"] != other["id"]
    assert "other weights" in other["comparison"]["standings"][0]["title"]


@pytest.mark.parametrize(
    ("change", "id", "pointer"),
    [
        ({"programs": ["a", "a"]}, "invalid", "/programs"),
        ({"programs": ["a", "b"]}, "not-found", None),
        ({"rubrics": ["rigour"]}, "invalid", "/rubrics"),
        ({"rubrics": ["supervision@0.9.0", "supervision@1.0.0"]}, "invalid", "/programs"),
        ({"weights": {"rigor": {"x": 1}}}, "invalid", "/weights"),
        ({"weights": {"supervision": {"supervision": 0}}}, "invalid", "/weights"),
        ({"as_of": "2026-13-01"}, "invalid", "/as_of"),
    ],
)
def test_a_comparison_that_can_not_be(
    store: httpx.Client, change: dict[str, object], id: str, pointer: str | None
) -> None:
    body = {"programs": upload(store)[:2], **change}
    found = problem(store.post("/v1/comparisons", json=body), id)
    assert [each["pointer"] for each in found.get("errors", [])] == ([pointer] if pointer else [])  # type: ignore[attr-defined]


# --- batches ------------------------------------------------------------------------------------------------


def batch(client: httpx.Client, *lines: object, **params: Any) -> list[dict[str, Any]]:
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    answer = client.post("/v1/batch", content=content, params=params, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_batch_answers_each_line_and_keeps_nothing(store: httpx.Client) -> None:
    key = upload(store)[0]
    answers = batch(
        store,
        {"id": "a", "text": TABLE, "name": "new.csv"},
        {"id": "b", "program": key},
        b"",
        {"program": "0123"},
        b"{",
        {"program": 1},
        {"program": key, "text": "x"},
        {"id": "z", "txt": "x"},
        {"text": "x", "name": "x.txt"},
        as_of="2026-11-24",
    )
    assert [answer["line"] for answer in answers] == list(range(1, 9))
    assert [answer.get("id") for answer in answers[:2]] == ["a", "b"]
    assert [program["title"] for program in answers[0]["programs"]][2] == "Zoology at Sea"
    assert answers[0]["programs"][0]["scores"] == answers[1]["programs"][0]["scores"]
    assert answers[1]["programs"][0]["scores"]["supervision@1.0.0"]["stated"] == 50
    errors = [answer["error"]["type"].rpartition("/")[2] for answer in answers[2:7]]
    assert errors == ["not-found", "bad-request", "invalid", "invalid", "invalid"]
    assert answers[4]["error"]["errors"][0]["pointer"] == "/program"
    assert answers[7]["problems"] and "error" not in answers[7]
    assert len(one(store)) == 3


def test_whole_scorecards_where_they_are_wanted(store: httpx.Client) -> None:
    key = upload(store)[0]
    answer = batch(store, {"program": key}, as_of="2026-11-24", detail="full")[0]
    cards = store.get(f"/v1/programs/{key}/scorecards?as_of=2026-11-24").json()["scorecards"]
    assert answer["programs"][0]["scorecards"] == cards


def test_a_line_or_a_batch_over_its_limit_costs_one_error(database_url: str) -> None:
    with serving(database_url, max_body_bytes=2000, max_upload_bytes=20_000) as client:
        fine = {"text": TABLE, "name": "a.csv"}
        answers = batch(client, fine, b"x" * 5000, fine)
        assert ["error" in answer for answer in answers] == [False, True, False]
        assert answers[1]["error"]["type"] == "/problems/too-large"

        def endless() -> Iterator[bytes]:
            for _ in range(200):
                time.sleep(0.005)
                yield json.dumps(fine).encode() + b"\n"

        headers = {"Content-Type": "application/x-ndjson"}
        text = client.post("/v1/batch", content=endless(), headers=headers).text
        last = json.loads(text.splitlines()[-1])
        assert last["error"]["type"] == "/problems/too-large"
        assert len(text.splitlines()) > 10


def test_answers_come_while_lines_are_still_sent(store: httpx.Client) -> None:
    """A line is answered before the next one is sent, and a client that reads late does not stop the service."""
    import socket

    host, port = store.base_url.host, store.base_url.port
    line = json.dumps({"text": TABLE, "name": "a.csv"}).encode() + b"\n"
    with socket.create_connection((host, port or 80), timeout=10) as connection:
        head = f"POST /v1/batch HTTP/1.1\r\nHost: {host}\r\n"
        head += "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"%x\r\n%b\r\n" % (len(line), line))
        received = b""
        while b'"line":1' not in received:
            received += connection.recv(65536)
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(line), line))
        while b'"line":2' not in received:
            received += connection.recv(65536)
    many = [{"text": TABLE, "name": "a.csv"}] * 400
    assert len(batch(store, *many, detail="full")) == 400
