"""Stripe's JSON about refunds and disputes as our nouns; what we do not know is kept as Stripe's word, never a crash."""

from datetime import UTC, datetime
from typing import Any

from bot.model import Dispute, Refund
from bot.money import Money


def read_refund(data: dict[str, Any]) -> Refund:
    metadata: dict[str, Any] = data.get("metadata") or {}
    return Refund(data["id"], _money(data), str(data.get("status")), str(metadata.get("order", "")))


def read_dispute(data: dict[str, Any]) -> Dispute:
    details: dict[str, Any] = data.get("evidence_details") or {}
    due = details.get("due_by")
    return Dispute(
        data["id"],
        _money(data),
        str(data.get("status")),
        str(data.get("reason")),
        datetime.fromtimestamp(due, UTC) if isinstance(due, int) else None,
    )


def _money(data: dict[str, Any]) -> Money:
    return Money(data["amount"], data["currency"].upper())
