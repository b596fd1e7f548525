"""Reads papers back: the text of a PDF with plain spaces, the sums on it, and what a phone was sent."""

import io
import re

from pypdf import PdfReader

from bot.i18n import Words
from bot.money import Money
from sandbox.telegram import Phone
from sandbox.telegram.people import Message


def text_of(pdf: bytes) -> str:
    """The text of all pages, every kind of space being a space."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", " ".join(pages))


def sums_on(text: str) -> list[str]:
    """Every sum, as written: digits, separators and the currency's code."""
    return re.findall(r"(?<!\d)-?\d{1,3}(?:[., ]\d{3})*(?:[.,]\d{2,3})? (?:MAD|EUR|USD|JPY)(?![A-Z])", text)


def plain(text: str) -> str:
    """A message without direction marks and with plain spaces, as a person reads it."""
    return re.sub(r"[\u2068\u2069]", "", text).replace("\u00a0", " ").replace("\u202f", " ")


def exact(words: Words, money: Money) -> str:
    """How a paper writes this sum, with plain spaces."""
    return re.sub(r"\s", " ", words.exact(money))


async def sent_file(phone: Phone, name: str) -> Message:
    """Wait for a file whose name begins so; the newest one."""
    await phone.until(lambda one: _files(one, name))
    return _files(phone, name)[-1]


def _files(phone: Phone, name: str) -> list[Message]:
    return [one for one in phone.messages if one.document is not None and one.document.name.startswith(name)]


def content_of(message: Message) -> bytes:
    assert message.document is not None
    return message.document.content
