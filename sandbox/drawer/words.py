"""The drawer's answers, in the three languages of its people; what is asked for, read."""

import string
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_date
from msgspec import Struct

from sandbox.drawer.sentences import SENTENCES
from sandbox.stripe.page import amount_in

# Moroccan Arabic writes its numbers with Latin digits, as the bot does.
_LOCALES = {"ar": "ar_MA", "fr": "fr", "en": "en_GB"}


class CannotBe(Exception):
    """What was asked is impossible now; its text says why, kindly."""


class Asked(Struct, frozen=True):
    """One tap in the drawer: its fields, and the language to answer in."""

    body: dict[str, Any]

    @property
    def lang(self) -> str:
        return spoken(self.body.get("lang"))

    def text(self, name: str) -> str:
        """Raises KeyError where it is missing."""
        return str(self.body[name])

    def say(self, key: str, **facts: str) -> str:
        return string.Template(SENTENCES[self.lang][key]).substitute(facts)

    def money(self, minor: int, currency: str) -> str:
        return money(minor, currency, self.lang)

    def day(self, stamp: int) -> str:
        moment = datetime.fromtimestamp(stamp, UTC)
        return isolated(format_date(moment, "d MMMM y", locale=_LOCALES[self.lang]))


def spoken(lang: object) -> str:
    return str(lang) if lang in SENTENCES else "en"


def money(minor: int, currency: str, lang: str) -> str:
    """Written out with its code, to stand in either direction."""
    sign = "\u2212" if minor < 0 else ""
    return isolated(sign + amount_in(abs(minor), currency, _LOCALES[lang]))


def isolated(text: str) -> str:
    return f"\u2068{text}\u2069"
