"""Money that goes back: undone by its donor, refunded by staff or in Stripe's dashboard, or contested at the bank.

As with payments, Stripe's lists are the truth and everything else is a hint: each way ends in `mirror`.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import counting, giving, mirroring
from bot.config import Settings
from bot.errors import PaymentsError, PaymentsRefused, PaymentsUnreachable, UndoTooLate
from bot.ledger import EntryKind
from bot.model import (
    RECEIVED,
    BalanceTransaction,
    Campaign,
    DeliveryKind,
    Dispute,
    Donation,
    DonationState,
    Donor,
    OrderState,
    Payment,
    Receipt,
    ReceiptKind,
    Refund,
    RefundOrder,
)
from bot.money import Money
from bot.services import Services
from bot.settling import alert, book, owe, record
from bot.staff import Right
from bot.store import acts, balance, campaigns, deliveries, donations, inbox, receipts, refunds, staff
from bot.store.deliveries import Owed
from bot.store.inbox import Hint
from bot.store.moments import seconds
from bot.store.sql import Tx

_SLOW = timedelta(seconds=30)
_ACCOUNTED = timedelta(minutes=1)


class Back(Struct, frozen=True):
    """Everything that Stripe says went back of one payment, or may."""

    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]

    @property
    def refunded(self) -> int:
        return sum(refund.money.minor for refund in self.refunds if refund.counts)

    @property
    def charged_back(self) -> int:
        return sum(dispute.money.minor for dispute in self.disputes if dispute.is_lost)

    @property
    def gone(self) -> int:
        return self.refunded + self.charged_back

    @property
    def said(self) -> set[tuple[str, str]]:
        return {(one.id, one.status) for one in (*self.refunds, *self.disputes)}


class Split(Struct, frozen=True):
    """What went back, in minor units, parted: from the gift first, and only beyond it from what covered the fees."""

    refunded: int
    charged_back: int
    cover: int

    @classmethod
    def of(cls, back: Back, gift: Money) -> "Split":
        refunded = min(back.refunded, gift.minor)
        whole = min(back.gone, gift.minor)
        return cls(refunded, whole - refunded, back.gone - whole)

    @property
    def gift(self) -> int:
        return self.refunded + self.charged_back


def standing(paid: Money, back: Back) -> DonationState:
    """The state of a received gift, from facts alone, so that the order in which they came cannot matter."""
    if back.charged_back:
        return DonationState.CHARGED_BACK
    if any(dispute.is_open for dispute in back.disputes):
        return DonationState.DISPUTED
    if back.refunded >= paid.minor:
        return DonationState.REFUNDED
    return DonationState.PARTLY_REFUNDED if back.refunded else DonationState.PAID


# Asking for a refund.


def undo_until(donation: Donation, settings: Settings) -> datetime | None:
    """Until when the donor may take the gift back; None where they may not."""
    if donation.state is not DonationState.PAID or donation.settled_at is None or not settings.undo_minutes:
        return None
    if donation.pledge_id:
        # Its money came outside Stripe, so that Stripe cannot give it back.
        return None
    return donation.settled_at + timedelta(minutes=settings.undo_minutes)


async def undoable(services: Services, donor: Donor, donation_id: str) -> Donation:
    """The donor's own gift, while they may take it back. Raises NotYours, UndoTooLate."""
    donation = await giving.mine(services, donor, donation_id)
    until = undo_until(donation, services.settings)
    if until is None or services.clock() >= until:
        raise UndoTooLate(donation_id)
    return donation


async def newest_undoable(services: Services, donor: Donor) -> str | None:
    """The donor's newest gift that they may still take back."""
    recent = await services.db.read(lambda tx: donations.of_donor(tx, donor.id, 20))
    now = services.clock()
    ends = ((one.id, undo_until(one, services.settings)) for one in recent)
    return next((id for id, until in ends if until is not None and now < until), None)


async def undo(services: Services, donor: Donor, donation_id: str) -> Donation:
    """Give the whole gift back because its donor says so. Raises NotYours, UndoTooLate."""
    donation = await undoable(services, donor, donation_id)
    return await give_back(services, donation, donation.total, "undo", "donor")


