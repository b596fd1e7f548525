"""The accounts: fees that donors cover, what gifts in other currencies count, fees that Stripe names later, and the audit."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import auditing, comparing
from bot.accounting import next_look
from bot.chores import audit_all
from sandbox.app import Sandbox
from sandbox.telegram.people import Button
from tests.stage import Stage, bot_beside, labels, session_of, settings_for, shows

FEES = "MAD 2.9%+3, EUR 1.5%+0.25"
BOOKED = "SELECT kind, amount_minor FROM ledger WHERE kind != 'fee' ORDER BY seq"
KEPT = "SELECT received_minor FROM totals"


@pytest.fixture
async def stage(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot with webhooks, and a table of fees."""
    settings = settings_for(sandbox, tmp_path, webhook=True, fees=FEES)
    async with bot_beside(sandbox, settings) as one:
        yield one


async def to_the_check(stage: Stage, link: str = "c_humanitarian_200_MAD") -> None:
    john = stage.john()
    await john.start(link)
    await john.until(lambda one: shows(one, "Pay 2"))


async def covered(stage: Stage) -> str:
    """John gives 200 MAD and covers 9.07 MAD of fees; the session's id."""
    john = stage.john()
    await to_the_check(stage)
    await john.tap("Add the fees")
    await john.until(lambda one: shows(one, "Pay 209.07 MAD"))
    await john.tap("Pay 2")
    await john.until(lambda one: shows(one, "Open Stripe"))
    return session_of(john)


async def covered_and_paid(stage: Stage) -> str:
    session = await covered(stage)
    stage.stripe.pay(session)
    await stage.john().says("Received: 200 MAD")
    await stage.until_rows("SELECT DISTINCT state FROM deliveries WHERE kind = 'thanks'", [("sent",)])
    return session


async def audited(stage: Stage) -> None:
    """Our books hold in themselves, and beside Stripe's."""
    assert await auditing.audit_books(stage.services) == []
    assert await comparing.audit_stripe(stage.services) == []


async def test_duty_18_nothing_is_added_for_fees_unless_the_donor_taps(stage: Stage) -> None:
    john = stage.john()
    await to_the_check(stage)
    assert shows(john, "☐ Add the fees: 9.07 MAD")
    assert labels(john)[0] == "Pay 200 MAD"
    await john.tap("Pay 2")
    await john.until(lambda one: shows(one, "Open Stripe"))
    assert stage.stripe.session(session_of(john))["amount_total"] == 20000
    assert await stage.rows("SELECT amount_minor, cover_minor FROM donations") == [(20000, 0)]


async def test_the_tick_shows_gift_fees_and_total_and_goes_away_again(stage: Stage) -> None:
    john = stage.john()
    await to_the_check(stage)
    await john.tap("Add the fees")
    await john.until(lambda one: shows(one, "☑ Fees added: 9.07 MAD"))
    await john.says("your card is charged 209.07 MAD")
    await john.says("Gift of 200 MAD")
    assert labels(john)[0] == "Pay 209.07 MAD"
    await john.tap("Fees added")
    await john.until(lambda one: shows(one, "Pay 200 MAD"))
    assert not shows(john, "☑")


async def test_a_covered_gift_is_charged_with_its_fees_and_counts_without_them(stage: Stage) -> None:
    session = await covered(stage)
    john = stage.john()
    await john.says("It will show 209.07 MAD")
    [call] = [one for one in stage.stripe.calls if one.method == "POST"]
    prices = [line["price_data"] for line in call.params["line_items"]]
    assert [(price["unit_amount"], price["currency"]) for price in prices] == [
        ("20000", "mad"),
        ("907", "mad"),
    ]
    assert prices[1]["product_data"]["name"] == "The payment's fees"
    stage.stripe.pay(session)
    await john.says("Received: 200 MAD")
    await john.says("With 9.07 MAD for the fees, 209.07 MAD in all.")
    await john.says("200 MAD received of 350,000 MAD")
    assert await stage.rows(BOOKED) == [("gift", 20000), ("cover", 907)]
    assert await stage.rows(KEPT) == [(20000,)]
    assert await stage.rows("SELECT amount_minor FROM receipts") == [(20000,)]
    assert await stage.rows("SELECT amount_minor FROM payments") == [(20907,)]
    await audited(stage)


async def test_a_table_that_changed_since_shows_the_check_again_and_charges_nothing(stage: Stage) -> None:
    john = stage.john()
    await to_the_check(stage)
    await john.tap("Add the fees")
    await john.until(lambda one: shows(one, "Pay 209.07 MAD"))
    await john.tap("Change the amount")
    await john.says("How much do you want to give?")
    stage.telegram.tapped(john, john.chat, john.last, Button("old", "givefees-1-20000-mad-906"))
    await john.until(lambda one: shows(one, "Pay 209.07 MAD"))
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]


