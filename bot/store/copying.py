"""A whole book in pages, for a copy from one database to another: read, written, counted and compared table by table."""

import contextlib
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Table, func, insert, select, tuple_

from bot.store import marks
from bot.store.database import alone, engine_of
from bot.store.sql import Statement, Tx, Value, at
from bot.store.tables import leases, metadata
from bot.store.tables import marks as marks_table

TABLES = tuple(table for table in metadata.sorted_tables if table is not leases)
"""Each after those that it refers to; who holds what at the moment is no part of the book."""
PAGE = 1000
# SQLite looks a statement's names up one by one: rows that come in one statement are few.
_TOGETHER = 25
# Stands in the target from the first row to the last comparison; it is no part of the book.
_MARK = "copying"
_OTHERS = (
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'entraide' AND datname = current_database() "
    "AND pid <> pg_backend_pid()"
)
Line = tuple[Value, ...]


def begin(tx: Tx) -> None:
    marks.put(tx, _MARK, "1")


def end(tx: Tx) -> None:
    marks.drop(tx, _MARK)


def is_unfinished(tx: Tx) -> bool:
    """Whether a copy into this database was begun, and not found whole."""
    return marks.get(tx, _MARK) is not None


def is_empty(tx: Tx) -> bool:
    return all(not page(tx, table, None, 1) for table in TABLES)


def page(tx: Tx, table: Table, after: Line | None, most: int = PAGE) -> list[Line]:
    """The rows that follow the one whose key is `after`, all columns, by key."""
    key = {f"after_{place}": value for place, value in enumerate(after or ())}
    return [tuple(row) for row in tx.all(_page(table, is_first=after is None), most=most, **key)]


def last(tx: Tx, table: Table) -> Line | None:
    """The key of the last row."""
    row = tx.one(_last(table))
    return None if row is None else tuple(row)


def key_of(table: Table, line: Line) -> Line:
    return tuple(value for column, value in zip(table.columns, line, strict=True) if column.primary_key)


def put(tx: Tx, table: Table, lines: list[Line]) -> None:
    for start in range(0, len(lines), _TOGETHER):
        some = lines[start : start + _TOGETHER]
        places = {f"p{row}_{place}": value for row, one in enumerate(some) for place, value in enumerate(one)}
        tx.do(_put(table, len(some)), **places)


def counted(tx: Tx, table: Table) -> tuple[int, ...]:
    """How many rows, and the sum of each column of money, whatever the currency: to be compared, not to be believed."""
    row = tx.one(_counted(table))
    return tuple(row or ())


def number_on(tx: Tx) -> None:
    """PostgreSQL: new rows get numbers after those that were copied, and the planner learns how many rows there are."""
    for table in TABLES:
        if (column := table.autoincrement_column) is not None:
            tx.plain(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # nosec B608  names of our own tables
                f"coalesce(max({column.name}), 0) + 1, false) FROM {table.name}"
            )
    tx.plain("ANALYZE")


def is_in_use(url: str) -> bool:
    """Whether another process has the book open; a bot that was killed has not."""
    if engine_of(url) == "sqlite":
        return _is_locked(Path(url.removeprefix("sqlite:///")))
    return bool(alone(url, lambda tx: tx.plain(_OTHERS)))


def _is_locked(path: Path) -> bool:
    """Whoever has a file open in WAL mode keeps it from being locked; a lock that is had is let go at once."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as one:
        one.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            one.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        return False


@lru_cache
def _page(table: Table, *, is_first: bool) -> Statement:
    keys = table.primary_key.columns
    rows: Select[Any] = select(*table.columns).order_by(*keys).limit(at("most"))
    if not is_first:
        rows = rows.where(tuple_(*keys) > tuple_(*(at(f"after_{place}") for place in range(len(keys)))))
    return Statement(_of_the_book(table, rows))


@lru_cache
def _last(table: Table) -> Statement:
    keys = table.primary_key.columns
    rows = select(*keys).order_by(*(key.desc() for key in keys)).limit(1)
    return Statement(_of_the_book(table, rows))


@lru_cache
def _counted(table: Table) -> Statement:
    sums = (func.coalesce(func.sum(table.c[name]), 0) for name in money_of(table))
    return Statement(_of_the_book(table, select(func.count(), *sums).select_from(table)))


@lru_cache
def _put(table: Table, count: int) -> Statement:
    """Each place is named by its row and its column."""
    names = [column.name for column in table.columns]
    rows = [{name: at(f"p{row}_{place}") for place, name in enumerate(names)} for row in range(count)]
    return Statement(insert(table).values(rows))


def money_of(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name.endswith("_minor")]


def _of_the_book(table: Table, rows: Select[Any]) -> Select[Any]:
    return rows.where(marks_table.c.key != _MARK) if table is marks_table else rows
