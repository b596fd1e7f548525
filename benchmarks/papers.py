"""`python -m benchmarks.papers`: how long papers take, beside the same compiler with an empty page, as one line of JSON."""

import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import typst
from msgspec import Struct
from msgspec.structs import asdict, replace

from benchmarks import pictures
from benchmarks.bots import ROOT, pin
from bot.i18n import Catalogues, Words
from bot.papers import printing
from bot.papers.press import fonts_folder

RECEIPTS, STATEMENTS, ROWS = 60, 20, 200


class Papers(Struct, frozen=True):
    """Milliseconds, the median; `floor` is Typst, warm, with one line of the same font on one page."""

    floor: float
    receipt: float
    statement: float


def measure() -> Papers:
    """In one process, warm, in all three languages, no two papers the same, since Typst remembers what it has seen."""
    catalogues = Catalogues("fr")
    spoken = [catalogues.words(language) for language in catalogues.languages]
    for words in spoken:
        _receipt(words, 0)
        _statement(words, 0)
    with TemporaryDirectory() as folder:
        bare = Bare(folder)
        bare.print(-1)
        floor = _median(bare.print, RECEIPTS)
    return Papers(
        floor=floor,
        receipt=_median(lambda number: _receipt(spoken[number % 3], number + 1), RECEIPTS),
        statement=_median(lambda number: _statement(spoken[number % 3], number + 1), STATEMENTS),
    )


def _median(work: Callable[[int], object], times: int) -> float:
    taken: list[float] = []
    gc.collect()
    for number in range(times):
        began = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def _receipt(words: Words, number: int) -> bytes:
    sheet = pictures.receipt(words)
    return printing.as_pdf(replace(sheet, number=f"2026-{number:06d}"))


def _statement(words: Words, number: int) -> bytes:
    sheet = pictures.statement(words, ROWS)
    totals, entries = sheet.tables
    # Another donor has other references: each row differs from those of the statement before.
    rows = tuple(
        (date, title, f"{number:03d}{reference}", *rest) for date, title, reference, *rest in entries.rows
    )
    return printing.as_pdf(replace(sheet, tables=(totals, replace(entries, rows=rows))))


class Bare:
    """Typst with our font and nothing of ours: one line on one page."""

    def __init__(self, folder: str) -> None:
        page = Path(folder) / "page.typ"
        page.write_text('#set text(font: "FiraGO", fallback: false)\n#sys.inputs.number', encoding="utf-8")
        own = fonts_folder()
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[own])
        self._compiler = typst.Compiler(str(page), root=folder, font_paths=fonts)

    def print(self, number: int) -> bytes:
        made = self._compiler.compile(format="pdf", sys_inputs={"number": str(number)}, timestamp=0)
        assert isinstance(made, bytes)
        return made


async def apart() -> Papers:
    """Measured in a process of its own, on the core where the bots run."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.papers", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    pin(process.pid, 0)
    said, _ = await process.communicate()
    return Papers(**json.loads(said))


if __name__ == "__main__":
    print(json.dumps(asdict(measure())))
