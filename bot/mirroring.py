"""Monthly gifts at Stripe: the subscription is made to follow what the donor wants, and each paid month becomes a gift.

Every hint, look and tap ends in `mirror`, which fetches the truth under the gift's lock and writes it in one transaction,
so that the order and number of hints change nothing here either.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from bot import giving, settling
from bot.config import Settings
from bot.errors import PaymentsRefused
from bot.model import DeliveryKind, Donation, DonationState, MonthlyGift, MonthlyState, Payment
from bot.money import Money
from bot.months import number, step
from bot.payments.subscriptions import Invoice, Subscription
from bot.references import LETTERS
from bot.services import Services
from bot.store import deliveries, donations, inbox, monthly
from bot.store.deliveries import Owed
from bot.store.inbox import Hint
from bot.store.moments import seconds
from bot.store.sql import Tx

_SLOW = timedelta(seconds=30)
_WARNING = timedelta(days=3)
# Stripe makes the invoice at the moment that is due and charges it about an hour later.
_AFTER = timedelta(hours=2)
_UNDER_WAY = (DonationState.CREATING, DonationState.AWAITING, DonationState.PROCESSING)


async def due(services: Services, limit: int = 20) -> list[MonthlyGift]:
    """Those to ask about now, each put off first, so that a failed look is repeated and not lost."""

    def take(tx: Tx) -> list[MonthlyGift]:
        now = services.clock()
        taken = monthly.to_look_at(tx, now, limit)
        for gift in taken:
            monthly.change(tx, gift.id, look_at=seconds(now + _SLOW))
        return taken

    return await services.db.write(take)


async def work(services: Services, hint: Hint) -> None:
    """Work one hint about a subscription. Raises PaymentsError when Stripe cannot be asked: the hint stays."""
    gift = await _known(services, hint.object_id)
    if gift is None:
        await services.db.write(lambda tx: inbox.done(tx, hint.event_id, "ignored", services.clock()))
        return
    if gift.subscription_id == hint.object_id:
        await mirror(services, gift.id, event_id=hint.event_id)
        return
    await _stray(services, gift, hint.object_id)
    await services.db.write(lambda tx: inbox.done(tx, hint.event_id, "stray", services.clock()))


async def _known(services: Services, subscription_id: str) -> MonthlyGift | None:
    """Whose subscription that is; the first news of it may come before that of the payment that began it."""
    known = await services.db.read(lambda tx: monthly.of_subscription(tx, subscription_id))
    if known is not None or not subscription_id.startswith("sub_"):
        return known
    try:
        monthly_id = (await services.payments.subscription(subscription_id)).monthly_id
    except PaymentsRefused:
        # Another application of the same account, or another key's object.
        return None
    if await services.db.read(lambda tx: monthly.get(tx, monthly_id)) is None:
        return None
    await _first_payment(services, subscription_id)
    return await services.db.read(lambda tx: monthly.get(tx, monthly_id))


async def _first_payment(services: Services, subscription_id: str) -> None:
    session = await services.payments.begun_by(subscription_id)
    reference = (session.reference or "") if session else ""
    donation = await services.db.read(lambda tx: donations.get(tx, reference))
    if session is None or donation is None:
        return
    async with services.gift(donation.id):
        await settling.record(services, donation.id, await services.payments.fetch(session.id))


async def _stray(services: Services, gift: MonthlyGift, subscription_id: str) -> None:
    """A subscription that is not the gift's own must not charge anybody: two pages of one gift were paid, or what was paid
    does not match. What it took already waits for a person."""
    first = await services.db.read(lambda tx: monthly.first_donation(tx, gift.id))
    donation = await giving.get(services, first) if first else None
    if donation is None or donation.state in _UNDER_WAY:
        return
    await services.payments.cancel_subscription(subscription_id)
    invoices = await services.payments.invoices_of(subscription_id)
    now, admins = services.clock(), services.settings.admin_ids

    def write(tx: Tx) -> None:
        for invoice in (one for one in invoices if one.is_paid and not one.is_first):
            payment = Payment(invoice.id, invoice.payment_intent or "", donation.id, invoice.paid, False)
            settling.keep_unmatched(tx, donation, payment, now)
        settling.alert(tx, donation, "review", admins, now)

    await services.db.write(write)
    services.bells.courier.set()


async def mirror(services: Services, monthly_id: str, *, event_id: str | None = None) -> None:
    """Tell Stripe what the donor wants, and write down what it says. Raises PaymentsError."""
    async with services.gift(monthly_id):
        gift, heard = await services.db.read(partial(_before, monthly_id=monthly_id))
        if gift is None or gift.subscription_id is None or (event_id and event_id not in heard):
            # Whoever held the lock before us fetched what this event is about.
            return
        seen = await _steer(services, gift, await services.payments.subscription(gift.subscription_id))
        invoices = await services.payments.invoices_of(seen.id)
        failed = await _failure(services, invoices)
        news = _News(gift, seen, invoices, failed, services.settings, services.clock())
        await services.db.write(partial(_record, news=news, heard=heard))
    services.bells.courier.set()


def _before(tx: Tx, monthly_id: str) -> tuple[MonthlyGift | None, list[str]]:
    gift = monthly.get(tx, monthly_id)
    return gift, inbox.about(tx, gift.subscription_id) if gift and gift.subscription_id else []


async def _failure(services: Services, invoices: Sequence[Invoice]) -> Invoice | None:
    """The newest month, while it could not be charged, with the bank's reason."""
    tried = invoices[0] if invoices else None
    if tried is None or tried.status != "open" or not tried.attempts or tried.is_first:
        return None
    return await services.payments.invoice(tried.id)


