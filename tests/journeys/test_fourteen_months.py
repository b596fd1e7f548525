"""Fourteen months of monthly gifts, day by day, with ends, stops, pauses and failures: exactly the right charges, messages and
receipts. What is right is worked out beside, from the calendar alone. `make test-deep` lives it with a thousand donors."""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import accounting, auditing, comparing, giving, looking, mirroring, monthly, settling
from bot.actions import GiveMonthly
from bot.campaigns_file import load, read_file
from bot.i18n import Catalogues
from bot.model import Donor
from bot.months import step
from bot.payments.stripe_api import Payments
from bot.services import Services
from bot.store import donors, inbox
from bot.store.database import Database
from sandbox.app import Sandbox
from tests import engine
from tests.stage import ROOT, settings_for

pytestmark = pytest.mark.timeout(3600)
GIFTS = int(os.environ.get("GIFTS", "40"))
DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
DAYS = 430
NOTICE = timedelta(days=3)
# When Stripe tries a failed charge again, in days after the first try.
RETRIES = (3, 8, 15)


@dataclass
class Life:
    """What one donor agrees to and does later; months count from the first charge, which is month 0."""

    begins: datetime
    months: int | None
    stops_after: int | None = None
    pauses: tuple[int, int] | None = None
    fails: tuple[int, int] | None = None
    donor: Donor | None = None
    monthly_id: str = ""
    subscription: str = ""
    anchor: datetime = BEGIN
    charges: list[datetime] = field(default_factory=list[datetime])
    told: Counter[str] = field(default_factory=Counter[str])

    def work_out(self, until: datetime) -> None:
        """From the calendar alone: every charge up to `until`, and every message."""
        for month in range(20):
            due = step(self.anchor, month)
            if self.months is not None and month >= self.months:
                self.told["monthly_ended"] += due <= until
                return
            if self.stops_after is not None and month > self.stops_after:
                break
            if self.pauses and self.pauses[0] < month <= self.pauses[0] + self.pauses[1]:
                continue
            if month:
                self.told["upcoming"] += due - NOTICE <= until
            if due > until:
                return
            if self.fails and self.fails[0] == month and not self._charged_late(due, until):
                return
            if not (self.fails and self.fails[0] == month):
                self.charges.append(due)
        if self.stops_after is not None:
            self.told["monthly_stopped"] += 1

    def _charged_late(self, due: datetime, until: datetime) -> bool:
        """The month whose charge fails so many times; False where it ends there."""
        times = self.fails[1] if self.fails else 0
        for number in range(times):
            tried = due if number == 0 else due + timedelta(days=RETRIES[number - 1])
            if tried > until:
                return False
            if number == len(RETRIES):
                self.told["monthly_ended"] += 1
                return False
            self.told["renewal_failed"] += 1
        paid = due + timedelta(days=RETRIES[times - 1])
        if paid > until:
            return False
        self.charges.append(paid)
        return True


def lives(count: int) -> list[Life]:
    dice = random.Random(7)
    made: list[Life] = []
    for number in range(count):
        begins = BEGIN + timedelta(days=dice.randrange(30), minutes=number)
        life = Life(begins, dice.choice([3, 6, 12, None, None]))
        kind = dice.choice(["plain", "stop", "pause", "fail", "fail"])
        longest = (life.months or 12) - 1
        if kind == "stop":
            life.stops_after = dice.randrange(longest)
        if kind == "pause" and longest > 3:
            life.pauses = (dice.randrange(longest - 3), dice.choice([1, 2, 3]))
        if kind == "fail":
            life.fails = (dice.randrange(1, longest + 1), dice.choice([1, 2, 3, 4]))
        made.append(life)
    return made


