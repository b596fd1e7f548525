"""A glance at PostgreSQL is no transaction: it sees what was committed just before, writes nothing, outlives its connection."""

from collections.abc import AsyncIterator

import pytest

from bot.errors import StoreDown
from bot.store import marks
from bot.store.database import Database
from bot.store.sql import Tx


@pytest.fixture
async def db(postgres_url: str) -> AsyncIterator[Database]:
    one = Database(postgres_url)
    await one.open()
    yield one
    await one.close()


def value(tx: Tx) -> str | None:
    return marks.get(tx, "key")


async def test_a_glance_sees_each_commit_and_asks_for_no_transaction(db: Database) -> None:
    said: list[str] = []
    for number in map(str, range(5)):
        await db.write(lambda tx, one=number: marks.put(tx, "key", one))
        await db.trace(said.append)
        assert await db.glance(value) == number
        assert await db.glance(lambda tx: [row[0] for row in tx.plain("SELECT value FROM marks")]) == [number]
        await db.trace(None)
    assert {one.split()[0] for one in said} == {"SELECT"}


async def test_a_glance_writes_nothing(db: Database) -> None:
    with pytest.raises(StoreDown, match="read-only"):
        await db.glance(lambda tx: marks.put(tx, "key", "1"))
    assert await db.read(value) is None


async def test_a_glance_whose_connection_had_died_is_tried_on_another(db: Database) -> None:
    await db.write(lambda tx: marks.put(tx, "key", "1"))
    assert await db.glance(value) == "1"
    ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    await db.write(lambda tx: tx.plain(ended))
    assert await db.glance(value) == "1"
