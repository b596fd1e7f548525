"""The help desk: a donor asks, the staff's group answers, and nobody learns who asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import helpdesk, meters
from bot.letters import Letter, LetterKind
from bot.model import DeliveryKind
from bot.store import deliveries
from bot.store.deliveries import Owed
from bot.store.sql import Tx
from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram.acts import Said
from sandbox.telegram.emulator import FAMILY, STAFF_GROUP
from sandbox.telegram.messages import Chat, Message, Topic
from sandbox.telegram.people import Phone
from sandbox.telegram.shapes import chat_shape, message_shape
from tests.journeys.test_kills import beside
from tests.stage import Stage, bot_beside, press, settings_for, shows, until_health

QUESTION = "Did my gift of last week arrive?"


@pytest.fixture
async def desk(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot whose donors' questions go to a group with topics."""
    settings = settings_for(sandbox, tmp_path, webhook=True, help_chat_id=STAFF_GROUP)
    async with bot_beside(sandbox, settings) as one:
        yield one


@pytest.fixture
async def plain(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot whose donors' questions go to a group without topics."""
    settings = settings_for(sandbox, tmp_path, webhook=True, help_chat_id=FAMILY)
    async with bot_beside(sandbox, settings) as one:
        yield one


def group_of(stage: Stage) -> Chat:
    return stage.telegram.chats[stage.settings.help_chat_id or 0]


async def until_posted(chat: Chat, words: str, times: int = 1) -> Message:
    """Wait until the bot has said so in the group; the newest of these messages."""

    def found() -> list[Message]:
        return [one for one in chat.messages.values() if one.sender == "bot" and words in _bare(one.text)]

    async with asyncio.timeout(20), chat.changed:
        await chat.changed.wait_for(lambda: len(found()) >= times)
    return found()[-1]


def _bare(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "").replace("\u202f", " ")


async def asks(phone: Phone, text: str = QUESTION) -> None:
    await phone.send("/help")
    await press(phone, "Ask a person", "Write your question here")
    await phone.send(text)
    await phone.says("Your message goes to the team")


async def topic_of(stage: Stage, text: str = QUESTION) -> Topic:
    message = await until_posted(group_of(stage), text)
    return group_of(stage).topics[message.thread or 0]


async def until_topic(stage: Stage, topic: Topic, *, is_closed: bool) -> None:
    chat = group_of(stage)
    async with asyncio.timeout(20), chat.changed:
        await chat.changed.wait_for(lambda: topic.is_closed == is_closed)


async def test_without_a_group_the_help_stays_as_it_was(stage: Stage) -> None:
    john = stage.john()
    await john.send("/help")
    await john.says("How to give")
    assert not shows(john, "Ask a person")
    await john.start("ask")
    await john.says("How to give")


async def test_a_question_is_answered_closed_and_opened_again(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    [(donor,)] = await desk.rows("SELECT id FROM donors")
    assert topic.name == f"D{donor} · English"
    await karim.post_in(STAFF_GROUP, "Yes, on Monday.", thread=topic.id)
    answer = await john.says("Yes, on Monday.")
    assert "Answer from the team of MCISE" in _bare(answer.text)
    assert shows(john, "Answer")
    assert shows(john, "It is solved")
    await karim.post_in(STAFF_GROUP, "/close", thread=topic.id)
    await john.says("has closed your question")
    await until_topic(desk, topic, is_closed=True)
    await press(john, "Ask again", "Write your question here")
    await john.send("And where is my receipt?")
    again = await until_posted(group, "And where is my receipt?")
    assert again.thread == topic.id
    await until_topic(desk, topic, is_closed=False)
    assert len(group.topics) == 1
    assert await desk.rows("SELECT state FROM questions") == [("open",)]
    acts = await desk.rows("SELECT by, act, subject FROM acts ORDER BY id")
    assert acts == [("help group", one, f"D{donor}") for one in ("question.answer", "question.close")]


async def test_nobody_in_the_group_learns_who_asked(desk: Stage) -> None:
    john, group = desk.john(), group_of(desk)
    await asks(john)
    me = {"type": "text_mention", "offset": 0, "length": 4, "user": john.person}
    bold = {"type": "bold", "offset": 0, "length": 4}
    await john.send("John asks", entities=[me, bold])
    named = await until_posted(group, "John asks")
    assert named.entities == [bold]
    await john.send_contact(john.id)
    await john.says("cannot be passed on")
    await john.send_voice("listen")
    await until_posted(group, "listen")
    wire = str([message_shape(desk.telegram, group, one) for one in group.messages.values()])
    assert str(john.id) not in wire
    assert "+212600000000" not in wire
    assert not [call for call in desk.telegram.calls if call.method.startswith(("forward", "copy"))]


async def test_pictures_voices_files_and_albums_go_both_ways_in_order(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    await john.send_photo("my receipt")
    await john.send_album("two pages")
    await john.send_document("the file")
    await until_posted(group, "the file")
    shown = [one for one in group.messages.values() if one.sender == "bot" and not one.service]
    assert [one.media for one in shown][1:] == ["", "photo", "photo", "photo", "document"]
    karim.say(Said("Look here", file=group.messages[shown[2].id].file, thread=topic.id), STAFF_GROUP)
    answer = await john.says("Look here")
    assert answer.media == "photo"
    for n in range(4):
        await karim.post_in(STAFF_GROUP, f"line {n}", thread=topic.id)
    await john.says("line 3")
    said = [_bare(one.text) for one in john.messages if "line " in one.text]
    assert [text[-1] for text in said] == ["0", "1", "2", "3"]


async def test_an_answer_too_long_for_its_heading_comes_whole_below_it(desk: Stage) -> None:
    john, karim = desk.john(), desk.karim()
    await asks(john)
    topic = await topic_of(desk)
    await karim.post_in(STAFF_GROUP, "x" * 4090, thread=topic.id)
    await john.says("x" * 4090)
    before = [one for one in john.messages if one.sender == "bot"][-2]
    assert "Answer from the team" in before.text


async def test_in_a_group_without_topics_staff_answer_by_reply(plain: Stage) -> None:
    john, yasmine, karim, group = plain.john(), plain.yasmine(), plain.karim(), group_of(plain)
    await asks(john)
    question = await until_posted(group, QUESTION)
    assert "English" in question.text
    await yasmine.send("/help")
    await yasmine.until(lambda one: shows(one, "Demander à quelqu’un"))
    await yasmine.tap("Demander à quelqu’un")
    await yasmine.says("Écrivez votre question ici")
    await yasmine.send("Bonjour ?")
    other = await until_posted(group, "Bonjour ?")
    await karim.post_in(FAMILY, "I talk to the others only.")
    await karim.reply(other, "Bonjour Yasmine", FAMILY)
    await yasmine.says("Bonjour Yasmine")
    await karim.reply(question, "Hello", FAMILY)
    await john.says("Hello")
    assert not [one for one in john.messages if "Bonjour" in one.text or "others only" in one.text]
    await karim.reply(question, "/close", FAMILY)
    await john.says("has closed your question")
    await karim.send("/close", FAMILY)
    await until_posted(group, "rien n’a été envoyé")


async def test_what_is_no_person_is_not_sent_on(desk: Stage) -> None:
    john, karim = desk.john(), desk.karim()
    await asks(john)
    topic = await topic_of(desk)
    robot = {"id": 77, "is_bot": True, "first_name": "Robot"}
    for more in (
        {"from": robot},
        {"sender_chat": {"id": -1009, "type": "channel", "title": "News"}},
        {"is_automatic_forward": True},
    ):
        await desk.telegram.acknowledged(_raw(desk, topic, karim, {"text": "not for you"} | more))
    await karim.post_in(STAFF_GROUP, "for you", thread=topic.id)
    await john.says("for you")
    assert not [one for one in john.messages if "not for you" in one.text]


async def test_an_administrator_who_stays_anonymous_answers_like_any_other(desk: Stage) -> None:
    john, karim = desk.john(), desk.karim()
    await asks(john)
    topic = await topic_of(desk)
    group = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    sent = {"text": "from all of us", "from": group, "sender_chat": chat_shape(group_of(desk))}
    await desk.telegram.acknowledged(_raw(desk, topic, karim, sent))
    await john.says("from all of us")
    assert ("help group",) in await desk.rows("SELECT by FROM acts WHERE act = 'question.answer'")


def _raw(stage: Stage, topic: Topic, phone: Phone, more: dict[str, Any], kind: str = "message") -> int:
    """What the phones of the sandbox cannot send."""
    chat = group_of(stage)
    message = {
        "message_id": chat.next_id(),
        "date": 1,
        "from": phone.person,
        "chat": chat_shape(chat),
        "message_thread_id": topic.id,
        "is_topic_message": True,
    }
    return stage.telegram.update({kind: message | more}, f"chat-{chat.id}")


async def test_edits_and_polls_are_not_sent_and_staff_are_told(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    await karim.post_in(STAFF_GROUP, "Monday", thread=topic.id)
    await john.says("Monday")
    for text in ("Tuesday", "Wednesday"):
        _raw(desk, topic, karim, {"text": text, "edit_date": 2}, "edited_message")
    await until_posted(group, "ne sont pas transmises")
    poll = {"latitude": 33.5, "longitude": -7.6}
    await desk.telegram.acknowledged(_raw(desk, topic, karim, {"location": poll}))
    await until_posted(group, "ne peut pas être transmis")
    assert len([one for one in group.messages.values() if "ne sont pas transmises" in one.text]) == 1
    assert not [one for one in john.messages if "esday" in one.text]


async def test_an_update_that_comes_twice_is_sent_once(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    same = {"message_id": 5000, "text": "once"}
    for _ in range(3):
        await desk.telegram.acknowledged(_raw(desk, topic, karim, same))
    await karim.post_in(STAFF_GROUP, "then", thread=topic.id)
    await john.says("then")
    assert len([one for one in john.messages if "once" in one.text]) == 1
    assert len([one for one in group.messages.values() if QUESTION in one.text]) == 1


async def test_a_donor_who_blocked_the_bot_gets_the_answer_on_return_and_staff_know(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    await desk.telegram.acknowledged(john.block())
    await karim.post_in(STAFF_GROUP, "first", thread=topic.id)
    await karim.post_in(STAFF_GROUP, "second", thread=topic.id)
    note = await until_posted(group, "est injoignable")
    assert note.thread == topic.id
    await until_posted(group, "est injoignable", 2)
    john.unblock()
    await john.says("second")
    said = [one.text[-6:] for one in john.messages if "Answer from the team" in one.text]
    assert [text.strip() for text in said] == ["first", "second"]


async def test_staff_hear_of_each_answer_that_waits_for_a_donor_who_blocked_the_bot_before_it_was_tried(
    desk: Stage,
) -> None:
    await asks(desk.john())
    later = desk.services.clock() + timedelta(hours=1)

    def write(tx: Tx) -> None:
        for answer in ("first", "second"):
            deliveries.owe(
                tx, Owed(DeliveryKind.ANSWER, f"letter-{answer}", donor_id=1, payload=answer), later
            )
        helpdesk.park(tx, desk.settings, 1, later)
        helpdesk.park(tx, desk.settings, 1, later)

    await desk.services.db.write(write)
    letters = "SELECT key FROM letters WHERE kind = 'blocked' ORDER BY key"
    assert await desk.rows(letters) == [("blocked-first",), ("blocked-second",)]


async def test_twenty_messages_a_day_are_kept_and_the_next_is_kindly_refused(desk: Stage) -> None:
    john = desk.john()
    await asks(john, "message 1")
    for n in range(2, 21):
        await desk.telegram.acknowledged(await john.send(f"message {n}"))
    await john.send("message 21")
    await john.says("You have written 20 messages today")
    assert await desk.rows("SELECT count(*) FROM letters WHERE kind = 'question'") == [(20,)]


async def test_nothing_of_a_text_is_kept_once_it_was_sent_and_erasing_takes_the_rest(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    await karim.post_in(STAFF_GROUP, "Yes, on Monday.", thread=topic.id)
    await john.says("Yes, on Monday.")
    await desk.until_rows("SELECT count(*) FROM letters WHERE content IS NOT NULL", [(0,)])
    await john.send("/privacy")
    assert "you asked the team a question" in (await john.says("What we keep about you")).text
    await press(john, "Erase", "Erase everything")
    await press(john, "Yes, erase", "Erased.")
    await until_posted(group, "a effacé ses données")
    await until_topic(desk, topic, is_closed=True)
    kept = await desk.rows("SELECT kind, content FROM letters")
    assert kept == [("erased", None)]
    await karim.post_in(STAFF_GROUP, "Are you there?", thread=topic.id)
    await until_posted(group, "a effacé ses données", 2)
    assert not [one for one in john.messages if "Are you there" in one.text]


async def test_the_donor_says_that_it_is_solved(desk: Stage) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    await karim.post_in(STAFF_GROUP, "Yes", thread=topic.id)
    await press(john, "It is solved", "your question is solved", first="Yes")
    await until_posted(group, "dit que c’est résolu")
    await until_topic(desk, topic, is_closed=True)
    assert await desk.rows("SELECT state, waiting_since FROM questions") == [("closed", None)]


async def test_a_topic_that_staff_deleted_is_made_again(desk: Stage) -> None:
    john, group = desk.john(), group_of(desk)
    await asks(john)
    first = await topic_of(desk)
    del group.topics[first.id]
    await john.send("still there?")
    second = await until_posted(group, "still there?")
    assert second.thread in group.topics
    assert second.thread != first.id


async def test_a_group_that_becomes_a_supergroup_is_followed(plain: Stage) -> None:
    john, karim = plain.john(), plain.karim()
    await asks(john)
    await until_posted(group_of(plain), QUESTION)
    new = plain.telegram.group(-100777, "Équipe", [karim.id], is_forum=True)
    plain.telegram.moved[FAMILY] = new.id
    await john.send("and now?")
    message = await until_posted(new, "and now?")
    await karim.post_in(new.id, "Here I am", thread=message.thread)
    await john.says("Here I am")


async def test_the_groups_own_word_that_it_moved_is_enough(plain: Stage) -> None:
    john, karim = plain.john(), plain.karim()
    new = plain.telegram.group(-100778, "Équipe", [karim.id], is_forum=True)
    moved = {
        "message_id": 900,
        "date": 1,
        "from": karim.person,
        "chat": {"id": FAMILY, "type": "group", "title": "Famille"},
        "migrate_to_chat_id": new.id,
    }
    await plain.telegram.acknowledged(plain.telegram.update({"message": moved}, f"chat-{FAMILY}"))
    await asks(john)
    assert (await until_posted(new, QUESTION)).thread in new.topics


async def test_while_the_group_is_slow_or_busy_every_message_arrives_in_order(desk: Stage) -> None:
    john, group = desk.john(), group_of(desk)
    await asks(john, "message 0")
    await until_posted(group, "message 0")
    for kind in ("500", "502", "cut"):
        desk.telegram.faults.add(Fault(kind, "sendMessage", chat_id=STAFF_GROUP))
    for n in range(1, 6):
        await john.send(f"message {n}")
    await until_posted(group, "message 5")
    texts = [one.text for one in group.messages.values() if one.text.startswith("message")]
    assert texts == [f"message {n}" for n in range(6)]


async def test_open_questions_are_listed_oldest_first_for_who_may_speak(desk: Stage) -> None:
    john, yasmine, karim = desk.john(), desk.yasmine(), desk.karim()
    await karim.send("/questions")
    await karim.says("Aucune question n’est ouverte")
    await asks(john)
    topic = await topic_of(desk)
    await yasmine.start("ask")
    await yasmine.says("Écrivez votre question ici")
    await yasmine.send("Bonjour ?")
    await until_posted(group_of(desk), "Bonjour ?")
    await karim.post_in(STAFF_GROUP, "Yes", thread=topic.id)
    await john.says("Yes")
    await karim.send("/questions")
    await karim.says("2 questions ouvertes")
    first, second = [line for line in _bare(karim.last.text).splitlines() if "demandé" in line]
    assert first.endswith("répondu")
    assert "attend depuis" in second
    assert [button.kind for button in karim.last.buttons][:2] == ["url", "url"]
    await john.send("/questions")
    await john.says("How to give")


async def test_here_says_what_to_set_and_what_is_missing_to_an_owner_alone(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    staff, family = stage.telegram.chats[STAFF_GROUP], stage.telegram.chats[FAMILY]
    await karim.send("/here", STAFF_GROUP)
    said = await until_posted(staff, f"HELP_CHAT_ID={STAFF_GROUP}")
    assert said.text.count("✅") == 3
    await karim.send("/here", FAMILY)
    said = await until_posted(family, f"HELP_CHAT_ID={FAMILY}")
    assert "Les sujets sont désactivés" in said.text
    await john.send("/here", FAMILY)
    await until_posted(family, "private chat with me")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["sendMessage", "createForumTopic"])
async def test_a_kill_between_question_and_answer_loses_nothing(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, method: str
) -> None:
    monkeypatch.setenv("HELP_CHAT_ID", str(STAFF_GROUP))
    john, karim = sandbox.telegram.phones[1003], sandbox.telegram.phones[1900]
    group = sandbox.telegram.chats[STAFF_GROUP]
    async with beside(sandbox, tmp_path) as bot:
        await john.start("ask")
        await john.says("Write your question here", 20)

        def kill(moment: str, called: str) -> None:
            if (moment, called) == (when, method):
                sandbox.telegram.spies.remove(kill)
                bot.kill()

        sandbox.telegram.spies.append(kill)
        await john.send(QUESTION)
        async with asyncio.timeout(40), group.changed:
            await group.changed.wait_for(lambda: any(QUESTION in one.text for one in group.messages.values()))
        question = next(one for one in group.messages.values() if QUESTION in one.text)
        await asyncio.gather(*bot.starting)
        await until_health(f"http://127.0.0.1:{bot.port}", "ok")
        sandbox.telegram.spies.append(kill)
        await karim.post_in(STAFF_GROUP, "Here is your answer", thread=question.thread)
        await john.until(lambda one: any("Here is your answer" in each.text for each in one.messages), 40)
        if kill in sandbox.telegram.spies:
            sandbox.telegram.spies.remove(kill)
        assert bot.kills >= 1


async def test_an_answer_that_telegram_refuses_is_told_to_staff_and_the_question_waits_on(
    desk: Stage,
) -> None:
    john, karim, group = desk.john(), desk.karim(), group_of(desk)
    await asks(john)
    topic = await topic_of(desk)
    desk.telegram.faults.add(Fault("400", "sendMessage", chat_id=john.id))
    await karim.post_in(STAFF_GROUP, "an answer", thread=topic.id)
    await until_posted(group, "ne peut pas être transmis")
    assert await desk.rows("SELECT waiting_since IS NOT NULL FROM questions") == [(1,)]
    # Nothing of it is kept, and it is no Delivery that was sent.
    await desk.until_rows("SELECT state, content IS NULL FROM letters WHERE kind = 'answer'", [("failed", 1)])
    await desk.until_rows("SELECT state FROM deliveries WHERE kind = 'answer'", [("failed",)])


@pytest.mark.parametrize("phone", [1001, 1002, 1003])
async def test_a_question_that_telegram_refuses_is_told_to_the_donor_and_to_staff(
    desk: Stage, phone: int
) -> None:
    donor, karim, group = desk.telegram.phones[phone], desk.karim(), group_of(desk)
    await karim.start()
    await karim.says("3 campagnes")
    await donor.start("ask")
    await donor.says(_ASKED[phone][0])
    desk.telegram.faults.add(Fault("400", "sendMessage", chat_id=STAFF_GROUP))
    await donor.send(QUESTION)
    await donor.says(_ASKED[phone][1])
    [(number,)] = await desk.rows(f"SELECT id FROM donors WHERE telegram_id = {phone}")
    assert f"Le donateur D{number}" in _bare((await karim.says("a écrit à l’équipe")).text)
    state = "SELECT kind, state, content IS NULL FROM letters"
    await desk.until_rows(state, [("question", "failed", 1)])
    await desk.until_rows("SELECT state FROM deliveries WHERE kind = 'question'", [("failed",)])
    assert [one for one in group.messages.values() if QUESTION in one.text] == []
    # What they write next goes to the team: they need not tap first.
    await donor.send("In other words")
    await until_posted(group, "In other words")


_ASKED = {
    1001: ("اكتب سؤالك هنا", "لم تصل رسالتك إلى الفريق"),
    1002: ("Écrivez votre question ici", "votre message n’est pas arrivé à l’équipe"),
    1003: ("Write your question here", "your message did not reach the team"),
}


async def test_staff_hear_once_of_a_donor_whose_questions_are_refused_and_the_donor_each_time(
    desk: Stage,
) -> None:
    john = desk.john()
    await asks(john, "message 0")
    await until_posted(group_of(desk), "message 0")
    desk.telegram.faults.add(Fault("400", "sendMessage", times=3, chat_id=STAFF_GROUP))
    for n in range(1, 4):
        await john.send(f"message {n}")
    await john.until(lambda one: len(_unheard(one)) == 3)
    await desk.karim().says("a écrit à l’équipe")
    alerts = "SELECT count(*) FROM deliveries WHERE kind = 'alert' AND chat_id = 1900"
    assert await desk.rows(alerts) == [(1,)]


async def test_a_refusal_that_is_heard_after_the_donor_erased_their_data_is_told_to_nobody(
    desk: Stage,
) -> None:
    services = desk.services
    await asks(desk.john())
    await until_posted(group_of(desk), QUESTION)
    [(donor_id,)] = await desk.rows("SELECT id FROM donors")
    letter = Letter(99, donor_id, LetterKind.QUESTION)

    def erased(tx: Tx) -> None:
        helpdesk.forget(tx, services.settings, donor_id, services.clock())
        helpdesk.refused(tx, services.settings, letter, services.clock())

    await services.db.write(erased)
    assert await desk.rows("SELECT count(*) FROM deliveries WHERE kind = 'alert'") == [(0,)]


def _unheard(phone: Phone) -> list[Message]:
    return [one for one in phone.messages if "did not reach the team" in one.text]


async def test_a_question_waits_ten_minutes_for_a_group_that_cannot_be_reached_and_is_not_lost(
    plain: Stage,
) -> None:
    plain.telegram.faults.add(Fault("403", "sendMessage", chat_id=FAMILY))
    before, told = (
        int(plain.services.clock().timestamp()),
        meters.DELIVERIES.counts.get(("question", "again"), 0),
    )
    await asks(plain.john())
    await plain.until_rows(
        "SELECT state, error FROM deliveries WHERE kind = 'question'", [("owed", "group gone")]
    )
    after = int(plain.services.clock().timestamp())
    [(due,)] = await plain.rows("SELECT due_at FROM deliveries WHERE kind = 'question'")
    assert before + 600 <= due <= after + 600
    await plain.services.db.write(lambda tx: tx.plain("UPDATE deliveries SET due_at = 0"))
    plain.services.bells.courier.set()
    await until_posted(group_of(plain), QUESTION)
    assert meters.DELIVERIES.counts["question", "again"] == told + 1
