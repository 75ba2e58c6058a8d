"""What `touchstone serve` does with a store that it finds: older tables, newer ones, and scores that are overtaken."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from api import service
from api.store.database import Database
from evaluator.program import document
from tests.api.process import answering, started, touchstone
from tests.api.serving import TABLE
from tests.api.store import programs as made


def filled(url: str, way: service.forming.Way) -> None:
    """Three programs, scored in this way."""
    database = Database(url)
    database.migrate()
    source = document("programs.csv", TABLE.encode(), "text/csv", "2026-11-01T00:00:00Z")
    assert len(service.add_documents(database, [source], way)[0].programs) == 3
    database.close()


def store(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


def log(folder: Path) -> str:
    return (folder / "log").read_text()


def bars(client: httpx.Client) -> list[set[str]]:
    """Per program the rubrics under which the catalogue shows it."""
    return [set(each["scores"]) for each in client.get("/v1/programs").json()["programs"]]


def test_a_rubric_that_is_new_scores_the_store_at_the_start(tmp_path: Path) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    way = service.way(made.in_folder(tmp_path / "rubrics"), today)
    filled(store(tmp_path), way)
    with started(tmp_path) as (_, client):
        shown = bars(answering(client))
    assert "Scoring 3 programs again (no score yet under a rubric that is installed: 3)." in log(tmp_path)
    assert len(shown) == 3
    for rubrics in shown:
        assert {name.partition("@")[0] for name in rubrics} >= {"rigor", "recognition", "alignment"}
    with started(tmp_path) as (_, client):
        answering(client)
    assert "Scoring" not in log(tmp_path), "nothing is scored twice"


def test_what_was_scored_long_ago_or_by_other_profiles_is_scored_again(tmp_path: Path) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    filled(store(tmp_path), made.way(made.rubric(), as_of=today - datetime.timedelta(days=31)))
    with started(tmp_path) as (_, client):
        found = answering(client).get("/v1/programs").json()["programs"]
    assert {each["as_of"] for each in found} == {today.isoformat()}
    said = log(tmp_path)
    assert "formed by another version of Touchstone or other profiles: 3" in said
    assert f"last scored before {today - datetime.timedelta(days=30)}: 3" in said


def test_tables_of_an_earlier_version_are_brought_up_to_date(tmp_path: Path) -> None:
    filled(store(tmp_path), made.way())
    database = Database(store(tmp_path))
    database.migrate("0001")
    assert database.state() == "older"
    database.close()
    assert "are of an earlier version" in doctor(tmp_path)
    with started(tmp_path) as (_, client):
        assert len(answering(client).get("/v1/programs").json()["programs"]) == 3
    assert "The tables of the database are of an earlier version of Touchstone" in log(tmp_path)
    assert "with the tables of this version" in doctor(tmp_path)


def test_tables_of_a_later_version_are_refused_and_left_alone(tmp_path: Path) -> None:
    filled(store(tmp_path), made.way())
    database = Database(store(tmp_path))
    with database.session(write=True) as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    for verb in (["serve", "--port", "0"], ["keys", "list"]):
        result = touchstone(tmp_path, *verb)
        assert result.returncode == 2
        assert result.stderr.startswith("The database is of a later version of Touchstone")
        assert len(result.stderr.strip().splitlines()) == 1
    assert "later version" in doctor(tmp_path)
    assert database.revision() == "from the future"
    database.close()


def doctor(folder: Path) -> str:
    """What it says of the database."""
    checks = json.loads(touchstone(folder, "doctor", "--json").stdout)["checks"]
    return next(str(check["says"]) for check in checks if check["id"] == "database")


@pytest.mark.parametrize("state", ["empty", "older", "current", "newer"])
def test_the_state_of_the_tables_is_known_on_both_databases(empty_url: str, state: str) -> None:
    database = Database(empty_url)
    try:
        if state != "empty":
            database.migrate()
        if state == "older":
            database.migrate("0001")
        if state == "newer":
            with database.session(write=True) as session:
                session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert database.state() == state
    finally:
        database.close()
