"""The disk takes nothing for a while: what was asked meanwhile is answered afterwards, and the bot lives on."""

import asyncio
import contextlib
import resource
import sqlite3
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.errors import StoreDown
from bot.store.sqlite import Sqlite
from sandbox.app import Sandbox
from tests.faults.holds import well
from tests.stage import Stage, bot_beside, settings_for, shows, to_the_bridge

# Of what is waited for on a machine that has other work.
SEEN = 20
_HOLD = "CREATE TABLE hoard (one BLOB)"
_PUT = "INSERT INTO hoard VALUES (zeroblob({}))"


def file_of(stage: Stage) -> Path:
    assert isinstance(stage.services.db, Sqlite)
    return stage.services.db.path


async def at_writer(stage: Stage, sql: str) -> None:
    """Said to the bot's own writing connection, outside any transaction."""
    assert isinstance(stage.services.db, Sqlite)
    writer = stage.services.db._writer
    await writer.hop(lambda: writer.raw.execute(sql).fetchall())


@contextlib.asynccontextmanager
async def locked(stage: Stage) -> AsyncGenerator[None]:
    """Another process holds the write lock for longer than the bot waits for it."""
    await at_writer(stage, "PRAGMA busy_timeout=10")
    with contextlib.closing(sqlite3.connect(file_of(stage), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.asynccontextmanager
async def read_only(stage: Stage) -> AsyncGenerator[None]:
    await at_writer(stage, "PRAGMA query_only=ON")
    yield
    await at_writer(stage, "PRAGMA query_only=OFF")


@contextlib.asynccontextmanager
async def no_growth(stage: Stage) -> AsyncGenerator[None]:
    """No file of this process may be written beyond where the log stands: what a full disk does to each commit."""
    del stage
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.asynccontextmanager
async def full(stage: Stage) -> AsyncGenerator[None]:
    """Not a page is left: SQLite itself says "database or disk is full", and undoes the transaction in its middle."""
    [(pages,)] = await stage.rows("PRAGMA page_count")
    await at_writer(stage, _HOLD)
    await at_writer(stage, f"PRAGMA max_page_count={pages + 60}")
    for size in (4000, 400, 40, 1):
        with contextlib.suppress(sqlite3.OperationalError):
            while True:
                await at_writer(stage, _PUT.format(size))
    yield
    await at_writer(stage, "PRAGMA max_page_count=1000000")


Trouble = Callable[[Stage], AbstractAsyncContextManager[None]]
TROUBLES: tuple[Trouble, ...] = (locked, read_only, no_growth)


@pytest.fixture(params=["webhook", "polling"])
async def either(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    async with bot_beside(
        sandbox, settings_for(sandbox, tmp_path, webhook=request.param == "webhook")
    ) as one:
        yield one


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(SEEN):
        while not any(words in f"{one.getMessage()} {vars(one)}" for one in caplog.records):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.__name__)
async def test_what_is_asked_and_paid_while_nothing_can_be_written_is_answered_and_thanked_afterwards(
    either: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    await lived_through(either, trouble, caplog)
    assert not either.running.done(), "the bot lived through it"


async def lived_through(stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    john, yasmine = stage.john(), stage.yasmine()
    session = await to_the_bridge(stage, john)
    async with trouble(stage):
        caplog.clear()
        stage.stripe.pay(session)
        tapped = await yasmine.start("c_humanitarian")
        await until_logged(caplog, "StoreDown")
        assert await stage.rows("SELECT state FROM donations") == [("awaiting",)]
        assert tapped in stage.telegram.updates.waiting, "what is not on disk is not acknowledged"
        assert not any(one.sender == "bot" for one in yasmine.messages)
    await john.says("Received: 200 MAD", SEEN)
    await yasmine.until(lambda one: shows(one, "Donner"), SEEN)
    await well(stage)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB, which only root may have made."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)],
        check=False,
        stderr=subprocess.DEVNULL,
    )
    if done.returncode:
        pytest.skip("to mount a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@contextlib.asynccontextmanager
async def no_space(stage: Stage) -> AsyncGenerator[None]:
    """Somebody else's file takes all that is left."""
    await at_writer(stage, "PRAGMA wal_checkpoint(TRUNCATE)")
    hoard = file_of(stage).with_name("hoard")
    with hoard.open("wb", buffering=0) as one, contextlib.suppress(OSError):
        while True:
            one.write(bytes(4096))
    yield
    hoard.unlink()


async def test_a_disk_without_space_is_lived_through(
    sandbox: Sandbox, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, small_disk, webhook=True)) as stage:
        await lived_through(stage, no_space, caplog)
        assert any("disk is full" in f"{vars(one)}" for one in caplog.records), "it is said what is wrong"


async def test_a_disk_that_fills_up_in_the_middle_of_a_commit_keeps_nothing_of_it_and_all_hear(
    stage: Stage,
) -> None:
    """What SQLite undoes by itself must not leave half a batch behind."""
    db = stage.services.db
    await db.write(lambda tx: tx.plain("CREATE TABLE odd (one BLOB)"))
    small, large = (f"INSERT INTO odd VALUES (zeroblob({size}))" for size in (1, 5_000_000))
    async with full(stage):
        heard = await asyncio.gather(
            *(db.write(lambda tx, sql=sql: tx.plain(sql)) for sql in (small, large, small)),
            return_exceptions=True,
        )
        assert [type(one) for one in heard] == [StoreDown] * 3
        assert await stage.rows("SELECT count(*) FROM odd") == [(0,)]
    await db.write(lambda tx: tx.plain(large))
    await stage.until_health("ok")
    await well(stage)
