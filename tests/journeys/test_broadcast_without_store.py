"""The database refuses for a moment while a broadcast goes: nobody is lost, nobody gets it twice, nobody is in doubt."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from bot.broadcasts import Tally
from sandbox.telegram.crowd import Crowd
from tests.journeys.test_broadcasts import composed, crowd_of, everybody_is_here, ring, tally
from tests.stage import Stage

CROWD = 40
# Of a failure that is waited for, on a machine that has other work.
SEEN = 20


@contextlib.contextmanager
def other_process(path: Path | None) -> Generator[sqlite3.Connection]:
    """A connection of somebody else's to the same file."""
    assert path is not None
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as one:
        yield one


async def impatient(stage: Stage) -> None:
    """The bot's writer gives up on a lock at once, and not after seconds."""
    await stage.services.db.write(lambda tx: tx.plain("PRAGMA busy_timeout=10"))


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(SEEN):
        while not any(words in one.getMessage() for one in caplog.records):
            await asyncio.sleep(0.01)


def lock_at(stage: Stage, number: int, other: sqlite3.Connection, moment: str) -> asyncio.Event:
    """Nobody else can write from this message on; the event says that it has come."""
    locked, seen = asyncio.Event(), 0

    def spy(when: str, name: str) -> None:
        nonlocal seen
        seen += (when, name) == (moment, "sendMessage")
        if seen == number and not locked.is_set():
            other.execute("BEGIN IMMEDIATE")
            locked.set()

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
    await impatient(stage)
    with other_process(stage.settings.database_file) as other:
        locked = lock_at(stage, 10, other, "before")
        await ring(stage)
        async with asyncio.timeout(SEEN):
            await locked.wait()
        await until_logged(caplog, "what was sent cannot be written down yet")
        await until_logged(caplog, "nobody can be taken now")
        assert (await tally(stage, made.id)).sent < 10
        other.execute("ROLLBACK")
    await everybody_got_it_once(stage, made.id, crowd)


async def test_sending_goes_on_while_nobody_can_be_planned(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, CROWD)
    made = await composed(stage, {"en": "Hello"})
    with other_process(stage.settings.database_file) as other:
        # The end of the plan cannot be written, as where a part of the file is broken.
        other.execute(
            "CREATE TRIGGER broken BEFORE UPDATE OF is_fanned ON broadcasts BEGIN INSERT INTO gone VALUES (1); END"
        )
        await ring(stage)
        await until_logged(caplog, "nobody can be planned now")
        await stage.until_rows("SELECT sent FROM broadcasts", [(CROWD + 1,)], SEEN)
        assert await stage.rows("SELECT state FROM broadcasts") == [("running",)]
        other.execute("DROP TRIGGER broken")
    await everybody_got_it_once(stage, made.id, crowd)
