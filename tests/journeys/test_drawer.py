"""What is done by hand in the drawer reaches the bot as Stripe tells it, with webhooks and without."""

from typing import Any

import aiohttp

from bot import auditing, comparing
from tests.stage import Stage, to_the_bridge


async def by_hand(stage: Stage, control: str, **body: Any) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{stage.sandbox.base}/controls/{control}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def all_that_can_happen(stage: Stage) -> None:
    """A part goes back and fails, the bank contests and loses; staff hear of it, and the books hold."""
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.pay(session)
    await stage.john().says("Received: 200 MAD")
    charge = next(iter(stage.stripe.account.charges))
    await by_hand(stage, "fee", id=charge)
    await by_hand(stage, "next_refunds", status="pending")
    await by_hand(stage, "refund", id=charge, amount="50")
    [refund] = stage.stripe.account.refunds
    await by_hand(stage, "refund_fate", id=refund, status="succeeded")
    await stage.john().says("Refunded: 50 MAD", 15)
    await stage.until_rows("SELECT state FROM donations", [("partly_refunded",)])
    await by_hand(stage, "refund_fate", id=refund, status="failed")
    await stage.karim().says("remboursement a échoué", 15)
    await stage.until_rows("SELECT state FROM donations", [("paid",)])
    await by_hand(stage, "dispute", id=charge)
    await stage.karim().says("conteste un paiement", 15)
    [dispute] = stage.stripe.account.disputes
    await by_hand(stage, "dispute_step", id=dispute, step="evidence")
    await by_hand(stage, "dispute_step", id=dispute, step="won")
    await stage.until_rows("SELECT state FROM donations", [("paid",)], 15)
    assert await stage.rows("SELECT received_minor FROM totals") == [(20000,)]
    assert await auditing.audit_books(stage.services) == []
    assert await comparing.audit_stripe(stage.services) == []


async def test_what_a_hand_does_in_the_drawer_arrives_by_webhook(stage: Stage) -> None:
    await all_that_can_happen(stage)
    assert stage.stripe.account.disputes


async def test_what_a_hand_does_in_the_drawer_is_heard_without_webhooks(polling: Stage) -> None:
    await all_that_can_happen(polling)
    assert polling.stripe.webhook_url is None
