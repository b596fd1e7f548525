"""The database refuses for a moment while a broadcast goes: nobody is lost, nobody gets it twice, nobody is in doubt."""

import asyncio
import contextlib

import pytest

from bot.broadcasts import Tally
from sandbox.telegram.crowd import Crowd
from tests import engine
from tests.journeys.test_broadcasts import composed, crowd_of, everybody_is_here, ring, tally
from tests.stage import Stage

CROWD = 40
# Of a failure that is waited for, on a machine that has other work: PostgreSQL's new connections wait ten seconds for a lock.
SEEN = 60


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(SEEN):
        while not any(words in one.getMessage() for one in caplog.records):
            await asyncio.sleep(0.01)


def lock_at(stage: Stage, number: int, other: engine.Holder, moment: str) -> asyncio.Event:
    """Nobody else can write from this message on; the event says that it has come."""
    locked, seen = asyncio.Event(), 0

    def take() -> None:
        if other.take():
            locked.set()
        else:
            asyncio.get_running_loop().call_later(0.001, take)

    def spy(when: str, name: str) -> None:
        nonlocal seen
        seen += (when, name) == (moment, "sendMessage")
        if (when, name, seen) == (moment, "sendMessage", number):
            take()

    stage.telegram.spies.append(spy)
    return locked


async def everybody_got_it_once(stage: Stage, id: int, crowd: Crowd) -> None:
    await stage.until_rows("SELECT state FROM broadcasts", [("done",)], 30)
    assert await tally(stage, id) == Tally(total=CROWD + 1, sent=CROWD + 1)
    assert [len(stage.telegram.posted(one)) for one in crowd.donors] == [1] * CROWD
    sends = "SELECT state, count(*), count(message_id), min(attempts), max(attempts) FROM broadcast_sends GROUP BY state"
    assert await stage.rows(sends) == [("sent", CROWD + 1, CROWD + 1, 1, 1)]


async def test_what_was_sent_while_nobody_could_write_is_written_down_later_and_nobody_is_lost(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, CROWD)
    made = await composed(stage, {"en": "Hello"})
    await stage.services.db.write(engine.impatient)
    with contextlib.closing(engine.Holder(stage.settings.database_url)) as other:
        locked = lock_at(stage, 10, other, "before")
        await ring(stage)
        async with asyncio.timeout(SEEN):
            await locked.wait()
        await until_logged(caplog, "what was sent cannot be written down yet")
        await until_logged(caplog, "nobody can be taken now")
        assert (await tally(stage, made.id)).sent < CROWD
        other.let_go()
    await everybody_got_it_once(stage, made.id, crowd)


async def test_sending_goes_on_while_nobody_can_be_planned(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, CROWD)
    made = await composed(stage, {"en": "Hello"})
    # The end of the plan cannot be written, as where a part of the disk is broken.
    async with stage.broken("UPDATE OF is_fanned ON broadcasts", is_down=True):
        await ring(stage)
        await until_logged(caplog, "nobody can be planned now")
        await stage.until_rows("SELECT sent FROM broadcasts", [(CROWD + 1,)], SEEN)
        assert await stage.rows("SELECT state FROM broadcasts") == [("running",)]
    await everybody_got_it_once(stage, made.id, crowd)
