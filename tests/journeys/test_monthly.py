"""Monthly gifts: agreed to by name with an end, charged by Stripe, told, stopped, paused, changed, failed and finished."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import auditing, campaigning, looking, mirroring, monthly
from bot.drafting import Part, Refusal
from bot.money import Money
from bot.months import step
from bot.store import donors
from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram import Button, Phone
from tests.stage import Stage, bot_beside, labels, press, session_of, settings_for, shows, to_the_bridge

DAY = 86400
# Telegram lets one chat have about a message a second: what comes behind others takes its time.
PACED = 15
GIFTS = "SELECT amount_minor, state FROM donations ORDER BY created_at, amount_minor, state"
PLAN = "SELECT state, stop FROM monthly_gifts"
TOLD = "SELECT kind, count(*) FROM deliveries WHERE kind LIKE '%monthly%' OR kind = 'renewal_failed' GROUP BY kind"


async def agreed(stage: Stage, until: str = "3 months") -> str:
    """John agrees to 100 MAD every month; the session's id."""
    john = stage.john()
    await john.start("c_humanitarian_100_mad")
    await press(john, "Every month instead", "every month to", first="Once, not every month")
    await press(john, until, "100 MAD every month until", on="buttons")
    await john.tap("100 MAD every month")
    await john.says("is ready")
    return session_of(john)


async def begun(stage: Stage, until: str = "3 months") -> str:
    """The same, paid; the subscription's id."""
    stage.stripe.pay(await agreed(stage, until))
    await stage.john().says("Received: 100 MAD")
    await stage.until_rows("SELECT wanted, next_at IS NULL FROM monthly_gifts", [(0, 0)])
    [subscription] = stage.stripe.subscriptions
    return subscription


def kept(stage: Stage, subscription: str) -> dict[str, Any]:
    return stage.stripe.shown(stage.stripe.subscriptions[subscription])


async def opened(john: Phone) -> None:
    """The plan in front of John."""
    await john.send("/mygifts")
    await press(john, "Monthly gift", "so far", first="every month")


async def the_id(stage: Stage) -> str:
    [(monthly_id,)] = await stage.rows("SELECT id FROM monthly_gifts")
    return monthly_id


async def audited(stage: Stage) -> None:
    assert await auditing.audit_books(stage.services) == []


async def test_a_monthly_gift_with_an_end_is_finished_and_never_charged_again(stage: Stage) -> None:
    subscription, john = await begun(stage), stage.john()
    anchor = datetime.fromtimestamp(kept(stage, subscription)["billing_cycle_anchor"], UTC)
    assert kept(stage, subscription)["cancel_at"] == int(step(anchor, 3).timestamp())
    stage.stripe.forward(29 * DAY)
    await john.says("will be charged", PACED)
    stage.stripe.forward(3 * DAY)
    await john.says("Gift number 2 of your monthly gift", PACED)
    stage.stripe.forward(31 * DAY)
    await john.says("It was the last one; it is finished", PACED)
    stage.stripe.forward(32 * DAY)
    await john.says("is finished, as you wished", PACED)
    assert await stage.rows(GIFTS) == [(10000, "paid")] * 3
    assert await stage.rows(PLAN) == [("ended", "end")]
    stage.stripe.forward(90 * DAY)
    assert len(stage.stripe.charges) == 3
    assert await stage.rows("SELECT count(*), max(number) FROM receipts") == [(3, 3)]
    await audited(stage)


async def test_it_is_stopped_in_two_taps_and_nothing_is_charged_any_more(stage: Stage) -> None:
    await begun(stage, "Until I stop")
    john = stage.john()
    assert shows(john, "Undo")
    await opened(john)
    await press(john, "Stop", "Nothing more will be charged from now on")
    await john.tap("Yes, stop it")
    # The news may come before the screen is drawn: then the screen is not the newest message.
    await john.until(lambda one: any("It has ended" in message.text for message in one.messages), PACED)
    await john.says("is stopped. Nothing more will be charged", PACED)
    stage.stripe.forward(200 * DAY)
    assert len(stage.stripe.charges) == 1
    assert await stage.rows(PLAN) == [("ended", "donor")]
    assert await stage.rows(TOLD) == [("monthly_stopped", 1)]
    await john.send("/mygifts")
    await john.says("Your gifts")
    assert not shows(john, "Monthly gift")


