"""What people type, and what it means: a table, and what must hold for every string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amounts import Clear, Reason, Unclear, Unreadable, read_amount
from bot.money import LARGEST, Money

ENABLED = ("MAD", "EUR", "USD")


def read(text: str, home: str = "MAD"):
    return read_amount(text, home, ENABLED)


@pytest.mark.parametrize(
    ("written", "minor", "currency"),
    [
        ("200", 20000, "MAD"),
        ("200 dh", 20000, "MAD"),
        ("200dhs", 20000, "MAD"),
        ("DH200", 20000, "MAD"),
        ("200 MAD", 20000, "MAD"),
        ("200 درهم", 20000, "MAD"),
        ("200 د.م.", 20000, "MAD"),
        ("٢٠٠", 20000, "MAD"),
        ("۲۰۰", 20000, "MAD"),
        ("٢٠٠ دراهم", 20000, "MAD"),
        ("2００", 20000, "MAD"),
        ("1 000", 100000, "MAD"),
        ("1\u00a0000", 100000, "MAD"),
        ("1\u202f000", 100000, "MAD"),
        ("1'000", 100000, "MAD"),
        ("١٬٠٠٠", 100000, "MAD"),
        ("١٠٠٫٥", 10050, "MAD"),
        ("1 000,50", 100050, "MAD"),
        ("1.000,50", 100050, "MAD"),
        ("1,000.50", 100050, "MAD"),
        ("12,5", 1250, "MAD"),
        ("12.50", 1250, "MAD"),
        ("20€", 2000, "EUR"),
        ("€20", 2000, "EUR"),
        ("20 eur", 2000, "EUR"),
        ("20 يورو", 2000, "EUR"),
        ("$20", 2000, "USD"),
        ("US$20", 2000, "USD"),
        ("20 دولار", 2000, "USD"),
        ("\u2068200\u2069", 20000, "MAD"),
        ("200.", 20000, "MAD"),
    ],
)
def test_a_clear_amount_is_read(written: str, minor: int, currency: str) -> None:
    found = read(written)
    assert isinstance(found, Clear)
    assert (found.money, found.rest) == (Money(minor, currency), "")


@pytest.mark.parametrize(
    ("written", "rest"),
    [
        ("150 monthly humanitarian", "monthly humanitarian"),
        ("humanitarian 150", "humanitarian"),
        ("je donne 200 dh", "je donne"),
    ],
)
def test_words_beside_the_amount_are_handed_on(written: str, rest: str) -> None:
    found = read(written)
    assert isinstance(found, Clear)
    assert found.rest == rest


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ("1.000", [100000, 100]),
        ("1,000", [100000, 100]),
        ("12.340", [1234000, 1234]),
        ("12,345", [1234500]),
        ("1.000 €", [100000, 100]),
    ],
)
def test_thousands_or_decimals_is_asked_never_guessed(written: str, options: list[int]) -> None:
    found = read(written)
    assert isinstance(found, Unclear)
    assert [money.minor for money in found.options] == options


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.EMPTY),
        ("   ", Reason.EMPTY),
        ("\u200f", Reason.EMPTY),
        ("hello", Reason.NO_NUMBER),
        ("🎉", Reason.NO_NUMBER),
        ("x" * 4096, Reason.NO_NUMBER),
        ("9" * 4096, Reason.TOO_LONG),
        ("0", Reason.ZERO),
        ("0,00", Reason.ZERO),
        ("-5", Reason.NEGATIVE),
        ("−5", Reason.NEGATIVE),
        ("- 5", Reason.NOT_PLAIN),
        ("1e9", Reason.NOT_PLAIN),
        ("NaN", Reason.NOT_PLAIN),
        ("1/2", Reason.NOT_PLAIN),
        ("10%", Reason.NOT_PLAIN),
        ("0x10", Reason.NOT_PLAIN),
        ("0612345678", Reason.NOT_PLAIN),
        ("1,00,000", Reason.NOT_PLAIN),
        ("12.345.6", Reason.NOT_PLAIN),
        ("24/11/2026", Reason.NOT_PLAIN),
        ("10 20", Reason.SEVERAL),
        ("1 00", Reason.SEVERAL),
        ("20 eur usd", Reason.SEVERAL),
        ("1000000000", Reason.TOO_LARGE),
        ("12.345678", Reason.TOO_PRECISE),
        ("0.001", Reason.TOO_PRECISE),
        ("20 gbp", Reason.CURRENCY_NOT_ENABLED),
    ],
)
def test_what_is_no_amount_says_why(written: str, reason: Reason) -> None:
    found = read(written)
    assert isinstance(found, Unreadable)
    assert found.reason is reason


def test_currencies_without_and_with_three_decimals() -> None:
    assert read_amount("500", "JPY", ["JPY"]) == Clear(Money(500, "JPY"), named=False, rest="")
    assert read_amount("500,5", "JPY", ["JPY"]) == Unreadable(Reason.TOO_PRECISE)
    assert read_amount("5.12", "KWD", ["KWD"]) == Clear(Money(5120, "KWD"), named=False, rest="")
    assert read_amount("5.124", "KWD", ["KWD"]) == Unclear((Money(5124000, "KWD"),), "")
    assert read_amount("10.50", "ISK", ["ISK"]) == Unreadable(Reason.TOO_PRECISE)


@given(st.text())
def test_no_string_whatever_raises(text: str) -> None:
    assert isinstance(read(text), Clear | Unclear | Unreadable)


@given(st.text(alphabet="0123456789.,' -+eE٠١٢٣۴۵\u00a0€$dhx/%\u2068"))
def test_no_odd_number_raises_or_leaves_the_bounds(text: str) -> None:
    found = read(text)
    if isinstance(found, Clear):
        assert 0 < found.money.minor <= LARGEST


WAYS = ["{w}", "{w},{d:02}", "{w}.{d:02}", "{w} dh", "{w},{d:02} MAD", "DH{w}", "{w},{d:02} درهم"]


@given(
    st.integers(1, 999_999),
    st.integers(0, 99),
    st.sampled_from(WAYS),
    st.sampled_from(["", " ", "\u00a0", "\u202f", "'"]),
    st.booleans(),
)
def test_every_way_to_write_an_amount_means_that_amount(
    whole: int, cents: int, way: str, group: str, is_arabic: bool
) -> None:
    shown = f"{whole:,}".replace(",", group)
    text = way.format(w=shown, d=cents)
    meant = Money(whole * 100 + (cents if "{d" in way else 0), "MAD")
    if is_arabic:
        text = text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    found = read(text)
    assert isinstance(found, Clear), text
    assert found.money == meant


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"))
def test_three_digits_after_one_separator_are_never_taken_as_clear(
    head: int, tail: int, separator: str
) -> None:
    assert not isinstance(read(f"{head}{separator}{tail:03}"), Clear)
