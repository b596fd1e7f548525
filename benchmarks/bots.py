"""Each bot in a process of its own, on a core of its own where there are two: its settings, its start, its memory."""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from benchmarks.load import SECRET, Load, NotServing
from benchmarks.stub import TOKEN, World, serve
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
_FLOORS = ROOT / ".venv-bench" / "bin" / "python"
OURS = "entraide"
ON_POSTGRES = "entraide, PostgreSQL"
_OF_US = (OURS, ON_POSTGRES)
PTB = "ptb stock"
OVER_OURS = "ptb, our transport"
AIOGRAM = "aiogram 3"
BARE = "bare loop"
_MODULES = {
    OURS: ("bot", "run"),
    ON_POSTGRES: ("bot", "run"),
    PTB: ("benchmarks.floor_ptb",),
    OVER_OURS: ("benchmarks.floor_ptb", "ours"),
    AIOGRAM: ("benchmarks.floor_aiogram",),
    BARE: ("benchmarks.floor_confirm",),
}
_TRIES = 2000
_numbers = itertools.count(1)


class Bot(Struct, frozen=True):
    """A bot that serves. `start_up` is in seconds, from the start of the process to the first answer."""

    load: Load
    world: World
    pid: int
    database: str
    start_up: float

    @property
    def resident_mib(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def walkers() -> list[str]:
    """The bots that walk donors, as far as they are installed."""
    asked = "import importlib.util, sys; sys.exit(importlib.util.find_spec('aiogram') is None)"
    has_aiogram = subprocess.run([_python(AIOGRAM), "-c", asked], check=False).returncode == 0
    ours = [one for one in _OF_US if one == OURS or postgres.is_here()]
    return [*ours, PTB, OVER_OURS, *([AIOGRAM] if has_aiogram else [])]


def _python(name: str) -> str:
    """The floors have an environment of their own where it was made: what they need is not what we need."""
    return str(_FLOORS) if name not in (*_OF_US, OVER_OURS) and _FLOORS.exists() else sys.executable


def pin(pid: int, core: int) -> None:
    """Keep a process (0: this one) on one core, where there are two and the system can."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


@contextlib.asynccontextmanager
async def running(
    name: str,
    *,
    walks: bool = True,
    loud: bool = False,
    more: Mapping[str, str] | None = None,
    between: Callable[[Path], None] = lambda _: None,
) -> AsyncIterator[Bot]:
    """The bot, started for the second time on its database: the first start is the one that makes everything.

    `more` are settings of its environment; `between` is done to the database between the two starts.
    """
    world = World()
    server = await serve(world)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _database(name, folder) as url:
        port = _free_port()
        settings = _settings(world, port, url) | dict(more or {})
        load = Load(world, port)
        try:
            async with _process(name, settings, folder, loud=loud):
                await _first_answer(load, port, walks=walks)
                # What a first start still does once it serves, such as setting the menu, is done too.
                await asyncio.sleep(0.5)
            between(Path(folder) / "bench.db")
            began = time.perf_counter()
            async with _process(name, settings, folder, loud=loud) as pid:
                await _first_answer(load, port, walks=walks)
                start_up = time.perf_counter() - began
                yield Bot(load, world, pid, url, start_up)
        finally:
            load.close()
            server.close()


@contextlib.contextmanager
def _database(name: str, folder: str) -> Iterator[str]:
    """The URL of an empty one. PostgreSQL is as it comes: it too has on disk what it says it kept."""
    if name != ON_POSTGRES:
        yield f"sqlite:///{folder}/bench.db"
        return
    if postgres.SERVER not in os.environ:
        # The executor turns fsync off by itself.
        postgres.start(options="-c fsync=on")
    one = f"bench_{os.getpid()}_{next(_numbers)}"
    try:
        yield postgres.create(one, "template0")
    finally:
        postgres.drop(one)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def _settings(world: World, port: int, url: str) -> dict[str, str]:
    settings = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": f"{world.base}/telegram",
        "TELEGRAM_RATE": "100000",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_API_URL": f"{world.base}/stripe",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "DATABASE_URL": url,
        "CAMPAIGNS_FILE": str(ROOT / "campaigns.toml"),
        "PYTHONPATH": str(ROOT),
        # More donors come within the hour than the caps against card testing would let in; they are counted all the same.
        "CHECKOUTS_PER_HOUR": "100000",
        "CHECKOUTS_OPEN": "100000",
        # As the container and the service have it.
        "LOG_FORMAT": "json",
    }
    # An operator's Python keeps what it compiled at the first start.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return inherited | settings


@contextlib.asynccontextmanager
async def _process(name: str, settings: dict[str, str], folder: str, *, loud: bool) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        _python(name),
        "-m",
        *_MODULES[name],
        env=settings,
        cwd=folder,
        stdout=None if loud else asyncio.subprocess.DEVNULL,
        stderr=None if loud else asyncio.subprocess.DEVNULL,
    )
    pin(process.pid, 0)
    try:
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def _first_answer(load: Load, port: int, *, walks: bool) -> None:
    """Ask every 10 ms; a bot that walks nobody has answered when it listens."""
    for _ in range(_TRIES):
        with contextlib.suppress(OSError, NotServing):
            if walks:
                await load.start([])
            else:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("the bot did not start: --loud shows what it says")
