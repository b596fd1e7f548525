"""A broadcast in bad weather: people who left, floods, errors, silence, and kill -9 on the way. Each gets it once at most."""

import asyncio
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.contents import Content, ContentKind
from bot.store.sums import Of
from sandbox.app import Sandbox, running
from sandbox.faults import Fault
from sandbox.telegram.crowd import Crowd, Shares
from tests import engine
from tests.journeys.test_kills import Bot, beside, facts

RECIPIENTS = int(os.environ.get("RECIPIENTS", "600"))
KILLS = 5
HOLDOUT = 5
_CURRENCIES = ("MAD", "EUR", "USD")
_LANGUAGES = ("fr", "ar", "en")


@dataclass
class Books:
    """What the bot says, and what really arrived: by Telegram id."""

    states: dict[int, str]
    arrived: dict[int, int]
    tally: dict[str, int]
    state: str

    def of(self, state: str) -> list[int]:
        return [person for person, each in self.states.items() if each == state]


def seeded(folder: Path, crowd: Crowd) -> None:
    """All of the crowd know the bot, and a broadcast to them is due."""
    url = engine.fresh(folder)
    engine.sql_many(
        url,
        "INSERT INTO donors (telegram_id, language, currency, state, created_at) VALUES (?, ?, ?, 'active', 1)",
        [(one, _LANGUAGES[one % 3], _CURRENCIES[one % 7 % 3]) for one in crowd.donors],
    )
    # Its author hears of it besides, and is none of those it is for.
    engine.sql(
        url,
        "INSERT INTO donors (id, telegram_id, language, currency, state, created_at, muted_at) "
        "VALUES (999999, 1900, 'fr', 'MAD', 'active', 1, 1)",
    )
    # What adding them one by one would have counted.
    counted = (Of.DONORS.value, 1, len(crowd.donors) + 1)
    engine.sql(url, "INSERT INTO sums (key, at, count, minor) VALUES (?, ?, ?, 0)", counted)
    engine.sql(
        url,
        "INSERT INTO broadcasts (id, state, by, audience, holdout, created_at, due_at) "
        "VALUES (1, 'scheduled', 999999, ?, ?, 1, 1)",
        (json.dumps(_EVERYBODY), HOLDOUT),
    )
    engine.sql_many(
        url,
        "INSERT INTO broadcast_parts VALUES (1, ?, ?)",
        [(one, Content(ContentKind.TEXT, f"Storm {one}").dump()) for one in _LANGUAGES],
    )


_EVERYBODY = {
    "gave": "any",
    "campaign_id": 0,
    "days": 90,
    "monthly": "any",
    "currency": "",
    "languages": [],
    "source": "",
    "is_staff": False,
}


