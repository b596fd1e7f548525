"""The accounts: fees that donors cover, what gifts in other currencies count, fees that Stripe names later, and the audit."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import auditing
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
    await john.until(lambda one: shows(one, "Pay "))


async def covered(stage: Stage) -> str:
    """John gives 200 MAD and covers 9.07 MAD of fees; the session's id."""
    john = stage.john()
    await to_the_check(stage)
    await john.tap("Add the fees")
    await john.until(lambda one: shows(one, "Pay 209.07 MAD"))
    await john.tap("Pay")
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
    assert await auditing.audit_stripe(stage.services) == []


async def test_duty_18_nothing_is_added_for_fees_unless_the_donor_taps(stage: Stage) -> None:
    john = stage.john()
    await to_the_check(stage)
    assert shows(john, "☐ Add the fees: 9.07 MAD")
    assert labels(john)[0] == "Pay 200 MAD"
    await john.tap("Pay")
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
    await john.tap("Pay")
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
    await john.tap("Pay")
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
    assert await stage.rows("SELECT counted_minor FROM campaigns WHERE id = 1") == [(21700,)]
    stage.stripe.refund(session, 1000)
    await john.says("Refunded: 10 EUR")
    assert await stage.rows("SELECT counted_minor FROM campaigns WHERE id = 1") == [(10850,)]
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