class Year:
    """A bot that asks by itself, and a Stripe, on one clock that is moved a day at a time."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.stripe, self.now, self.yesterday = sandbox.stripe, BEGIN, BEGIN
        self.stripe.clock.source = self._time
        self.settings = settings_for(sandbox, folder, webhook=False, checkouts_per_donor=0)

    def _time(self) -> float:
        return self.now.timestamp()

    async def open(self) -> None:
        db = Database(engine.make(self.settings.database_url))
        await db.open()
        payments = Payments("sk_test_sandbox", self.settings.stripe_api_url, pause=0.01)
        self.services = Services(
            self.settings, db, payments, lambda: self.now, Catalogues("fr"), "entraide_bot", patience=60
        )
        await db.write(lambda tx: load(tx, read_file(str(ROOT / "campaigns.toml"))))

    async def close(self) -> None:
        await self.services.payments.close()
        await self.services.db.close()

    async def begin(self, number: int, life: Life) -> None:
        self.now = max(self.now, life.begins)
        services = self.services
        life.donor = await services.db.write(lambda tx: donors.add(tx, number, "en", "MAD", 0))
        term = f"{life.months}m" if life.months else "open"
        donation = await giving.open_checkout(services, life.donor, GiveMonthly(1, 5000, "mad", term))
        self.stripe.pay(donation.session_id or "")
        await settling.settle(services, donation.id)
        life.monthly_id = (await giving.get(services, donation.id)).monthly_id or ""
        await mirroring.mirror(services, life.monthly_id)
        life.subscription = list(self.stripe.subscriptions)[-1]
        life.anchor = datetime.fromtimestamp(self.stripe.subscriptions[life.subscription]["_anchor"], UTC)

    async def live(self, everyone: list[Life], until: datetime) -> None:
        """Days pass: what is due happens at Stripe, the bot asks for news and looks at what it has to."""
        while self.yesterday + DAY <= until:
            self.now = self.yesterday + DAY
            for life in everyone:
                await self._acts(life)
            self.yesterday = self.now
            self.stripe.forward(0)
            await looking.sweep(self.services)
            await self._work()
            while found := await mirroring.due(self.services, 50):
                await asyncio.gather(*(mirroring.mirror(self.services, gift.id) for gift in found))

    async def _work(self) -> None:
        while hints := await self.services.db.read(lambda tx: inbox.waiting(tx, 32)):
            await asyncio.gather(*(looking.work_inbox(self.services, hint) for hint in hints))

    async def _acts(self, life: Life) -> None:
        """What its donor and their bank do in the middle of a month."""

        def is_today(month: int, days: int) -> bool:
            return self.yesterday < step(life.anchor, month) + timedelta(days=days) <= self.now

        assert life.donor is not None
        if life.stops_after is not None and is_today(life.stops_after, 12):
            await monthly.stop(self.services, life.donor, life.monthly_id)
        if life.pauses and is_today(life.pauses[0], 12):
            await monthly.pause(self.services, life.donor, life.monthly_id, life.pauses[1])
        if life.fails and is_today(life.fails[0], -10):
            self.stripe.fail_next_charge(life.subscription, times=life.fails[1], code="insufficient_funds")

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.services.db.read(lambda tx: [tuple(row) for row in tx.plain(sql)])


async def test_fourteen_months_of_monthly_gifts_end_in_the_right_charges_messages_and_receipts(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    year = Year(sandbox, tmp_path)
    await year.open()
    everyone = sorted(lives(GIFTS), key=lambda life: life.begins)
    try:
        for number, life in enumerate(everyone, 1):
            await year.live(everyone[: number - 1], life.begins)
            await year.begin(number, life)
        await year.live(everyone, BEGIN + DAYS * DAY)
        for life in everyone:
            life.work_out(year.now)
        await _compare(year, everyone)
        assert year.stripe.rejected == []
    finally:
        await year.close()


async def _compare(year: Year, everyone: list[Life]) -> None:
    came = Counter(id for (id,) in await year.rows("SELECT monthly_id FROM donations WHERE state = 'paid'"))
    assert came == Counter({life.monthly_id: len(life.charges) for life in everyone})
    at_stripe = Counter(
        one["_subscription"] for one in year.stripe.invoices.values() if one["status"] == "paid"
    )
    assert at_stripe == Counter({life.subscription: len(life.charges) for life in everyone})
    told: dict[str, Counter[str]] = {life.monthly_id: Counter() for life in everyone}
    for subject, kind, count in await year.rows(
        "SELECT subject, kind, count(*) FROM deliveries WHERE subject IS NOT NULL GROUP BY 1, 2"
    ):
        told[subject][kind] = count
    # A Counter that counted nothing of a kind is the same as one that never met it.
    assert told == {life.monthly_id: +life.told for life in everyone}
    total = sum(len(life.charges) for life in everyone)
    assert await year.rows("SELECT count(*) FROM deliveries WHERE kind = 'thanks'") == [(total,)]
    assert await year.rows("SELECT count(*) FROM receipts") == [(total,)]
    assert await year.rows("SELECT received_minor, gifts FROM totals") == [(total * 5000, total)]
    year.stripe.books_balance()
    await year.services.db.write(lambda tx: tx.plain("UPDATE payments SET look_at = 0 WHERE look_at > 0"))
    while intents := await accounting.due(year.services, 100):
        for intent in intents:
            await accounting.learn(year.services, intent)
    assert await auditing.audit_books(year.services) == []
    assert await comparing.audit_stripe(year.services) == []
