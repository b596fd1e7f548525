"""gettext catalogues and `Words`: text, plurals, money, dates and lists in one language. Knows no screen."""

import gettext
import html
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from bot.config import LANGUAGES
from bot.money import CURRENCIES, Money
from bot.zones import zone

LOCALES = Path(__file__).resolve().parent.parent / "locales"
ZONE = zone("Africa/Casablanca")
# CLDR prints Morocco's Arabic with Latin digits and 1.234,50; plain `ar` would print 1,234.50.
_CLDR = {"ar": "ar_MA", "fr": "fr", "en": "en"}
# The signs between thousands and before decimals, as CLDR has them. babel, which knows them too, reads a language's whole data
# for the first number: a twentieth of a start. Of days and hours it is asked.
_SIGNS = {
    "ar": str.maketrans(",.", ".,"),
    "fr": str.maketrans(",.", "\u202f,"),
    "en": str.maketrans(",.", ",."),
}
_FSI, _PDI, _RLM = "\u2068", "\u2069", "\u200f"
# Clients take a paragraph's direction from its first strong letter: does an Arabic sentence begin with an Arabic one?
_LEADS = re.compile(r"(?:<[^>]*>|[^\w\u2068])*[\u0600-\u06ff]")
# Of what was written out so many last are kept: buttons ask for the same amounts all day, and a sum that grows with each
# gift is never shown again.
_KEPT = 512

Place = str | int | Money


def isolate(text: str) -> str:
    """Keep a name, amount or reference from turning the direction of the words around it."""
    return f"{_FSI}{text}{_PDI}"


class Words:
    """One language, ready to speak. Every place put into a sentence is isolated; `text` also HTML-escapes it."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def text(self, message: str, /, **places: Place) -> str:
        """An HTML sentence."""
        return self._led(self._catalogue.gettext(message).format_map(self._shown(places, quote=True)))

    def plural(self, one: str, many: str, n: int, /, **places: Place) -> str:
        """An HTML sentence in the plural form of `n`; the place {n} is the number as people write it."""
        sentence = self._catalogue.ngettext(one, many, n)
        return self._led(sentence.format_map(self._shown({"n": n, **places}, quote=True)))

    def label(self, message: str, /, **places: Place) -> str:
        """Plain text for a button, a command or an alert: never HTML."""
        return self._catalogue.gettext(message).format_map(self._shown(places, quote=False))

    def name(self, written: str) -> str:
        """What people wrote, safe inside an HTML sentence."""
        return isolate(html.escape(written, quote=False))

    def money(self, money: Money) -> str:
        """`200 MAD`, or `12,50 MAD` where there are minor units; the code is always shown."""
        return _money(money, self.language, exact=False)

    def exact(self, money: Money) -> str:
        """All the decimals, as Stripe's page shows them."""
        return _money(money, self.language, exact=True)

    def number(self, n: int) -> str:
        return isolate(_number(n, self.language))

    def percent(self, share: float) -> str:
        return _percent(share, self.language)

    def date(self, moment: datetime) -> str:
        return _date(moment.astimezone(ZONE).date().toordinal(), self.language)

    def short_date(self, moment: datetime) -> str:
        """For buttons. Arabic names the month: its digits alone would stand in the other order beside a typed date."""
        length = "long" if self.language == "ar" else "medium"
        return _date(moment.astimezone(ZONE).date().toordinal(), self.language, length)

    def day_of_month(self, moment: datetime) -> str:
        """A day without its year, for an axis: `27 Nov`."""
        from babel.dates import format_skeleton

        return format_skeleton("MMMd", moment.astimezone(ZONE), locale=_CLDR[self.language])

    def time(self, moment: datetime) -> str:
        """Hours and minutes in the campaign's zone."""
        from babel.dates import format_time

        return format_time(moment.astimezone(ZONE), "short", locale=_CLDR[self.language])

    def _led(self, sentence: str) -> str:
        """The sentence, made to run from the right where an amount or a foreign name opens it."""
        return f"{_RLM}{sentence}" if self.language == "ar" and not _LEADS.match(sentence) else sentence

    def _shown(self, places: Mapping[str, Place], *, quote: bool) -> dict[str, str]:
        return {name: self._one(value, quote=quote) for name, value in places.items()}

    def _one(self, value: Place, *, quote: bool) -> str:
        if isinstance(value, Money):
            return isolate(self.money(value))
        if isinstance(value, int):
            return isolate(_number(value, self.language))
        return isolate(html.escape(value, quote=False) if quote else value)


class Catalogues:
    """All languages, loaded once; `words` never fails: an unknown language speaks the default one."""

    def __init__(self, default: str) -> None:
        self._default = default
        self._words = {language: Words(language, load(language)) for language in LANGUAGES}

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._words)

    def words(self, language: str | None) -> Words:
        return self._words.get(language or "") or self._words[self._default]


def load(language: str) -> gettext.NullTranslations:
    """The compiled catalogue, or the source compiled in memory where `make words` has not run."""
    folder = LOCALES / language / "LC_MESSAGES"
    compiled, source = folder / "entraide.mo", folder / "entraide.po"
    if compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime):
        return _read(compiled, compiled.stat().st_mtime_ns)
    return _compile(source) if source.exists() else gettext.NullTranslations()


@lru_cache(maxsize=8)
def _read(compiled: Path, _changed: int) -> gettext.NullTranslations:
    return gettext.GNUTranslations(BytesIO(compiled.read_bytes()))


def _compile(source: Path) -> gettext.NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    binary = BytesIO()
    with source.open("rb") as file:
        write_mo(binary, read_po(file, locale=source.parent.parent.name))
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def guess(tag: str | None) -> str | None:
    """Our language for Telegram's IETF tag (any case, `pt-br` style), or None."""
    primary = (tag or "").replace("_", "-").split("-")[0].lower()
    return {"ary": "ar", "arz": "ar"}.get(primary, primary) if primary in (*LANGUAGES, "ary", "arz") else None


@lru_cache(maxsize=_KEPT)
def _money(money: Money, language: str, *, exact: bool) -> str:
    whole = money.decimal == money.decimal.to_integral_value()
    places = 0 if whole and not exact else CURRENCIES[money.currency].decimals
    return f"{money.decimal:,.{places}f}\u00a0{money.currency}".translate(_SIGNS[language])


@lru_cache(maxsize=_KEPT)
def _number(value: int, language: str) -> str:
    return f"{value:,}".translate(_SIGNS[language])


@lru_cache(maxsize=_KEPT)
def _percent(share: float, language: str) -> str:
    from babel.numbers import format_percent

    return format_percent(share, locale=_CLDR[language])


@lru_cache(maxsize=_KEPT)
def _date(ordinal: int, language: str, length: Literal["long", "medium"] = "long") -> str:
    from datetime import date

    from babel.dates import format_date

    shown = format_date(date.fromordinal(ordinal), length, locale=_CLDR[language])
    # CLDR leaves out what French says for the first of a month.
    return f"1er{shown[1:]}" if language == "fr" and shown.startswith("1 ") else shown
