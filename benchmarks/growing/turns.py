"""One update of Telegram's for an example, taken as the bot takes it: read, answered, committed, drawn."""

from itertools import count
from typing import Any

from telegram import Update

from benchmarks.growing.examples import Example
from benchmarks.growing.people import AT
from benchmarks.growing.rehearsal import Cost, Rehearsal
from bot.actions import pack
from bot.botapi.pen import Pen
from bot.services import Services
from bot.store import donors
from bot.store.sql import Tx
from handlers.turn import Desk

# Above all that a book has.
_NUMBERS = count(20_000_000_000)


async def measure(db: Rehearsal, services: Services, bot: Pen, example: Example) -> Cost:
    desk = Desk(services, bot)

    async def turn() -> None:
        await desk.take(_update(example, bot))

    return await db.measure(turn, _standing(example) if example.place else None)


async def steps(db: Rehearsal, services: Services, bot: Pen, example: Example) -> int:
    """Its steps alone."""
    desk = Desk(services, bot)

    async def turn() -> None:
        await desk.take(_update(example, bot))

    return await db.steps(turn, _standing(example) if example.place else None)


def _standing(example: Example) -> Any:
    place = pack(example.place) if example.place else None

    def write(tx: Tx) -> None:
        person = donors.find(tx, example.person)
        if person is not None:
            donors.move(tx, person.id, awaiting=place)

    return write


def _update(example: Example, bot: Pen) -> Update:
    person = {"id": example.person, "is_bot": False, "first_name": "A", "language_code": "en"}
    chat = {"id": example.person, "type": "private", "first_name": "A"}
    number = next(_NUMBERS)
    message = {"message_id": 5, "date": AT, "chat": chat, "from": person, "text": example.text or "-"}
    if example.action is None:
        body: dict[str, Any] = {"message": message}
    else:
        data = {"id": str(number), "from": person, "chat_instance": "1", "data": pack(example.action)}
        body = {"callback_query": data | {"message": message}}
    made = Update.de_json({"update_id": number} | body, bot)
    assert made is not None
    return made