async def give_back(
    services: Services,
    donation: Donation,
    money: Money,
    reason: str,
    asked_by: str,
    left: Money | None = None,
) -> Donation:
    """Refund `money` of the gift. Still unrefunded in the answer means: Stripe was not reached yet, the order is kept.

    `left` is what could be given back when it was asked for: a tap that comes again after its refund was made makes no other.
    """
    wanted = RefundOrder(secrets.token_hex(8), donation.id, money, reason, asked_by, OrderState.ASKED)
    now = services.clock()
    order = await services.db.write(lambda tx: _order(tx, wanted, donation, now, left))
    if order is None:
        return await giving.get(services, donation.id)
    try:
        return await services.soon(make(services, order))
    except (PaymentsError, TimeoutError):
        # What the donor could not wait for goes on in the background at once.
        await services.db.write(
            lambda tx: refunds.change_order(tx, order.id, look_at=seconds(services.clock()))
        )
        services.bells.looks.set()
        return await giving.get(services, donation.id)


def _order(
    tx: Tx, wanted: RefundOrder, donation: Donation, now: datetime, left: Money | None
) -> RefundOrder | None:
    """None where what is left is no longer what it was."""
    under_way = refunds.asked(tx, donation.id)
    if under_way is None and left is not None and left != _left(tx, donation):
        return None
    order = refunds.order(tx, wanted, now, now + _SLOW)
    if order.id == wanted.id and order.asked_by.startswith("staff "):
        after = {"minor": order.money.minor, "currency": order.money.currency, "reason": order.reason}
        before = {"minor": donation.total.minor, "currency": donation.total.currency}
        acts.record(tx, now, order.asked_by, "refund", donation.id, before=before, after=after)
    return order


async def make(services: Services, order: RefundOrder, *, again: bool = False) -> Donation:
    """Have Stripe make the refund that was ordered; repeated under the same key it is made once.

    `again`: it may have been asked for before. Stripe forgets a key after a day, and a restored backup may be older.
    """
    async with services.gift(order.donation_id):
        known = await services.db.read(lambda tx: refunds.get_order(tx, order.id))
        payment = await services.db.read(lambda tx: donations.payment_for(tx, order.donation_id))
        if known is None or known.state is not OrderState.ASKED or payment is None:
            return await giving.get(services, order.donation_id)
        try:
            if not again or not await _is_made(services, payment, known):
                await _refund(services, payment, known)
            became = OrderState.MADE
        except PaymentsRefused:
            # Refunded in the dashboard meanwhile, or contested at the bank: a person must look.
            became = OrderState.REFUSED
        await _mirror(services, payment, order=order, became=became)
    return await giving.get(services, order.donation_id)


async def _refund(services: Services, payment: Payment, order: RefundOrder) -> None:
    """Stripe replays a failure of its own under the same key: look whether it gave the money back all the same."""
    try:
        await services.payments.refund(payment.payment_intent, order)
    except PaymentsUnreachable as error:
        if not error.is_stored:
            raise
        if await _is_made(services, payment, order):
            return
        following = replace(order, attempt=order.attempt + 1)
        await services.db.write(lambda tx: refunds.change_order(tx, order.id, attempt=following.attempt))
        await services.payments.refund(payment.payment_intent, following)


async def _is_made(services: Services, payment: Payment, order: RefundOrder) -> bool:
    """Whether Stripe gave the money back for this order, under whichever key."""
    return any(one.order == order.id for one in await services.payments.refunds(payment.payment_intent))


async def due(services: Services, limit: int = 20) -> list[RefundOrder]:
    """Orders that Stripe has not confirmed, each put off first, so that a failed try is repeated and not lost."""

    def take(tx: Tx) -> list[RefundOrder]:
        now = services.clock()
        taken = refunds.orders_due(tx, now, limit)
        for order in taken:
            refunds.change_order(tx, order.id, look_at=seconds(now + _SLOW))
        return taken

    return await services.db.write(take)


