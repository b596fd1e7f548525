"""Time in the sandbox: it ages what exists, in order, and years of monthly gifts take seconds."""

import time
from collections import Counter

from sandbox.stripe import StripeEmulator
from sandbox.stripe.clock import Clock
from sandbox.stripe.months import step
from tests.sandbox.asking_monthly import DAY, monthly_params


def test_what_is_due_happens_in_order_and_each_sees_its_own_time() -> None:
    clock = Clock()
    clock.source = lambda: 1000.0
    seen: list[tuple[str, int]] = []
    clock.at(1030, lambda: seen.append(("late", clock.now())))
    clock.at(1010, lambda: seen.append(("soon", clock.now())))
    clock.at(1010, lambda: clock.at(1020, lambda: seen.append(("begotten", clock.now()))))
    clock.forward(25)
    assert seen == [("soon", 1010), ("begotten", 1020)]
    assert (clock.now(), clock.wall()) == (1025, 1000)
    clock.forward(10)
    assert seen[-1] == ("late", 1030)


def test_a_clock_that_a_test_moves_makes_what_is_due_happen_without_ageing() -> None:
    """For a bot whose own clock is moved beside: dates and signatures go with it."""
    account, now = StripeEmulator(), 1_800_000_000
    account.clock.source = lambda: now
    session = account.create_session(monthly_params())["id"]
    account.pay(session)
    subscription = account.subscriptions[account.sessions[session]["subscription"]]
    for _ in range(14 * 31):
        now += DAY
        account.forward(0)
    assert account.passed == 0
    assert len(account.invoices) == 15
    assert account.events[-1]["created"] > now - 31 * DAY
    end = account.shown(subscription)["items"]["data"][0]["current_period_end"]
    assert end == step(1_800_000_000, "month", 15)
    assert f"t={now}," in account.sign(b"{}")


def test_an_open_page_expires_when_its_time_is_over_and_not_before() -> None:
    account = StripeEmulator()
    session = account.create_session(monthly_params() | {"expires_at": str(int(time.time()) + 7200)})["id"]
    account.forward(7100)
    assert account.sessions[session]["status"] == "open"
    account.forward(200)
    assert account.sessions[session]["status"] == "expired"


def test_fourteen_months_of_a_thousand_gifts_are_charged_as_the_calendar_says() -> None:
    account = StripeEmulator()
    for number in range(1000):
        session = account.create_session(monthly_params(amount=1000 + number))["id"]
        account.pay(session)
    gifts = list(account.subscriptions)
    ended, failing = gifts[:100], gifts[100:200]
    anchor = account.subscriptions[gifts[0]]["_anchor"]
    for gift in ended:
        account.agreements.stop_at(account.subscriptions[gift], step(anchor, "month", 6))
    for gift in failing:
        account.fail_next_charge(gift, times=1)
    for _ in range(427):
        account.forward(DAY)
    # The first month and fourteen more; those that ended at the sixth month's charge have six.
    months = Counter(invoice["_subscription"] for invoice in account.invoices.values())
    assert {months[gift] for gift in ended} <= {6, 7}
    assert {months[gift] for gift in gifts[100:]} == {15}
    assert {invoice["status"] for invoice in account.invoices.values()} == {"paid"}
    paid = sum(invoice["amount_paid"] for invoice in account.invoices.values())
    assert account.books()["eur"].charged == paid
    assert sum(event["type"] == "invoice.payment_failed" for event in account.events) == 100
    assert sum(event["type"] == "customer.subscription.deleted" for event in account.events) == 100
