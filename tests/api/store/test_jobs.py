"""Many documents at once: progress, workers that die, workers that take over, documents that end a worker."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api import jobs, service
from api.store import documents, forming, search
from api.store import jobs as kept
from api.store.database import Database
from evaluator.program import Document, Problem
from tests.api.store import programs as made

ROOT = Path(__file__).parents[3]


def papers(count: int) -> list[Document]:
    """Tables of one course each."""
    return [
        made.table([{"title": f"Course {n}", "url": f"https://c.example/{n}", "pass_mark": "50%"}], url=f"{n}.csv")
        for n in range(count)
    ]


def nowhere(url: str) -> Document | Problem:
    return Problem(document=url, locator="", message="nobody answers")


def worker(database: Database, **other: object) -> jobs.Worker:
    return jobs.Worker(**{"database": database, "make_way": made.way, "fetch": nowhere, **other})  # type: ignore[arg-type]


def progress(database: Database, job: str) -> kept.Progress:
    with database.session() as session:
        found = kept.progress(session, job)
    assert found is not None
    return found


def test_a_job_reads_its_documents_and_says_how_far_it_is(database: Database) -> None:
    given = [*papers(jobs.GROUP + 5), made.paper("no table", "a.txt")]
    job = jobs.submit(database, given)
    assert (progress(database, job).state, progress(database, job).total) == ("waiting", len(given))
    with database.session() as session:
        assert documents.count(session) == len(given)
        assert service.count_programs(database, search.Search()) == 0
    assert worker(database).work_on_one("me")
    found = progress(database, job)
    assert (found.state, found.done, found.failed) == ("done", len(given), 0)
    assert found.finished is not None
    with database.session() as session:
        items = kept.reports(session, job, after=-1, limit=1000)
        rest = kept.reports(session, job, after=items[-3].position)
    assert [each.name for each in items] == [each.url for each in given]
    assert [each.position for each in rest] == [items[-2].position, items[-1].position]
    assert [len(each.outcome.programs) for each in items if each.outcome] == [1] * (len(given) - 1) + [0]
    assert sum(each.outcome.added for each in items if each.outcome) == len(given) - 1
    assert items[-1].outcome is not None
    assert items[-1].outcome.problems
    assert not worker(database).work_on_one("me")


def test_an_empty_job_is_done_and_an_unknown_one_is_none(database: Database) -> None:
    assert progress(database, jobs.submit(database, [])).state == "done"
    with database.session() as session:
        assert kept.progress(session, "none") is None
        assert kept.progress(session, "\0") is None


def test_addresses_are_fetched_and_what_can_not_be_had_fails_alone(database: Database) -> None:
    def fetch(url: str) -> Document | Problem:
        return nowhere(url) if url.endswith("gone") else made.table([{"title": "Far", "url": url}], url=url)

    job = jobs.submit(database, ["https://c.example/far", "https://c.example/gone", papers(1)[0]])
    worker(database, fetch=fetch).work_on_one("me")
    assert (progress(database, job).done, progress(database, job).failed) == (2, 1)
    with database.session() as session:
        items = kept.reports(session, job)
    assert [each.state for each in items] == ["done", "failed", "done"]
    assert items[1].outcome is not None
    assert items[1].outcome.problems[0].message == "nobody answers"


def test_a_job_that_a_dead_worker_had_is_taken_over_when_its_time_is_up(database: Database) -> None:
    job = jobs.submit(database, papers(3))
    now = datetime.datetime.now(datetime.UTC)
    with database.session(write=True) as session:
        dead = kept.claim(session, "dead", now)
        assert dead is not None
        kept.take(session, dead, 2)
    assert not worker(database).work_on_one("alive")
    with database.session(write=True) as session:
        assert kept.claim(session, "early", now + kept.LEASE) is None
        taken = kept.claim(session, "alive", now + kept.LEASE + datetime.timedelta(seconds=1))
        assert taken is not None
        assert taken.id == job
    for lost in (lambda s: kept.renew(s, dead, now), lambda s: kept.finish(s, dead)):
        with pytest.raises(kept.LeaseLost), database.session(write=True) as session:
            lost(session)
    with database.session(write=True) as session:
        kept.release(session, dead)
        kept.renew(session, taken, now)
        kept.release(session, taken)
    assert worker(database).work_on_one("third")
    assert progress(database, job).done == 3


def test_of_many_workers_one_gets_a_job(database: Database) -> None:
    jobs.submit(database, papers(1))
    got: list[object] = []
    together = threading.Barrier(6)

    def claim(name: str) -> None:
        together.wait()
        try:
            with database.session(write=True) as session:
                got.append(kept.claim(session, name, datetime.datetime.now(datetime.UTC)))
        except Exception as error:
            got.append(error)

    threads = [threading.Thread(target=claim, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, kept.Claimed) for each in got) == 1, got
    assert got.count(None) == 5


def test_a_document_that_ends_the_worker_each_time_is_left_out(database: Database) -> None:
    job = jobs.submit(database, papers(4))
    later = datetime.datetime.now(datetime.UTC)
    for begun in (4, 1, 1):
        with database.session(write=True) as session:
            claimed = kept.claim(session, "dies", later)
            assert claimed is not None
            assert len(kept.take(session, claimed, 20)) == begun
            if begun == 4:
                # The others were alone the next time, and ended well.
                session.execute(text("UPDATE job_items SET state = 'done' WHERE position > 0"))
        later += kept.LEASE + datetime.timedelta(seconds=1)
    with database.session(write=True) as session:
        session.execute(text("UPDATE jobs SET lease_until = '2000'"))
    assert worker(database).work_on_one("lives")
    assert (progress(database, job).state, progress(database, job).failed) == ("done", 1)
    with database.session() as session:
        outcome = kept.reports(session, job)[0].outcome
    assert outcome is not None
    assert "ended the worker 3 times" in outcome.problems[0].message


def test_a_mistake_of_ours_costs_one_document(database: Database) -> None:
    given = papers(6)

    def broken(program: object) -> object:
        if getattr(program, "title", "") == "Course 2":
            raise RuntimeError("a mistake")
        return program

    way = forming.Way(broken, (made.rubric(),), made.DAY)  # type: ignore[arg-type]
    job = jobs.submit(database, given)
    assert worker(database, make_way=lambda: way).work_on_one("me")
    assert (progress(database, job).done, progress(database, job).failed) == (5, 1)
    with database.session() as session:
        failed = [each for each in kept.reports(session, job) if each.state == "failed"]
    assert [each.name for each in failed] == ["2.csv"]
    assert failed[0].outcome is not None
    assert "RuntimeError" in failed[0].outcome.problems[0].message


def test_a_database_that_fails_is_no_fault_of_the_documents(database: Database) -> None:
    def away() -> forming.Way:
        raise OperationalError("SELECT", {}, Exception("away"))

    job = jobs.submit(database, papers(2))
    for _ in range(kept.MOST_ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            worker(database, make_way=away).work_on_one("me")
    assert worker(database).work_on_one("me")
    assert progress(database, job).done == 2


def test_a_worker_that_is_told_to_stop_gives_the_job_back(database: Database) -> None:
    job = jobs.submit(database, papers(jobs.GROUP * 2))
    stop = threading.Event()

    def stopping() -> forming.Way:
        stop.set()
        return made.way()

    worker(database, make_way=stopping).run(stop)
    found = progress(database, job)
    assert (found.state, found.done) == ("waiting", jobs.GROUP)
    other = threading.Event()
    thread = threading.Thread(target=worker(database).run, args=(other, 0.01))
    thread.start()
    until = time.monotonic() + 30
    while progress(database, job).state != "done" and time.monotonic() < until:
        time.sleep(0.02)
    other.set()
    thread.join()
    assert progress(database, job).done == jobs.GROUP * 2


SERVER = """
import datetime, sys
from threading import Event
from api import jobs
from api.store.database import Database
from tests.api.store import programs, test_jobs
database = Database(sys.argv[1])
jobs.Worker(database, programs.way, test_jobs.nowhere, datetime.timedelta(seconds=1)).run(Event(), 0.05)
"""


def serve(url: str) -> subprocess.Popen[bytes]:
    """A process that works on jobs, as a server does."""
    return subprocess.Popen([sys.executable, "-c", SERVER, url], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def wait_for(database: Database, job: str, least: int, process: subprocess.Popen[bytes]) -> kept.Progress:
    until = time.monotonic() + 90
    while (found := progress(database, job)).done < least and found.state != "done":
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < until, f"only {found.done} of {least} in time"
        time.sleep(0.01)
    return found


def consistent(database: Database) -> None:
    """What is written of programs fits together at any moment."""
    with database.session() as session:
        for lacking in (
            "SELECT p.key FROM programs p "
            "LEFT JOIN program_versions v ON v.program = p.number AND v.version = p.version "
            "WHERE v.digest IS NULL OR v.digest <> p.digest",
            "SELECT p.key FROM programs p LEFT JOIN readings r ON r.program = p.number WHERE r.document IS NULL",
            "SELECT p.key FROM programs p LEFT JOIN scorecards s ON s.program_digest = p.digest WHERE s.stated IS NULL",
            "SELECT d.url FROM documents d LEFT JOIN readings r ON r.document = d.number "
            "WHERE d.read_as IS NOT NULL AND r.program IS NULL",
            "SELECT i.name FROM job_items i LEFT JOIN readings r ON r.document = i.document "
            "WHERE i.state = 'done' AND r.program IS NULL",
        ):
            assert session.execute(text(lacking)).all() == []
    assert service.count_programs(database, search.Search(text="course")) == service.count_programs(
        database, search.Search()
    )


def test_killed_in_the_middle_of_200_documents_the_job_goes_on_and_repeating_it_adds_nothing(
    database: Database, database_url: str
) -> None:
    given = papers(200)
    job = jobs.submit(database, given)
    for least in (20, 60):
        process = serve(database_url)
        try:
            found = wait_for(database, job, least, process)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert found.state == "running"
        consistent(database)
    # Two servers: one of them takes over when the dead one's time is up.
    processes = [serve(database_url), serve(database_url)]
    try:
        found = wait_for(database, job, 200, processes[0])
        while found.state != "done":
            found = progress(database, job)
        again = jobs.submit(database, [*given, *given[:10]])
        wait_for(database, again, 210, processes[0])
        until = time.monotonic() + 30
        while progress(database, again).state != "done" and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert (found.done, found.failed, found.total) == (200, 0, 200)
    consistent(database)
    with database.session() as session:
        counted = {
            table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("documents", "programs", "program_versions", "readings", "scorecards", "program_search")
        }
        assert set(counted.values()) == {200}, counted
        changes = [each.outcome for each in kept.reports(session, again, limit=500)]
    assert sum(each.added + each.changed for each in changes if each) == 0
