"""Listens to every log line of every test, as the bot would write it, for what must never be in one."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from bot.logs import formatter
from sandbox.telegram import TelegramEmulator

_SECRET = {
    "a bot token": re.compile(r"\d{6,12}:[\w-]{20,}"),
    "a Stripe key": re.compile(r"\b[sr]k_(?:test|live)_\w+"),
    "a webhook secret": re.compile(r"\bwhsec_\w+"),
    "a checkout URL": re.compile(r"https?://\S*(?:/pay/|checkout)\S*"),
    "the secret of the update webhook": re.compile(r"\b[0-9a-f]{64}\b"),
    # Of the cast, of the drawer's and of the fuzzers' people.
    "a name": re.compile(r"\b(?:Amina|Yasmine|John|Karim|Salma|Nadia|Zulaykha)\b"),
    "what somebody wrote": re.compile("a-word-that-is-private"),
}
_LONG = 12  # What is shorter may stand in a log by chance.


def leaks(text: str, private: Iterable[str] = ()) -> list[str]:
    """What of this a log should not hold."""
    found = [what for what, one in _SECRET.items() if one.search(text)]
    return found + [f"what somebody wrote: {one}" for one in private if one in text]


def written_by_people(telegram: TelegramEmulator) -> set[str]:
    """Every text of the cast that is long enough to be known again."""
    every = (one for chat in telegram.chats.values() for one in chat.messages.values() if one.sender != "bot")
    return {one.text for one in every if len(one.text) >= _LONG}


class Ear(logging.Handler):
    """Keeps all lines of one test."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter("json"))

    def emit(self, record: logging.LogRecord) -> None:
        # On a copy: the formatter takes the exception off, which others want to see.
        self.lines.append(self.format(logging.makeLogRecord(record.__dict__)))

    def found(self, folder: Path | None = None, private: Iterable[str] = ()) -> list[str]:
        """Each leak once, in what was heard and in the logs that other processes left in `folder`."""
        files = folder.rglob("*.log") if folder else ()
        whole = "\n".join([*self.lines, *(one.read_text(encoding="utf-8") for one in files)])
        return leaks(whole, private)
