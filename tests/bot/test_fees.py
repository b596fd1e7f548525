"""What a donor may add for the fees: the least that lets the whole gift arrive, in whole minor units, and back again."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.actions import CheckCovered, GiveCovered, pack, parse, read_link
from bot.config import Settings
from bot.errors import MoneyError
from bot.fees import Fee, cover, read_fees
from bot.model import Dispute, Refund
from bot.money import CURRENCIES, LARGEST, Money
from bot.refunding import Back, Split

CODES = st.sampled_from(sorted(CURRENCIES))
FEES = st.builds(Fee, st.integers(0, 999).map(lambda n: Decimal(n) / 100), st.integers(0, 2000))


@st.composite
def gifts(draw: st.DrawFn) -> Money:
    """A gift that Stripe can charge."""
    code = draw(CODES)
    step = CURRENCIES[code].step
    return Money(draw(st.integers(1, LARGEST // step)) * step, code)


@given(gifts(), FEES)
def test_the_whole_gift_arrives_and_not_a_step_more_than_needed_is_added(gift: Money, fee: Fee) -> None:
    added = cover(gift, {gift.currency: fee})
    if added is None:
        free = fee.percent == 0 and fee.fixed == 0
        assert free or fee.of(LARGEST) > LARGEST - gift.minor - CURRENCIES[gift.currency].step
        return
    total, step = gift.minor + added.minor, CURRENCIES[gift.currency].step
    assert added.currency == gift.currency
    assert total <= LARGEST
    assert total % step == 0
    assert total - fee.of(total) >= gift.minor
    assert total - step - fee.of(total - step) < gift.minor


@given(st.decimals(0, 50, places=2), st.integers(1, LARGEST // 2))
def test_no_float_and_no_lost_unit_at_the_edges_of_rounding(percent: Decimal, minor: int) -> None:
    added = cover(Money(minor, "MAD"), {"MAD": Fee(percent, 1)})
    assert added is None or type(added.minor) is int


def test_a_gift_of_200_mad_is_covered_by_the_exact_sum() -> None:
    assert cover(Money(20000, "MAD"), read_fees("MAD 2.9%+3")) == Money(907, "MAD")


def test_a_currency_without_a_fee_is_not_offered_any() -> None:
    assert cover(Money(2000, "EUR"), read_fees("MAD 2.9%+3")) is None


def test_more_than_stripe_charges_at_once_is_not_offered() -> None:
    assert cover(Money(LARGEST, "MAD"), read_fees("MAD 2.9%+3")) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", {}),
        ("MAD 2.9%+3", {"MAD": Fee(Decimal("2.9"), 300)}),
        (
            "mad 2.9 % + 3.00 , EUR 1.5%+0.25",
            {"MAD": Fee(Decimal("2.9"), 300), "EUR": Fee(Decimal("1.5"), 25)},
        ),
        ("JPY 3.6%+40, KWD 2%+0.1", {"JPY": Fee(Decimal("3.6"), 40), "KWD": Fee(Decimal(2), 100)}),
        ("USD 3%", {"USD": Fee(Decimal(3), 0)}),
    ],
)
def test_the_table_reads_as_prices_are_written(written: str, read: dict[str, Fee]) -> None:
    assert read_fees(written) == read


@pytest.mark.parametrize(
    "written", ["MAD", "MAD 3", "XXX 2%", "MAD 2.9%+-3", "MAD 200%", "JPY 3%+0.5", "2.9%"]
)
def test_a_table_that_cannot_be_read_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(MoneyError):
        read_fees(written)
    with pytest.raises(ValidationError):
        Settings(_env_file=None, fees=written)  # type: ignore[call-arg]


def test_old_buttons_still_mean_what_they_meant_and_links_never_add_fees() -> None:
    assert parse("give-1-20000-mad") != parse("givefees-1-20000-mad-907")
    for action in (CheckCovered(1, 20000, "mad"), GiveCovered(999999, 99999999, "mad", 99999999)):
        assert parse(pack(action)) == action
        assert read_link(pack(action)).action != action


def _back(refunded: int, charged: int) -> Back:
    refunds = [Refund("re_1", Money(refunded, "MAD"), "succeeded")]
    disputes = [Dispute("dp_1", Money(charged, "MAD"), "lost", "fraudulent", None)]
    return Back(refunds, disputes)


@given(st.integers(1, 10**6), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1))
def test_what_goes_back_is_taken_from_the_gift_first_whatever_the_way_there(
    gift: int, course: list[tuple[int, int]]
) -> None:
    """The books move by differences of these three, so only the last word counts."""
    moved, before = [0, 0, 0], Split.of(Back((), ()), Money(gift, "MAD"))
    for refunded, charged in course:
        after = Split.of(_back(refunded, charged), Money(gift, "MAD"))
        for place, name in enumerate(("refunded", "charged_back", "cover")):
            moved[place] += getattr(after, name) - getattr(before, name)
        before = after
    refunded, charged = course[-1]
    assert sum(moved) == refunded + charged
    assert moved[0] + moved[1] == min(refunded + charged, gift)
    assert all(part >= 0 for part in moved)
