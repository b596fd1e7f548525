"""Broadcasts from the engine's side: who gets one, in which words, when, and how it stops."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot import audience, broadcasting
from bot.broadcasts import (
    MOST_TRIES,
    Audience,
    Broadcast,
    BroadcastButton,
    BroadcastState,
    ButtonKind,
    Tally,
    dump_buttons,
)
from bot.contents import Content, ContentKind
from bot.model import DonorState
from bot.money import Money
from bot.nights import Quiet, zone_of
from bot.services import Bells
from bot.store import broadcasts, donors
from bot.store.database import Database
from bot.store.moments import seconds
from bot.store.sql import Tx
from bot.zones import zone
from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram.crowd import Crowd, Shares
from sandbox.telegram.people import Button
from tests.stage import Stage, bot_beside, labels, session_of, settings_for, shows

AUTHOR = 1900


def text(words: str) -> Content:
    return Content(ContentKind.TEXT, words)


async def composed(
    stage: Stage, parts: dict[str, str], audience: Audience | None = None, **more: Any
) -> Broadcast:
    """A broadcast of Karim's that is scheduled for now."""
    now = datetime.now(UTC)

    def write(tx: Tx) -> int:
        (row,) = tx.plain("SELECT id FROM donors WHERE telegram_id = ?", (AUTHOR,))
        made = broadcasts.add(tx, row["id"], audience or Audience(), more.pop("holdout", 0), now)
        for language, words in parts.items():
            broadcasts.put_part(tx, made, language, text(words))
        broadcasts.move(tx, made.id, **{"state": BroadcastState.SCHEDULED, "due_at": seconds(now)} | more)
        return made.id

    id = await stage.services.db.write(write)
    found = await stage.services.db.read(lambda tx: broadcasts.get(tx, id))
    assert found is not None
    return found


async def everybody_is_here(stage: Stage) -> None:
    for phone in (stage.amina(), stage.yasmine(), stage.john(), stage.karim()):
        await phone.start()
        await phone.until(lambda one: any(message.sender == "bot" for message in one.messages))


async def test_everybody_gets_it_once_in_their_language(stage: Stage) -> None:
    await everybody_is_here(stage)
    made = await composed(stage, {"fr": "Bonjour", "en": "Hello", "ar": "سلام"})
    counted = await audience.count(stage.services, made)
    assert (counted.total, dict(counted.reached)) == (4, {"fr": 2, "ar": 1, "en": 1})
    stage.services.bells.broadcasts.set()
    await stage.john().says("Hello")
    await stage.amina().says("سلام")
    await stage.yasmine().says("Bonjour")
    assert labels(stage.john()) == ["Stop these messages"]
    await stage.until_rows("SELECT state, total, sent FROM broadcasts", [("done", 4, 4)])
    assert not await broadcasting.pause(stage.services, made.id, 1)


async def test_one_tap_stops_them_and_one_brings_them_back(stage: Stage) -> None:
    john = stage.john()
    await everybody_is_here(stage)
    first = await composed(stage, {"en": "First"})
    stage.services.bells.broadcasts.set()
    await john.says("First")
    await john.tap("Stop these messages")
    await john.says("You get no more messages")
    assert (await audience.count(stage.services, first)).muted == 1
    await stage.until_rows("SELECT state FROM broadcasts", [("done",)])
    await composed(stage, {"en": "Second"})
    stage.services.bells.broadcasts.set()
    await stage.until_rows("SELECT state, total FROM broadcasts", [("done", 1), ("done", 0)])
    assert await stage.rows("SELECT broadcast_id, button FROM broadcast_taps") == [(first.id, "stop")]
    await john.tap("Send them again")
    await john.says("You get our messages again")
    await composed(stage, {"en": "Third"})
    stage.services.bells.broadcasts.set()
    await john.says("Third")
    assert "Second" not in john.screen()


