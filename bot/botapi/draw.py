"""Draw a Screen on Telegram: send it, or redraw the message that shows one; Telegram's refusals become ours."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Message
from telegram import error as api
from telegram.ext import ExtBot

from bot.actions import pack
from bot.botapi.pace import Priority
from bot.botapi.transport import is_in_doubt
from bot.errors import ChatGone, ChatMoved, TelegramBusy, TelegramDown, TelegramError, TelegramRefused
from bot.screens.base import Button, Screen

# python-telegram-bot's bot with our pace.
Pen = ExtBot[Any]
T = TypeVar("T")
log = logging.getLogger(__name__)
_TRIES = 3
_PAUSE = 0.2
_GONE = (
    "chat not found",
    "user is deactivated",
    "bot was kicked",
    "peer_id_invalid",
    "have no rights to send",
)
_NOT_THERE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no text in the message",
)


async def send(
    bot: Pen, chat_id: int, screen: Screen, priority: Priority = Priority.REPLY, *, tries: int = _TRIES
) -> int:
    """Send the screen as a new message; its message id.

    Raises ChatGone, ChatMoved, TelegramBusy, TelegramDown (nothing or perhaps something was sent) and TelegramRefused.
    A send whose fate is unknown is repeated up to `tries`: a second copy of a screen is better than silence.
    """

    async def once() -> Message:
        keyboard = _keyboard(screen)
        if screen.document:
            file = InputFile(screen.document.content, filename=screen.document.name)
            return await bot.send_document(
                chat_id,
                file,
                caption=screen.text,
                reply_markup=keyboard,
                parse_mode="HTML",
                rate_limit_args=priority,
            )
        return await bot.send_message(
            chat_id, screen.text, reply_markup=keyboard, parse_mode="HTML", rate_limit_args=priority
        )

    return (await _ours(once, tries)).message_id


async def redraw(bot: Pen, chat_id: int, message_id: int, screen: Screen) -> bool:
    """Show the screen in a message that exists. False when that message cannot be edited any more: send instead."""
    keyboard = _keyboard(screen)

    async def once() -> None:
        await bot.edit_message_text(
            screen.text, chat_id, message_id, reply_markup=keyboard, parse_mode="HTML"
        )

    try:
        await _ours(once, _TRIES)
    except TelegramRefused as error:
        if "not modified" in str(error):
            return True
        if any(reason in str(error) for reason in _NOT_THERE):
            return False
        raise
    return True


async def remove(bot: Pen, chat_id: int, message_id: int) -> bool:
    """Take an old screen away. False where it is too old for that, or gone already."""
    try:
        return await _ours(lambda: bot.delete_message(chat_id, message_id), _TRIES)
    except TelegramRefused:
        return False


async def answer_tap(bot: Pen, query_id: str) -> None:
    """Stop the button's spinner. A query that grew too old is nobody's loss."""
    try:
        await _ours(lambda: bot.answer_callback_query(query_id), 1)
    except TelegramError as error:
        log.info("a tap was not answered", extra={"error": type(error).__name__})


async def _ours(call: Callable[[], Awaitable[T]], tries: int) -> T:
    for left in reversed(range(tries)):
        try:
            return await call()
        except (api.BadRequest, api.Forbidden, api.ChatMigrated, api.RetryAfter) as error:
            raise _refusal(error) from error
        except api.NetworkError as error:
            if not left:
                raise TelegramDown(type(error).__name__, in_doubt=is_in_doubt(error)) from error
            await asyncio.sleep(_PAUSE)
        except api.TelegramError as error:
            raise TelegramRefused(_plain(error)) from error
    raise AssertionError("the last try returns or raises")


def _refusal(error: api.TelegramError) -> TelegramError:
    text = _plain(error)
    match error:
        case api.RetryAfter():
            after = error.retry_after
            return TelegramBusy(float(after if isinstance(after, int) else after.total_seconds()))
        case api.ChatMigrated():
            return ChatMoved(error.new_chat_id)
        case api.Forbidden():
            return ChatGone(text)
        case _:
            return ChatGone(text) if any(reason in text for reason in _GONE) else TelegramRefused(text)


def _plain(error: api.TelegramError) -> str:
    return error.message.lower()


def _keyboard(screen: Screen) -> InlineKeyboardMarkup | None:
    return (
        InlineKeyboardMarkup([[_button(button) for button in row] for row in screen.rows])
        if screen.rows
        else None
    )


def _button(button: Button) -> InlineKeyboardButton:
    style: dict[str, str] = {"style": button.style} if button.style else {}
    if button.action is not None:
        return InlineKeyboardButton(button.label, callback_data=pack(button.action), **style)  # pyright: ignore[reportArgumentType]
    if button.url is not None:
        return InlineKeyboardButton(button.label, url=button.url, **style)  # pyright: ignore[reportArgumentType]
    return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy or ""), **style)  # pyright: ignore[reportArgumentType]
