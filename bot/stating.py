"""The donor's statement of a year or of any days: the ledger's rows of their gifts, as their card saw them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from msgspec import Struct

from bot.i18n import ZONE, Words
from bot.ledger import EntryKind, LedgerRow
from bot.model import Campaign, Donor
from bot.money import Money
from bot.papering import issuer_of
from bot.papers import facts
from bot.papers.printing import printed, render_statement
from bot.periods import Period, start_of
from bot.services import Services
from bot.store import campaigns, papers
from bot.store.sql import Tx


class Stated(Struct, frozen=True):
    """The statement of a period, `content` None where nothing moved in it; `years` have gifts, newest first."""

    content: bytes | None
    years: tuple[int, ...]


async def statement(services: Services, donor: Donor, words: Words, period: Period) -> Stated:
    """The donor's own statement. It is dated by the day, so that asking twice on one day gives the same file."""

    def read(tx: Tx) -> tuple[list[facts.Entry], list[Campaign], list[datetime]]:
        rows = papers.movements(tx, donor.id, *period.bounds)
        known = {slug: campaigns.named(tx, slug) for slug in {row.campaign for row in rows}}
        found = {slug: campaign for slug, campaign in known.items() if campaign}
        titles = {slug: campaign.text(words.language).title for slug, campaign in found.items()}
        return movements(rows, titles), list(found.values()), papers.gift_moments(tx, donor.id)

    entries, some, moments = await services.db.read(read)
    years = tuple(sorted({moment.astimezone(ZONE).year for moment in moments}, reverse=True))
    if not entries:
        return Stated(None, years)
    made = start_of(services.clock().astimezone(ZONE).date())
    issuer = issuer_of(services, words, some)
    paper = facts.Statement(issuer, period.first, period.last, tuple(entries), made)
    return Stated(await printed(render_statement, words, paper), years)


_KINDS = {
    EntryKind.GIFT: facts.EntryKind.GIFT,
    EntryKind.PLEDGE: facts.EntryKind.GIFT,
    EntryKind.REFUND: facts.EntryKind.REFUND,
    EntryKind.REFUND_FAILED: facts.EntryKind.RETURNED,
    EntryKind.CHARGEBACK: facts.EntryKind.CHARGEBACK,
    EntryKind.CHARGEBACK_WON: facts.EntryKind.RETURNED,
    EntryKind.CORRECTION: facts.EntryKind.CORRECTION,
}
_COVER = (EntryKind.COVER, EntryKind.COVER_BACK)


def movements(rows: Iterable[LedgerRow], titles: dict[str, str]) -> list[facts.Entry]:
    """The ledger's rows as the card saw them: what was booked together of one gift for its fees is part of its line."""
    found: list[facts.Entry] = []
    for _, together in groupby(rows, key=_as_one):
        found += _lines(list(together), titles)
    return found


def _as_one(row: LedgerRow) -> tuple[str, str, int, bool]:
    return row.donation, row.currency, row.at, row.amount_minor > 0


def _lines(rows: list[LedgerRow], titles: dict[str, str]) -> list[facts.Entry]:
    covers = [row for row in rows if row.kind in _COVER]
    plain = [row for row in rows if row.kind not in _COVER]
    cover = sum(row.amount_minor for row in covers)
    if not plain:
        # The covered fees alone came back, or were added.
        kind = facts.EntryKind.GIFT if cover > 0 else facts.EntryKind.REFUND
        return [_entry(covers[0], titles, kind, 0, cover)]
    first, *rest = plain
    return [
        _entry(first, titles, _KINDS[EntryKind(first.kind)], first.amount_minor, cover),
        *(_entry(row, titles, _KINDS[EntryKind(row.kind)], row.amount_minor, 0) for row in rest),
    ]


def _entry(
    row: LedgerRow, titles: dict[str, str], kind: facts.EntryKind, minor: int, cover: int
) -> facts.Entry:
    return facts.Entry(
        on=datetime.fromtimestamp(row.at, ZONE),
        campaign=titles.get(row.campaign, row.campaign),
        reference=row.donation.upper(),
        kind=kind,
        money=Money(minor + cover, row.currency),
        cover=Money(cover, row.currency) if cover else None,
    )
