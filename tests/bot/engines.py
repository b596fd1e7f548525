"""One story on fresh databases of both engines, and the start that the stories share."""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from bot.ledger import Entry, EntryKind
from bot.model import (
    Appeal,
    Campaign,
    CampaignState,
    CampaignText,
    Donation,
    DonationState,
    Payment,
    ReceiptKind,
)
from bot.money import Money
from bot.store import campaigns, donations, donors, ledger, receipts
from bot.store.database import alone
from bot.store.migrate import migrate
from bot.store.sql import Tx
from tests import postgres

T = TypeVar("T")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
DAY = timedelta(days=1)
MAD, EUR = Money(20_000, "MAD"), Money(5_000, "EUR")
# Greater than 32 bits, as some of Telegram's are.
JOHN, ZOE, KARIM = 7_000_000_001, 7_000_000_002, 7_000_000_003
_numbers = count(1)


def alike(story: Callable[[Tx], T]) -> T:
    """What the story comes to; it is the same on both, to the types."""
    name = f"alike_{os.getpid()}_{next(_numbers)}"
    with tempfile.TemporaryDirectory() as folder:
        ours = f"sqlite:///{folder}/one.db"
        migrate(ours)
        on_sqlite = alone(ours, story)
    try:
        on_postgres = alone(postgres.create(name), story)
    finally:
        postgres.drop(name)
    assert repr(on_postgres) == repr(on_sqlite)
    return on_postgres


def campaign(slug: str, currency: str = "MAD") -> Campaign:
    return Campaign(
        0,
        slug,
        CampaignState.OPEN,
        Money(100_000_00, currency),
        Appeal({"en": "Winter"}, "Entraide", "@help"),
        {"en": CampaignText(slug, "", "")},
        {},
        {},
        None,
        None,
        "",
        "",
    )


def people(tx: Tx) -> None:
    """Two campaigns and three donors, with the ids that these have in an empty database."""
    campaigns.put(tx, campaign("aid"), 0)
    campaigns.put(tx, campaign("school", "EUR"), 1)
    for number, (who, language) in enumerate(((JOHN, "en"), (ZOE, "fr"), (KARIM, "ar")), 1):
        assert donors.add(tx, who, language, "MAD", SECOND).id == number


def opened(tx: Tx, reference: str, donor: int, money: Money = MAD, **values: Any) -> Donation:
    one = Donation(reference, donor, 1, money, DonationState.AWAITING, 1, "{}", NOW + DAY, NOW, **values)
    donations.add(tx, one, f"key {reference}", NOW)
    return one


def paid(tx: Tx, reference: str, donor: int, money: Money = MAD, **values: Any) -> Donation:
    """As settling books it, all in one second."""
    one = opened(tx, reference, donor, money, **values)
    donations.move(tx, reference, [DonationState.AWAITING], DonationState.PAID)
    donations.change(tx, reference, settled_at=SECOND)
    payment = Payment(f"cs_{reference}", f"pi_{reference}", reference, money, True)
    assert donations.add_payment(tx, payment, NOW)()
    assert not donations.add_payment(tx, payment, NOW)()
    receipts.issue(tx, ReceiptKind.RECEIPT, f"cs_{reference}", reference, money, NOW)
    book(tx, EntryKind.GIFT, reference, money.minor, money.currency)
    campaigns.receive(tx, 1, donor, money)
    return one


def book(tx: Tx, kind: EntryKind, reference: str, minor: int, currency: str = "MAD") -> None:
    ledger.append(tx, Entry(kind, reference, "aid", minor, currency, SECOND))
