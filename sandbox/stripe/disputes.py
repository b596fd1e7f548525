"""Disputes: a bank takes a payment back, or first asks; they are won, lost, or only a warning."""

from sandbox.stripe.account import Account, Thing, found, new_id
from sandbox.stripe.balance import DISPUTE_FEE, Balance
from sandbox.stripe.errors import StateRefusal

_DAYS_TO_ANSWER = 14
_ENDS = {
    "needs_response": ("won", "lost"),
    "under_review": ("won", "lost"),
    "warning_needs_response": ("warning_closed",),
    "warning_under_review": ("warning_closed",),
}


class Disputes:
    def __init__(self, account: Account, balance: Balance) -> None:
        self._account, self._balance = account, balance

    def open(self, charge: Thing, reason: str, *, is_warning: bool) -> Thing:
        """A warning is an inquiry: no money is taken, and the charge may still be refunded."""
        open_ones = [one for one in self._account.disputes.values() if one["charge"] == charge["id"]]
        if any(one["status"] in _ENDS for one in open_ones):
            raise StateRefusal(f"Charge {charge['id']} is disputed already.")
        now = self._account.clock.wall()
        dispute: Thing = {
            "id": new_id("dp"),
            "object": "dispute",
            "amount": charge["amount"] - charge["amount_refunded"] or charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": now,
            "currency": charge["currency"],
            "evidence": {},
            "evidence_details": {
                "due_by": now + _DAYS_TO_ANSWER * 86400,
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": is_warning,
            "livemode": charge["livemode"],
            "metadata": {},
            "network_reason_code": "10.4",
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "type": "card",
                "card": {"brand": "visa", "case_type": "inquiry" if is_warning else "chargeback"},
            },
            "reason": reason,
            "status": "warning_needs_response" if is_warning else "needs_response",
            "_withdrawn": 0,
            "_reinstated": 0,
        }
        self._account.disputes[dispute["id"]] = dispute
        charge["disputed"] = True
        self._account.tell("charge.dispute.created", dispute)
        if not is_warning:
            self._withdraw(dispute)
        return dispute

    def review(self, dispute_id: str) -> Thing:
        """Evidence was handed in: the bank looks at it."""
        dispute = self._open_one(dispute_id)
        is_warning = dispute["status"].startswith("warning")
        dispute["status"] = "warning_under_review" if is_warning else "under_review"
        dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
        self._account.tell("charge.dispute.updated", dispute)
        return dispute

    def escalate(self, dispute_id: str) -> Thing:
        """The warning becomes a dispute, and the money is taken."""
        dispute = self._open_one(dispute_id)
        if not dispute["status"].startswith("warning"):
            raise StateRefusal("This is a dispute already.")
        dispute |= {"status": "needs_response", "is_charge_refundable": False}
        self._account.tell("charge.dispute.updated", dispute)
        self._withdraw(dispute)
        return dispute

    def close(self, dispute_id: str, status: str) -> Thing:
        """Ends "won", "lost" or "warning_closed"."""
        dispute = self._open_one(dispute_id)
        if status not in _ENDS[dispute["status"]]:
            raise StateRefusal(f"A dispute that is {dispute['status']} does not become {status}.")
        dispute |= {"status": status, "is_charge_refundable": status != "lost"}
        self._account.tell("charge.dispute.closed", dispute)
        if status == "won":
            self._reinstate(dispute)
        return dispute

    def _open_one(self, dispute_id: str) -> Thing:
        dispute = found(self._account.disputes, dispute_id, "dispute")
        if dispute["status"] not in _ENDS:
            raise StateRefusal(f"This dispute is closed: {dispute['status']}.")
        return dispute

    def _withdraw(self, dispute: Thing) -> None:
        dispute["_withdrawn"] = dispute["amount"]
        taken = self._balance.book("adjustment", dispute, -dispute["amount"], DISPUTE_FEE, "dispute")
        dispute["balance_transactions"].append(taken)
        self._account.tell("charge.dispute.funds_withdrawn", dispute)

    def _reinstate(self, dispute: Thing) -> None:
        dispute["_reinstated"] = dispute["amount"]
        given = self._balance.book("adjustment", dispute, dispute["amount"], 0, "dispute_reversal")
        dispute["balance_transactions"].append(given)
        self._account.tell("charge.dispute.funds_reinstated", dispute)
