"""Money is whole minor units of one currency, or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CurrencyMismatch, MoneyError, TooPrecise, UnknownCurrency
from bot.money import CURRENCIES, LARGEST, Money

amounts = st.integers(0, LARGEST)
codes = st.sampled_from(sorted(CURRENCIES))


@given(amounts, codes)
def test_major_units_and_back_lose_nothing(minor: int, code: str) -> None:
    assert Money.of(Money(minor, code).decimal, code) == Money(minor, code)


@pytest.mark.parametrize(
    ("code", "decimals", "step"),
    [("MAD", 2, 1), ("JPY", 0, 1), ("KWD", 3, 10), ("ISK", 2, 100), ("TND", 3, 10)],
)
def test_decimals_follow_stripe(code: str, decimals: int, step: int) -> None:
    assert (CURRENCIES[code].decimals, CURRENCIES[code].step) == (decimals, step)


@pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
def test_minor_units_are_a_whole_number(minor: object) -> None:
    with pytest.raises(MoneyError):
        Money(minor, "MAD")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("amount", [1.5, True, "NaN", "Infinity", "x"])
def test_an_amount_that_cannot_be_is_refused(amount: object) -> None:
    with pytest.raises(MoneyError):
        Money.of(amount, "MAD")  # pyright: ignore[reportArgumentType]


def test_nothing_is_rounded() -> None:
    with pytest.raises(TooPrecise):
        Money.of("19.999", "MAD")
    with pytest.raises(TooPrecise):
        Money.of("1.5", "JPY")
    assert Money.of("19.99", "MAD").minor == 1999


def test_unknown_currencies_are_refused() -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, "XXX")
    with pytest.raises(UnknownCurrency):
        Money.of(1, "mad")


def test_currencies_never_mix() -> None:
    one, other = Money(1, "MAD"), Money(1, "EUR")
    for mix in (lambda: one + other, lambda: one - other, lambda: one < other, lambda: one >= other):
        with pytest.raises(CurrencyMismatch):
            mix()


def test_arithmetic_stays_in_the_currency() -> None:
    two, three = Money(2, "MAD"), Money(3, "MAD")
    assert (two + three, three - two) == (Money(5, "MAD"), Money(1, "MAD"))
    assert two < three
    assert two <= three
    assert three > two
    assert three >= two
    assert two.is_zero is False
    assert Money(0, "EUR").is_zero


def test_equal_sums_are_neither_less_nor_greater() -> None:
    one, same = Money(2, "MAD"), Money(2, "MAD")
    assert (one < same, one > same) == (False, False)
    assert (one <= same, one >= same) == (True, True)


def test_every_currency_has_its_decimals_and_its_step() -> None:
    kinds = {(one.decimals, one.step) for one in CURRENCIES.values()}
    assert kinds == {(0, 1), (2, 1), (2, 100), (3, 10)}


def test_the_least_that_stripe_takes_is_known_where_stripe_says_it() -> None:
    assert [CURRENCIES[code].least for code in ("EUR", "GBP", "HUF", "MAD")] == [50, 30, 17500, None]


def test_what_is_wrong_with_a_sum_is_named() -> None:
    with pytest.raises(UnknownCurrency, match="XXX"):
        Money(1, "XXX")
    with pytest.raises(UnknownCurrency, match="mad"):
        Money.of(1, "mad")
    with pytest.raises(TooPrecise, match="MAD"):
        Money.of("0.001", "MAD")
