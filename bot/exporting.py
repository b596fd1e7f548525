"""Gifts as a file for spreadsheets: read row by row aside, written to disk row by row, and told in the audit log. No names."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from msgspec import Struct

from bot.i18n import Words
from bot.money import Money
from bot.papers.rows import Cell, write_csv, write_xlsx
from bot.periods import Period
from bot.screens import exporting as screens
from bot.screens.match import code
from bot.services import Services
from bot.store import acts, export
from bot.store.export import Line
from bot.store.moments import moment
from bot.store.sql import Tx

Form = Literal["csv", "xlsx"]
# Telegram takes 50 MB from a bot; the rest of the request needs some room.
LARGEST = 45 * 1024 * 1024


class Export(Struct, frozen=True):
    """What is to be written: `slug` "" is all campaigns."""

    slug: str
    period: Period
    form: Form

    @property
    def name(self) -> str:
        """`gifts-humanitarian-2026-11-01-2026-11-30.csv`"""
        return f"gifts-{self.slug or 'all'}-{self.period.first}-{self.period.last}.{self.form}"


class Exported(Struct, frozen=True):
    """`content` is None where the file is larger than Telegram takes."""

    rows: int
    content: bytes | None


async def export_to_chat(services: Services, words: Words, wanted: Export, by: str) -> Exported:
    """The file itself; `by` is the code of who asked, for the audit log."""
    with TemporaryDirectory(prefix="entraide-export-") as folder:
        file = Path(folder, wanted.name)
        rows = await export_to(services, words, wanted, file, by)
        is_small = file.stat().st_size <= LARGEST
        return Exported(rows, await asyncio.to_thread(file.read_bytes) if is_small else None)


async def export_to(services: Services, words: Words, wanted: Export, file: Path, by: str) -> int:
    """Write the file; how many gifts are in it."""
    rows = await services.db.study(lambda tx: _write(tx, words, wanted, file))
    after = {
        "form": wanted.form,
        "from": wanted.period.first.isoformat(),
        "to": wanted.period.last.isoformat(),
        "rows": rows,
    }
    subject, now = wanted.slug or "all", services.clock()
    await services.db.write(lambda tx: acts.record(tx, now, by, "export", subject, after=after))
    return rows


def _write(tx: Tx, words: Words, wanted: Export, file: Path) -> int:
    head, cells = screens.head(words), _cells(tx, words, wanted)
    if wanted.form == "csv":
        return write_csv(file, words.language, head, cells)
    return write_xlsx(file, screens.title(words), head, cells, is_rtl=words.language == "ar")


def _cells(tx: Tx, words: Words, wanted: Export) -> Iterator[tuple[Cell, ...]]:
    states, kinds = screens.states(words), screens.kinds(words)
    for line in export.lines(tx, *wanted.period.bounds, wanted.slug):
        yield _row(line, states, kinds)


def _row(line: Line, states: dict[str, str], kinds: dict[str, str]) -> tuple[Cell, ...]:
    kind = "pledge" if line.is_pledge else "monthly" if line.monthly_id else "once"
    return (
        line.reference.upper(),
        f"{line.receipt // 10**9}-{line.receipt % 10**9:06d}" if line.receipt else None,
        moment(line.arrived),
        line.campaign,
        states[line.state],
        kinds[kind],
        line.currency,
        Money(line.amount, line.currency),
        Money(line.cover, line.currency),
        Money(line.back, line.currency),
        line.goal,
        Money(line.counted, line.goal),
        line.source,
        code(line.donor_id),
    )
