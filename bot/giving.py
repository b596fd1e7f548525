"""A gift is opened, looked at, canceled: each use case owns its transactions and stands outside them when it asks Stripe."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot import guarding, tracing
from bot.actions import Give, GiveMonthly
from bot.errors import (
    CampaignNotOpen,
    GiftError,
    NotYours,
    PaymentsError,
    PaymentsLocked,
    PaymentsRefused,
    PaymentsUnreachable,
    TermNotPossible,
)
from bot.i18n import ZONE
from bot.model import (
    RECEIVED,
    Campaign,
    CancelAsked,
    DeliveryKind,
    Donation,
    DonationState,
    Donor,
    MonthlyGift,
    MonthlyState,
)
from bot.money import Money
from bot.months import charges_before, read_term
from bot.payments.checkout import CheckoutSession, Order, freeze
from bot.references import fresh_gift, is_reference
from bot.screens import stripe_page
from bot.services import Services
from bot.settling import Standing, alert, owe, record, settle
from bot.store import attempts, campaigns, donations, monthly
from bot.store.moments import seconds
from bot.store.sql import Tx

LINK_LIFE = timedelta(hours=2)
# Stripe wants expires_at at least 30 minutes ahead when the session is made, so tries must end before that.
CREATE_WINDOW = timedelta(minutes=60)
_SLOW = timedelta(seconds=30)
_FINAL = (
    *RECEIVED,
    DonationState.REVIEW,
    DonationState.CANCELED,
    DonationState.EXPIRED,
    DonationState.FAILED,
)


async def open_checkout(
    services: Services, donor: Donor, give: Give | GiveMonthly, cover: Money | None = None
) -> Donation:
    """The donor's open gift of this campaign, amount and rhythm, with `cover` for the fees on top, made if there is none.

    AWAITING with a url, or CREATING where Stripe has not answered yet (the link is then owed as a Delivery).
    Raises the errors of `Campaign.accept`, TermNotPossible, CheckoutPaused, PaymentsRefused and PaymentsLocked.
    """
    trace = tracing.current()
    donation = await services.db.write(lambda tx: _find_or_add(tx, services, donor, give, cover, trace))
    if isinstance(donation, GiftError):
        # Committed all the same: an alarm may be owed.
        services.bells.courier.set()
        raise donation
    if donation.state is not DonationState.CREATING:
        return donation
    try:
        return await services.soon(create(services, donation.id, asked=True))
    except (PaymentsUnreachable, TimeoutError):
        return await _go_on(services, donation.id)


async def _go_on(services: Services, donation_id: str) -> Donation:
    """What the donor could not wait for goes on in the background at once.

    Work that was on its way to the disk when the wait ended is there before this write, so the answer knows it.
    """
    await services.db.write(lambda tx: donations.change(tx, donation_id, look_at=seconds(services.clock())))
    services.bells.looks.set()
    return await get(services, donation_id)


def _find_or_add(
    tx: Tx,
    services: Services,
    donor: Donor,
    give: Give | GiveMonthly,
    cover: Money | None,
    trace: str,
) -> Donation | GiftError:
    now = services.clock()
    begun_by_us, asked = donations.soon(tx, trace), donations.soon_open(tx, donor.id, give.campaign_id)
    lately = guarding.soon_lately(tx, services.settings, donor.id, now)
    campaign, begun = campaigns.get(tx, give.campaign_id), begun_by_us()
    if begun is not None and _is_over(begun, donor, give):
        return begun
    if campaign is None:
        raise CampaignNotOpen(give.campaign_id)
    campaign.accept(give.money, now)
    rhythm = give.term if isinstance(give, GiveMonthly) else ""
    key = donations.open_key(donor.id, campaign.id, give.money, cover.minor if cover else 0, rhythm)
    pages = asked()
    known = pages.pop(key, None)
    if known is not None and now < known.expires_at - _margin(known) and known.cancel is CancelAsked.NO:
        return known
    if refusal := guarding.refusal(tx, services.settings, donor.id, campaign, give.money, lately(), now):
        return refusal
    if known is not None:
        _retire(tx, known, now)
    _replace(tx, pages.values(), now)
    gift = _monthly(donor, campaign, give, now) if isinstance(give, GiveMonthly) else None
    if gift is not None:
        monthly.add(tx, gift)
    # The update's own id, so that it is found in every log line and at Stripe; another where a gift has it already.
    gift_id = trace if is_reference(trace) and begun is None else fresh_gift()
    donation = _fresh(gift_id, donor, campaign, give.money, gift, services, cover)
    donations.add(tx, donation, key, now + _SLOW)
    attempts.add_opened(tx, now)
    return donation


def _is_over(begun: Donation, donor: Donor, give: Give | GiveMonthly) -> bool:
    """A tap on Pay that comes again after its gift was paid, or ended, is answered with that gift and begins no other."""
    asked = (donor.id, give.campaign_id, give.money)
    return not begun.state.is_open and asked == (begun.donor_id, begun.campaign_id, begun.money)


def _monthly(donor: Donor, campaign: Campaign, give: GiveMonthly, now: datetime) -> MonthlyGift:
    """Raises TermNotPossible."""
    term = read_term(give.term)
    end = term.end(now, ZONE, campaign.ends_at) if term else None
    if term is None or (end is not None and charges_before(now, end) < 2):
        raise TermNotPossible(campaign.id)
    # So many months count from the first payment, which is still to come: only what ends it sooner is fixed now.
    fixed = campaign.ends_at if term.months else end
    return MonthlyGift(
        id=fresh_gift(),
        donor_id=donor.id,
        campaign_id=campaign.id,
        money=give.money,
        state=MonthlyState.ASKED,
        created_at=now,
        source=donor.source,
        months=term.months,
        ends_at=fixed,
    )


def _margin(donation: Donation) -> timedelta:
    """A link about to expire is not handed out again; one that Stripe never made in time cannot be made any more."""
    return timedelta(minutes=1) if donation.state is DonationState.AWAITING else LINK_LIFE - CREATE_WINDOW


def _retire(tx: Tx, donation: Donation, now: datetime) -> None:
    donations.change(tx, donation.id, open_key=None, cancel_asked=CancelAsked.REPLACED, look_at=seconds(now))


def _replace(tx: Tx, others: Iterable[Donation], now: datetime) -> None:
    """The donor changed their mind about the amount: the older pages of this campaign are closed in the background."""
    for other in others:
        donations.change(tx, other.id, cancel_asked=CancelAsked.REPLACED, look_at=seconds(now))


def _fresh(
    donation_id: str,
    donor: Donor,
    campaign: Campaign,
    money: Money,
    gift: MonthlyGift | None,
    services: Services,
    cover: Money | None,
) -> Donation:
    words = services.catalogues.words(donor.language)
    now = services.clock()
    expires = now + LINK_LIFE
    order = Order(
        donation_id=donation_id,
        money=money,
        campaign=campaign.slug,
        title=stripe_page.title(words, campaign),
        description=stripe_page.description(words, campaign),
        message=stripe_page.message(words, campaign, is_monthly=gift is not None),
        statement=campaign.statement,
        language=words.language,
        back=services.chat_url,
        expires_at=expires,
        monthly_id=gift.id if gift else None,
        cover=cover,
        cover_title=stripe_page.cover_title(words),
    )
    return Donation(
        id=donation_id,
        donor_id=donor.id,
        campaign_id=campaign.id,
        money=money,
        state=DonationState.CREATING,
        attempt=1,
        params=freeze(order),
        expires_at=expires,
        created_at=now,
        source=donor.source,
        monthly_id=gift.id if gift else None,
        cover_minor=cover.minor if cover else 0,
    )


async def create(services: Services, donation_id: str, *, asked: bool = False) -> Donation:
    """Make, or make again with the same key and parameters, the session of a gift that has none.

    Raises PaymentsUnreachable (try later), PaymentsRefused and PaymentsLocked (the gift failed).
    """
    async with services.gift(donation_id):
        donation = await get(services, donation_id)
        if donation.state is not DonationState.CREATING:
            return donation
        return await record(
            services, donation.id, await _session_for(services, donation, asked=asked), asked=asked
        )


async def _session_for(services: Services, donation: Donation, *, asked: bool) -> CheckoutSession:
    try:
        return await services.payments.open_checkout(donation.params, _key(donation))
    except (PaymentsRefused, PaymentsLocked) as error:
        await _give_up(
            services, donation, "locked" if isinstance(error, PaymentsLocked) else "refused", asked=asked
        )
        raise
    except PaymentsUnreachable as error:
        if not error.is_stored:
            raise
    # Stripe replays a failure of its own under the same key for a day: look whether it made the page all the same.
    found = await services.payments.find(donation.id, donation.created_at - timedelta(minutes=5))
    return found or await services.payments.open_checkout(
        donation.params, _key(await _next_attempt(services, donation))
    )


def _key(donation: Donation) -> str:
    return f"cs-{donation.id}-{donation.attempt}"


async def _next_attempt(services: Services, donation: Donation) -> Donation:
    following = replace(donation, attempt=donation.attempt + 1)
    await services.db.write(lambda tx: donations.change(tx, donation.id, attempt=following.attempt))
    return following


async def _give_up(services: Services, donation: Donation, what: str, *, asked: bool) -> None:
    def write(tx: Tx) -> None:
        if donations.move(tx, donation.id, (DonationState.CREATING,), DonationState.FAILED, look_at=None):
            alert(tx, donation, what, services.settings.admin_ids, services.clock())
            if not asked and donation.cancel is not CancelAsked.REPLACED:
                owe(tx, donation, DeliveryKind.FAILED, services.clock())

    await services.db.write(write)
    services.bells.courier.set()


async def end_unmade(services: Services, donation: Donation) -> None:
    """No page came about in time. If Stripe made one unseen, nobody was shown it, and it expires by itself."""

    def write(tx: Tx) -> None:
        ended = donations.move(
            tx, donation.id, (DonationState.CREATING,), DonationState.EXPIRED, look_at=None
        )
        if ended and donation.cancel is not CancelAsked.REPLACED:
            owe(tx, donation, DeliveryKind.EXPIRED, services.clock())

    await services.db.write(write)
    services.bells.courier.set()


async def look(services: Services, donor: Donor, donation_id: str) -> Standing:
    """How the donor's own gift stands, asked at Stripe where it can still change. Raises NotYours."""
    donation = await mine(services, donor, donation_id)
    if donation.session_id is None or donation.state in _FINAL:
        return Standing(donation)
    try:
        return await services.soon(settle(services, donation.id, asked=True))
    except (PaymentsError, TimeoutError):
        return Standing(await _go_on(services, donation.id))


