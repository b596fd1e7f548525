"""Read an amount as people type it, in three scripts; never guess, never raise, never look at a word twice.

| written | read as |
|---|---|
| `200`, `200 dh`, `DH200`, `٢٠٠`, `1 000`, `1.000.000` | clear |
| `12,5`, `12.50`, `1 000,50`, `1.000,50`, `1,000.50` | clear: one or two digits after the last separator are decimals |
| `1.000`, `1,000`, `12,345` | unclear: thousands or decimals? Every reading that the currency allows is offered |
| `1,00,000`, `10 20`, `1 00` | several or odd groups: asked again |
| `0612345678`, `1e9`, `NaN`, `1/2`, `10%`, `0x10` | not plain: asked again |
| `-5`, `0`, 100 million | negative, zero, too large |
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from bot.errors import MoneyError, TooPrecise
from bot.money import CURRENCIES, LARGEST, Money

_LONGEST = 120


class Reason(StrEnum):
    EMPTY = "empty"
    NO_NUMBER = "no_number"
    NEGATIVE = "negative"
    ZERO = "zero"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    TOO_PRECISE = "too_precise"
    SEVERAL = "several"
    CURRENCY_NOT_ENABLED = "currency_not_enabled"
    NOT_PLAIN = "not_plain"


class Clear(Struct, frozen=True):
    """One amount. `named`: a currency was written. `rest`: the words left over."""

    money: Money
    named: bool
    rest: str


class Unclear(Struct, frozen=True):
    """More than one meaning, or one that nobody would swear to; largest first."""

    options: tuple[Money, ...]
    rest: str


class Unreadable(Struct, frozen=True):
    reason: Reason
    code: str | None = None


Reading = Clear | Unclear | Unreadable

_NAMES = {
    "MAD": "dh dhs dirham dirhams mad درهم دراهم درهما د.م د.م. dram",
    "EUR": "€ eur euro euros يورو أورو اورو",
    "USD": "$ us$ usd dollar dollars دولار دولارات دولارا",
    "GBP": "£ gbp pound pounds livre livres",
    "CAD": "cad c$ ca$",
    "JPY": "¥ jpy yen yens",
    "TND": "tnd دينار",
    "SAR": "sar riyal riyals ريال",
}
_CURRENCY = {name: code for code, names in _NAMES.items() for name in names.split()} | {
    c.lower(): c for c in CURRENCIES
}
_BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009\u2007]+")
_GROUPS = "'’\u066c"
_SYMBOLS = "€$£¥"
_TOKEN = re.compile(
    rf"(?P<number>[-−–+]?\d[\d.,{_GROUPS}]*)|(?P<symbol>(?:us|ca|c)?[{_SYMBOLS}])|(?P<word>[^\W\d_](?:[^\W\d_]|[.'’-](?=[^\W\d_]))*\.?)|(?P<other>\S)",
    re.IGNORECASE,
)
_ODD = re.compile(
    r"\d(?:[eE][+-]?\d|[x/%×*^:])|[/%]\s*\d|\d\s*[/%]|\bnan\b|\binf(?:inity)?\b|\d[^\W\d_.]+\d|\+\d",
    re.IGNORECASE,
)


def read_amount(text: str, home: str, enabled: Collection[str], most: int = LARGEST) -> Reading:
    """The amount in `text`, in the currency written beside it or else `home`; any string is allowed.

    `most` minor units: what one gift can be, unless the amount is none (a goal).
    """
    plain = _plain(text[: _LONGEST + 1])
    if not plain:
        return Unreadable(Reason.EMPTY)
    if len(text) > _LONGEST:
        return Unreadable(Reason.TOO_LONG if any(c.isdigit() for c in plain) else Reason.NO_NUMBER)
    if _ODD.search(plain):
        return Unreadable(Reason.NOT_PLAIN)
    return _parse(plain, home, enabled, most)


def _plain(text: str) -> str:
    """ASCII digits, one kind of space, no direction marks."""
    digits = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in _BIDI.sub("", text)
    )
    return _SPACES.sub(
        " ", digits.replace("\u066b", ",").replace("．", ".").replace("，", ",").replace("،", ",")
    ).strip()


@dataclass
class _Found:
    numbers: list[str]
    codes: list[str]
    rest: list[str]
    odd: bool = False


def _parse(plain: str, home: str, enabled: Collection[str], most: int) -> Reading:
    found = _tokens(plain)
    if not found.numbers:
        return Unreadable(Reason.NO_NUMBER)
    if found.odd:
        return Unreadable(Reason.NOT_PLAIN)
    if len(set(found.codes)) > 1:
        return Unreadable(Reason.SEVERAL)
    code = found.codes[0] if found.codes else home
    if code not in enabled:
        return Unreadable(Reason.CURRENCY_NOT_ENABLED, code)
    number = _joined(found.numbers)
    if number is None:
        return Unreadable(Reason.SEVERAL)
    return _amount(number, code, most, named=bool(found.codes), rest=" ".join(found.rest))


def _tokens(plain: str) -> _Found:
    found = _Found([], [], [])
    for match in _TOKEN.finditer(plain):
        piece = match.group()
        if match.lastgroup == "number":
            found.numbers.append(piece)
        elif code := _CURRENCY.get(piece.casefold()) or _CURRENCY.get(piece.casefold().rstrip(".")):
            found.codes.append(code)
        elif match.lastgroup == "other" and piece in "-−–":
            found.odd = True
        elif match.lastgroup != "other" or piece not in '.,;:!?«»()"“”':
            found.rest.append(piece)
    return found


def _joined(numbers: list[str]) -> str | None:
    """`1 000 000,50` came as several tokens: groups of three after a first of one to three are one number."""
    if len(numbers) == 1:
        return numbers[0]
    head, *middle = numbers[:-1]
    grouped = re.fullmatch(r"[-−–]?[1-9]\d{0,2}", head) and all(re.fullmatch(r"\d{3}", one) for one in middle)
    if grouped and re.fullmatch(r"\d{3}(?:[.,]\d{1,2})?", numbers[-1]):
        return "\u00a0".join(numbers)
    return None


def _amount(number: str, code: str, most: int, *, named: bool, rest: str) -> Reading:
    if number[0] in "-−–":
        return Unreadable(Reason.NEGATIVE)
    body = number.lstrip("+").rstrip(".,")
    body = re.sub(rf"[{_GROUPS}\u00a0]", "\u00a0", body)
    if re.match(r"0\d", body):
        return Unreadable(Reason.NOT_PLAIN)
    values = _values(body)
    if values is None:
        return Unreadable(Reason.NOT_PLAIN)
    is_sure = len(values) == 1
    return _chosen([_money(value, code, most) for value in values], is_sure=is_sure, named=named, rest=rest)


def _values(body: str) -> list[Decimal] | None:
    """Every number that the body can mean; None where it is no number."""
    if re.fullmatch(r"\d+", body):
        return [Decimal(body)]
    if re.fullmatch(r"\d{1,3}(?:\u00a0\d{3})+(?:[.,]\d{1,2})?", body):
        return [Decimal(body.replace("\u00a0", "").replace(",", "."))]
    if re.fullmatch(r"\d+[.,]\d{1,2}", body):
        return [Decimal(body.replace(",", "."))]
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body):
        return [Decimal(re.sub(r"[.,]", "", body)), Decimal(body.replace(",", "."))]
    if re.fullmatch(r"\d+[.,]\d{3,}", body):
        return [Decimal(body.replace(",", "."))]
    for group, point in (".,", ",."):
        g, p = re.escape(group), re.escape(point)
        if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{g}\d{{3}})+{p}\d{{1,2}}", body) or re.fullmatch(
            rf"[1-9]\d{{0,2}}(?:{g}\d{{3}}){{2,}}", body
        ):
            return [Decimal(body.replace(group, "").replace(point, "."))]
    return None


def _money(value: Decimal, code: str, most: int) -> Money | Reason:
    try:
        money = Money.of(value, code)
    except TooPrecise:
        return Reason.TOO_PRECISE
    except MoneyError:
        return Reason.NOT_PLAIN
    if money.minor % CURRENCIES[code].step:
        return Reason.TOO_PRECISE
    if money.minor > most:
        return Reason.TOO_LARGE
    return Reason.ZERO if money.is_zero else money


def _chosen(read: list[Money | Reason], *, is_sure: bool, named: bool, rest: str) -> Reading:
    options = [one for one in read if isinstance(one, Money)]
    if not options:
        return Unreadable(next(one for one in read if isinstance(one, Reason)))
    if is_sure:
        return Clear(options[0], named, rest)
    return Unclear(tuple(sorted(options, key=lambda money: -money.minor)), rest)
