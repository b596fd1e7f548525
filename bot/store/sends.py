"""One broadcast owed to one donor: taken by conditional UPDATE, so that no two senders ever have the same one."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import Integer, Text, cast, exists, func, null, or_, select, update

from bot.broadcasts import SendState, pause_after
from bot.model import DonorState
from bot.store import audiences
from bot.store.dialect import Joined, KeysOf, NumberAt, NumbersIn
from bot.store.moments import moment, seconds
from bot.store.sql import Statement, Tx, Value, at
from bot.store.tables import TALLY, broadcast_sends, broadcast_taps, broadcasts, donors

# Longer than a sender waits for Telegram's answer, also where an album is uploaded in parts.
LEASE = timedelta(minutes=3)
_UNCAPPED = 2**31
_sends = broadcast_sends
_MINE = (_sends.c.broadcast_id == at("this_id"), _sends.c.donor_id == at("donor"))
_IS_OWED = _sends.c.state == SendState.OWED.value
_IS_DUE = or_(_sends.c.taken_until.is_(None), _sends.c.taken_until <= at("now"))
_NEXT = Statement(
    lambda: (
        select(_sends.c.donor_id, donors.c.telegram_id, _sends.c.language, donors.c.language.label("speaks"))
        .join(donors, donors.c.id == _sends.c.donor_id)
        .where(
            _sends.c.broadcast_id == at("this_id"),
            _sends.c.zone == at("place"),
            _sends.c.donor_id > at("after_id"),
            _IS_OWED,
            _IS_DUE,
        )
        .order_by(_sends.c.donor_id)
        .limit(at("most"))
    )
)
_STILL_WANTS = exists().where(
    donors.c.id == _sends.c.donor_id,
    donors.c.state == DonorState.ACTIVE.value,
    donors.c.telegram_id.is_not(None),
    donors.c.muted_at.is_(None),
    audiences.sent_lately() < at("cap"),
)
# Many rows in one statement: at a thousand messages a second the calls would cost more than the database's own work.
_WANTED = NumbersIn(at("wanted")).table_valued("value")
_TAKE = Statement(
    lambda: (
        update(_sends)
        .where(
            _sends.c.broadcast_id == at("this_id"),
            _sends.c.donor_id.in_(select(_WANTED.c.value)),
            _IS_OWED,
            _STILL_WANTS,
        )
        .returning(_sends.c.donor_id)
        .values(state=SendState.SENDING.value, taken_until=at("until"), attempts=_sends.c.attempts + 1)
    )
)
_SKIP = Statement(
    lambda: (
        update(_sends)
        .where(*_MINE, _IS_OWED, ~_STILL_WANTS)
        .values(state=SendState.SKIPPED.value, taken_until=null())
    )
)
_END = Statement(
    lambda: (
        update(_sends)
        .where(*_MINE, _sends.c.state == at("old"))
        .values(
            state=at("new_state"),
            taken_until=at("not_before"),
            sent_at=at("new_sent_at"),
            message_id=at("new_message_id"),
            error=at("new_error"),
        )
    )
)
_CAME = KeysOf(at("came")).table_valued("key")
_TRIES = Statement(lambda: select(_sends.c.attempts).where(*_MINE))
_SENT = Statement(
    lambda: (
        update(_sends)
        .where(
            _sends.c.broadcast_id == at("this_id"),
            _sends.c.donor_id.in_(select(cast(_CAME.c.key, Integer))),
            _sends.c.state == SendState.SENDING.value,
        )
        .values(
            state=SendState.SENT.value,
            taken_until=null(),
            sent_at=at("now"),
            message_id=NumberAt(at("came"), cast(_sends.c.donor_id, Text)),
            error=null(),
        )
        .returning(_sends.c.donor_id)
    )
)
_ABANDONED = Statement(
    lambda: (
        update(_sends)
        .where(_sends.c.state == SendState.SENDING.value, _sends.c.taken_until <= at("now"))
        .values(state=SendState.DOUBT.value, sent_at=at("now"), taken_until=null(), error="killed")
        .returning(_sends.c.broadcast_id)
    )
)
# In order, or SQLite would look through all whom it was sent to instead of the index of what is owed.
_IN_ZONE = (
    select(_sends.c.donor_id, func.coalesce(_sends.c.taken_until, 0).label("due"))
    .where(
        _sends.c.broadcast_id == at("this_id"), _sends.c.zone == at("place"), _sends.c.donor_id > 0, _IS_OWED
    )
    .order_by(_sends.c.donor_id)
)
_ANY_IN_ZONE = Statement(lambda: _IN_ZONE.limit(1))
_MANY = _IN_ZONE.limit(10_000).subquery()
_DUE_IN_ZONE = Statement(lambda: select(func.min(_MANY.c.due)))
# The sum keeps SQLite to the index of the few that are being sent.
_IS_SENDING = Statement(
    lambda: select(func.max(1)).where(
        exists().where(_sends.c.state == SendState.SENDING.value, _sends.c.broadcast_id + 0 == at("this_id"))
    )
)
_ADD_UP = Statement(
    lambda: (
        update(broadcasts)
        .where(broadcasts.c.id == at("this_id"))
        .values({name: broadcasts.c[name] + at(f"more_{name}") for name in TALLY})
    )
)
_PAGE_TALLY = Statement(
    lambda: (
        select(_sends.c.state, func.count().label("people"))
        .where(_sends.c.broadcast_id == at("this_id"), _sends.c.donor_id > at("after_id"))
        .where(_sends.c.donor_id <= at("upto_id"))
        .group_by(_sends.c.state)
    )
)


_OF_DONOR = Statement(
    lambda: (
        select(
            _sends.c.broadcast_id,
            _sends.c.state,
            _sends.c.sent_at,
            Joined(broadcast_taps.c.button).label("taps"),
        )
        .outerjoin(
            broadcast_taps,
            (broadcast_taps.c.broadcast_id == _sends.c.broadcast_id)
            & (broadcast_taps.c.donor_id == _sends.c.donor_id),
        )
        .where(_sends.c.donor_id == at("donor"), _sends.c.sent_at.is_not(None))
        # The whole key, so that the other columns have one value in each group.
        .group_by(_sends.c.broadcast_id, _sends.c.donor_id)
        .order_by(_sends.c.broadcast_id)
    )
)


class Recipient(Struct, frozen=True):
    """`language` is the part's; `speaks` is the donor's own, for the buttons."""

    donor_id: int
    chat_id: int
    language: str
    speaks: str


class Outcome(Struct, frozen=True):
    """What became of one send. OWED means that it surely did not happen, and not again before `pause` has passed; None:
    a pause that grows with its tries, until it is given up as FAILED."""

    donor_id: int
    state: SendState
    message_id: int | None = None
    error: str | None = None
    pause: timedelta | None = field(default=timedelta())


def candidates(tx: Tx, broadcast_id: int, zone: str, after: int, now: datetime, most: int) -> list[Recipient]:
    """Whom to send to next in this zone; taken by nobody yet."""
    rows = tx.all(_NEXT, this_id=broadcast_id, place=zone, after_id=after, now=seconds(now), most=most)
    return [
        Recipient(row["donor_id"], row["telegram_id"] or 0, row["language"], row["speaks"]) for row in rows
    ]


def take(tx: Tx, broadcast_id: int, wanted: Sequence[Recipient], cap: int, now: datetime) -> list[Recipient]:
    """Those of them that are ours to send now. Who muted, left or reached the cap meanwhile is skipped; `cap` 0: none."""
    values: dict[str, Value] = {
        "this_id": broadcast_id,
        "cap": cap or _UNCAPPED,
        "week_ago": seconds(now - audiences.WEEK),
    }
    ids = json.dumps([one.donor_id for one in wanted])
    rows = tx.all(_TAKE, wanted=ids, until=seconds(now + LEASE), **values)
    taken = {row["donor_id"] for row in rows}
    left = [one for one in wanted if one.donor_id not in taken]
    skipped = sum(tx.run(_SKIP, donor=one.donor_id, **values) for one in left)
    add_up(tx, broadcast_id, {SendState.SKIPPED: skipped})
    return [one for one in wanted if one.donor_id in taken]


def book(tx: Tx, broadcast_id: int, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of sends, and count them."""
    came = {one.donor_id: one.message_id for one in outcomes if one.state is SendState.SENT}
    rows = tx.all(_SENT, this_id=broadcast_id, came=json.dumps(came), now=seconds(now)) if came else []
    done = {row["donor_id"] for row in rows}
    more = Counter[str]({SendState.SENT: len(done)})
    for one in outcomes:
        if one.donor_id not in done:
            more.update(_booked(tx, broadcast_id, one, now))
    add_up(tx, broadcast_id, more)


