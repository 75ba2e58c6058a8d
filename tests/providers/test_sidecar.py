"""Sidecars: where the facts of a document that somebody wrote by hand were read."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.program import QUOTE_LENGTH, Program, Reading
from providers import sidecar, sources, table

ROWS = "title,level,price (EUR)\nWelding,Beginner,40\nTurning,Advanced,\n"
SIDECAR = """\
programs:
  Welding:
    - facts: [audience_level, title]
      source: https://academy.example/welding
      read_on: 2026-11-20
      says: The course is meant for beginners.
"""


def read(folder: Path, text: str | None, name: str = "programs.csv.sources.yaml", rows: str = ROWS) -> Reading:
    """What the table gives with a sidecar of this text beside it."""
    (folder / "programs.csv").write_text(rows)
    if text is not None:
        (folder / name).write_text(text)
    (reading,) = sources.read([str(folder / "programs.csv")], table.provider)
    return reading


def only(reading: Reading, title: str) -> Program:
    (program,) = [program for program in reading.programs if program.title == title]
    return program


def messages(reading: Reading) -> list[str]:
    return [problem.message for problem in reading.problems]


@pytest.mark.parametrize("name", ["programs.csv.sources.yaml", "programs.sources.yaml"])
def test_facts_name_the_page_and_the_day(tmp_path: Path, name: str) -> None:
    plain = read(tmp_path, None)
    reading = read(tmp_path, SIDECAR, name)
    assert reading.problems == ()
    (evidence,) = only(reading, "Welding").facts["audience_level"].evidence
    assert evidence.source == "https://academy.example/welding"
    assert evidence.retrieved == "2026-11-20"
    assert evidence.quote == "The course is meant for beginners."
    (before,) = only(plain, "Welding").facts["audience_level"].evidence
    # Naming a page proves nothing: value and place stay, and the grade is the lowest unless the sidecar says more.
    assert (evidence.value, evidence.grade, evidence.locator) == (before.value, before.grade, before.locator)
    assert only(reading, "Welding").facts["price_amount"] == only(plain, "Welding").facts["price_amount"]
    assert only(reading, "Turning") == only(plain, "Turning")


@pytest.mark.parametrize(("line", "grade"), [("", "claimed"), ("      grade: documented\n", "documented")])
@pytest.mark.parametrize("rows_grade", ["claimed", "documented"])
def test_evidence_is_as_good_as_its_page(tmp_path: Path, line: str, grade: str, rows_grade: str) -> None:
    if rows_grade == "claimed":
        reading = read(tmp_path, SIDECAR + line)
    else:
        (tmp_path / "programs.jsonld").write_text(CTDL)
        text = SIDECAR.replace("audience_level, title", "credential_type") + line
        (tmp_path / "programs.jsonld.sources.yaml").write_text(text)
        (reading,) = sources.read([str(tmp_path / "programs.jsonld")])
    fact = only(reading, "Welding").facts["audience_level" if rows_grade == "claimed" else "credential_type"]
    assert reading.problems == ()
    assert (fact.grade, fact.evidence[0].grade) == (grade, grade)


def test_the_longer_name_counts_where_both_lie_there(tmp_path: Path) -> None:
    (tmp_path / "programs.sources.yaml").write_text("programs: {Nothing: []}")
    assert read(tmp_path, SIDECAR).problems == ()


def test_programs_may_be_named_by_identifier(tmp_path: Path) -> None:
    own = only(read(tmp_path, None), "Welding").id
    reading = read(tmp_path, SIDECAR.replace("  Welding:", f"  {own}:"))
    assert only(reading, "Welding").facts["audience_level"].evidence[0].source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SIDECAR.replace("Welding:", "Weldnig:"), '"Weldnig" is no program of the document. Did you mean "Welding"?'),
        (
            SIDECAR.replace("[audience_level, title]", "[pass_mark]"),
            'programs "Welding": the document does not give "pass_mark"',
        ),
        (
            SIDECAR.replace("audience_level", "audience_levle"),
            'is neither a fact nor a field of a program. Did you mean "audience_level"?',
        ),
        (SIDECAR.replace("https://academy.example/welding", "academy.example"), "source"),
        (SIDECAR.replace("2026-11-20", "2026-13-45"), "programs.csv.sources.yaml"),
        (SIDECAR.replace("      read_on: 2026-11-20\n", ""), "read_on"),
        (SIDECAR.replace("read_on", "raed_on"), "raed_on"),
        (SIDECAR.replace("The course", "The course " + "x" * QUOTE_LENGTH), "says"),
        ("programs: [", "programs.csv.sources.yaml"),
        ("? [a]\n: 1\n", "programs.csv.sources.yaml"),
        ("\x01", "programs.csv.sources.yaml"),
        ("", "programs.csv.sources.yaml"),
        (SIDECAR + SIDECAR.removeprefix("programs:\n"), "Welding"),
    ],
)
def test_slips_are_problems_of_the_sidecar_and_cost_no_program(tmp_path: Path, text: str, message: str) -> None:
    reading = read(tmp_path, text)
    assert [program.title for program in reading.programs] == ["Welding", "Turning"]
    assert any(message in one for one in messages(reading)), messages(reading)
    assert {problem.document for problem in reading.problems} == {str(tmp_path / "programs.csv.sources.yaml")}
    assert only(reading, "Welding").facts["audience_level"].evidence[0].source is None


def test_a_title_of_several_programs_names_none(tmp_path: Path) -> None:
    rows = "title,provider,level\nWelding,A,Beginner\nWelding,B,Advanced\n"
    assert messages(read(tmp_path, SIDECAR, rows=rows)) == [
        '"Welding" is the title of 2 programs; write the identifier of one'
    ]


def test_a_sidecar_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    reading = read(tmp_path, SIDECAR + "#" * sidecar.LARGEST)
    assert "larger than 1 MB" in messages(reading)[0]
    assert len(reading.programs) == 2


YAML = [
    "programs:",
    "Welding",
    ": ",
    "- ",
    "\n",
    "  ",
    "[",
    "]",
    "{",
    "}",
    "&a",
    "*a",
    "!!set",
    "2026-13-45",
    "? ",
    "'",
    "\x00",
    "1e999",
]


@given(st.lists(st.sampled_from(YAML), max_size=25).map("".join) | st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_sidecar_leaves_the_programs_as_they_are(text: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "programs.csv")
        path.write_text(ROWS)
        Path(name, "programs.sources.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        (reading,) = sources.read([str(path)], table.provider)
    assert [program.title for program in reading.programs] == ["Welding", "Turning"]


def test_a_folder_in_the_place_of_a_sidecar_is_none(tmp_path: Path) -> None:
    (tmp_path / "programs.csv.sources.yaml").mkdir()
    assert read(tmp_path, None).problems == ()


def test_sidecars_are_known_by_their_names() -> None:
    assert sidecar.is_sidecar(Path("a/programs.csv.sources.yaml"))
    assert not sidecar.is_sidecar(Path("a/sources.yaml"))


CTDL = """{"@graph": [{"@id": "urn:welding", "@type": "ceterms:Badge", "ceterms:name": "Welding",
  "ceterms:ctid": "ce-1b2c3d4e-0000-4000-8000-000000000001"}]}"""


@pytest.mark.parametrize(
    ("listed", "left"),
    [("[credential_type]", set[str]()), ("[credential_type, machine_identifier]", {"machine_identifier"})],
)
def test_the_form_of_the_file_says_nothing_about_the_program(tmp_path: Path, listed: str, left: set[str]) -> None:
    (tmp_path / "welding.jsonld").write_text(CTDL)
    (plain,) = next(iter(sources.read([str(tmp_path / "welding.jsonld")]))).programs
    assert plain.facts.keys() & sidecar.OF_THE_FILE > left
    (tmp_path / "welding.sources.yaml").write_text(SIDECAR.replace("[audience_level, title]", listed))
    (reading,) = sources.read([str(tmp_path / "welding.jsonld")])
    assert reading.problems == ()
    assert reading.programs[0].facts.keys() & sidecar.OF_THE_FILE == left
    assert "credential_type" in reading.programs[0].facts
