"""Telegram's pace, in simulated time: who waits, for what, and who never does."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from telegram.error import RetryAfter

from bot.botapi.pace import Pace, Priority


class Clock:
    """Time that moves only when everybody waits for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = count()

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        heapq.heappush(self._waiting, (self.now + seconds, next(self._numbers), event))
        await event.wait()

    async def run(self, *work: Awaitable[Any]) -> None:
        """Move time on until all of the work is done."""
        tasks = [asyncio.ensure_future(one) for one in work]
        while not all(task.done() for task in tasks):
            for _ in range(20):
                await asyncio.sleep(0)
            if self._waiting and not all(task.done() for task in tasks):
                self.now, _, event = heapq.heappop(self._waiting)
                event.set()
        await asyncio.gather(*tasks)


class Stage:
    def __init__(self, **more: Any) -> None:
        self.clock = Clock()
        self.pace = Pace(28, clock=lambda: self.clock.now, sleep=self.clock.sleep, **more)
        self.sent: list[tuple[float, int, Priority | None]] = []
        self.refusals: dict[int, list[Exception]] = {}

    async def broadcast(self, chats: list[int]) -> None:
        """As senders do: ask for room, then send with what was granted."""
        left = list(chats)
        while left:
            granted = await self.pace.room(left[:8])
            await asyncio.gather(*(self.call(chat, Priority.GRANTED) for chat in granted))
            left = [chat for chat in left if chat not in granted]

    async def call(self, chat: int, priority: Priority | None = None, endpoint: str = "sendMessage") -> None:
        async def send() -> None:
            if self.refusals.get(chat):
                raise self.refusals[chat].pop()
            self.sent.append((self.clock.now, chat, priority))

        await self.pace.process(send, (), {}, endpoint, {"chat_id": chat}, priority)

    def most_in_a_second(self, wanted: Callable[[Priority | None], bool] = lambda _: True) -> int:
        times = [at for at, _, priority in self.sent if wanted(priority)]
        return max(sum(start <= at < start + 1 for at in times) for start in times)


async def test_confirmations_keep_below_thirty_a_second() -> None:
    stage = Stage()
    await stage.clock.run(*(stage.call(chat, Priority.CONFIRMATION) for chat in range(100)))
    assert len(stage.sent) == 100
    assert stage.most_in_a_second() <= 28 + 4


async def test_broadcasts_leave_room() -> None:
    stage = Stage()
    await stage.clock.run(*(stage.call(chat, Priority.BROADCAST) for chat in range(100)))
    assert stage.most_in_a_second() <= 22


async def test_a_reply_never_waits_behind_a_broadcast() -> None:
    stage = Stage()

    async def reply() -> None:
        await stage.clock.sleep(1)
        await stage.call(9999)

    await stage.clock.run(reply(), *(stage.call(chat, Priority.BROADCAST) for chat in range(300)))
    assert next(at for at, chat, _ in stage.sent if chat == 9999) == 1


async def test_a_confirmation_goes_ahead_of_broadcasts() -> None:
    stage = Stage()

    async def thanks() -> None:
        await stage.clock.sleep(1)
        await stage.call(9999, Priority.CONFIRMATION)

    await stage.clock.run(thanks(), *(stage.call(chat, Priority.BROADCAST) for chat in range(100)))
    assert next(at for at, chat, _ in stage.sent if chat == 9999) < 1.2


async def test_all_together_stay_below_thirty_a_second() -> None:
    stage = Stage()
    thanks = (stage.call(chat, Priority.CONFIRMATION) for chat in range(1000, 1100))
    await stage.clock.run(stage.broadcast(list(range(300))), *thanks)
    assert len(stage.sent) == 400
    assert stage.most_in_a_second() <= 30
    assert stage.most_in_a_second(lambda one: one is Priority.GRANTED) <= 22


async def test_thanks_overtake_a_broadcast_that_asks_for_room() -> None:
    stage = Stage()

    async def thanks() -> None:
        await stage.clock.sleep(1)
        await stage.call(9999, Priority.CONFIRMATION)

    await stage.clock.run(thanks(), stage.broadcast(list(range(100))))
    assert next(at for at, chat, _ in stage.sent if chat == 9999) < 1.2


async def test_a_429_to_a_broadcast_goes_up_at_once_and_stops_it_for_that_long() -> None:
    stage = Stage()
    stage.refusals[0] = [RetryAfter(5)]
    await stage.pace.room([0])
    with pytest.raises(RetryAfter):
        await stage.call(0, Priority.GRANTED)
    await stage.clock.run(stage.broadcast([1, 2]), stage.call(8))
    assert {chat: at for at, chat, _ in stage.sent} == {8: 0, 1: 5, 2: 5}


async def test_a_chat_that_has_had_its_share_holds_up_no_other() -> None:
    stage = Stage()
    for _ in range(4):
        await stage.call(1)
    await stage.clock.run(stage.broadcast([1, 2]))
    broadcast = [chat for _, chat, priority in stage.sent if priority is Priority.GRANTED]
    assert broadcast == [2, 1]


