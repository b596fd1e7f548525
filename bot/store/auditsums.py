"""What an audit counts again of the running sums: each key's last row beside the facts that it is made of."""

from collections.abc import Iterator

from sqlalchemy import Text, case, cast, func, literal, select

from bot.ledger import OF_GIFTS, EntryKind
from bot.letters import QuestionState
from bot.store.monthly import IS_LIVE
from bot.store.sql import Statement, Tx
from bot.store.sums import ALWAYS, Of, Sum, key_of, upto
from bot.store.tables import donations, donors, ledger, monthly_gifts, pledges, questions

_MANY, _MINOR = func.count(), func.sum(ledger.c.amount_minor)
_WHERE = (ledger.c.campaign, ledger.c.currency)
_WHAT = case(
    (ledger.c.kind.in_([EntryKind.GIFT.value, EntryKind.PLEDGE.value]), literal("gift")),
    else_=literal("back"),
)
_COUNTED = {
    Of.LEDGER: Statement(
        lambda: select(ledger.c.kind, *_WHERE, _MANY, _MINOR).group_by(ledger.c.kind, *_WHERE)
    ),
    Of.SOURCE: Statement(
        lambda: (
            select(donations.c.source, *_WHERE, _WHAT.label("what"), _MANY, _MINOR)
            .join(donations, donations.c.id == ledger.c.donation)
            .where(donations.c.source.is_not(None), ledger.c.kind.in_([str(one) for one in OF_GIFTS]))
            .group_by(donations.c.source, *_WHERE, "what")
        )
    ),
    Of.PLEDGES: Statement(
        lambda: select(pledges.c.currency, _MANY, func.sum(pledges.c.amount_minor)).group_by(
            pledges.c.currency
        )
    ),
    Of.DONORS: Statement(lambda: select(_MANY, literal(0)).select_from(donors).having(_MANY > 0)),
    Of.COMERS: Statement(
        lambda: (
            select(donors.c.source, _MANY, literal(0))
            .where(donors.c.source.is_not(None))
            .group_by(donors.c.source)
        )
    ),
    Of.LIVE: Statement(
        lambda: (
            select(cast(monthly_gifts.c.campaign_id, Text), _MANY, literal(0))
            .where(*IS_LIVE)
            .group_by(monthly_gifts.c.campaign_id)
        )
    ),
    Of.WAITING: Statement(
        lambda: (
            select(_MANY, literal(0)).where(questions.c.state == QuestionState.OPEN.value).having(_MANY > 0)
        )
    ),
}


def wrong(tx: Tx) -> Iterator[tuple[str, Sum, Sum]]:
    """Key, what is kept and what the facts say, each as a count and minor units."""
    for kind, statement in _COUNTED.items():
        facts = {tuple(row)[:-2]: (row[-2], row[-1]) for row in (tuple(one) for one in tx.all(statement))}
        kept = upto(tx, ALWAYS, kind)
        for key in sorted({*facts, *kept}):
            one, other = kept.get(key, (0, 0)), facts.get(key, (0, 0))
            if one != other:
                yield key_of(kind, *key), one, other
