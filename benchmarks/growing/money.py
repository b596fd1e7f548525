"""The rows of money: gifts, payments, the ledger with its chain, numbered papers, fees, what went back; and their sums."""

import heapq
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from msgspec.structs import astuple

from benchmarks.growing.people import AT, DAY, RATES, SLUGS, Gift
from bot.ledger import GENESIS, Entry, EntryKind, chained
from bot.rates import worth

COLUMNS = {
    "donations": [
        "id",
        "donor_id",
        "campaign_id",
        "amount_minor",
        "currency",
        "state",
        "open_key",
        "attempt",
        "params",
        "source",
        "created_at",
        "expires_at",
        "session_id",
        "url",
        "look_at",
        "settled_at",
        "cover_minor",
        "monthly_id",
        "counted_minor",
        "rate",
        "rate_at",
    ],
    "payments": ["subject", "payment_intent", "donation_id", "amount_minor", "currency", "received_at"],
    "receipts": ["year", "number", "kind", "subject", "donation_id", "amount_minor", "currency", "made_at"],
    "refunds": ["id", "payment_intent", "donation_id", "amount_minor", "currency", "status", "seen_at"],
    "disputes": [
        "id",
        "payment_intent",
        "donation_id",
        "amount_minor",
        "currency",
        "status",
        "reason",
        "seen_at",
    ],
    "balance_transactions": [
        "id",
        "payment_intent",
        "donation_id",
        "source",
        "kind",
        "amount_minor",
        "fee_minor",
        "net_minor",
        "currency",
        "rate",
        "available_at",
        "seen_at",
    ],
}
# As long as what is frozen of a page.
_PARAMS = '{"mode":"payment","line_items":[' + '{"quantity":1},' * 30 + "{}]}"


