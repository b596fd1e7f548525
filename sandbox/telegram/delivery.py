"""How updates reach the bot: pushed to its webhook with retries, one in flight per queue, or fetched by getUpdates."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from msgspec import Struct

log = logging.getLogger(__name__)


class Webhook(Struct, frozen=True):
    url: str
    secret: str | None
    allowed: tuple[str, ...]


@dataclass
class Waiting:
    """One update not yet acknowledged. `queue` is what Telegram keeps in order: a chat's messages, a person's taps."""

    update: dict[str, Any]
    queue: str
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)


class Updates:
    """Every update until the bot has acknowledged it. `pause` is the first wait after a second failure, in seconds."""

    def __init__(self, pause: float = 2.0) -> None:
        self.pause = pause
        self.webhook: Webhook | None = None
        self.last_error = ""
        self.waiting: dict[int, Waiting] = {}
        self.everyone: dict[int, Waiting] = {}
        self._queues: dict[str, deque[Waiting]] = {}
        self._pushing: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._polls = 0

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))

    async def stop(self) -> None:
        self._polls += 1
        self._news.set()
        for task in list(self._pushing.values()):
            task.cancel()
        await asyncio.gather(*self._pushing.values(), return_exceptions=True)
        if self._session:
            await self._session.close()

    def add(self, update: dict[str, Any], queue: str) -> int:
        waiting = Waiting(update, queue)
        self.waiting[update["update_id"]] = self.everyone[update["update_id"]] = waiting
        self._queues.setdefault(queue, deque()).append(waiting)
        self._news.set()
        self._push(queue)
        return update["update_id"]

    def set_webhook(self, webhook: Webhook | None) -> None:
        self.webhook = webhook
        for queue in list(self._queues):
            self._push(queue)

    async def acknowledged(self, update_id: int, timeout: float = 30) -> None:
        """Wait until the bot has acknowledged this update."""
        await asyncio.wait_for(self.everyone[update_id].acknowledged.wait(), timeout)

    def _done(self, waiting: Waiting) -> None:
        self.waiting.pop(waiting.update["update_id"], None)
        waiting.acknowledged.set()

    def _push(self, queue: str) -> None:
        if self.webhook and self._session and queue not in self._pushing and self._queues.get(queue):
            self._pushing[queue] = asyncio.create_task(self._pushes(queue))

    async def _pushes(self, queue: str) -> None:
        pause = 0.0
        try:
            while self.webhook and (line := self._queues.get(queue)):
                if await self._is_taken(line[0]):
                    self._done(line.popleft())
                    pause = 0.0
                else:
                    await asyncio.sleep(pause)
                    pause = min(max(pause * 2, self.pause), self.pause * 60)
        finally:
            del self._pushing[queue]
            if not self._queues.get(queue):
                self._queues.pop(queue, None)

    async def _is_taken(self, waiting: Waiting) -> bool:
        webhook, session = self.webhook, self._session
        if webhook is None or session is None:
            return False
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        try:
            async with session.post(webhook.url, json=waiting.update, headers=headers) as answer:
                if answer.status // 100 == 2:
                    return True
                self.last_error = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as error:
            self.last_error = f"Connection failed: {type(error).__name__}"
        return False

    async def fetch(self, offset: int, limit: int, hold: float) -> list[dict[str, Any]]:
        """getUpdates: acknowledges everything below `offset`, then waits up to `hold` seconds for news."""
        for waiting in [one for number, one in self.waiting.items() if number < offset]:
            self._queues.get(waiting.queue, deque()).remove(waiting)
            self._done(waiting)
        self._polls += 1
        mine, loop = self._polls, asyncio.get_running_loop()
        until = loop.time() + hold
        while not self.waiting and self._polls == mine and (left := until - loop.time()) > 0:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                break
        return [one.update for one in list(self.waiting.values())[:limit]]
