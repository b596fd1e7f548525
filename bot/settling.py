"""Settle a gift: fetch the truth from Stripe under the gift's lock, and record it in one transaction.

Events, polls and donors' questions all end here, so the order and number of hints change nothing.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from bot import counting, guarding
from bot.config import Settings
from bot.errors import PaymentsRefused, StoreDown
from bot.i18n import ZONE
from bot.ledger import Entry, EntryKind
from bot.model import CancelAsked, DeliveryKind, Donation, DonationState, Payment, ReceiptKind
from bot.payments.checkout import CheckoutSession, PaymentStatus, SessionStatus
from bot.periods import Period
from bot.services import Services
from bot.staff import Right
from bot.store import campaigns, deliveries, donations, inbox, ledger, monthly, receipts, staff, sums
from bot.store.deliveries import Owed
from bot.store.inbox import Hint
from bot.store.moments import seconds
from bot.store.sql import Rows, Tx
from bot.store.sums import Of

log = logging.getLogger(__name__)
State = DonationState
_BEFORE = {
    State.PROCESSING: (State.CREATING, State.AWAITING),
    State.FAILED: (State.CREATING, State.AWAITING, State.PROCESSING),
    State.EXPIRED: (State.CREATING, State.AWAITING),
    State.CANCELED: (State.CREATING, State.AWAITING),
    # Money that arrived outweighs everything we believed before; nothing outweighs money.
    State.PAID: (
        State.CREATING,
        State.AWAITING,
        State.PROCESSING,
        State.FAILED,
        State.EXPIRED,
        State.CANCELED,
    ),
    State.REVIEW: (
        State.CREATING,
        State.AWAITING,
        State.PROCESSING,
        State.FAILED,
        State.EXPIRED,
        State.CANCELED,
    ),
}
_TOLD = {
    State.PAID: DeliveryKind.THANKS,
    State.PROCESSING: DeliveryKind.PROCESSING,
    State.FAILED: DeliveryKind.FAILED,
    State.EXPIRED: DeliveryKind.EXPIRED,
    State.CANCELED: DeliveryKind.CANCELED,
    State.REVIEW: DeliveryKind.REVIEW,
}

_PACE = {
    "polling": (
        (timedelta(minutes=2), timedelta(seconds=5)),
        (timedelta(minutes=10), timedelta(seconds=15)),
        (timedelta.max, timedelta(minutes=1)),
    ),
    "webhook": (
        (timedelta(minutes=2), timedelta(minutes=1)),
        (timedelta(minutes=10), timedelta(minutes=5)),
        (timedelta.max, timedelta(minutes=15)),
    ),
}


class Standing(Struct, frozen=True):
    """A gift, and whether the bank refused the last try on its open page."""

    donation: Donation
    is_declined: bool = False


class Record(Struct, frozen=True):
    """What is written about one fetched session. `asked` means that the donor waits for the answer in front of the screen."""

    session: CheckoutSession
    settings: Settings
    now: datetime
    event_id: str | None = None
    asked: bool = False


async def settle(
    services: Services, donation_id: str, *, event_id: str | None = None, asked: bool = False
) -> Standing:
    """The gift as Stripe knows it now, recorded. Raises PaymentsError when Stripe cannot be asked."""
    async with services.gift(donation_id):
        donation = await services.db.glance(lambda tx: donations.get(tx, donation_id))
        if donation is None or donation.session_id is None:
            raise LookupError(donation_id)
        session = await services.payments.fetch(donation.session_id)
        donation = await record(services, donation_id, session, event_id=event_id, asked=asked)
        return Standing(donation, is_declined=donation.state.is_open and session.decline is not None)


async def record(
    services: Services,
    donation_id: str,
    session: CheckoutSession,
    *,
    event_id: str | None = None,
    asked: bool = False,
) -> Donation:
    """Write what `session` proves. The caller holds the gift's lock and fetched the session inside it."""
    facts = Record(session, services.settings, services.clock(), event_id, asked)
    found = await services.db.write(partial(_write, donation_id=donation_id, facts=facts))
    donation = found()
    if not (asked and donation.state is State.AWAITING and session.decline is None):
        # A page that opens in front of whoever asked for it is news to nobody.
        services.bells.courier.set()
    if not donation.state.is_open:
        log.info(
            "settled", extra={"donation": donation_id, "state": donation.state.value, "event_id": event_id}
        )
    return donation