async def _steer(services: Services, gift: MonthlyGift, seen: Subscription) -> Subscription:
    """Make the subscription follow the donor's wish where it does not yet."""
    if seen.is_over:
        return seen
    if gift.stop not in (None, "portal"):
        return await services.payments.cancel_subscription(seen.id)
    wanted = _differences(gift, seen) if gift.wanted else {}
    end = _end(gift, seen) if seen.cancel_at is None else None
    if end is not None and end <= services.clock():
        return await services.payments.cancel_subscription(seen.id)
    if end is not None:
        wanted |= {"cancel_at": int(end.timestamp()), "proration_behavior": "none"}
    return await services.payments.change_subscription(seen.id, wanted) if wanted else seen


def _end(gift: MonthlyGift, seen: Subscription) -> datetime | None:
    """The end of the period that is paid last: an end inside a period would be prorated."""
    ends = [step(seen.anchor, gift.months)] if gift.months else []
    if gift.ends_at is not None:
        ends.append(gift.ends_at)
    if not ends:
        return None
    end, count = min(ends), max(1, number(seen.anchor, min(ends)) - 2)
    while step(seen.anchor, count) < end:
        count += 1
    return step(seen.anchor, count)


def _differences(gift: MonthlyGift, seen: Subscription) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if gift.total != seen.total:
        price = {
            "currency": gift.money.currency.lower(),
            "product": seen.product,
            "unit_amount": gift.total.minor,
            "recurring": {"interval": "month"},
        }
        wanted |= {"items": [{"id": seen.item, "price_data": price}], "proration_behavior": "none"}
    if gift.paused_until != (seen.resumes_at if seen.is_paused else None):
        wanted["pause_collection"] = (
            {"behavior": "void", "resumes_at": int(gift.paused_until.timestamp())}
            if gift.paused_until
            else ""
        )
    return wanted


class _News(Struct, frozen=True):
    gift: MonthlyGift
    seen: Subscription
    invoices: Sequence[Invoice]
    failed: Invoice | None
    settings: Settings
    now: datetime


