"""The commands and descriptions that Telegram shows: for donors per language, and for each of the staff in their own chat.

Set only when they changed.
"""

import hashlib
import json
import logging

from msgspec import Struct
from telegram import BotCommand, BotCommandScopeChat
from telegram import error as api

from bot.botapi.pen import Pen
from bot.i18n import Words
from bot.screens import menu
from bot.services import Services
from bot.staff import Right
from bot.store import donors, marks, staff
from bot.store.sql import Tx
from handlers.commands import names

log = logging.getLogger(__name__)
_MARK = "telegram.menu"
_CHAT = "telegram.menu.chat."
Menu = list[tuple[str, str]]


async def publish(services: Services, bot: Pen) -> bool:
    """Set the menu of every language. False when Telegram has it already."""
    catalogues = services.catalogues
    spoken = {code: catalogues.words(code or None) for code in ("", *catalogues.languages)}
    shown = {
        code: [menu.commands(words), menu.description(words), menu.short(words)]
        for code, words in spoken.items()
    }
    digest = _digest([services.username, shown])
    if await services.db.read(lambda tx: marks.get(tx, _MARK)) == digest:
        return False
    for code, words in spoken.items():
        await _set(bot, code or None, words)
    await services.db.write(lambda tx: marks.put(tx, _MARK, digest))
    return True


async def _set(bot: Pen, code: str | None, words: Words) -> None:
    await bot.set_my_commands(_commands(menu.commands(words)), language_code=code)
    await bot.set_my_description(menu.description(words), language_code=code)
    await bot.set_my_short_description(menu.short(words), language_code=code)


class _Chats(Struct, frozen=True):
    """The menu that each of the staff shall see, and the digest of the one that Telegram has for a chat."""

    wanted: dict[int, Menu]
    kept: dict[int, str]


async def publish_for_staff(services: Services, bot: Pen) -> None:
    """Each of the staff sees the commands of their role in their language; whoever is none any more, those of donors."""
    chats = await services.db.read(lambda tx: _chats(tx, services))
    for chat, commands in chats.wanted.items():
        digest = _digest([services.username, commands])
        if chats.kept.get(chat) != digest and await _is_set(bot, chat, commands):
            await services.db.write(
                lambda tx, chat=chat, digest=digest: marks.put(tx, f"{_CHAT}{chat}", digest)
            )
    for chat in chats.kept.keys() - chats.wanted.keys():
        await _is_set(bot, chat, [])
        await services.db.write(lambda tx, chat=chat: marks.drop(tx, f"{_CHAT}{chat}"))


def _chats(tx: Tx, services: Services) -> _Chats:
    admins = services.settings.admin_ids
    kept = {int(key.removeprefix(_CHAT)): digest for key, digest in marks.beginning(tx, _CHAT)}
    wanted = {chat: _menu(tx, services, chat) for chat in staff.chats(tx, admins, Right.READ)}
    return _Chats({chat: commands for chat, commands in wanted.items() if commands}, kept)


def _menu(tx: Tx, services: Services, chat: int) -> Menu:
    """Nothing for whoever has not spoken to the bot: Telegram knows no such chat."""
    donor, role = donors.find(tx, chat), staff.standing(tx, services.settings.admin_ids, chat)
    if donor is None or role is None:
        return []
    words = services.catalogues.words(donor.language)
    return [*menu.staff(words, role.rights, names()), *menu.commands(words)]


async def _is_set(bot: Pen, chat: int, commands: Menu) -> bool:
    """Whether Telegram took it; a chat that is gone must not keep the others from theirs."""
    scope = BotCommandScopeChat(chat)
    try:
        if commands:
            await bot.set_my_commands(_commands(commands), scope=scope)
        else:
            await bot.delete_my_commands(scope=scope)
    except (api.BadRequest, api.Forbidden) as error:
        log.warning("a chat has no menu of its own", extra={"error": type(error).__name__})
        return False
    return True


def _commands(shown: Menu) -> list[BotCommand]:
    return [BotCommand(name, text) for name, text in shown]


def _digest(shown: object) -> str:
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
