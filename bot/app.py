"""The composition root: everything is built and joined here, background work lives here, and nothing is decided."""

import asyncio
import contextlib
import hashlib
import logging
import signal
import socket
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

import uvicorn
from telegram import error as api

from bot import (
    broadcasting,
    counting,
    courier,
)
from bot.botapi.pace import Pace
from bot.botapi.pen import Pen
from bot.botapi.transport import AiohttpRequest, NotTrusted
from bot.config import Settings
from bot.errors import (
    CampaignsFileError,
    DatabaseTaken,
    NotAnUpdate,
    NotMigrated,
    StoreBroken,
    StoreDown,
)
from bot.i18n import Catalogues
from bot.loops import background, either, ended, survives
from bot.payments.stripe_api import Payments
from bot.rounds import Rounds
from bot.services import Bells, Locks, Services
from bot.several import Several
from bot.store import campaigns, copying, deliveries, marks, snapshot
from bot.store.database import Database, Work
from bot.store.fenced import Fenced
from bot.store.migrate import HEAD, migrate, version
from bot.store.moments import moment, seconds
from bot.store.presence import Presence, present
from bot.store.sql import Tx
from bot.tempo import Tempo
from bot.watching import Seen
from bot.web import HEADERS, UNTRUSTED, Door, Health
from bot.wire import Bounds, bounded
from handlers.line import Line
from handlers.poller import ALLOWED, Poller
from handlers.reading import read_update
from handlers.turn import Desk

T = TypeVar("T")
log = logging.getLogger("entraide")

_HEARD, _STRIPE = "stripe.webhook.heard", "stripe.health"


def _unreached(error: api.TelegramError) -> str:
    """What /healthz says of Telegram."""
    return UNTRUSTED if isinstance(error, NotTrusted) else f"cannot be reached: {type(error).__name__}"


