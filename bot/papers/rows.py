"""Writes tables row by row to a file, as CSV or XLSX; memory does not grow with them. No text becomes a formula.

CSV is for Excel as it is set up where its language is spoken: see docs/decisions/0022.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.i18n import ZONE
from bot.money import CURRENCIES, Money

Cell = str | int | Money | datetime | None
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_COMMA = ("ar", "fr")
_WIDTH = 16


def write_csv(file: Path, language: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """How many rows there were, without the head. UTF-8 with a mark, which Excel needs to know it for UTF-8."""
    has_comma = language in _COMMA
    count = 0
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";" if has_comma else ",")
        writer.writerow([_harmless(one) for one in head])
        for row in rows:
            writer.writerow([_written(cell, has_comma=has_comma) for cell in row])
            count += 1
    return count


def _written(cell: Cell, *, has_comma: bool) -> str:
    match cell:
        case None:
            return ""
        case Money():
            places = CURRENCIES[cell.currency].decimals
            plain = f"{cell.decimal:.{places}f}"
            return plain.replace(".", ",") if has_comma else plain
        case datetime():
            return f"{cell.astimezone(ZONE):%Y-%m-%d %H:%M}"
        case int():
            return str(cell)
        case str():
            return _harmless(cell)


def _harmless(text: str) -> str:
    """A leading apostrophe keeps it text, as OWASP's page "CSV Injection" asks for."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_xlsx(
    file: Path, title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], *, is_rtl: bool
) -> int:
    """How many rows there were, without the head. Each row goes to disk before the next is read."""
    import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

    options = {"constant_memory": True, "strings_to_formulas": False, "tmpdir": str(file.parent)}
    opened: Any = xlsxwriter.Workbook(str(file), options)
    with opened as book:
        sheet = book.add_worksheet(title[:31])
        if is_rtl:
            sheet.right_to_left()
        sheet.set_column(0, len(head) - 1, _WIDTH)
        sheet.freeze_panes(1, 0)
        formats = _Formats(book)
        for x, name in enumerate(head):
            sheet.write_string(0, x, name, formats.head)
        y = 0
        for y, row in enumerate(rows, 1):
            for x, cell in enumerate(row):
                _put(sheet, y, x, cell, formats)
    return y


class _Formats:
    """Each way to show a cell, made once for a file."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bg_color": "#eef6f0"})
        self.quoted = book.add_format({"quote_prefix": True})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._sums = {
            places: book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else "")})
            for places in (0, 2, 3)
        }

    def sum(self, money: Money) -> Any:
        return self._sums[CURRENCIES[money.currency].decimals]


def _put(sheet: Any, y: int, x: int, cell: Cell, formats: _Formats) -> None:
    match cell:
        case None:
            return
        case str():
            sheet.write_string(y, x, cell, formats.quoted if cell.startswith(_FORMULA) else None)
        case Money():
            sheet.write_number(y, x, cell.decimal, formats.sum(cell))
        case datetime():
            sheet.write_datetime(y, x, cell.astimezone(ZONE).replace(tzinfo=None), formats.moment)
        case int():
            sheet.write_number(y, x, cell)
