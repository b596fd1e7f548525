"""What gifts count towards their campaign's goal, each at the rate of the day it came, which is fixed on it for ever.

A gift in the goal's own currency counts as it is. One whose currency has no rate yet waits, and counts once there is
one. What goes back of a gift counts back at the gift's own rate: always the rate times what is left, so that the order
of events cannot matter.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from msgspec import Struct

from bot.config import Settings
from bot.i18n import ZONE
from bot.model import DeliveryKind
from bot.rates import Rate, worth
from bot.services import Services
from bot.staff import Right
from bot.store import acts, deliveries, donations, rates, staff
from bot.store.deliveries import Owed
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Tx

_SETTINGS = "settings"
_ALMOST_A_DAY = timedelta(hours=22)


def settle(tx: Tx, donation_id: str, admins: Iterable[int], now: datetime) -> None:
    """The gift came now, and counts what it is worth; call it after the ledger has its row."""
    row = _standing(tx, donation_id)
    if not _counted(tx, row, admins, now, settled_at=seconds(now)):
        donations.change(tx, donation_id, settled_at=seconds(now))


def recount(tx: Tx, donation_id: str, admins: Iterable[int], now: datetime) -> None:
    """Bring what a received gift counts up to what is left of it; call it after the ledger has its newest row."""
    row = _standing(tx, donation_id)
    _counted(tx, row, admins, now, settled_at=row["settled_at"])


def _standing(tx: Tx, donation_id: str) -> Row:
    row = rates.standing(tx, donation_id)
    if row is None:
        raise LookupError(donation_id)
    return row


def _counted(tx: Tx, row: Row, admins: Iterable[int], now: datetime, settled_at: int | None) -> bool:
    """False where nothing was to be written. Staff are told once of a currency that has no rate."""
    came = now if settled_at is None else moment(settled_at)
    fixed = _fixed(tx, row, came)
    if fixed is None:
        _ask_for_a_rate(tx, row["id"], row["currency"], row["goal"], admins, now)
        return False
    value, fixed_at = fixed
    counted = worth(row["left_minor"], row["currency"], row["goal"], Decimal(value))
    more = counted - row["counted_minor"]
    if not more and row["rate"] is not None:
        return False
    # In one: a gift with its rate never stands, not even for a moment, in the index of those that wait for one.
    rates.keep(tx, row["id"], value, fixed_at=seconds(fixed_at), counted_minor=counted, settled_at=settled_at)
    if more:
        rates.count(tx, row["campaign_id"], more)
    return True


def _fixed(tx: Tx, row: Row, came: datetime) -> tuple[str, datetime] | None:
    """The rate on the gift and its day: the one it has, else that of the day it came."""
    if row["rate"] is not None:
        return row["rate"], came
    if row["currency"] == row["goal"]:
        return "1", came
    rate = rates.at_day(tx, row["currency"], row["goal"], came)
    return None if rate is None else (f"{rate.value:f}", rate.at)


def _ask_for_a_rate(
    tx: Tx, donation_id: str, currency: str, goal: str, admins: Iterable[int], now: datetime
) -> None:
    for admin in staff.chats(tx, admins, Right.MONEY):
        key = f"no-rate:{currency}:{goal}:{admin}"
        owed = Owed(DeliveryKind.ALERT, key, chat_id=admin, donation_id=donation_id, payload="no_rate")
        deliveries.owe(tx, owed, now)


def start_of(day: date) -> datetime:
    """The moment from which a rate of this day holds."""
    return datetime.combine(day, time(), ZONE)


def seed(tx: Tx, settings: Settings, now: datetime) -> list[str]:
    """Take over the rates of the settings that changed since the last start; currencies that have no goal to count for.

    A rate that staff gave meanwhile is newer, and stays until the setting itself is changed.
    """
    goals, lost = rates.goals(tx), list[str]()
    today = start_of(now.astimezone(ZONE).date())
    for quote in settings.rates:
        counter = quote.counter or (goals[0] if len(goals) == 1 else None)
        if counter is None or quote.currency == counter:
            lost += [quote.currency] if counter is None and goals else []
            continue
        known = rates.last_from(tx, quote.currency, counter, _SETTINGS)
        if known is None or known.value != quote.value:
            _give(tx, Rate(quote.currency, counter, quote.value, today, _SETTINGS), settings, now)
    return lost


def _give(tx: Tx, rate: Rate, settings: Settings, now: datetime) -> int:
    """Keep a rate, and count what waited for it; how many gifts did."""
    rates.add(tx, rate)
    waiting = rates.waiting(tx, rate.currency, rate.counter)
    for donation_id in waiting:
        recount(tx, donation_id, settings.admin_ids, now)
    return len(waiting)


async def give(services: Services, rate: Rate) -> int:
    """Keep what staff say; how many gifts had waited for it. What was counted before keeps its rate."""
    now = services.clock()

    def write(tx: Tx) -> int:
        old = rates.before(tx, rate.currency, rate.counter, rate.at + _ALMOST_A_DAY)
        before = {"rate": f"{old.value:f}"} if old else None
        pair, after = f"{rate.currency}/{rate.counter}", {"rate": f"{rate.value:f}"}
        acts.record(tx, now, rate.source, "rate", pair, before=before, after=after)
        return _give(tx, rate, services.settings, now)

    return await services.db.write(write)


class Table(Struct, frozen=True):
    """The newest rate of each pair, and the currencies of the goals."""

    rates: list[Rate]
    goals: list[str]


async def table(services: Services) -> Table:
    def read(tx: Tx) -> Table:
        newest: dict[tuple[str, str], Rate] = {}
        for rate in rates.all_of_them(tx):
            newest.setdefault((rate.currency, rate.counter), rate)
        return Table(list(newest.values()), rates.goals(tx))

    return await services.db.read(read)


class Change(Struct, frozen=True):
    """A rate that staff want to give, the one that holds on that day now, and how many gifts wait for it."""

    new: Rate
    old: Rate | None
    waiting: int


async def change(services: Services, new: Rate) -> Change:
    def read(tx: Tx) -> Change:
        old = rates.before(tx, new.currency, new.counter, new.at + _ALMOST_A_DAY)
        return Change(new, old, len(rates.waiting(tx, new.currency, new.counter)))

    return await services.db.read(read)
