"""Pledges: promised by donors who pay outside Stripe, and matched by staff with the money that arrived.

A pledge becomes a received gift exactly once; what staff matched by mistake is corrected by a row of its own.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from bot import counting, references
from bot.actions import Promise
from bot.errors import CampaignNotOpen, NotYours, NoWays, TooManyPledges
from bot.ledger import EntryKind
from bot.model import (
    PLEDGED,
    Campaign,
    DeliveryKind,
    Donation,
    DonationState,
    Donor,
    Payment,
    Pledge,
    PledgeState,
    ReceiptKind,
)
from bot.money import Money
from bot.services import Services
from bot.settling import book, owe, receive
from bot.staff import Right
from bot.store import acts, campaigns, deliveries, donations, pledges, receipts, staff
from bot.store.deliveries import Owed
from bot.store.moments import seconds
from bot.store.sql import Tx

REMINDER = timedelta(days=3)
_OPEN = (PledgeState.PROMISED, PledgeState.SAID_PAID)
# Money that arrived outweighs a donor's change of mind.
_MATCHABLE = (*_OPEN, PledgeState.CANCELED)


class PledgeFacts(Struct, frozen=True):
    """One pledge with what its screens tell.

    `remind_at`: when the reminder that its donor asked for is due. `page`: their Stripe page that is still open for the
    same campaign. `received`: what arrived, of one that was matched, else what was promised.
    """

    pledge: Pledge
    campaign: Campaign
    received: Money
    remind_at: datetime | None = None
    page: Donation | None = None


# The donor's side.


async def promise(services: Services, donor: Donor, asked: Promise) -> PledgeFacts:
    """The donor's open pledge of this campaign and amount, made if there is none: many taps are one promise.

    Raises the errors of `Campaign.accept`, NoWays and TooManyPledges.
    """
    return await services.db.write(lambda tx: _promise(tx, services, donor, asked))


def _promise(tx: Tx, services: Services, donor: Donor, asked: Promise) -> PledgeFacts:
    now = services.clock()
    campaign = campaigns.get(tx, asked.campaign_id)
    if campaign is None:
        raise CampaignNotOpen(asked.campaign_id)
    if not campaign.ways:
        raise NoWays(campaign.id)
    campaign.accept(asked.money, now)
    mine = pledges.open_of(tx, donor.id)
    known = next((one for one in mine if (one.campaign_id, one.money) == (campaign.id, asked.money)), None)
    if known is not None:
        return _facts(tx, known)
    if len(mine) >= services.settings.pledges_per_donor:
        raise TooManyPledges(services.settings.pledges_per_donor)
    pledge = _added(tx, donor, campaign, asked.money, now)
    campaigns.promise(tx, campaign.id, pledge.money.minor, pledge.money.currency)
    return _facts(tx, pledge)


def _added(tx: Tx, donor: Donor, campaign: Campaign, money: Money, now: datetime) -> Pledge:
    while True:
        reference = references.fresh()
        pledge = Pledge(reference, donor.id, campaign.id, money, PledgeState.PROMISED, now, donor.source)
        if pledges.add(tx, pledge):
            return pledge


def _facts(tx: Tx, pledge: Pledge) -> PledgeFacts:
    campaign = campaigns.get(tx, pledge.campaign_id)
    if campaign is None:
        raise LookupError(pledge.campaign_id)
    pages = donations.open_of(tx, pledge.donor_id, pledge.campaign_id)
    page = next((one for one in pages if one.state is DonationState.AWAITING), None)
    gift = donations.get(tx, pledge.donation_id) if pledge.donation_id else None
    received = gift.money if gift else pledge.money
    return PledgeFacts(pledge, campaign, received, deliveries.due_of(tx, _reminder(pledge)), page)


async def mine(services: Services, donor: Donor, pledge_id: str) -> PledgeFacts:
    """The donor's own pledge; a stranger's or unknown one is NotYours all the same."""
    return await services.db.read(lambda tx: _facts(tx, _own(tx, donor, pledge_id)))


def _own(tx: Tx, donor: Donor, pledge_id: str) -> Pledge:
    pledge = pledges.get(tx, pledge_id)
    if pledge is None or pledge.donor_id != donor.id:
        raise NotYours(pledge_id)
    return pledge


async def say_paid(services: Services, donor: Donor, pledge_id: str) -> PledgeFacts:
    """The donor says that the money is on its way: staff hear of it once. Raises NotYours."""

    def write(tx: Tx) -> PledgeFacts:
        pledge = _own(tx, donor, pledge_id)
        if pledges.move(tx, pledge.id, (PledgeState.PROMISED,), PledgeState.SAID_PAID):
            _tell_staff(tx, services, pledge)
        return _facts(tx, pledges.get(tx, pledge.id) or pledge)

    return await _written(services, write)


def _tell_staff(tx: Tx, services: Services, pledge: Pledge) -> None:
    for admin in staff.chats(tx, services.settings.admin_ids, Right.MONEY):
        key = f"pledge:{pledge.id}:said_paid:{admin}"
        owed = Owed(DeliveryKind.ALERT, key, chat_id=admin, subject=pledge.id, payload="said_paid")
        deliveries.owe(tx, owed, services.clock())


async def remind(services: Services, donor: Donor, pledge_id: str) -> PledgeFacts:
    """One reminder in three days, because the donor asked for it; asking twice is asking once. Raises NotYours."""

    def write(tx: Tx) -> PledgeFacts:
        pledge = _own(tx, donor, pledge_id)
        if pledge.state is PledgeState.PROMISED:
            owed = Owed(DeliveryKind.PLEDGE_REMINDER, _reminder(pledge), donor_id=donor.id, subject=pledge.id)
            deliveries.owe(tx, owed, services.clock() + REMINDER)
        return _facts(tx, pledge)

    return await _written(services, write)


def _reminder(pledge: Pledge) -> str:
    return f"pledge:{pledge.id}:reminder"


async def cancel(services: Services, donor: Donor, pledge_id: str) -> PledgeFacts:
    """The donor takes the promise back; one that was matched stays what it is. Raises NotYours."""

    def write(tx: Tx) -> PledgeFacts:
        pledge = _own(tx, donor, pledge_id)
        drop(tx, pledge)
        return _facts(tx, pledges.get(tx, pledge.id) or pledge)

    return await _written(services, write)


def drop(tx: Tx, pledge: Pledge) -> None:
    """Cancel a pledge that is still open, inside the caller's transaction."""
    if pledges.move(tx, pledge.id, _OPEN, PledgeState.CANCELED):
        campaigns.promise(tx, pledge.campaign_id, -pledge.money.minor, pledge.money.currency)