def bad_weather(sandbox: Sandbox, crowd: Crowd) -> int:
    """1 % errors, 1 % silence before or after the effect, four bursts of 429; how many sends may be in doubt by it."""
    gone = {*crowd.blocked, *crowd.deactivated}
    here = [one for one in crowd.donors if one not in gone]
    kinds = ("500", "timeout", "502", "timeout_after", "500", "cut", "502", "cut_after")
    struck = here[25::50]
    for number, one in enumerate(struck):
        fault = Fault(kinds[number % len(kinds)], "sendMessage", chat_id=one)
        sandbox.telegram.faults.add(fault)
    for start in range(len(here) // 5, len(here), len(here) // 5):
        for one in here[start : start + 5]:
            sandbox.telegram.chats[one].floods = 1
    return len(struck) // 2 + 1


def kill_on_the_way(bot: Bot, at: list[int]) -> None:
    """Kill when so many messages were asked for, in turns before and after the effect of one."""
    seen = Counter[str]()

    def spy(moment: str, name: str) -> None:
        if name != "sendMessage":
            return
        seen[moment] += 1
        if bot.kills < len(at) and seen["before"] >= at[bot.kills]:
            is_time = moment == ("before", "after")[bot.kills % 2]
            if is_time and bot.process is not None and bot.process.returncode is None:
                bot.kill()

    bot.sandbox.telegram.spies.append(spy)


async def done(folder: Path, crowd: Crowd, sandbox: Sandbox, timeout: float) -> Books:
    """Wait until the broadcast is done; what became of it."""
    async with asyncio.timeout(timeout):
        while facts(folder, "SELECT state FROM broadcasts") != [("done",)]:
            await asyncio.sleep(0.2)
    sends = (
        "SELECT telegram_id, broadcast_sends.state FROM broadcast_sends JOIN donors ON donors.id = donor_id"
    )
    states: dict[int, str] = dict(facts(folder, sends))
    names = ("total", "sent", "failed", "blocked", "doubt", "skipped", "held")
    [(state, *counts)] = facts(folder, f"SELECT state, {', '.join(names)} FROM broadcasts")
    arrived = {one: len(sandbox.telegram.posted(one)) for one in crowd.donors}
    return Books(states, arrived, dict(zip(names, counts, strict=True)), state)


def hold_true(books: Books, crowd: Crowd, most_in_doubt: int) -> None:
    """Each person once at most, each reachable one once but for those in doubt, and both books agree."""
    gone = {*crowd.blocked, *crowd.deactivated}
    assert set(books.states) == set(crowd.donors)
    assert {one: books.arrived[one] for one in books.of("sent")} == dict.fromkeys(books.of("sent"), 1)
    assert all(books.arrived[one] <= 1 for one in books.of("doubt"))
    assert all(books.arrived[one] == 0 for one in books.of("held"))
    doubtful = {*books.of("doubt"), *books.of("held")}
    assert {*books.of("blocked")} == gone - doubtful
    assert {*books.of("sent")} == {*crowd.donors} - gone - doubtful
    assert len(books.of("doubt")) <= most_in_doubt
    counted = Counter(books.states.values())
    assert books.tally == {
        "total": len(crowd.donors) - counted["held"],
        **{name: counted[name] for name in ("sent", "failed", "blocked", "doubt", "skipped", "held")},
    }


@pytest.mark.timeout(1800)
async def test_in_a_storm_everybody_gets_it_once_and_both_books_agree(tmp_path: Path) -> None:
    async with running(pause=0.05) as sandbox:
        crowd = sandbox.telegram.invite(RECIPIENTS, 1, Shares(flooded=0, giving=0))
        crowd.settle()
        seeded(tmp_path, crowd)
        doubts = bad_weather(sandbox, crowd)
        async with beside(sandbox, tmp_path, TELEGRAM_RATE="100", QUIET_HOURS="off") as bot:
            kill_on_the_way(bot, [RECIPIENTS * part // 7 for part in range(1, KILLS + 1)])
            books = await done(tmp_path, crowd, sandbox, 1500)
        assert bot.kills == KILLS
        hold_true(books, crowd, doubts + KILLS * 8)

        assert sandbox.telegram.rejected == []


async def test_at_the_true_pace_no_window_is_too_full(tmp_path: Path) -> None:
    number = min(600, RECIPIENTS // 4 if RECIPIENTS < 2400 else 600)
    async with running(pause=0.05) as sandbox:
        sandbox.telegram.traffic.is_limited = True
        crowd = sandbox.telegram.invite(number, 2, Shares(flooded=0, giving=0))
        crowd.settle()
        seeded(tmp_path, crowd)
        async with beside(sandbox, tmp_path, QUIET_HOURS="off") as bot:
            kill_on_the_way(bot, [number // 3, number // 2])
            books = await done(tmp_path, crowd, sandbox, 100)
        hold_true(books, crowd, 2 * 8)
        calls = [call for call in sandbox.telegram.calls if call.status == 429]
        assert calls == [], "Telegram never had to slow us down"
        assert sandbox.telegram.traffic.highest(1) <= 30
        assert sandbox.telegram.traffic.highest(60) <= 60 * 30
        assert max(sandbox.telegram.traffic.highest(60, one) for one in crowd.donors) == 1
