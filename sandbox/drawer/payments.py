"""What happens to one payment after it: its fee, refunds and their fate, disputes and their end."""

import re
from collections.abc import Callable
from decimal import Decimal

from sandbox.drawer.words import Asked, CannotBe
from sandbox.stripe import StripeEmulator
from sandbox.stripe.account import Thing
from sandbox.stripe.currencies import decimals

_FATES = {
    "succeeded": ("pending", "requires_action"),
    "failed": ("pending", "requires_action", "succeeded"),
}
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,6})?")
_STILL_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


def payment_controls(stripe: StripeEmulator) -> dict[str, Callable[[Asked], str]]:
    desk = _Payments(stripe)
    return {
        "refund": desk.refund,
        "refund_fate": desk.refund_fate,
        "next_refunds": desk.next_refunds,
        "dispute": desk.dispute,
        "dispute_step": desk.dispute_step,
        "fee": desk.fee,
    }


class _Payments:
    """A payment is named by its charge's id; `amount` is what a person typed, in whole units."""

    def __init__(self, stripe: StripeEmulator) -> None:
        self._stripe, self._account = stripe, stripe.account

    def _charge(self, asked: Asked) -> Thing:
        charge = self._account.charges.get(asked.text("id"))
        if charge is None:
            raise CannotBe(asked.say("no_payment"))
        return charge

    def _disputes(self, charge: Thing) -> list[Thing]:
        return [one for one in self._account.disputes.values() if one["charge"] == charge["id"]]

    def refund(self, asked: Asked) -> str:
        charge = self._charge(asked)
        left = charge["amount"] - charge["amount_refunded"]
        if any(not one["is_charge_refundable"] for one in self._disputes(charge)):
            raise CannotBe(asked.say("taken_back"))
        if left == 0:
            raise CannotBe(
                asked.say("nothing_left", amount=asked.money(charge["amount"], charge["currency"]))
            )
        amount = _minor(asked, charge["currency"]) if asked.body.get("amount") else left
        written = asked.money(amount, charge["currency"])
        if amount > left:
            raise CannotBe(asked.say("too_much", asked=written, left=asked.money(left, charge["currency"])))
        refund = self._account.refunds[self._stripe.refund(charge["id"], amount)]
        is_there = refund["status"] == "succeeded"
        return asked.say("refunded" if is_there else "refund_under_way", amount=written)

    def refund_fate(self, asked: Asked) -> str:
        refund, status = self._account.refunds.get(asked.text("id")), asked.text("status")
        if refund is None:
            raise CannotBe(asked.say("no_refund"))
        if status not in _FATES:
            raise CannotBe(asked.say("no_such_choice", choice=status))
        if refund["status"] not in _FATES[status]:
            raise CannotBe(asked.say(f"refund_is_{refund['status']}"))
        self._stripe.refund_status(refund["id"], status)
        return asked.say(f"refund_has_{status}", amount=asked.money(refund["amount"], refund["currency"]))

    def next_refunds(self, asked: Asked) -> str:
        """Also of those that the bot will ask for."""
        status = asked.text("status")
        if status not in ("succeeded", "pending"):
            raise CannotBe(asked.say("no_such_choice", choice=status))
        self._stripe.next_refunds = status
        return asked.say(f"next_refunds_{status}")

    def dispute(self, asked: Asked) -> str:
        charge, is_warning = self._charge(asked), bool(asked.body.get("warning"))
        if known := self._disputes(charge):
            is_open = any(one["status"] in _STILL_OPEN for one in known)
            raise CannotBe(asked.say("disputed_already" if is_open else "disputed_before"))
        dispute_id = self._stripe.dispute(charge["id"], warning=is_warning)
        dispute = self._account.disputes[dispute_id]
        return asked.say(
            "inquiry" if is_warning else "disputed",
            amount=asked.money(dispute["amount"], dispute["currency"]),
            date=asked.day(dispute["evidence_details"]["due_by"]),
        )

    def dispute_step(self, asked: Asked) -> str:
        """`step`: "evidence", "escalate", "won", "lost" or "warning_closed"."""
        dispute, step = self._account.disputes.get(asked.text("id")), asked.text("step")
        if dispute is None:
            raise CannotBe(asked.say("no_dispute"))
        if step not in ("evidence", "escalate", "won", "lost", "warning_closed"):
            raise CannotBe(asked.say("no_such_choice", choice=step))
        if dispute["status"] not in _STILL_OPEN:
            raise CannotBe(asked.say("dispute_over"))
        is_warning = dispute["status"].startswith("warning")
        if is_warning and step in ("won", "lost"):
            raise CannotBe(asked.say("only_inquiry"))
        if not is_warning and step in ("escalate", "warning_closed"):
            raise CannotBe(asked.say("dispute_already"))
        if step == "evidence" and dispute["status"].endswith("under_review"):
            raise CannotBe(asked.say("evidence_before"))
        self._step(dispute["id"], step)
        return asked.say(f"step_{step}", amount=asked.money(dispute["amount"], dispute["currency"]))

    def _step(self, dispute_id: str, step: str) -> None:
        if step == "evidence":
            self._stripe.dispute_reviewed(dispute_id)
        elif step == "escalate":
            self._stripe.dispute_escalated(dispute_id)
        else:
            self._stripe.dispute_closed(dispute_id, step)

    def fee(self, asked: Asked) -> str:
        """The balance transaction, which Stripe knows late, is known now."""
        charge = self._charge(asked)
        if charge["balance_transaction"]:
            raise CannotBe(asked.say("fee_before"))
        self._stripe.books_balance(charge["id"])
        told = self._account.transactions[charge["balance_transaction"]]
        return asked.say(
            "fee_known",
            amount=asked.money(charge["amount"], charge["currency"]),
            fee=asked.money(told["fee"], told["currency"]),
            net=asked.money(told["net"], told["currency"]),
        )


def _minor(asked: Asked, currency: str) -> int:
    """Minor units of a typed amount. Raises CannotBe for what is none."""
    typed = asked.text("amount").strip().replace(",", ".").replace("٫", ".")
    amount = Decimal(typed).scaleb(decimals(currency)) if _AMOUNT.fullmatch(typed) else Decimal(0)
    if amount <= 0 or amount != amount.to_integral_value():
        raise CannotBe(asked.say("no_amount", typed=typed[:20]))
    return int(amount)