class GiftFacts(Struct, frozen=True):
    """One gift as staff see it; `left` is what can still be given back, `accounts` what Stripe settled of it so far."""

    donation: Donation
    campaign: Campaign
    receipts: list[Receipt]
    refunds: list[Refund]
    left: Money
    accounts: list[BalanceTransaction]


async def facts(services: Services, donation_id: str) -> GiftFacts | None:
    """None where there is no such gift."""

    def read(tx: Tx) -> GiftFacts | None:
        donation = donations.get(tx, donation_id.lower())
        campaign = campaigns.get(tx, donation.campaign_id) if donation else None
        if donation is None or campaign is None:
            return None
        payment = donations.payment_for(tx, donation.id)
        gone = refunds.of_payment(tx, payment.payment_intent) if payment else []
        settled = balance.of_payment(tx, payment.payment_intent) if payment else []
        papers = receipts.of_donation(tx, donation.id)
        return GiftFacts(donation, campaign, papers, gone, _left(tx, donation), settled)

    return await services.db.read(read)


def _left(tx: Tx, donation: Donation) -> Money:
    """What can still be given back; nothing of what came outside Stripe."""
    payment = donations.payment_for(tx, donation.id)
    if payment is None or payment.payment_intent == "":
        return Money(0, donation.money.currency)
    gone = refunds.of_payment(tx, payment.payment_intent)
    back = sum(one.money.minor for one in gone if one.counts)
    return Money(donation.total.minor - back, donation.money.currency)


# Learning what went back.


async def work(services: Services, hint: Hint) -> None:
    """Work one hint about a PaymentIntent. Raises PaymentsError when Stripe cannot be asked: the hint stays."""
    payment = await _payment(services, hint.object_id)
    if payment is None:
        await services.db.write(lambda tx: inbox.done(tx, hint.event_id, "ignored", services.clock()))
        return
    async with services.gift(payment.donation_id):
        await _mirror(services, payment, event_id=hint.event_id)


async def _payment(services: Services, payment_intent: str) -> Payment | None:
    """The payment in our books; news of a refund may come before that of the payment itself."""
    known = await services.db.read(lambda tx: donations.payment_of(tx, payment_intent))
    if known is not None or not payment_intent.startswith("pi_"):
        return known
    session = await services.payments.paid_by(payment_intent)
    if session is None:
        return await mirroring.paid_by(services, payment_intent)
    reference = session.reference or ""
    donation = await services.db.read(lambda tx: donations.get(tx, reference))
    if donation is None:
        return None
    async with services.gift(donation.id):
        await record(services, donation.id, await services.payments.fetch(session.id))
    return await services.db.read(lambda tx: donations.payment_of(tx, payment_intent))


async def mirror(services: Services, donation_id: str) -> Donation:
    """Bring one gift's refunds and disputes up to date, whatever was heard of them."""
    async with services.gift(donation_id):
        payment = await services.db.read(lambda tx: donations.payment_for(tx, donation_id))
        if payment is not None:
            await _mirror(services, payment)
    return await giving.get(services, donation_id)


async def _mirror(
    services: Services,
    payment: Payment,
    *,
    event_id: str | None = None,
    order: RefundOrder | None = None,
    became: OrderState = OrderState.MADE,
) -> None:
    """The caller holds the gift's lock: Stripe is asked inside it, and one transaction keeps all that follows."""
    back = Back(
        await services.payments.refunds(payment.payment_intent),
        await services.payments.disputes(payment.payment_intent),
    )
    now, admins = services.clock(), services.settings.admin_ids

    def write(tx: Tx) -> None:
        donation = donations.get(tx, payment.donation_id)
        if donation is None:
            raise LookupError(payment.donation_id)
        _record(tx, donation, payment, back, admins, now)
        if order is not None:
            refunds.change_order(tx, order.id, state=became, look_at=None)
            if became is OrderState.REFUSED:
                alert(tx, donation, "refund_refused", admins, now, about=order.id)
        if event_id:
            inbox.done(tx, event_id, "mirrored", now)

    await services.db.write(write)
    services.bells.courier.set()


