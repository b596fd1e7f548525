"""What Telegram would not send is not read: nothing of it reaches a turn, and its text can be logged."""

import json
from typing import Any

import pytest
from telegram import Update

from bot.campaigns_file import read_toml
from bot.errors import CampaignsFileError, NotAnUpdate
from handlers.incoming import incoming
from handlers.light import Came, read_light
from handlers.reading import read_update, read_whole, update_id
from tests.fuzz.targets import a_pen, spoken

PERSON = {"id": 1001, "is_bot": False, "first_name": "Zulaykha"}
CHAT = {"id": 1001, "type": "private"}
MESSAGE = {"message_id": 1, "date": 1, "from": PERSON, "chat": CHAT, "text": "hello"}
QUERY = {"id": "1", "from": PERSON, "chat_instance": "1", "data": "home", "message": MESSAGE}


def _raw(**parts: Any) -> bytes:
    return json.dumps({"update_id": 1} | parts).encode()


def test_what_telegram_sends_is_read() -> None:
    found = read_update(_raw(message=MESSAGE, callback_query=QUERY), a_pen())
    assert found.message is not None
    assert found.callback_query is not None
    assert (found.message.text, found.callback_query.data) == ("hello", "home")


def test_an_emoji_that_is_written_as_two_halves_is_a_text() -> None:
    found = read_update(_raw(message=MESSAGE | {"text": "💚"}), a_pen())
    assert found.message is not None
    assert found.message.text == "💚"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("text", "half \ud83d a pair"),
        ("text", "a null \0 byte"),
        ("text", 5),
        ("caption", ["Zulaykha"]),
        ("message_id", 1 << 60),
        ("message_id", True),
        ("message_id", 1.5),
        ("message_id", None),
        ("date", "Zulaykha"),
        ("date", 10**15),
        ("from", {"id": "Zulaykha"}),
        ("from", {"id": 1 << 63, "is_bot": False, "first_name": "A"}),
        ("from", []),
        ("chat", None),
        ("chat", {}),
        ("chat", {"id": 1001}),
        ("chat", {"id": 1001, "type": {"private": 1}}),
        ("photo", [{"file_id": 7}]),
        ("entities", "Zulaykha"),
        ("entities", [{"type": "bold", "offset": "0", "length": 1}]),
    ],
)
def test_a_message_with_an_odd_part_is_none(part: str, value: Any) -> None:
    with pytest.raises(NotAnUpdate) as error:
        read_update(_raw(message=MESSAGE | {part: value}), a_pen())
    assert "Zulaykha" not in str(error.value)


@pytest.mark.parametrize("part", ["message_id", "date", "chat"])
def test_a_message_without_its_place_is_none(part: str) -> None:
    with pytest.raises(NotAnUpdate, match="lacks"):
        read_update(_raw(edited_message={k: v for k, v in MESSAGE.items() if k != part}), a_pen())


@pytest.mark.parametrize(
    "change",
    [
        {"id": 1},
        {"data": {}},
        {"data": 5},
        {"from": None},
        {"message": {}},
        {"message": "x"},
        {"message": {"message_id": 1, "date": 0}},
    ],
)
def test_a_tap_with_an_odd_part_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(NotAnUpdate):
        read_update(_raw(callback_query=QUERY | change), a_pen())


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 200_000, b"\xff", b"9" * 5000, b"[]", b"{}", b'{"update_id": "1"}']
)
def test_what_is_no_json_object_with_a_number_is_none(raw: bytes) -> None:
    with pytest.raises(NotAnUpdate):
        read_update(raw, a_pen())


def test_messages_within_messages_are_read_or_none_at_any_depth() -> None:
    refused = 0
    for depth in range(1, 1200, 7):
        raw = b'{"a": ' * depth + b"1" + b"}" * depth
        try:
            read_update(b'{"update_id": 1, "message": ' + raw + b"}", a_pen())
        except NotAnUpdate:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    "one", [None, [], {}, {"update_id": None}, {"update_id": True}, {"update_id": -1}, {"update_id": 1 << 60}]
)
def test_a_polled_update_without_a_number_has_none(one: object) -> None:
    assert update_id(one) is None
    assert update_id({"update_id": 5}) == 5


