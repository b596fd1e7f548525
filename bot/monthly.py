"""Monthly gifts as their donors see them: what they agreed to, and what they want of it from now on.

A wish is kept first and told to Stripe then, by `mirroring.mirror`, so that none is lost.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from bot import mirroring
from bot.errors import NotYours, PaymentsError
from bot.model import Campaign, Donor, MonthlyGift, MonthlyState
from bot.money import Money
from bot.months import number, step
from bot.payments.checkout import stripe_language
from bot.services import Services
from bot.store import acts, campaigns, monthly
from bot.store.moments import seconds
from bot.store.sql import Tx

_SLOW = timedelta(seconds=30)


class MonthlyFacts(Struct, frozen=True):
    """A MonthlyGift with how many of its gifts arrived, and their sum."""

    gift: MonthlyGift
    campaign: Campaign
    count: int
    given: Money


async def facts(services: Services, donor: Donor, monthly_id: str) -> MonthlyFacts:
    """The donor's own monthly gift. Raises NotYours."""
    found = await services.db.read(lambda tx: facts_of(tx, monthly_id))
    if found is None or found.gift.donor_id != donor.id or found.gift.state is MonthlyState.ASKED:
        raise NotYours(monthly_id)
    return found


def facts_of(tx: Tx, monthly_id: str) -> MonthlyFacts | None:
    gift = monthly.get(tx, monthly_id)
    campaign = campaigns.get(tx, gift.campaign_id) if gift else None
    if gift is None or campaign is None:
        return None
    count, minor = monthly.gifts(tx, gift.id)
    return MonthlyFacts(gift, campaign, count, Money(minor, gift.money.currency))


async def of_donor(services: Services, donor: Donor) -> list[MonthlyFacts]:
    """Those that go on, newest first."""

    def read(tx: Tx) -> list[MonthlyFacts]:
        found = (facts_of(tx, gift.id) for gift in monthly.live_of_donor(tx, donor.id))
        return [one for one in found if one]

    return await services.db.read(read)


async def stop(services: Services, donor: Donor, monthly_id: str, *, by: str = "donor") -> MonthlyFacts:
    """No charge from now on. Still live in the answer means: Stripe was not reached yet, the wish is kept."""
    known = await facts(services, donor, monthly_id)
    if known.gift.state is not MonthlyState.ENDED and known.gift.stop is None:
        await _wish(services, monthly_id, stop=by)
    return await facts(services, donor, monthly_id)


async def stop_for_staff(services: Services, monthly_id: str, by: int) -> MonthlyFacts | None:
    """Staff may stop a monthly gift, never change it or move it to another person."""
    known = await services.db.read(lambda tx: facts_of(tx, monthly_id))
    if known is not None and known.gift.is_live:
        await _wish(services, monthly_id, staff=by, stop=f"staff:{by}")
    return await services.db.read(lambda tx: facts_of(tx, monthly_id))


async def pause(services: Services, donor: Donor, monthly_id: str, months: int) -> MonthlyFacts:
    """Leave out so many charges; 0 goes on at once. Raises NotYours."""
    await _refresh(services, donor, monthly_id)
    known = await facts(services, donor, monthly_id)
    if not known.gift.is_live:
        # It ended at Stripe, and only the look a line above has heard of it.
        return known
    until = _after_charges(known.gift, months, services.clock())
    await _wish(services, monthly_id, paused_until=None if until is None else seconds(until))
    return await facts(services, donor, monthly_id)


def _after_charges(gift: MonthlyGift, months: int, now: datetime) -> datetime | None:
    """A moment between the last charge that is left out and the next one; None: nothing is."""
    if not months or gift.anchor_at is None:
        return None
    following = number(gift.anchor_at, gift.next_at or now)
    return step(gift.anchor_at, following - 1 + months) - timedelta(hours=1)


async def change(services: Services, donor: Donor, monthly_id: str, money: Money) -> MonthlyFacts:
    """Another amount from the next charge on. Raises NotYours and the errors of `Campaign.accept`."""
    await _refresh(services, donor, monthly_id)
    known = await facts(services, donor, monthly_id)
    known.campaign.accept(money, services.clock())
    if not known.gift.is_live:
        return known
    await _wish(services, monthly_id, amount_minor=money.minor)
    return await facts(services, donor, monthly_id)


async def new_card(services: Services, donor: Donor, monthly_id: str) -> str | None:
    """The address of Stripe's page for another card, in the nearest language it speaks; None while Stripe does not answer."""
    gift = (await facts(services, donor, monthly_id)).gift
    if gift.customer_id is None:
        return None
    asked = services.payments.portal(gift.customer_id, stripe_language(donor.language), services.chat_url)
    try:
        return await services.soon(asked)
    except (PaymentsError, TimeoutError):
        return None


async def _refresh(services: Services, donor: Donor, monthly_id: str) -> None:
    """What the donor wants is added to what Stripe knows today; without an answer, to what it said last."""
    await facts(services, donor, monthly_id)
    try:
        await services.soon(mirroring.mirror(services, monthly_id))
    except (PaymentsError, TimeoutError):
        return


async def _wish(services: Services, monthly_id: str, staff: int | None = None, **values: Any) -> None:
    """Keep the wish, then tell Stripe; what the donor could not wait for goes on in the background at once."""
    now = services.clock()

    def write(tx: Tx) -> None:
        known = monthly.get(tx, monthly_id)
        monthly.wish(tx, monthly_id, now + _SLOW, **values)
        if staff is not None and known is not None and known.stop is None:
            acts.record(tx, now, f"staff {staff}", "monthly.stop", monthly_id, before={"state": known.state})

    await services.db.write(write)
    try:
        await services.soon(mirroring.mirror(services, monthly_id))
    except (PaymentsError, TimeoutError):
        await services.db.write(
            lambda tx: monthly.change(tx, monthly_id, look_at=seconds(services.clock())),
        )
        services.bells.looks.set()
