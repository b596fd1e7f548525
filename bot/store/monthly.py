"""Monthly gifts: what each donor wants, and what Stripe last said of it."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import func, insert, null, select, update

from bot.model import RECEIVED, MonthlyGift, MonthlyState
from bot.money import Money
from bot.store import sums
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.sums import Of, key_of
from bot.store.tables import donations, monthly_gifts

_LIVE = (MonthlyState.ACTIVE, MonthlyState.PAST_DUE)
# Counted for each campaign as it changes; an audit counts again.
IS_LIVE = (monthly_gifts.c.state.in_([one.value for one in _LIVE]), monthly_gifts.c.stop.is_(None))
_LIVE_IN = Statement(
    lambda: select(monthly_gifts.c.campaign_id).where(monthly_gifts.c.id == at("monthly_id"), *IS_LIVE)
)
_GET = Statement(lambda: select(monthly_gifts).where(monthly_gifts.c.id == at("monthly_id")))
_OF_SUBSCRIPTION = Statement(
    lambda: select(monthly_gifts).where(monthly_gifts.c.subscription_id == at("subscription_id"))
)
_ADD = Statement(
    lambda: insert(monthly_gifts).values(
        places(
            "id",
            "donor_id",
            "campaign_id",
            "amount_minor",
            "cover_minor",
            "currency",
            "state",
            "created_at",
            "source",
            "months",
            "ends_at",
        )
    )
)
_LINK = Statement(
    lambda: (
        update(monthly_gifts)
        .where(monthly_gifts.c.id == at("monthly_id"), monthly_gifts.c.subscription_id.is_(None))
        .values(places("subscription_id", "customer_id", "look_at"))
    )
)
_BEGIN = Statement(
    lambda: (
        update(monthly_gifts)
        .where(monthly_gifts.c.id == at("monthly_id"), monthly_gifts.c.state == MonthlyState.ASKED.value)
        .values(state=MonthlyState.ACTIVE.value, **places("look_at"))
    )
)
_WISH = Statement(
    lambda: (
        update(monthly_gifts)
        .where(monthly_gifts.c.id == at("monthly_id"))
        .values(wanted=monthly_gifts.c.wanted + 1)
    )
)
_HEARD = Statement(
    lambda: (
        update(monthly_gifts)
        .where(monthly_gifts.c.id == at("monthly_id"), monthly_gifts.c.wanted == at("seen"))
        .values(wanted=0)
    )
)
_END = Statement(
    lambda: (
        update(monthly_gifts)
        .where(monthly_gifts.c.id == at("monthly_id"), monthly_gifts.c.state != MonthlyState.ENDED.value)
        .values(
            state=MonthlyState.ENDED.value,
            look_at=null(),
            next_at=null(),
            wanted=0,
            **places("stop", "ended_at"),
        )
    )
)
_ANY_OF_DONOR = Statement(
    lambda: (
        select(monthly_gifts.c.id)
        .where(monthly_gifts.c.donor_id == at("donor_id"), monthly_gifts.c.state != MonthlyState.ASKED.value)
        .limit(1)
    )
)
_OF_DONOR = Statement(
    lambda: (
        select(monthly_gifts)
        .where(monthly_gifts.c.donor_id == at("donor_id"), monthly_gifts.c.state != MonthlyState.ASKED.value)
        .order_by(monthly_gifts.c.created_at.desc(), monthly_gifts.c.id)
    )
)
_DUE = Statement(
    lambda: (
        select(monthly_gifts)
        .where(monthly_gifts.c.look_at <= at("now"))
        .order_by(monthly_gifts.c.look_at, monthly_gifts.c.id)
        .limit(at("most"))
    )
)
_GIFTS = Statement(
    lambda: select(func.count(), func.coalesce(func.sum(donations.c.amount_minor), 0)).where(
        donations.c.monthly_id == at("monthly_id"), donations.c.state.in_([str(one) for one in RECEIVED])
    )
)
_FIRST = Statement(
    lambda: (
        select(donations.c.id)
        .where(donations.c.monthly_id == at("monthly_id"))
        .order_by(donations.c.created_at, donations.c.session_id.is_(None), donations.c.id)
        .limit(1)
    )
)


def get(tx: Tx, monthly_id: str) -> MonthlyGift | None:
    return _maybe(tx.one(_GET, monthly_id=monthly_id))


def of_subscription(tx: Tx, subscription_id: str) -> MonthlyGift | None:
    return _maybe(tx.one(_OF_SUBSCRIPTION, subscription_id=subscription_id))


def add(tx: Tx, gift: MonthlyGift) -> None:
    tx.do(
        _ADD,
        id=gift.id,
        donor_id=gift.donor_id,
        campaign_id=gift.campaign_id,
        amount_minor=gift.money.minor,
        cover_minor=gift.cover_minor,
        currency=gift.money.currency,
        state=gift.state,
        created_at=seconds(gift.created_at),
        source=gift.source,
        months=gift.months,
        ends_at=None if gift.ends_at is None else seconds(gift.ends_at),
    )
    if gift.state in _LIVE:
        sums.add(tx, key_of(Of.LIVE, str(gift.campaign_id)), 0)


def link(
    tx: Tx, monthly_id: str, subscription_id: str | None, customer_id: str | None, look_at: datetime
) -> None:
    """Its page was finished, so there is a subscription; the first one stays."""
    values: dict[str, Value] = {"subscription_id": subscription_id, "customer_id": customer_id}
    tx.do(_LINK, monthly_id=monthly_id, look_at=seconds(look_at), **values)


def begin(tx: Tx, monthly_id: str, look_at: datetime) -> bool:
    """Its first payment came. True for the one caller who began it."""
    return (
        _counted(tx, monthly_id, lambda: tx.run(_BEGIN, monthly_id=monthly_id, look_at=seconds(look_at))) == 1
    )


def change(tx: Tx, monthly_id: str, **values: Value) -> None:
    """Set columns."""
    statement = setting(monthly_gifts, frozenset(values))

    def change() -> int:
        return tx.run(statement, row_id=monthly_id, **values)

    if values.keys() & {"state", "stop"}:
        _counted(tx, monthly_id, change)
    else:
        change()


def wish(tx: Tx, monthly_id: str, look_at: datetime, **values: Value) -> None:
    """Keep what the donor wants, to be told to Stripe."""
    change(tx, monthly_id, look_at=seconds(look_at), **values)
    tx.do(_WISH, monthly_id=monthly_id)


def heard(tx: Tx, monthly_id: str, seen: int) -> bool:
    """Stripe follows the wishes counted by `seen`. False where there is a newer one."""
    return tx.run(_HEARD, monthly_id=monthly_id, seen=seen) == 1


def end(tx: Tx, monthly_id: str, why: str, ended_at: datetime) -> bool:
    """Nothing will be charged any more. True for the one caller who ended it."""
    values: dict[str, Value] = {"stop": why, "ended_at": seconds(ended_at)}
    return _counted(tx, monthly_id, lambda: tx.run(_END, monthly_id=monthly_id, **values)) == 1


def live(tx: Tx, campaign_id: int) -> int:
    """How many of this campaign go on."""
    return sums.now(tx, Of.LIVE, str(campaign_id))


def _counted(tx: Tx, monthly_id: str, act: Callable[[], int]) -> int:
    """What the act says; whether the gift goes on may be another thing after it."""
    before = tx.value(_LIVE_IN, monthly_id=monthly_id)
    done = act()
    after = tx.value(_LIVE_IN, monthly_id=monthly_id)
    if before != after:
        campaign_id = after or before
        sums.add(tx, key_of(Of.LIVE, str(campaign_id)), 0, more=1 if after else -1)
    return done


def of_donor(tx: Tx, donor_id: int, states: Collection[MonthlyState] = ()) -> list[MonthlyGift]:
    """Those that began, newest first; in these states, or in all."""
    found = [noun(row) for row in tx.all(_OF_DONOR, donor_id=donor_id)]
    return [gift for gift in found if not states or gift.state in states]


def soon_any(tx: Tx, donor_id: int) -> Callable[[], bool]:
    """Whether any of this donor's began, once it is called."""
    found = tx.soon(_ANY_OF_DONOR, donor_id=donor_id)
    return lambda: found.fetchone() is not None


