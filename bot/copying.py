"""A book moves to another database, of either engine: copied in pages, broken off and taken up again, compared to the last row."""

import asyncio
from collections.abc import Callable
from itertools import zip_longest
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import Table

from bot.errors import CopyRefused, EntraideError
from bot.ledger import faults
from bot.store import copying as pages
from bot.store import ledger
from bot.store.copying import Line
from bot.store.database import Database, engine_of
from bot.store.migrate import HEAD, migrate, version
from bot.store.sql import Tx

T = TypeVar("T")
Tell = Callable[[str], object]
_TELL_EVERY = 50_000


class Compared(Struct, frozen=True):
    """One table in both books. `sums`: of each column of money; `wrong` says what differs, "" where nothing does."""

    table: str
    rows: int
    sums: tuple[tuple[str, int], ...]
    wrong: str


async def copy(source: str, target: str, tell: Tell) -> list[Compared]:
    """Copy all of `source` into the empty `target`, or go on where this was broken off. Raises CopyRefused.

    The source is only read, on one consistent view. What is found wrong afterwards keeps the target marked as unfinished.
    """
    await asyncio.to_thread(_ready, source, target)
    there = _There(Database(target))
    await there.open()
    try:
        return await Database(source).study(lambda tx: _Copy(tx, there, tell).made())
    finally:
        await there.close()


def table(compared: list[Compared]) -> str:
    """What was compared, for a terminal."""
    return "\n".join(
        f"{one.table:<20} {one.rows:>10,} rows  {one.wrong or 'the same'}"
        + "".join(f"\n{'':<20} {minor:>10,} {name}" for name, minor in one.sums if minor)
        for one in compared
    )


def _ready(source: str, target: str) -> None:
    for url in (source, target):
        if engine_of(url) == "sqlite" and not url.startswith("sqlite:///"):
            raise CopyRefused("a database is named by sqlite:///path or postgresql://user@host/name")
    if (known := version(source)) != HEAD:
        raise CopyRefused(f"the source is at version {known}, not {HEAD}: run `entraide migrate` on it first")
    if pages.is_in_use(source):
        raise CopyRefused("the source is in use: stop the bot first, and whatever else has it open")
    if (known := version(target)) is None:
        migrate(target)
    elif known != HEAD:
        raise CopyRefused(f"the target is at version {known}: give an empty database")


class _There:
    """The target, for the thread that reads the source."""

    def __init__(self, db: Database) -> None:
        self.engine = db.engine
        self._db = db
        self._loop = asyncio.get_running_loop()
        self._is_over = False

    async def open(self) -> None:
        await self._db.open()

    async def close(self) -> None:
        self._is_over = True
        await self._db.close()

    def read(self, work: Callable[[Tx], T]) -> T:
        self._stop_if_over()
        return asyncio.run_coroutine_threadsafe(self._db.read(work), self._loop).result()

    def write(self, work: Callable[[Tx], T]) -> T:
        self._stop_if_over()
        return asyncio.run_coroutine_threadsafe(self._db.write(work), self._loop).result()

    def _stop_if_over(self) -> None:
        if self._is_over:
            raise CopyRefused("broken off: run the same command to go on")


class _Copy:
    """One run, in a thread of its own: `here` is the source's open view."""

    def __init__(self, here: Tx, there: _There, tell: Tell) -> None:
        self._here = here
        self._there = there
        self._tell = tell

    def made(self) -> list[Compared]:
        self._begin()
        for one in pages.TABLES:
            self._copy(one)
        if self._there.engine == "postgresql":
            self._there.write(pages.number_on)
        compared = [*(self._compared(one) for one in pages.TABLES), self._chain()]
        if not any(one.wrong for one in compared):
            self._there.write(pages.end)
        return compared

    def _begin(self) -> None:
        if pages.is_unfinished(self._here):
            raise CopyRefused("the source is itself a copy that was not finished")
        if not self._there.read(pages.is_unfinished):
            if not self._there.read(pages.is_empty):
                raise CopyRefused("the target is not empty")
            self._there.write(pages.begin)
            return
        for one in pages.TABLES:
            if self._first_difference(one, is_whole=False) is not None:
                raise CopyRefused(
                    f"the target is the unfinished copy of another book, or this one has changed since ({one.name}): "
                    "give an empty database"
                )
        self._tell("going on where it was broken off")

    def _copy(self, table: Table) -> None:
        total = pages.counted(self._here, table)[0]
        done = self._there.read(lambda tx: pages.counted(tx, table))[0]
        after = self._there.read(lambda tx: pages.last(tx, table))
        while lines := pages.page(self._here, table, after):
            self._put(table, lines)
            after, done = pages.key_of(table, lines[-1]), done + len(lines)
            if done % _TELL_EVERY == 0:
                self._tell(f"{table.name}: {done:,} of {total:,}")
        self._tell(f"{table.name}: {done:,}")

    def _put(self, table: Table, lines: list[Line]) -> None:
        try:
            self._there.write(lambda tx: pages.put(tx, table, lines))
        except EntraideError:
            raise
        except Exception as error:
            # The first line alone: what follows it may hold the row.
            why = str(error).partition("\n")[0]
            first, last = (pages.key_of(table, one) for one in (lines[0], lines[-1]))
            raise CopyRefused(f"{table.name}, in the rows from {first} to {last}: {why}") from error

    def _compared(self, table: Table) -> Compared:
        ours = pages.counted(self._here, table)
        theirs = self._there.read(lambda tx: pages.counted(tx, table))
        wrong = "" if ours == theirs else f"differs: {ours} became {theirs}"
        if not wrong and (key := self._first_difference(table, is_whole=True)) is not None:
            wrong = f"differs at {key}"
        return Compared(table.name, ours[0], tuple(zip(pages.money_of(table), ours[1:], strict=True)), wrong)

    def _first_difference(self, table: Table, *, is_whole: bool) -> Line | None:
        """The key of the first row that is not the same in both; up to the target's last one where it is not `is_whole`."""
        after: Line | None = None
        while True:
            theirs = self._page_there(table, after)
            ours = pages.page(self._here, table, after, pages.PAGE if is_whole else len(theirs))
            if ours != theirs:
                both = next(pair for pair in zip_longest(ours, theirs) if pair[0] != pair[1])
                return pages.key_of(table, both[0] or both[1])
            if not theirs:
                return None
            after = pages.key_of(table, theirs[-1])

    def _page_there(self, table: Table, after: Line | None) -> list[Line]:
        return self._there.read(lambda tx: pages.page(tx, table, after))

    def _chain(self) -> Compared:
        """The ledger's head, and every row's hash in the target counted again."""
        ours = ledger.head(self._here)
        theirs = self._there.read(ledger.head)
        fault = self._there.read(lambda tx: next(faults(ledger.all_rows(tx)), None))
        wrong = "" if ours == theirs else f"differs: {ours[1]} became {theirs[1]}"
        if fault is not None:
            wrong = f"row {fault.seq} {fault.why}"
        return Compared("the ledger's chain", theirs[0], (), wrong)
