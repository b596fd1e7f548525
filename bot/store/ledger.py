"""The ledger on disk: rows are appended in the transaction of the fact that they book, and never changed."""

from collections.abc import Iterator

from sqlalchemy import func, insert, select

from bot.ledger import GENESIS, OF_GIFTS, Entry, EntryKind, LedgerRow, chained
from bot.store import sums
from bot.store.sql import Rows, Statement, Tx, at, places
from bot.store.sums import Of, key_of
from bot.store.tables import donations, ledger

_COLUMNS = ("seq", "at", "kind", "donation", "campaign", "amount_minor", "currency", "prev", "hash")
_LAST = Statement(lambda: select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1))
# All that a new row asks of what is there; one row also where the ledger is empty.
_BEFORE = Statement(
    lambda: select(
        select(ledger.c.seq).order_by(ledger.c.seq.desc()).limit(1).scalar_subquery().label("seq"),
        select(ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1).scalar_subquery().label("hash"),
        select(donations.c.source)
        .where(donations.c.id == at("of_donation"))
        .scalar_subquery()
        .label("source"),
    )
)
_APPEND = Statement(lambda: insert(ledger).values(places(*_COLUMNS)))
_PAGE = Statement(
    lambda: (
        select(*(ledger.c[name] for name in _COLUMNS))
        .where(ledger.c.seq > at("after"))
        .order_by(ledger.c.seq)
        .limit(at("most"))
    )
)
_OF_DONATION = Statement(
    lambda: (
        select(*(ledger.c[name] for name in _COLUMNS))
        .where(ledger.c.donation == at("donation"))
        .order_by(ledger.c.seq)
    )
)
_SUMS = Statement(
    lambda: (
        select(ledger.c.campaign, ledger.c.currency, ledger.c.kind, func.sum(ledger.c.amount_minor))
        .group_by(ledger.c.campaign, ledger.c.currency, ledger.c.kind)
        .order_by(ledger.c.campaign, ledger.c.currency, ledger.c.kind)
    )
)
_PAGE_SIZE = 1000
_GIFTS = (EntryKind.GIFT, EntryKind.PLEDGE)


def before(tx: Tx, donation_id: str) -> Rows:
    """What `append` has to know for the next row, to be asked with other questions."""
    return tx.soon(_BEFORE, of_donation=donation_id)


def append(tx: Tx, entry: Entry, asked: Rows | None = None) -> LedgerRow:
    """Book one fact; call it in the transaction that records the fact. `asked`: `before`, where nothing was booked since."""
    known = (asked or before(tx, entry.donation)).fetchone()
    row = chained(entry, (known["seq"] or 0) + 1, known["hash"] or GENESIS)
    tx.do(
        _APPEND,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        donation=row.donation,
        campaign=row.campaign,
        amount_minor=row.amount_minor,
        currency=row.currency,
        prev=row.prev,
        hash=row.hash,
    )
    _add_up(tx, entry, known["source"])
    return row


def _add_up(tx: Tx, entry: Entry, source: str | None) -> None:
    where = (entry.campaign, entry.currency)
    sums.add(tx, key_of(Of.LEDGER, entry.kind, *where), entry.at, entry.amount_minor)
    if source and entry.kind in OF_GIFTS:
        what = "gift" if entry.kind in _GIFTS else "back"
        sums.add(tx, key_of(Of.SOURCE, source, *where, what), entry.at, entry.amount_minor)


def head(tx: Tx) -> tuple[int, str]:
    """The number and the hash of the newest row."""
    last = tx.one(_LAST)
    return (last["seq"], last["hash"]) if last else (0, GENESIS)


def all_rows(tx: Tx) -> Iterator[LedgerRow]:
    """Every row in order, a page at a time, so that memory does not grow with the books."""
    after = 0
    while page := tx.all(_PAGE, after=after, most=_PAGE_SIZE):
        for row in page:
            yield LedgerRow(*row)
        after = page[-1]["seq"]


def of_donation(tx: Tx, donation_id: str) -> list[LedgerRow]:
    return [LedgerRow(*row) for row in tx.all(_OF_DONATION, donation=donation_id)]


def by_kind(tx: Tx) -> dict[EntryKind, dict[tuple[str, str], int]]:
    """Minor units by kind, each by campaign and currency."""
    sums: dict[EntryKind, dict[tuple[str, str], int]] = {}
    for campaign, currency, kind, minor in tx.all(_SUMS):
        sums.setdefault(EntryKind(kind), {})[campaign, currency] = minor
    return sums
