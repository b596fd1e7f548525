"""Simulated donors: the same for the same seed, light, and met by the real bot."""

from typing import Any

import aiohttp

from sandbox.app import Sandbox
from sandbox.telegram import TelegramEmulator
from tests.stage import Stage


def test_ten_thousand_come_in_the_shares_that_were_asked_for() -> None:
    emulator = TelegramEmulator()
    crowd = emulator.invite(10_000, seed=7)
    sizes = [
        len(part) for part in (crowd.donors, crowd.blocked, crowd.deactivated, crowd.flooded, crowd.giving)
    ]
    assert sizes == [10_000, 1000, 200, 300, 300]
    assert len({*crowd.blocked, *crowd.deactivated, *crowd.flooded, *crowd.giving}) == 1800
    assert len(emulator.phones) == 5


def test_the_same_seed_invites_the_same_people_who_speak_three_languages() -> None:
    first, second = TelegramEmulator(), TelegramEmulator()
    assert first.invite(500, seed=3).blocked == second.invite(500, seed=3).blocked
    assert first.people == second.people
    spoken = [one["language_code"] for id, one in first.people.items() if id > 5_000_000]
    for language, share in (("ar", 0.50), ("fr", 0.35), ("en", 0.15)):
        assert abs(spoken.count(language) / 500 - share) < 0.05


async def test_they_start_the_real_bot_a_few_give_and_some_are_gone(stage: Stage) -> None:
    crowd = stage.telegram.invite(40, seed=1)
    await crowd.arrive(stage.stripe.pay, per_second=0, at_once=4)
    giving = len(crowd.giving)
    assert (crowd.arrived, crowd.gave) == (40, giving)
    assert await stage.rows("SELECT count(*) FROM donors") == [(40,)]
    await stage.until_rows("SELECT count(*) FROM donations WHERE state = 'paid'", [(giving,)])
    states = {id: stage.telegram.chats[id].blocked for id in crowd.donors}
    assert [id for id, is_blocked in states.items() if is_blocked] == crowd.blocked


async def test_the_drawer_invites_one_crowd_at_a_time_and_counts_it(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession(sandbox.base) as http:

        async def asked(name: str, **body: Any) -> dict[str, Any]:
            async with http.post(f"/controls/{name}", json=body) as answer:
                return await answer.json()

        assert "10,000" in (await asked("invite", count=20_000))["error"]
        assert "\u206820\u2069 simulated donors" in (await asked("invite", count=20))["said"]
        # No bot runs beside, so they stand at the door.
        assert "still coming" in (await asked("invite"))["error"]
        async with http.get("/controls") as answer:
            told = (await answer.json())["crowd"]
    assert (told["invited"], told["arrived"], told["coming"]) == (20, 0, True)
