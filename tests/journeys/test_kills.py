"""kill -9 at any moment of the walk: after a restart the donor ends with one charge and at least one thanks."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from sandbox.app import Sandbox, running
from tests import engine
from tests.stage import ROOT, free_port, labels, session_of, shows, until_health

# A walk makes at least this many requests; each is a point before, and a point after, its effect.
POINTS = [(when, number) for number in range(1, 12) for when in ("before", "after")]


@dataclass
class Bot:
    """The real process, killed at the chosen request and started again."""

    sandbox: Sandbox
    folder: Path
    port: int
    more: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    kills: int = 0
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    starting: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        base = self.sandbox.base
        settings = {
            "TELEGRAM_BOT_TOKEN": self.sandbox.telegram.token,
            "TELEGRAM_API_URL": f"{base}/telegram",
            "STRIPE_SECRET_KEY": self.sandbox.stripe.secret_key,
            "STRIPE_API_URL": f"{base}/stripe",
            "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "PORT": str(self.port),
            "DATABASE_URL": engine.url_in(self.folder),
            "CAMPAIGNS_FILE": str(ROOT / "campaigns.toml"),
        }
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await self._run(settings, log)

    async def _run(self, settings: dict[str, str], log: BinaryIO) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            env={**os.environ, **settings, **self.more},
            cwd=self.folder,
            stderr=log,
        )

    def kill(self) -> None:
        assert self.process is not None
        self.kills += 1
        self.killed.set()
        self.process.send_signal(signal.SIGKILL)
        self.starting.append(asyncio.create_task(self._again(self.process)))

    async def _again(self, dead: asyncio.subprocess.Process) -> None:
        await dead.wait()
        await self.start()

    async def stop(self) -> int:
        await asyncio.gather(*self.starting)
        assert self.process is not None
        await until_health(f"http://127.0.0.1:{self.port}", "ok")
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 10)


@contextlib.asynccontextmanager
async def beside(sandbox: Sandbox, folder: Path, **more: str) -> AsyncGenerator[Bot]:
    """`more` are settings of its environment."""
    engine.fresh(folder)
    bot = Bot(sandbox, folder, free_port(), more)
    await bot.start()
    try:
        yield bot
    finally:
        assert await bot.stop() == 0, "SIGTERM drains and ends with 0 within ten seconds"


def kill_at(bot: Bot, when: str, number: int) -> None:
    """Kill at the nth request about a donor, before or after what it asks for was done."""
    seen = 0

    def spy(moment: str, name: str) -> None:
        nonlocal seen
        if (
            name.startswith(("set", "get", "GET /v1/account", "GET /v1/events"))
            or name == "GET /v1/checkout/sessions"
        ):
            return
        seen += moment == when
        if seen == number and moment == when and not bot.kills:
            bot.kill()

    bot.sandbox.telegram.spies.append(spy)
    bot.sandbox.stripe.spies.append(spy)


async def walk(sandbox: Sandbox) -> None:
    """A donor who only waits: Telegram and Stripe bring again what the bot did not acknowledge."""
    john = sandbox.telegram.phones[1003]
    await john.start("c_humanitarian")
    await john.until(lambda phone: shows(phone, "Give"), 30)
    await john.tap("Give")
    await john.until(lambda phone: shows(phone, "200 MAD"), 30)
    await john.tap("200 MAD")
    await john.until(lambda phone: labels(phone)[:1] == ["Pay 200 MAD"], 30)
    await john.tap("Pay 200 MAD")
    await john.until(lambda phone: shows(phone, "Open Stripe"), 30)
    sandbox.stripe.pay(session_of(john))
    await john.until(lambda phone: any("Received: " in message.text for message in phone.messages), 30)


def facts(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    return engine.sql(engine.url_in(folder), sql)


@pytest.mark.parametrize(("when", "number"), POINTS)
async def test_killed_at_any_request_the_donor_is_charged_once_and_thanked(
    when: str, number: int, tmp_path: Path
) -> None:
    async with running(pause=0.05) as sandbox:
        async with beside(sandbox, tmp_path) as bot:
            sandbox.stripe.webhook_url = f"http://127.0.0.1:{bot.port}/stripe/webhook"
            kill_at(bot, when, number)
            await walk(sandbox)
            await asyncio.wait_for(bot.killed.wait(), 10)
        assert facts(tmp_path, "SELECT state, amount_minor FROM donations") == [("paid", 20000)]
        assert facts(tmp_path, "SELECT received_minor, gifts FROM totals") == [(20000, 1)]
        assert len(sandbox.stripe.sessions) == len(sandbox.stripe.charges) == 1
        assert sandbox.telegram.rejected == []
        assert sandbox.stripe.rejected == []