def live_of_donor(tx: Tx, donor_id: int) -> list[MonthlyGift]:
    return of_donor(tx, donor_id, _LIVE)


def to_look_at(tx: Tx, now: datetime, limit: int) -> list[MonthlyGift]:
    """Those whose turn it is to be asked about at Stripe, longest waiting first."""
    return [noun(row) for row in tx.all(_DUE, now=seconds(now), most=limit)]


def gifts(tx: Tx, monthly_id: str) -> tuple[int, int]:
    """How many of its gifts arrived, and their sum in minor units."""
    row = tx.one(_GIFTS, monthly_id=monthly_id)
    return (0, 0) if row is None else (row[0], row[1])


def first_donation(tx: Tx, monthly_id: str) -> str | None:
    """The gift whose checkout began it."""
    return tx.value(_FIRST, monthly_id=monthly_id)


def _maybe(row: Row | None) -> MonthlyGift | None:
    return None if row is None else noun(row)


def _when(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def noun(row: Row) -> MonthlyGift:
    return MonthlyGift(
        id=row["id"],
        donor_id=row["donor_id"],
        campaign_id=row["campaign_id"],
        money=Money(row["amount_minor"], row["currency"]),
        state=MonthlyState(row["state"]),
        created_at=moment(row["created_at"]),
        cover_minor=row["cover_minor"],
        source=row["source"],
        months=row["months"],
        ends_at=_when(row["ends_at"]),
        subscription_id=row["subscription_id"],
        customer_id=row["customer_id"],
        anchor_at=_when(row["anchor_at"]),
        next_at=_when(row["next_at"]),
        paused_until=_when(row["paused_until"]),
        stop=row["stop"],
        ended_at=_when(row["ended_at"]),
        wanted=row["wanted"],
    )
