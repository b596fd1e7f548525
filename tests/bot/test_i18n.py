"""Words: what was written out is kept for a while, and not for as long as the process lives."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import i18n
from bot.i18n import Catalogues, Words
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
