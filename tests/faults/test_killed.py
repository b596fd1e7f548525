"""A forked death is as good as a real one: SIGKILL at the same point leaves the same bytes."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sqlite3
import warnings
from pathlib import Path

import pytest

from sandbox.app import Sandbox, running
from tests.faults.dying import Deaths
from tests.faults.holds import IS_WHOLE
from tests.faults.inline import inline
from tests.faults.journeys import GIFT
from tests.stage import bot_beside, settings_for

# Of the thirty worlds or so that a gift leaves; how many there are depends on what waits for what, so the last are not asked for.
WORLDS = (2, 9, 14, 20, 24) if IS_WHOLE else (9, 22)
_FORK = multiprocessing.get_context("fork")


class Killed(Deaths):
    """At one of its worlds the process copies what a fork would be given, and is killed for good."""

    def __init__(self, sandbox: Sandbox, folder: Path, world: int) -> None:
        super().__init__(GIFT, sandbox, settings_for(sandbox, folder, webhook=True), 0)
        self._world = world

    def fork(self, where: str) -> None:
        if self.worlds == self._world:
            self.left("copied")
            os.kill(os.getpid(), signal.SIGKILL)


async def walk(folder: Path, world: int) -> None:
    async with running(pause=0.02) as sandbox:
        deaths = Killed(sandbox, folder, world)
        deaths.listen()
        with inline(deaths.changed, deaths.point):
            async with bot_beside(sandbox, deaths.settings) as stage:
                await deaths.walk(stage)


def victim(folder: Path, world: int) -> None:
    asyncio.run(walk(folder, world))


def content(file: Path) -> list[str]:
    """Everything in it, as whoever starts next finds it."""
    with contextlib.closing(sqlite3.connect(file)) as one:
        assert one.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return list(one.iterdump())


@pytest.mark.parametrize("world", WORLDS)
def test_sigkill_leaves_the_bytes_that_a_forked_world_is_given(world: int, tmp_path: Path) -> None:
    one = _FORK.Process(target=victim, args=(tmp_path, world))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        one.start()
    one.join(120)
    assert one.exitcode == -signal.SIGKILL
    for name in ("entraide.db", "entraide.db-wal"):
        dead, forked = (folder / name for folder in (tmp_path, tmp_path / "copied"))
        assert dead.read_bytes() == forked.read_bytes(), name
    assert content(tmp_path / "entraide.db") == content(tmp_path / "copied" / "entraide.db")
