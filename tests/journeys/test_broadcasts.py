"""Broadcasts from the engine's side: who gets one, in which words, when, and how it stops."""

from datetime import UTC, datetime
from typing import Any

from bot import audience, broadcasting
from bot.broadcasts import Audience, Broadcast, BroadcastState
from bot.contents import Content, ContentKind
from bot.store import broadcasts
from bot.store.moments import seconds
from bot.store.sql import Tx
from tests.stage import Stage, labels

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
