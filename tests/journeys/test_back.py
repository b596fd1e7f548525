"""Money that goes back: undone by its donor, refunded by staff or in the dashboard, failed, contested, won and lost."""

from pathlib import Path

import pytest

from bot import auditing, comparing, looking, refunding
from bot.chores import audit_all, publish_ledger, verify_ledger
from sandbox.faults import Fault
from tests.stage import Stage, shows, to_the_bridge

KEPT = "SELECT received_minor FROM totals"
BOOKED = "SELECT kind, amount_minor FROM ledger ORDER BY seq"


async def a_paid_gift(stage: Stage) -> str:
    """John gave 200 MAD; the session's id."""
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.pay(session)
    await stage.john().says("Received: 200 MAD")
    await stage.until_rows("SELECT state FROM deliveries", [("sent",)])
    return session


async def audited(stage: Stage) -> None:
    """Our books hold in themselves, and beside Stripe's."""
    assert await auditing.audit_books(stage.services) == []
    assert await comparing.audit_stripe(stage.services) == []


async def undone(stage: Stage) -> None:
    john = stage.john()
    await john.tap("Undo")
    await john.says("Take back your gift")
    await john.tap("Yes, take it back")


async def test_a_donor_takes_a_gift_back_in_two_taps(stage: Stage) -> None:
    await a_paid_gift(stage)
    await undone(stage)
    await stage.john().says("Refunded: 200 MAD")
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
    assert await stage.rows(KEPT) == [(0,)]
    assert await stage.rows(BOOKED) == [("gift", 20000), ("refund", -20000)]
    assert await stage.rows("SELECT number, kind FROM receipts ORDER BY number") == [
        (1, "receipt"),
        (2, "credit"),
    ]
    await audited(stage)


async def test_a_gift_cannot_be_taken_back_when_its_time_has_passed(stage: Stage) -> None:
    await a_paid_gift(stage)
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET settled_at = settled_at - 3601"))
    john = stage.john()
    await john.tap("Undo")
    await john.says("can no longer be taken back")
    assert await stage.rows(KEPT) == [(20000,)]


@pytest.mark.parametrize("kind", ["429", "500", "timeout", "timeout_after", "cut_after", "cut_body"])
async def test_trouble_at_stripe_refunds_once_all_the_same(stage: Stage, kind: str) -> None:
    await a_paid_gift(stage)
    stage.stripe.faults.add(Fault(kind, "POST", path="/v1/refunds"))
    await undone(stage)
    await stage.john().says("Refunded: 200 MAD", 15)
    await stage.until_rows("SELECT state FROM donations", [("refunded",)])
    assert await stage.rows(BOOKED) == [("gift", 20000), ("refund", -20000)]
    await audited(stage)