async def test_a_gift_from_its_button_is_known_to_come_of_it(stage: Stage) -> None:
    john = stage.john()
    await everybody_is_here(stage)
    give = BroadcastButton(ButtonKind.GIVE, 1, Money(20000, "MAD"))
    made = await composed(stage, {"en": "Blankets"}, buttons=dump_buttons((give,)))
    stage.services.bells.broadcasts.set()
    await john.says("Blankets")
    assert labels(john) == ["Give 200 MAD", "Stop these messages"]
    await john.tap("Give 200 MAD")
    await john.until(lambda one: labels(one)[:1] == ["Pay 200 MAD"])
    await john.tap("Pay 200 MAD")
    await john.until(lambda one: shows(one, "Open Stripe"))
    stage.stripe.pay(session_of(john))
    await stage.until_rows("SELECT state, source FROM donations", [("paid", f"b{made.id}")])
    assert await stage.rows("SELECT button FROM broadcast_taps") == [("give0",)]


async def test_a_forged_button_of_a_broadcast_is_a_stale_one(stage: Stage) -> None:
    john = stage.john()
    await everybody_is_here(stage)
    made = await composed(stage, {"en": "Hello"})
    stage.services.bells.broadcasts.set()
    await john.says("Hello")
    await stage.until_rows("SELECT state FROM broadcasts", [("done",)])
    button = Button("x", data=f"bgive-{made.id}-7")
    await stage.telegram.acknowledged(stage.telegram.tapped(john, john.chat, john.last, button))
    assert await stage.rows("SELECT count(*) FROM broadcast_taps") == [(0,)]
    assert await stage.rows("SELECT source FROM donors WHERE language = 'en'") == [(None,)]


async def crowd_of(stage: Stage, number: int) -> Crowd:
    """So many people who know the bot, without having talked to it in this test."""
    crowd = stage.telegram.invite(number, 3, Shares(0, 0, 0, 0))

    def write(tx: Tx) -> None:
        for one in crowd.donors:
            donors.add(tx, one, "en", "MAD", 1)

    await stage.services.db.write(write)
    return crowd


async def ring(stage: Stage) -> None:
    stage.services.bells.broadcasts.set()


async def tally(stage: Stage, id: int) -> Tally:
    found = await stage.services.db.read(lambda tx: broadcasts.get(tx, id))
    assert found is not None
    return found.tally


async def until_posted(stage: Stage, number: int) -> None:
    async with asyncio.timeout(20):
        while stage.telegram.traffic.total < number:
            await asyncio.sleep(0.005)


async def test_pause_holds_it_within_what_is_on_its_way_and_resume_goes_on(stage: Stage) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, 60)
    made = await composed(stage, {"en": "Hello"})
    before = stage.telegram.traffic.total
    await ring(stage)
    await until_posted(stage, before + 10)
    assert await broadcasting.pause(stage.services, made.id, 4)
    assert not await broadcasting.pause(stage.services, made.id, 4)
    at_pause = stage.telegram.traffic.total
    await stage.until_rows("SELECT count(*) FROM broadcast_sends WHERE state = 'sending'", [(0,)])
    assert stage.telegram.traffic.total <= at_pause + 8
    assert (await tally(stage, made.id)).sent < 60
    assert await broadcasting.resume(stage.services, made.id, 4)
    await stage.until_rows("SELECT state, sent FROM broadcasts", [("done", 61)], 20)
    assert {len(stage.telegram.posted(one)) for one in crowd.donors} == {1}
    assert await stage.rows("SELECT act, subject, by FROM acts ORDER BY id") == [
        ("broadcast.pause", str(made.id), "staff 4"),
        ("broadcast.resume", str(made.id), "staff 4"),
    ]


async def test_cancel_is_for_good_and_owes_its_report(stage: Stage) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, 60)
    made = await composed(stage, {"en": "Hello"})
    before = stage.telegram.traffic.total
    await ring(stage)
    await until_posted(stage, before + 5)
    assert await broadcasting.cancel(stage.services, made.id, 4)
    await stage.until_rows("SELECT count(*) FROM broadcast_sends WHERE state = 'sending'", [(0,)])
    assert not await broadcasting.resume(stage.services, made.id, 4)
    assert not await broadcasting.cancel(stage.services, made.id, 4)
    await ring(stage)
    reached = sum(len(stage.telegram.posted(one)) for one in crowd.donors)
    assert reached < 60
    kinds = "SELECT payload FROM deliveries WHERE kind = 'broadcast_report' ORDER BY due_at"
    assert await stage.rows(kinds) == [("end",), ("24h",), ("7d",)]


