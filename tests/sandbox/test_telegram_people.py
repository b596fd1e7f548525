"""What people send, as a bot reads it through python-telegram-bot."""

import pytest

from sandbox.telegram.emulator import ADMIN, STAFF_GROUP
from sandbox.telegram.markup import to_html, typed
from tests.sandbox.speaking import Speaking

JOHN = 1003


@pytest.mark.parametrize("kind", ["photo", "video", "voice", "document"])
async def test_people_send_files_with_a_caption(speaking: Speaking, kind: str) -> None:
    john = speaking.emulator.phones[JOHN]
    await getattr(john, f"send_{kind}")("The well", entities=[{"type": "bold", "offset": 4, "length": 4}])
    message = await speaking.message()
    assert getattr(message, kind)
    assert message.caption == "The well"
    assert message.caption_entities[0].type == "bold"
    file = message.photo[-1] if kind == "photo" else getattr(message, kind)
    content = await (await speaking.api.get_file(file.file_id)).download_as_bytearray()
    assert len(content) == file.file_size


async def test_an_album_comes_part_by_part_with_its_caption_on_the_first(speaking: Speaking) -> None:
    john = speaking.emulator.phones[JOHN]
    assert len(await john.send_album("Wells", media=("photo", "video", "photo"))) == 3
    parts = [await speaking.message() for _ in range(3)]
    assert [one.caption for one in parts] == ["Wells", None, None]
    assert len({one.media_group_id for one in parts}) == 1
    assert parts[1].video is not None


async def test_a_contact_carries_the_persons_id_where_they_use_telegram(speaking: Speaking) -> None:
    john = speaking.emulator.phones[JOHN]
    for person, expected in ((1001, 1001), (0, None)):
        await john.send_contact(person)
        contact = (await speaking.message()).contact
        assert contact is not None
        assert contact.user_id == expected


async def test_formatting_travels_as_entities_and_links_are_found(speaking: Speaking) -> None:
    await speaking.emulator.phones[JOHN].send(
        "Look: https://example.org/a.", entities=[{"type": "italic", "offset": 0, "length": 4}]
    )
    message = await speaking.message()
    assert message.parse_entities() == dict(
        zip(message.entities, ["Look", "https://example.org/a"], strict=True)
    )


async def test_an_answer_names_the_message_that_it_answers(speaking: Speaking) -> None:
    await speaking.api.send_message(JOHN, "How can we help?")
    john = speaking.emulator.phones[JOHN]
    await john.reply(john.last, "My receipt")
    message = await speaking.message()
    assert message.reply_to_message is not None
    assert message.reply_to_message.text == "How can we help?"


async def test_staff_write_in_a_topic_and_answer_in_it(speaking: Speaking) -> None:
    karim = speaking.emulator.phones[ADMIN]
    thread = (await speaking.api.create_forum_topic(STAFF_GROUP, "D-7F3K")).message_thread_id
    asked = await speaking.api.send_message(STAFF_GROUP, "A question", message_thread_id=thread)
    await karim.post_in(STAFF_GROUP, "Hm.", thread=thread)
    loose = await speaking.message()
    assert (loose.message_thread_id, loose.is_topic_message) == (thread, True)
    # As at Telegram: what answers nothing in a topic answers the topic's beginning.
    assert loose.reply_to_message is not None
    assert loose.reply_to_message.forum_topic_created is not None
    await karim.post_in(STAFF_GROUP, "An answer", reply_to=asked.message_id)
    answer = await speaking.message()
    assert answer.reply_to_message is not None
    assert (answer.message_thread_id, answer.reply_to_message.message_id) == (thread, asked.message_id)
    await karim.send("Elsewhere", STAFF_GROUP)
    assert (await speaking.message()).message_thread_id is None


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Zakat** and __sadaqa__", "<b>Zakat</b> and <i>sadaqa</i>"),
        ("__a **b** c__", "<i>a <b>b</b> c</i>"),
        ("**a __b__** `c`", "<b>a <i>b</i></b> <code>c</code>"),
        ("🕌🕌 **زكاة**", "🕌🕌 <b>زكاة</b>"),
        ("2 ** 3 ** 4 < 5", "2 ** 3 ** 4 &lt; 5"),
    ],
)
def test_what_is_typed_with_signs_is_sent_as_formatting(written: str, shown: str) -> None:
    assert to_html(*typed(written)) == shown


def test_a_link_that_would_run_something_is_no_link() -> None:
    mark = {"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}
    assert to_html("Give", [mark]) == "<span>Give</span>"
