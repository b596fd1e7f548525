"""Die at every await: the world is what disk and wire hold, so each world that a kill could leave is forked, and started from.

A killed process leaves two things: its database and what the vendors know. Nothing it held in memory matters, and nothing
after its death may touch either. So instead of killing a bot N times, one bot walks a journey, and at each point where a
coroutine of `bot/` or `handlers/` gives way to the loop (the task factory hears of every one), right after each commit and
around the effect of each request, the whole test process forks if the world has changed since the last fork. The child has
the emulators exactly as they were, every descriptor of its parent's shut, a copy of the database with its write-ahead log,
and an empty memory: it starts a new bot, goes on with the journey as vendors and people would, and checks the invariants.
Points between which nothing changed leave the same world; they are counted, and one start stands for all of them.
`tests/journeys/test_kills.py` kills real processes with SIGKILL and proves that the simulation is honest.
"""

import asyncio
import contextlib
import inspect
import logging
import os
import shutil
import signal
import time
import traceback
import warnings
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import uvicorn

from bot.config import Settings
from bot.papers import printing
from bot.store.sql import Tx
from sandbox.app import Sandbox, _listening, _Server
from tests.faults.holds import well
from tests.stage import QUICK, ROOT, Stage, bot_beside, free_port

_OURS = (str(ROOT / "bot"), str(ROOT / "handlers"))
_DOOR = str(ROOT / "bot" / "store" / "sqlite.py")
_LONGEST = 150  # Seconds that one restarted life may take.
# Where tests hold the disk: the kernel's memory if it can be had, for a thousand databases are copied.
_RAM = Path("/dev/shm")


def place(work: Any) -> str | None:
    """Where in our own code this coroutine gave way; None where none of ours waits."""
    found = None
    while work is not None:
        frame = getattr(work, "cr_frame", None) or getattr(work, "gi_frame", None)
        if frame is not None and frame.f_code.co_filename.startswith(_OURS):
            code = frame.f_code
            if found is None or code.co_filename != _DOOR:
                found = f"{Path(code.co_filename).relative_to(ROOT)}:{frame.f_lineno} {code.co_qualname}"
        work = getattr(work, "cr_await", None) or getattr(work, "gi_yieldfrom", None)
    return found


class Watched(Coroutine[Any, Any, Any]):
    """A task's coroutine that says each time it gives way."""

    def __init__(self, work: Coroutine[Any, Any, Any], tell: Callable[[str], None]) -> None:
        self._work, self._tell = work, tell

    def send(self, value: Any) -> Any:
        return self._gave_way(self._work.send(value))

    def throw(self, *error: Any) -> Any:
        return self._gave_way(self._work.throw(*error))

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def _gave_way(self, waits_for: Any) -> Any:
        if where := place(self._work):
            self._tell(where)
        return waits_for


@dataclass
class Step:
    """What a person or a vendor does (`act`, without waiting), and what is seen then.

    `again`: whoever sees nothing may do it again; `fresh`: it needs no screen, so whoever is lost begins anew here; `ready`
    waits for the button.
    """

    act: Callable[["Scene"], Any]
    seen: Callable[["Scene"], Awaitable[object]]
    again: bool = True
    fresh: bool = False
    ready: Callable[["Scene"], Awaitable[object]] | None = None


@dataclass
class Scene:
    """The stage and what was remembered of the way so far."""

    stage: Stage
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def stripe(self):
        return self.stage.stripe

    @property
    def telegram(self):
        return self.stage.telegram


@dataclass
class Journey:
    """`before` is walked unharmed; the end of `steps` is checked by `ends`, after what holds of every journey."""

    name: str
    steps: list[Step]
    ends: Callable[[Scene], Awaitable[object]]
    before: Callable[[Scene], Awaitable[object]] | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Death:
    pid: int
    folder: Path
    where: str
    step: int