async def mine(services: Services, donor: Donor, donation_id: str) -> Donation:
    """The gift, if it is this donor's; a stranger's or unknown one is NotYours all the same."""
    donation = await services.db.glance(lambda tx: donations.get(tx, donation_id))
    if donation is None or donation.donor_id != donor.id:
        raise NotYours(donation_id)
    return donation


async def cancel(services: Services, donor: Donor, donation_id: str) -> Donation:
    """Close the page of the donor's gift. Still open in the answer means: Stripe was not reached yet, the intent is kept."""
    donation = await mine(services, donor, donation_id)
    if not donation.state.is_open:
        return donation

    def write(tx: Tx) -> None:
        donations.change(
            tx, donation.id, cancel_asked=CancelAsked.BY_DONOR, look_at=seconds(services.clock() + _SLOW)
        )

    await services.db.write(write)
    try:
        return await services.soon(close(services, donation.id, asked=True))
    except (PaymentsError, TimeoutError):
        return await _go_on(services, donation.id)


async def close(services: Services, donation_id: str, *, asked: bool = False) -> Donation:
    """Expire the gift's page at Stripe, or learn that it was paid before that."""
    async with services.gift(donation_id):
        donation = await get(services, donation_id)
        if donation.state not in (DonationState.CREATING, DonationState.AWAITING):
            return donation
        session_id = donation.session_id or (await _session_for(services, donation, asked=asked)).id
        try:
            session = await services.payments.expire(session_id)
        except PaymentsRefused:
            session = await services.payments.fetch(session_id)
        return await record(services, donation.id, session, asked=asked)


async def remind(services: Services, donor: Donor, donation_id: str) -> None:
    """One reminder tomorrow, because the donor asked for it; asking twice is asking once."""
    donation = await mine(services, donor, donation_id)
    due = services.clock() + timedelta(days=1)
    await services.db.write(lambda tx: owe(tx, donation, DeliveryKind.REMINDER, due))


async def get(services: Services, donation_id: str) -> Donation:
    """Raises LookupError where there is no such gift."""
    donation = await services.db.glance(lambda tx: donations.get(tx, donation_id))
    if donation is None:
        raise LookupError(donation_id)
    return donation
