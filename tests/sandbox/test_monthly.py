"""A monthly gift: its beginning, its months, what the bot changes in it, and its end."""

import time
from datetime import UTC, datetime

import pytest

from sandbox.stripe.months import step
from tests.sandbox.asking import Asking
from tests.sandbox.asking_monthly import (
    DAY,
    MONTH,
    invoices,
    monthly,
    monthly_session,
    period_end,
    plain,
)

PAID = ("paid", 2000)


async def test_paying_the_page_begins_a_subscription_and_pays_its_first_invoice(asking: Asking) -> None:
    session = await monthly_session(asking)
    asking.account.pay(session)
    answer = await asking.v1.checkout.sessions.retrieve_async(
        session, {"expand": ["invoice", "subscription", "customer"]}
    )
    assert (answer.status, answer.payment_status, answer.payment_intent) == ("complete", "paid", None)
    assert (answer.customer.object, answer.subscription.status) == ("customer", "active")
    assert answer.subscription.metadata.to_dict() == {"donation_id": "D1"}
    invoice = answer.invoice.to_dict()
    assert (invoice["billing_reason"], invoice["status"], invoice["amount_paid"]) == (
        "subscription_create",
        "paid",
        2000,
    )
    assert invoice["parent"]["subscription_details"] == {
        "metadata": {"donation_id": "D1"},
        "subscription": answer.subscription.id,
    }
    assert not {"subscription", "payment_intent", "charge", "payments"} & set(invoice)
    assert "current_period_end" not in answer.subscription.to_dict()
    assert asking.told() == [
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.paid",
    ]


async def test_an_invoice_leads_to_its_payment(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.books_balance()
    latest = (await plain(asking, subscription))["latest_invoice"]
    paths = ["payments.data.payment.payment_intent"]
    invoice = await asking.v1.invoices.retrieve_async(latest, {"expand": paths})
    [payment] = invoice.payments.data
    assert (payment.status, payment.amount_paid) == ("paid", 2000)
    assert payment.payment.payment_intent.status == "succeeded"
    listed = await asking.v1.invoice_payments.list_async(
        {"invoice": latest, "expand": ["data.payment.payment_intent.latest_charge"]}
    )
    charge = listed.data[0].payment.payment_intent.latest_charge
    assert (charge.amount, charge.customer) == (2000, invoice.customer)
    intent = payment.payment.payment_intent.id
    found = await asking.v1.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": intent}}
    )
    assert [one.invoice for one in found.data] == [latest]


async def test_the_path_to_an_invoices_balance_is_too_long_for_one_question(asking: Asking) -> None:
    path = "data.payment.payment_intent.latest_charge.balance_transaction"
    await asking.refused(asking.v1.invoice_payments.list_async({"expand": [path]}), "more than 4 levels")


