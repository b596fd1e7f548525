"""What staff wrote is sent as it looked: every kind, with its formatting and buttons, and with a first name where asked."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import StopMessages
from bot.botapi.pace import Pace, Priority
from bot.botapi.pen import Pen
from bot.botapi.post import FIRST_NAME, cost, named, post, post_prepared, prepared
from bot.botapi.transport import AiohttpRequest
from bot.contents import Content, ContentKind, units
from bot.errors import ChatGone
from bot.screens.base import Button, rows
from sandbox.app import Sandbox
from sandbox.telegram.messages import Message
from sandbox.telegram.samples import sample

ROWS = rows(Button("Stop", StopMessages(1)))
SINGLE = [one for one in ContentKind if one not in (ContentKind.TEXT, ContentKind.ALBUM)]


@pytest.fixture
async def pen(sandbox: Sandbox) -> AsyncIterator[Pen]:
    request = AiohttpRequest()
    await request.initialize()
    yield Pen(
        sandbox.telegram.token,
        base_url=f"{sandbox.base}/telegram/bot",
        request=request,
        pace=Pace(1000),
    )
    await request.shutdown()


def kept(sandbox: Sandbox, kind: ContentKind) -> str:
    """A file that the bot knows by its file_id."""
    file = sample(kind.value)
    return sandbox.telegram.keep(file.name, file.content, file.kind, kind.value).file_id


def bold(offset: int, length: int) -> dict[str, Any]:
    return {"type": "bold", "offset": offset, "length": length}


def newest(sandbox: Sandbox) -> Message:
    return list(sandbox.telegram.chats[1003].messages.values())[-1]


async def test_text_keeps_its_formatting_and_gets_buttons(sandbox: Sandbox, pen: Pen) -> None:
    content = Content(ContentKind.TEXT, "Hello <b> & you", (bold(0, 5),))
    message_id = await post(pen, 1003, content, ROWS, Priority.REPLY)
    said = newest(sandbox)
    assert (said.id, said.text, said.entities) == (message_id, content.text, [bold(0, 5)])
    assert [button.data for button in said.buttons] == ["bstop-1"]


@pytest.mark.parametrize("kind", SINGLE)
async def test_a_file_is_sent_by_its_id_with_caption_and_buttons(
    sandbox: Sandbox, pen: Pen, kind: ContentKind
) -> None:
    content = Content(kind, "Look", (bold(0, 4),), ((kind, kept(sandbox, kind)),))
    await post(pen, 1003, content, ROWS, Priority.REPLY)
    said = newest(sandbox)
    assert (said.text, said.entities, len(said.buttons)) == ("Look", [bold(0, 4)], 1)


async def test_an_album_is_followed_by_a_message_with_its_buttons(sandbox: Sandbox, pen: Pen) -> None:
    photo = kept(sandbox, ContentKind.PHOTO)
    files = ((ContentKind.PHOTO, photo), (ContentKind.PHOTO, photo))
    content = Content(ContentKind.ALBUM, "Two", (bold(0, 3),), files)
    await post(pen, 1003, content, ROWS, Priority.REPLY, below="Above")
    said = list(sandbox.telegram.chats[1003].messages.values())
    assert [(one.text, len(one.buttons)) for one in said] == [("Two", 0), ("", 0), ("Above", 1)]
    assert said[0].entities == [bold(0, 3)]
    assert cost(content) == 3


async def test_who_left_is_gone(sandbox: Sandbox, pen: Pen) -> None:
    sandbox.telegram.chats[1003].deactivated = True
    with pytest.raises(ChatGone):
        await post(pen, 1003, Content(ContentKind.TEXT, "x"), (), Priority.REPLY)


async def test_a_first_name_takes_its_place(sandbox: Sandbox, pen: Pen) -> None:
    content = Content(ContentKind.TEXT, f"Hello {FIRST_NAME}!")
    await post(pen, 1003, content, (), Priority.REPLY, first_name="{first_name}<b>")
    assert newest(sandbox).text == "Hello <b>!"


_WORDS = st.text(st.sampled_from("aé€😀م "), max_size=6)


@given(_WORDS, _WORDS, _WORDS, _WORDS)
def test_formatting_moves_along_with_the_name_in_utf_16(
    before: str, marked: str, after: str, name: str
) -> None:
    """What was bold behind, before and around the placeholder is bold afterwards."""
    text = f"{before}{FIRST_NAME}{marked}{after}{FIRST_NAME}"
    whole = units(text)
    entities = (bold(0, units(before)), bold(units(before + FIRST_NAME), units(marked)), bold(0, whole))
    found = named(Content(ContentKind.TEXT, text, entities), name)
    assert found.text == f"{before}{name}{marked}{after}{name}"
    parts = [one for one in (before, marked, found.text) if one]
    assert [_cut(found.text, one) for one in found.entities] == parts


def _cut(text: str, entity: Any) -> str:
    raw = text.encode("utf-16-le")
    return raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")


@pytest.mark.parametrize("kind", [one for one in ContentKind if one is not ContentKind.ALBUM])
@pytest.mark.parametrize("is_paid", [False, True])
async def test_what_is_made_up_once_for_many_is_what_each_would_get(
    sandbox: Sandbox, pen: Pen, kind: ContentKind, is_paid: bool
) -> None:
    files = () if kind is ContentKind.TEXT else ((kind, kept(sandbox, kind)),)
    content = Content(kind, 'Hello <b> & «you» "é" 🌍', (bold(0, 5),), files)
    await post(pen, 1003, content, ROWS, Priority.GRANTED, is_paid=is_paid)
    ready = prepared(content, ROWS, is_paid=is_paid)
    assert ready is not None
    message_id = await post_prepared(pen, ready, 1003, Priority.GRANTED)
    one, other = sandbox.telegram.calls[-2:]
    assert (one.method, one.params) == (other.method, other.params)
    assert newest(sandbox).id == message_id


def test_what_differs_from_one_to_another_is_not_made_up_beforehand() -> None:
    named_one = Content(ContentKind.TEXT, f"Dear {FIRST_NAME}")
    album = Content(ContentKind.ALBUM, files=((ContentKind.PHOTO, "a"), (ContentKind.PHOTO, "b")))
    assert [prepared(one, ROWS, is_paid=False) for one in (named_one, album)] == [None, None]


async def test_a_chat_that_is_gone_is_said_so_also_there(sandbox: Sandbox, pen: Pen) -> None:
    ready = prepared(Content(ContentKind.TEXT, "x"), (), is_paid=False)
    assert ready is not None
    with pytest.raises(ChatGone):
        await post_prepared(pen, ready, 424242, Priority.GRANTED)


def test_a_name_that_holds_the_placeholder_in_pieces_ends_the_search() -> None:
    content = Content(ContentKind.TEXT, f"{FIRST_NAME}, {FIRST_NAME}!", (bold(0, len(FIRST_NAME)),))
    said = named(content, "{first_{first_name}name}")
    assert said.text == "{first_name}, {first_name}!"
    assert said.entities == (bold(0, len(FIRST_NAME)),)