class Pen(Protocol):
    """See `books.Pen`."""

    def put(self, table: str, row: tuple[Any, ...]) -> None: ...

    def put_all(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None: ...


class Books:
    """The ledger and the numbered papers, in the order in which things happened."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._coming: list[tuple[int, int, EntryKind, Gift, int, str, tuple[str, str] | None]] = []
        self._told, self._seq, self._prev = 0, 0, GENESIS
        self._numbers = dict[int, int]()

    def tell(
        self,
        at: int,
        kind: EntryKind,
        gift: Gift,
        minor: int,
        currency: str,
        paper: tuple[str, str] | None = None,
    ) -> None:
        """`paper`: the kind and the subject of the numbered paper that comes with it."""
        self._told += 1
        heapq.heappush(self._coming, (at, self._told, kind, gift, minor, currency, paper))

    def upto(self, now: int) -> None:
        while self._coming and self._coming[0][0] <= now:
            at, _, kind, gift, minor, currency, paper = heapq.heappop(self._coming)
            entry = Entry(kind, gift.id, SLUGS[gift.campaign - 1], minor, currency, at)
            row = chained(entry, self._seq + 1, self._prev)
            self._seq, self._prev = row.seq, row.hash
            self._pen.put("ledger", astuple(row))
            if paper:
                self._paper(at, *paper, gift, minor)

    def _paper(self, at: int, kind: str, subject: str, gift: Gift, minor: int) -> None:
        year = datetime.fromtimestamp(at, UTC).year
        number = self._numbers[year] = self._numbers.get(year, 0) + 1
        self._pen.put("receipts", (year, number, kind, subject, gift.id, abs(minor), gift.currency, at))


def write(pen: Pen, books: Books, gift: Gift, number: int) -> None:
    """One gift with all that its money did."""
    books.upto(gift.settled)
    pen.put("donations", _donation(gift))
    if not gift.came:
        return
    intent = None if gift.pledge else f"pi_{gift.id}"
    paid = gift.minor + gift.cover
    pen.put("payments", (gift.subject, intent, gift.id, paid, gift.currency, gift.settled))
    kind = EntryKind.PLEDGE if gift.pledge else EntryKind.GIFT
    books.tell(gift.settled, kind, gift, gift.minor, gift.currency, ("receipt", gift.subject))
    if gift.cover:
        books.tell(gift.settled, EntryKind.COVER, gift, gift.cover, gift.currency)
    if intent:
        _fee(pen, books, gift, intent, number)
        _back(pen, books, gift, intent)


def _donation(gift: Gift) -> tuple[Any, ...]:
    page = f"cs_{gift.id}" if gift.has_page else None
    is_open = gift.state == "awaiting"
    key = f"{gift.donor}:{gift.campaign}:{gift.minor}:{gift.currency}" if is_open else None
    params = f"pledge {gift.pledge}" if gift.pledge else _PARAMS if gift.has_page else ""
    rate = RATES.get(gift.currency, "1")
    kept = (_counted(gift, rate), rate, gift.settled) if gift.came else (0, None, None)
    return (
        gift.id,
        gift.donor,
        gift.campaign,
        gift.minor,
        gift.currency,
        gift.state,
        key,
        1,
        params,
        gift.source,
        gift.at,
        gift.at + 7200 if gift.has_page else gift.at,
        page,
        f"https://checkout.stripe.com/c/pay/{page}" if page else None,
        AT if is_open else None,
        gift.settled if gift.came else None,
        gift.cover,
        gift.monthly,
        *kept,
    )


def _counted(gift: Gift, rate: str) -> int:
    return gift.left if rate == "1" else worth(gift.left, gift.currency, "MAD", Decimal(rate))


def _fee(pen: Pen, books: Books, gift: Gift, intent: str, number: int) -> None:
    """What Stripe kept, in the currency of the account, a minute later."""
    fee = 25 + number % 40
    settled = (gift.minor, fee, gift.minor - fee, "MAD", None, gift.settled + 2 * DAY, gift.settled + 60)
    pen.put("balance_transactions", (f"txn_{gift.id}", intent, gift.id, f"ch_{gift.id}", "charge", *settled))
    books.tell(gift.settled + 60, EntryKind.FEE, gift, -fee, "MAD")


def _back(pen: Pen, books: Books, gift: Gift, intent: str) -> None:
    at = min(gift.settled + 3 * DAY, AT - 60)
    if gift.back:
        facts = (f"re_{gift.id}", intent, gift.id, gift.back, gift.currency, "succeeded", at)
        pen.put("refunds", facts)
        books.tell(at, EntryKind.REFUND, gift, -gift.back, gift.currency, ("credit", facts[0]))
    if gift.state == "charged_back":
        pen.put(
            "disputes",
            (f"dp_{gift.id}", intent, gift.id, gift.minor, gift.currency, "lost", "fraudulent", at),
        )
        books.tell(at, EntryKind.CHARGEBACK, gift, -gift.minor, gift.currency)


def add_up(raw: sqlite3.Connection) -> None:
    """What is kept beside the facts, from the facts."""
    raw.execute(
        "INSERT INTO totals (campaign_id, currency, received_minor, gifts) SELECT c.id, l.currency, sum(l.amount_minor), "
        "sum(l.kind IN ('gift', 'pledge')) FROM ledger l JOIN campaigns c ON c.slug = l.campaign WHERE l.kind IN "
        "('gift', 'pledge', 'refund', 'chargeback') GROUP BY 1, 2"
    )
    raw.execute(
        "UPDATE campaigns SET (donors, counted_minor) = (SELECT count(DISTINCT donor_id), coalesce(sum(counted_minor), 0) "
        "FROM donations WHERE campaign_id = campaigns.id AND settled_at IS NOT NULL)"
    )
    raw.execute(
        "UPDATE totals SET promised_minor = coalesce((SELECT sum(amount_minor) FROM pledges p WHERE p.campaign_id = "
        "totals.campaign_id AND p.currency = totals.currency AND p.state IN ('promised', 'said_paid')), 0)"
    )