def _record(tx: Tx, news: _News, heard: Sequence[str]) -> None:
    for invoice in reversed(news.invoices):
        if invoice.is_paid and not invoice.is_first and invoice.payment_intent:
            _renew(tx, news, invoice, invoice.payment_intent)
    if news.seen.is_over:
        # The last failure and the end that it brings are one message.
        _close(tx, news)
    else:
        _keep(tx, news)
        if news.failed is not None:
            _tell_failure(tx, news, news.failed)
    for event_id in heard:
        inbox.done(tx, event_id, "mirrored", news.now)


def _renew(tx: Tx, news: _News, invoice: Invoice, payment_intent: str) -> None:
    """One paid month is a gift of its own; named after its invoice, so that it is made once."""
    gift, donation_id = news.gift, renewal_id(invoice.id)
    if donations.get(tx, donation_id) is not None:
        return
    cover = gift.cover_minor if invoice.paid.minor > gift.cover_minor else 0
    donation = Donation(
        id=donation_id,
        donor_id=gift.donor_id,
        campaign_id=gift.campaign_id,
        money=Money(invoice.paid.minor - cover, invoice.paid.currency),
        state=DonationState.PAID,
        attempt=1,
        params="",
        expires_at=news.now,
        created_at=news.now,
        source=gift.source,
        cover_minor=cover,
        monthly_id=gift.id,
    )
    donations.add(tx, donation, None, None)
    payment = Payment(invoice.id, payment_intent, donation.id, invoice.paid, is_matched=True)
    settling.receive(tx, donation, payment, news.settings, news.now)
    number_of_it = monthly.gifts(tx, gift.id)[0]
    settling.owe(tx, donation, DeliveryKind.THANKS, news.now, payload=str(number_of_it))


def renewal_id(invoice_id: str) -> str:
    """The reference of the gift that this invoice, `in_...`, was paid for."""
    value = int.from_bytes(hashlib.sha256(invoice_id.encode()).digest()[:8])
    letters: list[str] = []
    for _ in range(10):
        value, at = divmod(value, len(LETTERS))
        letters.append(LETTERS[at])
    return "".join(letters)


def _tell_failure(tx: Tx, news: _News, invoice: Invoice) -> None:
    """Each failed try is told once: why, and when the next one is."""
    following = seconds(invoice.next_try) if invoice.next_try else 0
    payload = f"{invoice.decline or 'card_declined'}.{following}"
    _owe(tx, news, DeliveryKind.RENEWAL_FAILED, f"{invoice.id}:{invoice.attempts}", payload)


def _owe(tx: Tx, news: _News, kind: DeliveryKind, about: str, payload: str | None = None) -> None:
    gift = news.gift
    key = f"{gift.id}:{kind}:{about}"
    deliveries.owe(tx, Owed(kind, key, donor_id=gift.donor_id, payload=payload, subject=gift.id), news.now)


def _close(tx: Tx, news: _News) -> None:
    seen, why = news.seen, _why(news)
    if monthly.end(tx, news.gift.id, why, seen.ended_at or news.now):
        # A change that the donor asked for too late never was.
        monthly.change(tx, news.gift.id, amount_minor=max(1, seen.total.minor - news.gift.cover_minor))
    # Of a first payment that failed the donor hears as of any gift; one that a slow bank brings after the end is told of it.
    if news.gift.stop != "portal" and _has_begun(news):
        kind = DeliveryKind.MONTHLY_ENDED if why in ("end", "bank") else DeliveryKind.MONTHLY_STOPPED
        _owe(tx, news, kind, "over", news.failed.decline if news.failed else None)


def _why(news: _News) -> str:
    """Who ended it: the donor, staff, the bank, its own end, or somebody at Stripe."""
    seen = news.seen
    if news.gift.stop:
        return news.gift.stop
    if seen.why in ("payment_failed", "payment_disputed"):
        return "bank"
    ended = seen.ended_at or news.now
    if seen.cancel_at is not None and ended >= seen.cancel_at - timedelta(minutes=5):
        return "end"
    return "stripe"