class Deaths:
    """Counts the points, forks where the world is new, and gathers what became of each child."""

    def __init__(self, journey: Journey, sandbox: Sandbox, settings: Settings, most: int) -> None:
        self.journey, self.sandbox, self.settings, self._most = journey, sandbox, settings, most
        self.every = os.environ.get("KILLS") == "every"
        self.book = settings.database_file or Path()
        self.folder = self.book.parent
        self.scene: Scene
        self.done, self.points, self.worlds, self.places = 0, 0, 0, Counter[str]()
        self.failed: list[str] = []
        self.repeated = 0
        self._alive: list[Death] = []
        self._is_new, self._on, self._stood = False, False, 0.0
        self.flying: list[dict[str, Any]] = []

    def changed(self) -> None:
        self._is_new = True

    def point(self, where: str) -> None:
        """A moment at which the process may die."""
        if not self._on:
            return
        self.points += 1
        self.places[where] += 1
        if self._is_new or self.every:
            self._is_new = False
            self.worlds += 1
            began = time.monotonic()
            self.fork(where)
            self._stood += time.monotonic() - began

    @contextlib.contextmanager
    def watching(self) -> Generator[None]:
        """Between these two moments each point counts."""
        loop = asyncio.get_running_loop()
        hears = self._ears()
        self._on = True
        try:
            yield
        finally:
            self._on = False
            hears.close()
            loop.set_task_factory(None)

    def _ears(self) -> contextlib.ExitStack:
        stack, sandbox = contextlib.ExitStack(), self.sandbox

        def spy(when: str, name: str) -> None:
            if when == "after" and not name.startswith(("get", "GET")):
                self.changed()
            self.point(f"{when} {name.partition('?')[0]}")

        for spies in (sandbox.telegram.spies, sandbox.stripe.spies):
            spies.append(spy)
            stack.callback(spies.remove, spy)
        return stack

    def listen(self) -> None:
        """From before the bot's first task on; what is acknowledged is news about the world too."""
        loop = asyncio.get_running_loop()
        clock = loop.time
        # While others are born this life stands still, and so does its time.
        loop.time = lambda: clock() - self._stood
        loop.set_task_factory(
            lambda one, work, **more: asyncio.Task(
                Watched(work, self.point) if inspect.iscoroutine(work) else work, loop=one, **more
            )
        )
        updates, outbox = self.sandbox.telegram.updates, self.sandbox.stripe.outbox
        done, repeat = updates._done, outbox._repeat

        def acknowledged(waiting: Any) -> None:
            done(waiting)
            self.changed()

        async def repeated(event: dict[str, Any], wait: float) -> None:
            self.flying.append(event)
            await repeat(event, wait)
            self.flying.remove(event)
            self.changed()

        updates._done, outbox._repeat = acknowledged, repeated

    # The fork.

    def fork(self, where: str) -> None:
        while len(self._alive) >= self._most:
            self._reap()
        folder = self.left(f"death{self.worlds}")
        # Ours alone: the system would give one of its own to two worlds, or to a call of another process.
        port = free_port()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            self._second_life(folder, where, port)
        self._alive.append(Death(pid, folder, where, self.done))

    def left(self, name: str) -> Path:
        """A folder with what a kill leaves on disk now."""
        folder = self.folder / name
        folder.mkdir()
        for end in ("", "-wal"):
            file = Path(f"{self.book}{end}")
            if file.exists():
                shutil.copy(file, folder / file.name)
        return folder

    def _reap(self) -> None:
        """The first of the children to end."""
        death, status = self._ended()
        self._alive.remove(death)
        report = death.folder / "report"
        told = report.read_text() if report.exists() else f"no report; status {status}"
        self.repeated += told.startswith("again")
        if status != 0 or not told.startswith(("well", "again")):
            self.failed.append(f"after step {death.step}, dead at {death.where}:\n{told}")
        shutil.rmtree(death.folder)

    def _ended(self) -> tuple[Death, int]:
        while True:
            for one in self._alive:
                pid, status = os.waitpid(one.pid, os.WNOHANG)
                if pid:
                    return one, status
            time.sleep(0.002)

    def gather(self) -> None:
        """Wait until every second life is over."""
        while self._alive:
            self._reap()

    def _second_life(self, folder: Path, where: str, port: int) -> None:
        """In the child: never returns."""
        code, told = 1, ""
        log = StringIO()
        try:
            self._on = False
            _forget_the_past()
            root = logging.getLogger()
            root.handlers = [logging.StreamHandler(log)]
            root.setLevel(logging.WARNING)
            told = asyncio.Runner(loop_factory=asyncio.new_event_loop).run(self._lived(folder, port))
            code = 0
        except BaseException:  # noqa: BLE001  whatever it was is told to the parent
            calls = [
                f"{one.method} {one.status} {one.description}"
                for one in self.sandbox.telegram.calls
                if one.method != "getMe"
            ][-25:]
            told = f"{where}\n{traceback.format_exc()}\n{calls}\n{log.getvalue()[-6000:]}"
        finally:
            (folder / "report").write_text(told)
            os._exit(code)

    async def _lived(self, folder: Path, port: int) -> str:
        settings = self._elsewhere(folder, port)
        sandbox, flying = self.sandbox, self.flying
        sandbox.telegram.spies.clear()
        sandbox.stripe.spies.clear()
        _wake(sandbox)
        async with served(sandbox):
            settings = settings.model_copy(
                update={
                    "telegram_api_url": f"{sandbox.base}/telegram",
                    "stripe_api_url": f"{sandbox.base}/stripe",
                }
            )
            async with bot_beside(sandbox, settings, QUICK) as stage:
                if settings.public_url is None:
                    sandbox.stripe.webhook_url = None
                for event in flying:
                    sandbox.stripe.outbox._go(event, 0)
                scene = Scene(stage, self.scene.memo)
                await time_passes(stage)
                again = await self._goes_on(scene)
                await well(scene.stage)
                await self.journey.ends(scene)
                assert sandbox.telegram.rejected == [], sandbox.telegram.rejected
                assert sandbox.stripe.rejected == [], sandbox.stripe.rejected
                return f"again {again}" if again else "well"

    def _elsewhere(self, folder: Path, port: int) -> Settings:
        return self.settings.model_copy(
            update={
                "port": port,
                "public_url": f"http://127.0.0.1:{port}" if self.settings.public_url else None,
                "database_url": f"sqlite:///{folder}/{self.book.name}",
            }
        )

    async def _goes_on(self, scene: Scene) -> int:
        """The rest of the journey; how often somebody had to do again what they had done."""
        again = 0
        for number in range(max(self.done - 1, 0), len(self.journey.steps)):
            step = self.journey.steps[number]
            try:
                if number >= self.done:
                    await acted(step, scene)
                await step.seen(scene)
            except (TimeoutError, LookupError):
                if not step.again:
                    raise
                again += 1
                await self._anew(scene, number)
        return again

    async def _anew(self, scene: Scene, last: int) -> None:
        """From the last step that needs no screen."""
        first = next((one for one in range(last, -1, -1) if self.journey.steps[one].fresh), last)
        for step in self.journey.steps[first : last + 1]:
            await acted(step, scene)
            await step.seen(scene)

    async def walk(self, stage: Stage) -> None:
        """The first life, which dies nowhere."""
        self.scene = Scene(stage)
        await stage.until_rows("SELECT count(*) FROM marks WHERE key = 'telegram.menu'", [(1,)], 20)
        if self.journey.before:
            await self.journey.before(self.scene)
            await well(self.scene.stage)
        with self.watching():
            for step in self.journey.steps:
                await acted(step, self.scene)
                self.done += 1
                self.changed()
                await step.seen(self.scene)
            await well(self.scene.stage)
        await self.journey.ends(self.scene)


