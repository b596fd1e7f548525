"""Sums, exports and audits are the same on SQLite and on PostgreSQL."""

from decimal import Decimal
from typing import Any

import pytest

from bot.ledger import EntryKind
from bot.model import (
    BalanceTransaction,
    DeliveryKind,
    Dispute,
    Payment,
    Pledge,
    PledgeState,
    Refund,
)
from bot.money import Money
from bot.rates import Rate
from bot.store import (
    audit,
    auditsums,
    balance,
    campaigns,
    deliveries,
    donations,
    donors,
    export,
    figures,
    finding,
    ledger,
    papers,
    pledges,
    rates,
    refunds,
    sources,
)
from bot.store.sql import Tx
from tests import postgres
from tests.bot.engines import DAY, EUR, MAD, NOW, SECOND, alike, book, opened, paid, people

pytestmark = pytest.mark.skipif(not postgres.is_here(), reason=postgres.MISSING)


def _transaction(id: str) -> BalanceTransaction:
    return BalanceTransaction(id, "ch_1", "charge", 20_000, 500, 19_500, "MAD")


def test_the_books_are_counted_the_same() -> None:
    def story(tx: Tx) -> list[Any]:
        _booked(tx)
        first, end = SECOND - 86400, SECOND + 86400
        lines = [one._replace(is_pledge=bool(one.is_pledge)) for one in export.lines(tx, first, end, "")]
        assert lines[0].receipt == 2026 * 10**9 + 1
        assert [one.is_pledge for one in lines] == [False, False, True]
        assert list(export.lines(tx, first, end, "school")) == []
        return [
            lines,
            figures.gifts_by_source(tx, first, end, None),
            figures.gifts_by_source(tx, first, end, "aid"),
            figures.gifts_upto(tx, end, "aid"),
            list(auditsums.wrong(tx)),
            figures.span(tx, NOW - DAY, NOW + DAY),
            figures.paid(tx, first, end),
            [one.id for one in finding.gifts_of(tx, MAD, first, end, 5)],
            [one.id for one in finding.pledges_of(tx, MAD, first, end, 5)],
            list(papers.sums_between(tx, first, end).items()),
            list(papers.contested(tx).items()),
            papers.gift_moments(tx, 1),
            papers.thanked_at(tx, "aaaaaaaaaa"),
            ledger.by_kind(tx),
            list(sources.people(tx).items()),
            sources.money(tx),
            rates.standing(tx, "aaaaaaaaaa")["left_minor"],  # type: ignore[index]
        ]

    found = alike(story)
    assert [one.source for one in found[1]] == ["", "link", "poster"]
    assert found[2] == found[1]
    assert found[3] == len(found[1])
    assert found[4] == []
    assert found[10] == [(("aid", "MAD"), 20_000)]
    assert found[12] == NOW
    assert found[-1] == 20_000


def _booked(tx: Tx) -> None:
    people(tx)
    for donor in (2, 3):
        donors.move(tx, donor, source="poster")
    paid(tx, "aaaaaaaaaa", 1)
    paid(tx, "bbbbbbbbbb", 2, EUR, source="poster", cover_minor=100)
    paid(tx, "cccccccccc", 1, MAD, source="link")
    donations.change(tx, "cccccccccc", params="pledge k427p")
    pledges.add(tx, Pledge("k427p", 1, 1, MAD, PledgeState.PROMISED, NOW))
    campaigns.promise(tx, 1, MAD.minor, "MAD")
    disputed = [Dispute("dp_1", MAD, "under_review", "fraud", NOW)]
    refunds.keep_disputes(tx, "pi_aaaaaaaaaa", "aaaaaaaaaa", disputed, NOW)
    refunds.keep(tx, "pi_bbbbbbbbbb", "bbbbbbbbbb", [Refund("re_1", Money(1_000, "EUR"), "succeeded")], NOW)
    book(tx, EntryKind.REFUND, "bbbbbbbbbb", -1_000, "EUR")
    balance.add(tx, "pi_aaaaaaaaaa", "aaaaaaaaaa", _transaction("txn_1"), NOW)
    # Told of twice, and once not yet.
    for key, sent_at in (("new", None), ("old", SECOND)):
        owed = deliveries.Owed(DeliveryKind.THANKS, key, donor_id=1, donation_id="aaaaaaaaaa")
        deliveries.owe(tx, owed, NOW)
        tx.plain("UPDATE deliveries SET sent_at = ? WHERE dedupe_key = ?", (sent_at, key))
    rates.add(tx, Rate("EUR", "MAD", Decimal("10.8"), NOW, "staff 1"))


def test_an_audit_finds_the_same_faults() -> None:
    def story(tx: Tx) -> list[Any]:
        _booked(tx)
        for one, what in (("dddddddddd", "paid"), ("eeeeeeeeee", "refunded")):
            opened(tx, one, 3)
            tx.plain(
                "UPDATE donations SET state = ?, counted_minor = 5, rate = '1' WHERE id = ?", (what, one)
            )
        donations.add_payment(tx, Payment("cs_e", "pi_e", "eeeeeeeeee", MAD, True), NOW)
        tx.plain("UPDATE receipts SET number = 9 WHERE number = 2")
        held = audit.held(tx)
        return [
            sorted(held.gifts.items()),
            sorted(held.covers.items()),
            sorted(held.count.items()),
            audit.goals(tx),
            audit.gaps(tx),
            audit.unpapered(tx),
            list(audit.wrong_states(tx)),
            sorted(audit.miscounted(tx)),
            sorted(audit.fees(tx).items()),
            sorted(audit.promised(tx).items()),
            sorted(audit.kept_promised(tx).items()),
            sorted(audit.unseen(tx, "payments", ())),
        ]

    found = alike(story)
    assert found[4] == [(2026, 6)]
    assert found[5] == ["eeeeeeeeee"]
    assert [one for one, _, _ in found[6]] == ["aaaaaaaaaa", "bbbbbbbbbb", "eeeeeeeeee", "dddddddddd"]