def judge(donation: Donation, session: CheckoutSession, *, live: bool) -> DonationState:
    """What the fetched session says of this gift; AWAITING means: still open."""
    match session.status, session.payment_status:
        case SessionStatus.COMPLETE, PaymentStatus.PAID:
            return State.PAID if _matches(donation, session, live=live) else State.REVIEW
        case SessionStatus.COMPLETE, PaymentStatus.UNPAID:
            gone = session.intent_status in ("requires_payment_method", "canceled")
            return State.FAILED if gone else State.PROCESSING
        case SessionStatus.EXPIRED, PaymentStatus.UNPAID:
            return State.EXPIRED if donation.cancel is CancelAsked.NO else State.CANCELED
        case SessionStatus.OPEN, PaymentStatus.UNPAID:
            return State.AWAITING
        case _:
            return State.REVIEW


def _matches(donation: Donation, session: CheckoutSession, *, live: bool) -> bool:
    mode = "subscription" if donation.monthly_id else "payment"
    ours = session.reference == donation.id and session.mode == mode and session.live is live
    return ours and session.total == donation.total


def _write(tx: Tx, donation_id: str, facts: Record) -> Callable[[], Donation]:
    """How the gift stands then, to be called once it is kept: so that it is asked with the commit."""
    donation = donations.get(tx, donation_id)
    if donation is None:
        raise LookupError(donation_id)
    verdict = judge(donation, facts.session, live=facts.settings.live)
    if facts.session.decline and facts.session.attempt:
        guarding.declined(tx, facts.settings, donation, facts.session.attempt, facts.now)
    is_another = donation.session_id not in (None, facts.session.id)
    stands: Callable[[], Donation | None] | None = None
    if verdict is State.AWAITING:
        stands = _adopt(tx, donation, facts)
    elif not is_another or facts.session.payment_status is PaymentStatus.PAID:
        # Of a page that is not this gift's own only its money counts: that it expired says nothing of ours.
        _conclude(tx, donation, verdict, facts)
        stands = donations.soon(tx, donation_id)
    if facts.event_id:
        inbox.done(tx, facts.event_id, verdict, facts.now)
    return lambda: (stands() if stands else None) or donation


def _adopt(tx: Tx, donation: Donation, facts: Record) -> Callable[[], Donation]:
    """The page is known from now on, where it was not; also where Stripe made it but its answer was lost."""
    if donation.state is not State.CREATING:
        return lambda: donation
    page, soon = facts.session, seconds(next_look(donation, facts.now, facts.settings.mode))
    known = {"session_id": page.id, "url": page.url}
    moved = donations.soon_moved(tx, donation.id, (State.CREATING,), State.AWAITING, **known, look_at=soon)
    if not facts.asked and donation.cancel is CancelAsked.NO and moved():
        owe(tx, donation, DeliveryKind.LINK, facts.now)
    adopted = replace(donation, state=State.AWAITING, session_id=page.id, url=page.url)
    return lambda: adopted if moved() else donation


