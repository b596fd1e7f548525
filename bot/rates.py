"""What one currency counts in another: rates as people write them, and sums worked out by them. Nothing is converted, only counted."""

import re
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from msgspec import Struct

from bot.errors import MoneyError, UnknownCurrency
from bot.money import CURRENCIES

_PAIR = re.compile(r"([A-Za-z]{3})(?:/([A-Za-z]{3}))?")
_PLACES, _LARGEST = 8, 100_000


class Rate(Struct, frozen=True):
    """From `at` on, one unit of `currency` counts as `value` units of `counter`. `source`: who said so."""

    currency: str
    counter: str
    value: Decimal
    at: datetime
    source: str


class Quote(Struct, frozen=True):
    """A rate as it is written in the settings; without a `counter` it is to the currency of the goals."""

    currency: str
    counter: str | None
    value: Decimal


def worth(minor: int, currency: str, counter: str, rate: Decimal) -> int:
    """Minor units of `currency` in minor units of `counter`; a half goes to the even neighbour, so that many halves
    neither raise nor lower a goal."""
    places = CURRENCIES[counter].decimals - CURRENCIES[currency].decimals
    return int((minor * rate).scaleb(places).to_integral_value(ROUND_HALF_EVEN))


def read_rate(written: str) -> Decimal:
    """A rate as people write it, `10.85` or `10,85`. Raises MoneyError."""
    try:
        value = Decimal(written.strip().replace(",", "."))
    except InvalidOperation:
        raise MoneyError(f"not a rate: {written!r}") from None
    if not value.is_finite() or not 0 < value < _LARGEST or value != round(value, _PLACES):
        raise MoneyError(
            f"a rate lies between 0 and {_LARGEST}, with {_PLACES} decimals at most: {written!r}"
        )
    return value.normalize() if value == value.to_integral_value() else value


def read_pair(written: str) -> tuple[str, str | None]:
    """`EUR` or `EUR/MAD`. Raises MoneyError."""
    found = _PAIR.fullmatch(written.strip())
    if found is None:
        raise MoneyError(f"not a currency: {written!r}")
    currency, counter = found[1].upper(), found[2].upper() if found[2] else None
    for code in (currency, counter or currency):
        if code not in CURRENCIES:
            raise UnknownCurrency(f"{code} in {written!r}")
    if currency == counter:
        raise MoneyError(f"one currency twice: {written!r}")
    return currency, counter


def read_rates(written: str) -> tuple[Quote, ...]:
    """Rates as operators write them: `EUR 10.85, USD 9.98, EUR/USD 1.08`. Raises MoneyError naming the entry."""
    return tuple(_quote(part.strip()) for part in written.split(",") if part.strip())


def _quote(written: str) -> Quote:
    pair, _, rate = written.partition(" ")
    currency, counter = read_pair(pair)
    return Quote(currency, counter, read_rate(rate))
