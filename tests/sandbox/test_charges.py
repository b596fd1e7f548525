"""A payment's charge is there at once; what it brought into the account's own currency comes later."""

import time

import pytest
import stripe

from sandbox.stripe.balance import Sums
from tests.sandbox.asking import Asking


async def test_a_paid_gift_has_a_charge_and_no_balance_transaction_yet(asking: Asking) -> None:
    charge = await asking.charge_of(await asking.paid())
    assert charge["object"] == "charge"
    assert (charge["amount"], charge["currency"], charge["status"]) == (20000, "mad", "succeeded")
    assert charge["metadata"] == {"donation_id": "D1"}
    assert charge["balance_transaction"] is None


async def test_the_balance_transaction_arrives_with_time_and_is_told(asking: Asking) -> None:
    session = await asking.paid()
    asking.account.forward(60)
    charge = await asking.charge_of(session)
    found = charge["balance_transaction"]
    # 200.00 MAD are 18.40 EUR; 2.9 % of it is 53.36 cents.
    assert (found["amount"], found["fee"], found["net"]) == (1840, 78, 1762)
    assert (found["currency"], found["exchange_rate"], found["type"]) == ("eur", 0.092, "charge")
    assert found["source"] == charge["id"]
    assert sum(detail["amount"] for detail in found["fee_details"]) == 78
    assert found["available_on"] > time.time()
    assert asking.told("charge.updated") == ["charge.updated"]


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (1000, "eur", (1000, 54, 946, None)),
        (1500, "usd", (1380, 65, 1315, 0.92)),
        (50, "eur", (50, 26, 24, None)),
        (5000, "jpy", (500000, 14525, 485475, 1.0)),
        (5120, "kwd", (512, 40, 472, 1.0)),
    ],
)
async def test_fees_are_rounded_half_up_in_whole_cents(
    asking: Asking, amount: int, currency: str, expected: tuple[int, int, int, float | None]
) -> None:
    session = await asking.paid(amount, currency)
    asking.account.books_balance(session)
    found = (await asking.charge_of(session))["balance_transaction"]
    assert (found["amount"], found["fee"], found["net"], found["exchange_rate"]) == expected


async def test_one_balance_transaction_can_arrive_before_the_others(asking: Asking) -> None:
    first, second = await asking.paid(), await asking.paid()
    asking.account.books_balance(second)
    assert (await asking.charge_of(first))["balance_transaction"] is None
    assert (await asking.charge_of(second))["balance_transaction"] is not None
    asking.account.books_balance()
    asking.account.forward(3600)
    assert (await asking.charge_of(first))["balance_transaction"] is not None
    assert len(asking.told("charge.updated")) == 2


async def test_a_charge_and_its_intent_can_be_asked_for_by_themselves(asking: Asking) -> None:
    session = await asking.paid()
    asking.account.books_balance()
    intent = await asking.v1.payment_intents.retrieve_async(
        await asking.intent_of(session), {"expand": ["latest_charge.balance_transaction"]}
    )
    charge = await asking.v1.charges.retrieve_async(intent.latest_charge.id)
    assert charge.balance_transaction == intent.latest_charge.balance_transaction.id
    listed = await asking.v1.charges.list_async({"payment_intent": intent.id})
    assert [one.id for one in listed.data] == [charge.id]
    alone = await asking.v1.balance_transactions.retrieve_async(charge.balance_transaction)
    assert alone.net == 1762


async def test_an_attempt_that_was_declined_has_no_charge(asking: Asking) -> None:
    session = await asking.session()
    asking.account.decline(session, "insufficient_funds")
    answer = await asking.v1.checkout.sessions.retrieve_async(
        session, {"expand": ["payment_intent.latest_charge"]}
    )
    assert answer.payment_intent.latest_charge is None
    assert answer.payment_intent.last_payment_error.decline_code == "insufficient_funds"


async def test_balance_transactions_are_listed_by_type_source_and_date(asking: Asking) -> None:
    session = await asking.paid()
    asking.account.books_balance()
    refund = asking.account.refund(session, 5000)
    listed = asking.v1.balance_transactions.list_async
    assert [one.type for one in (await listed()).data] == ["refund", "charge"]
    assert [one.source for one in (await listed({"type": "refund"})).data] == [refund]
    assert [one.amount for one in (await listed({"source": refund})).data] == [-460]
    now = int(time.time())
    assert len((await listed({"created": {"gte": now - 60, "lt": now + 60}})).data) == 2
    assert (await listed({"created": {"gt": now + 60}})).data == []


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["colour"], r"cannot be expanded \(colour\)"),
        (["payment_intent.status"], r"cannot be expanded \(status\)"),
        (["payment_intent.latest_charge.balance_transaction.source.customer"], "more than 4 levels"),
    ],
)
async def test_a_path_that_stripe_would_not_expand_is_refused(
    asking: Asking, paths: list[str], words: str
) -> None:
    session = await asking.paid()
    await asking.refused(asking.v1.checkout.sessions.retrieve_async(session, {"expand": paths}), words)


async def test_a_charge_that_does_not_exist_is_not_found(asking: Asking) -> None:
    error = await asking.refused(asking.v1.charges.retrieve_async("ch_none"), "No such charge")
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.code == "resource_missing"


async def test_the_books_hold_each_currency_apart(asking: Asking) -> None:
    mad, eur = await asking.paid(), await asking.paid(1000, "eur")
    asking.account.books_balance()
    asking.account.refund(mad, 5000)
    asking.account.dispute_closed(asking.account.dispute(eur), "won")
    assert asking.account.books() == {
        "mad": Sums(charged=20000, refunded=5000),
        "eur": Sums(
            charged=1000,
            disputed_withdrawn=1000,
            reinstated=1000,
            fees=78 + 54 + 1500,
            net=1762 + 946 - 460 - 1000 - 1500 + 1000,
        ),
    }
