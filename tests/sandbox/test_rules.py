"""What Stripe's types let through and Stripe does not: sessions, lists, and keys."""

import time
from typing import Any

import pytest

from tests.sandbox.asking import Asking
from tests.sandbox.asking_monthly import monthly_params


def _without(params: dict[str, Any], *path: str | int) -> dict[str, Any]:
    inner: Any = params
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return params


MONTHLY = [
    (_without(monthly_params(), "line_items", 0, "price_data", "recurring"), "one-time prices only"),
    (monthly_params() | {"mode": "payment"}, "in `payment` mode"),
    (monthly_params() | {"customer_creation": "always"}, "in `subscription` mode"),
    (monthly_params() | {"invoice_creation": {"enabled": False}}, "in `subscription` mode"),
    (monthly_params() | {"payment_intent_data": {"description": "x"}}, "in `subscription` mode"),
    (monthly_params() | {"subscription_data": {"statement_descriptor_suffix": "DON"}}, "unknown parameter"),
    (monthly_params() | {"subscription_data": {"trial_period_days": 3}}, "does not emulate"),
    (monthly_params() | {"subscription_data": {"description": "x" * 501}}, "at most 500"),
    (monthly_params() | {"subscription_data": {"metadata": {"k": "v" * 501}}}, "at most 500"),
    (monthly_params() | {"line_items": monthly_params()["line_items"] * 2}, "have one item"),
    (monthly_params(amount=49), "too small"),
    (_without(monthly_params(), "success_url"), "success_url"),
]


@pytest.mark.parametrize(("asked", "words"), MONTHLY, ids=[words for _, words in MONTHLY])
async def test_a_monthly_page_that_stripe_would_refuse_is_refused(
    asking: Asking, asked: dict[str, Any], words: str
) -> None:
    await asking.refused(asking.v1.checkout.sessions.create_async(asked), words)


async def test_a_monthly_price_on_a_single_gifts_page_is_refused(asking: Asking) -> None:
    lines = monthly_params()["line_items"]
    await asking.refused(asking.session(line_items=lines), "recurring prices")


async def test_a_gift_and_its_fees_may_be_two_lines_of_one_currency(asking: Asking) -> None:
    def line(amount: int, currency: str = "eur") -> dict[str, Any]:
        return {
            "quantity": 1,
            "price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": "x"}},
        }

    session = await asking.session(line_items=[line(2000), line(85)])
    assert asking.account.sessions[session]["amount_total"] == 2085
    await asking.refused(asking.session(line_items=[line(2000), line(85, "usd")]), "one currency")


async def test_events_are_listed_by_kind_and_date(asking: Asking) -> None:
    session = await asking.paid()
    asking.account.refund(session)
    listed = asking.v1.events.list_async
    now = int(time.time())
    found = await listed({"types": ["refund.created", "charge.refunded"], "created": {"gte": now - 60}})
    assert [one.type for one in found.data] == ["charge.refunded", "refund.created"]
    assert (await listed({"type": "refund.created"})).data[0].data.object.object == "refund"
    assert (await listed({"created": {"gt": now + 60}})).data == []
    assert (await asking.v1.events.retrieve_async(found.data[0].id)).type == "charge.refunded"
    await asking.refused(listed({"types": [f"kind.{number}" for number in range(21)]}), "up to 20")
    await asking.refused(listed({"delivery_success": False}), "delivery")


async def test_an_event_shows_its_object_as_it_was_then(asking: Asking) -> None:
    session = await asking.paid()
    asking.account.refund(session, 500)
    asking.account.refund(session)
    seen = [
        event["data"]["object"]["amount_refunded"]
        for event in asking.account.events
        if event["type"] == "charge.refunded"
    ]
    assert seen == [500, 20000]


async def test_a_list_is_read_page_by_page_from_either_end(asking: Asking) -> None:
    made = [asking.account.refund(await asking.paid(1000)) for _ in range(5)]
    newest_first = [
        one.id async for one in (await asking.v1.refunds.list_async({"limit": 2})).auto_paging_iter()
    ]
    assert newest_first == made[::-1]
    asked = {"limit": 2, "ending_before": made[0]}
    oldest_first = [one.id async for one in (await asking.v1.refunds.list_async(asked)).auto_paging_iter()]
    assert oldest_first == made[1:]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"limit": 0}, "between 1 and 100"),
        ({"limit": 101}, "between 1 and 100"),
        ({"starting_after": "re_1", "ending_before": "re_2"}, "only specify one"),
        ({"starting_after": "re_none"}, "No such"),
        ({"colour": "red"}, "unknown parameter"),
    ],
)
async def test_a_list_that_stripe_would_refuse_is_refused(
    asking: Asking, asked: dict[str, object], words: str
) -> None:
    await asking.refused(asking.v1.refunds.list_async(asked), words)


async def test_a_list_expands_what_is_in_its_rows(asking: Asking) -> None:
    asking.account.refund(await asking.paid())
    found = await asking.v1.refunds.list_async({"expand": ["data.charge"]})
    assert found.data[0].charge.object == "charge"
    await asking.refused(asking.v1.refunds.list_async({"expand": ["charge"]}), "cannot be expanded")


async def test_an_endpoint_that_is_not_emulated_is_a_broken_contract(asking: Asking) -> None:
    await asking.refused(asking.v1.coupons.list_async(), "Unrecognized request URL")