@pytest.mark.parametrize("kind", ["500", "timeout_after", "cut_body"])
async def test_a_stop_that_stripe_does_not_hear_is_kept_and_done(stage: Stage, kind: str) -> None:
    subscription, john = await begun(stage), stage.john()
    for _ in range(4):
        stage.stripe.faults.add(Fault(kind, "DELETE", path="/v1/subscriptions"))
    await opened(john)
    await press(john, "Stop", "Nothing more will be charged from now on")
    await john.tap("Yes, stop it")
    await john.says("is stopped. Nothing more will be charged", 20)
    assert kept(stage, subscription)["status"] == "canceled"
    assert await stage.rows(TOLD) == [("monthly_stopped", 1)]


async def test_it_is_paused_for_a_month_and_goes_on_with_the_same_end(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    end = kept(stage, subscription)["cancel_at"]
    await opened(john)
    await press(john, "Pause", "How many gifts shall be left out")
    await press(john, "1: next gift", "Paused; the next gift is on")
    assert kept(stage, subscription)["pause_collection"]["behavior"] == "void"
    assert kept(stage, subscription)["cancel_at"] == end
    stage.stripe.forward(32 * DAY)
    assert len(stage.stripe.charges) == 1
    stage.stripe.forward(31 * DAY)
    await john.says("Gift number 2 of your monthly gift", PACED)
    assert len(stage.stripe.charges) == 2
    await audited(stage)


async def test_a_pause_is_taken_back(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    await opened(john)
    await press(john, "Pause", "How many gifts shall be left out")
    await press(john, "3: next gift", "Paused; the next gift is on")
    await press(john, "Go on now", "Next gift:")
    assert kept(stage, subscription)["pause_collection"] is None
    stage.stripe.forward(32 * DAY)
    await john.says("Gift number 2 of your monthly gift", PACED)


async def test_its_amount_is_changed_from_the_next_charge_on(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    end = kept(stage, subscription)["cancel_at"]
    await opened(john)
    await press(john, "Change the amount", "Which amount from the next charge on")
    await john.send("150")
    await press(john, "150 MAD every month", "150 MAD every month", first="From the next charge on")
    await stage.until_rows("SELECT amount_minor, wanted FROM monthly_gifts", [(15000, 0)])
    assert kept(stage, subscription)["cancel_at"] == end
    stage.stripe.forward(32 * DAY)
    await john.says("Received: 150 MAD")
    assert await stage.rows(GIFTS) == [(10000, "paid"), (15000, "paid")]
    await audited(stage)


@pytest.mark.parametrize("wish", ["change", "pause"])
async def test_what_the_donor_wishes_after_an_end_that_nobody_told_is_no_wish(
    stage: Stage, wish: str
) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    stage.stripe.outbox.next_ones.append("lost")
    stage.stripe.cancel_subscription(subscription)
    donor = await stage.read(lambda tx: donors.find(tx, 1003))
    assert donor is not None
    if wish == "change":
        found = await monthly.change(stage.services, donor, await the_id(stage), Money(15000, "MAD"))
    else:
        found = await monthly.pause(stage.services, donor, await the_id(stage), 1)
    assert (found.gift.state, found.gift.money, found.gift.wanted) == ("ended", Money(10000, "MAD"), 0)
    await john.says("is stopped. Nothing more will be charged", PACED)


async def test_a_change_that_stripe_never_heard_is_no_part_of_a_gift_that_ended(stage: Stage) -> None:
    subscription = await begun(stage, "6 months")
    stage.stripe.faults.add(Fault("500", "*", 30))
    donor = await stage.read(lambda tx: donors.find(tx, 1003))
    assert donor is not None
    await monthly.change(stage.services, donor, await the_id(stage), Money(15000, "MAD"))
    stage.stripe.cancel_subscription(subscription)
    stage.stripe.faults.clear()
    await stage.until_rows("SELECT state, amount_minor, wanted FROM monthly_gifts", [("ended", 10000, 0)])


async def test_an_amount_outside_the_limits_changes_nothing(stage: Stage) -> None:
    await begun(stage, "6 months")
    john = stage.john()
    await opened(john)
    await press(john, "Change the amount", "Which amount from the next charge on")
    await john.send("1")
    await john.says("The smallest gift here is")
    assert await stage.rows("SELECT amount_minor, wanted FROM monthly_gifts") == [(10000, 0)]


async def test_a_failed_renewal_tells_why_and_when_and_another_card_mends_it(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    stage.stripe.fail_next_charge(subscription, code="insufficient_funds")
    stage.stripe.forward(32 * DAY)
    await john.says("there was not enough money on the card")
    assert "Stripe tries again on" in john.last.text
    await stage.until_rows(PLAN, [("past_due", None)])
    await press(john, "Another card", "Give Stripe another card")
    [link] = [button.url for button in john.last.buttons if button.url]
    assert "/stripe/portal/" in link
    stage.stripe.update_card(subscription)
    stage.stripe.forward(4 * DAY)
    await john.says("Gift number 2 of your monthly gift", PACED)
    await stage.until_rows(PLAN, [("active", None)])
    await audited(stage)


async def test_when_every_try_fails_the_bank_has_ended_it(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    stage.stripe.fail_next_charge(subscription, times=4, code="expired_card")
    for number, days in enumerate((32, 4, 6), 1):
        stage.stripe.forward(days * DAY)
        await stage.until_rows(
            "SELECT count(*) FROM deliveries WHERE kind = 'renewal_failed' AND state = 'sent'", [(number,)]
        )
        assert "the card has expired" in john.last.text
    stage.stripe.forward(8 * DAY)
    await john.says("ended: it could not be charged, the card has expired")
    assert await stage.rows(PLAN) == [("ended", "bank")]
    assert await stage.rows(TOLD) == [("monthly_ended", 1), ("renewal_failed", 3)]
    stage.stripe.forward(90 * DAY)
    assert len(stage.stripe.charges) == 1


async def test_a_stop_in_stripes_portal_is_mirrored_at_once(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    stage.stripe.stop_subscription(subscription)
    await john.says("is stopped. Nothing more will be charged", PACED)
    assert await stage.rows(PLAN) == [("active", "portal")]
    stage.stripe.forward(32 * DAY)
    await stage.until_rows(PLAN, [("ended", "portal")])
    assert len(stage.stripe.charges) == 1
    assert await stage.rows(TOLD) == [("monthly_stopped", 1)]


async def test_a_stop_before_the_first_money_has_come_is_told_once_it_has(stage: Stage) -> None:
    session = await agreed(stage)
    stage.stripe.pay_later(session)
    [subscription] = stage.stripe.subscriptions
    await stage.until_rows("SELECT subscription_id FROM monthly_gifts", [(subscription,)])
    stage.stripe.stop_subscription(subscription)
    await stage.until_rows("SELECT count(*) FROM inbox WHERE processed_at IS NULL", [(0,)])
    assert await stage.rows(TOLD) == []
    stage.stripe.settle_later(session)
    await stage.john().says("is stopped. Nothing more will be charged", PACED)
    assert await stage.rows(PLAN) == [("active", "portal")]


async def test_a_stop_in_the_dashboard_is_mirrored(stage: Stage) -> None:
    subscription, john = await begun(stage, "6 months"), stage.john()
    stage.stripe.cancel_subscription(subscription)
    await john.says("is stopped. Nothing more will be charged", PACED)
    assert await stage.rows(PLAN) == [("ended", "stripe")]


async def test_the_end_may_be_a_day_that_the_donor_writes(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await john.says("Humanitarian")
    await john.send("100 mad monthly humanitarian")
    await john.says("Until when?")
    await john.send("31/02/2030")
    await john.says("This is not a day that we can read")
    await john.send("1/1/2020")
    await john.says("this end comes before the second one")
    last = datetime.now(UTC) + timedelta(days=100)
    await john.send(f"{last:%d/%m/%Y}")
    await john.says("4 gifts, 400 MAD in all")
    await john.tap("100 MAD every month until")
    await john.says("is ready")
    stage.stripe.pay(session_of(john))
    await stage.until_rows("SELECT wanted, next_at IS NULL FROM monthly_gifts", [(0, 0)])
    for _ in range(6):
        stage.stripe.forward(31 * DAY)
    await john.says("is finished, as you wished", PACED)
    assert len(stage.stripe.charges) == 4


async def test_staff_stop_one_but_never_learn_whose_it_is(stage: Stage) -> None:
    await begun(stage)
    [(donation_id,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {donation_id}")
    await karim.until(lambda one: shows(one, "Arrêter le don mensuel"))
    assert "John" not in karim.last.text
    await press(karim, "Arrêter le don mensuel", "Arrêter le don mensuel de cette personne")
    await press(karim, "Oui, l’arrêter", "la personne en est informée")
    await stage.john().says("is stopped. Nothing more will be charged", PACED)
    [(_, stop)] = await stage.rows(PLAN)
    assert stop.startswith("staff:")


async def test_without_webhooks_and_without_events_the_looks_find_every_month(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        await begun(stage, "6 months")
        await stage.until_rows("SELECT count(*) FROM inbox WHERE processed_at IS NULL", [(0,)])
        sandbox.stripe.webhook_url = None
        sandbox.stripe.forward(63 * DAY)
        await stage.services.db.write(lambda tx: tx.plain("UPDATE monthly_gifts SET look_at = 0"))
        await stage.john().says("Gift number 3 of your monthly gift", PACED)
        assert await stage.rows(GIFTS) == [(10000, "paid")] * 3
        await audited(stage)


async def test_a_second_subscription_of_the_same_gift_is_ended_and_its_money_kept_for_a_person(
    stage: Stage,
) -> None:
    session, john = await agreed(stage), stage.john()
    first = stage.stripe.session(session)
    again = dict(first) | {"line_items": []}
    twin = stage.stripe.create_session(_asked_again(again))
    stage.stripe.pay(session)
    await john.says("Received: 100 MAD")
    stage.stripe.pay(twin["id"])
    await stage.until_rows("SELECT count(*) > 0 FROM inbox WHERE outcome = 'stray'", [(1,)], 12)
    mine, other = stage.stripe.subscriptions.values()
    assert (mine["status"], other["status"]) == ("active", "canceled")
    await stage.until_rows(
        "SELECT kind, amount_minor FROM ledger ORDER BY seq", [("gift", 10000), ("unmatched", 10000)]
    )
    assert await stage.rows(PLAN) == [("active", None)]


def _asked_again(session: dict[str, Any]) -> dict[str, Any]:
    """The parameters that made this session, as its maker would repeat them under another key."""
    recurring = {"interval": "month", "interval_count": "1"}
    price = {
        "currency": session["currency"],
        "unit_amount": str(session["amount_total"]),
        "recurring": recurring,
    }
    return {
        "mode": "subscription",
        "client_reference_id": session["client_reference_id"],
        "metadata": session["metadata"],
        "line_items": [{"quantity": "1", "price_data": price | {"product_data": session["_product"]}}],
        "subscription_data": session["_subscription"],
        "success_url": session["success_url"],
    }


async def test_a_renewal_is_refunded_like_any_gift_even_when_the_refund_is_heard_of_first(
    stage: Stage,
) -> None:
    await begun(stage, "6 months")
    john = stage.john()
    stage.stripe.webhook_url = None
    stage.stripe.forward(32 * DAY)
    [invoice] = [
        one for one in stage.stripe.invoices.values() if one["billing_reason"] == "subscription_cycle"
    ]
    stage.stripe.webhook_url = (
        f"{stage.settings.public_url}/stripe/webhook" if stage.settings.public_url else None
    )
    stage.stripe.refund(invoice["id"])
    await john.says("Refunded: 100 MAD", 12)
    await stage.until_rows(GIFTS, [(10000, "paid"), (10000, "refunded")])
    assert await stage.rows("SELECT received_minor FROM totals") == [(10000,)]
    await audited(stage)


async def test_nobody_is_forgotten_while_they_give_monthly(stage: Stage) -> None:
    await begun(stage)
    john = stage.john()
    await john.send("/privacy")
    await press(john, "Erase", "Erase everything")
    await press(john, "Yes, erase", "a monthly gift goes on")
    assert await stage.rows("SELECT state FROM donors WHERE telegram_id = 1003") == [("active",)]


async def test_a_monthly_gift_is_offered_once_and_never_again(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, offer_monthly=True)
    async with bot_beside(sandbox, settings) as stage:
        john = stage.john()
        for number in (1, 2):
            sandbox.stripe.pay(await to_the_bridge(stage, john))
            await stage.until_rows("SELECT count(*) FROM donations WHERE state = 'paid'", [(number,)])
            await john.says("Received: 200 MAD", PACED)
        offers = "SELECT state FROM deliveries WHERE kind = 'monthly_offer'"
        assert await stage.rows(offers) == [("owed",)]
        await stage.services.db.write(
            lambda tx: tx.plain("UPDATE deliveries SET due_at = 0 WHERE state = 'owed'")
        )
        stage.services.bells.courier.set()
        await john.says("every month? You choose until when", PACED)
        assert labels(john)[0] == "100 MAD every month…"
        await press(john, "100 MAD every month", "Until when?")


async def test_a_monthly_gift_in_a_currency_that_is_taken_no_more_is_not_offered(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, offer_monthly=True)
    async with bot_beside(sandbox, settings) as stage:
        john = stage.john()
        sandbox.stripe.pay(await _a_gift_in_euros(stage))
        await john.says("Received")
        offers = "SELECT state, error FROM deliveries WHERE kind = 'monthly_offer'"
        await stage.until_rows(offers, [("owed", None)])
        await _takes_no_more_euros(stage)
        await stage.services.db.write(
            lambda tx: tx.plain("UPDATE deliveries SET due_at = 0 WHERE state = 'owed'")
        )
        stage.services.bells.courier.set()
        await stage.until_rows(offers, [("failed", "nobody to tell")])
        assert not [one for one in john.messages if "every month?" in one.text]


async def _a_gift_in_euros(stage: Stage) -> str:
    """John's bridge to a gift of 20 EUR; the session's id."""
    john = stage.john()
    await john.start("c_humanitarian_20_eur")
    await john.says("Gift of")
    await john.tap("Pay")
    await john.until(lambda one: shows(one, "Open Stripe"))
    return session_of(john)


async def _takes_no_more_euros(stage: Stage) -> None:
    edited = await campaigning.clear(stage.services, 1, "staff 1", Part.AMOUNTS, "eur")
    assert not isinstance(edited, Refusal)


@pytest.mark.parametrize("data", ["monthly-1-2000-eur", "each-1-2000-eur-3m", "giveeach-1-2000-eur-3m"])
async def test_an_old_button_of_a_monthly_gift_in_a_currency_that_is_taken_no_more_is_answered(
    stage: Stage, data: str
) -> None:
    john = stage.john()
    await john.start("c_humanitarian_20_eur")
    await john.says("Gift of")
    await _takes_no_more_euros(stage)
    await stage.telegram.acknowledged(stage.telegram.tapped(john, john.chat, john.last, Button("old", data)))
    await john.says("This campaign does not take EUR")
    assert labels(john) == ["All campaigns"]
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]
    assert stage.stripe.sessions == {}


async def test_a_page_that_was_not_paid_leaves_no_monthly_gift(stage: Stage) -> None:
    session = await agreed(stage)
    stage.stripe.expire(session)
    await stage.john().says("has expired")
    await stage.john().send("/mygifts")
    await stage.john().says("link expired")
    assert not shows(stage.john(), "Monthly gift")
    assert stage.stripe.subscriptions == {}


async def test_the_nightly_comparison_finds_a_monthly_gift_of_which_nothing_was_heard(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True)) as stage:
        session = await agreed(stage)
        sandbox.stripe.webhook_url = None
        sandbox.stripe.pay(session)
        await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET look_at = NULL"))
        repaired = await looking.reconcile(stage.services)
        [(donation_id,)] = await stage.rows("SELECT id FROM donations")
        assert donation_id in repaired
        await mirroring.mirror(stage.services, await the_id(stage))
        assert await stage.rows(PLAN) == [("active", None)]