def test_a_campaign_file_of_brackets_is_refused_with_words() -> None:
    with pytest.raises(CampaignsFileError, match="without end"):
        read_toml("x = " + "[" * 100_000, "campaigns.toml")


TAPS = (
    QUERY,
    QUERY
    | {
        "from": PERSON | {"language_code": "ar", "last_name": "Z", "is_premium": True},
        "game_short_name": "g",
    },
    QUERY | {"message": MESSAGE | {"text": "💚", "reply_markup": {"inline_keyboard": []}}},
    {name: part for name, part in QUERY.items() if name not in ("message", "data")},
    QUERY | {"data": ""},
)
WRITTEN = (
    {"from": PERSON | {"language_code": "ar", "last_name": "Z", "is_premium": True}},
    {"text": "/start home", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
    {"text": "سلام 💚", "chat": CHAT | {"first_name": "Zulaykha", "username": "z"}},
    {"text": ""},
)
MORE = (
    {"entities": [{"type": "text_link", "offset": 0, "length": 5, "url": "https://example.org"}]},
    {"entities": [{"type": "text_mention", "offset": 0, "length": 5, "user": PERSON}]},
    {"chat": CHAT | {"type": "supergroup"}},
    {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}], "caption": "c"},
    {"reply_to_message": MESSAGE},
    {"date": 253_402_300_799},
)


@pytest.mark.parametrize(
    "parts",
    [*({"callback_query": one} for one in TAPS), *({"message": MESSAGE | one} for one in WRITTEN + MORE)],
)
def test_what_somebody_does_is_read_as_python_telegram_bot_reads_it(parts: dict[str, Any]) -> None:
    raw = {"update_id": 1, **parts}
    assert spoken(read_update(json.dumps(raw), a_pen())) == spoken(Update.de_json(raw, None))


@pytest.mark.parametrize(
    "parts", [*({"callback_query": one} for one in TAPS), *({"message": MESSAGE | one} for one in WRITTEN)]
)
def test_a_tap_and_what_somebody_writes_are_read_at_once(parts: dict[str, Any]) -> None:
    whole, written = read_whole(_raw(**parts), a_pen()), _raw(**parts)
    for raw in (
        written,
        written.decode(),
        json.dumps({"update_id": 1, **parts}, ensure_ascii=False).encode(),
    ):
        light = read_light(raw)
        assert light is not None
        assert spoken(light) == spoken(whole)
        assert dumped(light) == dumped(whole)


@pytest.mark.parametrize(
    "parts",
    [
        *({"message": MESSAGE | one} for one in MORE[:-1]),
        {"message": MESSAGE, "callback_query": QUERY},
        {"message": MESSAGE | {"text": "a null \0 byte"}},
        {"message": MESSAGE | {"text": "half \ud83d a pair"}},
        {"message": MESSAGE | {"text": None}},
        {"message": MESSAGE | {"date": 10**15}},
        {"message": MESSAGE | {"message_id": True}},
        {"edited_message": MESSAGE},
        {},
    ],
)
def test_of_anything_else_every_part_is_looked_at(parts: dict[str, Any]) -> None:
    assert read_light(_raw(**parts)) is None


def test_a_message_that_nobody_wrote_is_read() -> None:
    found = read_update(_raw(message={k: v for k, v in MESSAGE.items() if k != "from"}), a_pen())
    assert found.message is not None
    assert found.message.from_user is None


def dumped(update: Came) -> str | None:
    """As a broadcast that is written so is kept, hashed and compared."""
    content = incoming(update.message).content if update.message else None
    return content.dump() if content else None
