"""Several real processes on one database, behind a balancer that gives each request to another of them, and some to two."""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from sandbox.app import Sandbox
from tests import engine
from tests.stage import ROOT, free_port, until_health

_DOUBLED = 5
_PATIENCE = 60
_HEADERS = ("Content-Type", "Stripe-Signature", "X-Telegram-Bot-Api-Secret-Token")


class Balancer:
    """Round and round; every fifth request reaches two of them at the same time, as a vendor's repetition may."""

    def __init__(self, ports: list[int]) -> None:
        self.port = free_port()
        self._ports, self._requests = itertools.cycle(ports), itertools.count(1)

    async def pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        doubled = next(self._requests) % _DOUBLED == 0
        answers = await asyncio.gather(*(self._one(request, body) for _ in range(2 if doubled else 1)))
        return web.Response(status=max(answers))

    async def _one(self, request: web.Request, body: bytes) -> int:
        url = f"http://127.0.0.1:{next(self._ports)}{request.path}"
        try:
            headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
            async with self._session.post(url, data=body, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 502

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        app = web.Application()
        app.router.add_post("/{rest:.*}", self.pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            async with aiohttp.ClientSession() as self._session:
                yield
        finally:
            await runner.cleanup()


@dataclass
class Fleet:
    """`ports` has one for each `entraide web`."""

    sandbox: Sandbox
    folder: Path
    ports: list[int]
    balancer: Balancer
    more: dict[str, str] = field(default_factory=dict)
    webs: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return engine.url_in(self.folder)

    async def command(self, name: str, **more: str) -> Process:
        base = self.sandbox.base
        settings = {
            "TELEGRAM_BOT_TOKEN": self.sandbox.telegram.token,
            "TELEGRAM_API_URL": f"{base}/telegram",
            "STRIPE_SECRET_KEY": self.sandbox.stripe.secret_key,
            "STRIPE_API_URL": f"{base}/stripe",
            "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
            "PUBLIC_URL": f"http://127.0.0.1:{self.balancer.port}",
            "DATABASE_URL": self.url,
            "CAMPAIGNS_FILE": str(ROOT / "campaigns.toml"),
            "DIGEST_AT": "off",
            "OFFER_MONTHLY": "false",
            "QUIET_HOURS": "off",
        }
        with (self.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                name,
                env={**os.environ, **settings, **self.more, **more},
                cwd=self.folder,
                stdout=DEVNULL,
                stderr=log,
            )

    async def done(self, name: str) -> int:
        """The exit code of a command that ends by itself."""
        return await (await self.command(name)).wait()

    async def add_web(self, port: int) -> None:
        self.webs.append(await self.command("web", PORT=str(port)))
        await until_health(f"http://127.0.0.1:{port}", "ok", _PATIENCE)

    async def add_worker(self) -> None:
        """One that is known to the others."""
        made = await self.command("worker")
        self.workers.append(made)
        known = f"SELECT count(*) FROM leases WHERE name LIKE 'worker-{made.pid}-%'"
        async with asyncio.timeout(_PATIENCE):
            while engine.sql(self.url, known) != [(1,)]:
                await asyncio.sleep(0.1)

    def leader(self) -> Process | None:
        """By the number of the process, with which its name begins."""
        found = engine.sql(self.url, "SELECT owner FROM leases WHERE name = 'leader'")
        number = int(found[0][0].partition("-")[0]) if found else 0
        return next((one for one in self.workers if one.pid == number and one.returncode is None), None)

    async def stop(self) -> list[int]:
        """Their exit codes."""
        living = [one for one in (*self.webs, *self.workers) if one.returncode is None]
        for one in living:
            one.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(asyncio.gather(*(one.wait() for one in living)), 30)


@contextlib.asynccontextmanager
async def fleet_beside(
    sandbox: Sandbox, folder: Path, *, webs: int, workers: int, **more: str
) -> AsyncGenerator[Fleet]:
    """All of them, well; `more` are settings of their environment."""
    engine.fresh(folder)
    ports = [free_port() for _ in range(webs)]
    fleet = Fleet(sandbox, folder, ports, Balancer(ports), more)
    sandbox.stripe.webhook_url = f"http://127.0.0.1:{fleet.balancer.port}/stripe/webhook"
    assert await fleet.done("migrate") == 0
    async with fleet.balancer.serving():
        try:
            # Together, since a web process is not well before a worker has spoken to Stripe.
            starting = [fleet.add_web(port) for port in ports]
            await asyncio.gather(*starting, *(fleet.add_worker() for _ in range(workers)))
            yield fleet
        finally:
            codes = await fleet.stop()
        assert set(codes) == {0}, "SIGTERM drains and ends with 0"