async def test_with_and_without_fees_are_two_pages_and_the_older_is_closed(stage: Stage) -> None:
    john = stage.john()
    first = await covered(stage)
    await to_the_check(stage)
    await john.tap("Pay 2")
    await john.until(lambda one: shows(one, "Open Stripe") and session_of(one) != first)
    await stage.until_rows(
        "SELECT cover_minor, state FROM donations ORDER BY cover_minor", [(0, "awaiting"), (907, "canceled")]
    )
    assert stage.stripe.session(first)["status"] == "expired"


async def test_the_undo_gives_the_fees_back_too(stage: Stage) -> None:
    await covered_and_paid(stage)
    john = stage.john()
    await john.tap("Undo")
    await john.says("Take back your gift of 209.07 MAD")
    await john.tap("Yes, take it back")
    await john.says("Refunded: 209.07 MAD")
    assert await stage.rows(BOOKED) == [
        ("gift", 20000),
        ("cover", 907),
        ("refund", -20000),
        ("cover_back", -907),
    ]
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
    assert await stage.rows("SELECT kind, amount_minor FROM receipts ORDER BY number") == [
        ("receipt", 20000),
        ("credit", 20907),
    ]
    await audited(stage)


async def test_a_part_that_goes_back_is_taken_from_the_gift_first(stage: Stage) -> None:
    session = await covered_and_paid(stage)
    stage.stripe.refund(session, 20000)
    await stage.john().says("Refunded: 200 MAD")
    assert await stage.rows(KEPT) == [(0,)]
    assert await stage.rows("SELECT state FROM donations") == [("partly_refunded",)]
    stage.stripe.refund(session)
    await stage.john().says("Refunded: 9.07 MAD")
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
    [(last,)] = await stage.rows("SELECT id FROM refunds WHERE amount_minor = 907")
    stage.stripe.refund_status(last, "failed")
    await stage.until_rows("SELECT state FROM donations", [("partly_refunded",)])
    assert (await stage.rows(BOOKED))[2:] == [("refund", -20000), ("cover_back", -907), ("cover_back", 907)]
    await audited(stage)


async def test_a_lost_dispute_takes_gift_and_fees(stage: Stage) -> None:
    session = await covered_and_paid(stage)
    stage.stripe.dispute_closed(stage.stripe.dispute(session), "lost")
    await stage.until_rows("SELECT state FROM donations", [("charged_back",)])
    assert (await stage.rows(BOOKED))[2:] == [("chargeback", -20000), ("cover_back", -907)]
    assert await stage.rows(KEPT) == [(0,)]
    await audited(stage)


