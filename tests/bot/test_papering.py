"""Papers from the store: fees that the donor covered, gifts from outside Stripe, renewals, and the operator's tax note."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from bot import evidence, papering, proving
from bot.campaigns_file import load, read_file
from bot.config import Settings
from bot.i18n import Catalogues
from bot.ledger import Entry, EntryKind
from bot.model import Dispute, Donation, DonationState, Donor, Payment, ReceiptKind, Refund
from bot.money import Money
from bot.payments.stripe_api import Payments
from bot.screens import proof
from bot.services import Services
from bot.store import donations, donors, ledger, receipts, refunds
from bot.store.database import Database
from bot.store.sql import Tx
from tests import engine
from tests.reading import exact, plain, sums_on, text_of

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUES = Catalogues("fr")
LANGUAGES = ("ar", "fr", "en")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
GIFT = Donation(
    id="7kabcdefgh",
    donor_id=1,
    campaign_id=1,
    money=Money(20000, "MAD"),
    state=DonationState.PAID,
    attempt=1,
    params="{}",
    expires_at=NOW,
    created_at=NOW - timedelta(minutes=5),
    session_id="cs_1",
    settled_at=NOW,
    cover_minor=620,
)
DONOR = Donor(1, 1003, "en", "MAD")
COVERED = ((EntryKind.GIFT, 20000), (EntryKind.COVER, 620))


def _gift(tx: Tx, gift: Donation, booked: Iterable[tuple[EntryKind, int]]) -> None:
    load(tx, read_file(str(ROOT / "campaigns.toml")))
    donors.add(tx, DONOR.telegram_id, "en", "MAD", 0)
    donations.add(tx, gift, None, None)
    donations.change(tx, gift.id, session_id="cs_1", settled_at=int(NOW.timestamp()))
    donations.add_payment(tx, Payment("cs_1", "pi_1", gift.id, gift.total, is_matched=True), NOW)
    receipts.issue(tx, ReceiptKind.RECEIPT, "cs_1", gift.id, gift.money, NOW)
    for kind, minor in booked:
        ledger.append(tx, Entry(kind, gift.id, "humanitarian", minor, "MAD", int(NOW.timestamp())))


def _refund(tx: Tx, minor: int) -> None:
    money = Money(minor, "MAD")
    refunds.keep(tx, "pi_1", GIFT.id, [Refund(f"re_{minor}", money, "succeeded")], NOW)
    receipts.issue(tx, ReceiptKind.CREDIT, f"re_{minor}", GIFT.id, money, NOW)


def told(
    folder: Path,
    work: Callable[[Services], Coroutine[Any, Any, T]],
    facts: Iterable[Callable[[Tx], object]],
    **chosen: Any,
) -> T:
    """What `work` says of a database that holds these facts."""
    engine.drop(engine.url_in(folder))
    url = engine.fresh(folder)

    async def run() -> T:
        db, payments = Database(url), Payments("sk_test_x", "http://127.0.0.1:1")
        await db.open()
        settings = Settings(_env_file=None, statement_descriptor="MCISE* DON", **chosen)  # pyright: ignore[reportCallIssue]
        services = Services(
            settings, db, payments, lambda: NOW + timedelta(days=1), CATALOGUES, "entraide_bot"
        )
        try:
            for fact in facts:
                await db.write(fact)
            return await work(services)
        finally:
            await payments.close()
            await db.close()

    return asyncio.run(run())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_shows_the_gift_the_covered_fees_and_what_the_card_paid(
    tmp_path: Path, language: str
) -> None:
    words = CATALOGUES.words(language)
    found = told(
        tmp_path,
        lambda services: papering.paper(services, DONOR, words, ""),
        [lambda tx: _gift(tx, GIFT, COVERED)],
    )
    assert found is not None
    text = text_of(found.content)
    gift, cover, total = (exact(words, Money(minor, "MAD")) for minor in (20000, 620, 20620))
    assert sums_on(text) == [total, gift, cover, total]
    assert "MCISE* DON" in text


def test_a_credit_note_counts_from_what_the_card_paid(tmp_path: Path) -> None:
    words = CATALOGUES.words("en")
    facts: list[Callable[[Tx], object]] = [
        lambda tx: _gift(tx, GIFT, COVERED),
        lambda tx: _refund(tx, 620),
        lambda tx: _refund(tx, 20000),
    ]
    found = told(tmp_path, lambda services: papering.credit_note(services, DONOR, words, GIFT.id), facts)
    assert found is not None
    assert sums_on(text_of(found.content)) == [
        "-200.00 MAD",
        "206.20 MAD",
        "-6.20 MAD",
        "-200.00 MAD",
        "0.00 MAD",
    ]
    assert [one.name for one in found.others] == ["2026-000001", "2026-000002"]


def test_a_gift_from_outside_stripe_is_on_no_card_statement(tmp_path: Path) -> None:
    words, gift = CATALOGUES.words("en"), replace(GIFT, cover_minor=0)
    found = told(
        tmp_path,
        lambda services: papering.paper(services, DONOR, words, "2026-1"),
        [lambda tx: _gift(tx, gift, [(EntryKind.PLEDGE, 20000)])],
    )
    assert found is not None
    assert "MCISE* DON" not in text_of(found.content)
    assert "start=v_" in text_of(found.content)


def test_a_gift_that_is_in_no_ledger_has_a_receipt_without_a_code(tmp_path: Path) -> None:
    words = CATALOGUES.words("en")
    facts: list[Callable[[Tx], object]] = [lambda tx: _gift(tx, GIFT, [])]
    found = told(tmp_path, lambda services: papering.paper(services, DONOR, words, ""), facts)
    assert found is not None
    assert "start=v_" not in text_of(found.content)
    assert told(tmp_path, lambda services: proving.own(services, DONOR, ""), facts) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_tax_is_spoken_of_only_in_the_operators_own_words(tmp_path: Path, language: str) -> None:
    words, note = (
        CATALOGUES.words(language),
        {"fr": "Article 10 du CGI.", "ar": "الضريبة", "en": "Article 10."},
    )

    def said(**chosen: Any) -> str:
        facts: list[Callable[[Tx], object]] = [lambda tx: _gift(tx, GIFT, COVERED)]
        found = told(tmp_path, lambda one: papering.paper(one, DONOR, words, ""), facts, **chosen)
        assert found is not None
        return text_of(found.content)

    assert note[language] in said(tax_note=note)
    assert note[language] not in said()


def test_evidence_claims_only_what_happened(tmp_path: Path) -> None:
    words = CATALOGUES.words("en")
    dispute = Dispute("dp_1", Money(20620, "MAD"), "needs_response", "fraudulent", NOW + timedelta(days=7))

    def keep(tx: Tx) -> None:
        refunds.keep_disputes(tx, "pi_1", GIFT.id, [dispute], NOW)

    def said(*more: Callable[[Tx], object], **chosen: Any) -> str:
        facts = [lambda tx: _gift(tx, GIFT, COVERED), keep, *more]
        found = told(tmp_path, lambda one: evidence.pack(one, words, GIFT.id, "dp_1"), facts, **chosen)
        assert found is not None
        assert found.due_by == dispute.due_by
        return text_of(found.content)

    undo = "The donor could take the gift back alone"
    assert undo in said()
    assert undo not in said(undo_minutes=0)
    assert undo not in said(undo_minutes=60 * 24 * 30), "the time is not over"
    assert undo not in said(lambda tx: _refund(tx, 100))
    assert "-1.00 MAD" in said(lambda tx: _refund(tx, 100))
    assert "Thanked" not in said(), "no thanks arrived yet"
    renewal = said(lambda tx: tx.plain("UPDATE payments SET subject = 'in_1'"))
    assert "Invoice at Stripe" in renewal
    assert "Amount confirmed by the donor" in said()
    assert "Amount confirmed by the donor" not in renewal


def test_evidence_on_nothing_is_nothing(tmp_path: Path) -> None:
    words = CATALOGUES.words("en")
    facts: list[Callable[[Tx], object]] = [lambda tx: _gift(tx, GIFT, COVERED)]
    assert told(tmp_path, lambda one: evidence.pack(one, words, GIFT.id, "dp_x"), facts) is None
    assert told(tmp_path, lambda one: evidence.pack(one, words, "x", "dp_x"), facts) is None


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (DonationState.PAID, "received"),
        (DonationState.PARTLY_REFUNDED, "received, a part given back"),
        (DonationState.REFUNDED, "given back"),
        (DonationState.DISPUTED, "received, being clarified with a bank"),
        (DonationState.CHARGED_BACK, "taken back by a bank"),
    ],
)
def test_a_scan_says_how_the_gift_stands(tmp_path: Path, state: DonationState, says: str) -> None:
    async def scan(services: Services) -> proving.Genuine | None:
        [row, _] = await services.db.read(lambda tx: ledger.of_donation(tx, GIFT.id))
        return await proving.scan(services, row.hash[:24], 2026, 1)

    found = told(tmp_path, scan, [lambda tx: _gift(tx, replace(GIFT, state=state), COVERED)])
    assert found is not None
    screen = proof.genuine(
        CATALOGUES.words("en"),
        found.paper,
        found.donation,
        found.campaign,
        found.refunded,
        found.row,
        is_void=found.is_void,
    )
    assert f"The gift now: {says}\n" in plain(screen.text)
    assert "206.20 MAD" in plain(screen.text)
