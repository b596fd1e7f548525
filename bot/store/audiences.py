"""Who is meant by an Audience, as one SQL condition: the same for the count and for the fan-out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, exists, func, literal, literal_column, select, union

from bot.broadcasts import Audience, Broadcast, Gave, Monthly, SendState
from bot.config import LANGUAGES, Settings
from bot.holdout import HUNDRED, PRIME, key_of
from bot.model import RECEIVED, DonorState, MonthlyState
from bot.nights import HOME, ZONES
from bot.store.dialect import insert
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, Value, at
from bot.store.tables import broadcast_sends, donations, donors, monthly_gifts, staff

WEEK = timedelta(days=7)
_UNCAPPED = 2**31
_COUNTED = 10_000
_LIVE = (str(MonthlyState.ACTIVE), str(MonthlyState.PAST_DUE))
_NEAR = (
    select(donors.c.id).where(donors.c.id > at("after_id")).order_by(donors.c.id).limit(at("most")).subquery()
)
_PAGE = Statement(lambda: select(func.max(_NEAR.c.id)))
_LAST = Statement(lambda: select(func.coalesce(func.max(donors.c.id), 0)))
# Why somebody who is meant gets nothing, the first that is true; GO and HELD are what is left.
MUTED, BLOCKED, CAPPED, HELD, GO = "muted", "blocked", "capped", "held", "go"


class Meant(Struct, frozen=True):
    """An audience with the first owners' ids, who are staff by the settings."""

    audience: Audience
    owners: tuple[int, ...]


Groups = dict[tuple[str, str], int]
"""People by language and by what keeps them from getting it (MUTED ... GO)."""


def groups(tx: Tx, broadcast: Broadcast, settings: Settings, now: datetime) -> Groups:
    """How many people are meant. The staff are few and found by their ids."""
    if broadcast.audience.is_staff:
        return _found(tx, broadcast, settings, now, [(0, last(tx))])
    return _found(tx, broadcast, settings, now, _pages(tx))


