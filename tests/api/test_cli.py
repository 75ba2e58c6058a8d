"""The command line as a person or a script uses it: a real process, its output, its exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOUCHSTONE = str(Path(sys.executable).with_name("touchstone"))
CCNA = "Cisco Certified Network Associate (CCNA)"
IT_SUPPORT = "Google IT Support Professional Certificate"
BADGE = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "BadgeClass",
    "id": "https://lanterns.example/badges/1",
    "name": "Lantern Keeper",
    "description": "Keeps lanterns.",
    "criteria": {"narrative": "Trim ten wicks."},
    "issuer": {"type": "Profile", "id": "https://lanterns.example", "name": "Lantern Society"},
}


def run(*arguments: str, stdin: str | bytes = b"", columns: int = 100) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [TOUCHSTONE, *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=60,
        env={**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1"},
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def run_json(*arguments: str, stdin: str | bytes = b"", status: int = 0) -> Any:
    done = run(*arguments, "--json", stdin=stdin)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def test_read_prints_programs_with_facts_and_their_evidence() -> None:
    read = run_json("read", "-", stdin=json.dumps(BADGE))
    assert set(read) == {"programs", "problems"}
    [program] = read["programs"]
    assert (program["id"], program["title"]) == (BADGE["id"], BADGE["name"])
    assert program["issuer"]["name"] == "Lantern Society"
    fact = program["facts"]["metadata_standard"]
    assert (fact["value"], fact["grade"]) == ("ob2", "documented")
    assert set(fact["evidence"][0]) >= {"document", "locator", "quote"}


def test_a_bad_document_is_a_finding_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"type": "BadgeClass", "name": }')
    (tmp_path / "b.json").write_text(json.dumps(BADGE))
    read = run_json("read", str(tmp_path), status=1)
    assert [program["title"] for program in read["programs"]] == ["Lantern Keeper"]
    [problem] = read["problems"]
    assert problem["document"].endswith("a.json")
    assert "line 1" in problem["locator"] + problem["message"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "says"),
    [
        (["read", "-"], "nothing of the kind", 3, "not a kind of document"),
        (["read", "/does/not/exist"], "", 3, "can't be read"),
        (["read", "http://127.0.0.1:9/x"], "", 3, "127.0.0.1"),
        (["read", "-", "--provider", "open_badge"], "{}", 2, 'Did you mean "open_badges"?'),
        (["score", "-p", "no such program"], "", 2, 'No program is called "no such program"'),
        (["score", "-p", "Google"], "", 2, "fits"),
        (["score", "-r", "rigour", "-p", CCNA], "", 2, 'Did you mean "rigor"?'),
        (["score", "--as-of", "yesterday"], "", 2, "--as-of takes a day such as 2026-11-24"),
        (["score", "--rubrics", "/does/not/exist"], "", 2, "takes a folder"),
        (["compare", "-p", CCNA], "", 2, "A comparison takes 2 to 50 programs, found 1"),
        (["facts", "pass_marks"], "", 2, 'Did you mean "pass_mark"?'),
        (["rubrics", "show", "rigour"], "", 2, 'Did you mean "rigor"?'),
        (["rubrics", "sql", "rigor", "--dialect", "postgresql"], "", 2, 'Did you mean "postgres"?'),
        (["rubrics", "lint", "-"], "rubric: [", 2, "standard input, line"),
        (["red"], "", 2, "red"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_status_and_mend(arguments: list[str], stdin: str, status: int, says: str) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.returncode == status
    assert says in " ".join(done.stderr.split())


def test_score_shows_reason_and_evidence_of_every_criterion() -> None:
    scored = run_json("score", "-p", CCNA)
    assert [card["rubric"] for card in scored["scorecards"]] == ["rigor", "recognition", "alignment"]
    # That something is stated nowhere has no place to point at.
    for card in scored["scorecards"]:
        assert card["evidenced"] <= card["stated"] <= card["possible"]
        assert set(card) >= {"digest", "coverage", "criteria", "caps", "as_of"}
        assert len(card["criteria"]) == 10
        for criterion in card["criteria"]:
            assert criterion["reason"]
            facts = criterion["facts"].values()
            assert all(fact["evidence"] or fact["value"] in (False, "neither") for fact in facts), criterion["id"]


def test_score_prints_what_would_raise_it() -> None:
    shown = " ".join(run("score", "-p", CCNA, "-r", "rigor").stdout.split())
    assert "Was the candidate identified and supervised" in shown or "identified" in shown
    assert "needs:" in shown
    assert "(, " not in shown
    assert "Advisory: a person decides." in shown


def test_catalogue_fits_a_narrow_terminal() -> None:
    lines = run("score", columns=80).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("CompTIA Security+" in line for line in lines)


def test_same_input_same_bytes_out() -> None:
    first, second = (run("score", "-p", CCNA, "--as-of", "2026-11-25", "--json").stdout for _ in range(2))
    assert first == second


def test_compare_writes_a_page_that_needs_nothing_else_and_a_safe_csv(tmp_path: Path) -> None:
    page, table = tmp_path / "c.html", tmp_path / "c.csv"
    done = run("compare", "-p", CCNA, "-p", IT_SUPPORT, "--html", str(page), "--csv", str(table))
    assert done.returncode == 0
    text = page.read_text()
    assert CCNA in text
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert 'src="' not in text
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert {row["program"] for row in rows} == {CCNA, IT_SUPPORT}
    assert len(rows) == 2 * (3 + 30)


def test_compare_draws_dots_on_a_common_axis() -> None:
    lines = run("compare", "-p", CCNA, "-p", IT_SUPPORT, "-r", "rigor").stdout.splitlines()
    axis = [line for line in lines if "●" in line and ("├" in line or "┤" in line)]
    assert len(axis) >= 2


def test_formulas_of_issuers_stay_text(tmp_path: Path) -> None:
    for number, title in enumerate(('=HYPERLINK("https://evil.example")', "+1", "Plain")):
        badge = {**BADGE, "id": f"https://lanterns.example/{number}", "name": title}
        (tmp_path / f"{number}.json").write_text(json.dumps(badge))
    table = tmp_path / "out.csv"
    run("compare", str(tmp_path), "--csv", str(table), "-r", "rigor")
    cells = {row["program"] for row in csv.DictReader(io.StringIO(table.read_text()))}
    assert cells == {'\'=HYPERLINK("https://evil.example")', "'+1", "Plain"}


def test_table_mapping_is_guessed_shown_and_overridden(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("Name of offer,By,Effort\nGlassblowing,Lantern School,40\n")
    mapping = tmp_path / "m.yaml"
    mapping.write_text(
        "columns:\n  title: {column: Name of offer}\n  issuer: {column: By}\n"
        "  workload_hours: {column: Effort, as: effort, unit: hours}\n"
    )
    [program] = run_json("read", str(table), "--mapping", str(mapping))["programs"]
    assert program["issuer"]["name"] == "Lantern School"
    assert program["facts"]["workload_hours_low"]["value"] == 40.0
    table.write_text("Course name,Provider\nGlassblowing,Lantern School\n")
    [guess] = run_json("read", str(table), "--show-mapping")["mappings"]
    assert "Course name" in guess["yaml"]
    mapping.write_text("columns:\n  title: {column: Course name}\n  isuer: {column: Provider}\n")
    done = run("read", str(table), "--mapping", str(mapping))
    assert done.returncode == 2
    assert 'Did you mean "issuer"?' in done.stderr


def test_own_rubrics_from_a_folder(tmp_path: Path) -> None:
    shown = run_json("rubrics", "show", "rigor")
    folder = tmp_path / "rigor"
    folder.mkdir()
    source = Path(__file__).parents[2] / "rubrics" / "rigor" / "1.0.0.yaml"
    (folder / "1.0.0.yaml").write_bytes(source.read_bytes())
    [own] = run_json("rubrics", "list", "--rubrics", str(tmp_path))["rubrics"]
    assert own["digest"] == shown["digest"]


def test_every_case_of_every_rubric_passes() -> None:
    done = run("rubrics", "test")
    assert done.returncode == 0
    assert done.stdout.strip().endswith("passed, 0 failed")


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "spark", "bigquery", "snowflake", "sqlite"])
def test_sql_is_printed_in_each_dialect(dialect: str) -> None:
    done = run("rubrics", "sql", "rigor", "--dialect", dialect)
    assert done.returncode == 0
    assert "SELECT" in done.stdout


def test_facts_come_from_standard_input() -> None:
    shown = run_json("facts", "-", stdin="pass_mark\nfree\n")["facts"]
    assert [fact["name"] for fact in shown] == ["pass_mark", "free"]


def test_doctor_finds_nothing_wrong() -> None:
    checks = run_json("doctor")["checks"]
    assert {check["id"] for check in checks} >= {"python", "sqlite", "providers", "rubrics", "profiles", "samples"}
    assert [check for check in checks if check["outcome"] == "fail"] == []


def test_version() -> None:
    assert run("--version").stdout.startswith("touchstone ")


def test_help_loads_no_heavy_module() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from api.cli import app;"
        "CliRunner().invoke(app, ['--help']); print(sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30).stdout
    heavy = ("numpy", "sqlglot", "pydantic", "httpx", "fastapi", "sqlmodel", "selectolax")
    assert [name for name in heavy if f"'{name}'" in loaded] == []
