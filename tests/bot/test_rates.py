"""Gifts in other currencies count at the rate of their day, and nothing else is ever worked out by a rate."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot import counting, refunding, settling
from bot.actions import Check
from bot.campaigns_file import load, read_file
from bot.config import Settings
from bot.errors import MoneyError
from bot.i18n import Catalogues
from bot.model import Dispute, Donation, DonationState, Refund
from bot.money import CURRENCIES, LARGEST, Money
from bot.payments.checkout import CheckoutSession, PaymentStatus, SessionStatus
from bot.rates import Quote, Rate, read_pair, read_rate, read_rates, worth
from bot.refunding import Back
from bot.screens import giving, home
from bot.screens.rates import packed, unpacked
from bot.settling import Record
from bot.store import campaigns, donations, donors, rates
from bot.store.audit import kept
from bot.store.sql import Tx
from tests import engine

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOW.date()
CODES = st.sampled_from(sorted(CURRENCIES))
VALUES = st.decimals("0.00001", "99999", places=5)


@pytest.mark.parametrize(
    ("minor", "pair", "rate", "counted"),
    [
        (2000, ("EUR", "MAD"), "10.85", 21700),
        (1, ("EUR", "MAD"), "10.5", 10),
        (3, ("EUR", "MAD"), "10.5", 32),
        (5000, ("JPY", "MAD"), "0.0661", 33050),
        (1230, ("KWD", "EUR"), "2.8", 344),
        (100, ("MAD", "JPY"), "15.2", 15),
    ],
)
def test_a_sum_counts_in_minor_units_and_a_half_goes_to_the_even(
    minor: int, pair: tuple[str, str], rate: str, counted: int
) -> None:
    assert worth(minor, *pair, Decimal(rate)) == counted


@given(st.integers(0, LARGEST), CODES, CODES, VALUES)
def test_a_count_is_less_than_one_minor_unit_away_from_the_truth(
    minor: int, currency: str, counter: str, rate: Decimal
) -> None:
    truth = Decimal(minor).scaleb(-CURRENCIES[currency].decimals) * rate
    counted = Decimal(worth(minor, currency, counter, rate)).scaleb(-CURRENCIES[counter].decimals)
    assert abs(counted - truth) * 2 <= Decimal(1).scaleb(-CURRENCIES[counter].decimals)


@given(VALUES)
def test_a_rate_is_read_as_it_was_written_and_travels_on_a_button(rate: Decimal) -> None:
    assert read_rate(f"{rate:f}") == rate == read_rate(f"{rate:f}".replace(".", ","))
    assert read_rate(unpacked(packed(rate))) == rate


@pytest.mark.parametrize(
    "written", ["", "0", "-1", "NaN", "Infinity", "1e3x", "10.123456789", "100000", "ten"]
)
def test_what_is_no_rate_is_refused(written: str) -> None:
    with pytest.raises(MoneyError):
        read_rate(written)


@pytest.mark.parametrize("written", ["EURO", "EUR/EUR", "XXX", "EUR-MAD", ""])
def test_what_is_no_pair_is_refused(written: str) -> None:
    with pytest.raises(MoneyError):
        read_pair(written)


def test_the_settings_hold_rates_as_operators_write_them() -> None:
    wanted = (Quote("EUR", None, Decimal("10.85")), Quote("USD", "EUR", Decimal("0.92")))
    assert read_rates("EUR 10.85, usd/eur 0.92") == wanted
    with pytest.raises(ValidationError):
        Settings(_env_file=None, rates="EUR ten")  # type: ignore[call-arg]


@given(st.dictionaries(st.sampled_from(["EUR", "USD"]), VALUES, max_size=2))
def test_duty_7_presets_and_limits_are_the_files_own_whatever_the_rates(known: dict[str, Decimal]) -> None:
    words = Catalogues("fr").words("en")
    written = ", ".join(f"{code} {rate:f}" for code, rate in known.items())
    settings = Settings(_env_file=None, rates=written)  # type: ignore[call-arg]
    assert {quote.currency: quote.value for quote in settings.rates} == known
    for campaign in read_file(str(ROOT / "campaigns.toml")):
        for currency, presets in campaign.presets.items():
            screen = giving.amount(words, campaign, currency)
            offered = [
                button.action.money
                for row in screen.rows
                for button in row
                if isinstance(button.action, Check)
            ]
            assert offered == [preset.money for preset in presets]
            assert all(money.currency == currency for money in offered)


# Against the real tables.


@contextmanager
def books() -> Iterator[Tx]:
    """The tables with the campaigns and one donor, and nothing else."""
    with engine.tx(_database()) as tx:
        load(tx, read_file(str(ROOT / "campaigns.toml")))
        donors.add(tx, 7, "en", "MAD", 0)
        yield tx


@cache
def _database() -> str:
    return engine.lasting()


SETTINGS = Settings(_env_file=None, admin_ids=(1900,))  # type: ignore[call-arg]


def opened(tx: Tx, reference: str, money: Money, cover: int = 0) -> Donation:
    donation = Donation(
        reference,
        1,
        1,
        money,
        DonationState.AWAITING,
        1,
        "{}",
        NOW,
        NOW,
        f"cs_{reference}",
        cover_minor=cover,
    )
    donations.add(tx, donation, reference, None)
    donations.change(tx, reference, session_id=f"cs_{reference}")
    return donation


def page(donation: Donation, status: SessionStatus, payment: PaymentStatus) -> CheckoutSession:
    intent = f"pi_{donation.id}"
    return CheckoutSession(
        f"cs_{donation.id}",
        None,
        status,
        payment,
        "payment",
        donation.total,
        False,
        donation.id,
        intent,
        None,
        None,
    )


def hear_paid(tx: Tx, donation: Donation, when: datetime = NOW) -> None:
    session = page(donation, SessionStatus.COMPLETE, PaymentStatus.PAID)
    settling._write(tx, donation.id, Record(session, SETTINGS, when))


def hear_back(tx: Tx, donation: Donation, back: Back) -> None:
    payment = donations.payment_for(tx, donation.id)
    known = donations.get(tx, donation.id)
    assert payment is not None
    assert known is not None
    refunding._record(tx, known, payment, back, (1900,), NOW)


def rate(value: str, day: date = TODAY) -> Rate:
    return Rate("EUR", "MAD", Decimal(value), counting.start_of(day), "staff 1")


def counted(tx: Tx, donation: Donation) -> tuple[int, str | None]:
    [row] = tx.plain("SELECT counted_minor, rate FROM donations WHERE id = ?", [donation.id])
    return row[0], row[1]


def goal(tx: Tx) -> int:
    campaign = campaigns.get(tx, 1)
    assert campaign is not None
    return campaign.raised.minor


def test_a_gift_in_another_currency_counts_at_the_rate_of_its_day_for_ever() -> None:
    with books() as tx:
        rates.add(tx, rate("10", NOW.date() - timedelta(days=3)))
        rates.add(tx, rate("11", NOW.date()))
        old, new = (opened(tx, one, Money(2000, "EUR")) for one in ("old", "new"))
        hear_paid(tx, old, NOW - timedelta(days=1))
        hear_paid(tx, new)
        assert counted(tx, old) == (20000, "10")
        assert counted(tx, new) == (22000, "11")
        counting._give(tx, rate("12"), SETTINGS, NOW)
        assert (counted(tx, old), counted(tx, new)) == ((20000, "10"), (22000, "11"))
        assert goal(tx) == 42000


def test_a_gift_without_a_rate_waits_staff_hear_once_and_it_counts_once_there_is_one() -> None:
    with books() as tx:
        gifts = [opened(tx, one, Money(2000, "EUR")) for one in ("a", "b")]
        for gift in gifts:
            hear_paid(tx, gift)
        assert goal(tx) == 0
        assert counted(tx, gifts[0]) == (0, None)
        alerts = "SELECT count(*) FROM deliveries WHERE payload = 'no_rate'"
        assert tx.plain(alerts)[0][0] == 1
        assert counting._give(tx, rate("10.85"), SETTINGS, NOW) == 2
        assert goal(tx) == 2 * 21700


def test_two_rates_of_one_day_are_both_kept_and_the_same_one_is_kept_once() -> None:
    with books() as tx:
        for value in ("10", "11", "11"):
            rates.add(tx, rate(value))
        assert [str(one.value) for one in rates.all_of_them(tx)] == ["11", "10"]


def test_the_settings_rate_is_taken_over_once_and_never_over_a_newer_one_of_staff() -> None:
    wanted = Settings(_env_file=None, rates="EUR 10.85")  # type: ignore[call-arg]
    with books() as tx:
        assert counting.seed(tx, wanted, NOW) == []
        rates.add(tx, rate("11"))
        counting.seed(tx, wanted, NOW + timedelta(days=1))
        assert [str(one.value) for one in rates.all_of_them(tx)] == ["11", "10.85"]
        counting.seed(tx, wanted.model_copy(update={"rates": read_rates("EUR 12")}), NOW + timedelta(days=1))
        assert [str(one.value) for one in rates.all_of_them(tx)] == ["12", "11", "10.85"]


def test_a_rate_that_fits_several_goals_is_named_and_not_guessed() -> None:
    with books() as tx:
        tx.plain("UPDATE campaigns SET currency = 'EUR' WHERE id = 2")
        wanted = Settings(_env_file=None, rates="USD 9.98, USD/EUR 0.92")  # type: ignore[call-arg]
        assert counting.seed(tx, wanted, NOW) == ["USD"]
        assert [(one.currency, one.counter) for one in rates.all_of_them(tx)] == [("USD", "EUR")]


def test_a_goal_of_several_currencies_says_so_and_names_each() -> None:
    words = Catalogues("fr").words("en")
    with books() as tx:
        dirhams, euros = opened(tx, "a", Money(100_000, "MAD")), opened(tx, "b", Money(5000, "EUR"))
        hear_paid(tx, dirhams)
        hear_paid(tx, euros)
        campaign = campaigns.get(tx, 1)
        assert campaign is not None
        assert "And in other currencies: \u206850\xa0EUR\u2069" in home.raised(words, campaign)
        counting._give(tx, rate("10"), SETTINGS, NOW)
        campaign = campaigns.get(tx, 1)
        assert campaign is not None
        shown = home.raised(words, campaign)
        assert "\u20681,500\xa0MAD\u2069 received of" in shown
        assert "\u206850\xa0EUR · 1,000\xa0MAD\u2069, counted at the rates of the day" in shown


# Duty 15: the goal is what was paid less what went back, the gift's part alone, whatever came first.

REFUNDS = st.sampled_from(["succeeded", "pending", "failed", "canceled"])
DISPUTES = st.sampled_from(["needs_response", "under_review", "won", "lost", "warning_closed"])


def heard(currency: str, parts: tuple[int, int, int]) -> st.SearchStrategy[Back]:
    """Some standing of a payment's two refunds and its dispute, of these sums."""

    def back(said: tuple[str, str, str]) -> Back:
        one, two, three = (Money(minor, currency) for minor in parts)
        refunds = [Refund("re_1", one, said[0]), Refund("re_2", two, said[1])]
        contested = [Dispute("dp_1", three, said[2], "fraudulent", None)]
        return Back(
            [refund for refund in refunds if refund.money.minor],
            [dispute for dispute in contested if dispute.money.minor],
        )

    return st.tuples(REFUNDS, REFUNDS, DISPUTES).map(back)


