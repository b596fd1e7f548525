"""A photo or a file that a person sends to the bot."""

import base64

from sandbox.telegram import Phone
from sandbox.telegram.people import File, Message, now
from tests.stage import Stage

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg=="
)


def sends(stage: Stage, phone: Phone, what: str = "photo", content: bytes = PIXEL) -> str:
    """Send it; Telegram's file_id."""
    telegram = stage.telegram
    file = File("photo.png", content, "image/png", f"file{len(telegram.files) + 1}")
    telegram.files[file.file_id] = file
    message = Message(phone.chat.next_id(), phone.id, "", [], now())
    setattr(message, what, file)
    phone.chat.messages[message.id] = message
    telegram._update({"message": telegram._as_sent(phone.chat, message)}, f"chat-{phone.id}")
    return file.file_id
