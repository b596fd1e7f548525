"""A glance stays on the loop's thread, sees what was committed just before, and leaves to another thread what takes long."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import StoreDown
from bot.store import marks
from bot.store.database import Database, alone
from bot.store.migrate import migrate
from bot.store.near import Busy, Near
from bot.store.sql import Tx
from tests import engine

pytestmark = engine.only_sqlite
_LONG = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT max(i) FROM n"
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    migrate(f"sqlite:///{tmp_path}/one.db")
    return f"sqlite:///{tmp_path}/one.db"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    one = Database(url)
    await one.open()
    yield one
    await one.close()


def _connected(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)


def _with_a_log(url: str) -> sqlite3.Connection:
    """As a running bot has it."""
    connection = _connected(url)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


class Clock:
    """Goes on by `step` seconds each time it is looked at."""

    def __init__(self) -> None:
        self.now, self.step = 100.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def value(tx: Tx) -> str | None:
    return marks.get(tx, "key")


async def test_a_glance_sees_each_commit_the_moment_it_is_there(db: Database, url: str) -> None:
    for number in map(str, range(20)):
        await db.write(lambda tx, one=number: marks.put(tx, "key", one))
        assert await db.glance(value) == number
    await asyncio.to_thread(lambda: alone(url, lambda tx: marks.put(tx, "key", "from elsewhere"), keep=True))
    assert await db.glance(value) == "from elsewhere"


async def test_a_glance_gives_way_to_nobody_and_leaves_no_view_open(db: Database, url: str) -> None:
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "somebody else")
    assert await db.glance(lambda tx: (threading.get_ident(), list(others))) == (threading.get_ident(), [])
    # An open view would keep the log from being emptied.
    await db.write(lambda tx: marks.put(tx, "key", "1"))
    with contextlib.closing(_connected(url)) as other:
        assert list(other.execute("PRAGMA wal_checkpoint(TRUNCATE)")) == [(0, 0, 0)]


async def test_what_takes_many_steps_is_begun_again_on_another_thread(db: Database) -> None:
    threads: list[int] = []

    def work(tx: Tx) -> int:
        threads.append(threading.get_ident())
        return tx.plain(_LONG)[0][0]

    assert await db.glance(work) == 100000
    here, there = threads
    assert here == threading.get_ident() != there


def _log_is_free(url: str) -> bool:
    """Whether nobody's open view keeps the log from being emptied."""
    with contextlib.closing(_connected(url)) as other:
        other.execute("INSERT OR REPLACE INTO marks (key, value) VALUES ('other', 'news')")
        return list(other.execute("PRAGMA wal_checkpoint(TRUNCATE)")) == [(0, 0, 0)]


def test_a_glance_is_as_short_after_thirty_thousand_as_the_first_and_none_leaves_its_view_open(
    url: str,
) -> None:
    """SQLite counts the steps of a statement over all its runs, and each of these ends with the same ROLLBACK."""
    with contextlib.closing(Near(_with_a_log(url), Clock())) as near:
        assert [near.view(value) for _ in range(30_000)] == [None] * 30_000
        assert _log_is_free(url)


def test_what_was_cut_off_leaves_no_view_open(url: str) -> None:
    with contextlib.closing(Near(_with_a_log(url), Clock())) as near:
        for _ in range(20):
            with pytest.raises(Busy):
                near.view(lambda tx: tx.plain(_LONG))
            assert _log_is_free(url)
        assert near.view(value) is None


async def test_what_a_glance_would_write_is_not_written(db: Database) -> None:
    await db.glance(lambda tx: marks.put(tx, "key", "1"))
    assert await db.glance(value) is None


async def test_a_fault_of_the_work_is_its_callers(db: Database) -> None:
    def work(tx: Tx) -> None:
        raise KeyError(value(tx))

    with pytest.raises(KeyError):
        await db.glance(work)
    assert await db.glance(value) is None


async def test_once_closed_every_call_says_so_every_time(url: str) -> None:
    one = Database(url)
    await one.open()
    await one.close()
    for call in (one.glance, one.read, one.write) * 2:
        with pytest.raises(StoreDown):
            await call(value)


def test_after_a_slow_one_none_is_tried_for_a_moment(url: str) -> None:
    clock = Clock()
    near = Near(_connected(url), clock)
    clock.step = 0.06
    assert near.view(lambda tx: tx.plain("SELECT 1")[0][0]) == 1
    clock.step = 0.0
    with pytest.raises(Busy):
        near.view(value)
    clock.now += 1.01
    assert near.view(value) is None
    assert near.view(value) is None
    near.close()


def test_a_lock_that_lets_nobody_read_is_not_waited_for_here(url: str) -> None:
    """As while another process mends the log: the reader's thread has seconds for that."""
    with contextlib.closing(_connected(url)) as other, contextlib.closing(Near(_connected(url))) as near:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy):
            near.view(value)
        other.close()
        assert near.view(value) is None
