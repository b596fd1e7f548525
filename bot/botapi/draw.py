"""Draw a Screen on Telegram: send it, or redraw the message that shows one; Telegram's refusals become ours."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram import InputFile
from telegram import error as api

from bot.actions import pack
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen, at
from bot.botapi.transport import is_in_doubt
from bot.errors import ChatGone, ChatMoved, TelegramBusy, TelegramDown, TelegramError, TelegramRefused
from bot.screens.base import Button, Rows, Screen

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
    "not enough rights to send",
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

    if screen.document:
        return await attempt(lambda: _send_document(bot, chat_id, screen, priority), tries)
    if screen.photo and (sent := await _send_photo(bot, chat_id, screen, priority, tries)):
        return sent
    fields = {"chat_id": chat_id, **_drawn(screen)}
    return (await attempt(lambda: bot.ask("sendMessage", fields, priority), tries))["message_id"]


async def _send_photo(bot: Pen, chat_id: int, screen: Screen, priority: Priority, tries: int) -> int | None:
    """The message's id; None where Telegram knows the photo no more, for then the text says the same."""
    drawn = _drawn(screen)
    fields = {"chat_id": chat_id, "photo": screen.photo, "caption": drawn.pop("text"), **drawn}
    try:
        return (await attempt(lambda: bot.ask("sendPhoto", fields, priority), tries))["message_id"]
    except TelegramRefused as error:
        log.warning("a photo was refused", extra={"error": str(error)})
        return None


async def _send_document(bot: Pen, chat_id: int, screen: Screen, priority: Priority) -> int:
    assert screen.document is not None  # noqa: S101  `send` has looked
    file = InputFile(screen.document.content, filename=screen.document.name)
    markup: Any = keyboard(screen.rows)
    send_file = bot.send_photo if screen.document.is_picture else bot.send_document
    message = await send_file(
        chat_id,
        file,
        caption=screen.text,
        reply_markup=markup,
        parse_mode="HTML",
        api_kwargs=at(priority),
    )
    return message.message_id


async def redraw(bot: Pen, chat_id: int, message_id: int, screen: Screen) -> bool:
    """Show the screen in a message that exists. False when that message cannot be edited any more: send instead.

    A message of text never becomes a photo, nor a photo text: such a step of the walk is a new message, and the old one goes.
    """
    if screen.photo:
        return False
    fields = {"chat_id": chat_id, "message_id": message_id, **_drawn(screen)}
    try:
        await attempt(lambda: bot.ask("editMessageText", fields), _TRIES)
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
        return await attempt(
            lambda: bot.ask("deleteMessage", {"chat_id": chat_id, "message_id": message_id}), _TRIES
        )
    except TelegramRefused:
        return False


async def ask(bot: Pen, method: str, fields: dict[str, Any], priority: Priority = Priority.REPLY) -> Any:
    """Any other method of the Bot API, once; Telegram's refusals are ours, as with `send`."""
    return await attempt(lambda: bot.ask(method, fields, priority), 1)


async def answer_tap(bot: Pen, query_id: str) -> None:
    """Stop the button's spinner. A query that grew too old is nobody's loss."""
    try:
        await attempt(lambda: bot.ask("answerCallbackQuery", {"callback_query_id": query_id}), 1)
    except TelegramError as error:
        log.info("a tap was not answered", extra={"error": type(error).__name__})


async def attempt(call: Callable[[], Awaitable[T]], tries: int) -> T:
    """What `call` returns; Telegram's refusals as our errors. What failed on the way is tried again, up to `tries`."""
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


def _drawn(screen: Screen) -> dict[str, Any]:
    return {"text": screen.text, "parse_mode": "HTML", "reply_markup": keyboard(screen.rows)}


def keyboard(rows: Rows) -> dict[str, Any] | None:
    """The rows as Telegram's inline keyboard; None where there are none."""
    if not rows:
        return None
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]}


def _button(button: Button) -> dict[str, Any]:
    drawn: dict[str, Any] = {"text": button.label}
    if button.action is not None:
        drawn["callback_data"] = pack(button.action)
    elif button.url is not None:
        drawn["url"] = button.url
    else:
        drawn["copy_text"] = {"text": button.copy or ""}
    return drawn | {"style": button.style} if button.style else drawn