def _conclude(tx: Tx, donation: Donation, verdict: DonationState, facts: Record) -> None:
    known = {} if donation.session_id else {"session_id": facts.session.id}
    look_at = _last_look(verdict, facts.now)
    is_ours, is_paid = donation.state in _BEFORE[verdict], verdict is State.PAID
    moved = donations.soon_moved(tx, donation.id, _BEFORE[verdict], verdict, **known, look_at=look_at)
    is_first = _soon_first(tx, donation) if is_paid else None
    may_offer = is_paid and not donation.monthly_id and facts.settings.offer_monthly
    gives_monthly = monthly.soon_any(tx, donation.donor_id) if may_offer else None
    is_news = _keep_payment(tx, donation, facts, is_matched=is_ours and is_paid)
    if moved() is not is_ours:
        raise StoreDown("somebody else wrote while we did")
    if not is_ours:
        if is_news:
            alert(tx, donation, "review", facts.settings.admin_ids, facts.now)
        return
    if donation.monthly_id and verdict in (State.PAID, State.PROCESSING):
        session = facts.session
        monthly.link(tx, donation.monthly_id, session.subscription, session.customer, facts.now)
        if is_paid:
            monthly.begin(tx, donation.monthly_id, facts.now)
    if is_first is not None and is_first():
        sums.add(tx, Of.PAID, _day_of(donation)[0])
    if verdict is State.REVIEW:
        alert(tx, donation, "review", facts.settings.admin_ids, facts.now)
    if _must_tell(donation, verdict, asked=facts.asked):
        owe(tx, donation, _TOLD[verdict], facts.now)
    if gives_monthly is not None and not gives_monthly():
        _offer_monthly(tx, donation, facts.now)


def _soon_first(tx: Tx, donation: Donation) -> Callable[[], bool]:
    """How far donors come is counted once a day each, by the day on which the page was made."""
    return donations.soon_first_of_day(tx, donation, *_day_of(donation))


def _day_of(donation: Donation) -> tuple[int, int]:
    day = donation.created_at.astimezone(ZONE).date()
    return Period(day, day).bounds


def _offer_monthly(tx: Tx, donation: Donation, now: datetime) -> None:
    """Once in a donor's life here, a little after the thanks, and never to one who gives monthly already."""
    kind = DeliveryKind.MONTHLY_OFFER
    owed = Owed(kind, f"{donation.donor_id}:{kind}", donor_id=donation.donor_id, donation_id=donation.id)
    deliveries.owe(tx, owed, now + timedelta(minutes=1))


def _keep_payment(tx: Tx, donation: Donation, facts: Record, *, is_matched: bool) -> bool:
    """Money is recorded and booked as received even where it does not match; True when it is news."""
    session = facts.session
    if session.payment_status is not PaymentStatus.PAID or session.total is None or session.total.is_zero:
        return False
    payment = Payment(session.id, session.payment_intent or "", donation.id, session.total, is_matched)
    if is_matched:
        return receive(tx, donation, payment, facts.settings, facts.now)
    return keep_unmatched(tx, donation, payment, facts.now)


def keep_unmatched(tx: Tx, donation: Donation, payment: Payment, now: datetime) -> bool:
    """Money that a person must sort out is recorded all the same. True when it is news."""
    is_news = donations.add_payment(tx, payment, now)()
    if is_news:
        book(tx, donation, EntryKind.UNMATCHED, payment.money.minor, payment.money.currency, now)
    return is_news


def receive(
    tx: Tx,
    donation: Donation,
    payment: Payment,
    settings: Settings,
    now: datetime,
    kind: EntryKind = EntryKind.GIFT,
) -> bool:
    """The gift's own money came: recorded, booked, counted and receipted, once. True when it is news."""
    is_news = donations.add_payment(tx, payment, now)
    booked, is_open = soon_booked(tx, donation), campaigns.soon_open_at(tx, donation.campaign_id, now)
    if not is_news():
        return False
    book_gift(tx, donation, now, kind, booked)
    counting.settle(tx, donation.id, settings.admin_ids, now)
    campaigns.receive(tx, donation.campaign_id, donation.donor_id, donation.money)
    receipts.issue(tx, ReceiptKind.RECEIPT, payment.subject, donation.id, donation.money, now)
    if not is_open():
        alert(tx, donation, "late", settings.admin_ids, now)
    return True


Booked = tuple[Callable[[], str], Rows]


def book_gift(
    tx: Tx, donation: Donation, now: datetime, kind: EntryKind = EntryKind.GIFT, booked: Booked | None = None
) -> None:
    """The gift, and apart from it what the donor added for the fees."""
    book(tx, donation, kind, donation.money.minor, donation.money.currency, now, booked)
    if donation.cover_minor:
        book(tx, donation, EntryKind.COVER, donation.cover_minor, donation.money.currency, now)


