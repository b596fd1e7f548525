"""Money: whole minor units and a currency; never a float, never rounded, never added across currencies.

Decimals follow Stripe's list ("Supported currencies", zero-decimal and three-decimal), not CLDR's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from msgspec import Struct

from bot.errors import CurrencyMismatch, MoneyError, TooPrecise, UnknownCurrency

LARGEST = 99_999_999


class Currency(Struct, frozen=True):
    """`step` is the smallest change Stripe takes, and `least` its documented minimum, both in minor units."""

    code: str
    decimals: int
    step: int
    least: int | None


_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE = "BHD JOD KWD OMR TND"
_WHOLE_ONLY = "ISK UGX"
_TWO = (
    "MAD EUR USD CAD CHF AUD NZD SGD BRL INR GBP AED SEK NOK DKK PLN RON MYR HKD MXN THB CZK HUF BGN SAR QAR EGP DZD "
    "TRY ZAR ILS TWD PHP IDR COP PEN ARS UAH KES NGN GHS XCD"
)
_LEAST = {
    **dict.fromkeys(["EUR", "USD", "CAD", "CHF", "AUD", "NZD", "SGD", "BRL", "INR", "JPY"], 50),
    **dict.fromkeys(["AED", "PLN", "RON", "MYR"], 200),
    **dict.fromkeys(["SEK", "NOK"], 300),
    "GBP": 30,
    "DKK": 250,
    "HKD": 400,
    "MXN": 1000,
    "THB": 1000,
    "CZK": 1500,
    "HUF": 17500,
    "BGN": 100,
}


def _table() -> dict[str, Currency]:
    kinds = ((_ZERO, 0, 1), (_TWO, 2, 1), (_WHOLE_ONLY, 2, 100), (_THREE, 3, 10))
    return {
        code: Currency(code, decimals, step, _LEAST.get(code))
        for codes, decimals, step in kinds
        for code in codes.split()
    }


CURRENCIES: Mapping[str, Currency] = MappingProxyType(_table())


class Money(Struct, frozen=True):
    """`minor` whole minor units of `currency` (an upper-case ISO code Stripe charges). Raises MoneyError for anything else."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"minor units are a whole number, not {type(self.minor).__name__}")
        if self.currency not in CURRENCIES:
            raise UnknownCurrency(self.currency)

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Money from major units. Raises TooPrecise rather than round."""
        if currency not in CURRENCIES:
            raise UnknownCurrency(currency)
        if isinstance(amount, bool | float):
            raise MoneyError("an amount is a Decimal, an int or a str")
        try:
            minor = Decimal(amount).scaleb(CURRENCIES[currency].decimals)
        except InvalidOperation:
            raise MoneyError("not a number") from None
        if not minor.is_finite():
            raise MoneyError("an amount is finite")
        if minor != minor.to_integral_value():
            raise TooPrecise(currency)
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """In major units, with the currency's decimals."""
        return Decimal(self.minor).scaleb(-CURRENCIES[self.currency].decimals)

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def _same(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other
