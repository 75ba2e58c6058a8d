"""Tables: reading files, guessing and applying mappings, and what cells say."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.program import Document, Price, Program, document
from evaluator.strict_yaml import SpecError
from providers import table, table_cells, table_grid, table_mapping, table_text, table_workbook
from providers.durations import Range
from providers.table_cells import Unreadable
from providers.table_guess import guess
from tests.corpus import PROVIDERS, needs_corpus

HEADER = "Course Title,Provider,Level,Duration (weeks),Hours per week,Price (EUR)\n"


def made(content: str | bytes, name: str = "programs.csv", media_type: str = "text/csv") -> Document:
    encoded = content.encode() if isinstance(content, str) else content
    return document(name, encoded, media_type, "2026-11-24T00:00:00Z")


def workbook(fill: Callable[[Any], None]) -> Document:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book)
    return made(buffer.getvalue(), "programs.xlsx", "application/octet-stream")


def only(document: Document, mapping: str | None = None) -> Program:
    reading = table.read_with(document, table_mapping.load(mapping, "m.yaml")) if mapping else table.read(document)
    assert len(reading.programs) == 1, reading
    return reading.programs[0]


def known(program: Program) -> dict[str, object]:
    return {name: fact.value for name, fact in program.facts.items()}


def says(reading: Any) -> str:
    return "\n".join(f"{problem.locator}: {problem.message}" for problem in reading.problems)


# Cells


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("yes", True),
        ("Nein", False),
        ("1", True),
        ("0", False),
        (1, True),
        ("t", True),
        (False, False),
        ("N/A", None),
        ("-", None),
        ("unknown", None),
        ("", None),
        ("  ", None),
    ],
)
def test_a_cell_says_yes_no_or_nothing(cell: table_grid.Cell, value: bool | None) -> None:
    assert table_cells.boolean(cell) is value


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("7", None, 7),
        ("1.234,56", None, 1234.56),
        ("1,234.56", None, 1234.56),
        ("1,234,567", None, 1234567),
        ("12,5", None, 12.5),
        ("0.125", None, 0.125),
        ("12 500", None, 12500),
        ("12'500", None, 12500),
        ("1,234", ".", 1234),
        ("1,234", ",", 1.234),
        ("1.234", ",", 1234),
        ("-5", None, -5),
        (1.234, None, 1.234),
        ("NaN", None, None),
        (float("inf"), None, None),
    ],
)
def test_numbers(cell: table_grid.Cell, decimal: table_cells.Decimal | None, value: float | None) -> None:
    assert table_cells.number(cell, decimal) == value


@pytest.mark.parametrize(
    "cell", ["1,234", "1.234", "5.3k", "1.2.3", "12,34.5", "1,2,3", "1e5", "7 Weeks", True, "9" * 99]
)
def test_what_is_not_clearly_a_number_is_not_guessed(cell: table_grid.Cell) -> None:
    with pytest.raises(Unreadable):
        table_cells.number(cell)


def test_a_comma_before_three_digits_of_a_whole_number_sets_off_thousands() -> None:
    assert table_cells.integer("124,980") == 124_980
    with pytest.raises(Unreadable):
        table_cells.integer("1.000")
    with pytest.raises(Unreadable):
        table_cells.integer("12.5")


@pytest.mark.parametrize(("cell", "value"), [("80 %", 0.8), ("80", 0.8), ("12,5 %", 0.125), ("0.5 %", 0.005), (0, 0.0)])
def test_percentages(cell: table_grid.Cell, value: float) -> None:
    assert table_cells.percent(cell) == value


def test_a_bare_fraction_may_be_a_share_or_a_percentage() -> None:
    with pytest.raises(Unreadable, match="share"):
        table_cells.percent("0.8")


@pytest.mark.parametrize(
    ("cell", "day_first", "value"),
    [
        ("2026-11-24", None, "2026-11-24"),
        ("2017-01-18T20:58:58Z", None, "2017-01-18"),
        ("24.11.2026", None, "2026-11-24"),
        ("6/30/2020 12:00:00 AM", None, "2020-06-30"),
        ("30/6/2020", None, "2020-06-30"),
        ("5/5/2020", None, "2020-05-05"),
        ("03/04/2026", True, "2026-04-03"),
        ("03/04/2026", False, "2026-03-04"),
    ],
)
def test_dates(cell: str, day_first: bool | None, value: str) -> None:
    assert table_cells.date(cell, day_first) == value


@pytest.mark.parametrize("cell", ["03/04/2026", "02-NOV-18", "2026-02-30", "soon", "31/31/2020"])
def test_what_is_not_clearly_a_date_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        table_cells.date(cell)


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("$49.00", 49.0, None),
        ("US$ 1,299", 1299.0, "USD"),
        ("49 EUR", 49.0, "EUR"),
        ("€ 1.299,00", 1299.0, "EUR"),
        ("1.299 €", 1299.0, "EUR"),
        ("CHF 1'200.-", 1200.0, "CHF"),
        ("950 US Dollars", 950.0, "USD"),
        ("12000", 12000.0, None),
        (49, 49.0, None),
        ("Free", 0.0, None),
        ("kostenlos", 0.0, None),
    ],
)
def test_prices(cell: table_grid.Cell, amount: float, currency: str | None) -> None:
    money = table_cells.money(cell)
    assert money is not None
    assert money.credential == Price(amount=amount, currency=currency)


def test_free_auditing_with_a_paid_certificate_is_two_prices_and_the_certificate_is_the_credential() -> None:
    money = table_cells.money("FREE-Add a Verified Certificate for $49.90 USD")
    assert money is not None
    assert [(price.amount, price.what) for price in money.prices] == [(0.0, "audit"), (49.9, "certificate")]
    assert money.credential == Price(amount=49.9, currency="USD", what="certificate")


def test_a_price_for_a_period_is_shown_but_is_not_that_of_the_credential() -> None:
    money = table_cells.money("£49 per month")
    assert money is not None
    assert money.prices == (Price(amount=49.0, currency="GBP", what="per month"),)
    assert money.credential is None


@pytest.mark.parametrize("cell", ["0", 0, "$0.00", "-1", -1, "n/a", ""])
def test_a_bare_zero_or_a_negative_price_says_nothing(cell: table_grid.Cell) -> None:
    assert table_cells.money(cell) is None


def test_a_zero_is_a_price_where_the_mapping_says_so() -> None:
    money = table_cells.money("0", "EUR", zero_is_free=True)
    assert money is not None
    assert money.credential == Price(amount=0.0, currency="EUR")


@pytest.mark.parametrize(
    "cell", ["USD 49 / 99", "Contact us", "49 Credits", "Free trial, then $49", "from 3 for 2", "x" * 999]
)
def test_what_is_not_clearly_one_price_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        table_cells.money(cell)


@pytest.mark.parametrize(
    ("cell", "unit", "hours"),
    [
        ("2–4 hours per week", None, (14, 28)),
        ("40 hours", None, (40, 40)),
        ("PT60H", None, (60, 60)),
        ("1.5", "hours", (1.5, 1.5)),
        ("4-6", "hours_per_week", (28, 42)),
        (90, "minutes", (1.5, 1.5)),
    ],
)
def test_work(cell: table_grid.Cell, unit: table_cells.LengthUnit | None, hours: tuple[float, float]) -> None:
    assert table_cells.work(cell, unit, Range(7, 7)) == Range(*hours)


@pytest.mark.parametrize(("cell", "why"), [("6", "unit"), ("P60M", "implausible"), ("self-paced", "not a length")])
def test_work_that_is_unclear_is_not_guessed(cell: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        table_cells.work(cell, None)


def test_a_length_of_zero_says_nothing() -> None:
    assert table_cells.length("0", "hours") is None


# Text files


def test_a_table_is_read_by_a_guessed_mapping() -> None:
    program = only(made(HEADER + "Welding,Example Academy,Beginner,6,5,199\n"))
    assert program.title == "Welding"
    assert program.issuer is not None
    assert program.issuer.name == "Example Academy"
    assert known(program) == {
        "audience_level": "beginner",
        "duration_weeks_low": 6.0,
        "duration_weeks_high": 6.0,
        "workload_hours_low": 30.0,
        "workload_hours_high": 30.0,
        "price_amount": 199.0,
        "price_currency": "EUR",
        "free": False,
    }
    assert program.prices == (Price(amount=199.0, currency="EUR"),)
    evidence = program.facts["audience_level"].evidence[0]
    assert (evidence.locator, evidence.quote, evidence.grade) == ('row 2, column "Level"', "Beginner", "claimed")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_and_character_sets(delimiter: str, encoding: str) -> None:
    content = f"Título{delimiter}Proveedor\nSoldadura{delimiter}Universidad Ñ\n".encode(encoding)
    reading = table.read(made(content))
    assert not reading.problems
    assert reading.programs[0].issuer is not None
    assert reading.programs[0].issuer.name == "Universidad Ñ"


def test_windows_1252_is_read_with_a_problem() -> None:
    reading = table.read(made("Titre;Organisme\nSoudure;École\n".encode("cp1252")))
    assert reading.programs[0].issuer is not None
    assert reading.programs[0].issuer.name == "École"
    assert "Windows-1252" in says(reading)


def test_damaged_utf_8_keeps_the_letters_that_are_whole() -> None:
    content = "title,provider\nKühlung,Universität\nPr\xfcfung,Größe\n".encode().replace(b"Pr\xc3\xbc", b"Pr\xc3")
    reading = table.read(made(content))
    assert [program.title for program in reading.programs] == ["Kühlung", "Pr\ufffdfung"]
    assert "line 3: it is not valid UTF-8" in says(reading)


def test_commas_inside_cells_do_not_decide_the_delimiter() -> None:
    content = "title;hours;price\nWelding;1,5;2,5\nTurning;3,5;4,5\n"
    assert table_text.delimiter_of(content)[0] == ";"


def test_embedded_line_breaks_stay_in_their_cell_and_count_as_one_row() -> None:
    reading = table.read(made('title,level\n"Welding\nand more",Beginner\nTurning,Advanced\n'))
    assert [program.title for program in reading.programs] == ["Welding and more", "Turning"]
    assert reading.programs[1].facts["audience_level"].evidence[0].locator == 'row 3, column "level"'


def test_a_quotation_mark_that_is_never_closed_costs_one_row() -> None:
    reading = table.read(made('title,level\n"Welding,Beginner\nTurning,Advanced\nMilling,Beginner\n'))
    assert [program.title for program in reading.programs] == ['"Welding', "Turning", "Milling"]
    assert "row 2: a quotation mark opens here" in says(reading)


def test_many_unclosed_quotation_marks_end_in_a_problem_and_not_in_hours() -> None:
    content = "title,level\n" + '"' * 3 + "a" * 200_000 + "\n" + "x\n" * 10
    assert table.read(made(content)).problems


def test_stray_quotation_marks_stay_in_the_text() -> None:
    assert only(made('title,level\nThe "good" course,Beginner\n')).title == 'The "good" course'


def test_ragged_rows_keep_what_is_certain() -> None:
    reading = table.read(made("title,level,price\nWelding,Beginner\nTurning,lathes,Beginner,7\nMilling,Advanced,9\n"))
    short, shifted, whole = reading.programs
    assert known(short) == {"audience_level": "beginner"}
    assert (shifted.title, known(shifted)) == ("Turning", {})
    assert known(whole)["price_amount"] == 9.0
    assert "row 2: it has 2 cells where the header has 3" in says(reading)
    assert "row 3: it has 4 cells where the header has 3" in says(reading)


def test_empty_cells_behind_the_last_column_are_no_problem() -> None:
    reading = table.read(made("title,level\nWelding,Beginner,,\n"))
    assert not reading.problems
    assert known(reading.programs[0]) == {"audience_level": "beginner"}


def test_a_header_that_is_too_short_for_most_rows_names_no_column_for_certain() -> None:
    reading = table.read(made("title,level\nWE-1,Welding,Beginner\nTU-2,Turning,Advanced\n"))
    assert not reading.programs
    assert "give every column a header" in says(reading)


def test_a_row_without_title_is_reported_once_with_its_fellows() -> None:
    reading = table.read(made("title,level\n,Beginner\nWelding,Beginner\nN/A,Advanced\n,\n"))
    assert [program.title for program in reading.programs] == ["Welding"]
    assert says(reading) == 'row 2: it has no "title" and was left out (also in row 4)'


def test_equal_problems_are_one_problem_that_names_the_rows() -> None:
    rows = "".join(f"Course {number},{'Beginner' if number % 2 else 'Odd'}\n" for number in range(100))
    (problem,) = table.read(made("title,level\n" + rows)).problems
    assert problem.locator == 'row 2, column "level"'
    assert '"Odd" can\'t be read as audience_level' in problem.message
    assert problem.message.endswith("(also in rows 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and 39 more)")


def test_columns_without_a_name_of_their_own_are_named_by_letter() -> None:
    grid = table_text.read(b"title,,Level,Level,Level (column D)\n")
    assert grid.names(0) == ("title", "column B", "Level", "Level (column D)", "Level (column D) (column E)")
    mapping = "columns: {title: title, audience_level: Level (column D), delivery: column B}"
    program = only(made("title,,Level,Level\nWelding,online,1,beginner\n"), mapping)
    assert {fact.evidence[0].locator for fact in program.facts.values()} == {
        'row 2, column "Level (column D)"',
        'row 2, column "column B"',
    }


def test_the_header_may_stand_below_a_note() -> None:
    program = only(made("Catalogue of 2026\n\ntitle,level\nWelding,Beginner\n"))
    assert program.facts["audience_level"].evidence[0].locator == 'row 4, column "level"'


def test_nul_characters_are_left_out_with_a_problem() -> None:
    reading = table.read(made(b"title,level\nWel\0ding,Beginner\n"))
    assert reading.programs[0].title == "Welding"
    assert "NUL" in says(reading)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_one_problem(content: bytes) -> None:
    reading = table.read(made(content))
    assert not reading.programs
    assert len(reading.problems) == 1


def test_limits_are_said() -> None:
    long = table.read(made("title,level\n" + "x" * 40_000 + ",Beginner\nWelding,Beginner\n"))
    assert [program.title for program in long.programs] == ["Welding"]
    assert "32,768 characters" in says(long)
    wide = table.read(made("title," + "," * 600 + "\nWelding" + "," * 600 + "x\n"))
    assert [program.title for program in wide.programs] == ["Welding"]
    assert "500 cells" in says(wide)
    tall = table.read(made("title,level\n" + "Welding,\n" * 200_010))
    assert len(tall.programs) == 199_999
    assert "200,000 rows" in says(tall)
    assert "50 MB" in says(table.read(made(b"title\n" + b"a\n" * (26 * 1024 * 1024))))


def test_formulas_are_text() -> None:
    program = only(made('title,provider\n"=HYPERLINK(""https://evil.example"")",=SUM(A1:A9)\n'))
    assert program.title == '=HYPERLINK("https://evil.example")'
    assert program.issuer is not None
    assert program.issuer.name == "=SUM(A1:A9)"


def test_a_number_that_json_cannot_keep_is_a_problem() -> None:
    rows = "\n".join(f"Course of welding {row},{row * 7}" for row in range(1, 12))
    reading = table.read(made(f"title,completers\nWelding,9007199254740993\n{rows}\n"))
    assert reading.programs[0].title == "Welding"
    assert "completers" not in reading.programs[0].facts
    assert reading.programs[1].value("completers") == 7
    assert 'row 2, column "completers": "9007199254740993" can\'t be read as completers' in says(reading)


def test_an_address_that_is_no_web_address_is_a_problem() -> None:
    mapping = "columns: {title: title, url: link}"
    reading = table.read_with(
        made("title,link\nWelding,javascript:alert(1)\nTurning,https://academy.example/t\n"),
        table_mapping.load(mapping, "m.yaml"),
    )
    assert [program.url for program in reading.programs] == [None, "https://academy.example/t"]
    assert "is not a web address" in says(reading)


def test_lists_lose_bullets_and_repetition() -> None:
    content = 'title,Learning outcomes,Skills,Prerequisites\nWelding,"- Weld; - Cut\n2. Weld","TIG, MIG",None\n'
    program, other = table.read(made(content + "Turning,,,A safety course\n")).programs
    assert program.outcomes == ("Weld", "Cut")
    assert [skill.label for skill in program.skills] == ["TIG", "MIG"]
    # That nothing is required is known, where other rows show that the column is filled in.
    assert program.prerequisites == ("None",)
    assert other.prerequisites == ("A safety course",)


def test_identifiers_that_only_one_table_knows_do_not_meet_those_of_another() -> None:
    first, second, other = (
        table.read(made("id,title,provider\n1,Welding,A\n2,Welding,A\n")).programs
        + table.read(made("id,title,provider\n1,Turning,B\n")).programs
    )
    assert len({first.id, second.id, other.id}) == 3
    assert only(made("id,title\nhttps://academy.example/1,Welding\n")).id == "https://academy.example/1"


# Workbooks


def test_a_workbook_gives_the_cells_with_their_places() -> None:
    def fill(book: Any) -> None:
        notes = book.add_worksheet("Read me")
        notes.write("A1", "Programs of 2026")
        sheet = book.add_worksheet("My programs")
        sheet.write("B1", "Catalogue")
        sheet.write_row("B3", ["Title", "Level", "Clock hours", "Weeks", "Published on", "Pass mark", "Effort"])
        sheet.write_row("B4", ["Welding", "Beginner"])
        sheet.write_formula("D4", "=6*7", None, 42)
        sheet.write("E4", 6.5)
        sheet.write_datetime("F4", datetime.datetime(2026, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write("G4", 0.8, book.add_format({"num_format": "0%"}))
        sheet.write("H4", 0.3125, book.add_format({"num_format": "[h]:mm"}))

    reading = table.read(workbook(fill))
    assert not reading.problems
    (program,) = reading.programs
    assert known(program) == {
        "audience_level": "beginner",
        "clock_hours_low": 42.0,
        "clock_hours_high": 42.0,
        "duration_weeks_low": 6.5,
        "duration_weeks_high": 6.5,
        "pass_mark": 0.8,
        "workload_hours_low": 7.5,
        "workload_hours_high": 7.5,
    }
    assert program.dates.published == "2026-01-02"
    evidence = program.facts["clock_hours_low"].evidence[0]
    assert (evidence.locator, evidence.quote) == ("'My programs'!D4", "42")


def test_every_sheet_with_a_header_is_read_and_hidden_ones_are_not() -> None:
    def fill(book: Any) -> None:
        for name in ("First", "Second", "Hidden"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Title", "Level"])
            sheet.write_row(1, 0, [f"Course of {name}", "Beginner"])
        sheet.hide()

    reading = table.read(workbook(fill))
    assert [program.title for program in reading.programs] == ["Course of First", "Course of Second"]
    assert reading.programs[1].facts["audience_level"].evidence[0].locator == "Second!B2"
    assert [sheet for sheet, _ in table.guessed(workbook(fill))] == ["First", "Second"]


def test_an_open_document_spreadsheet_is_read() -> None:
    def row(*cells: str) -> str:
        texts = (
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
        )
        return f"<table:table-row>{''.join(texts)}</table:table-row>"

    rows = row("Title", "Level") + row("Welding", "Advanced")
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"' for prefix in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="Programs">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    program = only(made(buffer.getvalue(), "programs", "application/octet-stream"))
    assert program.facts["audience_level"].evidence[0].locator == "Programs!B2"


def test_a_cell_at_the_far_corner_does_not_exhaust_memory() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "Level"])
        sheet.write(1_048_575, 16_383, "x")

    reading = table.read(workbook(fill))
    assert not reading.programs
    assert "more memory or time" in says(reading)


def test_a_workbook_that_takes_too_long_is_given_up() -> None:
    content = workbook(lambda book: book.add_worksheet().write(0, 0, "Title")).content
    with pytest.raises(table_workbook.UnreadableWorkbook, match="more memory or time"):
        table_workbook.read(content, seconds=0.001)


@pytest.mark.parametrize(("size", "says_"), [(250, "unpacks to over 200 MB"), (50, "200 times its size")])
def test_a_zip_bomb_is_refused_before_it_is_opened(size: int, says_: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(size):
            part.write(bytes(1024 * 1024))
    assert says_ in says(table.read(made(buffer.getvalue(), "bomb.xlsx")))


@pytest.mark.parametrize("content", [b"PK\x03\x04 nothing", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)])
def test_a_damaged_workbook_is_one_problem(content: bytes) -> None:
    reading = table.read(made(content, "x.xlsx"))
    assert not reading.programs
    assert len(reading.problems) == 1


# Guessing


def guessed(content: str) -> table_mapping.Mapping:
    ((_, mapping),) = table.guessed(made(content))
    return mapping


@pytest.mark.parametrize(
    ("header", "cells", "target"),
    [
        ("Kurstitel", ["Schweißen"], "title"),
        ("Intitulé de la formation", ["Soudure"], "title"),
        ("courseTitle", ["Welding"], "title"),
        ("Anbieter", ["Akademie"], "issuer"),
        ("Aanbieder", ["Instelling"], "issuer"),
        ("Niveau", ["Débutant", "Avancé"], "audience_level"),
        ("Livello", ["Principiante"], "audience_level"),
        ("Horas", ["40", "20"], "workload_hours"),
        ("Prezzo", ["49 €"], "price"),
        ("Prijs (EUR)", ["49", "99,50"], "price"),
        ("EQF level", ["5", "6"], "level"),
        ("ECTS", ["5", "2,5"], "credits"),
        ("Duration", ["6 weeks", "3 months"], "duration_weeks"),
        ("Duration", ["40 hours", "90 minutes"], "workload_hours"),
        ("Delivery mode", ["Online", "Hybrid"], "delivery"),
        ("identity_verified", ["yes", "no"], "identity_verified"),
        ("Pass mark", ["80 %", "60 %"], "pass_mark"),
        ("pass_mark", ["0.8", "0.6"], "pass_mark"),
        ("Completion Rate", ["0.8", "0.6"], "completion_rate"),
    ],
)
def test_a_header_and_its_cells_suggest_a_target(header: str, cells: list[str], target: str) -> None:
    headers = (header,) if target == "title" else ("Course title", header)
    rows = [[cell] if target == "title" else ["Welding", cell] for cell in cells]
    mapping = guess(headers, rows)
    assert mapping is not None
    assert mapping.columns[target].column == header


@pytest.mark.parametrize(
    ("header", "cells", "reason"),
    [
        ("Level", ["Undergraduate", "Graduate"], "can't be read as audience_level"),
        ("Duration", ["6", "7"], "no unit"),
        ("Price", ["Ask us", "See web page"], "can't be read as price"),
        ("Price", ["0"] * 10, "in every row"),
        ("identity_verified", ["true"] * 10, "in every row"),
        ("Language", ["id"] * 10, "in every row"),
        ("Supervised", ["", ""], "empty"),
        ("eqf_low", ["5", "6"], ""),
        ("Instructor", ["Somebody"], ""),
    ],
)
def test_a_column_that_is_not_understood_stays_unused_with_a_reason(header: str, cells: list[str], reason: str) -> None:
    mapping = guess(("Title", header), [["Welding", cell] for cell in cells])
    assert mapping is not None
    assert mapping.columns.keys() == {"title"}
    assert reason in mapping.unused[header]


def test_the_same_words_in_every_row_are_no_default() -> None:
    rows = [[f"Course {number}", "Online", "English", "yes"] for number in range(12)]
    mapping = guess(("Title", "Delivery", "Language", "Supervised"), rows)
    assert mapping is not None
    assert mapping.columns.keys() == {"title", "delivery", "languages"}
    nine = guess(("Title", "Supervised"), [[row[0], row[3]] for row in rows[:9]])
    assert nine is not None
    assert "supervised" in nine.columns


def test_a_default_is_only_what_stands_in_every_row() -> None:
    rows = [[f"Course {number}", "yes" if number else ""] for number in range(12)]
    mapping = guess(("Title", "Supervised"), rows)
    assert mapping is not None
    assert "supervised" in mapping.columns


@pytest.mark.parametrize(
    "content",
    [
        "name,website,country\nUniversity of Examples,https://u.example,DE\n",
        "O*NET-SOC Code,Title,Description\n11-1011.00,Chief,Leads\n",
        "id,skill\n1,Welding\n",
        "conceptUri,title,level\nhttps://x.example/1,Welding,Beginner\n",
    ],
)
def test_a_table_of_something_else_gives_no_programs_and_says_what_was_seen(content: str) -> None:
    reading = table.read(made(content))
    assert not reading.programs
    (problem,) = reading.problems
    assert "no column looks like the title" in problem.message
    assert all(f'"{column}"' in problem.message for column in content.splitlines()[0].split(","))
    assert not table.guessed(made(content))


def test_a_plain_name_is_a_title_beside_what_only_programs_have() -> None:
    assert only(made("Name,Level\nWelding,Beginner\n")).title == "Welding"


def test_the_guess_can_be_shown_written_and_read_back() -> None:
    mapping = guessed(HEADER + "Welding,Example Academy,Beginner,6,5,199\nTurning,Example Academy,Expert,2,1,99\n")
    assert table_mapping.describe(mapping) == [
        'column "Course Title" → title (text)',
        'column "Provider" → issuer (text)',
        'column "Level" → audience_level (one of; Beginner = beginner; Expert = advanced)',
        'column "Duration (weeks)" → duration_weeks_low/high (duration; weeks)',
        'column "Hours per week" → workload_hours_low/high (effort; hours_per_week)',
        'column "Price (EUR)" → price_amount, price_currency, free (price; EUR)',
    ]
    assert table_mapping.load(table_mapping.to_yaml(mapping), "m.yaml") == mapping


def test_reading_with_the_guess_is_reading() -> None:
    source = made(HEADER + "Welding,Example Academy,Beginner,6,5,199\n")
    assert table.read_with(source, table.guessed(source)[0][1]) == table.read(source)


# Mappings that people write

MAPPING = """
columns:
  title: Name of course
  supervised: {column: Proctored, values: {Yes: true, No: false, maybe: null}}
  pass_mark: {column: Mark, as: percent}
  price: {column: Fee, currency: EUR, zero_is_free: true}
  credits: {column: Points, unit: ects, decimal: ","}
  level: {column: Level, framework: eqf}
