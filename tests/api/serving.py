"""A real server on loopback, with small published rubrics of its own, for tests to call."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from api import examples
from api.app import create_app
from api.installed import Installed
from api.serve import listen
from api.settings import Settings
from evaluator.rubric import parse_rubric
from providers import ctdl, open_badges, profile, table
from providers.http import Fetcher

READERS = {each.name: each for each in (open_badges.provider, ctdl.provider, table.provider)}
OLDER = examples.RUBRIC.replace("version: 1.0.0", "version: 0.9.0")
TABLE = (
    "title,issuer,identity_verified,pass_mark,url\n"
    "Certificate in Data Analysis,Example College,yes,0.7,https://college.example/a\n"
    "Short Course in Statistics,Example College,no,0.5,https://college.example/b\n"
    "Zoology at Sea,Harbour School,,,https://harbour.example/z\n"
)


def installed() -> Installed:
    """What the server of a test has: three providers, the profiles, and two versions of one rubric."""
    older = parse_rubric(OLDER, "older")
    return Installed(providers=READERS, profiles=profile.built_in(), rubrics=(older, examples.rubric()))


@contextmanager
def serving(database_url: str, fetcher: Fetcher | None = None, **given: object) -> Iterator[httpx.Client]:
    """Serve what `installed` gives; gives a client of that server."""
    settings = Settings(**{"database_url": database_url, "rate_limit": "off", **given})
    app = create_app(settings, installed(), fetcher)
    app.state.database.migrate()
    with running(app) as client:
        yield client


@contextmanager
def running(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application; gives a client of that server."""
    taken = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        taken.close()


def loopback_fetcher(port: int) -> Fetcher:
    """A fetcher that may call this machine and nothing else."""
    loopback = ipaddress.ip_network("127.0.0.0/8")
    return Fetcher(
        allow_http=True, ports=frozenset({port}), permits=lambda address: address in loopback, attempts=1, seconds=5
    )


def problem(answer: httpx.Response, id: str) -> dict[str, object]:
    """The problem document of an answer, which must be of that type."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, object] = answer.json()
    assert body["type"] == f"/problems/{id}", body
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def upload(client: httpx.Client, content: str = TABLE, name: str = "programs.csv") -> list[str]:
    """Add one document; the keys of its programs."""
    answer = client.post("/v1/documents", files={"file": (name, content.encode())})
    assert answer.status_code == 201, answer.text
    return [program["key"] for program in answer.json()["programs"]]
