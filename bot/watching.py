"""Looks after the machine beneath: webhooks, Stripe's key, the courier, the disk, the clock; staff hear once of an incident.

Each check is a pure function of facts. An incident begins after two bad looks and ends after five good ones, so that
nothing that flutters becomes a storm; what has begun is remembered in the database, over restarts too.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from pathlib import Path

from msgspec import Struct

from bot.model import DeliveryKind
from bot.services import Services
from bot.staff import Right
from bot.store import deliveries, donors, inbox, marks, staff
from bot.store.deliveries import Owed
from bot.store.moments import seconds
from bot.store.sql import Tx

BEGINS, ENDS = 2, 5
_LATE, _IN_TIME = timedelta(minutes=5), timedelta(minutes=2)
_MB = 1_000_000
_SKEWED, _RIGHT = 120, 60


class Verdict(Enum):
    """`UNSURE` changes nothing: between two limits, or nothing is known."""

    BAD = "bad"
    FINE = "fine"
    UNSURE = "unsure"


@dataclass
class Seen:
    """What the running process has noticed since it started at `since`; told by those who notice it.

    `date`: the Date header that Telegram's newest answer had, and our own clock at that moment, in Unix seconds.
    """

    since: datetime
    webhook_at: datetime | None = None
    is_locked: bool | None = None
    date: tuple[str, float] | None = None


class Facts(Struct, frozen=True):
    """`missed_at`: when the newest event was made that a webhook should have told us of and did not; None: not ours to say.

    `free` and `size`: bytes of the database's disk; None where it is another machine's.
    """

    now: datetime
    seen: Seen
    missed_at: datetime | None
    oldest_due: datetime | None
    free: int | None
    size: int | None


def webhooks(facts: Facts) -> Verdict:
    """What happened before we ran could not reach us, and is no fault of the webhooks."""
    missed, heard = facts.missed_at, facts.seen.webhook_at
    # Stripe's moments are whole seconds.
    if missed is None or missed < facts.seen.since.replace(microsecond=0) or (heard and heard > missed):
        return Verdict.FINE
    return Verdict.BAD


def key(facts: Facts) -> Verdict:
    if facts.seen.is_locked is None:
        return Verdict.UNSURE
    return Verdict.BAD if facts.seen.is_locked else Verdict.FINE


def courier(facts: Facts) -> Verdict:
    waited = facts.now - facts.oldest_due if facts.oldest_due else timedelta(0)
    if waited > _LATE:
        return Verdict.BAD
    return Verdict.FINE if waited < _IN_TIME else Verdict.UNSURE


def disk(facts: Facts) -> Verdict:
    """Under 5 % or 200 MB; well again at 6 % and 250 MB."""
    if facts.free is None or facts.size is None:
        return Verdict.UNSURE
    if facts.free * 100 < facts.size * 5 or facts.free < 200 * _MB:
        return Verdict.BAD
    return Verdict.FINE if facts.free * 100 >= facts.size * 6 and facts.free >= 250 * _MB else Verdict.UNSURE


def clock(facts: Facts) -> Verdict:
    wrong = skew(facts.seen.date)
    if wrong is None:
        return Verdict.UNSURE
    return Verdict.BAD if abs(wrong) > _SKEWED else Verdict.FINE if abs(wrong) < _RIGHT else Verdict.UNSURE


def skew(date: tuple[str, float] | None) -> int | None:
    """How many seconds our clock is before Telegram's; None where that cannot be known."""
    if date is None:
        return None
    try:
        return round(date[1] - parsedate_to_datetime(date[0]).timestamp())
    except ValueError:
        return None


CHECKS: Mapping[str, Callable[[Facts], Verdict]] = {
    "webhooks": webhooks,
    "key": key,
    "courier": courier,
    "disk": disk,
    "clock": clock,
}


def number(what: str, facts: Facts) -> int:
    """What an alert names: minutes waited, megabytes left, seconds wrong."""
    match what:
        case "courier":
            return int((facts.now - (facts.oldest_due or facts.now)).total_seconds() // 60)
        case "disk":
            return (facts.free or 0) // _MB
        case "clock":
            return abs(skew(facts.seen.date) or 0)
        case _:
            return 0


class Incident(Struct, frozen=True):
    """`begun`: since when (Unix seconds) it goes on, None: it does not; `against`: looks in a row that say the contrary."""

    begun: int | None = None
    against: int = 0


def following(before: Incident, verdict: Verdict, now: datetime) -> Incident:
    """The incident after one more look."""
    contrary = Verdict.BAD if before.begun is None else Verdict.FINE
    if verdict is not contrary:
        return before if verdict is Verdict.UNSURE else Incident(before.begun)
    against = before.against + 1
    if before.begun is None:
        return Incident(seconds(now)) if against >= BEGINS else Incident(None, against)
    return Incident() if against >= ENDS else Incident(before.begun, against)


@dataclass
class Watch:
    """The looks of one process; `look` is called again and again."""

    services: Services
    seen: Seen
    incidents: dict[str, Incident] = field(default_factory=dict[str, Incident])

    async def look(self) -> list[str]:
        """Look once; the names of what began or ended."""
        services = self.services
        if not self.incidents:
            self.incidents = await services.db.read(_remembered)
        facts = await self._facts()
        after = {
            what: following(self.incidents[what], check(facts), facts.now) for what, check in CHECKS.items()
        }
        news = [what for what, one in after.items() if one.begun != self.incidents[what].begun]
        if news:
            before = self.incidents
            await services.db.write(
                lambda tx: [_tell(tx, services, facts, one, before, after) for one in news]
            )
            services.bells.courier.set()
        self.incidents = after
        return news

    async def _facts(self) -> Facts:
        services, now = self.services, self.services.clock()
        has_webhooks = services.settings.mode == "webhook"
        missed, due = await services.db.read(
            lambda tx: (inbox.missed(tx) if has_webhooks else None, deliveries.oldest_due(tx, now))
        )
        free, size = await _disk(services.settings.database_file)
        return Facts(now, self.seen, missed, due, free, size)


async def _disk(file: Path | None) -> tuple[int | None, int | None]:
    """What is free, and the whole."""
    if file is None:
        return None, None
    usage = await asyncio.to_thread(shutil.disk_usage, file.parent)
    return usage.free, usage.total


def _remembered(tx: Tx) -> dict[str, Incident]:
    found = {what: marks.get(tx, f"incident.{what}") for what in CHECKS}
    return {what: Incident(int(value)) if value else Incident() for what, value in found.items()}


def _tell(
    tx: Tx,
    services: Services,
    facts: Facts,
    what: str,
    before: Mapping[str, Incident],
    after: Mapping[str, Incident],
) -> None:
    """Write it down and owe it to those who can do something about it."""
    begun = after[what].begun
    marks.put(tx, f"incident.{what}", "" if begun is None else str(begun))
    since = begun if begun is not None else before[what].begun
    payload = f"watch.{what}.{'begin' if begun is not None else 'end'}.{number(what, facts)}"
    for chat in staff.chats(tx, services.settings.admin_ids, Right.MONEY):
        person = donors.find(tx, chat)
        owed = Owed(
            DeliveryKind.ALERT,
            f"{payload}:{since}:{chat}",
            chat_id=chat,
            donor_id=person.id if person else None,
            payload=payload,
            priority=1,
        )
        deliveries.owe(tx, owed, facts.now)
