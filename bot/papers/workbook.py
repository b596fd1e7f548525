"""Writes a workbook as XLSX; every text is written as text, so that no title becomes a formula. Same facts, same bytes."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from bot.i18n import ZONE, Words
from bot.money import CURRENCIES, Money
from bot.papers.facts import Report
from bot.screens.reports import Cell, Page, Workbook, workbook

# What a spreadsheet would take for the beginning of a formula, once somebody edits the cell or saves it as CSV.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDTH, _WIDEST = 9, 60


def render_workbook(words: Words, report: Report) -> bytes:
    return as_xlsx(workbook(words, report))


def as_xlsx(book: Workbook) -> bytes:
    """Sums are numbers in major units with the currency's decimals; moments are in the campaign's zone."""
    import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

    out = BytesIO()
    opened: Any = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    with opened as file:
        made = book.made_at.astimezone(UTC).replace(tzinfo=None)
        file.set_properties({"title": book.title, "author": book.author, "created": made})
        formats = _Formats(file)
        for page in book.pages:
            _write(file.add_worksheet(page.title[:31]), page, formats, is_rtl=book.is_rtl)
    return out.getvalue()


class _Formats:
    """Each way to show a cell, made once for a workbook."""

    def __init__(self, file: Any) -> None:
        self.head = file.add_format({"bold": True, "bg_color": "#eef6f0", "text_wrap": True, "valign": "top"})
        self.quoted = file.add_format({"quote_prefix": True})
        self.day = file.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = file.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._sums = {
            places: file.add_format({"num_format": "#,##0" + ("." + "0" * places if places else "")})
            for places in (0, 2, 3)
        }

    def sum(self, money: Money) -> Any:
        return self._sums[CURRENCIES[money.currency].decimals]


def _write(sheet: Any, page: Page, formats: _Formats, *, is_rtl: bool) -> None:
    if is_rtl:
        sheet.right_to_left()
    for y, row in enumerate(page.rows):
        is_head = page.has_head and y == 0
        for x, cell in enumerate(row):
            _cell(sheet, y, x, cell, formats, formats.head if is_head else None)
    if page.has_head:
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(page.rows) - 1, 1), len(page.rows[0]) - 1)
    for x, width in enumerate(_widths(page)):
        sheet.set_column(x, x, width)


def _cell(sheet: Any, y: int, x: int, cell: Cell, formats: _Formats, head: Any) -> None:
    match cell:
        case str():
            sheet.write_string(y, x, cell, head or (formats.quoted if cell.startswith(_FORMULA) else None))
        case Money():
            sheet.write_number(y, x, cell.decimal, formats.sum(cell))
        case datetime():
            sheet.write_datetime(y, x, cell.astimezone(ZONE).replace(tzinfo=None), formats.moment)
        case date():
            sheet.write_datetime(y, x, cell, formats.day)
        case int():
            sheet.write_number(y, x, cell)


def _widths(page: Page) -> list[int]:
    """Wide enough for what stands there; a row of one cell alone may run over its neighbours."""
    columns = max(len(row) for row in page.rows)
    widths = [_WIDTH] * columns
    for y, row in enumerate(page.rows):
        if len(row) > 1 and not (page.has_head and y == 0):
            widths = [
                max(width, min(_WIDEST, _length(row[x]) + 2)) if x < len(row) else width
                for x, width in enumerate(widths)
            ]
    return widths


def _length(cell: Cell) -> int:
    match cell:
        case str():
            return len(cell)
        case Money():
            return len(f"{cell.decimal:,}")
        case datetime():
            return 16
        case date() | int():
            return 10
