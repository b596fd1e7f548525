"""Card testing is met before Stripe is: floors, caps on pages and refused cards, one alarm an incident, and a freeze.

It decides inside the transaction that would add the gift, so that taps at the same moment cannot pass together. What is
open already stays payable and still settles.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from bot.config import Settings
from bot.errors import CheckoutPaused, GiftError, GiftTooSmall, Pause
from bot.model import Campaign, CancelAsked, DeliveryKind, Donation, DonationState
from bot.money import Money
from bot.services import Services
from bot.staff import Right
from bot.store import acts, attempts, deliveries, donations, marks, staff
from bot.store.attempts import Lately, Limits
from bot.store.deliveries import Owed
from bot.store.moments import moment, seconds
from bot.store.sql import Tx

HOUR = timedelta(hours=1)
_FROZEN = "checkouts.frozen"


class Frozen(Struct, frozen=True):
    """Since when no page is opened, and the code of whoever said so."""

    at: datetime
    by: str


class Watch(Struct, frozen=True):
    """What staff see before they freeze: counted up to a thousand each."""

    frozen: Frozen | None
    open_pages: int
    opened: int
    declined: int


def soon_lately(tx: Tx, settings: Settings, donor_id: int, now: datetime) -> Callable[[], Lately]:
    """What `refusal` goes by, to be asked with other questions."""
    return attempts.soon_lately(tx, donor_id, now - HOUR, _limits(settings), _FROZEN)


def refusal(
    tx: Tx, settings: Settings, donor_id: int, campaign: Campaign, money: Money, lately: Lately, now: datetime
) -> GiftError | None:
    """Why no new page may be opened now, or None.

    The caller commits also where it refuses, since an alarm may be owed, and rings the courier's bell.
    """
    if error := too_small(settings, campaign, money):
        return error
    found = _pause(tx, settings, donor_id, lately, now)
    if found is None:
        return None
    why, until, most = found
    known = _still_open(tx, donor_id, now)
    return CheckoutPaused(
        why,
        most,
        until,
        campaign.id,
        money,
        bool(campaign.ways),
        known.id if known else None,
        known.money if known else None,
    )


def too_small(settings: Settings, campaign: Campaign, money: Money) -> GiftTooSmall | None:
    """Under the floor of the settings, which no campaign can undercut."""
    floor = settings.floor(money.currency)
    return GiftTooSmall(money, floor, campaign.id) if floor and money < floor else None


def _limits(settings: Settings) -> Limits:
    return Limits(
        settings.declines_per_donor,
        settings.checkouts_per_donor,
        settings.checkouts_open,
        settings.checkouts_per_hour,
    )


def _pause(
    tx: Tx, settings: Settings, donor_id: int, lately: Lately, now: datetime
) -> tuple[Pause, datetime | None, int] | None:
    limits = _limits(settings)
    if _read(lately.mark):
        return Pause.FROZEN, None, 0
    if lately.declined_by:
        return Pause.DECLINES, lately.declined_by + HOUR, limits.declined_by
    if lately.opened_by:
        _alarm(tx, settings, "donor_opened", now, donor_id, limits.opened_by)
        return Pause.DONOR, lately.opened_by + HOUR, limits.opened_by
    if lately.is_full:
        _alarm(tx, settings, "all_open", now, 0, limits.open_pages)
        return Pause.ALL, None, limits.open_pages
    if lately.opened:
        _alarm(tx, settings, "all_opened", now, 0, limits.opened)
        return Pause.ALL, lately.opened + HOUR, limits.opened
    return None


def _still_open(tx: Tx, donor_id: int, now: datetime) -> Donation | None:
    """The donor's page that can still be paid."""
    return next(
        (
            one
            for one in donations.open_of(tx, donor_id)
            if one.state is DonationState.AWAITING
            and one.cancel is CancelAsked.NO
            and now < one.expires_at - timedelta(minutes=1)
        ),
        None,
    )


def declined(tx: Tx, settings: Settings, donation: Donation, attempt: str, now: datetime) -> None:
    """Count one refused card, by Stripe's id of the try, and alarm staff where there are too many."""
    if not attempts.add_decline(tx, attempt, donation.donor_id, donation.id, now):
        return
    mine, all_of_them = settings.declines_per_donor, settings.declines_per_hour
    if mine and attempts.nth_declined(tx, mine, now - HOUR, donation.donor_id):
        _alarm(tx, settings, "donor_declined", now, donation.donor_id, mine)
    if all_of_them and attempts.nth_declined(tx, all_of_them, now - HOUR):
        _alarm(tx, settings, "all_declined", now, 0, all_of_them)


def _alarm(tx: Tx, settings: Settings, what: str, now: datetime, donor_id: int, most: int) -> None:
    """Once per incident: it is over when an hour has passed without another crossing."""
    key = f"alarm.{what}.{donor_id}" if donor_id else f"alarm.{what}"
    last = marks.get(tx, key)
    marks.put(tx, key, str(seconds(now)))
    if last is None or now - moment(int(last)) >= HOUR:
        _tell_staff(tx, settings, f"{what}.{donor_id}.{most}", now, last or "")


def _tell_staff(tx: Tx, settings: Settings, payload: str, now: datetime, before: str = "") -> None:
    for admin in staff.chats(tx, settings.admin_ids, Right.MONEY):
        key = f"guard:{payload}:{before}:{seconds(now)}:{admin}"
        deliveries.owe(tx, Owed(DeliveryKind.ALERT, key, chat_id=admin, payload=payload, priority=1), now)


# The freeze.


def frozen(tx: Tx) -> Frozen | None:
    return _read(marks.get(tx, _FROZEN))


def _read(value: str | None) -> Frozen | None:
    if not value:
        return None
    at, _, by = value.partition(" ")
    return Frozen(moment(int(at)), by)


async def freeze(services: Services, by: int) -> Watch:
    """No new page from now on; `by` is the donor id of the staff member. Frozen already: nothing changes."""

    def write(tx: Tx) -> None:
        now = services.clock()
        if frozen(tx) is None:
            marks.put(tx, _FROZEN, f"{seconds(now)} D{by}")
            acts.record(tx, now, f"staff {by}", "freeze", "cards")
            _tell_staff(tx, services.settings, f"frozen.{by}.0", now)

    await services.db.write(write)
    services.bells.courier.set()
    return await watch(services)


async def unfreeze(services: Services, by: int) -> Watch:
    """Pages are opened again."""

    def write(tx: Tx) -> None:
        now = services.clock()
        if frozen(tx) is not None:
            marks.put(tx, _FROZEN, "")
            acts.record(tx, now, f"staff {by}", "unfreeze", "cards")
            _tell_staff(tx, services.settings, f"unfrozen.{by}.0", now)

    await services.db.write(write)
    services.bells.courier.set()
    return await watch(services)


async def watch(services: Services) -> Watch:
    """How things stand, for staff."""
    since, most = services.clock() - HOUR, 1000

    def read(tx: Tx) -> Watch:
        opened, refused = attempts.count_opened(tx, since), attempts.count_declined(tx, since, most)
        return Watch(frozen(tx), attempts.open_pages(tx, most), min(opened, most), refused)

    return await services.db.read(read)
