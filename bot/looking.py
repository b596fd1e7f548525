"""Ask Stripe by ourselves: gifts whose turn it is, the list of events, and a nightly comparison of everything.

With webhooks this is the net beneath them; without, it is how news arrives. It only ever calls `settling` and `giving`.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from bot import accounting, giving, mirroring, refunding, settling, tracing
from bot.errors import PaymentsError, PaymentsRefused
from bot.model import CancelAsked, Donation, DonationState
from bot.payments.webhooks import OF_ACCOUNTS, OF_MONEY, OF_MONTHS, Event
from bot.services import Services
from bot.store import attempts, deliveries, donations, inbox, marks, refunds, updates
from bot.store.inbox import Hint
from bot.store.moments import moment, seconds
from bot.store.sql import Tx

log = logging.getLogger(__name__)
_OVERLAP = timedelta(minutes=10)
_CURSOR, _RECONCILED = "stripe.events.cursor", "stripe.reconciled"
_WEBHOOKS_TAKE = timedelta(minutes=2)
_REMEMBERED_BY_STRIPE = timedelta(days=25)


async def due(services: Services, limit: int = 20) -> list[Donation]:
    """Gifts to ask about now, each put off to its next look first, so that a failed look is repeated and not lost."""
    return await services.db.write(lambda tx: _take(tx, services, limit))


def _take(tx: Tx, services: Services, limit: int) -> list[Donation]:
    now = services.clock()
    taken = donations.to_look_at(tx, now, limit)
    for donation in taken:
        following = settling.next_look(donation, now, services.settings.mode)
        donations.change(tx, donation.id, look_at=seconds(following))
    return taken


async def visit(services: Services, donation: Donation) -> None:
    """Do for one gift what its state asks for. Stripe's failures are logged; the next look is planned already."""
    try:
        await _visit(services, donation)
    except PaymentsError as error:
        log.warning("look failed", extra={"donation": donation.id, "error": str(error)})


async def _visit(services: Services, donation: Donation) -> None:
    if (
        donation.state is DonationState.CREATING
        and services.clock() > donation.created_at + giving.CREATE_WINDOW
    ):
        await giving.end_unmade(services, donation)
    elif donation.state.is_open and donation.cancel is not CancelAsked.NO:
        await giving.close(services, donation.id)
    elif donation.state is DonationState.CREATING:
        await giving.create(services, donation.id)
    else:
        await settling.settle(services, donation.id)


async def sweep(services: Services) -> int:
    """Put what Stripe's event list knows, and we may have missed, into the inbox; how many were news.

    The cursor moves only with the commit, and overlaps, because events appear in the list a little late.
    """
    began = services.clock()
    since = await services.db.read(_cursor) or began
    if since > began:
        # Our clock ran ahead when that was written: nobody knows from when on news is missing.
        since = began - _REMEMBERED_BY_STRIPE
    events = await services.payments.events(since - _OVERLAP)
    news = await services.db.write(partial(_keep, events=events[::-1], now=began))
    if news:
        services.bells.inbox.set()
    return news


def _cursor(tx: Tx) -> datetime | None:
    value = marks.get(tx, _CURSOR)
    return None if value is None else moment(int(value))


def _keep(tx: Tx, events: list[Event], now: datetime) -> int:
    """Oldest first. What is news although it is not new should have been told by a webhook: `watching` asks for it."""
    marks.put(tx, _CURSOR, str(seconds(now)))
    added = [(one, inbox.add(tx, Hint(one.id, one.type, one.object_id), "poll", now)) for one in events]
    news = [one for one, is_news in added if is_news()]
    late = [one.created for one in news if one.created <= seconds(now - _WEBHOOKS_TAKE)]
    if late:
        inbox.miss(tx, max(late))
    return len(news)


async def reconcile(services: Services) -> list[str]:
    """Compare the finished sessions at Stripe with ours, repair through the same door, and name the gifts that differed."""
    now = services.clock()
    repaired: list[str] = []
    async for session in services.payments.completed(now - _REMEMBERED_BY_STRIPE):
        donation = await services.db.read(partial(donations.get, donation_id=session.reference or ""))
        if donation is not None and await _differs(services, donation, session.id):
            repaired.append(donation.id)
    repaired += [one for one in await _went_back(services, now) if one not in repaired]
    repaired += await mirroring.missed(services, now - _REMEMBERED_BY_STRIPE)
    await services.db.write(lambda tx: marks.put(tx, _RECONCILED, str(seconds(now))))
    return repaired


async def _went_back(services: Services, now: datetime) -> list[str]:
    """Gifts whose refunds or disputes we had missed."""
    repaired: list[str] = []
    for intent in sorted(await services.payments.refunds_since(now - _REMEMBERED_BY_STRIPE)):
        payment = await services.db.read(partial(donations.payment_of, payment_intent=intent))
        if payment is None:
            continue
        before = await giving.get(services, payment.donation_id)
        after = await refunding.mirror(services, payment.donation_id)
        if after.state is not before.state:
            repaired.append(after.id)
    return repaired


async def _differs(services: Services, donation: Donation, session_id: str) -> bool:
    async with services.gift(donation.id):
        after = await settling.record(services, donation.id, await services.payments.fetch(session_id))
    return after.state is not donation.state


async def is_reconciling_due(services: Services) -> bool:
    last = await services.db.read(lambda tx: marks.get(tx, _RECONCILED))
    # One that is noted in the future was noted by a clock that ran ahead.
    return last is None or not timedelta() <= services.clock() - moment(int(last)) <= timedelta(hours=24)


async def work_inbox(services: Services, hint: Hint) -> None:
    """Work one hint. While Stripe cannot be asked it stays in the inbox; a hint Stripe disowns is put aside."""
    try:
        with tracing.on(hint.donation_id or hint.event_id):
            await _work_of(hint)(services, hint)
    except PaymentsRefused as error:
        log.warning("hint refused", extra={"event_id": hint.event_id, "error": str(error)})
        await services.db.write(lambda tx: inbox.done(tx, hint.event_id, "refused", services.clock()))


def _work_of(hint: Hint) -> Callable[[Services, Hint], Awaitable[None]]:
    if hint.type in OF_ACCOUNTS:
        return accounting.work
    if hint.type in OF_MONTHS:
        return mirroring.work
    return refunding.work if hint.type in OF_MONEY else settling.work


async def pull_back(services: Services) -> None:
    """What a clock that ran ahead put off by more than a day is due now: thanks and refunds do not wait for years."""
    now = services.clock()
    late = await services.db.write(lambda tx: deliveries.pull_back(tx, now) + refunds.pull_back(tx, now))
    if late:
        log.warning("work was put off by a wrong clock and is due now", extra={"count": late})
        services.bells.courier.set()
        services.bells.looks.set()


async def prune(services: Services) -> None:
    """Forget what can no longer be repeated to us."""
    now = services.clock()

    def write(tx: Tx) -> None:
        updates.prune(tx, now - timedelta(days=2))
        inbox.prune(tx, now - timedelta(days=35))
        attempts.prune(tx, now - timedelta(days=2))

    await services.db.write(write)
