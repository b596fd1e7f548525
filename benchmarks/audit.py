"""`python -m benchmarks.audit`: the audit of 100,000 gifts, beside a bare SELECT that adds up the same payments.

The books are written as the bot writes them: payments, ledger rows with their chain, receipts, balance transactions,
one gift in four in another currency, one in fifty with a refund, one in ten with its fees covered.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from benchmarks.bots import ROOT
from bot import auditing
from bot.campaigns_file import load, read_file
from bot.config import Settings
from bot.i18n import Catalogues
from bot.ledger import GENESIS, Entry, EntryKind, chained
from bot.payments.stripe_api import Payments
from bot.rates import worth
from bot.services import Services
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.sql import Tx

GIFTS = 100_000
_BARE = (
    "SELECT d.campaign_id, p.currency, sum(p.amount_minor) FROM payments p JOIN donations d ON d.id = p.donation_id "
    "WHERE p.is_matched = 1 GROUP BY d.campaign_id, p.currency"
)
_RATE = "10.85"
MOST = 60


class Seconds(Struct, frozen=True):
    """Medians for all the gifts together."""

    audit: float
    bare: float
    gifts: int

    @property
    def a_gift(self) -> float:
        """Microseconds of the audit for one gift."""
        return self.audit / self.gifts * 1e6

    @property
    def bare_a_gift(self) -> float:
        return self.bare / self.gifts * 1e6


class _Gift(Struct, frozen=True):
    id: str
    campaign: int
    minor: int
    cover: int
    currency: str
    back: int

    @property
    def left(self) -> int:
        return self.minor - self.back

    @property
    def counted(self) -> int:
        return worth(self.left, "EUR", "MAD", Decimal(_RATE)) if self.currency == "EUR" else self.left


def _gifts(many: int) -> Iterator[_Gift]:
    for number in range(many):
        minor, code = 2000 + number * 7919 % 98_000, "EUR" if number % 4 == 0 else "MAD"
        cover, back = minor // 30 if number % 10 == 0 else 0, 1000 if number % 50 == 0 else 0
        yield _Gift(f"g{number:09d}", number % 3 + 1, minor, cover, code, back)


def _write(raw: sqlite3.Connection, many: int) -> None:
    load(Tx(raw), read_file(str(ROOT / "campaigns.toml")))
    slugs = dict(raw.execute("SELECT id, slug FROM campaigns").fetchall())
    raw.execute(
        "INSERT INTO donors (id, telegram_id, language, currency, state, created_at) VALUES (1, 7, 'en', 'MAD', 'active', 0)"
    )
    put: Callable[[str, Any], Any] = raw.executemany
    some = list(_gifts(many))
    put(
        "INSERT INTO donations (id, donor_id, campaign_id, amount_minor, currency, state, attempt, params, created_at, "
        "expires_at, settled_at, cover_minor, counted_minor, rate, rate_at) VALUES (?, 1, ?, ?, ?, ?, 1, '{}', 0, 0, 1, ?, ?, ?, 1)",
        (
            (
                g.id,
                g.campaign,
                g.minor,
                g.currency,
                "partly_refunded" if g.back else "paid",
                g.cover,
                g.counted,
                _RATE if g.currency == "EUR" else "1",
            )
            for g in some
        ),
    )
    put(
        "INSERT INTO payments (subject, payment_intent, donation_id, amount_minor, currency, received_at) VALUES (?, ?, ?, ?, ?, 1)",
        ((f"cs_{g.id}", f"pi_{g.id}", g.id, g.minor + g.cover, g.currency) for g in some),
    )
    put(
        "INSERT INTO refunds (id, payment_intent, donation_id, amount_minor, currency, status, seen_at) VALUES (?, ?, ?, ?, ?, 'succeeded', 1)",
        ((f"re_{g.id}", f"pi_{g.id}", g.id, g.back, g.currency) for g in some if g.back),
    )
    put(
        "INSERT INTO receipts (year, number, kind, subject, donation_id, amount_minor, currency, made_at) VALUES (2026, ?, 'receipt', ?, ?, ?, ?, 1)",
        ((number, f"cs_{g.id}", g.id, g.minor, g.currency) for number, g in enumerate(some, 1)),
    )
    put(
        "INSERT INTO balance_transactions (id, payment_intent, donation_id, source, kind, amount_minor, fee_minor, net_minor, currency, seen_at) "
        "VALUES (?, ?, ?, ?, 'charge', ?, 30, ?, 'EUR', 1)",
        ((f"txn_{g.id}", f"pi_{g.id}", g.id, f"ch_{g.id}", g.minor, g.minor - 30) for g in some),
    )
    put("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _ledger(some, slugs))
    raw.execute(
        "INSERT INTO totals (campaign_id, currency, received_minor, gifts) SELECT campaign_id, currency, "
        "sum(amount_minor - CASE state WHEN 'paid' THEN 0 ELSE 1000 END), count(*) FROM donations GROUP BY 1, 2"
    )
    raw.execute(
        "UPDATE progress SET donors = 1, counted_minor = (SELECT sum(counted_minor) FROM donations WHERE campaign_id = progress.campaign_id)"
    )


def _ledger(some: list[_Gift], slugs: dict[int, str]) -> Iterator[tuple[Any, ...]]:
    seq, prev = 0, GENESIS
    for g in some:
        booked = (
            (EntryKind.GIFT, g.minor, g.currency),
            (EntryKind.COVER, g.cover, g.currency),
            (EntryKind.FEE, -30, "EUR"),
            (EntryKind.REFUND, -g.back, g.currency),
        )
        for kind, minor, code in booked:
            if minor:
                row = chained(Entry(kind, g.id, slugs[g.campaign], minor, code, 1), seq + 1, prev)
                seq, prev = row.seq, row.hash
                yield astuple(row)


async def measure(many: int = GIFTS, rounds: int = 5) -> Seconds:
    """The audit of the books alone: what Stripe's lists take is the wire's time."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "entraide.db")
        migrate(path)
        raw = sqlite3.connect(path, isolation_level=None)
        raw.row_factory = sqlite3.Row
        raw.execute("BEGIN")
        _write(raw, many)
        raw.execute("COMMIT")
        db = Database(path)
        await db.open()
        payments = Payments("sk_test_none", "http://127.0.0.1:1")
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        services = Services(settings, db, payments, lambda: datetime.now(UTC), Catalogues("fr"), "")
        audits, bares = list[float](), list[float]()
        for _ in range(rounds):
            began = time.perf_counter()
            found = await auditing.audit_books(services)
            audits.append(time.perf_counter() - began)
            # Its rows are put in without the running sums beside them: that they differ is counted all the same.
            if wrong := [one for one in found if not one.startswith("running sum ")]:
                raise AssertionError(wrong[:5])
            began = time.perf_counter()
            raw.execute(_BARE).fetchall()
            bares.append(time.perf_counter() - began)
        await payments.close()
        await db.close()
        raw.close()
    return Seconds(statistics.median(audits), statistics.median(bares), many)


def lines(seconds: Seconds) -> list[str]:
    """Markdown, for the page of benchmarks."""
    ratio = seconds.a_gift / seconds.bare_a_gift
    verdict = "reached" if seconds.a_gift <= MOST else "not reached"
    return [
        "## The audit",
        "",
        "| | entraide | bare SELECT | ratio |",
        "|---|---|---|---|",
        f"| audit of {seconds.gifts:,} gifts, µs a gift | {seconds.a_gift:.1f} | {seconds.bare_a_gift:.2f} | {ratio:.1f} |",
        "",
        f"- {verdict}: audit of a gift, µs: {seconds.a_gift:.1f}, at most {MOST}",
        "",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--gifts", type=int, default=GIFTS)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    print("\n".join(lines(asyncio.run(measure(asked.gifts, asked.rounds)))))
