"""What is owed is claimed under a name, put off by rule, and what became of it is written down in a word."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot import courier, meters
from bot.i18n import Catalogues
from bot.model import (
    Campaign,
    CampaignState,
    Delivery,
    DeliveryKind,
    Donation,
    DonationState,
    Limits,
    MonthlyGift,
    MonthlyState,
    Preset,
)
from bot.money import Money
from bot.monthly import MonthlyFacts
from bot.months import step
from bot.store import deliveries
from bot.store.database import Database
from bot.store.deliveries import Owed
from sandbox.faults import Fault
from tests import engine
from tests.bot.engines import campaign
from tests.stage import Stage, to_the_bridge

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def mad(minor: int) -> Money:
    return Money(minor, "MAD")


def with_presets(*minor: int) -> Campaign:
    limits = {"MAD": Limits(mad(1000), mad(5_000_000))}
    return replace(
        campaign("aid"), presets={"MAD": tuple(Preset(mad(one), {}) for one in minor)}, limits=limits
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 512), (11, 512)])
def test_what_telegram_could_not_take_is_put_off_twice_as_long_each_time_to_nine_minutes(
    attempts: int, seconds: int
) -> None:
    delivery = Delivery(1, DeliveryKind.THANKS, "x", 7, None, None, None, attempts, in_doubt=False)
    assert courier._pause(delivery) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("given", "offered"), [(20_000, 10_000), (19_999, 5000), (30_000, 10_000), (900, 1000)]
)
def test_a_monthly_gift_is_offered_at_half_of_what_was_given_or_less(given: int, offered: int) -> None:
    assert courier._smaller(with_presets(10_000, 5000, 20_000), mad(given)) == mad(offered)


def test_where_there_are_no_presets_the_smallest_gift_is_offered() -> None:
    assert courier._smaller(with_presets(), mad(20_000)) == mad(1000)


@pytest.mark.parametrize(
    ("changes", "state", "is_offered"),
    [
        ({}, DonationState.PAID, True),
        ({}, DonationState.REFUNDED, False),
        ({"state": CampaignState.CLOSED}, DonationState.PAID, False),
        ({"ends_at": step(NOW, 1)}, DonationState.PAID, False),
        ({"ends_at": step(NOW, 1) + timedelta(seconds=1)}, DonationState.PAID, True),
        ({"limits": {}}, DonationState.PAID, False),
    ],
)
async def test_a_monthly_gift_is_offered_where_two_charges_could_still_come(
    stage: Stage, changes: dict[str, Any], state: DonationState, is_offered: bool
) -> None:
    donation = Donation("abcdefghjk", 1, 1, mad(20_000), state, 1, "{}", NOW, NOW)
    then = replace(stage.services, clock=lambda: NOW)
    shown = courier._offer(then, then.catalogues.words("en"), donation, replace(with_presets(), **changes))
    assert (shown is not None) is is_offered


async def test_what_is_claimed_bears_the_name_of_who_claimed_it(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "apart").mkdir()
    db = Database(engine.fresh(tmp_path / "apart"))
    await db.open()
    owed = Owed(DeliveryKind.ALERT, "x", chat_id=-5, payload="late")
    await db.write(lambda tx: deliveries.owe(tx, owed, NOW))
    apart = replace(stage.services, db=db, clock=lambda: NOW, owner="the second process")
    [parcel], _ = await courier.claim(apart)
    rows = await db.read(lambda tx: [tuple(row) for row in tx.plain("SELECT state, owner FROM deliveries")])
    await db.close()
    assert (parcel.delivery.payload, rows) == ("late", [("sending", "the second process")])


async def test_the_courier_rests_until_the_next_message_is_due(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "apart").mkdir()
    db = Database(engine.fresh(tmp_path / "apart"))
    await db.open()
    apart = replace(stage.services, db=db, clock=lambda: NOW)
    hour = NOW + timedelta(hours=1)

    async def owes(key: str, due: datetime) -> None:
        owed = Owed(DeliveryKind.ALERT, key, chat_id=-5, payload="late")
        await db.write(lambda tx: deliveries.owe(tx, owed, due))

    assert await courier.claim(apart) == ([], None)
    await owes("later", hour)
    assert await courier.claim(apart) == ([], hour)
    await owes("now", NOW)
    parcels, due = await courier.claim(apart)
    # What is on its way comes first, should we die with it.
    assert ([one.delivery.dedupe_key for one in parcels], due) == (["now"], NOW + deliveries.LEASE)
    await db.close()


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("card_declined.0", "It will not be tried again."),
        ("card_declined.1795780800", "Stripe tries again on \u2068November 27, 2026\u2069."),
    ],
)
def test_a_month_that_was_not_paid_is_tried_again_when_stripe_says_so_or_never(
    payload: str, said: str
) -> None:
    delivery = Delivery(1, DeliveryKind.RENEWAL_FAILED, "x", 7, 1, None, payload, 1, in_doubt=False)
    gift = MonthlyGift("m1", 1, 1, mad(20_000), MonthlyState.PAST_DUE, NOW)
    facts = MonthlyFacts(gift, campaign("aid"), 3, mad(60_000))
    screen = courier._of_monthly(Catalogues("en").words("en"), delivery, facts)
    assert screen is not None
    assert said in screen.text


async def counted(outcome: str, before: int, kind: str = "thanks") -> None:
    """Wait until one more has come to this: it is counted just after it was written down."""
    async with asyncio.timeout(15):
        while meters.DELIVERIES.counts.get((kind, outcome), 0) <= before:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("kind", "outcome", "error"),
    [
        ("429", "again", "busy"),
        ("502", "again", "not sent"),
        ("timeout_after", "again", "in doubt"),
        ("400", "refused", "something that no bot could mend"),
        ("403", "blocked", "forbidden: bot was blocked by the user"),
    ],
)
async def test_what_became_of_the_thanks_is_written_down_and_counted(
    stage: Stage, kind: str, outcome: str, error: str
) -> None:
    session = await to_the_bridge(stage, stage.john())
    before = meters.DELIVERIES.counts.get(("thanks", outcome), 0)
    stage.telegram.faults.add(Fault(kind, "sendMessage", times=-1))
    stage.stripe.pay(session)
    await counted(outcome, before)
    assert await stage.rows("SELECT error FROM deliveries WHERE kind = 'thanks'") == [(error,)]


async def test_what_is_owed_to_nobody_is_counted_as_such(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    before = meters.DELIVERIES.counts.get(("thanks", "nobody"), 0)
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE donors SET telegram_id = NULL, state = 'erased'")
    )
    stage.stripe.pay(session)
    await counted("nobody", before)


async def test_what_follows_a_group_is_counted_as_sent_again(stage: Stage) -> None:
    before = meters.DELIVERIES.counts.get(("alert", "again"), 0)
    stage.telegram.moved[-5] = -1001
    owed = Owed(DeliveryKind.ALERT, "x", chat_id=-5, payload="pause")
    await stage.services.db.write(lambda tx: deliveries.owe(tx, owed, stage.services.clock()))
    stage.services.bells.courier.set()
    await counted("again", before, "alert")
    await stage.until_rows("SELECT chat_id FROM deliveries WHERE state = 'sent'", [(-1001,)])


async def test_news_for_who_blocked_the_bot_stays_owed_to_a_donor_who_is_blocked(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.telegram.faults.add(Fault("403", "sendMessage"))
    stage.stripe.pay(session)
    await stage.until_rows("SELECT state FROM deliveries WHERE kind = 'thanks'", [("undeliverable",)])
    assert await stage.rows("SELECT state FROM donors") == [("blocked",)]


async def test_the_page_that_was_paid_gives_way_and_the_next_screen_comes_below_the_thanks(
    stage: Stage,
) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    [(before,)] = await stage.rows("SELECT awaiting FROM donors")
    stage.stripe.pay(session)
    await john.until(
        lambda one: not any("Open Stripe" in str(message.buttons) for message in one.messages), 15
    )
    await stage.until_rows("SELECT message_id IS NULL FROM donors", [(1,)], 15)
    [(after,)] = await stage.rows("SELECT awaiting FROM donors")
    assert after is not None
    assert after != before


async def test_the_page_that_expired_gives_way_to_a_message_that_the_next_screen_replaces(
    stage: Stage,
) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    stage.stripe.forward(2 * 3600 + 60)
    await john.says("has expired", 15)
    await stage.until_rows("SELECT awaiting FROM donors", [("home",)], 15)
    rows = await stage.rows(
        "SELECT d.message_id = o.message_id FROM donors d, deliveries o WHERE o.kind = 'expired'"
    )
    assert rows == [(1,)]
    await john.until(
        lambda one: not any("Open Stripe" in str(message.buttons) for message in one.messages), 15
    )
