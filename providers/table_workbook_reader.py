"""Reads a workbook from standard input and writes its cells as JSON; runs in a process of its own.

Started by `table_workbook.py` only. Imports nothing of the project, so that it starts fast and isolated.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import sys
from typing import Any

import msgspec
import python_calamine as calamine

MOST_MEMORY = 2 * 1024**3
"""Bytes of address space; reading 200,000 rows of 50 columns takes about half a gigabyte."""
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL, MOST_SHEETS = 200_000, 500, 32 * 1024, 100
"""The limits of `table_grid.py`, which can't be imported here."""
MOST_CHARACTERS = 200 * 1024 * 1024
"""Text in all cells together: a workbook stores a repeated text once."""


def main() -> None:
    """Answer `{"sheets": […]}`, or `{"error": …}`."""
    _limit_memory()
    answer: dict[str, Any]
    try:
        answer = {"sheets": _sheets(sys.stdin.buffer.read())}
    except MemoryError:
        sys.exit(1)
    except Exception as error:
        answer = {"error": " ".join(str(error).split())[:200]}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # only Unix systems can be told
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _sheets(content: bytes) -> list[dict[str, Any]]:
    left = MOST_CHARACTERS
    sheets = []
    with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        for number, about in enumerate(workbook.sheets_metadata[:MOST_SHEETS]):
            if about.typ != calamine.SheetTypeEnum.WorkSheet or about.visible != calamine.SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_index(number)
            if sheet.start is not None:
                made, used = _sheet(sheet, left)
                sheets.append(made)
                left -= used
    return sheets


def _sheet(sheet: calamine.CalamineSheet, left: int) -> tuple[dict[str, Any], int]:
    notes: list[tuple[str, str]] = []
    rows: list[list[Any]] = []
    used = 0
    first_row, first_column = sheet.start or (0, 0)
    if sheet.width > MOST_COLUMNS:
        notes.append((sheet.name, f"a table may have {MOST_COLUMNS} columns; the rest was not read"))
    for row in sheet.to_python(skip_empty_area=True, nrows=MOST_ROWS):
        cells = [_cell(value) for value in row[:MOST_COLUMNS]]
        used += sum(len(cell) for cell in cells if isinstance(cell, str))
        if used > left:
            notes.append((sheet.name, "the workbook holds more text than can be read; split it"))
            break
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in cells):
            place = f"{sheet.name}, row {first_row + 1 + len(rows)}"
            notes.append((place, f"a cell may hold {LONGEST_CELL:,} characters; a longer one was left empty"))
            cells = ["" if isinstance(cell, str) and len(cell) > LONGEST_CELL else cell for cell in cells]
        rows.append(cells)
    if sheet.height > MOST_ROWS:
        notes.append((sheet.name, f"a table may have {MOST_ROWS:,} rows; the rest was not read; split it"))
    made = {"name": sheet.name, "first_row": first_row + 1, "first_column": first_column, "rows": rows, "notes": notes}
    return made, used


def _cell(value: Any) -> str | int | float | bool:
    """A value that JSON can hold; dates, times and lengths of time as ISO 8601 writes them."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return ""
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime.datetime) and value.time() == datetime.time.min:
        value = value.date()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"PT{value.total_seconds() / 3600:g}H" if value.total_seconds() > 0 else ""
    return ""


if __name__ == "__main__":
    main()
