"""kill -9 at every await of every journey: each world that a kill can leave goes on to the same end."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from sandbox.app import running
from tests.faults.apart import printing_apart
from tests.faults.dying import Deaths, Journey
from tests.faults.holds import IS_WHOLE
from tests.faults.inline import inline
from tests.faults.journeys import ASK, ERASE, GIFT, JOURNEYS, PAYING, UNDO
from tests.stage import QUICK, bot_beside, settings_for

# The first life stands still while others begin: nobody may take that for silence.
CALM = replace(QUICK, telegram_read=60, stripe_read=60, patience=60, sweep=30, pulse=5)
RAM = Path("/dev/shm")
EVERY = [(one, "webhook") for one in JOURNEYS] + [(one, "polling") for one in (GIFT, UNDO, ERASE, ASK)]
CHOSEN = EVERY if IS_WHOLE else [(PAYING, "webhook")]


@pytest.fixture
def disk() -> Iterator[Path]:
    """In memory where it can be: hundreds of databases are copied."""
    folder = Path(tempfile.mkdtemp(dir=RAM if RAM.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("journey", "way"), CHOSEN, ids=[f"{one.name}, {way}" for one, way in CHOSEN])
async def test_dying_at_any_await_of_a_journey_loses_nothing(
    journey: Journey, way: str, disk: Path, record_property: Callable[[str, object], None]
) -> None:
    async with running(pause=0.02) as sandbox:
        settings = settings_for(sandbox, disk, webhook=way == "webhook", **journey.more)
        deaths = Deaths(journey, sandbox, settings, int(os.environ.get("LIVES", "2")))
        deaths.listen()
        with inline(deaths.changed, deaths.point), printing_apart():
            async with bot_beside(sandbox, settings, CALM) as stage:
                try:
                    await deaths.walk(stage)
                finally:
                    deaths.gather()
    record_property("points", deaths.points)
    record_property("worlds", deaths.worlds)
    assert deaths.worlds > 5
    assert not deaths.failed, "\n\n".join(deaths.failed[:3])