async def test_what_is_paid_for_has_a_rate_of_its_own() -> None:
    stage = Stage()

    async def paid() -> None:
        left = list(range(2000))
        while left:
            granted = await stage.pace.room(left[:64], is_paid=True)
            await asyncio.gather(*(stage.call(chat, Priority.GRANTED) for chat in granted))
            left = left[len(granted) :]

    await stage.clock.run(paid(), stage.call(9999, Priority.CONFIRMATION))
    assert 900 <= stage.most_in_a_second(lambda one: one is Priority.GRANTED) <= 1000
    assert next(at for at, chat, _ in stage.sent if chat == 9999) == 0


async def test_one_chat_gets_one_message_a_second_after_three() -> None:
    stage = Stage()
    await stage.clock.run(*(stage.call(7, Priority.CONFIRMATION) for _ in range(6)))
    assert [round(at) for at, _, _ in stage.sent] == [0, 0, 0, 1, 2, 3]


async def test_a_group_gets_twenty_a_minute() -> None:
    stage = Stage()
    await stage.clock.run(*(stage.call(-7, Priority.CONFIRMATION) for _ in range(30)))
    assert sum(at < 60 for at, _, _ in stage.sent) <= 25


@pytest.mark.parametrize("after", [2, timedelta(seconds=2)])
async def test_a_429_pauses_its_chat_and_broadcasts_but_no_other_donor(after: int | timedelta) -> None:
    stage = Stage()
    stage.refusals[7] = [RetryAfter(after)]

    async def others() -> None:
        await stage.clock.sleep(0.5)
        await asyncio.gather(stage.call(8), stage.call(9, Priority.BROADCAST))

    await stage.clock.run(stage.call(7), others())
    assert {chat: at for at, chat, _ in stage.sent} == {8: 0.5, 7: 2, 9: 2}


async def test_a_429_that_asks_for_too_long_goes_up() -> None:
    stage = Stage()
    stage.refusals[7] = [RetryAfter(600)]
    with pytest.raises(RetryAfter):
        await stage.call(7, Priority.CONFIRMATION)


async def test_tries_end() -> None:
    stage = Stage(tries=2)
    stage.refusals[7] = [RetryAfter(1), RetryAfter(1), RetryAfter(1)]
    with pytest.raises(RetryAfter):
        await stage.clock.run(stage.call(7))
    assert stage.sent == []


async def test_edits_and_answers_spend_nothing() -> None:
    stage = Stage()
    await stage.clock.run(*(stage.call(7, Priority.CONFIRMATION, "editMessageText") for _ in range(50)))
    assert stage.clock.now == 0


async def test_idle_chats_are_forgotten() -> None:
    stage = Stage()
    for chat in range(500):
        await stage.call(chat)
        stage.clock.now += 10
    assert len(stage.pace._chats) <= 2


async def test_a_crowd_is_forgotten_once_it_is_quiet_and_as_many_others_came() -> None:
    stage = Stage()
    for chat in range(500):
        await stage.call(chat)
    for chat in range(500, 1000):
        stage.clock.now += 1
        await stage.call(chat)
    assert len(stage.pace._chats) <= 5


async def test_a_chat_that_has_had_its_share_is_not_forgotten_however_many_others_come() -> None:
    stage = Stage()
    for _ in range(3):
        await stage.call(7)
    for chat in range(100, 600):
        await stage.call(chat)
    # Paid for, it waits for nobody's share but its own.
    await stage.clock.run(stage.call(7, Priority.PAID))
    assert stage.sent[-1] == (pytest.approx(1), 7, Priority.PAID)


async def test_a_pause_that_is_over_is_forgotten_though_nobody_writes_there_again() -> None:
    stage = Stage()
    for chat in range(500):
        stage.refusals[chat] = [RetryAfter(5)]
        with pytest.raises(RetryAfter):
            await stage.call(chat, Priority.GRANTED)
        stage.clock.now += 3
    assert len(stage.pace._paused) <= 4


async def test_a_cancelled_waiter_holds_nobody_up() -> None:
    stage = Stage()
    await stage.clock.run(*(stage.call(chat, Priority.CONFIRMATION) for chat in range(4)))
    waiter = asyncio.ensure_future(stage.call(50, Priority.CONFIRMATION))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    await stage.clock.run(stage.call(51, Priority.CONFIRMATION))
    assert stage.sent[-1][1] == 51


async def test_a_group_that_must_wait_for_itself_holds_no_broadcast_back() -> None:
    stage = Stage()
    letters = [stage.call(-100, Priority.CONFIRMATION) for _ in range(12)]
    await stage.clock.run(*letters, stage.broadcast(list(range(1, 41))))
    last = max(at for at, chat, _ in stage.sent if chat > 0)
    assert last < 3, "forty people at nineteen a second"
    assert sum(chat == -100 for _, chat, _ in stage.sent) == 12
