"""The whole run: a sandbox, the bot beside it, donors and staff, troubles in their time, and the reckoning when all is quiet."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.soaking import books, verdict
from benchmarks.soaking.blows import Blows
from benchmarks.soaking.books import Ours, Theirs
from benchmarks.soaking.database import Database
from benchmarks.soaking.donors import Donor
from benchmarks.soaking.plan import Plan, schedule
from benchmarks.soaking.processes import Bot
from benchmarks.soaking.samples import Depth, Life
from benchmarks.soaking.staff import Staff
from benchmarks.soaking.verdict import Finding
from sandbox.app import Sandbox, running

# Seconds between two samples, between two looks while it drains, and until it must be drained: lost webhooks are found
# by a sweep every five minutes, and Telegram brings an update again after a minute at most.
_SAMPLE, _LOOK, _DRAIN = 5.0, 5.0, 900.0
_REST = 40.0
# Stripe's and Telegram's first wait before they try again, in seconds.
_PAUSE = 1.0


@dataclass
class Outcome:
    """`seconds`: how long it ran, and how long it drained."""

    plan: Plan
    findings: list[Finding]
    lives: list[Life]
    depths: list[Depth]
    faults: Counter[str]
    visits: Counter[str]
    theirs: Theirs
    ours: Ours
    messages: int
    seconds: tuple[float, float]
    log: Counter[str] = field(default_factory=Counter[str])


class Soak:
    def __init__(self, plan: Plan, sandbox: Sandbox, bot: Bot) -> None:
        self.plan, self.sandbox, self.bot = plan, sandbox, bot
        self.database = Database(bot.url)
        self.blows = Blows(sandbox, bot, self.database, random.Random(plan.seed + 1))
        self.visits, self.depths = Counter[str](), list[Depth]()
        self._began, self._ready, self._over = time.monotonic(), 0.0, asyncio.Event()

    def clock(self) -> float:
        return time.monotonic() - self._began

    async def run(self) -> Outcome:
        self._began = time.monotonic()
        async with self.bot.running():
            self._ready = self.clock()
            sampling = asyncio.create_task(self._samples())
            try:
                await self._under_faults()
                quiet = self.clock() - self._ready
                await self._drained()
                # At rest: idle connections end, and what is left open then is a leak.
                await asyncio.sleep(_REST)
            finally:
                sampling.cancel()
                await asyncio.gather(sampling, return_exceptions=True)
        return await self._reckoned((quiet, self.clock() - self._ready - quiet))

    async def _under_faults(self) -> None:
        """Everybody is there until the time is over; what somebody waits for then is left."""
        work: list[Coroutine[Any, Any, None]] = [self._troubles(), self._time_passes(), *self._people()]
        tasks = [asyncio.create_task(one) for one in work]
        done, _ = await asyncio.wait(tasks, timeout=self.plan.seconds, return_when=asyncio.FIRST_EXCEPTION)
        self._over.set()
        self.blows.end()
        _, late = await asyncio.wait(tasks, timeout=30)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self.blows.end()
        for task in done:
            task.result()

    def _people(self) -> list[Coroutine[Any, Any, None]]:
        seed, pause = self.plan.seed, self.plan.pause
        donors = [
            Donor(self.sandbox, number, random.Random(f"{seed} {number}"), self.visits)
            for number in range(1, self.plan.donors + 1)
        ]
        staff = Staff(self.sandbox, random.Random(f"{seed} staff"), self.visits)
        lives = [one.lives(pause, self._over) for one in donors]
        return [*lives, staff.refunds(self._over), staff.news(self._over)]

    async def _troubles(self) -> None:
        async with asyncio.TaskGroup() as group:
            for trouble in schedule(self.plan):
                await asyncio.sleep(max(0.0, self._ready + trouble.at - self.clock()))
                if self._over.is_set():
                    return
                print(trouble, flush=True)
                group.create_task(self.blows.strike(trouble))

    async def _time_passes(self) -> None:
        """What is due at Stripe happens, such as a fee that is known a second late."""
        while not self._over.is_set():
            self.sandbox.stripe.forward(0)
            await asyncio.sleep(1)

    async def _samples(self) -> None:
        while True:
            self.bot.sample()
            with contextlib.suppress(Exception):
                self.depths.append(await asyncio.to_thread(self._depth))
            await asyncio.sleep(_SAMPLE)

    def _depth(self) -> Depth:
        now = int(time.time())
        [(inbox,)] = self.database.ask("SELECT count(*) FROM inbox WHERE processed_at IS NULL")
        owed = f"SELECT count(*) FROM deliveries WHERE state = 'owed' AND due_at <= {now}"
        [(due,)] = self.database.ask(owed)
        waiting = len(self.sandbox.telegram.updates.waiting)
        return Depth(self.clock(), self.database.wal(), inbox, due, waiting)

    async def _judged(self) -> tuple[Theirs, Ours, list[Finding]]:
        mine = await asyncio.to_thread(books.ours, self.database, int(time.time()))
        told = books.theirs(self.sandbox)
        return told, mine, verdict.books(told, mine)

    async def _drained(self) -> None:
        """Wait until nothing is wrong any more, or for as long as anything may take."""
        until = time.monotonic() + _DRAIN
        while time.monotonic() < until:
            self.sandbox.stripe.forward(0)
            _, _, findings = await self._judged()
            print(
                f"draining: {len(findings)} left, such as {findings[0]}" if findings else "drained",
                flush=True,
            )
            if not findings:
                return
            await asyncio.sleep(_LOOK)

    async def _reckoned(self, seconds: tuple[float, float]) -> Outcome:
        told, mine, findings = await self._judged()
        findings += [*verdict.growth(self.bot.lives), *verdict.log(self.depths)]
        findings += [Finding("let in", one) for one in self.blows.let_in]
        if not await self.bot.audited():
            findings.append(Finding("audit", "`entraide audit` found a difference, see the log"))
        return Outcome(
            self.plan,
            findings,
            self.bot.lives,
            self.depths,
            self.blows.done,
            self.visits,
            told,
            mine,
            self.sandbox.telegram.traffic.total,
            seconds,
        )


async def soak(plan: Plan, folder: Path, url: str) -> Outcome:
    """Raises only where the run itself is broken; what the bot did wrong stands in the outcome."""
    async with running(pause=_PAUSE) as sandbox:
        sandbox.telegram.limits = True
        made: list[Soak] = []
        bot = Bot(sandbox, folder, url, lambda: made[0].clock() if made else 0.0)
        made.append(Soak(plan, sandbox, bot))
        sandbox.stripe.webhook_url = f"http://127.0.0.1:{bot.port}/stripe/webhook"
        return await made[0].run()