def _keep(tx: Tx, news: _News) -> None:
    """What Stripe says now, unless a newer wish waits to be told."""
    gift, seen = news.gift, news.seen
    if not monthly.heard(tx, gift.id, gift.wanted):
        return
    following, state = _following(news), _state(news)
    has_stopped = seen.is_stopping and state is not MonthlyState.ASKED
    values: dict[str, Any] = {
        "anchor_at": seconds(seen.anchor),
        "ends_at": _stamp(seen.cancel_at) if seen.cancel_at else _stamp(gift.ends_at),
        "amount_minor": max(1, seen.total.minor - gift.cover_minor),
        "paused_until": _stamp(seen.resumes_at) if seen.is_paused else None,
        "next_at": _stamp(following),
        # Of a stop before the first money the donor hears when that has come.
        "stop": "portal" if has_stopped else None,
        "state": state,
        "look_at": seconds(_next_look(news, following)),
    }
    monthly.change(tx, gift.id, **values)
    if state is MonthlyState.ASKED:
        return
    if has_stopped and gift.stop is None:
        _owe(tx, news, DeliveryKind.MONTHLY_STOPPED, "over")
    if following is not None and news.now < following <= news.now + _WARNING and seen.status == "active":
        _owe(tx, news, DeliveryKind.UPCOMING, str(number(seen.anchor, following)))


def _has_begun(news: _News) -> bool:
    had = news.gift.state in (MonthlyState.ACTIVE, MonthlyState.PAST_DUE)
    return had or any(one.is_paid for one in news.invoices)


def _state(news: _News) -> MonthlyState:
    """A subscription is called active while the bank still thinks about its first payment."""
    if not _has_begun(news):
        return MonthlyState.ASKED
    return MonthlyState.PAST_DUE if news.seen.status in ("past_due", "unpaid") else MonthlyState.ACTIVE


def _stamp(moment: datetime | None) -> int | None:
    return None if moment is None else seconds(moment)


def _following(news: _News) -> datetime | None:
    """The next charge; None where none will come, or nobody knows when."""
    seen = news.seen
    if seen.is_stopping or (seen.is_paused and seen.resumes_at is None):
        return None
    following = seen.period_end
    if seen.is_paused and seen.resumes_at and seen.resumes_at > following:
        count = number(seen.anchor, following) - 1
        while step(seen.anchor, count) < seen.resumes_at:
            count += 1
        following = step(seen.anchor, count)
    return None if seen.cancel_at is not None and following >= seen.cancel_at else following


def _next_look(news: _News, following: datetime | None) -> datetime:
    """A net under the hints: before a charge to announce it, after it to see it, and at the end."""
    now = news.now
    if following is None or now >= following:
        return max(news.seen.period_end, now) + _AFTER
    return following - _WARNING if now < following - _WARNING else following + _AFTER


async def missed(services: Services, since: datetime) -> list[str]:
    """Subscriptions at Stripe that we do not know to be ours, or of which a month is missing here; all are worked."""
    found: list[str] = []
    for seen in await services.payments.subscriptions_since(since):
        before = await services.db.read(lambda tx, id=seen.id: monthly.of_subscription(tx, id))
        gift = before or await _known(services, seen.id)
        if gift is None:
            continue
        if gift.subscription_id != seen.id:
            await _stray(services, gift, seen.id)
        if before is None:
            found.append(gift.id)
    return found


async def paid_by(services: Services, payment_intent: str) -> Payment | None:
    """The renewal that this payment was for, recorded; news of its refund may come before that of the payment."""
    invoice = await services.payments.invoiced_by(payment_intent)
    if invoice is None or invoice.subscription is None:
        return None
    gift = await _known(services, invoice.subscription)
    if gift is not None and gift.subscription_id == invoice.subscription:
        await mirror(services, gift.id)
    return await services.db.read(lambda tx: donations.payment_of(tx, payment_intent))
