"""What a bot may send, copy, edit and set up, asked through python-telegram-bot."""

import pytest
import telegram as ptb
from telegram import (
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    MessageEntity,
    ReplyParameters,
)

from sandbox.telegram.emulator import ADMIN, STAFF_GROUP
from sandbox.telegram.samples import picture
from tests.sandbox.speaking import Speaking

AMINA, JOHN = 1001, 1003
GIVE = InlineKeyboardMarkup([[InlineKeyboardButton("Give", callback_data="g")]])


@pytest.mark.parametrize("kind", ["photo", "video", "animation", "voice", "audio", "document"])
async def test_every_kind_of_file_is_sent_and_sent_again_by_its_id(speaking: Speaking, kind: str) -> None:
    send = getattr(speaking.api, f"send_{kind}")
    first = await send(JOHN, b"bytes", caption="<b>A well</b>", parse_mode="HTML")
    file = getattr(first, kind)
    again = await send(AMINA, (file[-1] if kind == "photo" else file).file_id)
    assert first.caption_entities[0].type == "bold"
    assert getattr(again, kind) == file
    shown = speaking.emulator.phones[AMINA].last
    assert (shown.media, shown.file and shown.file.content) == (kind, b"bytes")


async def test_a_photo_has_the_size_of_its_picture(speaking: Speaking) -> None:
    first = await speaking.api.send_photo(JOHN, picture(32, 20))
    assert [(one.width, one.height) for one in first.photo] == [(32, 20)]


async def test_a_file_stays_what_it_was_first_sent_as(speaking: Speaking) -> None:
    photo = (await speaking.api.send_photo(JOHN, b"bytes")).photo[-1].file_id
    await speaking.refused(speaking.api.send_document(JOHN, photo), "can't use file of type Photo")


async def test_entities_given_by_the_bot_are_drawn_like_html(speaking: Speaking) -> None:
    marks = [MessageEntity("bold", 3, 5), MessageEntity("italic", 3, 5)]
    await speaking.api.send_message(JOHN, "🕌 Zakat", entities=marks)
    john = speaking.emulator.phones[JOHN]
    assert john.last.html == "🕌 <b><i>Zakat</i></b>"
    await speaking.api.send_photo(
        JOHN, b"bytes", caption="Zakat", caption_entities=[MessageEntity("bold", 0, 5)]
    )
    assert john.last.html == "<b>Zakat</b>"


async def test_an_album_is_one_group_of_uploads_and_known_files(speaking: Speaking) -> None:
    known = (await speaking.api.send_video(JOHN, b"film")).video
    assert known is not None
    parts = [InputMediaPhoto(b"one", caption="Wells"), InputMediaVideo(known.file_id)]
    sent = await speaking.api.send_media_group(AMINA, parts)
    assert [one.caption for one in sent] == ["Wells", None]
    assert len({one.media_group_id for one in sent}) == 1
    shown = speaking.emulator.phones[AMINA].messages
    assert [one.file and one.file.content for one in shown] == [b"one", b"film"]


async def test_albums_that_telegram_would_refuse(speaking: Speaking) -> None:
    one, paper = InputMediaPhoto(b"one"), InputMediaDocument(b"two")
    await speaking.refused(speaking.api.send_media_group(JOHN, [one]), "between 2 and 10")
    await speaking.refused(speaking.api.send_media_group(JOHN, [one, paper]), "can't mix")


async def test_a_copy_keeps_all_but_the_buttons_and_takes_a_new_caption(speaking: Speaking) -> None:
    source = await speaking.api.send_photo(JOHN, b"bytes", caption="Old", reply_markup=GIVE)
    await speaking.api.copy_message(AMINA, JOHN, source.message_id)
    amina = speaking.emulator.phones[AMINA]
    assert (amina.last.text, amina.last.buttons) == ("Old", [])
    await speaking.api.copy_message(
        AMINA, JOHN, source.message_id, caption="<i>New</i>", parse_mode="HTML", reply_markup=GIVE
    )
    assert (amina.last.html, amina.last.buttons[0].text) == ("<i>New</i>", "Give")
    assert amina.last.photo is not None


