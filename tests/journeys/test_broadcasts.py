"""Broadcasts from the engine's side: who gets one, in which words, when, and how it stops."""

from datetime import UTC, datetime
from typing import Any

from bot import audience, broadcasting
from bot.broadcasts import Audience, Broadcast, BroadcastButton, BroadcastState, ButtonKind, dump_buttons
from bot.contents import Content, ContentKind
from bot.money import Money
from bot.store import broadcasts
from bot.store.moments import seconds
from bot.store.sql import Tx
from sandbox.telegram.people import Button
from tests.stage import Stage, labels, session_of, shows

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
        broadcasts.move(tx, made.id, state=BroadcastState.SCHEDULED, due_at=seconds(now), **more)
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