def _record(
    tx: Tx, donation: Donation, payment: Payment, back: Back, admins: Sequence[int], now: datetime
) -> None:
    intent = payment.payment_intent
    before = Back(refunds.of_payment(tx, intent), refunds.disputes_of(tx, intent))
    refunds.keep(tx, intent, donation.id, back.refunds, now)
    refunds.keep_disputes(tx, intent, donation.id, back.disputes, now)
    _book(tx, donation, payment, before, back, now)
    if payment.is_matched and before.gone != back.gone:
        counting.recount(tx, donation.id, admins, now)
    if before.said != back.said:
        balance.look_at(tx, [intent], now + _ACCOUNTED)
    if payment.is_matched:
        state = standing(payment.money, back)
        donations.move(tx, donation.id, [one for one in RECEIVED if one is not state], state)
        _tell(tx, donation, before, back, now)
    _alert(tx, donation, before, back, admins, now)


def _book(tx: Tx, donation: Donation, payment: Payment, before: Back, back: Back, now: datetime) -> None:
    """The books move by the difference, so that hearing of it twice, late or out of order books it once."""
    if not payment.is_matched:
        gone = back.gone - before.gone
        if gone:
            book(tx, donation, EntryKind.UNMATCHED_BACK, -gone, payment.money.currency, now)
        return
    then, today = Split.of(before, donation.money), Split.of(back, donation.money)
    moves = (
        (EntryKind.REFUND, EntryKind.REFUND_FAILED, today.refunded - then.refunded),
        (EntryKind.CHARGEBACK, EntryKind.CHARGEBACK_WON, today.charged_back - then.charged_back),
        (EntryKind.COVER_BACK, EntryKind.COVER_BACK, today.cover - then.cover),
    )
    for gone, returned, minor in moves:
        if minor:
            book(tx, donation, gone if minor > 0 else returned, -minor, donation.money.currency, now)
    if today.gift != then.gift:
        campaigns.give_back(tx, donation.campaign_id, today.gift - then.gift, donation.money.currency)


def _tell(tx: Tx, donation: Donation, before: Back, back: Back, now: datetime) -> None:
    """The donor hears of each refund once; its credit note is numbered when the money has really gone."""
    known = {refund.id for refund in before.refunds if refund.counts}
    for refund in back.refunds:
        if refund.counts and refund.id not in known:
            owe(tx, donation, DeliveryKind.REFUNDED, now, refund.id, str(refund.money.minor))
        if refund.status == "succeeded":
            receipts.issue(tx, ReceiptKind.CREDIT, refund.id, donation.id, refund.money, now)


def _alert(
    tx: Tx, donation: Donation, before: Back, back: Back, admins: Sequence[int], now: datetime
) -> None:
    """Staff hear of a refund that failed before anybody is told a story, and of every turn of a dispute."""
    for refund in back.refunds:
        if refund.status == "failed":
            alert(tx, donation, "refund_failed", admins, now, about=refund.id)
    known = {(dispute.id, dispute.status) for dispute in before.disputes}
    for dispute in back.disputes:
        if (dispute.id, dispute.status) not in known:
            what = (
                "dispute_won" if dispute.status == "won" else "dispute_lost" if dispute.is_lost else "dispute"
            )
            due = seconds(dispute.due_by) if dispute.due_by else 0
            alert(tx, donation, f"{what}.{due}", admins, now, about=f"{dispute.id}:{dispute.status}")
            if dispute.is_open or dispute.status == "warning_needs_response":
                _owe_evidence(tx, donation, dispute, admins, now)


def _owe_evidence(tx: Tx, donation: Donation, dispute: Dispute, admins: Sequence[int], now: datetime) -> None:
    """Everybody of the money gets the pack that answers the dispute, once; it is printed when it is sent."""
    for admin in staff.chats(tx, admins, Right.MONEY):
        key = f"{donation.id}:{DeliveryKind.EVIDENCE}:{dispute.id}:{admin}"
        owed = Owed(DeliveryKind.EVIDENCE, key, None, donation.id, admin, dispute.id)
        deliveries.owe(tx, owed, now)
