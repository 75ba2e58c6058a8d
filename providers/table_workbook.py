"""Tables in workbooks: XLSX, XLSM, XLSB, XLS and ODS.

The cells are read by `table_workbook_reader.py` in a process of its own, with limits on memory and time. A workbook
of a few kilobytes can claim a cell at the far corner of a sheet, or directory sizes that are not true; the library
then asks for more memory than there is, which ends the process that it runs in.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec

from providers.table_grid import Cell, Grid

MOST_UNPACKED = 200 * 1024 * 1024
"""Bytes that a workbook may unpack to."""
MOST_RATIO = 200
"""How many times larger a part of a workbook may become; counts from a megabyte, since small parts pack well."""
_RATIO_COUNTS_FROM = 1024 * 1024
_SECONDS = 60
_READER = Path(__file__).with_name("table_workbook_reader.py")
_TOO_MUCH = (
    "the workbook asks for more memory or time than reading a table may take; delete cells that lie far below or "
    "right of the table, or save the sheet as CSV"
)


class UnreadableWorkbook(ValueError):
    """A workbook that can't be read; the message says why and what to do."""


class _Sheet(msgspec.Struct):
    name: str
    first_row: int
    first_column: int
    rows: list[list[Cell]]
    notes: list[tuple[str, str]]


class _Answer(msgspec.Struct):
    sheets: list[_Sheet] = []
    error: str | None = None


def read(content: bytes, seconds: float = _SECONDS) -> list[Grid]:
    """Every visible sheet that holds cells. Raises UnreadableWorkbook."""
    _check_sizes(content)
    try:
        # -I: nothing beside the reader and nothing of the environment is imported in place of what is installed.
        done = subprocess.run(
            [sys.executable, "-I", str(_READER)], input=content, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnreadableWorkbook(_TOO_MUCH) from None
    try:
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except msgspec.DecodeError:
        raise UnreadableWorkbook(_TOO_MUCH) from None
    if answer.error is not None:
        raise UnreadableWorkbook(f"it is not a workbook that can be read ({answer.error}); save it anew, or as CSV")
    return [
        Grid(sheet.rows, sheet.name, sheet.first_row, sheet.first_column, tuple(sheet.notes)) for sheet in answer.sheets
    ]


def _check_sizes(content: bytes) -> None:
    """Refuse a zip file that says it unpacks to far more than it holds. Raises UnreadableWorkbook."""
    if not content.startswith(b"PK"):
        return
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, LookupError, OSError) as error:
        raise UnreadableWorkbook(f"the workbook is damaged ({error}); save it anew") from None
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnreadableWorkbook(f"the workbook unpacks to over {MOST_UNPACKED // 1024**2} MB; split it")
    for part in parts:
        if part.file_size > max(_RATIO_COUNTS_FROM, MOST_RATIO * part.compress_size):
            raise UnreadableWorkbook(
                f"a part of the workbook unpacks to over {MOST_RATIO} times its size; save it anew"
            )
