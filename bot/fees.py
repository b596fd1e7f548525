"""What Stripe keeps of a payment, by the operator's table, and what a donor may add so that the whole gift arrives.

Whole minor units and Decimal throughout; rounded up, so that what arrives is never less than the gift.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from bot.errors import MoneyError, UnknownCurrency
from bot.money import CURRENCIES, LARGEST, Money

_ENTRY = re.compile(
    r"([A-Za-z]{3})\s+([0-9]{1,2}(?:\.[0-9]{1,4})?)\s*%(?:\s*\+\s*([0-9]{1,7}(?:\.[0-9]{1,3})?))?"
)


class Fee(Struct, frozen=True):
    """`percent` of what is charged, and `fixed` minor units beside it."""

    percent: Decimal
    fixed: int

    def of(self, charged: int) -> int:
        """What is kept of `charged` minor units, at most: a part of a unit is counted whole."""
        return _up(charged * self.percent / 100) + self.fixed


def read_fees(written: str) -> dict[str, Fee]:
    """The table as operators write it, whole units as on Stripe's price list: `MAD 2.9%+3, EUR 1.5%+0.25`.

    Raises MoneyError naming the entry that cannot be read.
    """
    return dict(_entry(part.strip()) for part in written.split(",") if part.strip())


def _entry(written: str) -> tuple[str, Fee]:
    found = _ENTRY.fullmatch(written)
    if found is None:
        raise MoneyError(f"a fee reads like MAD 2.9%+3, not {written!r}")
    code = found[1].upper()
    if code not in CURRENCIES:
        raise UnknownCurrency(f"{code} in {written!r}")
    return code, Fee(Decimal(found[2]), Money.of(found[3] or "0", code).minor)


def cover(gift: Money, table: Mapping[str, Fee]) -> Money | None:
    """The least that must be added for `gift` to arrive whole, although a fee is kept of the addition too.

    None where the currency has no fee in the table, or the whole would be more than Stripe charges at once.
    """
    fee = table.get(gift.currency)
    if fee is None:
        return None
    step = CURRENCIES[gift.currency].step
    whole = _up((gift.minor + fee.fixed) / (1 - fee.percent / 100) / step) * step
    added = whole - gift.minor
    return Money(added, gift.currency) if added and whole <= LARGEST else None


def _up(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_CEILING))