async def test_each_month_is_charged_once(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.forward(27 * DAY)
    assert await invoices(asking, subscription) == [PAID]
    asking.account.forward(5 * DAY)
    assert await invoices(asking, subscription) == [PAID, PAID]
    asking.account.forward(6 * MONTH)
    assert await invoices(asking, subscription) == [PAID] * 8
    assert asking.account.books()["eur"].charged == 8 * 2000
    latest = await asking.v1.invoices.retrieve_async((await plain(asking, subscription))["latest_invoice"])
    assert latest.billing_reason == "subscription_cycle"


async def test_the_next_charge_is_always_told_on_the_bots_own_clock(asking: Asking) -> None:
    subscription = await monthly(asking)
    due = await period_end(asking, subscription)
    assert 28 * DAY <= due - time.time() <= MONTH + 1
    asking.account.forward(10 * DAY)
    assert await period_end(asking, subscription) == due - 10 * DAY
    assert (await plain(asking, subscription))["created"] == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2024-01-30", 1, "2024-02-29"),
        ("2026-11-25", 14, "2028-01-25"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(day: str, months: int, expected: str) -> None:
    anchor = int(datetime.fromisoformat(f"{day}T12:00+00:00").timestamp())
    assert datetime.fromtimestamp(step(anchor, "month", months), UTC).date().isoformat() == expected


# Cards that fail.


async def test_a_declined_renewal_is_tried_again_after_three_days(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.fail_next_charge(subscription, code="insufficient_funds")
    asking.account.forward(await period_end(asking, subscription) - int(time.time()) + 60)
    found = await asking.v1.invoices.list_async({"subscription": subscription, "status": "open"})
    [invoice] = found.data
    assert (invoice.attempt_count, invoice.amount_remaining) == (1, 2000)
    assert invoice.next_payment_attempt - time.time() == pytest.approx(3 * DAY, abs=120)
    assert (await plain(asking, subscription))["status"] == "past_due"
    whole = await asking.v1.invoices.retrieve_async(
        invoice.id, {"expand": ["payments.data.payment.payment_intent"]}
    )
    intent = whole.payments.data[0].payment.payment_intent
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    asking.account.forward(3 * DAY)
    assert await invoices(asking, subscription) == [PAID, PAID]
    assert (await plain(asking, subscription))["status"] == "active"
    assert asking.told("invoice.payment_failed", "invoice.paid") == [
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.paid",
    ]


async def test_after_four_failures_the_subscription_ends_and_nothing_more_is_tried(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.fail_next_charge(subscription, times=9)
    asking.account.forward(MONTH + 60)
    failures = []
    for days in (3, 5, 7):
        failures.append(len(asking.told("invoice.payment_failed")))
        asking.account.forward(days * DAY)
    assert failures == [1, 2, 3]
    assert len(asking.told("invoice.payment_failed")) == 4
    found = await plain(asking, subscription)
    assert (found["status"], found["cancellation_details"]["reason"]) == ("canceled", "payment_failed")
    assert asking.told()[-1] == "customer.subscription.deleted"
    asking.account.forward(3 * MONTH)
    assert await invoices(asking, subscription) == [PAID, ("open", 0)]
    latest = await asking.v1.invoices.retrieve_async(found["latest_invoice"])
    assert latest.next_payment_attempt is None


async def test_a_bank_that_wants_the_donor_to_confirm_is_told_apart(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.fail_next_charge(subscription, code="authentication_required")
    asking.account.forward(MONTH + 60)
    assert asking.told("invoice.payment_action_required") == ["invoice.payment_action_required"]


async def test_another_card_pays_at_the_next_attempt(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.fail_next_charge(subscription, times=9)
    asking.account.forward(MONTH + 60)
    asking.account.update_card(subscription)
    assert await invoices(asking, subscription) == [PAID, ("open", 0)]
    asking.account.forward(3 * DAY)
    assert await invoices(asking, subscription) == [PAID, PAID]


# What the bot changes.


async def test_a_gift_that_stops_at_its_periods_end_is_not_charged_again(asking: Asking) -> None:
    subscription = await monthly(asking)
    answer = await asking.v1.subscriptions.update_async(subscription, {"cancel_at_period_end": True})
    assert (answer.status, answer.cancel_at_period_end) == ("active", True)
    assert answer.cancel_at == await period_end(asking, subscription)
    asking.account.forward(2 * MONTH)
    assert (await plain(asking, subscription))["status"] == "canceled"
    assert await invoices(asking, subscription) == [PAID]
    assert asking.told("customer.subscription.updated", "customer.subscription.deleted") == [
        "customer.subscription.updated",
        "customer.subscription.deleted",
    ]


async def test_a_gift_that_was_to_stop_may_go_on(asking: Asking) -> None:
    subscription = await monthly(asking)
    await asking.v1.subscriptions.update_async(subscription, {"cancel_at_period_end": True})
    answer = await asking.v1.subscriptions.update_async(subscription, {"cancel_at_period_end": False})
    assert (answer.cancel_at, answer.canceled_at) == (None, None)
    asking.account.forward(MONTH + 60)
    assert await invoices(asking, subscription) == [PAID, PAID]


@pytest.mark.parametrize(("shift", "months"), [(-1, 3), (0, 3), (1, 4)])
async def test_an_end_is_an_end_to_the_second(asking: Asking, shift: int, months: int) -> None:
    """An end at the very moment of a charge is before it."""
    subscription = await monthly(asking)
    anchor = asking.account.subscriptions[subscription]["_anchor"]
    end = step(anchor, "month", 3) + shift
    answer = await asking.v1.subscriptions.update_async(subscription, {"cancel_at": end})
    assert answer.cancel_at == end
    asking.account.forward(6 * MONTH)
    assert (await plain(asking, subscription))["status"] == "canceled"
    assert await invoices(asking, subscription) == [PAID] * months


async def test_an_end_set_after_time_has_passed_is_meant_on_the_bots_clock(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.forward(40 * DAY)
    end = int(time.time()) + 5 * DAY
    answer = await asking.v1.subscriptions.update_async(subscription, {"cancel_at": end})
    assert answer.cancel_at == end
    asking.account.forward(4 * DAY)
    assert (await plain(asking, subscription))["status"] == "active"
    asking.account.forward(DAY + 60)
    assert (await plain(asking, subscription))["status"] == "canceled"


async def test_a_new_end_takes_the_place_of_the_old(asking: Asking) -> None:
    subscription = await monthly(asking)
    now = int(time.time())
    for days in (10, 20):
        await asking.v1.subscriptions.update_async(subscription, {"cancel_at": now + days * DAY})
    asking.account.forward(15 * DAY)
    assert (await plain(asking, subscription))["status"] == "active"
    await asking.v1.subscriptions.update_async(subscription, {"cancel_at": ""})
    asking.account.forward(MONTH)
    assert await invoices(asking, subscription) == [PAID, PAID]


async def test_a_gift_is_stopped_at_once(asking: Asking) -> None:
    subscription = await monthly(asking)
    answer = await asking.v1.subscriptions.cancel_async(subscription)
    assert (answer.status, answer.cancellation_details.reason) == ("canceled", "cancellation_requested")
    assert answer.ended_at == pytest.approx(time.time(), abs=60)
    error = await asking.refused(asking.v1.subscriptions.cancel_async(subscription), "No such subscription")
    assert error.http_status == 404
    await asking.refused(
        asking.v1.subscriptions.update_async(subscription, {"metadata": {"a": "b"}}), "A canceled"
    )
    asking.account.forward(2 * MONTH)
    assert await invoices(asking, subscription) == [PAID]


async def test_paused_months_make_void_invoices_and_take_nothing(asking: Asking) -> None:
    subscription = await monthly(asking)
    end = await period_end(asking, subscription)
    pause = {"behavior": "void", "resumes_at": end + 32 * DAY}
    answer = await asking.v1.subscriptions.update_async(subscription, {"pause_collection": pause})
    assert answer.pause_collection.resumes_at == end + 32 * DAY
    assert answer.status == "active"
    asking.account.forward(end - int(time.time()) + 32 * DAY - 60)
    assert await invoices(asking, subscription) == [PAID, ("void", 0), ("void", 0)]
    asking.account.forward(120)
    assert (await plain(asking, subscription))["pause_collection"] is None
    asking.account.forward(MONTH)
    assert await invoices(asking, subscription) == [PAID, ("void", 0), ("void", 0), PAID]
    assert asking.account.books()["eur"].charged == 4000


async def test_a_pause_that_ends_with_the_period_lets_the_charge_through(asking: Asking) -> None:
    subscription = await monthly(asking)
    end = await period_end(asking, subscription)
    pause = {"behavior": "void", "resumes_at": end}
    await asking.v1.subscriptions.update_async(subscription, {"pause_collection": pause})
    asking.account.forward(MONTH + 60)
    assert await invoices(asking, subscription) == [PAID, PAID]


@pytest.mark.parametrize(
    ("behavior", "status"), [("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
async def test_a_pause_without_end_lasts_until_it_is_lifted(
    asking: Asking, behavior: str, status: str
) -> None:
    subscription = await monthly(asking)
    await asking.v1.subscriptions.update_async(subscription, {"pause_collection": {"behavior": behavior}})
    asking.account.forward(MONTH + 60)
    assert await invoices(asking, subscription) == [PAID, (status, 0)]
    await asking.v1.subscriptions.update_async(subscription, {"pause_collection": ""})
    asking.account.forward(MONTH)
    assert await invoices(asking, subscription) == [PAID, (status, 0), PAID]


async def test_a_new_amount_is_charged_from_the_next_month_on(asking: Asking) -> None:
    subscription = await monthly(asking)
    item = (await plain(asking, subscription))["items"]["data"][0]
    price = {
        "currency": "eur",
        "product": item["price"]["product"],
        "recurring": {"interval": "month"},
        "unit_amount": 3500,
    }
    asked = {"items": [{"id": item["id"], "price_data": price}], "proration_behavior": "none"}
    answer = await asking.v1.subscriptions.update_async(subscription, asked)
    new = answer.to_dict()["items"]["data"][0]
    assert (new["price"]["unit_amount"], new["id"]) == (3500, item["id"])
    assert new["price"]["id"] != item["price"]["id"]
    asking.account.forward(MONTH + 60)
    assert await invoices(asking, subscription) == [PAID, ("paid", 3500)]


async def test_metadata_is_merged_and_an_empty_value_takes_a_key_away(asking: Asking) -> None:
    subscription = await monthly(asking)
    update = asking.v1.subscriptions.update_async
    answer = await update(subscription, {"metadata": {"campaign": "orphans", "donation_id": ""}})
    assert answer.metadata.to_dict() == {"campaign": "orphans"}
    assert (await update(subscription, {"metadata": ""})).metadata.to_dict() == {}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"cancel_at": 1000}, "in the future"),
        ({"cancel_at": 4000000000, "cancel_at_period_end": True}, "only specify one"),
        ({"cancel_at": "soon"}, "Invalid cancel_at"),
        ({"pause_collection": {"behavior": "sleep"}}, "Invalid"),
        ({"pause_collection": {"behavior": "void", "resumes_at": 1000}}, "in the future"),
        ({"pause_collection": {"resumes_at": 4000000000}}, "Missing required param"),
        ({"items": [{"id": "si_x", "quantity": 2}]}, "prorates nothing"),
        ({"items": [{"id": "si_x", "quantity": 2}], "proration_behavior": "none"}, "one item"),
        ({"trial_end": "now"}, "does not emulate"),
        ({"colour": "red"}, "unknown parameter"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_whole(
    asking: Asking, asked: dict[str, object], words: str
) -> None:
    subscription = await monthly(asking)
    before = await plain(asking, subscription)
    await asking.refused(
        asking.v1.subscriptions.update_async(subscription, {"metadata": {"a": "b"}} | asked), words
    )
    assert await plain(asking, subscription) == before


@pytest.mark.parametrize(
    "change", [{"currency": "mad"}, {"product": "prod_other"}, {"recurring": {"interval": "year"}}]
)
async def test_a_new_price_keeps_its_currency_product_and_rhythm(
    asking: Asking, change: dict[str, object]
) -> None:
    subscription = await monthly(asking)
    item = (await plain(asking, subscription))["items"]["data"][0]
    price = {
        "currency": "eur",
        "product": item["price"]["product"],
        "recurring": {"interval": "month"},
        "unit_amount": 3500,
    }
    asked = {"items": [{"id": item["id"], "price_data": price | change}], "proration_behavior": "none"}
    await asking.refused(asking.v1.subscriptions.update_async(subscription, asked), "keeps its currency")


# Money that comes late, goes back, or is contested.


async def test_a_first_month_by_a_delayed_method_is_paid_when_the_bank_says_so(asking: Asking) -> None:
    session = await monthly_session(asking)
    asking.account.pay_later(session)
    answer = await asking.v1.checkout.sessions.retrieve_async(session, {"expand": ["invoice"]})
    assert (answer.payment_status, answer.invoice.status) == ("unpaid", "open")
    asking.account.settle_later(session)
    assert await invoices(asking, answer.subscription) == [PAID]
    assert asking.told()[-2:] == ["checkout.session.async_payment_succeeded", "invoice.paid"]


async def test_a_bank_that_answers_after_the_second_month_pays_the_first_invoice(asking: Asking) -> None:
    session = await monthly_session(asking)
    asking.account.pay_later(session)
    asking.account.forward(MONTH)
    asking.account.settle_later(session)
    subscription = (await asking.v1.checkout.sessions.retrieve_async(session)).subscription
    assert await invoices(asking, subscription) == [PAID, PAID]
    charged = await asking.v1.charges.list_async()
    assert len({one.payment_intent for one in charged.data}) == 2


async def test_a_first_month_that_never_arrives_ends_the_gift(asking: Asking) -> None:
    session = await monthly_session(asking)
    asking.account.pay_later(session)
    asking.account.fail_later(session)
    subscription = (await asking.v1.checkout.sessions.retrieve_async(session)).subscription
    assert (await plain(asking, subscription))["status"] == "canceled"
    asking.account.forward(2 * MONTH)
    assert await invoices(asking, subscription) == [("open", 0)]
    assert asking.account.books() == {}


async def test_a_month_is_refunded_and_contested_like_any_payment(asking: Asking) -> None:
    session = await monthly_session(asking)
    asking.account.pay(session)
    asking.account.refund(session, 500)
    invoice = (await asking.v1.checkout.sessions.retrieve_async(session)).invoice
    asking.account.dispute(invoice)
    books = asking.account.books()["eur"]
    assert (books.charged, books.refunded, books.disputed_withdrawn) == (2000, 500, 1500)


async def test_a_card_declined_on_the_page_leaves_it_open(asking: Asking) -> None:
    session = await monthly_session(asking)
    asking.account.decline(session)
    answer = await asking.v1.checkout.sessions.retrieve_async(session)
    assert (answer.status, answer.payment_intent, answer.subscription) == ("open", None, None)


# Lists.


async def test_subscriptions_and_invoices_are_listed_by_what_they_are(asking: Asking) -> None:
    one, other = await monthly(asking), await monthly(asking)
    await asking.v1.subscriptions.cancel_async(other)
    listed = asking.v1.subscriptions.list_async
    customer = (await plain(asking, one))["customer"]
    assert [found.id for found in (await listed()).data] == [one]
    assert [found.id for found in (await listed({"status": "canceled"})).data] == [other]
    assert [found.id for found in (await listed({"status": "all"})).data] == [other, one]
    assert [found.id for found in (await listed({"customer": customer})).data] == [one]
    assert (await asking.v1.customers.retrieve_async(customer)).email == "donor@example.com"
    now = int(time.time())
    found = await asking.v1.invoices.list_async({"created": {"gte": now - 60}, "status": "paid"})
    assert len(found.data) == 2
    assert (await asking.v1.invoices.list_async({"created": {"gt": now + 60}})).data == []
    await asking.refused(listed({"price": "price_1"}), "do not filter by")
