"""What Telegram would not send is not read: nothing of it reaches a turn, and its text can be logged."""

import json
from typing import Any

import pytest
from telegram import Message, Update

from bot.campaigns_file import read_toml
from bot.errors import CampaignsFileError, NotAnUpdate
from handlers.incoming import incoming
from handlers.reading import read_update, update_id
from tests.fuzz.targets import a_pen

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


def test_a_tap_is_read_as_python_telegram_bot_reads_it() -> None:
    query = QUERY | {
        "from": PERSON | {"language_code": "ar", "last_name": "Z", "is_premium": True},
        "game_short_name": "g",
    }
    for one in (query, {name: part for name, part in query.items() if name not in ("message", "data")}):
        found, theirs = (
            read_update(_raw(callback_query=one), a_pen()),
            Update.de_json({"update_id": 1, "callback_query": one}, None),
        )
        assert _parts(found) == _parts(theirs)


@pytest.mark.parametrize(
    "parts",
    [
        {"from": PERSON | {"language_code": "ar", "last_name": "Z", "is_premium": True}},
        {"text": "/start home", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
        {"entities": [{"type": "text_link", "offset": 0, "length": 5, "url": "https://example.org"}]},
        {"entities": [{"type": "text_mention", "offset": 0, "length": 5, "user": PERSON}]},
        {"chat": CHAT | {"type": "supergroup"}},
        {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}], "caption": "c"},
    ],
)
def test_what_somebody_writes_is_read_as_python_telegram_bot_reads_it(parts: dict[str, Any]) -> None:
    raw = {"update_id": 1, "message": MESSAGE | parts}
    ours, theirs = read_update(json.dumps(raw), a_pen()).message, Update.de_json(raw, None).message
    assert ours is not None
    assert theirs is not None
    assert incoming(ours) == incoming(theirs)
    assert _written(ours) == _written(theirs)


def test_a_message_that_nobody_wrote_is_read() -> None:
    found = read_update(_raw(message={k: v for k, v in MESSAGE.items() if k != "from"}), a_pen())
    assert found.message is not None
    assert found.message.from_user is None


def _written(message: Message) -> list[object]:
    """What a turn asks of a message, beside what came with it."""
    person = message.from_user
    assert person is not None
    return [
        message.message_id,
        message.date,
        (message.chat.id, message.chat.type),
        (person.id, person.is_bot, person.first_name, person.language_code),
        (message.text, message.caption),
    ]


def _parts(update: Update) -> list[object]:
    """What a turn asks of a tap."""
    query = update.callback_query
    assert query is not None
    person, tapped = query.from_user, query.message
    placed = tapped and (tapped.message_id, tapped.chat.id, tapped.chat.type)
    return [
        update.update_id,
        query.id,
        query.data,
        person.id,
        person.language_code,
        person.first_name,
        placed,
    ]
