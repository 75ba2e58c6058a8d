"""How many comparisons the service answers per second over HTTP: made before, and made afresh, each with its p99.

    python -m bench.serve [--database postgresql+psycopg://…] [--programs 1000] [--seconds 8] [--connections 8]

Starts `touchstone serve` with two workers on loopback over an invented catalogue, and loads it with `wrk`
(https://github.com/wg/wrk) for some seconds each. Server and load share the machine, so a figure is what is left to the
server. The bounds are 300 stored and 100 fresh comparisons of five programs per second.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from api import service
from api.store import search
from api.store.database import Database
from bench.load_catalogue import catalogue
from rubrics import library

WORKERS, COMPARED = 2, 5
STORED_BOUND, FRESH_BOUND = 300, 100
PATIENCE = 60
FRESH = """
local keys = {%s}
local count = 0
function setup(thread) count = count + 1; thread:set("seed", count) end
function init() math.randomseed(%d + seed) end
function request()
  local chosen, seen = {}, {}
  while #chosen < %d do
    local key = keys[math.random(#keys)]
    if not seen[key] then seen[key] = true; chosen[#chosen + 1] = '"' .. key .. '"' end
  end
  local body = '{"programs": [' .. table.concat(chosen, ",") .. ']}'
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
"""
"""Draws other programs for each request; among a thousand programs no five are drawn twice."""
DONE = """
function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format("RESULT %d %d %.3f %.3f", summary.requests,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


class Figures(msgspec.Struct, frozen=True):
    """What a load measured."""

    per_second: float
    median: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    failed: int
    processor: float
    """Milliseconds of processor time that the server took for one, whatever else runs on the machine."""

    def __str__(self) -> str:
        times = f"median {self.median:.1f} ms   p99 {self.p99:.1f} ms   processor {self.processor:.2f} ms each"
        return f"{self.per_second:7.0f}/s   {times}   {self.failed} failed"


def fill(url: str, programs: int) -> list[str]:
    """Load the catalogue as of today; the keys of its programs."""
    database = Database(url)
    database.migrate()
    today = datetime.datetime.now(datetime.UTC).date()
    added = service.add_documents(
        database, [catalogue(programs)], service.way(library.latest(library.installed()), today)
    )
    found = service.count_programs(database, search.Search())
    database.close()
    if found != programs:
        raise SystemExit(f"Of {programs} programs {found} were kept: {added[0].problems[:3]}")
    return [each.key for each in added[0].programs]


@contextmanager
def served(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a server of the database with two workers, and its process."""
    settings = {"DATABASE_URL": url, "RATE_LIMIT": "off", "LOG_LEVEL": "warning", "WORKERS": str(WORKERS), "PORT": "0"}
    environment = {**os.environ, **{f"TOUCHSTONE_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "api", "serve"]
    with subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = next((each for each in server.stderr or () if "http://" in each), "")
            address = re.search(r"http://[^\s/]+", line)
            if address is None:
                raise SystemExit("The server did not start.")
            with urllib.request.urlopen(f"{address[0]}/v1/ready", timeout=PATIENCE):
                yield address[0], server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE)


def stored_comparison(address: str, keys: Sequence[str]) -> str:
    """The address of a comparison that has been made."""
    body = json.dumps({"programs": list(keys)}).encode()
    asked = urllib.request.Request(f"{address}/v1/comparisons", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        return f"{address}{answer.headers['Location']}"


def processor_seconds(pid: int) -> float:
    """Processor time that a process and those it started have taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def loaded(url: str, script: str, server: int, seconds: int, chosen: argparse.Namespace) -> Figures:
    """What wrk measures with this script, against the server of that process."""
    before = processor_seconds(server)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + DONE)
        file.flush()
        result = _wrk(url, file.name, seconds, chosen.connections)
    count = int(result[1])
    taken = 1000 * (processor_seconds(server) - before) / max(count, 1)
    return Figures(count / seconds, float(result[3]), float(result[4]), int(result[2]), taken)


def _wrk(url: str, script: str, seconds: int, connections: int) -> re.Match[str]:
    """The line in which wrk, told by the script, says its result."""
    command = [
        "wrk",
        "--threads=1",
        "--timeout=30s",
        f"--connections={connections}",
        f"--duration={seconds}s",
        f"--script={script}",
    ]
    done = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=seconds + PATIENCE)
    result = re.search(r"RESULT (\d+) (\d+) (\S+) (\S+)", done.stdout)
    if result is None:
        raise SystemExit(f"wrk said nothing that is understood: {done.stdout[-500:]}")
    return result


def main() -> None:
    """Measure, and fail when a bound is missed or a request fails."""
    parser = argparse.ArgumentParser(description="Measure comparisons per second over HTTP.")
    parser.add_argument("--database", help="URL of an empty database; default: a new SQLite file")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=8)
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = chosen.database or f"sqlite:///{folder / 'bench.db'}"
        keys = fill(url, chosen.programs)
        script = FRESH % (",".join(f'"{key}"' for key in keys), os.getpid(), COMPARED)
        with served(url, folder) as (address, server):
            loaded(f"{address}/v1/comparisons", script, server, 2, chosen)
            fresh = loaded(f"{address}/v1/comparisons", script, server, chosen.seconds, chosen)
            one = stored_comparison(address, keys[:COMPARED])
            stored = loaded(one, "", server, chosen.seconds, chosen)
    asked = f"{WORKERS} workers, {chosen.connections} connections, {chosen.programs} programs"
    print(f"{asked}, {url.partition(':')[0]}, {chosen.seconds} s each")
    print(f"fresh comparison of {COMPARED} programs under 3 rubrics   {fresh}")
    print(f"stored comparison                           {stored}")
    if stored.per_second < STORED_BOUND or fresh.per_second < FRESH_BOUND or stored.failed or fresh.failed:
        sys.exit(f"missed: the bounds are {STORED_BOUND} stored and {FRESH_BOUND} fresh comparisons per second")


if __name__ == "__main__":
    main()
