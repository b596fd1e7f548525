"""A bank takes a payment back, or only asks; the money leaves, and sometimes returns."""

import time

import pytest

from tests.sandbox.asking import Asking

KINDS = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")


def told(asking: Asking) -> list[str]:
    names = asking.told(*(f"charge.dispute.{kind}" for kind in KINDS))
    return [name.removeprefix("charge.dispute.") for name in names]


async def test_a_dispute_takes_the_money_and_names_its_last_day(asking: Asking) -> None:
    session = await asking.paid()
    found = await asking.v1.disputes.retrieve_async(asking.account.dispute(session))
    assert (found.status, found.reason, found.amount, found.currency) == (
        "needs_response",
        "fraudulent",
        20000,
        "mad",
    )
    assert found.evidence_details.due_by > time.time() + 7 * 86400
    assert found.payment_intent == await asking.intent_of(session)
    [taken] = found.balance_transactions
    assert (taken.type, taken.amount, taken.fee, taken.net) == ("adjustment", -1840, 1500, -3340)
    assert (await asking.charge_of(session))["disputed"] is True
    assert told(asking) == ["created", "funds_withdrawn"]


async def test_a_dispute_won_brings_the_money_back(asking: Asking) -> None:
    session = await asking.paid()
    dispute = asking.account.dispute(session)
    asking.account.dispute_reviewed(dispute)
    asking.account.dispute_closed(dispute, "won")
    found = await asking.v1.disputes.retrieve_async(dispute)
    assert found.status == "won"
    assert [one.amount for one in found.balance_transactions] == [-1840, 1840]
    books = asking.account.books()["mad"]
    assert (books.disputed_withdrawn, books.reinstated) == (20000, 20000)
    assert told(asking) == ["created", "funds_withdrawn", "updated", "closed", "funds_reinstated"]
    assert (await asking.v1.refunds.create_async({"payment_intent": found.payment_intent})).amount == 20000


async def test_a_dispute_lost_keeps_the_money(asking: Asking) -> None:
    dispute = asking.account.dispute(await asking.paid())
    asking.account.dispute_closed(dispute, "lost")
    books = asking.account.books()["mad"]
    assert (books.disputed_withdrawn, books.reinstated) == (20000, 0)
    assert told(asking) == ["created", "funds_withdrawn", "closed"]


@pytest.mark.parametrize("end", ["", "lost"])
async def test_a_disputed_gift_is_not_refunded_beside(asking: Asking, end: str) -> None:
    session = await asking.paid()
    dispute = asking.account.dispute(session)
    if end:
        asking.account.dispute_closed(dispute, end)
    intent = await asking.intent_of(session)
    error = await asking.refused(asking.v1.refunds.create_async({"payment_intent": intent}), "charged back")
    assert error.code == "charge_disputed"


async def test_a_warning_takes_nothing_and_leaves_refunds_open(asking: Asking) -> None:
    session = await asking.paid()
    dispute = asking.account.dispute(session, reason="general", warning=True)
    found = await asking.v1.disputes.retrieve_async(dispute)
    assert (found.status, found.is_charge_refundable) == ("warning_needs_response", True)
    assert found.balance_transactions == []
    assert asking.account.books()["mad"].disputed_withdrawn == 0
    asking.account.refund(session, 100)
    asking.account.dispute_closed(dispute, "warning_closed")
    assert told(asking) == ["created", "closed"]


async def test_a_warning_may_become_a_dispute(asking: Asking) -> None:
    dispute = asking.account.dispute(await asking.paid(), warning=True)
    asking.account.dispute_escalated(dispute)
    assert (await asking.v1.disputes.retrieve_async(dispute)).status == "needs_response"
    assert asking.account.books()["mad"].disputed_withdrawn == 20000
    assert told(asking) == ["created", "updated", "funds_withdrawn"]


async def test_disputes_are_listed_by_their_payment(asking: Asking) -> None:
    session, other = await asking.paid(), await asking.paid()
    dispute = asking.account.dispute(session)
    asking.account.dispute(other)
    intent, charge = await asking.intent_of(session), (await asking.charge_of(session))["id"]
    for asked in ({"payment_intent": intent}, {"charge": charge}):
        assert [one.id for one in (await asking.v1.disputes.list_async(asked)).data] == [dispute]


async def test_what_cannot_happen_to_a_dispute_does_not(asking: Asking) -> None:
    session = await asking.paid()
    dispute = asking.account.dispute(session)
    with pytest.raises(Exception, match="disputed already"):
        asking.account.dispute(session)
    with pytest.raises(Exception, match="does not become"):
        asking.account.dispute_closed(dispute, "warning_closed")
    asking.account.dispute_closed(dispute, "lost")
    with pytest.raises(Exception, match="closed"):
        asking.account.dispute_closed(dispute, "won")