async def test_staff_give_back_up_to_the_total(stage: Stage) -> None:
    await covered_and_paid(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {gift}")
    await karim.until(lambda one: shows(one, "Rembourser 209,07 MAD"))
    await karim.send(f"/refund {gift} 300")
    await karim.says("209,07 MAD")
    assert await stage.rows("SELECT count(*) FROM refund_orders") == [(0,)]


# Rates.


async def euros(stage: Stage) -> str:
    """John gives 20 EUR; the session's id."""
    john = stage.john()
    await to_the_check(stage, "c_humanitarian_20_EUR")
    await john.tap("Pay 2")
    await john.until(lambda one: shows(one, "Open Stripe"))
    session = session_of(john)
    stage.stripe.pay(session)
    await john.says("Received: 20 EUR")
    return session


async def test_staff_give_a_rate_in_two_taps_and_gifts_that_waited_count(stage: Stage) -> None:
    session = await euros(stage)
    john, karim = stage.john(), stage.karim()
    await john.says("And in other currencies: 20 EUR")
    await karim.says("Aucun taux n’est connu")
    await karim.send("/rate")
    await karim.says("Aucun taux n’est encore connu")
    await karim.send("/rate EUR 10,85")
    await karim.says("1 EUR = 10.85 MAD")
    await karim.says("1 don l’attend")
    await karim.tap("Utiliser")
    await karim.says("Est-ce bien sûr")
    assert await stage.rows("SELECT count(*) FROM rates") == [(0,)]
    await karim.tap("Oui, garder")
    await karim.says("1 don compte maintenant")
    assert await stage.rows("SELECT currency, counter, rate FROM rates") == [("EUR", "MAD", "10.85")]
    assert await stage.rows("SELECT counted_minor FROM progress WHERE campaign_id = 1") == [(21700,)]
    stage.stripe.refund(session, 1000)
    await john.says("Refunded: 10 EUR")
    assert await stage.rows("SELECT counted_minor FROM progress WHERE campaign_id = 1") == [(10850,)]
    await john.send("/start")
    await john.says("Received: 10 EUR, counted at the rates of the day each gift came.")
    await karim.send("/rate EUR 11")
    await karim.says("Avant : 1 EUR = 10.85 MAD")
    await audited(stage)


@pytest.mark.parametrize(
    "written", ["EUR", "EUR ten", "EUR 0", "MAD 2", "EUR 10 2999-01-01", "EUR 10 yesterday", "XXX 1"]
)
async def test_a_rate_that_cannot_be_read_is_explained_and_kept_nowhere(stage: Stage, written: str) -> None:
    karim = stage.karim()
    await karim.send(f"/rate {written}")
    await karim.says("/rate EUR 10.85 2026-11-25")
    assert await stage.rows("SELECT count(*) FROM rates") == [(0,)]


@pytest.mark.parametrize("data", ["rates", "rate-yes-eur-mad-10d85-20261101"])
async def test_a_stranger_learns_nothing_of_rates_and_sets_none(stage: Stage, data: str) -> None:
    john = stage.john()
    await john.send("/rate EUR 1000")
    await john.says("How to give")
    stage.telegram.tapped(john, john.chat, john.last, Button("old", data))
    await john.send("/privacy")
    await john.says("What we keep about you")
    assert not any("MAD" in message.text for message in john.messages if "EUR" in message.text)
    assert await stage.rows("SELECT count(*) FROM rates") == [(0,)]


async def test_the_settings_rates_are_known_from_the_start(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, rates="EUR 10.85")
    async with bot_beside(sandbox, settings) as stage:
        await euros(stage)
        await stage.john().says("217 MAD received of 350,000 MAD")
        await audited(stage)


# Accounting that arrives late.

SETTLED = "SELECT kind, amount_minor, fee_minor, net_minor, currency FROM balance_transactions ORDER BY kind"
AWAITED = "SELECT count(*) FROM payments WHERE look_at IS NOT NULL"


async def asked_again(stage: Stage) -> None:
    """The minute is over: the bot asks for what it has not heard of."""
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE payments SET look_at = 0 WHERE look_at IS NOT NULL")
    )
    await stage.until_rows(AWAITED, [(0,)])


async def test_paid_never_waits_for_the_accounts_and_the_fee_is_booked_once_it_is_known(stage: Stage) -> None:
    await covered_and_paid(stage)
    assert await stage.rows(SETTLED) == []
    assert await stage.rows(AWAITED) == [(1,)]
    stage.stripe.books_balance()
    # 209.07 MAD at 0.092, less 2.9 % and 0.25 EUR.
    await stage.until_rows(SETTLED, [("charge", 1923, 81, 1842, "EUR")])
    assert await stage.rows(AWAITED) == [(0,)]
    assert await stage.rows("SELECT amount_minor, currency FROM ledger WHERE kind = 'fee'") == [(-81, "EUR")]
    assert stage.stripe.books()["eur"].fees == 81
    await audited(stage)


async def test_a_fee_whose_news_is_lost_is_asked_for(stage: Stage) -> None:
    await covered_and_paid(stage)
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.books_balance()
    await asked_again(stage)
    assert await stage.rows(SETTLED) == [("charge", 1923, 81, 1842, "EUR")]
    await audited(stage)


async def test_the_same_news_of_a_fee_many_times_at_once_is_one_row(stage: Stage) -> None:
    await covered_and_paid(stage)
    stage.stripe.books_balance()
    await stage.until_rows(AWAITED, [(0,)])
    [event] = [one for one in stage.stripe.events if one["type"] == "charge.updated"]
    copies = [event | {"id": f"evt_{number}"} for number in range(8)]
    await asyncio.gather(*(stage.stripe.deliver(one) for one in copies))
    await stage.until_rows("SELECT count(*) FROM inbox WHERE outcome = 'accounted'", [(9,)])
    assert await stage.rows("SELECT count(*) FROM ledger WHERE kind = 'fee'") == [(1,)]


