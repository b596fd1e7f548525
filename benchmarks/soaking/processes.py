"""The bot's real processes: one on SQLite, or two webs and two workers behind a balancer; killed, frozen and started again."""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soaking.samples import Life, look
from sandbox.app import Sandbox
from tests.fleet import Balancer
from tests.stage import ROOT, until_health

# Two soaks at once, or tests beside one, must not take each other's ports while a process is between two lives.
_PORTS = itertools.count(15000 + os.getpid() % 900 * 5)
# How long an operator's supervisor waits before it starts again what ended.
_AGAIN = 1.0
_PATIENCE = 90


@dataclass
class Part:
    """One process and all its lives. `port` is 0 for a worker."""

    name: str
    command: str
    port: int
    process: Process | None = None
    lives: list[Life] = field(default_factory=list[Life])
    is_meant: str = ""

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None


class Bot:
    """All parts, each kept alive until `stop`. `clock`: seconds since the start of the run."""

    def __init__(self, sandbox: Sandbox, folder: Path, url: str, clock: Callable[[], float]) -> None:
        self._sandbox, self.folder, self.url, self._clock = sandbox, folder, url, clock
        self.parts = self._parts()
        ports = [one.port for one in self.parts if one.port]
        self.balancer = Balancer(ports) if len(self.parts) > 1 else None
        if self.balancer:
            self.balancer.port = next(_PORTS)
        self.port = self.balancer.port if self.balancer else ports[0]
        self._is_over = False

    def _parts(self) -> list[Part]:
        if self.url.startswith("sqlite"):
            return [Part("bot", "run", next(_PORTS))]
        webs = [Part(f"web {number}", "web", next(_PORTS)) for number in (1, 2)]
        return [*webs, *(Part(f"worker {number}", "worker", 0) for number in (1, 2))]

    @property
    def lives(self) -> list[Life]:
        return [life for part in self.parts for life in part.lives]

    def _settings(self, port: int) -> dict[str, str]:
        base = self._sandbox.base
        return {
            "TELEGRAM_BOT_TOKEN": self._sandbox.telegram.token,
            "TELEGRAM_API_URL": f"{base}/telegram",
            "STRIPE_SECRET_KEY": self._sandbox.stripe.secret_key,
            "STRIPE_API_URL": f"{base}/stripe",
            "STRIPE_WEBHOOK_SECRET": self._sandbox.stripe.outbox.secret,
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "PORT": str(port or self.port),
            "DATABASE_URL": self.url,
            "CAMPAIGNS_FILE": str(ROOT / "campaigns.toml"),
            "ADMIN_IDS": "1900,1901",
            "APPROVAL_ABOVE": "100000",
            "BROADCASTS_PER_WEEK": "100",
            "QUIET_HOURS": "off",
            "DIGEST_AT": "off",
            # All donors come from one sandbox within minutes: the caps against card testing would end the run.
            "CHECKOUTS_PER_DONOR": "100000",
            "DECLINES_PER_DONOR": "100000",
            "DECLINES_PER_HOUR": "100000",
            "LOG_FORMAT": "json",
            "PYTHONPATH": str(ROOT),
        }

    async def command(self, name: str, port: int = 0) -> Process:
        with (self.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                name,
                env={**os.environ, **self._settings(port)},
                cwd=self.folder,
                stdout=DEVNULL if name != "audit" else log,
                stderr=log,
            )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Migrated and well; at the end every part is asked to stop, and the last life of each says how it did."""
        if await (await self.command("migrate")).wait():
            raise RuntimeError(f"the database could not be made: {self.folder}/log")
        async with contextlib.AsyncExitStack() as stack:
            if self.balancer:
                await stack.enter_async_context(self.balancer.serving())
            keepers = [asyncio.create_task(self._keep(part)) for part in self.parts]
            try:
                await self.well()
                yield
            finally:
                self._is_over = True
                for part in self.parts:
                    self.end(part, signal.SIGTERM, "stopped")
                await asyncio.gather(*keepers)

    async def _keep(self, part: Part) -> None:
        """Start it again whenever it has ended, until the run is over."""
        while not self._is_over:
            part.process = await self.command(part.command, part.port)
            began = self._clock()
            life = Life(part.name, len(part.lives) + 1, part.process.pid, began)
            part.lives.append(life)
            part.is_meant = ""
            code = await part.process.wait()
            life.ended = self._how(part, code)
            if not self._is_over:
                await asyncio.sleep(_AGAIN)

    def _how(self, part: Part, code: int) -> str:
        """Whoever is asked to stop must end with 0, or by the signal where it had not begun to listen for it."""
        if not part.is_meant or (part.is_meant == "stopped" and code not in (0, -signal.SIGTERM)):
            return "by itself"
        return part.is_meant

    def end(self, part: Part, number: signal.Signals, meant: str) -> None:
        if part.is_alive and part.process is not None:
            part.is_meant = meant
            part.process.send_signal(number)

    async def frozen(self, part: Part, seconds: float) -> None:
        """As a machine that is moved, or has no memory left: it does nothing, and then goes on."""
        process = part.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)

    async def well(self) -> None:
        await asyncio.gather(
            *(until_health(f"http://127.0.0.1:{one.port}", "ok", _PATIENCE) for one in self.parts if one.port)
        )

    def sample(self) -> None:
        for part in self.parts:
            if part.lives and part.is_alive and (seen := look(part.lives[-1].pid, self._clock())):
                part.lives[-1].samples.append(seen)

    async def audited(self) -> bool:
        """What `entraide audit` says, from the facts and from Stripe."""
        return await (await self.command("audit")).wait() == 0