def soon_booked(tx: Tx, donation: Donation) -> Booked:
    """What `book` has to know, to be asked with other questions; good for one row."""
    return campaigns.soon_slug(tx, donation.campaign_id), ledger.before(tx, donation.id)


def book(
    tx: Tx,
    donation: Donation,
    kind: EntryKind,
    minor: int,
    currency: str,
    now: datetime,
    booked: Booked | None = None,
) -> None:
    """One row of the ledger, in the transaction of its fact; `minor` is negative where money left."""
    slug, before = booked or soon_booked(tx, donation)
    ledger.append(tx, Entry(kind, donation.id, slug(), minor, currency, seconds(now)), before)


def _last_look(verdict: DonationState, now: datetime) -> int | None:
    """A delayed payment is asked about every hour in case its event is lost; settled gifts never again."""
    return seconds(now + timedelta(hours=1)) if verdict is State.PROCESSING else None


def _must_tell(donation: Donation, verdict: DonationState, *, asked: bool) -> bool:
    """Thanks are always owed; the rest is news only to a donor who does not see it on the screen already."""
    if verdict is State.PAID:
        return True
    silent = verdict is State.CANCELED and donation.cancel is CancelAsked.REPLACED
    return not asked and not silent


def owe(
    tx: Tx, donation: Donation, kind: DeliveryKind, due: datetime, about: str = "", payload: str | None = None
) -> None:
    """Owe the donor of this gift one message of this kind, ever; one for each `about` where it is given."""
    key = f"{donation.id}:{kind}:{about}" if about else f"{donation.id}:{kind}"
    owed = Owed(kind, key, donor_id=donation.donor_id, donation_id=donation.id, payload=payload)
    deliveries.owe(tx, owed, due)


def alert(
    tx: Tx, donation: Donation, what: str, admins: Iterable[int], now: datetime, about: str = ""
) -> None:
    """Tell everybody of the money once what is odd about this gift; `what` names a sentence of `screens.trouble.alert`."""
    for admin in staff.chats(tx, admins, Right.MONEY):
        key = ":".join(part for part in (donation.id, "alert", what, about, str(admin)) if part)
        deliveries.owe(
            tx, Owed(DeliveryKind.ALERT, key, chat_id=admin, donation_id=donation.id, payload=what), now
        )


def next_look(donation: Donation, now: datetime, mode: str) -> datetime:
    """When to ask Stripe about this gift again: often while the donor pays, rarely when webhooks should tell us."""
    age = now - donation.created_at
    if donation.state is State.PROCESSING:
        return now + timedelta(hours=1)
    if donation.cancel is not CancelAsked.NO or (donation.session_id is None and age > timedelta(seconds=20)):
        return now + timedelta(seconds=30)
    pause = next(pause for until, pause in _PACE[mode] if age < until)
    final = donation.expires_at + timedelta(seconds=90)
    return min(now + pause, final) if now < final else now + timedelta(minutes=10)


async def work(services: Services, hint: Hint) -> None:
    """Work one hint about a page. Raises PaymentsError when Stripe cannot be asked: the hint stays."""
    donation_id = hint.donation_id or await _donation_of(services, hint)
    if donation_id is None:
        await services.db.write(lambda tx: inbox.done(tx, hint.event_id, "ignored", services.clock()))
        return
    async with services.gift(donation_id):
        session = await services.payments.fetch(hint.object_id)
        await record(services, donation_id, session, event_id=hint.event_id)


async def _donation_of(services: Services, hint: Hint) -> str | None:
    """The gift that a page unknown to us names: Stripe's answer to its making was lost."""
    try:
        reference = (await services.payments.fetch(hint.object_id)).reference or ""
    except PaymentsRefused:
        # Another application of the same account, or another key's object.
        return None
    donation = await services.db.glance(lambda tx: donations.get(tx, reference))
    return None if donation is None else donation.id