def sample(tx: Tx, broadcast: Broadcast, settings: Settings, now: datetime, parts: int, each: int) -> Groups:
    """The same of so many parts of the donors, spread over all of them from the first to the newest, of `each` ids."""
    end = last(tx)
    starts = [end * part // parts for part in range(parts)]
    return _found(tx, broadcast, settings, now, [(start, start + each) for start in starts])


def _found(
    tx: Tx, broadcast: Broadcast, settings: Settings, now: datetime, pages: Iterable[tuple[int, int]]
) -> Groups:
    statement, found = _counting(Meant(broadcast.audience, settings.admin_ids)), Counter[tuple[str, str]]()
    values = _values(broadcast, settings, now)
    for after, end in pages:
        for row in tx.all(statement, after_id=after, upto_id=end, **values):
            found[row["language"], row["fate"]] += row["people"]
    return dict(sorted(found.items()))


def _pages(tx: Tx) -> Iterator[tuple[int, int]]:
    """Page by page: to group all at once the database would sort them all in memory."""
    after = 0
    while (end := end_of_page(tx, after, _COUNTED)) is not None:
        yield after, end
        after = end


def last(tx: Tx) -> int:
    """The newest donor's id."""
    return tx.value(_LAST)


def end_of_page(tx: Tx, after: int, most: int) -> int | None:
    """The id of the last of the next so many donors, whoever they are; None where there are no more."""
    return tx.value(_PAGE, after_id=after, most=most)


def fan_out(tx: Tx, broadcast: Broadcast, settings: Settings, now: datetime, page: tuple[int, int]) -> None:
    """Owe the broadcast to everybody meant whose id is above `page[0]`, up to `page[1]`; twice is once."""
    spoken = tuple((one, part) for one in LANGUAGES if (part := broadcast.speaks(one)))
    statement = _fanning(Meant(broadcast.audience, settings.admin_ids), spoken)
    values = _values(broadcast, settings, now)
    tx.do(statement, broadcast_id=broadcast.id, after_id=page[0], upto_id=page[1], **values)


def _values(broadcast: Broadcast, settings: Settings, now: datetime) -> dict[str, Value]:
    """The staff are neither capped nor held out: they are written to because they are the staff."""
    key, audience = key_of(broadcast.id), broadcast.audience
    cap = 0 if audience.is_staff else settings.broadcasts_per_week
    return {
        "this_id": broadcast.id,
        "factor": key.factor,
        "offset": key.offset,
        "held_percent": 0 if audience.is_staff else broadcast.holdout,
        "cap": cap or _UNCAPPED,
        "week_ago": seconds(now - WEEK),
        "active_since": seconds(now - timedelta(days=audience.days)),
    }


@lru_cache(maxsize=64)
def _counting(meant: Meant) -> Statement:
    fate = case(
        (donors.c.state == DonorState.BLOCKED.value, BLOCKED),
        (donors.c.muted_at.is_not(None), MUTED),
        (sent_lately() >= at("cap"), CAPPED),
        (_is_held(), HELD),
        else_=GO,
    ).label("fate")
    people = func.count().label("people")
    # Of the staff the index by Telegram's id leads, not the range of ours.
    id = donors.c.id + 0 if meant.audience.is_staff else donors.c.id
    counted = select(donors.c.language, fate, people).where(
        id > at("after_id"), id <= at("upto_id"), is_meant(meant)
    )
    return Statement(counted.group_by(donors.c.language, literal_column("fate")))


@lru_cache(maxsize=64)
def _fanning(meant: Meant, spoken: tuple[tuple[str, str], ...]) -> Statement:
    rows = select(
        at("broadcast_id"),
        donors.c.id,
        _mapped(donors.c.language, dict(spoken), "") if spoken else literal(""),
        _mapped(donors.c.currency, ZONES, HOME),
        case((_is_held(), SendState.HELD.value), else_=SendState.OWED.value),
    ).where(
        donors.c.id > at("after_id"),
        donors.c.id <= at("upto_id"),
        donors.c.state == DonorState.ACTIVE.value,
        donors.c.muted_at.is_(None),
        donors.c.language.in_([one for one, _ in spoken]),
        sent_lately() < at("cap"),
        is_meant(meant),
    )
    columns = ["broadcast_id", "donor_id", "language", "zone", "state"]
    fanned = insert(broadcast_sends).from_select(columns, rows)
    return Statement(fanned.on_conflict_do_nothing(index_elements=["broadcast_id", "donor_id"]))


def is_meant(meant: Meant) -> ColumnElement[bool]:
    """The condition on `donors`; the moment before which a gift is long ago is the place `active_since`."""
    audience = meant.audience
    wanted = [donors.c.telegram_id.is_not(None), *_gave(audience)]
    if audience.monthly is not Monthly.ANY:
        has = exists().where(monthly_gifts.c.donor_id == donors.c.id, monthly_gifts.c.state.in_(_LIVE))
        wanted.append(has if audience.monthly is Monthly.YES else ~has)
    if audience.currency:
        wanted.append(donors.c.currency == audience.currency)
    if audience.languages:
        wanted.append(donors.c.language.in_(audience.languages))
    if audience.source:
        wanted.append(donors.c.source == audience.source)
    if audience.is_staff:
        # One list: PostgreSQL would look through all donors for who is on either of two.
        listed = [select(staff.c.telegram_id), *(select(literal(one)) for one in meant.owners)]
        wanted.append(donors.c.telegram_id.in_(union(*listed)))
    return and_(*wanted)


def _gave(audience: Audience) -> list[ColumnElement[bool]]:
    gift = [donations.c.donor_id == donors.c.id, donations.c.settled_at.is_not(None)]
    gift.append(donations.c.state.in_([str(one) for one in RECEIVED]))
    if audience.campaign_id:
        gift.append(donations.c.campaign_id == audience.campaign_id)
    match audience.gave:
        case Gave.ANY:
            return []
        case Gave.GAVE:
            return [exists().where(*gift)]
        case Gave.NEVER:
            return [~exists().where(*gift)]
        case Gave.LAPSED:
            return [
                exists().where(*gift),
                ~exists().where(*gift, donations.c.settled_at > at("active_since")),
            ]


def sent_lately() -> ColumnElement[int]:
    """How many other broadcasts this donor got, or may have got, within seven days."""
    return (
        select(func.count())
        .select_from(broadcast_sends)
        .where(
            broadcast_sends.c.donor_id == donors.c.id,
            broadcast_sends.c.sent_at > at("week_ago"),
            broadcast_sends.c.broadcast_id != at("this_id"),
        )
        .scalar_subquery()
    )


def _is_held() -> ColumnElement[bool]:
    """As `holdout.is_held`."""
    one = (donors.c.id * at("factor") + at("offset")) % PRIME
    fourth = (one * one % PRIME) * (one * one % PRIME) % PRIME
    return fourth * one % PRIME % HUNDRED < at("held_percent")


def _mapped(column: ColumnElement[str], to: Mapping[str, str], otherwise: str) -> ColumnElement[str]:
    return case(*((column == one, literal(other)) for one, other in to.items()), else_=literal(otherwise))
