"""`touchstone demo`: the main job on the sample catalogue in one go, and then the same in a browser."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urljoin

from rich.console import Console

from api import gather, service, terminal
from api.store.database import Database
from evaluator.compare import compare
from evaluator.program import Document, Problem, Reading
from providers import sources
from rubrics import library

PAIR = ("Cisco Certified Network Associate (CCNA)", "Google IT Support Professional Certificate")
"""Two programs that an employer may well see side by side: a supervised exam and a taught certificate."""
PATIENCE = 60.0
"""Seconds for which the demo waits for an answer of its own server."""


def judged_samples(step: gather.Step = gather.no_step) -> tuple[list[gather.Judged], list[Problem]]:
    """The sample catalogue under the latest installed rubrics, as of today."""
    programs, problems = gather.collected(gather.readings([gather.SAMPLES]), profiles=True)
    return gather.judge(programs, library.latest(library.installed()), _today(), step), problems


def show(console: Console, judged: list[gather.Judged]) -> None:
    """The catalogue as a table, then one comparison in words."""
    publishers = {each.program.issuer.name for each in judged if each.program.issuer}
    console.print(f"\n[bold]{len(judged)} programs of {len(publishers)} issuers, under three rubrics[/]\n")
    console.print(terminal.catalogue(judged))
    pair = [next(each for each in judged if each.program.title == title) for title in PAIR]
    rubrics = library.latest(library.installed())
    compared = compare([each.program for each in pair], [each.scorecards for each in pair], rubrics)
    console.print("\n[bold]One comparison[/]\n")
    console.print(terminal.comparison(compared))
    console.print(NEXT)


NEXT = """
[bold]Try next[/]
  touchstone score -p "CCNA"             why, criterion by criterion, down to the sentence
  touchstone compare -p "CCNA" -p "Google IT Support" --html comparison.html
  touchstone read my-badges/             programs of your own; touchstone rubrics show rigor
"""


def load_samples(database: Database) -> None:
    """Put the sample catalogue into a store."""
    way = service.way(library.latest(library.installed()), _today())
    places = [str(gather.sample_folder())]
    service.add_readings(database, list(_with_sidecars(places)), way)


def _with_sidecars(places: list[str]) -> Iterator[tuple[Document, Reading]]:
    for found in sources.documents(places):
        if isinstance(found, Document):
            yield found, sources.with_sources(sources.read_document(found, sources.candidates(None)), found)


@contextmanager
def served(port: int) -> Iterator[str]:
    """The address of a server with the sample catalogue, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="touchstone-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        database = Database(url)
        database.migrate()
        load_samples(database)
        database.close()
        command = [sys.executable, "-m", "api", "serve", "--host", "127.0.0.1", "--port", str(port)]
        environment = {**os.environ, "TOUCHSTONE_DATABASE_URL": url, "TOUCHSTONE_LOG_LEVEL": "warning"}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
            try:
                yield _address_of(server)
            finally:
                server.terminate()
                server.wait(PATIENCE)


def _address_of(server: subprocess.Popen[str]) -> str:
    """The address that a server says it is at. Raises RuntimeError with what it says instead."""
    said = []
    for line in server.stderr or ():
        said.append(line.strip())
        if found := next((word for word in line.split() if word.startswith("http://")), None):
            return found
    why = " ".join(said) or "the server ended without a word"
    raise RuntimeError(why.replace("touchstone serve", "touchstone demo"))


def visit(address: str) -> str:
    """Fetch a page and a comparison from a running server; one sentence on what came back.

    Raises OSError when it does not answer.
    """
    page = _get(address)
    found = json.loads(_get(urljoin(address, "/v1/programs?" + urlencode({"q": "CCNA"}))))
    other = json.loads(_get(urljoin(address, "/v1/programs?" + urlencode({"q": "Google IT Support"}))))
    keys = [listed["programs"][0]["key"] for listed in (found, other)]
    body = json.dumps({"programs": keys}).encode()
    request = urllib.request.Request(
        urljoin(address, "/v1/comparisons"), body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        made = json.load(answer)
    claims = [standing["pairs"][0]["says"] for standing in made["comparison"]["standings"]]
    return f"The catalogue page has {len(page):,} characters; the comparison {made['id']} says: {claims[0]}"


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        text: str = answer.read().decode()
    return text


def wait(say: Callable[[str], None], address: str) -> None:
    """Say where the server is, and wait until somebody ends the demo."""
    say(f"\nTouchstone is at {address} with the sample catalogue (end with Ctrl+C).")
    try:
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.default_int_handler)
        signal.pause()
    except KeyboardInterrupt:
        say("\nEnded.")


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()