constants: {issuer: Example Academy, delivery: online, free: false}
skip_rows_where_empty: [Code]
grade: documented
origin: Course export of the academy, https://academy.example/courses.csv
"""


def test_a_given_mapping_is_followed() -> None:
    rows = 'W1,Welding,Yes,60,100,"2,500",EQF 5\nW2,Turning,maybe,,0,,\n,Total,,,,,\n'
    source = made("Code,Name of course,Proctored,Mark,Fee,Points,Level\n" + rows)
    mapping = table_mapping.load(MAPPING.replace(", free: false", ""), "m.yaml")
    reading = table.read_with(source, mapping)
    assert not reading.problems
    welding, turning = reading.programs
    assert known(welding) == {
        "supervised": True,
        "pass_mark": 0.6,
        "price_amount": 100.0,
        "price_currency": "EUR",
        "free": False,
        "credit_amount": 2.5,
        "credit_unit": "ects",
        "level_code": "5",
        "level_framework": "eqf",
        "delivery": "online",
    }
    assert known(turning) == {"price_amount": 0.0, "price_currency": "EUR", "free": True, "delivery": "online"}
    assert welding.issuer is not None
    assert welding.issuer.name == "Example Academy"
    assert welding.facts["supervised"].grade == "documented"
    constant = welding.facts["delivery"].evidence[0]
    assert (constant.locator, constant.quote) == ('mapping, constant "delivery"', "online")


def test_a_cell_without_a_meaning_in_the_mapping_is_a_problem() -> None:
    mapping = table_mapping.load("columns: {title: t, supervised: {column: s, values: {ja: true}}}", "m.yaml")
    reading = table.read_with(made("t,s\nWelding,vielleicht\n"), mapping)
    assert known(reading.programs[0]) == {}
    assert 'row 2, column "s": "vielleicht" can\'t be read as supervised' in says(reading)


def test_a_value_that_a_fact_cannot_have_is_a_problem() -> None:
    mapping = table_mapping.load("columns: {title: t, completers: c}", "m.yaml")
    reading = table.read_with(made("t,c\nWelding,-99999\nTurning,12\n"), mapping)
    assert [known(program) for program in reading.programs] == [{}, {"completers": 12}]
    assert "completers is at least 0" in says(reading)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("columns: {title: Title, audience_level: Levl}", 'names a column "Levl"[^.]*. Did you mean "Level"'),
        ("columns: {title: Titel}", 'titles from a column "Titel"[^.]*. Did you mean "Title"'),
        ("columns: {title: Title}\nskip_rows_where_empty: [Cod]", 'names a column "Cod"'),
    ],
)
def test_a_column_that_the_table_does_not_have_is_a_problem_and_nothing_is_read(mapping: str, message: str) -> None:
    reading = table.read_with(made("Title,Level\nWelding,beginner\n"), table_mapping.load(mapping, "m.yaml"))
    assert not reading.programs
    assert re.search(message, says(reading))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns: {titel: x}", '"columns" must say which column gives the title'),
        (
            "columns: {title: x, audience_levl: y}",
            '"audience_levl" is neither a field nor a fact. Did you mean "audience_level"',
        ),
        ("columns: {title: x, ects_low: y}", '"ects_low" is derived'),
        ("columns: {title: x, audience_level: {column: y, values: {a: beginer}}}", 'Did you mean "beginner"'),
        ("columns: {title: x, price: {colum: y}}", 'unknown key "colum". Did you mean "column"'),
        ("columns: {title: x, supervised: {column: y, as: number}}", "only as boolean or one_of"),
        ("columns: {title: {column: x, unit: weeks}}", '"unit" has no meaning'),
        ("columns: {title: x, duration_weeks: {column: y, unit: week}}", 'Did you mean "weeks"'),
        ("columns: {title: x, price: {column: y, currency: EURO}}", 'Did you mean "EUR"'),
        ("columns: {title: x, level: y}", 'needs "framework"'),
        ("columns: {title: x}\ngrade: documented", 'needs "origin"'),
        ("columns: {title: x}\ngrade: verified", "grade"),
        ("columns: {title: x}\nconstants: {title: y}", "can't be the same for every row"),
        ("columns: {title: x}\nconstants: {free: maybe}", "true or false"),
        ("columns: {title: x}\nconstants: {price: 3}", "give its facts"),
        ("columns: {title: x, free: y}\nconstants: {free: true}", "keep one"),
        ("columns: {title: x}\nconstant: {free: true}", 'Did you mean "constants"'),
        ("columns: {title: x, title: y}", "stands twice"),
        ("columns: [title]", "columns"),
        ("- 1", "mapping of keys"),
    ],
)
def test_a_mistake_in_a_mapping_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        table_mapping.load(text, "m.yaml")
    assert message in str(error.value)
    assert str(error.value).startswith("m.yaml")


# Recognition


@pytest.mark.parametrize(
    ("content", "name", "media_type", "expected"),
    [
        (b"title\nWelding\n", "x.csv", "text/csv", True),
        (b"", "x.csv", "text/csv", True),
        (b"a\tb\n1\t2\n", "x", "text/tab-separated-values; charset=utf-8", True),
        (b"a;b\n1;2\n", "https://x.example/export?format=csv", "text/plain", True),
        (b"a;b\n1;2\n", "-", "application/octet-stream", True),
        ("a;b\n1;2\n".encode("utf-16"), "x.txt", "text/plain", True),
        (b"Dear all, hello\nand goodbye\n", "x.txt", "text/plain", False),
        (b"a,b\n", "x.txt", "text/plain", False),
        (b'{"a": 1,\n"b": 2}', "x.csv", "text/csv", False),
        (b"[1,\n2,\n3,\n4]", "x.txt", "text/plain", False),
        (b"<html>,\n<p>,", "x.csv", "text/csv", False),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>", "x.csv", "text/csv", False),
        (b"a,b\n1,2\n", "x.json", "application/json", False),
        (b"a,b\n1,2\n", "x.md", "text/plain", False),
        (bytes(range(256)) * 9, "x", "application/octet-stream", False),
        (b"PK\x03\x04 a docx", "x.docx", "application/octet-stream", False),
        (b"PK\x03\x04 a sheet", "x.xlsx", "application/octet-stream", True),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a sheet", "x", "application/vnd.ms-excel", True),
        (b"%PDF-1.7\n", "x.csv", "text/csv", False),
    ],
)
def test_recognition(content: bytes, name: str, media_type: str, expected: bool) -> None:
    assert table.provider.recognises(made(content, name, media_type)) is expected


def test_a_workbook_is_recognised_by_its_parts() -> None:
    content = workbook(lambda book: book.add_worksheet()).content
    assert table.provider.recognises(made(content, "download", ""))


# Properties

cell_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(st.binary(max_size=600))
def test_arbitrary_bytes_never_raise(content: bytes) -> None:
    source = made(content)
    table.provider.recognises(source)
    table.provider.read(source)


@given(
    st.lists(
        st.lists(
            st.sampled_from(["title", "level", "price", "6", "x", '"', "\n", ",", ";", "-1", "1,234", "ECTS"]),
            max_size=6,
        ),
        max_size=8,
    )
)
def test_arbitrary_tables_never_raise(rows: list[list[str]]) -> None:
    table.read(made("title,level,price,weeks,ECTS,effort\n" + "\n".join(",".join(row) for row in rows)))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=40))
def test_damaged_workbooks_never_raise(place: int, noise: bytes) -> None:
    def fill(book: Any) -> None:
        book.add_worksheet().write_row(0, 0, ["Title", "Level"])

    content = workbook(fill).content
    table.read(made(content[:place] + noise + content[place + len(noise) :], "x.xlsx"))


@given(st.lists(st.lists(cell_texts, min_size=1, max_size=5), max_size=8), st.sampled_from(table_text.DELIMITERS))
def test_what_a_writer_of_csv_wrote_reads_back(rows: list[list[str]], delimiter: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    records = list(table_text.records(buffer.getvalue(), delimiter))
    assert records == [(row, False) for row in rows]


@given(
    st.lists(st.tuples(*[st.from_regex(r"[a-z]{1,8}", fullmatch=True)] * 3), min_size=2, max_size=8),
    st.sampled_from(table_text.DELIMITERS),
)
def test_the_delimiter_of_words_is_found(rows: list[tuple[str, ...]], delimiter: str) -> None:
    text = "".join(delimiter.join(row) + "\n" for row in rows)
    assert table_text.delimiter_of(text) == (delimiter, True)


@given(st.text(max_size=30))
def test_cells_are_read_or_refused(words: str) -> None:
    for read in (
        table_cells.boolean,
        table_cells.number,
        table_cells.integer,
        table_cells.percent,
        table_cells.date,
        table_cells.money,
        table_cells.text,
    ):
        try:
            read(words)
        except Unreadable as error:
            assert str(error)


@given(st.integers(0, 10**9), st.sampled_from([",", "."]))
def test_numbers_with_thousands_read_back_where_their_decimal_mark_is_known(value: int, decimal: str) -> None:
    grouped = f"{value:,}" if decimal == "." else f"{value:,}".replace(",", ".")
    assert table_cells.number(grouped, decimal) == value


# Real tables


def _tables() -> list[Path]:
    endings = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods"}
    return sorted(path for path in PROVIDERS.rglob("*") if path.suffix.lower() in endings)


@needs_corpus
@pytest.mark.parametrize("path", _tables(), ids=lambda path: path.name)
def test_evidence_of_real_tables_leads_to_the_cell_that_it_quotes(path: Path) -> None:
    content = path.read_bytes()
    reading = table.read(made(content, path.name))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline="")))
    if not reading.programs:
        assert reading.problems
        return
    for program in reading.programs:
        for fact in program.facts.values():
            for evidence in fact.evidence:
                match = re.fullmatch(r'row (\d+), column "(.+)"', evidence.locator)
                assert match, evidence.locator
                cell = rows[int(match[1]) - 1][[header.strip() for header in rows[0]].index(match[2])]
                assert evidence.quote == " ".join(cell.split())