async def test_who_mutes_or_leaves_after_the_plan_is_skipped(stage: Stage) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, 3)
    made = await composed(stage, {"en": "Hello"}, state=BroadcastState.PAUSED)
    services = stage.services

    def planned(tx: Tx) -> None:
        broadcasts.move(tx, made.id, state=BroadcastState.RUNNING)
        broadcasting.plan_page(tx, services, made)
        muted, blocked, erased = (one.id for each in crowd.donors if (one := donors.find(tx, each)))
        donors.move(tx, muted, muted_at=1)
        donors.move(tx, blocked, state=DonorState.BLOCKED)
        donors.erase(tx, erased)

    await services.db.write(planned)
    await ring(stage)
    await stage.until_rows("SELECT state, total, sent, skipped FROM broadcasts", [("done", 4, 1, 3)])
    assert [len(stage.telegram.posted(one)) for one in crowd.donors] == [0, 0, 0]


async def test_at_night_a_broadcast_waits_for_the_morning_but_not_for_the_staff(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    hour = datetime.now(nights_zone("MAD")).hour
    quiet = Quiet((hour - 1) % 24, (hour + 2) % 24)
    settings = settings_for(sandbox, tmp_path, webhook=True, quiet_hours=quiet)
    async with bot_beside(sandbox, settings) as stage:
        await everybody_is_here(stage)
        asleep = await composed(stage, {"en": "Good night"})
        staff = await composed(stage, {"fr": "Collègues", "en": "Colleagues"}, Audience(is_staff=True))
        await ring(stage)
        await stage.karim().says("Collègues")
        states = "SELECT id, state, total, sent FROM broadcasts"
        await stage.until_rows(states, [(asleep.id, "running", 1, 0), (staff.id, "done", 1, 1)])
        assert "Good night" not in stage.john().screen()


async def test_the_cap_holds_over_a_week(stage: Stage) -> None:
    await everybody_is_here(stage)
    for number in range(3):
        made = await composed(stage, {"en": f"Hello {number}"})
        await ring(stage)
        await stage.until_rows(f"SELECT state FROM broadcasts WHERE id = {made.id}", [("done",)])
        capped = (await audience.count(stage.services, replace(made, id=99))).capped
        assert capped == (number > 0)
    assert await stage.rows("SELECT sent FROM broadcasts ORDER BY id") == [(1,), (1,), (0,)]


async def test_two_processes_never_send_the_same_one(stage: Stage) -> None:
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, 40)
    second = Database(stage.settings.database_url)
    await second.open()
    other = replace(stage.services, db=second, bells=Bells())
    made = await composed(stage, {"en": "Hello"})
    loop = asyncio.create_task(broadcasting.run(other, stage.app.bot))
    await ring(stage)
    await stage.until_rows("SELECT state FROM broadcasts", [("done",)], 20)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    await second.close()
    assert {len(stage.telegram.posted(one)) for one in crowd.donors} == {1}
    assert await tally(stage, made.id) == Tally(total=41, sent=41)


