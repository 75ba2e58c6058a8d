"""The cells of a table as its file holds them, before anybody knows what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int | float | bool
"""Text as it stands, or the value of a typed cell of a workbook (dates are ISO 8601 text); "" for an empty one."""

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 500
LONGEST_CELL = 32 * 1024
"""Characters; a spreadsheet program holds 32,767 in a cell."""


@dataclass(frozen=True)
class Grid:
    """One table of a text file, or one sheet of a workbook."""

    rows: Sequence[Sequence[Cell]]
    sheet: str | None = None
    """Name of the sheet; `None` for a text file."""
    first_row: int = 1
    """Number that a spreadsheet program shows beside `rows[0]`."""
    first_column: int = 0
    """Columns that lie empty to the left of the cells."""
    notes: tuple[tuple[str, str], ...] = ()
    """Locator and message of everything that could not be read as it stands."""

    def row_locator(self, row: int) -> str:
        """Where `rows[row]` is."""
        number = self.first_row + row
        return f"row {number}" if self.sheet is None else f"{_quoted(self.sheet)}!{number}:{number}"

    def locator(self, row: int, column: int, name: str) -> str:
        """Where the cell `rows[row][column]` is; `name` is what its column is called."""
        if self.sheet is None:
            return f'row {self.first_row + row}, column "{name}"'
        return f"{_quoted(self.sheet)}!{letters(self.first_column + column)}{self.first_row + row}"

    def names(self, row: int) -> tuple[str, ...]:
        """What the columns are called if `rows[row]` is the header: no two alike, none empty.

        A column without a header, or with one that an earlier column has, is named by its letter.
        """
        names: dict[str, None] = {}
        for column, cell in enumerate(self.rows[row]):
            letter = f"column {letters(self.first_column + column)}"
            name = " ".join(str(cell).split()) or letter
            while name in names:
                name = f"{name} ({letter})"
            names[name] = None
        return tuple(names)


def letters(column: int) -> str:
    """What a spreadsheet program calls a column: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _quoted(sheet: str) -> str:
    """The name of a sheet as formulas write it."""
    plain = sheet.isascii() and sheet.replace("_", "").isalnum() and not sheet[:1].isdigit()
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"
