"""`touchstone serve`, `keys` and `doctor`, as people start them."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from api import serve
from api.serve import CannotServe
from api.settings import Settings
from tests.api.process import answering, started, touchstone
from tests.api.serving import TABLE


def test_two_workers_answer_together_and_end_when_told(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as (process, client):
        answering(client)
        assert {each["rubric"] for each in client.get("/v1/rubrics").json()["rubrics"]} >= {"rigor", "recognition"}
        for _ in range(10):
            # A connection of its own each time, so that both workers get some.
            assert httpx.get(f"{client.base_url}/v1/facts/pass_mark", trust_env=False).status_code == 200
        figures = client.get("/v1/metrics").text
        assert 'touchstone_requests_total{method="GET",route="/v1/facts/{name}",status="200"} 10.0' in figures
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_request_that_runs_is_finished_before_the_end(tmp_path: Path) -> None:
    with started(tmp_path) as (process, client):
        answering(client)
        line = json.dumps({"text": TABLE, "name": "a.csv"}).encode() + b"\n"
        host, port = client.base_url.host, client.base_url.port
        with socket.create_connection((host, port or 80), timeout=20) as connection:
            head = "POST /v1/batch HTTP/1.1\r\nHost: localhost\r\n"
            head += "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head.encode() + b"%x\r\n%b\r\n" % (len(line), line))
            received = b""
            while b'"line":1' not in received:
                received += connection.recv(65536)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert process.poll() is None, "the running request was cut off"
            connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(line), line))
            while chunk := connection.recv(65536):
                received += chunk
            assert b'"line":2' in received
        assert process.wait(30) in (0, -signal.SIGTERM)


def test_a_taken_port_is_explained_with_a_free_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = touchstone(tmp_path, "serve", "--port", str(port))
    assert result.returncode == 2
    assert f"Port {port} is taken" in result.stderr
    assert re.search(r"touchstone serve --port \d+", result.stderr)
    assert len(result.stderr.strip().splitlines()) == 1


def test_others_are_not_served_without_keys(tmp_path: Path) -> None:
    result = touchstone(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", TOUCHSTONE_KEY_REQUIRED="false")
    assert result.returncode == 2
    assert "others can reach the service" in result.stderr
    assert "key_required" in result.stderr


def test_others_are_served_with_keys(tmp_path: Path) -> None:
    with started(tmp_path, "--host", "0.0.0.0") as (_, client):
        answering(client)
        assert "there is none yet; make one: touchstone keys create" in (tmp_path / "log").read_text()
        assert client.get("/v1/facts").status_code == 401
        made = touchstone(tmp_path, "keys", "create", "reading")
        assert client.get("/v1/facts", headers={"Authorization": f"Bearer {made.stdout.strip()}"}).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["--host", "203.0.113.7"], {}, "not an address of this machine"),
        (["--host", "no.such.host.invalid"], {}, "not known to this machine"),
        (["--port", "70000"], {}, "port"),
        ([], {"TOUCHSTONE_DATABASE_URL": "mysql://x/y"}, "database_url"),
        ([], {"TOUCHSTONE_DATABASE_URL": "sqlite:////no/such/folder/x.db"}, "database_url"),
        ([], {"TOUCHSTONE_RUBRICS": "bad"}, "bad"),
    ],
)
def test_what_can_not_be_served_is_one_sentence(
    tmp_path: Path, arguments: list[str], given: dict[str, str], says: str
) -> None:
    (tmp_path / "bad" / "mine").mkdir(parents=True)
    (tmp_path / "bad" / "mine" / "1.0.0.yaml").write_text("rubric: mine\n")
    result = touchstone(tmp_path, "serve", *(["--port", "0"] if "--port" not in arguments else []), *arguments, **given)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    made = json.loads(touchstone(tmp_path, "keys", "create", "hiring", "--scope", "write", "--json").stdout)
    assert made["key"].startswith("ts_")
    listed = json.loads(touchstone(tmp_path, "keys", "list", "--json").stdout)["keys"]
    assert [(key["name"], key["scopes"], key["revoked"]) for key in listed] == [("hiring", ["write"], None)]
    assert made["key"] not in json.dumps(listed)
    assert "hiring" in touchstone(tmp_path, "keys", "list").stdout
    assert touchstone(tmp_path, "keys", "revoke", made["id"]).returncode == 0
    assert json.loads(touchstone(tmp_path, "keys", "list", "--json").stdout)["keys"][0]["revoked"]
    for wrong in (["revoke", "nothing"], ["create", "x", "--scope", "all"], ["create", " "]):
        result = touchstone(tmp_path, "keys", *wrong)
        assert (result.returncode, "Traceback" in result.stderr) == (2, False), wrong


def test_doctor_explains_every_setting_and_hides_the_password(tmp_path: Path) -> None:
    url = "postgresql://user:hunter2@127.0.0.1:1/none"
    result = touchstone(tmp_path, "doctor", "--json", TOUCHSTONE_DATABASE_URL=url, TOUCHSTONE_PROT="1")
    checks = {check["id"]: check for check in json.loads(result.stdout)["checks"]}
    assert {f"setting {name}" for name in Settings.model_fields} <= set(checks)
    assert checks["database"]["outcome"] == "fail"
    assert checks["settings"]["outcome"] == "fail"
    assert 'Did you mean "TOUCHSTONE_PORT"' in checks["settings"]["says"]
    assert checks["clock"]["outcome"] == "pass"
    assert "hunter2" not in result.stdout + result.stderr
    assert result.returncode == 1


def test_doctor_knows_the_state_of_the_database(tmp_path: Path) -> None:
    def database() -> dict[str, str]:
        checks = json.loads(touchstone(tmp_path, "doctor", "--json").stdout)["checks"]
        return next(check for check in checks if check["id"] == "database")

    assert "not there yet" in database()["says"]
    assert not (tmp_path / "store.db").exists(), "looking makes nothing"
    touchstone(tmp_path, "keys", "list")
    assert "reachable" in database()["says"]


def test_help_answers_at_once(tmp_path: Path) -> None:
    program = "import sys, api.cli; print([name for name in ('fastapi', 'uvicorn', 'sqlmodel') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert result.stdout.strip() == "[]"


def test_a_port_that_needs_rights_is_explained() -> None:
    says = serve._why(PermissionError(13, "Permission denied"), "127.0.0.1", 80)
    assert "from 1024" in says


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_loopback_addresses_can_be_listened_at(host: str) -> None:
    try:
        with serve.listen(host, 0) as taken:
            assert re.fullmatch(r"http://(127\.0\.0\.1|\[::1\]):\d+/", serve.address(taken))
    except CannotServe:
        if ":" not in host:
            raise
        pytest.skip("this machine has no IPv6")
