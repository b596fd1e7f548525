"""What each month does to a subscription: an invoice, a charge, its retries, a pause, an end."""

from sandbox.stripe.account import Account, Thing
from sandbox.stripe.errors import StateRefusal
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.months import step
from sandbox.stripe.subscriptions import Subscriptions

_DAY = 86400
# How long before a charge Stripe tells of it.
_NOTICE = 3 * _DAY
# After each failed attempt; when they are used up, the subscription ends.
_WAITS = (3 * _DAY, 5 * _DAY, 7 * _DAY)
_PAUSED = {"void": "void", "mark_uncollectible": "uncollectible", "keep_as_draft": "draft"}
_TOLD = {"void": "invoice.voided", "uncollectible": "invoice.marked_uncollectible"}


class Renewals:
    """Each subscription has one due at a time: the end of the period it is in."""

    def __init__(self, account: Account, subscriptions: Subscriptions, invoices: Invoices) -> None:
        self._account, self._subscriptions, self._invoices = account, subscriptions, invoices

    def announce(self, subscription: Thing, *, is_paid: bool) -> None:
        """A subscription has begun."""
        self._account.tell("customer.subscription.created", subscription)
        self._await(subscription)
        if is_paid:
            self._account.tell("invoice.paid", self._latest(subscription))

    def first_payment(self, subscription: Thing, decline: str | None = None) -> None:
        """The bank's late word on a first payment by a delayed method; without its money nothing goes on."""
        # A slow bank may answer when the second month's invoice is the latest one already.
        invoice = self._first(subscription)
        status = "requires_payment_method" if decline else "succeeded"
        self._invoices.collect(invoice, status, decline)
        self._account.tell("invoice.payment_failed" if decline else "invoice.paid", invoice)
        if decline:
            self._subscriptions.end(subscription, "payment_failed")

    def _latest(self, subscription: Thing) -> Thing:
        return self._account.invoices[subscription["latest_invoice"]]

    def _first(self, subscription: Thing) -> Thing:
        own = (one for one in self._account.invoices.values() if one["_subscription"] == subscription["id"])
        return next(one for one in own if one["billing_reason"] == "subscription_create")

    def _await(self, subscription: Thing) -> None:
        moment = subscription["items"]["data"][0]["current_period_end"]
        self._account.clock.at(moment - _NOTICE, lambda: self._notice(subscription, moment))
        self._account.clock.at(moment, lambda: self._period_is_over(subscription, moment))

    def _notice(self, subscription: Thing, moment: int) -> None:
        """`invoice.upcoming` carries a preview, which has no id of its own."""
        stops = subscription["cancel_at"] is not None and subscription["cancel_at"] <= moment
        if not (self._subscriptions.is_over(subscription) or stops or subscription["pause_collection"]):
            self._account.tell("invoice.upcoming", self._invoices.preview(subscription))

    def _period_is_over(self, subscription: Thing, moment: int) -> None:
        if self._subscriptions.is_over(subscription):
            return
        if subscription["cancel_at"] is not None and subscription["cancel_at"] <= moment:
            self._subscriptions.end(subscription, "cancellation_requested")
            return
        self._next_period(subscription, moment)
        self._await(subscription)
        status = self._how_paused(subscription, moment)
        invoice = self._invoices.make(subscription, "subscription_cycle", status)
        self._account.tell("customer.subscription.updated", subscription)
        if status == "open":
            self._try(subscription, invoice)
        elif status in _TOLD:
            self._account.tell(_TOLD[status], invoice)

    def _how_paused(self, subscription: Thing, moment: int) -> str:
        """The status that this period's invoice is made with. A pause that ends now is over."""
        pause = subscription["pause_collection"]
        if pause and pause["resumes_at"] is not None and pause["resumes_at"] <= moment:
            pause = subscription["pause_collection"] = None
        return _PAUSED[pause["behavior"]] if pause else "open"

    def _next_period(self, subscription: Thing, moment: int) -> None:
        [item] = subscription["items"]["data"]
        recurring = item["price"]["recurring"]
        subscription["_number"] += 1
        count = recurring["interval_count"] * (subscription["_number"] + 1)
        item["current_period_start"] = moment
        item["current_period_end"] = (
            step(subscription["_anchor"], recurring["interval"], count) + subscription["_aged"]
        )

    def pay_now(self, invoice: Thing) -> None:
        """The donor pays an open invoice on its own page, with a card that works."""
        if invoice["status"] != "open":
            raise StateRefusal(f"This invoice is {invoice['status']}.")
        subscription = self._account.subscriptions[invoice["_subscription"]]
        subscription["_declines"].clear()
        self._try(subscription, invoice)

    def _try(self, subscription: Thing, invoice: Thing) -> None:
        if subscription["_declines"]:
            self._failed(subscription, invoice, subscription["_declines"].pop(0))
            return
        self._invoices.collect(invoice)
        self._account.tell("invoice.paid", invoice)
        if subscription["status"] == "past_due":
            subscription["status"] = "active"
            self._account.tell("customer.subscription.updated", subscription)

    def _failed(self, subscription: Thing, invoice: Thing, code: str) -> None:
        self._invoices.collect(invoice, "requires_payment_method", code)
        failures = invoice["attempt_count"]
        moment = self._account.clock.now() + _WAITS[failures - 1] if failures <= len(_WAITS) else None
        invoice["next_payment_attempt"] = moment
        self._account.tell("invoice.payment_failed", invoice)
        if code == "authentication_required":
            self._account.tell("invoice.payment_action_required", invoice)
        if moment is None:
            self._subscriptions.end(subscription, "payment_failed")
            return
        self._account.clock.at(moment, lambda: self._again(subscription, invoice, moment))
        if subscription["status"] != "past_due":
            subscription["status"] = "past_due"
            self._account.tell("customer.subscription.updated", subscription)

    def _again(self, subscription: Thing, invoice: Thing, moment: int) -> None:
        if invoice["status"] == "open" and invoice["next_payment_attempt"] == moment:
            self._try(subscription, invoice)