async def test_many_are_copied_at_once_and_albums_stay_albums(speaking: Speaking) -> None:
    album = await speaking.api.send_media_group(JOHN, [InputMediaPhoto(b"1"), InputMediaPhoto(b"2")])
    numbers = [one.message_id for one in album]
    copies = await speaking.api.copy_messages(AMINA, JOHN, [*numbers, numbers[-1] + 50])
    shown = speaking.emulator.phones[AMINA].messages
    assert [one.message_id for one in copies] == [one.id for one in shown]
    assert len({one.group for one in shown}) == 1
    assert shown[0].group != album[0].media_group_id


async def test_captions_and_media_are_edited(speaking: Speaking) -> None:
    sent = await speaking.api.send_photo(JOHN, b"old", caption="Old")
    await speaking.api.edit_message_caption(JOHN, sent.message_id, caption="New", reply_markup=GIVE)
    john = speaking.emulator.phones[JOHN]
    assert (john.last.text, len(john.last.buttons)) == ("New", 1)
    await speaking.refused(
        speaking.api.edit_message_caption(JOHN, sent.message_id, caption="New", reply_markup=GIVE),
        "not modified",
    )
    await speaking.api.edit_message_media(InputMediaVideo(b"film", caption="Film"), JOHN, sent.message_id)
    assert (john.last.media, john.last.text) == ("video", "Film")
    text = await speaking.api.send_message(JOHN, "Text")
    await speaking.refused(
        speaking.api.edit_message_caption(JOHN, text.message_id, caption="x"), "no caption in the message"
    )


async def test_messages_answer_messages(speaking: Speaking) -> None:
    await speaking.emulator.phones[JOHN].send("A question")
    asked = await speaking.message()
    answer = await speaking.api.send_message(JOHN, "Yes", reply_parameters=ReplyParameters(asked.message_id))
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.text == "A question"
    await speaking.refused(
        speaking.api.send_message(JOHN, "Yes", reply_parameters=ReplyParameters(999)),
        "to be replied not found",
    )
    await speaking.api.send_message(
        JOHN, "Yes", reply_parameters=ReplyParameters(999, allow_sending_without_reply=True)
    )


async def test_a_topic_is_opened_written_in_closed_and_opened_again(speaking: Speaking) -> None:
    topic = await speaking.api.create_forum_topic(STAFF_GROUP, "D-7F3K")
    thread = topic.message_thread_id
    sent = await speaking.api.send_message(STAFF_GROUP, "A question", message_thread_id=thread)
    assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
    await speaking.api.close_forum_topic(STAFF_GROUP, thread)
    await speaking.refused(speaking.api.close_forum_topic(STAFF_GROUP, thread), "topic_not_modified")
    await speaking.api.reopen_forum_topic(STAFF_GROUP, thread)
    assert not speaking.emulator.chats[STAFF_GROUP].topics[thread].is_closed
    await speaking.refused(
        speaking.api.send_message(STAFF_GROUP, "x", message_thread_id=thread + 90), "thread not found"
    )


async def test_a_plain_group_has_no_topics(speaking: Speaking) -> None:
    await speaking.refused(speaking.api.create_forum_topic(-1001, "D-7F3K"), "not a forum")


async def test_the_menu_of_one_chat_stands_before_that_of_all(speaking: Speaking) -> None:
    emulator = speaking.emulator
    await speaking.api.set_my_commands([BotCommand("give", "Give")])
    await speaking.api.set_my_commands([BotCommand("roles", "Roles")], BotCommandScopeChat(ADMIN))

    def shown(person: int) -> list[str]:
        return [one["command"] for one in emulator.commands("fr", person, emulator.chats[person])]

    assert (shown(ADMIN), shown(JOHN)) == (["roles"], ["give"])
    await speaking.api.delete_my_commands(BotCommandScopeChat(ADMIN))
    assert shown(ADMIN) == ["give"]
    await speaking.refused(
        speaking.api.set_my_commands([BotCommand("roles", "Roles")], BotCommandScopeChat(77)),
        "chat not found",
    )


async def test_a_chat_tells_the_first_name_of_its_person(speaking: Speaking) -> None:
    assert (await speaking.api.get_chat(JOHN)).first_name == "John"


async def test_who_is_gone_or_has_blocked_cannot_be_written_to(speaking: Speaking) -> None:
    speaking.emulator.phones[JOHN].deactivate()
    speaking.emulator.phones[AMINA].block()
    for person, why in ((JOHN, "user is deactivated"), (AMINA, "bot was blocked")):
        await speaking.refused(speaking.api.send_message(person, "Hello"), why, ptb.error.Forbidden)
