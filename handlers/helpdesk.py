"""The help desk's two doors: a donor's private chat, and the staff's group."""

import logging

from telegram import Message

from bot import helpdesk
from bot.actions import AskPerson, Help, Questions, SolveQuestion
from bot.botapi import draw
from bot.botapi.pen import Pen
from bot.errors import TelegramError
from bot.helpdesk import Said
from bot.i18n import Words
from bot.screens import helpdesk as screens
from bot.screens.base import Screen
from bot.services import Services
from bot.staff import Right, Role
from bot.store import staff
from handlers.commands import command
from handlers.incoming import incoming
from handlers.routes import Turn, on, route, takes

log = logging.getLogger(__name__)
command("questions", Questions())


@on(AskPerson)
async def ask(turn: Turn, _: AskPerson) -> Screen:
    if not turn.services.settings.help_chat_id or not turn.campaigns:
        return await route(turn, Help())
    return screens.ask(turn.words, turn.campaigns[0].appeal.operator)


@takes(AskPerson)
async def take_question(turn: Turn, _: AskPerson) -> Screen:
    message = turn.incoming
    if message is None or message.content is None:
        return screens.cannot(turn.words)
    is_kept = await helpdesk.ask(turn.services, turn.donor, message.message_id, message.content)
    return screens.kept(turn.words) if is_kept else await route(turn, Help())


@on(SolveQuestion)
async def solve(turn: Turn, _: SolveQuestion) -> Screen:
    await helpdesk.solve(turn.services, turn.donor)
    return screens.solved(turn.words)


@on(Questions, Right.SPEAK)
async def questions(turn: Turn, _: Questions) -> Screen:
    found, count = await helpdesk.open_ones(turn.services, screens.MOST)
    return screens.listed(turn.words, found, count, turn.services.clock())


async def heard(services: Services, bot: Pen, message: Message) -> bool:
    """Take what was said in a group, if it is the help desk's or asks for its set-up; False where it is neither."""
    name = _command(message)
    if name == "here" and await _is_owner(services, message):
        await _say(bot, message, await _here(services, bot, message))
        return True
    if services.settings.help_chat_id is None or name not in ("", "close"):
        return False
    # Those who write at once are answered in the order in which Telegram brought them.
    async with services.locks.of("help-group"):
        if not await _is_home(services, message):
            return False
        if message.migrate_to_chat_id:
            await helpdesk.follow(services, message.migrate_to_chat_id)
        elif _is_person(message):
            await _take(services, bot, message, is_close=name == "close")
        return True


async def _is_home(services: Services, message: Message) -> bool:
    home = await services.db.read(lambda tx: helpdesk.group(tx, services.settings))
    return message.chat.id == home


async def _take(services: Services, bot: Pen, message: Message, *, is_close: bool) -> None:
    said = _said(message)
    is_meant = await (helpdesk.close if is_close else helpdesk.answer)(services, said)
    if not is_meant and (is_close or _is_to_us(message, bot)):
        await _say(bot, message, screens.nobody(_words(services)))


async def _say(bot: Pen, message: Message, screen: Screen) -> None:
    """A word to the group. What was asked is done; where the group is gone, the update must not come again for ever."""
    try:
        await draw.send(bot, message.chat.id, screen)
    except TelegramError as error:
        log.warning("a word to the group was not sent", extra={"error": type(error).__name__})


async def heard_edit(services: Services, message: Message) -> None:
    """A message in a group was changed after it was sent."""
    if await _is_home(services, message) and _is_person(message) and not _command(message):
        await helpdesk.edited(services, _said(message))


def _said(message: Message) -> Said:
    """In a topic every message names the first one as replied to: there the topic alone counts."""
    is_topic, reply = bool(message.is_topic_message), message.reply_to_message
    return Said(
        message.chat.id,
        message.message_id,
        message.from_user.id if message.from_user else 0,
        (message.message_thread_id or 0) if is_topic else 0,
        reply.message_id if reply and not is_topic else 0,
        incoming(message).content,
    )


def _is_person(message: Message) -> bool:
    """No bot, no channel, and nothing that Telegram itself says; an anonymous administrator speaks as the group itself."""
    person, chat = message.from_user, message.sender_chat
    is_said = message.effective_attachment is not None or message.text is not None
    is_anonymous = chat is not None and chat.id == message.chat.id
    is_somebody = person is not None and not person.is_bot and chat is None
    return is_said and (is_anonymous or is_somebody) and not message.is_automatic_forward


def _is_to_us(message: Message, bot: Pen) -> bool:
    reply = message.reply_to_message
    is_ours = reply is not None and reply.from_user is not None and reply.from_user.id == bot.id
    return is_ours and not message.is_topic_message


def _command(message: Message) -> str:
    text = message.text or ""
    return (
        text[1:].split(maxsplit=1)[0].partition("@")[0].lower() if text[1:].strip() and text[0] == "/" else ""
    )


def _words(services: Services) -> Words:
    return services.catalogues.words(services.settings.default_language)


async def _is_owner(services: Services, message: Message) -> bool:
    person = message.from_user
    if person is None or message.sender_chat is not None:
        return False
    known = await services.db.read(lambda tx: staff.role(tx, person.id))
    return known is Role.OWNER or person.id in services.settings.admin_ids


async def _here(services: Services, bot: Pen, message: Message) -> Screen:
    chat = await _asked(bot, "getChat", {"chat_id": message.chat.id})
    mine = await _asked(bot, "getChatMember", {"chat_id": message.chat.id, "user_id": bot.id})
    ours = await _asked(bot, "getMe", {})
    is_admin = mine.get("status") == "administrator"
    return screens.here(
        _words(services),
        message.chat.id,
        has_topics=bool(chat.get("is_forum")),
        may_manage=is_admin and bool(mine.get("can_manage_topics")),
        hears_all=is_admin or bool(ours.get("can_read_all_group_messages")),
        is_public=bool(chat.get("username") or chat.get("linked_chat_id")),
    )


async def _asked(bot: Pen, method: str, fields: dict[str, object]) -> dict[str, object]:
    """Empty where Telegram does not say: what is not known to be right is shown as missing."""
    try:
        return await draw.ask(bot, method, fields)
    except TelegramError:
        return {}
