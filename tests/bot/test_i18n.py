"""Words: what was written out is kept for a while, and not for as long as the process lives."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from babel.numbers import format_decimal

from bot import i18n
from bot.i18n import Catalogues, Words, isolate
from bot.money import Money


@pytest.fixture
def words() -> Words:
    return Catalogues("en").words("en")


def test_sums_that_grow_with_each_gift_do_not_fill_the_memory(words: Words) -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    for gift in range(2000):
        words.money(Money(100 * gift, "MAD"))
        words.exact(Money(100 * gift, "MAD"))
        words.number(gift)
        words.percent(gift / 2000)
        words.date(noon + timedelta(days=gift))
    kept = [one.cache_info().currsize for one in (i18n._money, i18n._number, i18n._percent, i18n._date)]
    assert all(0 < one <= 512 for one in kept)


def test_what_buttons_ask_for_stays_at_hand_beside_them(words: Words) -> None:
    words.money(Money(20000, "MAD"))
    misses = i18n._money.cache_info().misses
    for gift in range(2000):
        words.money(Money(100_000_000 + gift, "MAD"))
        words.money(Money(20000, "MAD"))
    assert i18n._money.cache_info().misses == misses + 2000


@pytest.mark.parametrize(("language", "locale"), [("ar", "ar_MA"), ("fr", "fr"), ("en", "en")])
def test_numbers_and_sums_are_written_as_unicode_has_them(language: str, locale: str) -> None:
    spoken, spelled = Catalogues("en").words(language), partial(format_decimal, locale=locale)
    for whole in (0, 7, 999, 1000, 12_345, 1_234_567, 9_442_204_488_957_757):
        for n in (whole, -whole):
            assert spoken.number(n) == isolate(spelled(n))
            money = Money(n, "MAD")
            assert spoken.exact(money) == f"{spelled(money.decimal, '#,##0.00')}\u00a0MAD"
            assert spoken.money(Money(n * 100, "EUR")) == f"{spelled(n, '#,##0')}\u00a0EUR"
            assert spoken.exact(Money(n, "TND")) == f"{spelled(Decimal(n) / 1000, '#,##0.000')}\u00a0TND"
            assert spoken.money(Money(n, "JPY")) == f"{spelled(n, '#,##0')}\u00a0JPY"
