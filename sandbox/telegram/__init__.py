"""Telegram's Bot API at the wire, and the phones of the people who talk to the bot."""

from sandbox.telegram.emulator import Call, TelegramEmulator
from sandbox.telegram.messages import Button, Message
from sandbox.telegram.people import Phone

__all__ = ["Button", "Call", "Message", "Phone", "TelegramEmulator"]
