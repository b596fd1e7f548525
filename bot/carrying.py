"""Carries messages between a donor and the staff's group, each way in order; what a kill left behind is carried again."""

import logging
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from bot import helpdesk
from bot.botapi import draw, letters
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.contents import Content
from bot.errors import ChatGone, ChatMoved, TelegramRefused
from bot.i18n import Words
from bot.letters import TO_DONOR, Letter, LetterKind, Question
from bot.model import Delivery, DeliveryKind, Donor
from bot.screens import helpdesk as screens
from bot.screens.match import code
from bot.services import Services
from bot.store import campaigns, donors
from bot.store import questions as store
from bot.store.sql import Tx

log = logging.getLogger(__name__)
KINDS = (DeliveryKind.QUESTION, DeliveryKind.ANSWER, DeliveryKind.CLOSED)
_ENDS = (LetterKind.SHUT, LetterKind.SOLVED, LetterKind.ERASED)


async def carry(services: Services, bot: Pen, delivery: Delivery) -> int | None:
    """Send this message, and before it whatever else is owed the same way; its message id, 0 where it needed no message.

    None where it is not there any more. Raises as `draw.send` does.
    """
    find = partial(store.get, key=delivery.payload or "")
    letter = await services.db.read(find)
    if letter is None:
        return None
    way = "donor" if letter.kind in TO_DONOR else "group"
    async with services.locks.of(f"letters-{way}-{letter.donor_id}"):
        for one in await services.db.read(partial(store.owed, upto=letter)):
            await _carry(services, bot, one, delivery.chat_id)
    letter = await services.db.read(find)
    # One that was refused has no message, and is no Delivery that was sent.
    return letter.message_id if letter else None


async def _carry(services: Services, bot: Pen, one: Letter, chat_id: int) -> None:
    try:
        if one.kind in TO_DONOR:
            where, message_id = None, await _to_donor(services, bot, one, chat_id)
        else:
            where, message_id = await _to_group(services, bot, one)
    except ChatMoved as error:
        await helpdesk.follow(services, error.new_chat_id)
        raise
    except TelegramRefused as error:
        # It would be refused again, and nothing behind it would ever arrive.
        log.error("a letter was refused", extra={"letter": one.id, "kind": one.kind, "error": str(error)})
        await services.db.write(lambda tx: helpdesk.refused(tx, services.settings, one, services.clock()))
        services.bells.courier.set()
    else:
        await services.db.write(lambda tx: store.sent(tx, one, where, message_id))


async def _to_donor(services: Services, bot: Pen, one: Letter, chat_id: int) -> int:
    words, operator = await services.db.read(lambda tx: _reader(tx, services, one.donor_id))
    if one.kind is LetterKind.CLOSED or one.content is None:
        return await draw.send(bot, chat_id, screens.closed(words), Priority.CONFIRMATION, tries=1)
    head = screens.answer_head(words, operator)
    whole = one.content.under(head)
    if whole is None:
        await letters.note(bot, chat_id, f"<b>{head}</b>")
    return await letters.send(bot, chat_id, whole or one.content, screens.answer_rows(words))


def _reader(tx: Tx, services: Services, donor_id: int) -> tuple[Words, str]:
    donor, known = donors.get(tx, donor_id), campaigns.all_of_them(tx)
    words = services.catalogues.words(donor.language if donor else None)
    return words, known[0].appeal.operator if known else ""


async def _to_group(services: Services, bot: Pen, one: Letter) -> tuple[int, int]:
    """The group, and the message id there. A topic that somebody deleted is made again."""
    question, donor = await services.db.read(
        lambda tx: (store.find(tx, one.donor_id), donors.get(tx, one.donor_id))
    )
    if question is None:
        raise TelegramRefused("there is no such conversation")
    for tries_left in (1, 0):
        desk = await _desk(services, bot, question, donor)
        try:
            return desk.chat_id, await _post(bot, one, desk)
        except TelegramRefused as error:
            if not tries_left or "thread not found" not in str(error):
                raise
            await services.db.write(partial(store.move, one=question, topic_id=None))
            question = replace(question, topic_id=None)
    raise AssertionError("the last try returns or raises")


class _Desk(Struct, frozen=True):
    """Where a donor's conversation stands: `topic_id` 0 in a group without topics."""

    words: Words
    chat_id: int
    topic_id: int
    code: str
    language: str


async def _desk(services: Services, bot: Pen, question: Question, donor: Donor | None) -> _Desk:
    chat_id = await services.db.read(partial(helpdesk.group, settings=services.settings))
    if chat_id is None:
        # As a group that is gone: a question waits for it.
        raise ChatGone("there is no group")
    words = services.catalogues.words(services.settings.default_language)
    who, language = code(question.donor_id), screens.language(donor.language if donor else "")
    topic_id = question.topic_id
    if topic_id is None or question.chat_id != chat_id:
        topic_id = await letters.new_topic(bot, chat_id, f"{who} · {language}")
        await services.db.write(partial(store.move, one=question, chat_id=chat_id, topic_id=topic_id))
        if topic_id:
            await letters.note(bot, chat_id, screens.intro(words, who, language), topic_id)
    return _Desk(words, chat_id, topic_id, who, language)


async def _post(bot: Pen, one: Letter, desk: _Desk) -> int:
    if one.kind is LetterKind.REOPENED:
        if desk.topic_id:
            await letters.turn_topic(bot, desk.chat_id, desk.topic_id, is_open=True)
        return 0
    if one.content is not None:
        return await _question(bot, one.content, desk)
    text = screens.note(desk.words, one.kind, desk.code)
    message_id = await letters.note(bot, desk.chat_id, text, desk.topic_id)
    if desk.topic_id and one.kind in _ENDS:
        await letters.turn_topic(bot, desk.chat_id, desk.topic_id, is_open=False)
    return message_id


async def _question(bot: Pen, content: Content, desk: _Desk) -> int:
    if desk.topic_id:
        return await letters.send(bot, desk.chat_id, content, topic_id=desk.topic_id)
    head = screens.head(desk.words, desk.code, desk.language)
    whole = content.under(head)
    if whole is None:
        await letters.note(bot, desk.chat_id, f"<b>{head}</b>")
    return await letters.send(bot, desk.chat_id, whole or content)
