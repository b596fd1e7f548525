"""Whatever happens to the events of one gift (lost, doubled, late, out of order, a crash between), the end is the same.

I6 and I7: any permutation, duplication and loss of hints, by webhook, by poll or both, gives the database of the
in-order run. I9: paid never goes back. I13: totals are what was paid.
"""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import giving, looking, settling
from bot.actions import Give
from bot.campaigns_file import load, read_file
from bot.config import Settings
from bot.i18n import Catalogues
from bot.model import Donor
from bot.payments.stripe_api import Payments
from bot.services import Services
from bot.store import donors, inbox
from bot.store.database import Database
from bot.store.inbox import Hint
from sandbox.app import Sandbox, running
from tests import engine
from tests.stage import ROOT, settings_for


class Gift(RuleBasedStateMachine):
    """One donor, one gift, and a Stripe whose news arrives as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.told: list[dict[str, Any]] = []
        self.was_paid = False

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize(amount=st.integers(2000, 5_000_000))
    def begin(self, amount: int) -> None:
        self.amount = amount
        self.run(self._begin())

    async def _begin(self) -> None:
        self.url = engine.fresh(self.folder)
        self.stack = running(pause=0.01)
        self.sandbox: Sandbox = await self.stack.__aenter__()
        self.settings: Settings = settings_for(self.sandbox, self.folder, webhook=True)
        await self._open()
        await self.services.db.write(lambda tx: load(tx, read_file(str(ROOT / "campaigns.toml"))))
        self.donor: Donor = await self.services.db.write(lambda tx: donors.add(tx, 7, "en", "MAD", 0))
        self.donation = await giving.open_checkout(self.services, self.donor, Give(1, self.amount, "mad"))
        self.session = self.donation.session_id or ""

    async def _open(self) -> None:
        db = Database(self.settings.database_url)
        await db.open()
        payments = Payments("sk_test_sandbox", self.settings.stripe_api_url, pause=0.01)
        catalogues = Catalogues("fr")
        self.services = Services(
            self.settings, db, payments, lambda: datetime.now(UTC), catalogues, "entraide_bot"
        )

    async def _close(self) -> None:
        await self.services.payments.close()
        await self.services.db.close()

    @property
    def stripe(self):
        return self.sandbox.stripe

    def status(self) -> tuple[str, str]:
        session = self.stripe.sessions[self.session]
        return session["status"], session["payment_status"]

    # What happens at Stripe.

    @precondition(lambda self: self.status()[0] == "open")
    @rule(act=st.sampled_from(["pay", "pay_later", "decline", "expire"]))
    def at_the_page(self, act: str) -> None:
        getattr(self.stripe, act)(self.session)

    @precondition(lambda self: self.status() == ("complete", "unpaid"))
    @rule(act=st.sampled_from(["settle_later", "fail_later"]))
    def at_the_bank(self, act: str) -> None:
        getattr(self.stripe, act)(self.session)

    # How the news arrives.

    @precondition(lambda self: self.stripe.events)
    @rule(data=st.data(), copies=st.integers(1, 3))
    def hear(self, data: st.DataObject, copies: int) -> None:
        event = data.draw(st.sampled_from(self.stripe.events))
        self.run(self._hear(event, copies))

    async def _hear(self, event: dict[str, Any], copies: int) -> None:
        hint = Hint(event["id"], event["type"], event["data"]["object"]["id"])
        for _ in range(copies):
            await self.services.db.write(lambda tx: inbox.add(tx, hint, "webhook", self.services.clock()))

    @rule(together=st.booleans())
    def work(self, together: bool) -> None:
        self.run(self._work(together=together))

    async def _work(self, *, together: bool) -> None:
        hints = await self.services.db.read(lambda tx: inbox.waiting(tx, 50))
        jobs = [
            looking.work_inbox(self.services, hint) for hint in hints for _ in range(2 if together else 1)
        ]
        await asyncio.gather(*jobs)

    @rule()
    def sweep(self) -> None:
        self.run(looking.sweep(self.services))

    @rule()
    def look(self) -> None:
        self.run(settling.settle(self.services, self.donation.id))

    @rule()
    def reconcile(self) -> None:
        self.run(looking.reconcile(self.services))

    @rule()
    def donor_asks_again(self) -> None:
        """The same gift while it is open is the same page."""
        if self.status()[0] == "open":
            again = self.run(giving.open_checkout(self.services, self.donor, Give(1, self.amount, "mad")))
            assert again.session_id == self.session

    @rule()
    def crash(self) -> None:
        self.run(self._close())
        self.run(self._open())

    # What must always hold.

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return engine.sql(self.url, sql)

    @invariant()
    def paid_stays_paid_and_is_what_stripe_took(self) -> None:
        if not hasattr(self, "session"):
            return
        [(state,)] = self.rows("SELECT state FROM donations WHERE session_id IS NOT NULL")
        assert not self.was_paid or state == "paid"
        self.was_paid = state == "paid"
        taken = self.status() == ("complete", "paid")
        assert taken or not self.was_paid
        paid = [(self.amount,)] if self.was_paid else []
        assert self.rows("SELECT amount_minor FROM payments") == paid
        assert self.rows("SELECT received_minor FROM totals") == paid
        assert self.rows("SELECT count(*) FROM deliveries WHERE kind = 'thanks'") == [(len(paid),)]

    def teardown(self) -> None:
        """The end, by whatever way, is the end of one honest look."""
        if hasattr(self, "session"):
            self.run(settling.settle(self.services, self.donation.id))
            expected = {"open": "awaiting", "expired": "expired"}.get(self.status()[0])
            if self.status()[0] == "complete":
                intent = self.stripe.intents[self.stripe.sessions[self.session]["payment_intent"]]["status"]
                expected = {"succeeded": "paid", "processing": "processing"}.get(intent, "failed")
            assert self.rows("SELECT state FROM donations") == [(expected,)]
            self.run(self._close())
            self.run(self.stack.__aexit__(None, None, None))
        self.runner.close()
        engine.tidy()
        shutil.rmtree(self.folder)


TestGift = Gift.TestCase
TestGift.settings = settings(
    max_examples=engine.examples(60),
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
