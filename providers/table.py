"""Tables of programs: CSV, TSV and other delimited text, XLSX, XLSB, XLS and ODS.

A table names its columns as it likes, so a mapping says which column gives which field or fact: a given one
(`read_with`), or one guessed from headers and cells (`read`). `guessed` shows the guess, `table_mapping.to_yaml`
writes it down, and a person corrects it.

A table of unknown origin is `claimed` evidence; who maps the official export of an issuer may say `documented`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from evaluator.program import Document, Problem, Program, Reading
from evaluator.strict_yaml import did_you_mean
from providers import table_guess, table_rows, table_text, table_workbook
from providers.provider import Provider
from providers.table_grid import MOST_BYTES, Cell, Grid
from providers.table_mapping import Mapping, missing_columns

_TEXT_TYPES = frozenset({"text/csv", "text/tab-separated-values", "application/csv"})
_WORKBOOK_TYPES = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
_UNTOLD_TYPES = frozenset({"text/plain", "application/octet-stream", ""})
_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".tab"})
_WORKBOOK_ENDINGS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_UNTOLD_ENDINGS = frozenset({"", ".txt", ".dat"})
_ZIP, _OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK_PARTS = (b"xl/workbook", b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
_SNIFFED = 4096
_HEADER_WITHIN = 50
"""Rows from the top among which the header is looked for; titles and notes may stand above it."""
_MOST_SHOWN, _LONGEST_SHOWN = 40, 60
_NO_TITLE = (
    'no column looks like the title of a program; a mapping says which is, such as "columns: {title: Name of course}"'
)

Choose = Callable[[Grid, int], Mapping | None]
"""The mapping if the given row is the header of a table of programs."""
Explain = Callable[[list[str]], str]
"""Why none of the columns that were seen will do."""


def recognises(document: Document) -> bool:
    """Whether it is a workbook or delimited text."""
    content = document.content
    ending = PurePosixPath(document.url.partition("?")[0]).suffix.lower()
    media_type = document.media_type.partition(";")[0].strip().lower()
    if content.startswith((_ZIP, _OLE2)):
        named = media_type in _WORKBOOK_TYPES or ending in _WORKBOOK_ENDINGS
        return named or any(part in content for part in _WORKBOOK_PARTS)
    start = content[:_SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<", b"{", b"%PDF")):
        return False
    if media_type in _TEXT_TYPES or ending in _TEXT_ENDINGS:
        return True
    if media_type in _WORKBOOK_TYPES and ending not in _WORKBOOK_ENDINGS:
        return bool(start)  # browsers send CSV under the type of the program that opens it
    untold = media_type in _UNTOLD_TYPES and ending in _UNTOLD_ENDINGS
    return untold and not start.startswith(b"[") and _is_delimited(content[: 16 * _SNIFFED])


def _is_delimited(content: bytes) -> bool:
    text, _ = table_text.decode(content)
    printable = sum(character.isprintable() or character in "\t\r\n" for character in text[:_SNIFFED])
    return printable >= 0.95 * len(text[:_SNIFFED]) and table_text.delimiter_of(text)[1]


def read(document: Document) -> Reading:
    """The programs of a table, by a guessed mapping. Never raises for what the document holds."""
    return _read(document, _guess, lambda seen: _NO_TITLE)


def read_with(document: Document, mapping: Mapping) -> Reading:
    """The programs of a table, by a given mapping.

    Reads every sheet that has the column of the title. Columns that the mapping names and a table does not have
    are problems, and that table is not read: a slip of the pen must not look like a document that is silent.
    """

    title = mapping.columns["title"].column

    def choose(grid: Grid, row: int) -> Mapping | None:
        return mapping if title in grid.names(row) else None

    def explain(seen: list[str]) -> str:
        near = did_you_mean(title, seen)
        return f'the mapping takes titles from a column "{title}", which the table does not have.{near}'

    return _read(document, choose, explain)


def guessed(document: Document) -> list[tuple[str | None, Mapping]]:
    """The guessed mapping of each table in the document, with the name of its sheet (`None` for a text file)."""
    grids, _ = _grids(document)
    found = ((grid, _header(grid, _guess)) for grid in grids)
    return [(grid.sheet, header[1]) for grid, header in found if header]


def headers(document: Document) -> tuple[str, ...]:
    """The columns of the first table in the document, for a person to say what they give."""
    grids, _ = _grids(document)
    return _columns(grids[0]) if grids else ()


def _guess(grid: Grid, row: int) -> Mapping | None:
    if not table_guess.may_hold_titles(grid.rows[row]):
        return None
    mapping = table_guess.guess(grid.names(row), grid.rows[row + 1 :])
    # Below the first rows a cell such as "Name" is content, unless a second column of programs stands beside it.
    return mapping if mapping and (len(mapping.columns) > 1 or row == _first_row(grid)) else None


def _read(document: Document, choose: Choose, explain: Explain) -> Reading:
    grids, problems = _grids(document)
    programs: list[Program] = []
    headers = [(grid, _header(grid, choose)) for grid in grids]
    found = [(grid, *header) for grid, header in headers if header]
    for grid in [grid for grid, *_ in found] or grids:
        problems += (_problem(document, *note) for note in grid.notes)
    for grid, row, mapping in found:
        if missing := missing_columns(mapping, grid.names(row)):
            problems += (_problem(document, grid.row_locator(row), sentence) for sentence in missing)
            continue
        faults = table_rows.Faults()
        programs += table_rows.programs(document, grid, row, mapping, faults)
        problems += faults.problems(document.url)
    if grids and not found:
        seen = [name for grid in grids for name in _columns(grid)]
        shown = ", ".join(f'"{name[:_LONGEST_SHOWN]}"' for name in seen[:_MOST_SHOWN])
        rest = f" and {len(seen) - _MOST_SHOWN} more" if len(seen) > _MOST_SHOWN else ""
        problems.append(_problem(document, "the header", f"{explain(seen)}; its columns are {shown}{rest}"))
    return Reading(programs=tuple(programs), problems=tuple(problems))


def _header(grid: Grid, choose: Choose) -> tuple[int, Mapping] | None:
    """The first row that is the header of a table of programs, with the mapping."""
    for row in range(min(len(grid.rows), _HEADER_WITHIN)):
        if mapping := choose(grid, row):
            return row, mapping
    return None


def _first_row(grid: Grid) -> int | None:
    """The first row that holds more than a note."""
    filled = [row for row, cells in enumerate(grid.rows[:_HEADER_WITHIN]) if any(map(_is_filled, cells))]
    wide = (row for row in filled if sum(map(_is_filled, grid.rows[row])) > 1)
    return next(wide, filled[0] if filled else None)


def _columns(grid: Grid) -> tuple[str, ...]:
    """Columns of a table whose header was not found."""
    row = _first_row(grid)
    return () if row is None else grid.names(row)


def _is_filled(cell: Cell) -> bool:
    return bool(str(cell).strip())


def _grids(document: Document) -> tuple[list[Grid], list[Problem]]:
    """The tables in a document, and why there are none."""
    content = document.content
    if len(content) > MOST_BYTES:
        return [], [_problem(document, "", f"a table may have {MOST_BYTES // 1024**2} MB; split it")]
    if not content.strip():
        return [], [_problem(document, "", "the file is empty")]
    if not content.startswith((_ZIP, _OLE2)):
        return [table_text.read(content)], []
    try:
        grids = table_workbook.read(content)
    except table_workbook.UnreadableWorkbook as error:
        return [], [_problem(document, "", str(error))]
    return grids, [] if grids else [_problem(document, "", "no sheet of the workbook holds anything")]


def _problem(document: Document, locator: str, message: str) -> Problem:
    return Problem(document=document.url, locator=locator, message=message)


provider = Provider(
    name="table",
    title="Tables: CSV, TSV, XLSX, XLS and ODS",
    recognises=recognises,
    read=read,
)