async def acted(step: Step, scene: Scene) -> None:
    if step.ready:
        await step.ready(scene)
    act = step.act(scene)
    if inspect.isawaitable(act):
        await act


def _forget_the_past() -> None:
    """Nothing of the dead may touch disk or wire: its descriptors become /dev/null, its loop is never run again."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LONGEST)
    nothing = os.open(os.devnull, os.O_RDWR)
    for one in list(Path("/proc/self/fd").iterdir()):
        if (number := int(one.name)) > 2 and number != nothing:
            with contextlib.suppress(OSError):
                os.fstat(number)
                os.dup2(nothing, number)
    # Its threads did not come along, nor whoever held the lock.
    printing._press.cache_clear()


async def time_passes(stage: Stage) -> None:
    """What the dead had put off by half a minute is due: nobody waits for that in a test."""

    def write(tx: Tx) -> None:
        for table in ("donations", "monthly_gifts", "refund_orders"):
            tx.plain(f"UPDATE {table} SET look_at = 0 WHERE look_at IS NOT NULL")

    await stage.services.db.write(write)
    stage.services.bells.looks.set()


def _wake(sandbox: Sandbox) -> None:
    """The vendors live on, but what waited for a bot on the other loop waits no more."""
    telegram, stripe = sandbox.telegram, sandbox.stripe
    for chat in telegram.chats.values():
        chat._watched = None
    updates = telegram.updates
    updates._pushing, updates._news, updates.webhook = {}, asyncio.Event(), None
    updates._polls += 1
    for waiting in updates.everyone.values():
        if not waiting.acknowledged.is_set():
            waiting.acknowledged = asyncio.Event()
    stripe.outbox._tasks, stripe.outbox.url = set(), None
    sandbox._has_news = False


@contextlib.asynccontextmanager
async def served(sandbox: Sandbox) -> AsyncGenerator[None]:
    """The same vendors at another address."""
    listener = _listening(0)
    sandbox.at(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server = _Server(
        uvicorn.Config(
            sandbox.app, access_log=False, log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
    )
    await sandbox.telegram.start()
    await sandbox.stripe.start()
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        await sandbox.telegram.stop()
        await sandbox.stripe.stop()
        server.should_exit = True
        await serving
        listener.close()
