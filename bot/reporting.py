"""The report for the authorities: one campaign or all, one period, per currency, from the ledger alone. Writes nothing but
who took it away as a file."""

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from bot.i18n import Words
from bot.ledger import EntryKind, LedgerRow
from bot.model import Campaign
from bot.money import Money
from bot.papers.facts import Account, Booked, Head, Issuer, Report
from bot.papers.printing import printed, render_report
from bot.papers.workbook import render_workbook
from bot.periods import Period
from bot.services import Services
from bot.store import acts, campaigns, ledger, papers
from bot.store.moments import moment
from bot.store.sql import Tx

_UNMATCHED = (EntryKind.UNMATCHED, EntryKind.UNMATCHED_BACK)
_BACK = (EntryKind.REFUND, EntryKind.REFUND_FAILED, EntryKind.COVER_BACK)
_BANKS = (EntryKind.CHARGEBACK, EntryKind.CHARGEBACK_WON)


def file_name(slug: str, period: Period, form: str) -> str:
    """`report-humanitarian-2026-11-01-2026-11-30.pdf`; `form` is pdf or xlsx."""
    return f"report-{slug or 'all'}-{period.first}-{period.last}.{form}"


async def report(services: Services, words: Words, slug: str, period: Period) -> Report | None:
    """The balances of one campaign, or of all where `slug` is empty, without entries. None: no such campaign."""
    return await services.db.read(lambda tx: _report(tx, services, words, slug, period))


async def taken(services: Services, name: str, by: int) -> None:
    """Write down that this member of staff took the report as a file; `by` is their donor id."""
    now = services.clock()
    await services.db.write(lambda tx: acts.record(tx, now, f"staff {by}", "report", name))


async def with_entries(services: Services, words: Words, slug: str, one: Report) -> Report:
    """The same report with every row of the ledger in its period, read in pages, so that donors need not wait for it."""
    titles = await services.db.read(lambda tx: _titles(campaigns.all_of_them(tx), words))
    bounds, newest = Period(one.first, one.last).bounds, one.head.seq
    found: list[Booked] = []
    after = 0
    while rows := await services.db.read(
        partial(papers.entries_between, slug=slug, bounds=bounds, after=after, newest=newest)
    ):
        found += [_booked(row, titles) for row in rows]
        after = rows[-1].seq
    return replace(one, entries=tuple(found))


async def as_pdf(words: Words, one: Report) -> bytes:
    return await printed(render_report, words, one)


async def as_xlsx(words: Words, one: Report) -> bytes:
    return await printed(render_workbook, words, one)


def _report(tx: Tx, services: Services, words: Words, slug: str, period: Period) -> Report | None:
    campaign = campaigns.named(tx, slug) if slug else None
    if slug and campaign is None:
        return None
    some = [campaign] if campaign else campaigns.all_of_them(tx)
    books = _Books(tx, period)
    titles = _titles(some, words)
    slugs = [slug] if slug else books.slugs([one.slug for one in some])
    accounts = tuple(account for name in slugs for account in books.accounts(titles.get(name, name), (name,)))
    if campaign and not accounts:
        accounts = (books.account(titles[slug], (slug,), campaign.goal.currency),)
    return Report(
        issuer=_issuer(some),
        campaign=titles.get(slug, ""),
        first=period.first,
        last=period.last,
        accounts=accounts,
        totals=() if slug else books.accounts("", slugs),
        head=Head(*ledger.head(tx)),
        made_at=services.clock(),
    )


def _titles(some: Sequence[Campaign], words: Words) -> dict[str, str]:
    return {one.slug: one.text(words.language).title for one in some}


def _issuer(some: Sequence[Campaign]) -> Issuer:
    """The authorisation stands on the report where all its campaigns share it."""
    numbers = {one.authorisation for one in some}
    return Issuer(some[0].appeal.operator if some else "", numbers.pop() if len(numbers) == 1 else "")


class _Books:
    """The ledger's sums before and within a period, read once."""

    def __init__(self, tx: Tx, period: Period) -> None:
        first, end = period.bounds
        self._before = papers.sums_between(tx, 0, first)
        self._within = papers.sums_between(tx, first, end)
        self._contested = papers.contested(tx)

    def slugs(self, known: Sequence[str]) -> list[str]:
        """Campaigns with any entry, in the operator's order; those that only the ledger knows come last."""
        found = {slug for slug, _, _ in (*self._before, *self._within)}
        return [*(slug for slug in known if slug in found), *sorted(found - set(known))]

    def accounts(self, title: str, slugs: Sequence[str]) -> tuple[Account, ...]:
        """One account for each currency of these campaigns, together."""
        keys = (*self._before, *self._within)
        codes = sorted({currency for slug, currency, _ in keys if slug in slugs})
        return tuple(self.account(title, slugs, code) for code in codes)

    def account(self, title: str, slugs: Sequence[str], currency: str) -> Account:
        before = _kinds(self._before, slugs, currency)
        within = _kinds(self._within, slugs, currency)
        opening = sum(minor for kind, minor in before.items() if kind not in _UNMATCHED)
        moved = sum(minor for kind, minor in within.items() if kind not in _UNMATCHED)
        unmatched = sum(some.get(kind, 0) for some in (before, within) for kind in _UNMATCHED)
        contested = sum(self._contested.get((slug, currency), 0) for slug in slugs)

        def of(*kinds: EntryKind, sign: int = 1) -> Money:
            return Money(sign * sum(within.get(kind, 0) for kind in kinds), currency)

        return Account(
            campaign=title,
            opening=Money(opening, currency),
            gifts=of(EntryKind.GIFT),
            outside=of(EntryKind.PLEDGE),
            cover=of(EntryKind.COVER),
            fees=of(EntryKind.FEE, sign=-1),
            refunds=of(*_BACK, sign=-1),
            charged_back=of(*_BANKS, sign=-1),
            corrections=of(EntryKind.CORRECTION),
            disbursed=of(EntryKind.DISBURSEMENT, sign=-1),
            closing=Money(opening + moved, currency),
            unmatched=Money(unmatched, currency),
            contested=Money(contested, currency),
        )


def _kinds(sums: papers.Sums, slugs: Sequence[str], currency: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for (slug, code, kind), minor in sums.items():
        if slug in slugs and code == currency:
            found[kind] = found.get(kind, 0) + minor
    return found


def _booked(row: LedgerRow, titles: dict[str, str]) -> Booked:
    return Booked(
        row.seq,
        moment(row.at),
        row.kind,
        row.donation.upper(),
        titles.get(row.campaign, row.campaign),
        Money(row.amount_minor, row.currency),
        row.hash,
    )