@st.composite
def courses(draw: st.DrawFn) -> tuple[Money, int, list[Back], int]:
    """A gift, what was added for its fees, what was heard of it in turn, and when a rate was given."""
    money = Money(draw(st.integers(2, 500_000)), draw(st.sampled_from(["MAD", "EUR"])))
    added = draw(st.integers(0, 20_000))
    first = draw(st.integers(0, money.minor + added))
    second = draw(st.integers(0, money.minor + added - first))
    news = heard(money.currency, (first, second, money.minor + added - first - second))
    course = draw(st.lists(news, max_size=5))
    return money, added, course, draw(st.integers(0, len(course) + 1))


@settings(max_examples=engine.examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), st.decimals("0.01", "999", places=2))
def test_duty_15_the_goal_is_what_was_paid_less_what_went_back_without_fees_in_any_order(
    course: tuple[Money, int, list[Back], int], value: Decimal
) -> None:
    money, added, told, when = course
    with books() as tx:
        gift, other = opened(tx, "gift", money, added), opened(tx, "other", Money(777, money.currency))
        pending = page(other, SessionStatus.COMPLETE, PaymentStatus.UNPAID)
        settling._write(tx, other.id, Record(pending, SETTINGS, NOW))
        assert goal(tx) == 0
        for number, news in enumerate([None, *told]):
            if number == when:
                counting._give(tx, rate(f"{value}"), SETTINGS, NOW)
            if news is None:
                hear_paid(tx, gift)
            else:
                hear_back(tx, gift, news)
            hear_paid(tx, gift)
        if when > len(told):
            counting._give(tx, rate(f"{value}"), SETTINGS, NOW)
        gone = told[-1].gone if told else 0
        left = money.minor - min(gone, money.minor)
        expected = left if money.currency == "MAD" else worth(left, "EUR", "MAD", value)
        assert goal(tx) == counted(tx, gift)[0] == expected
        assert kept(tx)[0] == {("humanitarian", money.currency): left}
        booked = tx.plain("SELECT sum(amount_minor) FROM ledger")[0][0]
        assert booked == money.minor + added - gone
