"""Prints a sheet as PDF with Typst; refuses to read what people wrote as markup: a sheet goes in as JSON, nothing else.

The same facts give the same bytes: the only date in the file is the paper's own, and only FiraGO is used, never a font
of the machine. Typst and the fonts are in a process of their own: see bot/papers/press.py.
"""

import asyncio
import atexit
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, ParamSpec, cast

from msgspec import to_builtins
from msgspec.structs import replace

from bot.figures import Stats
from bot.i18n import Words
from bot.papers import code
from bot.papers.direction import pieces
from bot.papers.facts import CreditNote, Evidence, Receipt, Report, Statement
from bot.papers.press import Press
from bot.screens import papers, reports, stats
from bot.screens.sheet import Sheet, Table
from bot.screens.stats import Chart

P = ParamSpec("P")
TEMPLATE = Path(__file__).with_name("sheet.typ")
CHART = Path(__file__).with_name("chart.typ")
_CHART_PPI = 144
_LONG, _MEASURED = 40, 10


def render_receipt(words: Words, receipt: Receipt) -> bytes:
    return as_pdf(papers.receipt(words, receipt))


def render_credit_note(words: Words, note: CreditNote) -> bytes:
    return as_pdf(papers.credit_note(words, note))


def render_statement(words: Words, statement: Statement) -> bytes:
    return as_pdf(papers.statement(words, statement))


def render_report(words: Words, report: Report) -> bytes:
    return as_pdf(reports.report(words, report))


def render_evidence(words: Words, evidence: Evidence) -> bytes:
    return as_pdf(papers.evidence(words, evidence))


def render_chart(words: Words, found: Stats, titles: Mapping[str, str], made_at: datetime) -> bytes:
    """A PNG."""
    chart = stats.chart(words, found, titles, made_at)
    inputs = {"chart": json.dumps(_fields(chart) | {"language": words.language}, ensure_ascii=False)}
    return compiled(CHART, inputs, made_at, "png", _CHART_PPI)[0]


async def printed(render: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> bytes:
    """`render(*args)` off the event loop, in a thread that waits for the press."""
    return await asyncio.get_running_loop().run_in_executor(_press(), lambda: render(*args, **kwargs))


def as_pdf(sheet: Sheet) -> bytes:
    return _compiled(sheet, "pdf")[0]


def as_pictures(sheet: Sheet, ppi: float = 110) -> list[bytes]:
    """One PNG per page, for eyes that check."""
    return _compiled(sheet, "png", ppi)


def _compiled(sheet: Sheet, format: Literal["pdf", "png"], ppi: float | None = None) -> list[bytes]:
    data = json.dumps(_data(sheet), ensure_ascii=False)
    return compiled(TEMPLATE, {"sheet": data}, sheet.made_at, format, ppi)


def compiled(
    template: Path,
    inputs: dict[str, str],
    made_at: datetime,
    format: Literal["pdf", "png"],
    ppi: float | None,
) -> list[bytes]:
    """The pages that a template makes of its inputs, JSON that it reads as `sys.inputs`; one file where it is a PDF."""
    return _office().print(template, inputs, int(made_at.timestamp()), format, ppi)


@lru_cache(maxsize=1)
def _press() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="papers")


@lru_cache(maxsize=1)
def _office() -> Press:
    one = Press()
    atexit.register(one.close)
    return one


def _data(sheet: Sheet) -> dict[str, object]:
    tables = [_fields(table) | {"longest": shown(_long(table))} for table in sheet.tables]
    drawn = code.drawing(sheet.verify_url) if sheet.verify_url else ""
    return {
        "lang": sheet.frame.language,
        "url": sheet.verify_url,
        "code": drawn,
        "sheet": _fields(replace(sheet, verify_url="", tables=())) | {"tables": tables},
    }


def _fields(one: Sheet | Table | Chart) -> dict[str, object]:
    return cast("dict[str, object]", shown(to_builtins(one, builtin_types=(datetime,))))


def _long(table: Table) -> list[list[str]]:
    """The longest cells of each column of a long table: measuring these is cheaper than laying out "auto" columns twice."""
    if len(table.rows) < _LONG:
        return []
    columns = zip(*table.rows, strict=True)
    return [sorted(set(column), key=lambda cell: (-len(cell), cell))[:_MEASURED] for column in columns]


def shown(value: object) -> object:
    """Every string as its pieces; JSON knows no moments, and the paper's own is not printed by itself."""
    match value:
        case str():
            return pieces(value)
        case dict():
            fields = cast("dict[str, object]", value)
            return {name: shown(one) for name, one in fields.items() if not isinstance(one, datetime)}
        case tuple() | list():
            return [shown(one) for one in cast("Iterable[object]", value)]
        case _:
            return value
