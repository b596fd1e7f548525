"""The composition root: everything is built and joined here, background work lives here, and nothing is decided."""

import asyncio
import contextlib
import hashlib
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec

import uvicorn
from telegram import error as api

from bot import (
    accounting,
    broadcasting,
    campaigns_file,
    counting,
    courier,
    digesting,
    looking,
    mirroring,
    refunding,
)
from bot.botapi.pace import Pace
from bot.botapi.pen import Pen
from bot.botapi.transport import AiohttpRequest
from bot.cards import Cards
from bot.config import Settings
from bot.errors import CampaignsFileError, EntraideError, PaymentsLocked, StoreDown
from bot.i18n import Catalogues
from bot.payments.stripe_api import Payments
from bot.services import Services
from bot.store import campaigns, deliveries, inbox
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.watching import Seen, Watch
from bot.web import Door, Health
from handlers.menu import publish, publish_for_staff
from handlers.poller import ALLOWED, Poller
from handlers.reading import read_update
from handlers.turn import Desk

log = logging.getLogger("entraide")
P = ParamSpec("P")


@dataclass(frozen=True)
class Tempo:
    """How long the background waits, in seconds; tests shorten it."""

    sweep: float = 30
    sweep_beside_webhooks: float = 300
    retry: float = 1
    look: float = 1
    chore: float = 3600
    pulse: float = 60
    digest: float = 20
    watch: float = 60
    drain: float = 8
    card: float = 3
    telegram_read: float = 10
    stripe_read: float = 15
    patience: float = 8


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would re-raise SIGTERM and end the process before we are done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@dataclass
class App:
    """The running bot. `run` returns after a clean stop."""

    settings: Settings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tempo: Tempo = field(default_factory=Tempo)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    serving: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        token = self.settings.telegram_bot_token.get_secret_value()
        self.health = Health(self.settings.mode)
        # Derived, so that it needs no setting and survives restarts; it reveals nothing of the token.
        secret = hashlib.sha256(f"entraide webhook {token}".encode()).hexdigest()
        secrets = tuple(one.get_secret_value() for one in self.settings.stripe_webhook_secret)
        self.seen = Seen(self.clock())
        self.door = Door(self.health, secret, secrets, self.seen)
        url = self.settings.telegram_api_url
        self.requests = [AiohttpRequest(read=self.tempo.telegram_read) for _ in range(2)]
        self.bot = Pen(
            token,
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            request=self.requests[0],
            get_updates_request=self.requests[1],
            rate_limiter=Pace(self.settings.telegram_rate),
        )
        config = uvicorn.Config(
            self.door.app,
            host=self.settings.host,
            port=self.settings.port,
            timeout_keep_alive=75,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self.server = Server(config)

    async def run(self) -> None:
        """Serve until `stopping` is set, then finish what was begun."""
        migrate(self.settings.database_path)
        async with contextlib.AsyncExitStack() as stack:
            db = Database(self.settings.database_path)
            await db.open()
            stack.push_async_callback(db.close)
            payments = self._payments()
            stack.push_async_callback(payments.close)
            stack.push_async_callback(self._hang_up)
            await self._load_first_campaigns(db)
            await self._take_over_rates(db)
            async with _background(self.server.serve(), stop=self._stop_server):
                services = await self._meet_telegram(db, payments)
                if services is not None:
                    await self._serve(services)

    def _payments(self) -> Payments:
        key = self.settings.stripe_secret_key.get_secret_value()
        return Payments(
            key, self.settings.stripe_api_url, read=self.tempo.stripe_read, pause=self.tempo.retry / 2
        )

    async def _stop_server(self) -> None:
        self.server.should_exit = True

    async def _serve(self, services: Services) -> None:
        desk = Desk(services, self.bot)
        self.door.services, self.door.take = services, partial(self._take, desk)
        await services.db.write(deliveries.release)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in self._loops(services, desk)]
            self.serving.set()
            await self.stopping.wait()
            self.health.is_draining = True
            await self._drain(services)
            await _ended(tasks)

    async def _hang_up(self) -> None:
        """Close the connections to Telegram, also where the bot never got as far as meeting it."""
        await self.bot.shutdown()
        for request in self.requests:
            await request.shutdown()

    def _loops(self, services: Services, desk: Desk) -> list[Any]:
        loops = [
            courier.run(services, self.bot),
            broadcasting.run(services, self.bot),
            self._inbox(services),
            self._looks(services),
            self._sweeps(services),
            self._chores(services),
            self._announce(services),
            self._digests(services),
            self._watches(services),
            self._cards(services),
            self._pulse(),
        ]
        return (
            loops
            if self.settings.public_url
            else [*loops, Poller(services, self.bot, desk, self.requests[1]).run()]
        )

    async def _take(self, desk: Desk, body: bytes) -> None:
        """One update from a webhook's body; what cannot be read is logged and acknowledged, or it would come for ever."""
        try:
            update = read_update(body, self.bot)
        except Exception:
            log.exception("an update cannot be read")
            return
        await desk.take(update)

    async def _load_first_campaigns(self, db: Database) -> None:
        if await db.read(campaigns.every):
            return
        try:
            wanted = campaigns_file.read_file(self.settings.campaigns_file)
        except CampaignsFileError as error:
            log.warning("no campaigns were loaded", extra={"reason": str(error)})
            return
        await db.write(lambda tx: campaigns_file.load(tx, wanted, self.clock()))

    async def _take_over_rates(self, db: Database) -> None:
        for currency in await db.write(lambda tx: counting.seed(tx, self.settings, self.clock())):
            log.warning("a rate counts for no goal: write it as EUR/MAD", extra={"currency": currency})

    async def _meet_telegram(self, db: Database, payments: Payments) -> Services | None:
        """Telegram may be down when we start: say so on /healthz, and try until it answers."""
        pause = self.tempo.retry
        while not self.stopping.is_set():
            try:
                await self.bot.initialize()
                await self._choose_way()
            except api.TelegramError as error:
                self.health.telegram = f"cannot be reached: {type(error).__name__}"
                log.warning("Telegram cannot be reached", extra={"error": type(error).__name__})
                await _either(self.stopping.wait(), pause)
                pause = min(pause * 2, 30)
            else:
                self.health.telegram = "ok"
                return Services(
                    self.settings,
                    db,
                    payments,
                    self.clock,
                    Catalogues(self.settings.default_language),
                    self.bot.username,
                    patience=self.tempo.patience,
                )
        return None

    async def _choose_way(self) -> None:
        """Webhook or polling, as the settings say; a webhook is set only when it is not what Telegram has."""
        info = await self.bot.get_webhook_info()
        if not self.settings.public_url:
            if info.url:
                await self.bot.delete_webhook()
            return
        await self.bot.set_webhook(
            f"{self.settings.public_url}/telegram",
            secret_token=self.door.telegram_secret,
            allowed_updates=ALLOWED,
            max_connections=100,
        )

    async def _pulse(self) -> None:
        """Keep /healthz true while we serve."""
        while True:
            await asyncio.sleep(self.tempo.pulse)
            try:
                await self.bot.get_me()
            except api.TelegramError as error:
                self.health.telegram = f"cannot be reached: {type(error).__name__}"
            else:
                self.health.telegram = "ok"

    async def _announce(self, services: Services) -> None:
        """Things that may take their time once donors are answered."""
        await self._until_done(lambda: publish(services, self.bot))
        while True:
            services.bells.menus.clear()
            await self._until_done(lambda: publish_for_staff(services, self.bot))
            await services.bells.menus.wait()

    async def _until_done(self, work: Callable[[], Awaitable[object]]) -> None:
        pause = self.tempo.retry
        while True:
            try:
                await work()
            except (api.TelegramError, EntraideError) as error:
                log.warning("will try again", extra={"error": type(error).__name__})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 300)
            else:
                return

    async def _inbox(self, services: Services) -> None:
        """Work hints as they come, many at once; those that failed are tried again a little later."""
        while True:
            services.bells.inbox.clear()
            try:
                hints = await services.db.read(partial(inbox.waiting, limit=32))
            except StoreDown:
                log.exception("the inbox cannot be read")
                await asyncio.sleep(self.tempo.retry)
                continue
            done = await asyncio.gather(*(self._is_worked(services, hint) for hint in hints))
            if not hints:
                await _either(services.bells.inbox.wait(), 30)
            elif not all(done):
                await asyncio.sleep(self.tempo.retry)

    async def _is_worked(self, services: Services, hint: inbox.Hint) -> bool:
        return await _survives("inbox", looking.work_inbox, services, hint)

    async def _looks(self, services: Services) -> None:
        while True:
            services.bells.looks.clear()
            found: list[bool] = []
            # Also where the database cannot be read for a moment, the next look comes.
            await _survives("looks", self._look, services, found)
            if not any(found):
                await _either(services.bells.looks.wait(), self.tempo.look)

    async def _look(self, services: Services, found: list[bool]) -> None:
        """Everything whose turn it is to be asked about; `found` says whether there was anything."""
        gifts, orders = await looking.due(services), await refunding.due(services)
        plans, payments = await mirroring.due(services), await accounting.due(services)
        found.append(bool(gifts or orders or plans or payments))
        await asyncio.gather(
            *(_survives("look", looking.visit, services, donation) for donation in gifts),
            *(_survives("refund", refunding.make, services, order) for order in orders),
            *(_survives("monthly", mirroring.mirror, services, plan.id) for plan in plans),
            *(_survives("accounts", accounting.learn, services, intent) for intent in payments),
        )

    async def _sweeps(self, services: Services) -> None:
        pause = self.tempo.sweep if self.settings.mode == "polling" else self.tempo.sweep_beside_webhooks
        while True:
            is_heard = await _survives("sweep", self._sweep, services)
            self.health.stripe = "ok" if is_heard else "does not answer"
            await asyncio.sleep(pause)

    async def _sweep(self, services: Services) -> None:
        try:
            await looking.sweep(services)
        except PaymentsLocked:
            self.seen.is_locked = True
            raise
        self.seen.is_locked = False

    async def _watches(self, services: Services) -> None:
        watch = Watch(services, self.seen)
        while True:
            self.seen.date = self.requests[0].date
            await _survives("watch", watch.look)
            await asyncio.sleep(self.tempo.watch)

    async def _chores(self, services: Services) -> None:
        while True:
            await _survives("reconcile", self._reconcile_if_due, services)
            await _survives("pull back", looking.pull_back, services)
            await _survives("prune", looking.prune, services)
            await asyncio.sleep(self.tempo.chore)

    async def _digests(self, services: Services) -> None:
        """Looked at often rather than slept for: clocks are set, and the hour changes with Ramadan."""
        while self.settings.digest_at is not None:
            await _survives("digest", digesting.owe_digest, services)
            await asyncio.sleep(self.tempo.digest)

    async def _cards(self, services: Services) -> None:
        cards = Cards(services, self.bot)
        while True:
            await _survives("cards", cards.draw)
            await asyncio.sleep(self.tempo.card)

    async def _reconcile_if_due(self, services: Services) -> None:
        if await looking.is_reconciling_due(services):
            await self._reconcile(services)

    async def _reconcile(self, services: Services) -> None:
        for donation_id in await looking.reconcile(services):
            log.warning("a gift was repaired by the reconciliation", extra={"donation": donation_id})

    async def _drain(self, services: Services) -> None:
        """Give turns and sends in flight a moment; whatever is left is on disk and goes on at the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.tempo.drain):
                await services.locks.idle()

    def stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.stopping.set)


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel until they listen: the wait_for of Python 3.11 swallows a cancellation that meets its own end."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)


async def _survives(what: str, work: Callable[P, Awaitable[object]], *args: P.args, **more: P.kwargs) -> bool:
    """Run one piece of background work; a failure is logged and leaves the loop alive.

    Begun here and not by the caller: what is stopped before its turn has then not begun at all.
    """
    try:
        await work(*args, **more)
    except EntraideError as error:
        log.warning(
            "background work failed", extra={"what": what, "error": f"{type(error).__name__} {error}"}
        )
        return False
    except Exception:
        log.exception("background work failed", extra={"what": what})
        return False
    return True


async def _either(wait: Awaitable[object], seconds: float) -> None:
    """Not `asyncio.wait_for`: in Python 3.11 it loses a cancellation that comes together with the result."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wait


@contextlib.asynccontextmanager
async def _background(work: Any, stop: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        try:
            yield
        finally:
            await stop()
