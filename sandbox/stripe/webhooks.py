"""Stripe's webhooks: signed, repeated until answered, and lost, doubled, late or out of order on demand."""

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp

_TRIES = 8


class Outbox:
    """Sends events in order of their making. `pause` is the first wait before a repeat, in seconds."""

    def __init__(self, secret: str, pause: float, wall: Callable[[], float] = time.time) -> None:
        self.secret, self.pause, self._wall = secret, pause, wall
        self.url: str | None = None
        self.next_ones: deque[str] = deque()
        self.held: list[dict[str, Any]] = []
        self.lost: list[dict[str, Any]] = []
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def send(self, event: dict[str, Any]) -> None:
        """What the controls say becomes of this event; otherwise it goes out."""
        match self.next_ones.popleft() if self.next_ones else "send":
            case "lose":
                self.lost.append(event)
            case "hold":
                self.held.append(event)
            case "double":
                self._go(event, 0)
                self._go(event, 0)
            case "delay":
                self._go(event, self.pause * 5)
            case _:
                self._go(event, 0)

    def release(self) -> None:
        """The held ones, the newest first."""
        while self.held:
            self._go(self.held.pop(), 0)

    def _go(self, event: dict[str, Any], wait: float) -> None:
        if self.url and self._session:
            task = asyncio.create_task(self._repeat(event, wait))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _repeat(self, event: dict[str, Any], wait: float) -> None:
        for number in range(_TRIES):
            await asyncio.sleep(wait)
            if 200 <= await self.post(event) < 300:
                return
            wait = self.pause * 2**number

    async def post(self, event: dict[str, Any]) -> int:
        """One try; the answer's status, or 0 where there was none."""
        payload = json.dumps(event, indent=2, ensure_ascii=False).encode()
        return await self.post_raw(payload, self.sign(payload))

    async def post_raw(self, payload: bytes, header: str | None) -> int:
        if self.url is None or self._session is None:
            return 0
        headers = {"Content-Type": "application/json; charset=utf-8"} | (
            {"Stripe-Signature": header} if header is not None else {}
        )
        try:
            async with self._session.post(self.url, data=io.BytesIO(payload), headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def sign(self, payload: bytes, secret: str | None = None, timestamp: int | None = None) -> str:
        stamp = int(self._wall()) if timestamp is None else timestamp
        signed = f"{stamp}.".encode() + payload
        return (
            f"t={stamp},v1={hmac.new((secret or self.secret).encode(), signed, hashlib.sha256).hexdigest()}"
        )