# The desk.


class Desk(Struct, frozen=True):
    """Pledges for staff, each with its campaign; `count` is how many there are in all."""

    found: list[PledgeFacts]
    count: int


async def open_page(services: Services, page: int, size: int) -> Desk:
    """Open pledges, said to be paid first."""

    def read(tx: Tx) -> Desk:
        found = pledges.open_page(tx, size, (page - 1) * size)
        return Desk([_facts(tx, one) for one in found], pledges.count_open(tx))

    return await services.db.read(read)


async def of_amount(services: Services, money: Money, size: int) -> Desk:
    """Open pledges of exactly this sum."""

    def read(tx: Tx) -> Desk:
        found = pledges.of_amount(tx, money, size)
        return Desk([_facts(tx, one) for one in found], len(found))

    return await services.db.read(read)


async def find(services: Services, pledge_id: str) -> PledgeFacts | None:
    """None where there is no such pledge."""

    def read(tx: Tx) -> PledgeFacts | None:
        pledge = pledges.get(tx, pledge_id)
        return None if pledge is None else _facts(tx, pledge)

    return await services.db.read(read)


async def near(services: Services, written: str) -> list[PledgeFacts]:
    """The pledges whose reference is one slip away from what was written."""
    return await services.db.read(
        lambda tx: [_facts(tx, one) for one in pledges.some(tx, references.near(written))]
    )


async def match(services: Services, pledge_id: str, received: Money, by: int) -> PledgeFacts:
    """`received` arrived for this pledge: it is a gift now, whoever says so first. LookupError where there is no such pledge.

    `by` is the donor id of the staff member.

    A pledge that is matched already, or a currency that is not its own, changes nothing.
    """
    return await _written(services, lambda tx: _match(tx, services, pledge_id, received, by))


def _match(tx: Tx, services: Services, pledge_id: str, received: Money, by: int) -> PledgeFacts:
    pledge = pledges.get(tx, pledge_id)
    if pledge is None:
        raise LookupError(pledge_id)
    fits = received.currency == pledge.money.currency and received.minor > 0
    if fits and pledges.move(tx, pledge.id, _MATCHABLE, PledgeState.MATCHED):
        _receive(tx, services, pledge, received, by)
    return _facts(tx, pledges.get(tx, pledge.id) or pledge)


