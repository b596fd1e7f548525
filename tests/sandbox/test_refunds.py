"""Money goes back once, never more than was paid, and comes back where the bank could not deliver it."""

import pytest
import stripe

from tests.sandbox.asking import Asking


async def test_a_gift_is_refunded_whole(asking: Asking) -> None:
    session = await asking.paid()
    asked = {
        "payment_intent": await asking.intent_of(session),
        "reason": "requested_by_customer",
        "metadata": {"donation_id": "D1"},
    }
    refund = await asking.v1.refunds.create_async(asked)
    assert (refund.amount, refund.currency, refund.status) == (20000, "mad", "succeeded")
    assert (refund.reason, refund.metadata["donation_id"]) == ("requested_by_customer", "D1")
    charge = await asking.charge_of(session)
    assert (charge["amount_refunded"], charge["refunded"]) == (20000, True)
    assert asking.told("refund.created", "charge.refunded") == ["refund.created", "charge.refunded"]


async def test_a_gift_is_refunded_in_parts_and_never_beyond_what_is_left(asking: Asking) -> None:
    session = await asking.paid()
    charge = (await asking.charge_of(session))["id"]
    await asking.v1.refunds.create_async({"charge": charge, "amount": 5000})
    await asking.v1.refunds.create_async({"charge": charge, "amount": 14000})
    error = await asking.refused(
        asking.v1.refunds.create_async({"charge": charge, "amount": 1001}), "greater than unrefunded amount"
    )
    assert (error.code, error.http_status) == (None, 400)
    assert (await asking.charge_of(session))["refunded"] is False
    rest = await asking.v1.refunds.create_async({"charge": charge})
    assert rest.amount == 1000
    error = await asking.refused(asking.v1.refunds.create_async({"charge": charge}), "already been refunded")
    assert error.code == "charge_already_refunded"
    assert asking.account.books()["mad"].refunded == 20000


async def test_what_the_bot_could_not_know_breaks_no_contract(asking: Asking) -> None:
    session = await asking.paid()
    intent = await asking.intent_of(session)
    asking.account.refund(session)
    with pytest.raises(stripe.InvalidRequestError):
        await asking.v1.refunds.create_async({"payment_intent": intent})
    assert asking.account.rejected == []


async def test_the_same_key_refunds_once(asking: Asking) -> None:
    session = await asking.paid()
    asked = {"payment_intent": await asking.intent_of(session), "amount": 500}
    first = await asking.v1.refunds.create_async(asked, {"idempotency_key": "re-1"})
    again = await asking.v1.refunds.create_async(asked, {"idempotency_key": "re-1"})
    assert again.id == first.id
    assert asking.account.books()["mad"].refunded == 500


async def test_a_refund_that_fails_gives_the_money_back(asking: Asking) -> None:
    session = await asking.paid()
    asking.account.books_balance()
    asking.account.next_refunds = "pending"
    refund = asking.account.refund(session)
    found = await asking.v1.refunds.retrieve_async(refund)
    assert found.status == "pending"
    assert asking.account.books()["mad"].refunded == 20000
    asking.account.refund_status(refund, "succeeded")
    asking.account.refund_status(refund, "failed")
    found = await asking.v1.refunds.retrieve_async(refund, {"expand": ["failure_balance_transaction"]})
    assert (found.status, found.failure_reason) == ("failed", "expired_or_canceled_card")
    assert found.failure_balance_transaction.net == 1840
    charge = await asking.charge_of(session)
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    assert asking.account.books()["mad"].refunded == 0
    assert asking.account.books()["eur"].net == 1762
    kinds = ("refund.created", "refund.updated", "refund.failed")
    assert asking.told(*kinds) == ["refund.created", "refund.updated", "refund.updated", "refund.failed"]


@pytest.mark.parametrize("way", [["pending"], ["failed", "succeeded"], ["nonsense"]])
async def test_a_refund_goes_no_way_that_none_goes(asking: Asking, way: list[str]) -> None:
    refund = asking.account.refund(await asking.paid())
    *first, last = way
    for status in first:
        asking.account.refund_status(refund, status)
    with pytest.raises(Exception, match="does not become"):
        asking.account.refund_status(refund, last)


async def test_refunds_are_listed_by_their_payment(asking: Asking) -> None:
    one, other = await asking.paid(), await asking.paid()
    first, second = asking.account.refund(one, 100), asking.account.refund(one, 200)
    asking.account.refund(other)
    intent = await asking.intent_of(one)
    listed = await asking.v1.refunds.list_async(
        {"payment_intent": intent, "expand": ["data.balance_transaction"]}
    )
    assert [refund.id for refund in listed.data] == [second, first]
    assert [refund.balance_transaction.amount for refund in listed.data] == [-18, -9]
    charge = (await asking.charge_of(one))["id"]
    assert len((await asking.v1.refunds.list_async({"charge": charge, "limit": 1})).data) == 1
    whole = await asking.v1.charges.retrieve_async(charge, {"expand": ["refunds"]})
    assert [refund.id for refund in whole.refunds.data] == [second, first]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "payment_intent or charge"),
        ({"charge": "ch_none"}, "No such charge"),
        ({"payment_intent": "pi_none"}, "No such payment_intent"),
        ({"charge": "ch_none", "amount": -5}, "No such charge"),
        ({"charge": "ch_none", "reason": "he asked"}, "Invalid reason"),
        ({"charge": "ch_none", "colour": "red"}, "unknown parameter"),
    ],
)
async def test_a_refund_of_nothing_is_refused(asking: Asking, asked: dict[str, object], words: str) -> None:
    await asking.refused(asking.v1.refunds.create_async(asked), words)


@pytest.mark.parametrize("amount", [0, -5])
async def test_less_than_one_cent_is_not_refunded(asking: Asking, amount: int) -> None:
    charge = (await asking.charge_of(await asking.paid()))["id"]
    await asking.refused(asking.v1.refunds.create_async({"charge": charge, "amount": amount}), "positive")


async def test_a_gift_that_was_not_paid_is_not_refunded(asking: Asking) -> None:
    session = await asking.session()
    asking.account.decline(session)
    intent = await asking.intent_of(session)
    await asking.refused(
        asking.v1.refunds.create_async({"payment_intent": intent}), "does not have a successful charge"
    )
