"""What is done to a bot in one round, and the numbers that come out: walks, strangers, confirmations."""

import asyncio
import contextlib
import random
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from msgspec import Struct

from benchmarks.bots import BARE, Bot, running
from benchmarks.load import Load, page_of
from benchmarks.stub import Shown, World

CROWD = 50
STRIPE_TAKES = 0.3
STRANGERS_A_SECOND = 50
_CONFIRMED = {
    True: "SELECT count(*) FROM donations WHERE state = 'paid'",
    False: "SELECT count(*) FROM confirmations",
}


class Plan(Struct, frozen=True):
    """How much of each in one round."""

    alone: int = 100
    crowd: int = 500
    strangers: int = 250
    confirmations: int = 400
    loud: bool = False


@dataclass
class Walks:
    """Seconds of each step and of each thanks, journeys a second, and the shares of core 1 that the bench itself used."""

    steps: list[float] = field(default_factory=list)
    thanks: list[float] = field(default_factory=list)
    a_second: float = 0.0
    stub_share: float = 0.0
    bench_share: float = 0.0


class Figures(Struct, frozen=True):
    """One bot's numbers of one round. `waiting`: how many donors stood at Stripe when a stranger came, the median."""

    alone: Walks
    crowd: Walks
    idle: list[float]
    beside: list[float]
    busy: list[float]
    waiting: float
    start_up: float
    resident_mib: float


async def walk(name: str, plan: Plan) -> Figures:
    """One donor, strangers while nothing happens, fifty donors at once, strangers while fifty wait, and while links go out."""
    async with running(name, loud=plan.loud) as bot:
        await _walks(bot, 10, 10)
        alone = await _walks(bot, 1, plan.alone)
        idle: list[float] = []
        for _ in range(plan.strangers):
            await bot.load.start(idle)
        await _walks(bot, CROWD, CROWD)
        crowd = await _walks(bot, CROWD, plan.crowd)
        beside = await _strangers_beside_the_waiting(bot, plan.strangers)
        busy, waiting = await _strangers_in_a_crowd(bot, plan.strangers)
        return Figures(alone, crowd, idle, beside, busy, waiting, bot.start_up, bot.resident_mib)


async def _walks(bot: Bot, donors: int, journeys: int) -> Walks:
    walks = Walks()
    left = iter(range(journeys))

    async def one_after_another() -> None:
        for _ in left:
            await bot.load.journey(walks.steps, walks.thanks)

    began, cpu, stub = time.perf_counter(), time.process_time(), bot.world.busy
    await asyncio.gather(*(one_after_another() for _ in range(donors)))
    took = time.perf_counter() - began
    walks.a_second = journeys / took
    walks.stub_share = (bot.world.busy - stub) / took
    walks.bench_share = (time.process_time() - cpu) / took
    return walks


async def _strangers_beside_the_waiting(bot: Bot, samples: int) -> list[float]:
    """Strangers one after the other, as long as all fifty who tapped Pay stand at Stripe; none where they never do."""
    seconds: list[float] = []
    for _ in range(samples // 5):
        ready = await _side_by_side([bot.load.to_the_check([]) for _ in range(CROWD)])
        bot.world.stripe_pause = STRIPE_TAKES
        asking = [asyncio.ensure_future(bot.load.tap(one, "Pay", [])) for one in ready]
        while bot.world.at_stripe < CROWD and not any(one.done() for one in asking):
            await asyncio.sleep(0.001)
        while bot.world.at_stripe == CROWD and len(seconds) < samples:
            await bot.load.start(seconds)
        await asyncio.gather(*asking)
        bot.world.stripe_pause = 0.0
        if len(seconds) >= samples:
            break
    return seconds


async def _strangers_in_a_crowd(bot: Bot, samples: int) -> tuple[list[float], float]:
    """Strangers who come by chance, 50 a second, as long as there is somebody who asks for a link when another got theirs."""
    seconds: list[float] = []
    waiting: list[int] = []
    chance = random.Random(1)
    while len(waiting) < samples:
        async with _a_stream_of_payers(bot) as ready, asyncio.TaskGroup() as strangers:
            while ready and len(waiting) < samples:
                waiting.append(bot.world.at_stripe)
                strangers.create_task(bot.load.start(seconds))
                await asyncio.sleep(chance.expovariate(STRANGERS_A_SECOND))
    return seconds, statistics.median(waiting)


@contextlib.asynccontextmanager
async def _a_stream_of_payers(bot: Bot) -> AsyncIterator[list[Shown]]:
    """Fifty taps on Pay at any moment, with a slow Stripe, until the list of donors who stand at the check is empty."""
    ready = await _side_by_side([bot.load.to_the_check([]) for _ in range(CROWD * 8)])

    async def ask(number: int) -> None:
        # One after another, not all in one breath: else they would wait, and come back, all together.
        await asyncio.sleep(STRIPE_TAKES * number / CROWD)
        while ready:
            await bot.load.tap(ready.pop(), "Pay", [])

    bot.world.stripe_pause = STRIPE_TAKES
    asking = [asyncio.ensure_future(ask(number)) for number in range(CROWD)]
    await asyncio.sleep(STRIPE_TAKES)
    yield ready
    ready.clear()
    await asyncio.gather(*asking)
    bot.world.stripe_pause = 0.0


async def _side_by_side(work: Sequence[Awaitable[Any]]) -> list[Any]:
    """All of it, fifty at a time."""
    left, done = iter(work), []

    async def one_after_another() -> None:
        for one in left:
            done.append(await one)  # noqa: PERF401  the iterator is shared

    await asyncio.gather(*(one_after_another() for _ in range(CROWD)))
    return done


async def confirmations(name: str, plan: Plan) -> float:
    """Confirmations a second: webhooks for different sessions, fifty at a time, until every row is committed."""
    is_ours = name != BARE
    async with running(name, walks=is_ours, loud=plan.loud) as bot:
        pages = await _unpaid(bot.load, bot.world, plan.confirmations, walked=is_ours)
        webhooks = [bot.load.confirm(bot.world.vault.pay(page)) for page in pages]
        with _counter(bot.database, _CONFIRMED[is_ours]) as committed:
            before, began = committed(), time.perf_counter()
            posting = asyncio.ensure_future(_side_by_side(webhooks))
            async with asyncio.timeout(120):
                while committed() - before < len(pages):
                    await asyncio.sleep(0.002)
            took = time.perf_counter() - began
        await posting
        return len(pages) / took


async def _unpaid(load: Load, world: World, number: int, *, walked: bool) -> list[str]:
    """Sessions whose donors stand at the bridge; the bare loop knows no donors."""
    if walked:
        bridges = await _side_by_side([load.to_the_bridge([]) for _ in range(number)])
        return [page_of(shown) for shown in bridges]
    return [world.vault.create(20000, "mad", str(chat))["id"] for chat in range(number)]


@contextlib.contextmanager
def _counter(url: str, sql: str) -> Iterator[Callable[[], int]]:
    """Counts what another process has committed, from outside."""
    if url.startswith("sqlite:///"):
        opened: Any = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    else:
        opened = psycopg.connect(url, autocommit=True)
    with contextlib.closing(opened) as db:
        yield lambda: db.execute(sql).fetchone()[0]