def _receive(tx: Tx, services: Services, pledge: Pledge, received: Money, by: int) -> None:
    now = services.clock()
    donation = _gift(pledge, received)
    donations.add(tx, donation, None, None)
    payment = Payment(pledges.next_subject(tx, pledge.id), "", donation.id, received, is_matched=True)
    receive(tx, donation, payment, services.settings, now, EntryKind.PLEDGE)
    pledges.change(tx, pledge.id, donation_id=donation.id, matched_by=f"D{by}", settled_at=seconds(now))
    if pledge.state.is_open:
        campaigns.promise(tx, pledge.campaign_id, -pledge.money.minor, pledge.money.currency)
    owe(tx, donation, DeliveryKind.THANKS, now)
    before, after = (
        {"state": pledge.state, **_sum(pledge.money)},
        {"state": PledgeState.MATCHED, **_sum(received)},
    )
    acts.record(tx, now, f"staff {by}", "pledge.match", pledge.id, before=before, after=after)


def _sum(money: Money) -> dict[str, str | int]:
    return {"minor": money.minor, "currency": money.currency}


def _gift(pledge: Pledge, received: Money) -> Donation:
    """Dated when it was promised; `settled_at` says when it arrived."""
    return Donation(
        id=references.fresh_gift(),
        donor_id=pledge.donor_id,
        campaign_id=pledge.campaign_id,
        money=received,
        state=DonationState.PAID,
        attempt=1,
        params=PLEDGED + pledge.id,
        expires_at=pledge.created_at,
        created_at=pledge.created_at,
        source=pledge.source,
    )


async def unmatch(services: Services, pledge_id: str, by: int, *, paid_back: bool = False) -> PledgeFacts:
    """Take a match out of the books again, in a row of their own.

    It was a mistake, and the pledge waits again; or the money was `paid_back` from the operator's bank, and it is over.
    LookupError where there is no such pledge; one that is not matched is left as it is.
    """
    return await _written(services, lambda tx: _unmatch(tx, services, pledge_id, by, paid_back=paid_back))


def _unmatch(tx: Tx, services: Services, pledge_id: str, by: int, *, paid_back: bool) -> PledgeFacts:
    pledge = pledges.get(tx, pledge_id)
    if pledge is None:
        raise LookupError(pledge_id)
    donation = donations.get(tx, pledge.donation_id) if pledge.donation_id else None
    becomes = PledgeState.CANCELED if paid_back else PledgeState.SAID_PAID
    if donation and pledges.move(tx, pledge.id, (PledgeState.MATCHED,), becomes):
        pledges.change(tx, pledge.id, donation_id=None, matched_by=None, settled_at=None)
        if becomes.is_open:
            campaigns.promise(tx, pledge.campaign_id, pledge.money.minor, pledge.money.currency)
        _take_out(tx, services, pledge, donation, "back" if paid_back else "mistake")
        before, after = {"state": PledgeState.MATCHED, **_sum(donation.money)}, {"state": becomes}
        acts.record(
            tx, services.clock(), f"staff {by}", "pledge.unmatch", pledge.id, before=before, after=after
        )
    return _facts(tx, pledges.get(tx, pledge.id) or pledge)


def _take_out(tx: Tx, services: Services, pledge: Pledge, donation: Donation, why: str) -> None:
    now, payment = services.clock(), donations.payment_for(tx, donation.id)
    donations.move(tx, donation.id, (DonationState.PAID,), DonationState.CANCELED)
    if payment is None:
        raise LookupError(donation.id)
    donations.change(tx, donation.id, settled_at=None)
    donations.unmatch(tx, payment.subject)
    book(tx, donation, EntryKind.CORRECTION, -payment.money.minor, payment.money.currency, now)
    campaigns.unreceive(tx, donation.campaign_id, donation.donor_id, payment.money)
    counting.recount(tx, donation.id, services.settings.admin_ids, now)
    receipts.issue(tx, ReceiptKind.CREDIT, f"{payment.subject}:back", donation.id, payment.money, now)
    key = f"pledge:{donation.id}:corrected"
    owed = Owed(
        DeliveryKind.CANCELED,
        key,
        donor_id=donation.donor_id,
        donation_id=donation.id,
        payload=f"{why}.{payment.money.minor}",
        subject=pledge.id,
    )
    deliveries.owe(tx, owed, now)


async def _written(services: Services, write: Callable[[Tx], PledgeFacts]) -> PledgeFacts:
    facts = await services.db.write(write)
    services.bells.courier.set()
    return facts
