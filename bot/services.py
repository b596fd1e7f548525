"""The few things that a use case needs, passed by hand; no globals, no locator."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, field

from bot import tracing
from bot.config import Settings
from bot.i18n import Catalogues
from bot.payments.stripe_api import Payments
from bot.store.database import Database

T = TypeVar("T")


class Locks:
    """One lock per name, kept only while somebody holds or wants it."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[asyncio.Lock, int]] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Wait until nobody holds any lock."""
        await self._idle.wait()

    @asynccontextmanager
    async def of(self, name: str) -> AsyncGenerator[None]:
        """Nobody else has the name meanwhile, in any process on this database."""
        async with self.here(name):
            yield

    @asynccontextmanager
    async def here(self, name: str) -> AsyncGenerator[None]:
        """As `of`, in this process alone."""
        lock, wanted = self._held.get(name, (asyncio.Lock(), 0))
        self._held[name] = (lock, wanted + 1)
        self._idle.clear()
        try:
            async with lock:
                yield
        finally:
            lock, wanted = self._held.pop(name)
            if wanted > 1:
                self._held[name] = (lock, wanted - 1)
            elif not self._held:
                self._idle.set()


class Bells(Struct, frozen=True):
    """Rung after a commit that leaves work for a background loop, so that none of them has to poll fast."""

    courier: asyncio.Event = field(default_factory=asyncio.Event)
    inbox: asyncio.Event = field(default_factory=asyncio.Event)
    looks: asyncio.Event = field(default_factory=asyncio.Event)
    menus: asyncio.Event = field(default_factory=asyncio.Event)
    broadcasts: asyncio.Event = field(default_factory=asyncio.Event)
    counts: asyncio.Event = field(default_factory=asyncio.Event)


class Services(Struct, frozen=True):
    """`username` is the bot's, without @; `patience` is how long a donor waits for Stripe before we say so, in seconds.

    `owner` names this process where several share the database; None where it is alone.
    """

    settings: Settings
    db: Database
    payments: Payments
    clock: Callable[[], datetime]
    catalogues: Catalogues
    username: str
    patience: float = 8.0
    bells: Bells = field(default_factory=Bells)
    locks: Locks = field(default_factory=Locks)
    owner: str | None = None

    @asynccontextmanager
    async def gift(self, donation_id: str) -> AsyncGenerator[None]:
        """Alone with one gift, and every log line until the end under its name."""
        with tracing.on(donation_id):
            async with self.locks.of(donation_id):
                yield

    async def soon(self, work: Awaitable[T]) -> T:
        """What is done while a donor waits. Raises TimeoutError when they cannot wait any longer.

        Not `asyncio.wait_for`: in Python 3.11 it loses a cancellation that comes together with the result.
        """
        async with asyncio.timeout(self.patience):
            return await work

    @property
    def chat_url(self) -> str:
        return f"https://t.me/{self.username}"
