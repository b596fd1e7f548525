"""Everything that can happen to money, in any order: at the end our books are those of a bot that heard all of it in order.

Two bots look at one Stripe. The orderly one hears each event at once and works it before the next. The other one hears them
doubled, late, mixed or never, and is killed between any two statements; it ends with the same donations, payments, totals,
refunds, disputes, monthly gifts and sums (I6, I7, I9, I10, I13), which are Stripe's own as well.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import (
    accounting,
    auditing,
    comparing,
    giving,
    looking,
    mirroring,
    monthly,
    refunding,
    reporting,
    settling,
    stating,
)
from bot.actions import Give, GiveMonthly
from bot.campaigns_file import load, read_file
from bot.i18n import Catalogues
from bot.money import Money
from bot.payments.stripe_api import Payments
from bot.payments.webhooks import read_event
from bot.periods import Period
from bot.services import Services
from bot.store import donors, inbox, papers
from bot.store.database import Database
from bot.store.inbox import Hint
from bot.store.sql import Tx
from sandbox.app import Sandbox, running
from sandbox.stripe.errors import StripeRefusal
from tests import engine
from tests.stage import ROOT, settings_for

DAY = 86400
_plain_run = Tx._run


class Killed(Exception):
    """The process is gone in the middle of a transaction."""


class Fuse:
    """Burns down with each statement of a transaction; at zero the process dies."""

    left: int | None = None


def _fused_run(self: Tx, statement: Any, values: Any) -> Any:
    if Fuse.left is not None:
        Fuse.left -= 1
        if Fuse.left < 0:
            raise Killed
    return _plain_run(self, statement, values)


pytestmark = pytest.mark.timeout(14400 if "EXAMPLES" in os.environ else 600)


@pytest.fixture(autouse=True, scope="module")
def _fused() -> Any:
    Tx._run = _fused_run
    yield
    Tx._run = _plain_run


class Bot:
    """The use cases on a database of their own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.settings = settings_for(sandbox, folder, webhook=True, offer_monthly=True)
        self.worked = 0

    async def open(self) -> None:
        db = Database(self.settings.database_url)
        await db.open()
        payments = Payments("sk_test_sandbox", self.settings.stripe_api_url, pause=0.01)
        self.services = Services(
            self.settings, db, payments, lambda: datetime.now(UTC), Catalogues("fr"), "entraide_bot"
        )

    async def close(self) -> None:
        await self.services.payments.close()
        await self.services.db.close()

    async def hear(self, event: dict[str, Any]) -> None:
        read = read_event(event)
        if read.concerns_us:
            hint = Hint(read.id, read.type, read.object_id)
            now = self.services.clock()
            await self.services.db.write(lambda tx: inbox.add(tx, hint, "webhook", now))

    async def work(self) -> None:
        hints = await self.services.db.read(lambda tx: inbox.waiting(tx, 50))
        found = await asyncio.gather(
            *(looking.work_inbox(self.services, hint) for hint in hints), return_exceptions=True
        )
        for one in found:
            if isinstance(one, BaseException):
                raise one

    async def in_order(self, events: list[dict[str, Any]]) -> None:
        """Each event is worked before the next one is heard."""
        for event in events[self.worked :]:
            await self.hear(event)
            await self.work()
        self.worked = len(events)

    async def look_at_everything(self) -> None:
        """The nets beneath the events: each gift, each monthly gift, each payment, and the nightly comparison."""
        for (id,) in await self.rows("SELECT id FROM donations WHERE session_id IS NOT NULL"):
            await settling.settle(self.services, id)
        for (id,) in await self.rows("SELECT id FROM monthly_gifts"):
            await mirroring.mirror(self.services, id)
        for order in await refunding.due(self.services):
            await refunding.make(self.services, order)
        for (id,) in await self.rows("SELECT id FROM donations"):
            await refunding.mirror(self.services, id)
        await looking.reconcile(self.services)

    async def learn_accounts(self) -> None:
        """Fees are learned whenever Stripe knows them, by looking again: it is time for every look."""
        await self.services.db.write(lambda tx: tx.plain("UPDATE payments SET look_at = 0 WHERE look_at > 0"))
        for intent in await accounting.due(self.services, 100):
            await accounting.learn(self.services, intent)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.services.db.read(lambda tx: [tuple(row) for row in tx.plain(sql)])

    async def books(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """What must be the same whatever the way; moments and what merely happened in between left out."""
        return {
            name: Counter(await self.rows(sql))
            for name, sql in {
                "donations": "SELECT id, amount_minor, cover_minor, currency, state, monthly_id, counted_minor FROM donations",
                "payments": "SELECT subject, payment_intent, donation_id, amount_minor, currency, is_matched FROM payments",
                "totals": "SELECT campaign_id, currency, received_minor, gifts FROM totals",
                "progress": "SELECT campaign_id, donors, counted_minor FROM progress",
                "refunds": "SELECT id, donation_id, amount_minor, currency, status FROM refunds",
                "disputes": "SELECT id, donation_id, amount_minor, currency, status FROM disputes",
                "monthly": "SELECT id, amount_minor, state, subscription_id FROM monthly_gifts",
                "ledger": "SELECT donation, campaign, currency, sum(amount_minor) FROM ledger "
                "WHERE kind != 'fee' GROUP BY 1, 2, 3",
                "fees": "SELECT donation, currency, sum(amount_minor) FROM ledger WHERE kind = 'fee' GROUP BY 1, 2",
                "balance": "SELECT id, amount_minor, fee_minor, net_minor, currency FROM balance_transactions",
                "receipts": "SELECT kind, subject, donation_id, amount_minor FROM receipts WHERE kind = 'receipt' "
                "OR subject IN (SELECT id FROM refunds WHERE status = 'succeeded')",
                "thanks": "SELECT donation_id, count(*) FROM deliveries WHERE kind = 'thanks' GROUP BY 1",
                "over": "SELECT subject, count(*) FROM deliveries WHERE kind IN ('monthly_ended', 'monthly_stopped') "
                "GROUP BY 1",
            }.items()
        }


class Life(RuleBasedStateMachine):
    """A gift, a gift in euros and a monthly gift of one donor, and everything that Stripe, banks and people do to them."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.paid: set[str] = set()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        self.url = engine.fresh(self.folder)
        (self.folder / "orderly").mkdir()
        self.stack = running(pause=0.01)
        self.sandbox: Sandbox = await self.stack.__aenter__()
        self.stripe = self.sandbox.stripe
        self.bot, self.orderly = Bot(self.sandbox, self.folder), Bot(self.sandbox, self.folder / "orderly")
        await self.bot.open()
        services = self.bot.services
        await services.db.write(lambda tx: load(tx, read_file(str(ROOT / "campaigns.toml"))))
        self.donor = await services.db.write(lambda tx: donors.add(tx, 7, "en", "MAD", 0))
        for give in (Give(1, 20000, "mad"), GiveMonthly(2, 5000, "mad", "6m"), Give(3, 3000, "eur")):
            await giving.open_checkout(services, self.donor, give)
        self.sessions = list(self.stripe.sessions)
        [(self.monthly_id,)] = await self.bot.rows("SELECT id FROM monthly_gifts")
        await self.bot.close()
        engine.copy(self.url, self.folder / "orderly")
        await self.bot.open()
        await self.orderly.open()

    def at_stripe(self, act: Any, *details: Any) -> None:
        """Something happens there, if Stripe lets it; the orderly bot hears of it at once."""
        with contextlib.suppress(StripeRefusal):
            act(*details)
        self.run(self.orderly.in_order(self.stripe.events))

    # What happens at Stripe.

    @rule(number=st.integers(0, 2), act=st.sampled_from(["pay", "pay", "pay_later", "decline", "expire"]))
    def at_the_page(self, number: int, act: str) -> None:
        self.at_stripe(getattr(self.stripe, act), self.sessions[number])

    @rule(number=st.integers(0, 2), act=st.sampled_from(["settle_later", "fail_later"]))
    def at_the_bank(self, number: int, act: str) -> None:
        self.at_stripe(getattr(self.stripe, act), self.sessions[number])

    @precondition(lambda self: self.stripe.subscriptions)
    @rule(failures=st.sampled_from([0, 0, 0, 1, 4]), days=st.sampled_from([3, 31, 31]))
    def a_month_passes(self, failures: int, days: int) -> None:
        [subscription] = self.stripe.subscriptions
        if failures:
            with contextlib.suppress(StripeRefusal):
                self.stripe.fail_next_charge(subscription, times=failures)
        self.at_stripe(self.stripe.forward, days * DAY)

    @precondition(lambda self: self.stripe.subscriptions)
    @rule(act=st.sampled_from(["update_card", "stop_subscription", "cancel_subscription"]))
    def in_the_portal(self, act: str) -> None:
        [subscription] = self.stripe.subscriptions
        self.at_stripe(getattr(self.stripe, act), subscription)

    @precondition(lambda self: self.stripe.charges)
    @rule(
        data=st.data(), part=st.sampled_from([None, 1000]), status=st.sampled_from(["succeeded", "pending"])
    )
    def refund(self, data: st.DataObject, part: int | None, status: str) -> None:
        charge = data.draw(st.sampled_from(self.stripe.charges))
        self.stripe.next_refunds = status
        self.at_stripe(self.stripe.refund, charge["id"], part)
        self.stripe.next_refunds = "succeeded"

    @precondition(lambda self: self.stripe.account.refunds)
    @rule(data=st.data(), status=st.sampled_from(["succeeded", "failed", "canceled"]))
    def the_bank_on_a_refund(self, data: st.DataObject, status: str) -> None:
        refund = data.draw(st.sampled_from(list(self.stripe.account.refunds)))
        self.at_stripe(self.stripe.refund_status, refund, status)

    @precondition(lambda self: self.stripe.charges)
    @rule(data=st.data(), warning=st.booleans())
    def dispute(self, data: st.DataObject, warning: bool) -> None:
        charge = data.draw(st.sampled_from(self.stripe.charges))
        self.at_stripe(self.stripe.dispute, charge["id"], "fraudulent", warning)

    @precondition(lambda self: self.stripe.account.disputes)
    @rule(data=st.data(), act=st.sampled_from(["won", "lost", "warning_closed", "escalated", "reviewed"]))
    def the_bank_on_a_dispute(self, data: st.DataObject, act: str) -> None:
        dispute = data.draw(st.sampled_from(list(self.stripe.account.disputes)))
        if act in ("escalated", "reviewed"):
            self.at_stripe(getattr(self.stripe, f"dispute_{act}"), dispute)
        else:
            self.at_stripe(self.stripe.dispute_closed, dispute, act)

    @rule()
    def the_balance_is_known(self) -> None:
        self.at_stripe(self.stripe.books_balance)

    # What the donor and staff do, through the bot that lives dangerously.

    @rule(wish=st.sampled_from(["stop", "pause", "go on", "change"]))
    def the_donor_wishes(self, wish: str) -> None:
        self.run(self._wish(wish))
        self.run(self.orderly.in_order(self.stripe.events))

    async def _wish(self, wish: str) -> None:
        services, id = self.bot.services, self.monthly_id
        [(state, stop)] = await self.bot.rows("SELECT state, stop FROM monthly_gifts")
        if state in ("asked", "ended") or stop:
            return
        match wish:
            case "stop":
                await monthly.stop(services, self.donor, id)
            case "pause":
                await monthly.pause(services, self.donor, id, 1)
            case "go on":
                await monthly.pause(services, self.donor, id, 0)
            case _:
                await monthly.change(services, self.donor, id, Money(7000, "MAD"))

    @rule(data=st.data())
    def staff_refund(self, data: st.DataObject) -> None:
        found = self.run(self.bot.rows("SELECT id FROM donations WHERE state IN ('paid', 'partly_refunded')"))
        if found:
            self.run(self._give_back(data.draw(st.sampled_from(sorted(found)))[0]))
            self.run(self.orderly.in_order(self.stripe.events))

    async def _give_back(self, donation_id: str) -> None:
        donation = await giving.get(self.bot.services, donation_id)
        await refunding.give_back(
            self.bot.services, donation, Money(500, donation.money.currency), "asked", "staff 1"
        )

    # How the news arrives.

    @precondition(lambda self: self.stripe.events)
    @rule(data=st.data(), copies=st.integers(1, 3))
    def hear(self, data: st.DataObject, copies: int) -> None:
        event = data.draw(st.sampled_from(self.stripe.events))
        for _ in range(copies):
            self.run(self.bot.hear(event))

    @rule()
    def work(self) -> None:
        self.run(self.bot.work())

    @precondition(lambda self: self.stripe.events)
    @rule(data=st.data(), statements=st.integers(0, 40))
    def killed_at_work(self, data: st.DataObject, statements: int) -> None:
        for event in data.draw(st.lists(st.sampled_from(self.stripe.events), min_size=1, max_size=3)):
            self.run(self.bot.hear(event))
        Fuse.left = statements
        try:
            with contextlib.suppress(Killed):
                self.run(self.bot.work())
        finally:
            Fuse.left = None
        self.run(self.bot.close())
        self.run(self.bot.open())

    @rule()
    def sweep(self) -> None:
        self.run(looking.sweep(self.bot.services))

    @rule()
    def reconcile(self) -> None:
        self.run(looking.reconcile(self.bot.services))

    # What must always hold.

    @invariant()
    def the_books_hold_in_themselves(self) -> None:
        if not hasattr(self, "sessions"):
            return
        assert self.run(auditing.audit_books(self.bot.services)) == []
        received = (str(one) for one in giving.RECEIVED)
        names = ", ".join(f"'{one}'" for one in received)
        paid = {id for (id,) in self.run(self.bot.rows(f"SELECT id FROM donations WHERE state IN ({names})"))}
        assert self.paid <= paid, "what was paid stays paid"
        self.paid = paid

    def teardown(self) -> None:
        if hasattr(self, "sessions"):
            try:
                self.run(self._ends_the_same())
            finally:
                self.run(self.bot.close())
                self.run(self.orderly.close())
                self.run(self.stack.__aexit__(None, None, None))
        self.runner.close()
        engine.tidy()
        shutil.rmtree(self.folder)

    async def _ends_the_same(self) -> None:
        await self.bot.look_at_everything()
        await self.orderly.in_order(self.stripe.events)
        await self.bot.learn_accounts()
        await self.orderly.learn_accounts()
        mine, theirs = await self.bot.books(), await self.orderly.books()
        for name, rows in mine.items():
            assert rows == theirs[name], name
        assert await auditing.audit_books(self.bot.services) == []
        assert await comparing.audit_stripe(self.bot.services) == []
        booked = await self.bot.rows(
            "SELECT currency, sum(amount_minor) FROM ledger WHERE kind != 'fee' GROUP BY 1"
        )
        assert {currency: minor for currency, minor in booked if minor} == self._stripes()

        await self._papers_agree()

    async def _papers_agree(self) -> None:
        """The statement of the donor and the report of the campaigns add up to the ledger's rows."""
        services, words = self.bot.services, Catalogues("en").words("en")
        days = Period(
            services.clock().date() - timedelta(days=1), services.clock().date() + timedelta(days=1)
        )
        report = await reporting.report(services, words, "", days)
        assert report is not None
        not_matched = "('unmatched', 'unmatched_back')"
        held = await self._sums(f"kind NOT IN {not_matched}")
        assert {one.currency: one.closing.minor for one in report.totals if one.closing.minor} == held
        rows = await services.db.read(lambda tx: papers.movements(tx, self.donor.id, *days.bounds))
        stated: Counter[str] = Counter()
        for entry in stating.movements(rows, {row.campaign: row.campaign for row in rows}):
            stated[entry.money.currency] += entry.money.minor
        charged = await self._sums(f"kind NOT IN {not_matched} AND kind != 'fee'")
        assert {currency: minor for currency, minor in stated.items() if minor} == charged

    async def _sums(self, which: str) -> dict[str, int]:
        rows = await self.bot.rows(
            f"SELECT currency, sum(amount_minor) FROM ledger WHERE {which} GROUP BY currency"
        )
        return {currency: minor for currency, minor in rows if minor}

    def _stripes(self) -> dict[str, int]:
        """Charged, less what went back; what a bank holds until a dispute is decided is not lost yet."""
        sums: dict[str, int] = {}
        for currency, one in self.stripe.books().items():
            sums[currency.upper()] = one.charged - one.refunded - one.disputed_withdrawn + one.reinstated
        for dispute in self.stripe.account.disputes.values():
            if dispute["status"] in ("needs_response", "under_review"):
                sums[dispute["currency"].upper()] += dispute["_withdrawn"] - dispute["_reinstated"]
        return {currency: minor for currency, minor in sums.items() if minor}


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=int(os.environ.get("EXAMPLES", engine.examples(200))),
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


PAY = ("at_the_page", {"act": "pay", "number": 1})
PAY_LATER = ("at_the_page", {"act": "pay_later", "number": 1})
ARRIVES = ("at_the_bank", {"act": "settle_later", "number": 1})
NEVER_ARRIVES = ("at_the_bank", {"act": "fail_later", "number": 1})
MONTH = ("a_month_passes", {"days": 31, "failures": 0})
MONTH_FAILS = ("a_month_passes", {"days": 31, "failures": 1})
MONTH_ENDS_IT = ("a_month_passes", {"days": 31, "failures": 4})
KNOWN = ("the_balance_is_known", {})
CANCELED = ("in_the_portal", {"act": "cancel_subscription"})
STOPPED = ("in_the_portal", {"act": "stop_subscription"})
HEARD = ("reconcile", {})


@pytest.mark.parametrize(
    "steps",
    [
        (PAY_LATER, CANCELED, ARRIVES),
        (PAY_LATER, STOPPED, ARRIVES),
        (PAY_LATER, STOPPED, NEVER_ARRIVES),
        (PAY_LATER, MONTH, ARRIVES, KNOWN),
        (PAY_LATER, MONTH_FAILS, ARRIVES),
        (PAY_LATER, MONTH_ENDS_IT, MONTH, ARRIVES),
        (PAY_LATER, MONTH, CANCELED, ARRIVES, KNOWN),
        (PAY, HEARD, CANCELED, ("the_donor_wishes", {"wish": "change"})),
        (PAY, HEARD, STOPPED, ("the_donor_wishes", {"wish": "pause"}), MONTH),
        (PAY, HEARD, MONTH_ENDS_IT, ("the_donor_wishes", {"wish": "stop"}), MONTH),
    ],
)
def test_lives_that_went_wrong_once_and_their_neighbours(steps: tuple[tuple[str, Any], ...]) -> None:
    life = Life()
    life.begin()
    for step, details in steps:
        getattr(life, step)(**details)
    assert life.run(auditing.audit_books(life.bot.services)) == []
    life.teardown()
