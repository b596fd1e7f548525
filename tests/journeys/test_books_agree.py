"""After any course of gifts, covers, refunds, disputes and rates, heard in any order: ledger, totals, audit and Stripe agree.

I10: no more goes back than came, and currencies never meet in one sum.
"""

import asyncio
import contextlib
import shutil
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot import accounting, auditing, comparing, counting, giving, looking, refunding
from bot.actions import Give
from bot.campaigns_file import load, read_file
from bot.config import Settings
from bot.fees import cover
from bot.i18n import Catalogues
from bot.model import Donor
from bot.money import Money
from bot.payments.stripe_api import Payments
from bot.rates import Rate
from bot.services import Services
from bot.store import donors, inbox
from bot.store.database import Database
from bot.store.inbox import Hint
from sandbox.app import Sandbox, running
from sandbox.stripe.errors import StripeRefusal
from tests import engine
from tests.stage import ROOT, settings_for

_FEES = "MAD 2.9%+3, EUR 1.5%+0.25"


class Books(RuleBasedStateMachine):
    """A few donors, a dashboard, banks, and news that arrives when it likes, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.paid: list[str] = []
        self.refunds: list[str] = []
        self.disputes: list[str] = []

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        self.url = engine.fresh(self.folder)
        self.stack = running(pause=0.01)
        self.sandbox: Sandbox = await self.stack.__aenter__()
        self.stripe = self.sandbox.stripe
        self.settings: Settings = settings_for(
            self.sandbox, self.folder, webhook=True, fees=_FEES, checkouts_per_donor=0
        )
        db = Database(self.settings.database_url)
        await db.open()
        payments = Payments("sk_test_sandbox", self.settings.stripe_api_url, pause=0.01)
        self.services = Services(
            self.settings, db, payments, lambda: datetime.now(UTC), Catalogues("fr"), "entraide_bot"
        )
        await db.write(lambda tx: load(tx, read_file(str(ROOT / "campaigns.toml"))))
        self.donors: list[Donor] = [
            await db.write(lambda tx, number=number: donors.add(tx, number, "en", "MAD", 0))
            for number in (7, 8)
        ]

    # What donors, staff, banks and card networks do.

    @rule(
        campaign=st.integers(1, 3),
        minor=st.integers(2000, 400_000),
        currency=st.sampled_from(["MAD", "EUR", "USD"]),
        covers=st.booleans(),
        donor=st.integers(0, 1),
    )
    def give(self, campaign: int, minor: int, currency: str, covers: bool, donor: int) -> None:
        fees = cover(Money(minor, currency), self.settings.fees) if covers else None
        action = Give(campaign, minor, currency.lower())
        gift = self.run(giving.open_checkout(self.services, self.donors[donor], action, fees))
        # The same gift again, while nobody has heard that it was paid, is the same page.
        if self.stripe.sessions[gift.session_id]["status"] == "open":
            self.stripe.pay(gift.session_id)
            self.paid.append(gift.session_id)

    @precondition(lambda self: self.paid)
    @rule(data=st.data(), share=st.integers(1, 100), status=st.sampled_from(["succeeded", "pending"]))
    def refund_in_the_dashboard(self, data: st.DataObject, share: int, status: str) -> None:
        session = data.draw(st.sampled_from(self.paid))
        self.stripe.next_refunds = status
        amount = max(1, self.stripe.sessions[session]["amount_total"] * share // 100)
        with contextlib.suppress(StripeRefusal):
            self.refunds.append(self.stripe.refund(session, amount))

    @precondition(lambda self: self.refunds)
    @rule(data=st.data(), status=st.sampled_from(["succeeded", "failed", "canceled"]))
    def the_bank_answers(self, data: st.DataObject, status: str) -> None:
        with contextlib.suppress(StripeRefusal):
            self.stripe.refund_status(data.draw(st.sampled_from(self.refunds)), status)

    @precondition(lambda self: self.paid)
    @rule(data=st.data(), warning=st.booleans())
    def contest(self, data: st.DataObject, warning: bool) -> None:
        with contextlib.suppress(StripeRefusal):
            self.disputes.append(self.stripe.dispute(data.draw(st.sampled_from(self.paid)), warning=warning))

    @precondition(lambda self: self.disputes)
    @rule(data=st.data(), status=st.sampled_from(["won", "lost", "warning_closed"]))
    def close(self, data: st.DataObject, status: str) -> None:
        with contextlib.suppress(StripeRefusal):
            self.stripe.dispute_closed(data.draw(st.sampled_from(self.disputes)), status)

    @rule(currency=st.sampled_from(["EUR", "USD"]), value=st.decimals("0.01", "99", places=2))
    def staff_give_a_rate(self, currency: str, value: Decimal) -> None:
        today = counting.start_of(date(2026, 1, 1))
        self.run(counting.give(self.services, Rate(currency, "MAD", value, today, "staff 1")))

    @rule()
    def stripe_captures(self) -> None:
        self.stripe.books_balance()

    # How the news arrives.

    @precondition(lambda self: self.stripe.events)
    @rule(data=st.data(), copies=st.integers(1, 2))
    def hear(self, data: st.DataObject, copies: int) -> None:
        event = data.draw(st.sampled_from(self.stripe.events))
        self.run(self._hear(event, copies))

    async def _hear(self, event: dict[str, Any], copies: int) -> None:
        thing = event["data"]["object"]
        about = thing["id"] if thing["object"] == "checkout.session" else thing["payment_intent"]
        hint = Hint(event["id"], event["type"], about)
        await self.services.db.write(lambda tx: inbox.add(tx, hint, "webhook", self.services.clock()))
        await asyncio.gather(*(looking.work_inbox(self.services, hint) for _ in range(copies)))

    @rule()
    def look(self) -> None:
        self.run(self._look())

    async def _look(self) -> None:
        await self.services.db.write(lambda tx: tx.plain("UPDATE payments SET look_at = 0 WHERE look_at > 0"))
        for intent in await accounting.due(self.services, 100):
            await accounting.learn(self.services, intent)

    # The end: everything is decided and heard of.

    async def _end(self) -> None:
        for dispute in self.stripe.account.disputes.values():
            for status in ("lost", "warning_closed"):
                with contextlib.suppress(StripeRefusal):
                    self.stripe.dispute_closed(dispute["id"], status)
        self.stripe.books_balance()
        await looking.reconcile(self.services)
        for gift in await self._column("SELECT donation_id FROM payments"):
            await refunding.mirror(self.services, gift)
        await self._look()

    async def _column(self, sql: str) -> list[Any]:
        return await self.services.db.read(lambda tx: [row[0] for row in tx.plain(sql)])

    def _sums(self, sql: str) -> dict[str, int]:
        return {currency.lower(): minor for currency, minor in engine.sql(self.url, sql) if minor}

    def _agree(self) -> None:
        theirs = self.stripe.books()
        held = {
            code: sums.charged - sums.refunded - sums.disputed_withdrawn + sums.reinstated
            for code, sums in theirs.items()
        }
        ours = self._sums(
            "SELECT currency, sum(amount_minor) FROM ledger WHERE kind != 'fee' GROUP BY currency"
        )
        assert ours == {code: minor for code, minor in held.items() if minor}
        fees = self._sums(
            "SELECT currency, -sum(amount_minor) FROM ledger WHERE kind = 'fee' GROUP BY currency"
        )
        assert fees == {code: sums.fees for code, sums in theirs.items() if sums.fees}
        nets = self._sums("SELECT currency, sum(net_minor) FROM balance_transactions GROUP BY currency")
        assert nets == {code: sums.net for code, sums in theirs.items() if sums.net}
        kinds = "'gift', 'refund', 'refund_failed', 'chargeback', 'chargeback_won'"
        gifts = self._sums(
            f"SELECT currency, sum(amount_minor) FROM ledger WHERE kind IN ({kinds}) GROUP BY currency"
        )
        assert gifts == self._sums("SELECT currency, sum(received_minor) FROM totals GROUP BY currency")
        assert all(minor > 0 for minor in gifts.values())

    def teardown(self) -> None:
        if hasattr(self, "services"):
            self.run(self._end())
            self._agree()
            assert self.run(auditing.audit_books(self.services)) == []
            assert self.run(comparing.audit_stripe(self.services)) == []
            assert self.stripe.rejected == []
            self.run(self.services.payments.close())
            self.run(self.services.db.close())
            self.run(self.stack.__aexit__(None, None, None))
        self.runner.close()
        engine.tidy()
        shutil.rmtree(self.folder)


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=engine.examples(20),
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
