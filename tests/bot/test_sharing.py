"""What processes on one database need of each other: who may serve, who holds what, who is fenced off, how the pace is shared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import DatabaseTaken, LeaseLost
from bot.model import Delivery, DeliveryKind, DeliveryState
from bot.sharing import Leases, SharedLocks, share
from bot.store import deliveries, leases, marks
from bot.store.deliveries import Owed
from bot.store.fenced import Fenced
from bot.store.presence import present
from bot.store.sql import Tx
from tests import engine

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return engine.fresh(tmp_path)


@asynccontextmanager
async def process(url: str) -> AsyncIterator[tuple[Fenced, Leases]]:
    db = Fenced(url)
    await db.open()
    yield db, Leases(db, 60)
    await db.close()


def run_out(url: str, name: str) -> None:
    """As if its holder had been silent for a term."""
    engine.sql(url, "UPDATE leases SET until = 1 WHERE name = ?", [name])


async def test_who_does_everything_is_alone_and_others_may_share(url: str) -> None:
    async with present(url, alone=False, patience=5), present(url, alone=False, patience=5):
        with pytest.raises(DatabaseTaken, match="stop it first"):
            async with present(url, alone=True, patience=0.2):
                pytest.fail("it is not alone")
    async with present(url, alone=True, patience=5):
        with pytest.raises(DatabaseTaken, match="entraide run"):
            async with present(url, alone=False, patience=0.2):
                pytest.fail("another is alone here")


async def test_a_new_process_waits_for_the_old_one_to_end(url: str) -> None:
    here, leaving = asyncio.Event(), asyncio.Event()

    async def old() -> None:
        async with present(url, alone=True, patience=5):
            here.set()
            await leaving.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(old())
        await here.wait()
        asyncio.get_running_loop().call_later(0.3, leaving.set)
        async with present(url, alone=True, patience=10):
            assert leaving.is_set()


async def test_a_name_is_held_by_one_process_and_free_after_it_or_after_its_term(url: str) -> None:
    async with process(url) as (_, ours), process(url) as (_, theirs):
        mine = await ours.take("x")
        assert mine is not None
        assert await theirs.take("x") is None
        run_out(url, "x")
        assert await theirs.take("x") is not None
        await theirs.leave()
        assert await ours.take("x") is not None


async def test_what_was_taken_over_meanwhile_is_written_by_the_new_holder_alone(url: str) -> None:
    async with process(url) as (db, ours), process(url) as (other, theirs):
        mine = await ours.take("gift")
        assert mine is not None
        async with ours.holding(mine) as hold:
            await db.write(lambda tx: marks.put(tx, "by", "us"))
            run_out(url, "gift")
            new = await theirs.take("gift")
            assert new is not None
            with pytest.raises(LeaseLost):
                await db.write(lambda tx: marks.put(tx, "by", "us, late"))
            await ours.beat()
            assert hold.lost.is_set()
        async with theirs.holding(new):
            await other.write(lambda tx: marks.put(tx, "by", "them"))
        assert engine.sql(url, "SELECT value FROM marks WHERE key = 'by'") == [("them",)]
        assert engine.sql(url, "SELECT count(*) FROM leases") == [(0,)]


async def test_what_nobody_took_over_is_still_ours_after_its_term(url: str) -> None:
    async with process(url) as (db, ours):
        mine = await ours.take("gift")
        assert mine is not None
        async with ours.holding(mine) as hold:
            run_out(url, "gift")
            await ours.beat()
            await db.write(lambda tx: marks.put(tx, "by", "us"))
            assert not hold.lost.is_set()
            assert await db.read(lambda tx: leases.owner(tx, "gift")) == ours.owner


async def test_a_lock_keeps_the_order_of_two_processes(url: str) -> None:
    told: list[str] = []
    async with process(url) as (_, ours), process(url) as (_, theirs):
        entered = asyncio.Event()

        async def second() -> None:
            await entered.wait()
            async with SharedLocks(theirs).of("gift"):
                told.append("second")

        async with asyncio.TaskGroup() as group:
            group.create_task(second())
            async with SharedLocks(ours).of("gift"):
                entered.set()
                await asyncio.sleep(0.1)
                told.append("first")
    assert told == ["first", "second"]


def test_two_couriers_never_take_the_same_and_who_was_overtaken_ends_nothing(url: str) -> None:
    with engine.tx(url) as tx:
        for number in range(4):
            deliveries.owe(tx, Owed(DeliveryKind.ALERT, f"a{number}", chat_id=1), NOW)
        first, second = _claimed(tx, NOW, 3, "a"), _claimed(tx, NOW, 3, "b")
        assert [len(first), len(second)] == [3, 1]
        assert deliveries.release_dead(tx, ["b"]) == 3
        again = _claimed(tx, NOW + timedelta(seconds=1), 9, "b")
        assert [one.id for one in again] == [one.id for one in first]
        assert all(one.in_doubt for one in again)
        deliveries.end(tx, first[0], DeliveryState.FAILED, error="late")
        deliveries.sent(tx, again[0], 5, NOW)
        assert tx.plain("SELECT state, error FROM deliveries WHERE dedupe_key = 'a0'")[0][:] == ("sent", None)


@pytest.mark.parametrize("workers", [1, 2, 3, 9])
def test_all_workers_together_send_what_one_alone_might(workers: int) -> None:
    others = [share(28, workers, leads=False) for _ in range(workers - 1)]
    assert sum([share(28, workers, leads=True), *others]) == pytest.approx(28)


def _claimed(tx: Tx, now: datetime, most: int, who: str) -> list[Delivery]:
    return [one for one, is_ours in deliveries.claim(tx, now, most, who) if is_ours()]