def _booked(tx: Tx, broadcast_id: int, one: Outcome, now: datetime) -> dict[str, int]:
    """What it changes in the counters."""
    if one.pause is None:
        pause = pause_after(tx.value(_TRIES, this_id=broadcast_id, donor=one.donor_id))
        one = replace(one, pause=pause) if pause else replace(one, state=SendState.FAILED)
    if tx.run(_END, this_id=broadcast_id, donor=one.donor_id, old=SendState.SENDING, **_ended(one, now)):
        return {one.state: 1}
    if one.state in (SendState.OWED, SendState.DOUBT) or not _is_cleared(tx, broadcast_id, one, now):
        return {}
    return {one.state: 1, SendState.DOUBT: -1}


def _is_cleared(tx: Tx, broadcast_id: int, one: Outcome, now: datetime) -> bool:
    """What another process gave up as in doubt is what its sender says after all; but it is never owed again."""
    return (
        tx.run(_END, this_id=broadcast_id, donor=one.donor_id, old=SendState.DOUBT, **_ended(one, now)) == 1
    )


def _ended(one: Outcome, now: datetime) -> dict[str, Value]:
    came = one.state in (SendState.SENT, SendState.DOUBT)
    return {
        "new_state": one.state,
        "not_before": seconds(now + one.pause) if one.pause and one.state is SendState.OWED else None,
        # Also what perhaps came counts towards the cap.
        "new_sent_at": seconds(now) if came else None,
        "new_message_id": one.message_id,
        "new_error": one.error,
    }


