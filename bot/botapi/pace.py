"""Telegram's pace: who may send when. Replies never wait for the bucket; they overdraw it, and the rest pays the debt.

Source: Telegram Bots FAQ, "My bot is hitting limits": about 30 messages a second in all, one a second in a chat, 20 a minute in a group.
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from itertools import count
from typing import Any, TypeVar

from telegram.error import RetryAfter

T = TypeVar("T")
# With 28 a second no second has more than 30, but for replies.
_BURST = 2
_PAID = 900
# One token. A billionth less is rounding, and would never be slept away.
_ONE = 1 - 1e-9
# What broadcasts may take of the whole; the rest is left for what donors wait for.
BULK = 0.7


class Priority(IntEnum):
    """Who goes first."""

    REPLY = 1
    CONFIRMATION = 2
    BROADCAST = 3
    # Its tokens were spent by `room`: it goes at once, and a refusal goes up at once.
    GRANTED = 4
    # Paid for in Stars: Telegram gives it a thousand a second beside all else.
    PAID = 5


@dataclass(slots=True)
class _Bucket:
    """Tokens that come back at `rate` a second up to `burst`; may go below zero."""

    rate: float
    burst: float
    at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def left(self, now: float) -> float:
        if now != self.at:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
            self.at = now
        return self.tokens

    def wait(self, now: float) -> float:
        """Seconds until one token is there."""
        left = self.left(now)
        return (1 - left) / self.rate if left < _ONE else 0.0

    def spend(self, now: float, cost: int = 1) -> None:
        self.tokens = self.left(now) - cost

    def is_full(self, now: float) -> bool:
        return self.left(now) >= self.burst


class Pace:
    """What every request of the bot's passes; `rate` is messages per second over all chats."""

    def __init__(
        self,
        rate: float = 28,
        *,
        patience: float = 30,
        tries: int = 4,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._rate, self._patience, self._tries = rate, patience, tries
        self._whole = rate
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._sleep = sleep
        self._all: _Bucket | None = None
        self._bulk: _Bucket | None = None
        self._paid: _Bucket | None = None
        # Of those only that wrote a moment ago, and that must not be written to yet.
        self._chats = OrderedDict[int | str, _Bucket]()
        self._paused = OrderedDict[int | str, float]()
        self._bulk_paused = 0.0
        self._line: list[tuple[Priority, int]] = []
        self._numbers = count()
        self._moved = asyncio.Event()

    def share(self, rate: float) -> None:
        """From now on so many messages a second are ours: the limit is the bot's, and other processes send too."""
        if rate != self._rate:
            self._rate = rate
            if self._all is not None:
                self._all.left(self._clock())
                self._all.rate = rate

    async def process(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        priority: Priority | None,
    ) -> Any:
        priority, chat = priority or Priority.REPLY, data.get("chat_id")
        if priority is Priority.GRANTED:
            return await self._granted(callback, args, kwargs, chat)
        for left in reversed(range(self._tries)):
            await self._turn(endpoint, chat, priority)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                if not self._may_wait(chat, _seconds(error), left):
                    raise
        raise AssertionError("the last try returns or raises")

    async def room(self, chats: Sequence[int], cost: int = 1, *, is_paid: bool = False) -> list[int]:
        """Wait until a broadcast may write to any of these chats; all those that it may write to now, their tokens spent.

        Sends to them go with Priority.GRANTED. `cost` is how many messages each gets.
        """
        place = (Priority.PAID if is_paid else Priority.BROADCAST, next(self._numbers))
        heapq.heappush(self._line, place)
        try:
            while not (granted := self._let_go(chats, place, cost)):
                await self._sleep(min(self._wait(one, place[0], place) for one in chats))
            return granted
        finally:
            self._leave(place)

    def _let_go(self, chats: Sequence[int], place: tuple[Priority, int], cost: int) -> list[int]:
        """Those of them that may be written to now; the tokens that all share are looked at before each."""
        now, priority = self._clock(), place[0]
        if self._bulk_paused > now or self._is_behind(place):
            return []
        granted: list[int] = []
        shared = self._shared(now, priority)
        left = min(bucket.left(now) for bucket in shared)
        for chat in chats:
            if left < _ONE:
                break
            mine = self._chat(chat, now)
            if self._paused.get(chat, 0.0) <= now and mine.left(now) >= _ONE:
                mine.tokens -= cost
                left -= cost
                granted.append(chat)
        for bucket in shared:
            bucket.spend(now, cost * len(granted))
        return granted

    async def _granted(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        chat: int | str | None,
    ) -> Any:
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            self._may_wait(chat, _seconds(error), 0)
            raise

    def _may_wait(self, chat: int | str | None, seconds: float, left: int) -> bool:
        now = self._clock()
        until = now + seconds
        if chat is not None:
            _forget(self._paused, lambda one: one <= now)
            self._paused[chat] = until
        self._bulk_paused = max(self._bulk_paused, until)
        return left > 0 and seconds <= self._patience

    async def _turn(self, endpoint: str, chat: int | str | None, priority: Priority) -> None:
        if chat is not None:
            await self._sit_out(chat)
        if (
            chat is None
            or not endpoint.startswith(("send", "copy", "forward"))
            or endpoint == "sendChatAction"
        ):
            return
        if priority is not Priority.REPLY:
            await self._queue(chat, priority)
        self._spend(chat, priority)

    async def _sit_out(self, chat: int | str) -> None:
        while (until := self._paused.get(chat)) is not None:
            if (left := until - self._clock()) > 0:
                await self._sleep(left)
            else:
                del self._paused[chat]

    async def _queue(self, chat: int | str, priority: Priority) -> None:
        """Wait for tokens; a higher class in the line goes first, and within a class who came first.

        Whoever waits for their own chat alone stands in nobody's way: the line is for the tokens that all share.
        """
        place = (priority, next(self._numbers))
        while True:
            while (wait := self._own_wait(chat)) > 0:
                await self._sleep(wait)
            heapq.heappush(self._line, place)
            try:
                while self._own_wait(chat) <= 0:
                    if (wait := self._wait(chat, priority, place)) <= 0:
                        return
                    await self._sleep(wait)
            finally:
                self._leave(place)

    def _own_wait(self, chat: int | str) -> float:
        now = self._clock()
        return max(self._paused.get(chat, 0.0) - now, self._chat(chat, now).wait(now))

    def _leave(self, place: tuple[Priority, int]) -> None:
        self._line.remove(place)
        heapq.heapify(self._line)

    def _wait(self, chat: int | str, priority: Priority, place: tuple[Priority, int]) -> float:
        now = self._clock()
        bulk = self._bulk_paused - now if priority >= Priority.BROADCAST else 0.0
        longest = max(self._paused.get(chat, 0.0) - now, bulk, *self._waits(now, chat, priority))
        return 1 / self._rate if longest <= 0 and self._is_behind(place) else longest

    def _is_behind(self, place: tuple[Priority, int]) -> bool:
        """Whether a higher class waits."""
        return place[0] is not Priority.PAID and self._line[0] != place and self._line[0][0] < place[0]

    def _waits(self, now: float, chat: int | str, priority: Priority) -> list[float]:
        return [bucket.wait(now) for bucket in self._buckets(now, chat, priority)]

    def _spend(self, chat: int | str, priority: Priority, cost: int = 1) -> None:
        now = self._clock()
        for bucket in self._buckets(now, chat, priority):
            bucket.spend(now, cost)

    def _buckets(self, now: float, chat: int | str, priority: Priority) -> tuple[_Bucket, ...]:
        return self._chat(chat, now), *self._shared(now, priority)

    def _shared(self, now: float, priority: Priority) -> tuple[_Bucket, ...]:
        if self._all is None or self._bulk is None or self._paid is None:
            # What a lifted rate gives within one turn of the loop may go in one.
            burst = max(_BURST, self._whole / 50)
            self._all, self._bulk = _Bucket(self._rate, burst, now), _Bucket(self._whole * BULK, burst, now)
            self._paid = _Bucket(_PAID, _PAID / 50, now)
        if priority is Priority.BROADCAST:
            return self._all, self._bulk
        return (self._paid if priority is Priority.PAID else self._all,)

    def _chat(self, chat: int | str, now: float) -> _Bucket:
        if chat not in self._chats:
            _forget(self._chats, lambda one: one.is_full(now))
            is_group = isinstance(chat, int) and chat < 0
            self._chats[chat] = _Bucket(20 / 60, 5, now) if is_group else _Bucket(1, 3, now)
        return self._chats[chat]


def _forget(known: OrderedDict[int | str, T], is_over: Callable[[T], bool]) -> None:
    """Drop what is over among the two that were looked at longest ago: called for each that comes, it keeps `known` as
    small as what is not over, and is never long about it.
    """
    for _ in range(min(2, len(known))):
        chat, one = known.popitem(last=False)
        if not is_over(one):
            known[chat] = one


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
