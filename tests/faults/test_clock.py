"""The clock jumps, by hours and by years, both ways; and the vendors are gone for a day, or for three."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import looking
from bot.app import App
from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests.faults.holds import well
from tests.stage import QUICK, Stage, press, settings_for, shows, to_the_bridge

SEEN = 20


class Clock:
    """The bot's clock, as wrong as a test says."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@contextlib.asynccontextmanager
async def by(clock: Clock, sandbox: Sandbox, folder: Path, *, webhook: bool = True) -> AsyncGenerator[Stage]:
    settings = settings_for(sandbox, folder, webhook=webhook)
    app = App(settings, clock, QUICK)
    running = asyncio.create_task(app.run())
    if settings.public_url:
        sandbox.stripe.webhook_url = f"{settings.public_url}/stripe/webhook"
    await asyncio.wait_for(app.serving.wait(), SEEN)
    try:
        yield Stage(sandbox, settings, app, running)
    finally:
        app.stopping.set()
        await asyncio.wait_for(running, SEEN)


JUMPS = {
    "an hour back": timedelta(hours=-1),
    "an hour ahead": timedelta(hours=1),
    "two years back": timedelta(days=-730),
    "two years ahead": timedelta(days=730),
}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])
async def test_a_gift_paid_while_the_clock_is_wrong_is_found_and_thanked_once_it_is_right(
    sandbox: Sandbox, tmp_path: Path, jump: timedelta, webhook: bool
) -> None:
    """A wrong clock may refuse Stripe's signatures; Stripe's own list brings what they told."""
    clock = Clock()
    async with by(clock, sandbox, tmp_path, webhook=webhook) as stage:
        session = await to_the_bridge(stage, stage.john())
        clock.ahead = jump
        stage.stripe.pay(session)
        await looking.sweep(stage.services)
        if await looking.is_reconciling_due(stage.services):
            await looking.reconcile(stage.services)
        clock.ahead = timedelta()
        await looking.sweep(stage.services)
        await stage.services.db.write(
            lambda tx: tx.plain("UPDATE donations SET look_at = 0 WHERE look_at > 0")
        )
        stage.services.bells.looks.set()
        # As each hour: what was written down while the clock was ahead may be owed in two years.
        await stage.until_rows("SELECT state FROM donations", [("paid",)], SEEN)
        await looking.pull_back(stage.services)
        if timedelta() < jump <= timedelta(days=1):
            # What was put off by less than a day is not pulled back: it comes when that time has come.
            clock.ahead = jump
        stage.services.bells.courier.set()
        await stage.john().says("Received: 200 MAD", SEEN)
        await well(stage)
        assert len(stage.stripe.charges) == 1


async def test_what_happened_while_the_clock_was_ahead_is_listed_once_it_is_right(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """The cursor of Stripe's list stood in the future: from there nothing would ever be news."""
    clock = Clock()
    async with by(clock, sandbox, tmp_path) as stage:
        session = await to_the_bridge(stage, stage.john())
        clock.ahead = timedelta(days=730)
        await looking.sweep(stage.services)
        stage.stripe.outbox.next_ones.append("lose")
        stage.stripe.pay(session)
        clock.ahead = timedelta()
        assert await looking.sweep(stage.services) > 0
        await stage.john().says("Received: 200 MAD", SEEN)
        await well(stage)


async def test_a_reconciliation_noted_in_the_future_does_not_put_off_the_next(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    clock = Clock()
    async with by(clock, sandbox, tmp_path) as stage:
        clock.ahead = timedelta(days=730)
        await looking.reconcile(stage.services)
        clock.ahead = timedelta()
        assert await looking.is_reconciling_due(stage.services)
        await looking.reconcile(stage.services)
        assert not await looking.is_reconciling_due(stage.services)


async def test_thanks_that_were_put_off_while_the_clock_was_ahead_do_not_wait_for_years(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    clock = Clock()
    async with by(clock, sandbox, tmp_path) as stage:
        john = stage.john()
        session = await to_the_bridge(stage, john)
        stage.telegram.faults.add(Fault("502", "sendMessage", times=2))
        clock.ahead = timedelta(minutes=4)
        stage.stripe.pay(session)
        await stage.until_rows("SELECT state, error FROM deliveries", [("owed", "not sent")], SEEN)
        await stage.services.db.write(
            lambda tx: tx.plain(f"UPDATE deliveries SET due_at = due_at + {730 * 86400}")
        )
        clock.ahead = timedelta()
    async with by(clock, sandbox, tmp_path) as stage:
        await stage.john().says("Received: 200 MAD", SEEN)
        await well(stage)


# The vendors are away.


async def test_stripe_down_for_three_days_loses_no_gift_that_was_paid(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """A page was open when it went; the donor asks, is told, and is thanked when it is back. Nobody is charged twice."""
    clock = Clock()
    async with by(clock, sandbox, tmp_path) as stage:
        john, yasmine = stage.john(), stage.yasmine()
        session = await to_the_bridge(stage, john)
        stage.stripe.outbox.next_ones.append("lose")
        stage.stripe.pay(session)
        stage.stripe.faults.add(Fault("503_html", "*", times=-1))
        await press(john, "I have paid", "Stripe")
        await yasmine.start("c_humanitarian_200_MAD")
        await yasmine.until(lambda one: shows(one, "Payer 200 MAD"), SEEN)
        await yasmine.tap("Payer 200 MAD")
        await yasmine.says("prépar", SEEN)
        for day in range(1, 4):
            clock.ahead = timedelta(days=day)
            stage.services.bells.looks.set()
            with contextlib.suppress(Exception):
                await looking.sweep(stage.services)
            assert not stage.running.done()
        await yasmine.says("expiré", SEEN)
        stage.stripe.faults.clear()
        clock.ahead = timedelta()
        await looking.sweep(stage.services)
        await looking.reconcile(stage.services)
        await john.says("Received: 200 MAD", SEEN)
        await well(stage)
        assert len(stage.stripe.charges) == 1


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])
async def test_telegram_down_for_a_day_keeps_every_thanks_for_its_return(
    sandbox: Sandbox, tmp_path: Path, webhook: bool
) -> None:
    """What Telegram itself forgot meanwhile nobody can bring: whoever taps again finds everything where it was."""
    clock = Clock()
    async with by(clock, sandbox, tmp_path, webhook=webhook) as stage:
        john, yasmine = stage.john(), stage.yasmine()
        session = await to_the_bridge(stage, john)
        stage.telegram.faults.add(Fault("502", "*", times=-1))
        stage.stripe.pay(session)
        await stage.until_rows("SELECT state FROM donations", [("paid",)], SEEN)
        for hour in (1, 6, 12, 25):
            clock.ahead = timedelta(hours=hour)
            stage.services.bells.courier.set()
        await stage.until_rows("SELECT state FROM deliveries WHERE kind = 'thanks'", [("owed",)], SEEN)
        stage.telegram.faults.clear()
        clock.ahead = timedelta(hours=26)
        stage.services.bells.courier.set()
        await john.says("Received: 200 MAD", SEEN)
        await yasmine.start("c_humanitarian")
        await yasmine.until(lambda one: shows(one, "Donner"), SEEN)
        assert not stage.running.done()
        assert len(stage.stripe.charges) == 1