def abandoned(tx: Tx, now: datetime) -> int:
    """Sends whose sender died on the way are in doubt, and never sent again. How many they were."""
    found = [row["broadcast_id"] for row in tx.all(_ABANDONED, now=seconds(now))]
    for broadcast_id in set(found):
        add_up(tx, broadcast_id, {SendState.DOUBT: found.count(broadcast_id)})
    return len(found)


def is_sending(tx: Tx, broadcast_id: int) -> bool:
    return tx.value(_IS_SENDING, this_id=broadcast_id) is not None


def is_owed_in(tx: Tx, broadcast_id: int, zone: str) -> bool:
    return tx.value(_ANY_IN_ZONE, this_id=broadcast_id, place=zone) is not None


def due_in(tx: Tx, broadcast_id: int, zone: str) -> datetime | None:
    """From when on something is owed in this zone, of the first ten thousand; None where nothing is."""
    value = tx.value(_DUE_IN_ZONE, this_id=broadcast_id, place=zone)
    return None if value is None else moment(value)


def page_tally(tx: Tx, broadcast_id: int, page: tuple[int, int]) -> dict[str, int]:
    """What the fan-out has just planned on this page, by state."""
    rows = tx.all(_PAGE_TALLY, this_id=broadcast_id, after_id=page[0], upto_id=page[1])
    return {row["state"]: row["people"] for row in rows}


def add_up(tx: Tx, broadcast_id: int, more: Mapping[str, int]) -> None:
    """Raise the counters that screens show."""
    counted = {f"more_{name}": more.get(name, 0) for name in TALLY}
    if any(counted.values()):
        tx.do(_ADD_UP, this_id=broadcast_id, **counted)


def of_donor(tx: Tx, donor_id: int) -> list[dict[str, str | int | None]]:
    """Every broadcast that this donor got, or may have got, and what they tapped, for their own file."""
    return [
        {
            "broadcast_id": row["broadcast_id"],
            "state": row["state"],
            "sent_at": row["sent_at"],
            "taps": _in_order(row["taps"]),
        }
        for row in tx.all(_OF_DONOR, donor=donor_id)
    ]


def _in_order(taps: str | None) -> str | None:
    """The database joined them in no order."""
    return None if taps is None else ",".join(sorted(taps.split(",")))
