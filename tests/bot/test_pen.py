"""What the bot asks of Telegram in plain fields goes out as one piece of JSON; what cannot goes python-telegram-bot's way."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import InputFile, InputMediaPhoto
from telegram.error import BadRequest

from bot.botapi import pen as pen_of
from bot.botapi.pace import Pace
from bot.botapi.pen import Pen
from bot.botapi.transport import AiohttpRequest, Ready
from sandbox.app import Sandbox
from sandbox.telegram.samples import sample

KEYBOARD = {"inline_keyboard": [[{"text": "تبرّع", "callback_data": "home"}]]}


class Heard(AiohttpRequest):
    """Keeps what it was asked to send."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Any] = []

    async def do_request(self, *args: Any, **more: Any) -> tuple[int, bytes]:
        self.said.append(more["request_data"])
        return await super().do_request(*args, **more)


@pytest.fixture
async def wire() -> AsyncIterator[Heard]:
    one = Heard()
    await one.initialize()
    yield one
    await one.shutdown()


@pytest.fixture
def pen(sandbox: Sandbox, wire: Heard) -> Pen:
    url = f"{sandbox.base}/telegram/bot"
    return Pen(sandbox.telegram.token, base_url=url, request=wire, pace=Pace(1000))


async def test_a_keyboard_goes_out_as_it_is_and_what_is_none_does_not(
    pen: Pen, wire: Heard, sandbox: Sandbox
) -> None:
    fields = {"chat_id": 1003, "text": "<b>سلام</b>", "parse_mode": "HTML", "entities": None}
    sent = await pen.ask("sendMessage", {**fields, "reply_markup": KEYBOARD})
    [said] = wire.said
    assert isinstance(said, Ready)
    del fields["entities"]
    assert json.loads(said.json_payload) == {**fields, "reply_markup": KEYBOARD}
    shown = sandbox.telegram.phones[1003].last
    assert (shown.id, shown.text, [one.data for one in shown.buttons]) == (
        sent["message_id"],
        "سلام",
        ["home"],
    )


async def test_what_is_about_no_chat_goes_out_too(pen: Pen) -> None:
    assert (await pen.ask("getMe", {}))["is_bot"]
    assert await pen.ask("setMyCommands", {"commands": [{"command": "start", "description": "Home"}]})


async def test_a_refusal_is_python_telegram_bots(pen: Pen) -> None:
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await pen.ask("editMessageText", {"chat_id": 1003, "message_id": 999, "text": "No"})


async def test_files_and_types_of_python_telegram_bots_go_its_way(
    pen: Pen, wire: Heard, sandbox: Sandbox
) -> None:
    file = sample("photo")
    kept = sandbox.telegram.keep(file.name, file.content, file.kind, "photo").file_id
    album = await pen.ask("sendMediaGroup", {"chat_id": 1003, "media": [InputMediaPhoto(kept)] * 2})
    document = await pen.ask(
        "sendDocument", {"chat_id": 1003, "document": InputFile(b"\x00", filename="x.bin")}
    )
    assert not any(isinstance(one, Ready) for one in wire.said)
    assert len(album) == 2
    assert document["document"]["file_name"] == "x.bin"


@pytest.mark.parametrize(
    "one", [b"\x00", datetime(2026, 11, 27, tzinfo=UTC), "half \ud83d a pair", {"a": object()}]
)
def test_what_telegram_would_not_read_in_json_is_left_to_python_telegram_bot(one: object) -> None:
    assert pen_of._written({"chat_id": 1003, "document": one}) is None