async def test_refunds_and_disputes_are_accounted_for_too(stage: Stage) -> None:
    session = await covered_and_paid(stage)
    stage.stripe.books_balance()
    refund = stage.stripe.refund(session, 5000)
    await stage.until_rows("SELECT state FROM donations", [("partly_refunded",)])
    await asked_again(stage)
    stage.stripe.refund_status(refund, "failed")
    await stage.until_rows("SELECT state FROM donations", [("paid",)])
    await asked_again(stage)
    dispute = stage.stripe.dispute(session)
    await stage.until_rows("SELECT state FROM donations", [("disputed",)])
    await asked_again(stage)
    stage.stripe.dispute_closed(dispute, "won")
    await stage.until_rows("SELECT state FROM donations", [("paid",)])
    await asked_again(stage)
    assert [(kind, fee) for kind, _, fee, _, _ in await stage.rows(SETTLED)] == [
        ("charge", 81),
        ("dispute", 1500),
        ("dispute_reversal", 0),
        ("refund", 0),
        ("refund_failure", 0),
    ]
    [(net,)] = await stage.rows("SELECT sum(net_minor) FROM balance_transactions")
    assert net == stage.stripe.books()["eur"].net
    await audited(stage)


async def test_staff_see_the_fee_and_what_was_settled(stage: Stage) -> None:
    await covered_and_paid(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {gift}")
    await karim.says("Ajouté pour les frais : 9,07 MAD")
    stage.stripe.books_balance()
    await stage.until_rows(AWAITED, [(0,)])
    await karim.send(f"/refund {gift}")
    await karim.says("Frais de Stripe : 0,81 EUR ; versé : 18,42 EUR")


async def test_an_audit_names_accounts_that_differ_or_are_missing(stage: Stage) -> None:
    await covered_and_paid(stage)
    stage.stripe.books_balance()
    await stage.until_rows(AWAITED, [(0,)])
    [(gift, transaction)] = await stage.rows("SELECT donation_id, id FROM balance_transactions")
    await _do(stage, "UPDATE balance_transactions SET fee_minor = 1, net_minor = amount_minor - 1")
    assert await audit_all(stage.settings, with_stripe=True) == [
        "humanitarian EUR: fees: facts 1, ledger 81",
        f"gift {gift}: balance transaction {transaction} differs",
    ]
    await _do(stage, "DELETE FROM balance_transactions")
    assert await audit_all(stage.settings, with_stripe=True) == [
        "humanitarian EUR: fees: facts 0, ledger 81",
        f"gift {gift}: balance transaction {transaction} differs",
    ]


async def test_an_audit_names_what_stripe_does_not_know(stage: Stage) -> None:
    session = await covered_and_paid(stage)
    stage.stripe.books_balance()
    await stage.until_rows(AWAITED, [(0,)])
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    account = stage.stripe.account
    account.transactions.clear()
    account.charges.clear()
    account.sessions.pop(session)
    assert await audit_all(stage.settings, with_stripe=True) == [
        f"gift {gift}: Stripe does not know our payments",
        f"gift {gift}: Stripe does not know our balance transactions",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            "UPDATE progress SET counted_minor = 1 WHERE campaign_id = 1",
            ["humanitarian: counts 1 for its goal, its gifts 20000"],
        ),
        (
            "UPDATE progress SET donors = 7 WHERE campaign_id = 1",
            ["humanitarian: 7 donors, its gifts came from 1"],
        ),
        (
            "DELETE FROM progress WHERE campaign_id = 1",
            [
                "humanitarian: counts None for its goal, its gifts 20000",
                "humanitarian: None donors, its gifts came from 1",
            ],
        ),
        ("UPDATE totals SET gifts = 2", ["humanitarian MAD: gifts: facts 1, totals 2"]),
        (
            "UPDATE donations SET cover_minor = 1",
            ["humanitarian MAD: cover: facts 1, ledger 907"],
        ),
        (
            "UPDATE donations SET rate = '2'",
            ["gift {gift} counts 20000 for its goal, its rate and its facts say 40000"],
        ),
    ],
)
async def test_an_audit_counts_every_total_again(stage: Stage, wrong: str, said: list[str]) -> None:
    await covered_and_paid(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    assert await audit_all(stage.settings, with_stripe=False) == []
    await _do(stage, wrong)
    assert await audit_all(stage.settings, with_stripe=False) == [one.format(gift=gift) for one in said]


async def _do(stage: Stage, sql: str) -> None:
    await stage.services.db.write(lambda tx: tx.plain(sql))


def test_accounts_are_asked_for_often_then_daily_then_never() -> None:
    since = now = datetime(2026, 11, 25, tzinfo=UTC)
    pauses = list[timedelta]()
    while (following := next_look(since, now)) is not None:
        pauses.append(following - since)
        now = following
    first = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
    assert pauses[:4] == first
    assert pauses[4] == timedelta(days=1, hours=6)
    assert len(pauses) == 34
    assert pauses[-1] <= timedelta(days=31)