async def test_a_refund_made_in_the_dashboard_is_mirrored_in_part_and_whole(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    stage.stripe.refund(session, 5000)
    await stage.john().says("Refunded: 50 MAD")
    assert await stage.rows("SELECT state FROM donations") == [("partly_refunded",)]
    assert await stage.rows(KEPT) == [(15000,)]
    stage.stripe.refund(session)
    await stage.john().says("Refunded: 150 MAD")
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
    await audited(stage)


async def test_a_refund_that_nobody_heard_of_is_found_by_the_reconciliation(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    stage.stripe.outbox.next_ones.extend(["lose"] * 4)
    stage.stripe.refund(session)
    [gift] = await looking.reconcile(stage.services)
    assert (await refunding.facts(stage.services, gift)).donation.state == "refunded"  # type: ignore[union-attr]
    await audited(stage)


async def test_a_refund_that_fails_later_brings_the_money_back_and_staff_hear_first(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    stage.stripe.refund(session)
    await stage.john().says("Refunded: 200 MAD")
    [(refund,)] = await stage.rows("SELECT id FROM refunds")
    stage.stripe.refund_status(refund, "failed")
    await stage.karim().says("remboursement a échoué")
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]
    assert await stage.rows(KEPT) == [(20000,)]
    assert [row[0] for row in await stage.rows(BOOKED)] == ["gift", "refund", "refund_failed"]
    await audited(stage)


@pytest.mark.parametrize(("end", "state", "kept"), [("won", "paid", 20000), ("lost", "charged_back", 0)])
async def test_a_dispute_is_told_to_staff_and_ends_either_way(
    stage: Stage, end: str, state: str, kept: int
) -> None:
    session = await a_paid_gift(stage)
    dispute = stage.stripe.dispute(session)
    await stage.karim().says("conteste un paiement")
    await stage.until_rows("SELECT state FROM donations", [("disputed",)])
    stage.stripe.dispute_closed(dispute, end)
    await stage.until_rows("SELECT state FROM donations", [(state,)])
    assert await stage.rows(KEPT) == [(kept,)]
    assert not any("contest" in message.text for message in stage.john().messages)
    await audited(stage)


async def test_staff_give_a_part_back_with_a_reason_and_a_second_tap(stage: Stage) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {gift} 50")
    await karim.until(lambda one: shows(one, "Payé deux fois"))
    await karim.tap("Payé deux fois")
    await karim.until(lambda one: shows(one, "Oui, rembourser 50 MAD"))
    await karim.tap("Oui, rembourser 50 MAD")
    await stage.john().says("Refunded: 50 MAD")
    assert await stage.rows("SELECT reason, state FROM refund_orders") == [("double", "made")]
    await audited(stage)


async def test_the_last_tap_of_a_refund_gives_back_once_however_often_it_comes(stage: Stage) -> None:
    """As after a kill between the refund and the end of its turn: Telegram brings the tap again, or staff tap again."""
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {gift} 50")
    await karim.until(lambda one: shows(one, "Payé deux fois"))
    await karim.tap("Payé deux fois")
    await karim.until(lambda one: shows(one, "Oui, rembourser 50 MAD"))
    message, button = karim.last, karim.button("Oui, rembourser 50 MAD")
    for _ in range(3):
        await stage.telegram.acknowledged(stage.telegram.tapped(karim, karim.chat, message, button), 20)
    assert [one["amount"] for one in stage.stripe.account.refunds.values()] == [5000]
    assert await stage.rows("SELECT count(*) FROM refund_orders") == [(1,)]
    assert await stage.rows(KEPT) == [(15000,)]
    await audited(stage)


async def test_an_order_that_was_done_long_ago_is_not_done_again(stage: Stage) -> None:
    """As a restored backup has it, when Stripe has forgotten the key: a part would go back twice."""
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {gift} 50")
    await karim.until(lambda one: shows(one, "Payé deux fois"))
    await karim.tap("Payé deux fois")
    await karim.until(lambda one: shows(one, "Oui, rembourser 50 MAD"))
    await karim.tap("Oui, rembourser 50 MAD")
    await stage.john().says("Refunded: 50 MAD")
    asked = "UPDATE refund_orders SET state = 'asked', look_at = 0, attempt = attempt + 1"
    await stage.services.db.write(lambda tx: tx.plain(asked))
    stage.services.bells.looks.set()
    await stage.until_rows("SELECT state FROM refund_orders", [("made",)])
    assert await stage.rows(BOOKED) == [("gift", 20000), ("refund", -5000)]
    assert len(stage.stripe.account.refunds) == 1
    await audited(stage)


async def test_a_stranger_who_types_refund_learns_nothing(stage: Stage) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    john = stage.john()
    await john.send(f"/refund {gift}")
    await john.says("How to give")
    assert await stage.rows("SELECT count(*) FROM refund_orders") == [(0,)]


async def test_news_of_a_refund_before_news_of_its_payment_ends_the_same(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    stage.stripe.refund(session, 5000)
    await stage.until_rows("SELECT state FROM donations", [("partly_refunded",)])
    assert await stage.rows(KEPT) == [(15000,)]
    await audited(stage)


async def test_an_audit_names_what_does_not_add_up_and_the_ledger_can_be_published(
    stage: Stage, tmp_path: Path
) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    assert await audit_all(stage.settings, with_stripe=True) == []
    count, head = await publish_ledger(stage.settings, tmp_path / "ledger.jsonl")
    said, holds = verify_ledger(tmp_path / "ledger.jsonl", gift)
    assert (count, holds, said[0]) == (1, True, f"1 rows, head {head}")
    for wrong in (
        "UPDATE totals SET received_minor = 1",
        "UPDATE donations SET state = 'refunded'",
        "UPDATE receipts SET number = 2",
    ):
        await stage.services.db.write(lambda tx, sql=wrong: tx.plain(sql))
    assert await audit_all(stage.settings, with_stripe=True) == [
        "humanitarian MAD: facts 20000, totals 1, ledger 20000",
        f"gift {gift} is refunded, its facts say paid",
        "receipts of 2026: 1 numbers are missing",
    ]


async def test_an_audit_hears_from_stripe_what_we_missed(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    stage.stripe.outbox.next_ones.extend(["lose"] * 4)
    stage.stripe.refund(session)
    assert await audit_all(stage.settings, with_stripe=True) == [f"gift {gift}: refunds differ"]


@pytest.mark.parametrize("written", ["/undo", "undo", "Remboursement", "استرجاع"])
async def test_the_newest_gift_is_taken_back_by_a_word(stage: Stage, written: str) -> None:
    john = stage.john()
    await john.send(written)
    await john.says("can no longer be taken back")
    await a_paid_gift(stage)
    await john.send(written)
    await john.says("Take back your gift of 200 MAD")
    await john.tap("Yes, take it back")
    await john.says("Refunded: 200 MAD")
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
