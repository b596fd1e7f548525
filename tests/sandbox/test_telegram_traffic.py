"""Telegram's limits, when they are on, and its books of what was really posted."""

import asyncio

import pytest
import telegram as ptb

from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram.contract import Refused
from sandbox.telegram.messages import Chat
from sandbox.telegram.traffic import Traffic
from tests.sandbox.speaking import Speaking

JOHN, FAMILY = 1003, -1001


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def admitted(traffic: Traffic, chat: Chat) -> bool:
    try:
        traffic.admit(chat)
    except Refused:
        return False
    traffic.record(chat, chat.next_id())
    return True


def test_thirty_a_second_over_all_chats_and_no_more() -> None:
    clock = Watch()
    traffic = Traffic(is_limited=True, clock=clock)
    sent = [admitted(traffic, Chat(number, "Donor")) for number in range(1, 41)]
    assert sent == [True] * 30 + [False] * 10
    clock.at += 1.01
    assert admitted(traffic, Chat(99, "Donor"))
    assert (traffic.highest(1), traffic.highest(60), traffic.total) == (30, 31, 31)


def test_one_a_second_in_a_chat_after_a_burst_of_three() -> None:
    clock = Watch()
    traffic, chat = Traffic(is_limited=True, clock=clock), Chat(JOHN, "John")
    assert [admitted(traffic, chat) for _ in range(4)] == [True, True, True, False]
    clock.at += 0.9  # About a second.
    assert [admitted(traffic, chat) for _ in range(2)] == [True, False]


def test_twenty_a_minute_in_a_group_and_how_long_to_wait_then() -> None:
    clock = Watch()
    traffic, group = Traffic(is_limited=True, clock=clock), Chat(FAMILY, "Famille")
    for _ in range(20):
        assert admitted(traffic, group)
        clock.at += 1
    with pytest.raises(Refused) as caught:
        traffic.admit(group)
    assert 40 <= caught.value.parameters["retry_after"] <= 41
    clock.at += 41
    assert admitted(traffic, group)


def test_paid_broadcasts_may_go_faster() -> None:
    traffic = Traffic(is_limited=True, clock=Watch())
    for number in range(1, 101):
        traffic.admit(Chat(number, "Donor"), is_paid=True)
        traffic.record(Chat(number, "Donor"), 1)
    assert traffic.highest(1) == 100


def test_the_books_of_ten_thousand_chats_know_their_fullest_windows() -> None:
    clock = Watch()
    traffic = Traffic(clock=clock)
    for number in range(1, 10_001):
        traffic.record(Chat(number, "Donor"), 1)
        clock.at += 1 / 32  # Exact in binary.
    assert (traffic.highest(1), traffic.highest(60)) == (32, 1920)


async def test_limits_are_off_until_they_are_asked_for(speaking: Speaking) -> None:
    await asyncio.gather(*(speaking.api.send_message(JOHN, f"{number}") for number in range(8)))
    speaking.emulator.limits = True
    sends = (speaking.api.send_message(1002, f"{number}") for number in range(8))
    answers = await asyncio.gather(*sends, return_exceptions=True)
    assert any(isinstance(one, ptb.error.RetryAfter) for one in answers)


async def test_the_books_hold_what_was_posted_also_where_the_answer_was_lost(sandbox: Sandbox) -> None:
    emulator = sandbox.telegram
    emulator.faults.add(Fault("cut_after", "sendMessage"))
    emulator.faults.add(Fault("429", "sendMessage"))
    async with ptb.Bot(emulator.token, base_url=f"{sandbox.base}/telegram/bot") as api:
        for kind in (ptb.error.NetworkError, ptb.error.RetryAfter):
            with pytest.raises(kind):
                await api.send_message(JOHN, "Hello")
    assert [one.message_id for one in emulator.posted(JOHN)] == [emulator.phones[JOHN].last.id]


async def test_a_chat_may_answer_429_once_and_then_take_the_message(speaking: Speaking) -> None:
    speaking.emulator.chats[JOHN].floods = 1
    with pytest.raises(ptb.error.RetryAfter):
        await speaking.api.send_message(JOHN, "Hello")
    await speaking.api.send_message(JOHN, "Hello")
    assert len(speaking.emulator.posted(JOHN)) == 1
