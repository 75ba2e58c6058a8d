"""Tables in text files: delimiter, character set, quotes that nobody closed.

RFC 4180 describes comma-separated values; what is published under that name seldom keeps to it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from providers.table_grid import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Grid

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_RECORDS = 50
_MOST_UNCLOSED = 100
"""Quotes without an end that are worked around; each costs parsing the text behind it again."""
_MOST_NOTES = 20
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Note = tuple[str, str]


def read(content: bytes) -> Grid:
    """The table in a text file. Never raises for what the file holds."""
    text, notes = decode(content)
    rows, more = _rows(text, delimiter_of(text)[0])
    return Grid(rows, notes=(*notes, *more))


def decode(content: bytes) -> tuple[str, tuple[Note, ...]]:
    """The text of a file: UTF-8, UTF-16 with a byte order mark, else Windows-1252 with a note that says so.

    A file that is UTF-8 in more places than it is not is damaged UTF-8, and Windows-1252 would damage the rest.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    notes: list[Note] = []
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = "the text" if encoding == "utf-16" else f"line {line}"
        text, message = _damaged(content, encoding)
        notes.append((place, message))
    if "\0" in text:
        notes.append(("the text", "it holds NUL characters, which were left out; save it as UTF-8 text"))
        text = text.replace("\0", "")
    return text, tuple(notes)


def _damaged(content: bytes, encoding: str) -> tuple[str, str]:
    if encoding == "utf-16":
        return content.decode(encoding, "replace"), "it is not valid UTF-16; save it as UTF-8"
    text = content.decode(encoding, "replace")
    broken = text.count("\ufffd")
    if encoding == "utf-8-sig" or sum(character > "\x7f" for character in text) > 2 * broken:
        return text, f"it is not valid UTF-8 here and in {broken - 1} more places, shown as \ufffd; save it as UTF-8"
    return (
        content.decode("cp1252", "replace"),
        "it is not valid UTF-8 and was read as Windows-1252, so letters with accents may be wrong; save it as UTF-8",
    )


def delimiter_of(text: str) -> tuple[str, bool]:
    """The delimiter that splits the first record and fills most cells of equally long records; whether all are so.

    The first record decides before the number of cells does, because `1,5;2,5` holds more commas than semicolons.
    """
    lines = io.StringIO(text[:_SAMPLE_CHARACTERS], newline="").readlines()
    if len(text) > _SAMPLE_CHARACTERS:
        lines.pop()
    best, chosen, clear = (False, 0), DELIMITERS[0], False
    for delimiter in DELIMITERS:
        sample = islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_RECORDS)
        widths = [len(cells) for cells in sample if cells] or [0]
        width, count = Counter(widths).most_common(1)[0]
        score = (widths[0] > 1, count * (width - 1))
        if score[1] > 0 and score > best:
            best, chosen, clear = score, delimiter, count == len(widths) > 1
    return chosen, clear


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], list[Note]]:
    rows: list[list[str]] = []
    notes: list[Note] = []
    unclosed = 0
    for cells, is_unclosed in records(text, delimiter):
        place = f"row {len(rows) + 1}"
        if len(rows) == MOST_ROWS:
            notes.append((place, f"a table may have {MOST_ROWS:,} rows; the rest was not read; split it"))
            break
        if is_unclosed:
            unclosed += 1
            notes.append((place, "a quotation mark opens here and is never closed; the line was read without quoting"))
        if unclosed > _MOST_UNCLOSED:
            notes.append((place, f"over {_MOST_UNCLOSED} quotation marks are never closed; the rest was not read"))
            break
        rows.append(_within_limits(cells, place, notes))
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [("the text", f"and {len(notes) - _MOST_NOTES} more such problems"), notes[-1]]
    return rows, notes


def _within_limits(cells: list[str], place: str, notes: list[Note]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        notes.append((place, f"a row may have {MOST_COLUMNS} cells; this one has {len(cells)}; the rest was not read"))
        cells = cells[:MOST_COLUMNS]
    if any(len(cell) > LONGEST_CELL for cell in cells):
        notes.append((place, f"a cell may hold {LONGEST_CELL:,} characters; a longer one was left empty"))
        cells = [cell if len(cell) <= LONGEST_CELL else "" for cell in cells]
    return cells


def records(text: str, delimiter: str) -> Iterator[tuple[list[str], bool]]:
    """Every record, and whether a quotation mark opens in it that is never closed.

    Such a record would swallow all that follow; it is read as one line, without quoting, and reading goes on
    behind it. An empty line is a record without cells, as a spreadsheet program shows it.
    """
    lines = io.StringIO(text, newline="").readlines()
    start = 0
    while start < len(lines):
        reader = csv.reader(lines[start:], delimiter=delimiter)
        begins = 0
        try:
            for cells in reader:
                if start + reader.line_num == len(lines) and _is_open(lines[start + begins :], delimiter):
                    break
                yield cells, False
                begins = reader.line_num
            else:
                return
        except csv.Error:
            pass  # a cell beyond csv.field_size_limit(), which an open quotation mark makes of the rest of a file
        start += begins
        yield lines[start].rstrip("\r\n").split(delimiter), True
        start += 1


def _is_open(lines: list[str], delimiter: str) -> bool:
    """Whether the record that these lines hold is still open at their end: it would swallow one more line."""
    return len(list(csv.reader([*lines, "x"], delimiter=delimiter))) == 1
