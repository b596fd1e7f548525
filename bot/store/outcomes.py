"""What came of a broadcast: who got it by language and fate, and what they gave since, beside those who were held out."""

from datetime import datetime

from msgspec import Struct, field
from sqlalchemy import distinct, func, select

from bot.broadcasts import SendState
from bot.ledger import OF_GIFTS
from bot.model import RECEIVED
from bot.money import Money
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at
from bot.store.tables import broadcast_sends as sends
from bot.store.tables import donations, ledger

_COMPARED = (SendState.SENT.value, SendState.HELD.value)
_FATES = Statement(
    lambda: (
        select(sends.c.state, sends.c.language, func.count().label("people"))
        .where(sends.c.broadcast_id == at("of"))
        .group_by(sends.c.state, sends.c.language)
        .order_by(sends.c.state, sends.c.language)
    )
)
_SINCE = (
    sends.c.broadcast_id == at("of"),
    sends.c.state.in_(_COMPARED),
    donations.c.settled_at >= at("since"),
    donations.c.settled_at <= at("until"),
    donations.c.state.in_([str(one) for one in RECEIVED]),
)
_BOTH = sends.join(donations, donations.c.donor_id == sends.c.donor_id)
_GIFTS = Statement(
    lambda: (
        select(
            sends.c.state,
            func.count(distinct(donations.c.donor_id)).label("givers"),
            func.count().label("gifts"),
        )
        .select_from(_BOTH)
        .where(*_SINCE)
        .group_by(sends.c.state)
        .order_by(sends.c.state)
    )
)
# The ledger has each gift and what went back of it, without what was added for the fees.
_SUMS = Statement(
    lambda: (
        select(sends.c.state, ledger.c.currency, func.sum(ledger.c.amount_minor).label("minor"))
        .select_from(_BOTH.join(ledger, ledger.c.donation == donations.c.id))
        .where(*_SINCE, ledger.c.kind.in_([str(one) for one in OF_GIFTS]))
        .group_by(sends.c.state, ledger.c.currency)
        .order_by(ledger.c.currency)
    )
)


class Given(Struct, frozen=True):
    """By those of one fate, SENT or HELD; `sums` net of refunds, one a currency."""

    givers: int = 0
    gifts: int = 0
    sums: tuple[Money, ...] = ()


class Results(Struct, frozen=True):
    """`fates` counts people by state and by the language of the part."""

    fates: dict[tuple[SendState, str], int] = field(default_factory=dict[tuple[SendState, str], int])
    given: dict[SendState, Given] = field(default_factory=dict[SendState, Given])

    def people(self, state: SendState) -> int:
        return sum(count for (one, _), count in self.fates.items() if one is state)


def results(tx: Tx, broadcast_id: int, since: datetime, until: datetime) -> Results:
    """A long read where there were many recipients."""
    span = {"of": broadcast_id, "since": seconds(since), "until": seconds(until)}
    fates = {
        (SendState(row["state"]), row["language"]): row["people"] for row in tx.all(_FATES, of=broadcast_id)
    }
    sums: dict[str, list[Money]] = {}
    for row in tx.all(_SUMS, **span):
        sums.setdefault(row["state"], []).append(Money(row["minor"], row["currency"]))
    given = {
        SendState(row["state"]): Given(row["givers"], row["gifts"], tuple(sums.get(row["state"], ())))
        for row in tx.all(_GIFTS, **span)
    }
    return Results(fates, given)
