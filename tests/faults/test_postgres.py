"""PostgreSQL's connections are torn, its server dies and comes back, another takes over: a gift is one gift all the same."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from sandbox.app import Sandbox
from tests import postgres
from tests.faults.dying import Journey, Scene, acted, time_passes
from tests.faults.holds import IS_WHOLE, well
from tests.faults.journeys import GIFT, UNDO
from tests.faults.servers import Server, follower, server
from tests.faults.test_disk import until_logged
from tests.faults.wall import Torn, Wall, wall
from tests.stage import Stage, bot_beside, settings_for, shows, to_the_bridge

# Of what is waited for on a machine that has other work.
SEEN = 60
OFTEN = [2, 3] if IS_WHOLE else [3]
needs_programs = pytest.mark.skipif(postgres.programs() is None, reason=postgres.MISSING)


def through(url: str, one: Wall) -> str:
    """The address of a database, by way of the wall."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@127.0.0.1:{one.port}").geturl()


@pytest.fixture
async def between(postgres_url: str) -> AsyncIterator[Wall]:
    port = urlsplit(postgres_url).port
    assert port is not None
    async with wall(port) as one:
        yield one


async def walked(journey: Journey, stage: Stage, between: Wall) -> Scene:
    """Its steps, as people and vendors take them; where a claim was kept that nobody heard of, its lease is not waited for."""
    scene = Scene(stage)
    for step in journey.steps:
        await acted(step, scene)
        try:
            await step.seen(scene)
        except TimeoutError:
            with between.holding():
                await a_while_later(stage)
                await step.seen(scene)
    return scene


async def a_while_later(stage: Stage) -> None:
    """What was asked for is looked at again, and the leases of sends that could not be written down have run out."""
    lapse = "UPDATE deliveries SET leased_until = 0 WHERE state = 'sending'"
    await time_passes(stage)
    await stage.services.db.write(lambda tx: tx.plain(lapse))
    stage.services.bells.courier.set()


@pytest.mark.parametrize("every", OFTEN)
@pytest.mark.parametrize("how", Torn, ids=lambda one: one.value)
async def test_a_gift_whose_commits_are_torn_is_paid_for_once_and_taken_back_once(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str, between: Wall, how: Torn, every: int
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, database_url=through(postgres_url, between))
    async with bot_beside(sandbox, settings) as stage:
        between.how, between.every = how, every
        scene = await walked(GIFT, stage, between)
        await GIFT.ends(scene)
        await walked(UNDO, stage, between)
        between.every = 0
        await a_while_later(stage)
        await well(stage)
        await UNDO.ends(scene)
        assert between.torn > 3


# The server itself.


@pytest.fixture
async def own() -> AsyncIterator[Server]:
    async with server() as one:
        yield one


async def until_database_is(stage: Stage, *, well: bool) -> None:
    """Wait until the operator is told so."""
    async with asyncio.timeout(SEEN), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{stage.url}/healthz") as answer:
                if ((await answer.json())["database"] == "ok") is well:
                    return
            await asyncio.sleep(0.05)


async def paid_without_it(stage: Stage, session: str, caplog: pytest.LogCaptureFixture) -> None:
    """Meanwhile one donor pays and another asks; neither is answered."""
    await until_database_is(stage, well=False)
    yasmine = stage.yasmine()
    stage.stripe.pay(session)
    tapped = await yasmine.start("c_humanitarian")
    await until_logged(caplog, "an event comes again")
    await until_logged(caplog, "an update comes again")
    assert tapped in stage.telegram.updates.waiting
    assert not any(one.sender == "bot" for one in yasmine.messages)


async def answered_afterwards(stage: Stage) -> None:
    await until_database_is(stage, well=True)
    await stage.john().says("Received: 200 MAD", SEEN)
    await stage.yasmine().until(lambda one: shows(one, "Donner"), SEEN)
    assert not stage.running.done(), "the bot lived through it"
    await well(stage)


@needs_programs
async def test_what_is_paid_while_the_server_is_dead_is_thanked_once_it_runs_again(
    sandbox: Sandbox, tmp_path: Path, own: Server, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, database_url=own.url)
    async with bot_beside(sandbox, settings) as stage:
        session = await to_the_bridge(stage, stage.john())
        await own.die()
        await paid_without_it(stage, session, caplog)
        await own.start()
        await answered_afterwards(stage)


@needs_programs
async def test_a_server_that_follows_takes_over_and_nothing_that_was_told_is_lost(
    sandbox: Sandbox, tmp_path: Path, own: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with follower(own) as other, wall(own.port) as between:
        settings = settings_for(sandbox, tmp_path, webhook=True, database_url=through(own.url, between))
        async with bot_beside(sandbox, settings) as stage:
            session = await to_the_bridge(stage, stage.john())
            await own.die()
            await paid_without_it(stage, session, caplog)
            await other.promote()
            between.behind = other.port
            await answered_afterwards(stage)