class Part(StrEnum):
    """What this process does: everything, alone; or its part beside others on the same database."""

    ALL = "run"
    WEB = "web"
    WORKER = "worker"


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
    part: Part = Part.ALL
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    serving: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        token = self.settings.telegram_bot_token.get_secret_value()
        self.health = Health(self.settings.mode)
        # Derived, so that it needs no setting and survives restarts; it reveals nothing of the token.
        secret = hashlib.sha256(f"entraide webhook {token}".encode()).hexdigest()
        secrets = tuple(one.get_secret_value() for one in self.settings.stripe_webhook_secret)
        self.seen = Seen(self.clock())
        metrics = self.settings.metrics_token.get_secret_value()
        hops, is_worker = self.settings.trusted_hops, self.part is Part.WORKER
        self.door = Door(self.health, secret, secrets, self.seen, metrics, hops, only_looked_at=is_worker)
        url = self.settings.telegram_api_url
        self.requests = [AiohttpRequest(read=self.tempo.telegram_read) for _ in range(2)]
        self.pace = Pace(self.settings.telegram_rate)
        self.bot = Pen(
            token,
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            request=self.requests[0],
            get_updates_request=self.requests[1],
            pace=self.pace,
        )
        config = uvicorn.Config(
            self.door,
            host=self.settings.host,
            port=self.settings.worker_port if is_worker else self.settings.port,
            timeout_keep_alive=75,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
            http=bounded(Bounds(self.tempo.head, self.tempo.body)),
            ws="none",
            proxy_headers=False,
            server_header=False,
            headers=HEADERS,
        )
        self.server = Server(config)
        self.several: Several | None = None
        self._met = False

    async def run(self) -> None:
        """Serve until `stopping` is set, then finish what was begun.

        Raises DatabaseTaken, NotMigrated, and StoreBroken before anything is written.
        """
        self._refuse_damage()
        async with contextlib.AsyncExitStack() as stack:
            url, is_alone = self.settings.database_url, self.part is Part.ALL
            presence = await stack.enter_async_context(present(url, alone=is_alone, patience=self.tempo.hold))
            await asyncio.to_thread(self._bring_up)
            db = await self._open(stack, presence)
            payments = self._payments()
            stack.push_async_callback(payments.close)
            stack.push_async_callback(self._hang_up)
            if await db.read(copying.is_unfinished):
                raise StoreDown("a copy into this database is not finished: see `entraide copy`")
            async with self._locks().of("start"):
                await self._load_first_campaigns(db)
                await self._take_over_rates(db)
            async with background(self._listen(), stop=self._stop_server):
                services = await self._meet_telegram(db, payments)
                if services is not None:
                    await self._serve(services, presence)

    def _bring_up(self) -> None:
        """Alone, we do it ourselves; beside others it is a step of its own, before any of them starts."""
        url = self.settings.database_url
        if self.part is Part.ALL:
            migrate(url)
        elif (found := version(url)) != HEAD:
            raise NotMigrated(
                f"the database is at {found or 'nothing'}, not at {HEAD}: run `entraide migrate`"
            )

    async def _open(self, stack: contextlib.AsyncExitStack, presence: Presence) -> Database:
        url = self.settings.database_url
        db = Database(url) if self.part is Part.ALL else Fenced(url)
        await db.open()
        stack.push_async_callback(db.close)
        if isinstance(db, Fenced):
            self.several = Several(db, presence, self.tempo.lease, self.pace, self.settings.telegram_rate)
            stack.push_async_callback(self.several.leases.leave)
        return db

    def _locks(self) -> Locks:
        return self.several.locks if self.several else Locks()

    async def _listen(self) -> None:
        if self.part is not Part.WORKER:
            await self.server.serve()
        elif self.settings.worker_port:
            await self._listen_beside()

    async def _listen_beside(self) -> None:
        """A worker's page is for looking alone: it works all the same where it cannot be opened."""
        config = self.server.config
        try:
            opened = socket.create_server(
                (config.host, config.port), family=socket.AF_INET6 if ":" in config.host else socket.AF_INET
            )
        except OSError as error:
            log.error("WORKER_PORT cannot be opened", extra={"port": config.port, "error": error.strerror})
            return
        await self.server.serve([opened])

    def _refuse_damage(self) -> None:
        file = self.settings.database_file
        if file is None:
            return
        try:
            snapshot.refuse_damage(file)
        except StoreBroken as error:
            from bot import backups

            mend = backups.mend(self.settings)
            raise StoreBroken(
                f"The database is damaged, and nothing was written to it. {error}. Now {mend}"
            ) from error

    def _payments(self) -> Payments:
        key = self.settings.stripe_secret_key.get_secret_value()
        return Payments(
            key, self.settings.stripe_api_url, read=self.tempo.stripe_read, pause=self.tempo.retry / 2
        )

    async def _stop_server(self) -> None:
        self.server.should_exit = True

    async def _serve(self, services: Services, presence: Presence) -> None:
        desk = Desk(services, self.bot)
        line = Line(services, self.bot, desk, self.several.leases) if self.several else None
        if line is None:
            await self._write(services.db, deliveries.release)
        self.door.services = services
        self.door.take = line.take if line else partial(self._take, desk)
        async with asyncio.TaskGroup() as group:
            works = [self._stays(presence), *self._loops(services, desk, line)]
            if not self._met:
                works.append(self._meets_late(services))
            tasks = [group.create_task(work) for work in works]
            self.serving.set()
            await self.stopping.wait()
            self.health.is_draining = True
            await self._drain(services)
            await ended(tasks)

    async def _stays(self, presence: Presence) -> None:
        """Whoever finds another in their place stops: two that do everything would do it twice."""
        try:
            await presence.stays(alone=self.part is Part.ALL)
        except DatabaseTaken as error:
            log.error(str(error))
            self.stopping.set()

    async def _hang_up(self) -> None:
        """Close the connections to Telegram, also where the bot never got as far as meeting it."""
        await self.bot.shutdown()
        for request in self.requests:
            await request.shutdown()

    def rounds(self, services: Services) -> Rounds:
        return Rounds(services, self.bot, self.tempo, self.seen, self.health, self.requests[0])

    def _loops(self, services: Services, desk: Desk, line: Line | None) -> list[Any]:
        if self.several is None or line is None:
            poller = Poller(services, self.bot, desk, self.requests[1])
            news = self._leftovers(poller) if self.settings.public_url else poller.run()
            return [*self._work(services), *self._schedules(services), self._pulse(), news]
        if self.part is Part.WEB:
            return [self.several.beats(), self._pulse(), self._exchanges(services)]
        return [
            self.several.beats(),
            self._pulse(),
            self._exchanges(services),
            self.several.works(partial(self._of_worker, services, desk, line)),
        ]

    def _work(self, services: Services) -> list[Any]:
        """What any number of processes may do side by side."""
        rounds = self.rounds(services)
        return [courier.run(services, self.bot), rounds.inbox(), rounds.looks()]

    def _schedules(self, services: Services) -> list[Any]:
        """What one process does."""
        rounds = self.rounds(services)
        return [
            broadcasting.run(services, self.bot),
            rounds.sweeps(),
            rounds.chores(),
            rounds.announce(),
            rounds.digests(),
            rounds.watches(),
            rounds.cards(),
            rounds.counts(),
        ]

    def _of_worker(self, services: Services, desk: Desk, line: Line) -> list[Any]:
        several = self.several
        if several is None:
            return []
        poller = Poller(services, self.bot, desk, self.requests[1], line=line)

        def leading() -> list[Any]:
            polls = [] if self.settings.public_url else [poller.run()]
            return [*self._schedules(services), *polls]

        listens = several.hears(self.tempo.peek)
        return [*self._work(services), line.tidy(self.tempo.tidy), listens, several.leads(leading)]

    async def _leftovers(self, poller: Poller) -> None:
        """What was kept on disk, and is Telegram's no more: by a poll, or where processes shared the work."""
        async with asyncio.TaskGroup() as group:
            await poller.finish_all(group)

    async def _take(self, desk: Desk, body: bytes) -> None:
        """One update from a webhook's body; what cannot be read is logged and acknowledged, or it would come for ever."""
        try:
            update = read_update(body, self.bot)
        except NotAnUpdate as error:
            log.error("an update cannot be read", extra={"error": str(error)})
            return
        await desk.take(update)

    async def _load_first_campaigns(self, db: Database) -> None:
        if await db.read(campaigns.every):
            return
        # Only a first start reads the file: every later one goes without its model.
        from bot import campaigns_file

        try:
            wanted = campaigns_file.read_file(self.settings.campaigns_file)
        except CampaignsFileError as error:
            log.warning("no campaigns were loaded", extra={"reason": str(error)})
            return
        await self._write(db, lambda tx: campaigns_file.load(tx, wanted, self.clock()))

    async def _take_over_rates(self, db: Database) -> None:
        for currency in await self._write(db, lambda tx: counting.seed(tx, self.settings, self.clock())):
            log.warning("a rate counts for no goal: write it as EUR/MAD", extra={"currency": currency})

    async def _write(self, db: Database, work: Work[T]) -> T:
        """What a start must have written: whoever keeps others from writing for a moment is waited for. Raises StoreDown."""
        end = time.monotonic() + self.tempo.hold
        while True:
            try:
                return await db.write(work)
            except StoreDown:
                if self.stopping.is_set() or time.monotonic() > end:
                    raise
                log.warning("the database cannot be written to yet")
                await either(self.stopping.wait(), self.tempo.retry)

    async def _meet_telegram(self, db: Database, payments: Payments) -> Services | None:
        """Telegram may be down when we start. A bot that knows its name from before serves all the same, since Stripe's news and
        whoever comes back from paying do not wait; a new one when Telegram answers.
        """
        # By the token: another bot on this database has another name.
        name = f"telegram.name.{self.bot.token.partition(':')[0]}"
        known, is_met = await db.read(lambda tx: marks.get(tx, name)), await self._meet()
        if not is_met and known is None:
            is_met = await self._meets()
        if is_met and self.bot.username != known:
            known = self.bot.username
            # Without it the next start asks first, as this one did.
            await survives("name", db.write, partial(marks.put, key=name, value=known))
        return None if known is None else self._services(db, payments, known)

    async def _meets_late(self, services: Services) -> None:
        if await self._meets() and self.bot.username != services.username:
            log.error("the bot has another name now: start it again, or its links lead to nobody")

    async def _meets(self) -> bool:
        """Try until Telegram answers; False where we stop before that."""
        pause = self.tempo.retry
        while not self.stopping.is_set():
            await either(self.stopping.wait(), pause)
            if await self._meet():
                return True
            pause = min(pause * 2, 30)
        return False

    async def _meet(self) -> bool:
        """Ask Telegram who we are, and say how its updates are to come; whether it answered."""
        try:
            await self.bot.initialize()
            await self._choose_way()
        except api.TelegramError as error:
            self.health.telegram = _unreached(error)
            log.warning("Telegram cannot be reached", extra={"error": type(error).__name__})
            return False
        self.health.telegram, self._met = "ok", True
        return True

    def _services(self, db: Database, payments: Payments, username: str) -> Services:
        return Services(
            self.settings,
            db,
            payments,
            self.clock,
            Catalogues(self.settings.default_language),
            username,
            patience=self.tempo.patience,
            bells=self.several.joined.bells if self.several else Bells(),
            locks=self._locks(),
            owner=self.several.leases.owner if self.several else None,
        )

    async def _choose_way(self) -> None:
        """Webhook or polling, as the settings say."""
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

    async def _exchanges(self, services: Services) -> None:
        """For ever: what the watch and /healthz look at, and another process noticed."""
        told: tuple[datetime | None, str] | None = None
        while True:
            if (mine := (self.seen.webhook_at, self.health.stripe)) != told:
                await survives("exchange", services.db.write, partial(self._tell, said=mine))
                told = mine
            await survives("exchange", services.db.read, self._hear)
            await asyncio.sleep(self.tempo.exchange)

    def _tell(self, tx: Tx, said: tuple[datetime | None, str]) -> None:
        webhook_at, stripe = said
        if self.part is Part.WEB and webhook_at is not None:
            marks.put(tx, _HEARD, str(seconds(webhook_at)))
        if self._leads:
            marks.put(tx, _STRIPE, stripe)

    def _hear(self, tx: Tx) -> None:
        if not self._leads:
            self.health.stripe = marks.get(tx, _STRIPE) or "starting"
        if self.part is Part.WORKER and (heard := marks.get(tx, _HEARD)):
            self.seen.webhook_at = moment(int(heard))

    @property
    def _leads(self) -> bool:
        """Whether it is this one that asks Stripe how it does."""
        return self.several is not None and self.several.leads_now

    async def _pulse(self) -> None:
        """Keep /healthz true while we serve."""
        while True:
            await asyncio.sleep(self.tempo.pulse)
            try:
                await self.bot.get_me()
            except api.TelegramError as error:
                self.health.telegram = _unreached(error)
            else:
                # Before that it may bring us nothing.
                self.health.telegram = "ok" if self._met else self.health.telegram

    async def _drain(self, services: Services) -> None:
        """Give turns and sends in flight a moment; whatever is left is on disk and goes on at the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.tempo.drain):
                await services.locks.idle()

    def stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.stopping.set)