async def test_where_it_is_paid_for_one_wave_is_taken_while_another_is_on_its_way(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 900 a second and a tenth of a second for each, ninety are on their way."""
    await everybody_is_here(stage)
    crowd = await crowd_of(stage, 110)
    post, on_their_way, enough = stage.app.bot.request.post, 0, asyncio.Event()

    async def held(url: str, *args: Any, **more: Any) -> Any:
        nonlocal on_their_way
        if url.endswith("/sendMessage"):
            on_their_way += 1
            if on_their_way == 90:
                enough.set()
            await enough.wait()
        return await post(url, *args, **more)

    monkeypatch.setattr(stage.app.bot.request, "post", held)
    await composed(stage, {"en": "Hello"}, is_paid=1)
    await ring(stage)
    async with asyncio.timeout(20):
        await enough.wait()
    await stage.until_rows("SELECT state, sent FROM broadcasts", [("done", 111)], 20)
    assert {len(stage.telegram.posted(one)) for one in crowd.donors} == {1}


async def test_a_name_is_asked_for_only_where_the_text_wants_it(stage: Stage) -> None:
    await everybody_is_here(stage)
    await composed(stage, {"en": "Hello {first_name}", "fr": "Bonjour"})
    await ring(stage)
    await stage.john().says("Hello John")
    await stage.yasmine().says("Bonjour")
    assert [call.params["chat_id"] for call in stage.telegram.calls if call.method == "getChat"] == [1003]


@pytest.mark.parametrize("kind", ["timeout", "cut", "500"])
async def test_a_name_that_telegram_does_not_tell_leaves_the_send_owed_and_it_comes_once(
    stage: Stage, kind: str
) -> None:
    await everybody_is_here(stage)
    stage.telegram.faults.add(Fault(kind, "getChat"))
    await composed(stage, {"en": "Hello {first_name}"})
    await ring(stage)
    await stage.john().says("Hello John", 20)
    await stage.until_rows("SELECT state, sent, doubt FROM broadcasts", [("done", 1, 0)])
    assert await stage.rows("SELECT state, attempts, error FROM broadcast_sends") == [("sent", 2, None)]
    assert len([one for one in stage.john().messages if "Hello John" in one.text]) == 1


async def test_what_telegram_cannot_do_is_tried_after_ever_longer_pauses_and_given_up_in_the_end(
    stage: Stage,
) -> None:
    await everybody_is_here(stage)
    stage.telegram.faults.add(Fault("500", "sendMessage", times=-1, chat_id=stage.john().id))
    made = await composed(stage, {"en": "Hello"})
    await ring(stage)
    await stage.until_rows("SELECT attempts > 0 FROM broadcast_sends", [(1,)])
    pause = (
        "SELECT state, attempts, error, taken_until - {now} BETWEEN {least} AND {most} FROM broadcast_sends"
    )
    await _tried(stage, made.id, 6)
    await stage.until_rows(
        pause.format(now=int(time.time()), least=65, most=150), [("owed", 7, "not sent", 1)]
    )
    await _tried(stage, made.id, MOST_TRIES - 2)
    await stage.until_rows(
        pause.format(now=int(time.time()), least=513, most=660), [("owed", MOST_TRIES - 1, "not sent", 1)]
    )
    await _tried(stage, made.id, MOST_TRIES - 1)
    await stage.until_rows("SELECT state, sent, failed FROM broadcasts", [("done", 0, 1)])
    assert await stage.rows("SELECT state, error FROM broadcast_sends") == [("failed", "not sent")]


async def test_one_that_was_paused_while_it_was_looked_at_and_went_on_before_its_end_is_not_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everybody_is_here(stage)
    stage.telegram.faults.add(Fault("500", "sendMessage", chat_id=stage.john().id))
    made = await composed(stage, {"en": "Hello"})
    db, presses = stage.services.db, {"_next_due": broadcasting.pause, "_end": broadcasting.resume}
    read, write = db.read, db.write

    async def press(work: Any) -> None:
        if press := presses.pop(getattr(getattr(work, "func", None), "__name__", ""), None):
            assert await press(stage.services, made.id, 4)

    async def read_late(work: Any) -> Any:
        await press(work)
        return await read(work)

    async def write_late(work: Any) -> Any:
        await press(work)
        return await write(work)

    monkeypatch.setattr(db, "read", read_late)
    monkeypatch.setattr(db, "write", write_late)
    await ring(stage)
    await stage.john().says("Hello")
    await stage.until_rows("SELECT state, sent FROM broadcasts", [("done", 1)])
    assert not presses


async def _tried(stage: Stage, id: int, times: int) -> None:
    """The only send was tried so often already, and its pause is over."""
    assert await broadcasting.pause(stage.services, id, 4)
    await stage.until_rows("SELECT count(*) FROM broadcast_sends WHERE state = 'sending'", [(0,)])
    changed = f"UPDATE broadcast_sends SET attempts = {times}, taken_until = 0"
    await stage.services.db.write(lambda tx: tx.plain(changed))
    assert await broadcasting.resume(stage.services, id, 4)
    await ring(stage)


def nights_zone(currency: str) -> ZoneInfo:
    return zone(zone_of(currency))
