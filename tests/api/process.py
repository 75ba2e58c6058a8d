"""`touchstone` as a process of its own, with a store in a folder of the test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


def environment(folder: Path, **given: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHSTONE_")}
    return {**kept, "TOUCHSTONE_DATABASE_URL": f"sqlite:///{folder / 'store.db'}", **given}


def touchstone(folder: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["touchstone", *arguments],
        cwd=folder,
        env=environment(folder, **given),
        capture_output=True,
        text=True,
        timeout=60,
        executable=str(Path(sys.executable).with_name("touchstone")),
    )


@contextmanager
def started(folder: Path, *arguments: str, **given: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A service in a process of its own, at any free port."""
    log = (folder / "log").open("w+")
    process = subprocess.Popen(
        ["touchstone", "serve", "--port", "0", *arguments],
        cwd=folder,
        env=environment(folder, **given),
        stderr=log,
        text=True,
        executable=str(Path(sys.executable).with_name("touchstone")),
    )
    try:
        end = time.monotonic() + 30
        while not (found := re.search(r"http://\S+:\d+", (folder / "log").read_text())):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        with httpx.Client(base_url=found[0].replace("0.0.0.0", "127.0.0.1"), timeout=30, trust_env=False) as client:
            yield process, client
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        log.close()


def answering(client: httpx.Client) -> httpx.Client:
    """The client, once its server is ready."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if client.get("/v1/ready").status_code == 200:
                return client
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the service did not get ready")
