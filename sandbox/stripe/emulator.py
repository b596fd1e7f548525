"""One Stripe account in test mode: what donors, banks, the dashboard and time do to it. The nouns do the work."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.faults import Faults
from sandbox.stripe.account import API_VERSION, Account, Thing, found
from sandbox.stripe.balance import Balance, Sums
from sandbox.stripe.calls import Call
from sandbox.stripe.changes import Changes
from sandbox.stripe.clock import Clock
from sandbox.stripe.disputes import Disputes
from sandbox.stripe.events import Events
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.payments import Payments
from sandbox.stripe.portal import Portals
from sandbox.stripe.refunds import Refunds
from sandbox.stripe.renewals import Renewals
from sandbox.stripe.sessions import Sessions
from sandbox.stripe.subscriptions import Subscriptions
from sandbox.stripe.view import View
from sandbox.stripe.webhooks import Outbox

__all__ = ["API_VERSION", "Call", "StripeEmulator"]


class StripeEmulator:
    """`base` is this server's address; `webhook_url` where its events go, if anywhere."""

    def __init__(
        self,
        secret_key: str = "sk_test_sandbox",  # noqa: S107  opens nothing
        webhook_secret: str = "whsec_sandbox",  # noqa: S107
        base: str = "http://127.0.0.1:8090",
        pause: float = 2.0,
    ) -> None:
        self.secret_key, self.base = secret_key, base
        self.clock = Clock()
        self.outbox = Outbox(webhook_secret, pause, self.clock.wall)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.rejected: list[Call] = []
        self.on_change: list[Callable[[], None]] = []
        # Called with "before" or "after" the effect, and the method and path.
        self.spies: list[Callable[[str, str], None]] = []
        self.account = Account(self.clock, self._event)
        self.view = View(self.account)
        self.log = Events(self.clock, self.outbox, self.view.shown)
        self.balance = Balance(self.account)
        self._payments = Payments(self.account, self.balance)
        self._invoices = Invoices(self.account, self._payments, lambda: self.base)
        self.agreements = Subscriptions(self.account, self._invoices)
        self.changes = Changes(self.account, self.agreements)
        self.renewals = Renewals(self.account, self.agreements, self._invoices)
        self.portals = Portals(self.account)
        self._sessions = Sessions(self.account, self._payments, self.agreements, self.renewals)
        self.refunds = Refunds(self.account, self.balance)
        self.disputes = Disputes(self.account, self.balance)
        self.view.tellers |= {
            "balance_transaction": self.balance.tell,
            "invoice": self._invoices.tell,
            "subscription": self.agreements.tell,
        }

    async def start(self) -> None:
        await self.outbox.start()

    async def stop(self) -> None:
        await self.outbox.stop()

    @property
    def webhook_url(self) -> str | None:
        return self.outbox.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.outbox.url = url

    # What there is.

    @property
    def sessions(self) -> dict[str, Thing]:
        return self.account.sessions

    @property
    def intents(self) -> dict[str, Thing]:
        return self.account.intents

    @property
    def events(self) -> list[Thing]:
        return self.log.log

    @property
    def passed(self) -> int:
        """How far what exists has been aged, in seconds."""
        return self.clock.passed

    @property
    def charges(self) -> list[Thing]:
        """Every payment that took money, as its intent."""
        return [intent for intent in self.intents.values() if intent["status"] == "succeeded"]

    def books(self) -> dict[str, Sums]:
        """What a bot's own ledger must agree with, per currency in lower case."""
        return self.balance.sums()

    def shown(self, thing: Thing, expand: Iterable[str] | None = None) -> Thing:
        """An object as the API gives it."""
        return self.view.shown(thing, expand or ())

    def session(self, session_id: str) -> Thing:
        return self._sessions.get(session_id)

    def create_session(self, params: dict[str, Any]) -> Thing:
        session = self._sessions.create(params, self.base)
        self._changed()
        return session

    def expire_session(self, session_id: str) -> Thing:
        return self._sessions.asked_to_expire(session_id)

    # What donors do on the page, and banks later.

    def pay(self, session_id: str) -> None:
        self._sessions.pay(session_id)

    def pay_later(self, session_id: str) -> None:
        """A delayed method: the page is complete, the money is not there."""
        self._sessions.pay_later(session_id)

    def settle_later(self, session_id: str) -> None:
        self._sessions.settle(session_id)

    def fail_later(self, session_id: str) -> None:
        self._sessions.fail(session_id)

    def decline(self, session_id: str, code: str = "card_declined") -> None:
        """The bank says no; the page stays open."""
        self._sessions.decline(session_id, code)
        self._changed()

    def expire(self, session_id: str) -> None:
        self._sessions.expire(session_id)

    def forward(self, seconds: int) -> None:
        """Time passes for what exists; new objects and signatures keep the real time, which is also the bot's."""
        self.clock.forward(seconds)

    def books_balance(self, id: str | None = None) -> None:
        """The balance transaction of this session, intent, invoice or charge is known now; without id, of all."""
        self.balance.arrive(self.account.charge_of(id)["id"] if id else None)

    # Monthly gifts.

    @property
    def subscriptions(self) -> dict[str, Thing]:
        """As they are kept: use `shown` for times on the bot's clock."""
        return self.account.subscriptions

    @property
    def invoices(self) -> dict[str, Thing]:
        return self.account.invoices

    def fail_next_charge(self, subscription_id: str, times: int = 1, code: str = "card_declined") -> None:
        """The bank will say no to the next renewals or retries."""
        self.agreements.get(subscription_id)["_declines"] += [code] * times

    def update_card(self, subscription_id: str) -> None:
        """The donor gives another card, which works; what is open is paid at its next attempt."""
        self.agreements.get(subscription_id)["_declines"].clear()

    def pay_invoice(self, invoice_id: str) -> None:
        """The donor pays an open invoice on its own page, now."""
        self.renewals.pay_now(found(self.account.invoices, invoice_id, "invoice"))

    def stop_subscription(self, subscription_id: str, stops: bool = True) -> None:
        """In the portal: no charge after this period, or on again after all."""
        subscription = self.agreements.get(subscription_id)
        self.agreements.stop_at_period_end(subscription, stops=stops)
        self._event("customer.subscription.updated", subscription)

    def cancel_subscription(self, subscription_id: str) -> None:
        """In the dashboard, at once."""
        self.agreements.asked_to_cancel(subscription_id, {})

    # What people do in the dashboard, and card networks.

    @property
    def next_refunds(self) -> str:
        """The status that refunds are made with: "succeeded" or "pending"."""
        return self.refunds.next_status

    @next_refunds.setter
    def next_refunds(self, status: str) -> None:
        self.refunds.next_status = status

    def refund(self, id: str, amount: int | None = None, reason: str | None = None) -> str:
        """In the dashboard: give back a session, intent, invoice or charge, or a part; the refund's id."""
        return self.refunds.make(self.account.charge_of(id), amount, reason)["id"]

    def refund_status(self, refund_id: str, status: str) -> None:
        """The bank's later word: "succeeded", "failed" or "canceled"."""
        self.refunds.move(refund_id, status)

    def dispute(self, id: str, reason: str = "fraudulent", warning: bool = False) -> str:
        """The cardholder's bank takes back the payment behind this id, or asks first; the dispute's id."""
        return self.disputes.open(self.account.charge_of(id), reason, is_warning=warning)["id"]

    def dispute_reviewed(self, dispute_id: str) -> None:
        """Evidence was handed in."""
        self.disputes.review(dispute_id)

    def dispute_escalated(self, dispute_id: str) -> None:
        """A warning becomes a dispute."""
        self.disputes.escalate(dispute_id)

    def dispute_closed(self, dispute_id: str, status: str) -> None:
        """Ends "won", "lost" or "warning_closed"."""
        self.disputes.close(dispute_id, status)

    # Events.

    def event(self, kind: str, subject: Thing, **over: Any) -> Thing:
        """An event as Stripe words it, with the object as it is now."""
        return self.log.made(kind, subject, **over)

    async def deliver(self, event: Thing, times: int = 1) -> list[int]:
        """POST this event to the webhook, all copies at once; the answers' statuses."""
        return list(await asyncio.gather(*(self.outbox.post(event) for _ in range(times))))

    def sign(self, payload: bytes, secret: str | None = None, timestamp: int | None = None) -> str:
        return self.outbox.sign(payload, secret, timestamp)

    def _event(self, kind: str, subject: Thing) -> None:
        self.log.emit(kind, subject)
        self._changed()

    def _changed(self) -> None:
        for tell in self.on_change:
            tell()
