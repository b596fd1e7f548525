"""The commands and descriptions that Telegram shows, per language; set only when they changed."""

import hashlib
import json

from telegram import BotCommand

from bot.botapi.pen import Pen
from bot.i18n import Words
from bot.screens import menu
from bot.services import Services
from bot.store import marks

_MARK = "telegram.menu"


async def publish(services: Services, bot: Pen) -> bool:
    """Set the menu of every language. False when Telegram has it already."""
    catalogues = services.catalogues
    spoken = {code: catalogues.words(code or None) for code in ("", *catalogues.languages)}
    shown = {
        code: [menu.commands(words), menu.description(words), menu.short(words)]
        for code, words in spoken.items()
    }
    digest = hashlib.sha256(json.dumps([services.username, shown], sort_keys=True).encode()).hexdigest()
    if await services.db.read(lambda tx: marks.get(tx, _MARK)) == digest:
        return False
    for code, words in spoken.items():
        await _set(bot, code or None, words)
    await services.db.write(lambda tx: marks.put(tx, _MARK, digest))
    return True


async def _set(bot: Pen, code: str | None, words: Words) -> None:
    commands = [BotCommand(name, text) for name, text in menu.commands(words)]
    await bot.set_my_commands(commands, language_code=code)
    await bot.set_my_description(menu.description(words), language_code=code)
    await bot.set_my_short_description(menu.short(words), language_code=code)
