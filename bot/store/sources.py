"""Who came by which link, and what they gave: counted from the facts, over sources alone."""

from sqlalchemy import distinct, func, select

from bot.ledger import OF_GIFTS
from bot.store.sql import Statement, Tx
from bot.store.tables import donations, donors, ledger

_PEOPLE = Statement(
    select(donors.c.source, func.count())
    .where(donors.c.source.is_not(None))
    .group_by(donors.c.source)
    .order_by(donors.c.source)
)
_MONEY = Statement(
    select(
        donations.c.source,
        ledger.c.currency,
        func.count(distinct(ledger.c.donation)),
        func.sum(ledger.c.amount_minor),
    )
    .join(ledger, ledger.c.donation == donations.c.id)
    .where(donations.c.source.is_not(None), ledger.c.kind.in_([kind.value for kind in OF_GIFTS]))
    .group_by(donations.c.source, ledger.c.currency)
    .order_by(donations.c.source, ledger.c.currency)
)


def people(tx: Tx) -> dict[str, int]:
    """How many donors came last by each source; whoever erased their data is counted nowhere."""
    return {row[0]: row[1] for row in tx.all(_PEOPLE)}


def money(tx: Tx) -> list[tuple[str, str, int, int]]:
    """Source, currency, gifts, and what they come to after refunds, in minor units."""
    return [(row[0], row[1], row[2], row[3]) for row in tx.all(_MONEY)]
