"""The demo goes on to serve, ends when told, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "api", "demo", "--port"]
PATIENCE = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end(ending: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "TMPDIR": str(tmp_path), "DEMO_ONCE": "", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([*COMMAND, str(port)], env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = next(line for line in demo.stdout if "http://" in line)
        assert f"http://127.0.0.1:{port}/" in said
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
            assert " programs, judged" in answer.read().decode()
        demo.send_signal(ending)
        assert demo.wait(PATIENCE) == 0
    assert list(tmp_path.iterdir()) == []
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_taken_port_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {**os.environ, "DEMO_ONCE": ""}
        done = subprocess.run([*COMMAND, str(port)], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert f"Port {port} is taken" in done.stderr
    assert "touchstone demo --port" in done.stderr


def test_once_fetches_a_page_and_a_comparison() -> None:
    environment = {**os.environ, "DEMO_ONCE": "1"}
    done = subprocess.run([*COMMAND, "8000"], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0
    assert "The catalogue page has" in done.stdout
    assert "on rigor" in done.stdout.splitlines()[-1]
