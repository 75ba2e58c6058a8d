"""The server is killed (SIGKILL) while 500 documents are uploaded: what is kept is whole, repeating completes it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from api.store import documents
from api.store.database import Database
from tests.api.process import answering, started

COUNT = 500
TABLES = ("documents", "programs", "program_versions", "readings", "program_search")
PATIENCE = 90
HEAD = "title,issuer,identity_verified,pass_mark,url\n"


def files() -> list[tuple[str, tuple[str, bytes]]]:
    """As many tables of one program each."""
    rows = [f"Course {number},College,yes,0.5,https://college.example/{number}\n" for number in range(COUNT)]
    return [("file", (f"{number}.csv", (HEAD + row).encode())) for number, row in enumerate(rows)]


def counted(database: Database) -> dict[str, int]:
    with database.session() as session:
        return {name: int(session.execute(text(f"SELECT count(*) FROM {name}")).scalar() or 0) for name in TABLES}


def whole(database: Database) -> None:
    """Every program has its one version, its words and its document, and every document has its bytes."""
    found = counted(database)
    each = {found[name] for name in TABLES if name != "documents"}
    assert len(each) == 1, found
    assert found["documents"] in (0, COUNT), "an upload is kept whole or not at all"
    with database.session() as session:
        orphans = (
            "SELECT count(*) FROM readings r LEFT JOIN documents d ON d.number = r.document WHERE d.number IS NULL"
        )
        assert session.execute(text(orphans)).scalar() == 0
        assert session.execute(text("SELECT count(*) FROM programs p WHERE version <> 1")).scalar() == 0
        for number in range(1, found["documents"] + 1, 97):
            assert documents.with_content(session, number).content.startswith(HEAD.encode())


def upload(client: httpx.Client) -> str:
    """Upload all; the address of the job."""
    answer = client.post("/v1/documents", files=files())
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


def slowly(body: bytes, reached: threading.Event) -> Iterator[bytes]:
    """Half a body, and then nothing until somebody is dead."""
    yield body[: len(body) // 2]
    reached.set()
    time.sleep(3)
    yield body[len(body) // 2 :]


def finished(client: httpx.Client, job: str) -> dict[str, object]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        progress: dict[str, object] = client.get(job).json()["progress"]
        if progress["state"] == "done":
            return progress
        time.sleep(0.2)
    raise AssertionError(f"not done after {PATIENCE} seconds: {progress}")


@pytest.fixture
def store(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_killed_while_it_reads_the_documents(database_url: str, store: Database, tmp_path: Path) -> None:
    chance = random.Random(20261125)
    with started(tmp_path, TOUCHSTONE_DATABASE_URL=database_url) as (process, client):
        upload(answering(client))
        least = chance.randint(20, 200)
        until = time.monotonic() + PATIENCE
        while counted(store)["programs"] < least:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.kill()
        process.wait()
    after = counted(store)
    assert (least <= after["programs"] < COUNT) and after["documents"] == COUNT, after
    whole(store)
    completed(database_url, store, tmp_path)


def test_killed_while_the_request_arrives(database_url: str, store: Database, tmp_path: Path) -> None:
    reached = threading.Event()
    with started(tmp_path, TOUCHSTONE_DATABASE_URL=database_url) as (process, client):
        request = answering(client).build_request("POST", "/v1/documents", files=files())
        body, kind = request.read(), request.headers["content-type"]

        def send() -> None:
            with pytest.raises(httpx.TransportError):
                client.post("/v1/documents", content=slowly(body, reached), headers={"content-type": kind})

        sending = threading.Thread(target=send)
        sending.start()
        assert reached.wait(PATIENCE)
        process.kill()
        process.wait()
        sending.join()
    assert counted(store)["documents"] == 0
    completed(database_url, store, tmp_path)


def completed(database_url: str, store: Database, folder: Path) -> None:
    """The same upload again, to a server that starts anew, has all of it there once."""
    with started(folder, TOUCHSTONE_DATABASE_URL=database_url) as (_, client):
        progress = finished(client, upload(answering(client)))
        assert (progress["done"], progress["failed"]) == (COUNT, 0)
        titles = {each["title"] for each in every(client)}
    assert titles == {f"Course {number}" for number in range(COUNT)}
    assert set(counted(store).values()) == {COUNT}
    whole(store)


def every(client: httpx.Client) -> Iterator[dict[str, str]]:
    """All programs, page by page."""
    page = client.get("/v1/programs", params={"limit": 250}).json()
    yield from page["programs"]
    while page["next"]:
        page = client.get("/v1/programs", params={"limit": 250, "cursor": page["next"]}).json()
        yield from page["programs"]
