"""The courier: sends what is owed at Telegram's pace, drawn from the facts of that moment, and survives being killed.

A Delivery whose fate is unknown is sent again: a second thanks is better than none.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial

from msgspec import Struct

from bot import (
    broadcast_news,
    carrying,
    digesting,
    evidence,
    helpdesk,
    meters,
    monthly,
    pledge_news,
    tracing,
)
from bot.botapi import draw
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.errors import ChatGone, ChatMoved, StoreDown, TelegramBusy, TelegramDown, TelegramRefused
from bot.i18n import Words
from bot.model import (
    Campaign,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Donation,
    DonationState,
    Donor,
    DonorState,
    Pledge,
)
from bot.money import Money
from bot.monthly import MonthlyFacts
from bot.months import charges_before
from bot.refunding import undo_until
from bot.screens import back, guard, numbers, paperwork, roles, trouble, watching
from bot.screens import giving as screens
from bot.screens import helpdesk as asked
from bot.screens import monthly as months
from bot.screens import pledges as promised
from bot.screens.base import Screen
from bot.screens.match import code
from bot.services import Services
from bot.store import campaigns, deliveries, donations, donors
from bot.store.moments import moment
from bot.store.sql import Tx

log = logging.getLogger(__name__)
_SENDERS = 16
_LONGEST_PAUSE = timedelta(minutes=10)
_OF_STATES = {
    DeliveryKind.PROCESSING: screens.processing,
    DeliveryKind.FAILED: screens.failed,
    DeliveryKind.CANCELED: screens.canceled,
    DeliveryKind.REVIEW: screens.in_review,
}
_STAY = (DeliveryKind.THANKS, DeliveryKind.REFUNDED)
# For staff, about a gift of somebody else: what they look at meanwhile stays.
_FOR_STAFF = (DeliveryKind.ALERT, DeliveryKind.EVIDENCE)


class Parcel(Struct, frozen=True):
    """A claimed Delivery with the facts to draw it from; `donor` is None for staff.

    `pledge`: the one that it is about, or that the gift was, or that is still open beside a gift.
    """

    delivery: Delivery
    donor: Donor | None
    donation: Donation | None
    campaign: Campaign | None
    pledge: Pledge | None = None
    monthly: MonthlyFacts | None = None


async def run(services: Services, bot: Pen) -> None:
    """Send for ever; woken by the bell, or when the next Delivery is due."""
    async with asyncio.TaskGroup() as group:
        free = asyncio.Semaphore(_SENDERS)
        while True:
            services.bells.courier.clear()
            try:
                parcels, due = await claim(services)
                for parcel in parcels:
                    await free.acquire()
                    group.create_task(_send_and_free(services, bot, parcel, free))
                if len(parcels) < _SENDERS and not services.bells.courier.is_set():
                    await _rest(services, due)
            except StoreDown:
                # What is owed stays owed; the database is asked again in a moment.
                meters.FAILURES.add("courier", "StoreDown")
                log.exception("nothing can be claimed")
                await asyncio.sleep(1)


async def _send_and_free(services: Services, bot: Pen, parcel: Parcel, free: asyncio.Semaphore) -> None:
    try:
        await deliver(services, bot, parcel)
    except Exception:
        # One Delivery's failure must not stop the others; its lease brings it back.
        log.exception("delivery failed", extra={"delivery": parcel.delivery.id})
    finally:
        free.release()


async def _rest(services: Services, due: datetime | None) -> None:
    pause = max(0.0, (due - services.clock()).total_seconds()) if due else 60.0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(min(pause + 0.05, 60.0)):
            await services.bells.courier.wait()


async def claim(services: Services) -> tuple[list[Parcel], datetime | None]:
    """Take what is due, with its facts, in one transaction; and when the next is due, where this was all."""
    found = await services.db.write(partial(_claim, now=services.clock(), owner=services.owner))
    return found()


def _claim(tx: Tx, now: datetime, owner: str | None) -> Callable[[], tuple[list[Parcel], datetime | None]]:
    """To be called once it is kept: so that the last of what is asked goes with the commit."""
    taken = deliveries.claim(tx, now, _SENDERS, owner)
    # All of them are asked for before the first is waited for.
    about = [
        (one, is_ours, donations.soon(tx, one.donation_id), donors.soon(tx, one.donor_id))
        for one, is_ours in taken
    ]
    following = deliveries.soon_next_due(tx) if len(taken) < _SENDERS else None
    parcels = [_parcel(tx, one, donation(), donor()) for one, is_ours, donation, donor in about if is_ours()]
    if following is None and len(parcels) < _SENDERS:
        # Another was there first: more may be due.
        return lambda: ([one() for one in parcels], now)
    return lambda: ([one() for one in parcels], following() if following else None)


def _parcel(
    tx: Tx, delivery: Delivery, donation: Donation | None, donor: Donor | None
) -> Callable[[], Parcel]:
    pledge = pledge_news.soon_about(tx, delivery, donation)
    about = donation or pledge()
    campaign = campaigns.soon(tx, about.campaign_id) if about else None
    monthly_id = donation.monthly_id if donation else delivery.subject
    found = monthly.facts_of(tx, monthly_id) if monthly_id else None
    return lambda: Parcel(delivery, donor, donation, campaign() if campaign else None, pledge(), found)


async def deliver(services: Services, bot: Pen, parcel: Parcel) -> None:
    """Send one Delivery and write down what became of it."""
    delivery = parcel.delivery
    with tracing.on(delivery.donation_id or delivery.subject or f"delivery-{delivery.id}"):
        outcome = await _outcome(services, bot, parcel)
        meters.DELIVERIES.add(delivery.kind.value, outcome)
        log.info("delivery", extra={"delivery": delivery.id, "kind": delivery.kind.value, "outcome": outcome})


async def _outcome(services: Services, bot: Pen, parcel: Parcel) -> str:
    """What became of it, in one word."""
    delivery = parcel.delivery
    try:
        message_id = await _send(services, bot, parcel)
    except ChatGone as error:
        if delivery.kind is DeliveryKind.QUESTION:
            log.error("the help desk's group cannot be reached", extra={"error": str(error)})
            await _again(services, delivery, _LONGEST_PAUSE, "group gone")
            return "again"
        await _park(services, parcel, str(error))
        return "blocked"
    except ChatMoved as error:
        await _follow(services, delivery, error.new_chat_id)
        return "again"
    except TelegramBusy as error:
        await _again(services, delivery, timedelta(seconds=error.retry_after), "busy")
        return "again"
    except TelegramDown as error:
        await _again(services, delivery, _pause(delivery), "in doubt" if error.in_doubt else "not sent")
        return "again"
    except TelegramRefused as error:
        log.error("delivery refused", extra={"delivery": delivery.id, "error": str(error)})
        await _end(services, delivery, DeliveryState.FAILED, str(error))
        return "refused"
    if message_id is None:
        await _end(services, delivery, DeliveryState.FAILED, "nobody to tell")
        return "nobody"
    await _tidy(services, bot, parcel, message_id)
    return "sent"


async def _send(services: Services, bot: Pen, parcel: Parcel) -> int | None:
    """The message id; None where nobody is there to be told, or nothing to say."""
    delivery = parcel.delivery
    if delivery.chat_id == 0:
        return None
    if delivery.kind in carrying.KINDS:
        return await carrying.carry(services, bot, delivery)
    screen = await _drawn(services, parcel)
    return await draw.send(bot, delivery.chat_id, screen, Priority.CONFIRMATION, tries=1) if screen else None


def _pause(delivery: Delivery) -> timedelta:
    return min(timedelta(seconds=2 ** min(delivery.attempts, 10) / 2), _LONGEST_PAUSE)


def _words(services: Services, parcel: Parcel) -> Words:
    return services.catalogues.words(
        parcel.donor.language if parcel.donor else services.settings.default_language
    )


async def _drawn(services: Services, parcel: Parcel) -> Screen | None:
    """The screen, with its paper printed where it carries one."""
    donation, dispute_id = parcel.donation, parcel.delivery.payload
    if parcel.delivery.kind in broadcast_news.KINDS:
        return await broadcast_news.draw(services, _words(services, parcel), parcel.delivery)
    if parcel.delivery.kind is DeliveryKind.DIGEST:
        return await _digest(
            services, _words(services, parcel), date.fromisoformat(parcel.delivery.payload or "")
        )
    if parcel.delivery.kind is not DeliveryKind.EVIDENCE or donation is None or dispute_id is None:
        return _screen(services, parcel)
    words = _words(services, parcel)
    found = await evidence.pack(services, words, donation.id, dispute_id)
    return paperwork.evidence(words, donation, found.due_by, found.content) if found else None


async def _digest(services: Services, words: Words, day: date) -> Screen:
    found = await digesting.whole_day(services, day)
    titles = await digesting.titles(services, words.language)
    return numbers.digest(words, found.now, found.before, titles)


def _screen(services: Services, parcel: Parcel) -> Screen | None:
    """None where what it is about is gone."""
    if parcel.delivery.subject and parcel.pledge and parcel.campaign:
        return pledge_news.draw(_words(services, parcel), parcel.delivery, parcel.pledge, parcel.campaign)
    if parcel.donation is not None and parcel.campaign is not None:
        return _of_gift(services, parcel, parcel.donation, parcel.campaign)
    if (parcel.delivery.payload or "").startswith(watching.PREFIX):
        return watching.alert(_words(services, parcel), parcel.delivery.payload or "")
    if parcel.delivery.kind is DeliveryKind.ALERT and not parcel.delivery.subject:
        return _alert(_words(services, parcel), parcel.delivery.payload or "")
    return _of_monthly(_words(services, parcel), parcel.delivery, parcel.monthly) if parcel.monthly else None


def _alert(words: Words, payload: str) -> Screen:
    """One that is about no gift."""
    kind, _, rest = payload.partition(".")
    match kind:
        case "role":
            return roles.news(words, rest)
        case helpdesk.UNHEARD:
            return asked.unheard_by_staff(words, code(int(rest))) if rest else asked.unheard(words)
        case _:
            return guard.alarm(words, payload)


def _of_monthly(words: Words, delivery: Delivery, found: MonthlyFacts) -> Screen | None:
    gift, campaign = found.gift, found.campaign
    match delivery.kind:
        case DeliveryKind.UPCOMING:
            return months.upcoming(words, gift, campaign)
        case DeliveryKind.RENEWAL_FAILED:
            code, _, following = (delivery.payload or "").partition(".")
            when = moment(int(following)) if following not in ("", "0") else None
            return months.failed(words, gift, campaign, code, when)
        case DeliveryKind.MONTHLY_STOPPED:
            return months.stopped(words, gift, campaign, found.count, found.given)
        case DeliveryKind.MONTHLY_ENDED:
            return months.ended(words, gift, campaign, found.count, found.given, delivery.payload or "")
        case _:
            return None


def _thanks(services: Services, parcel: Parcel, donation: Donation, campaign: Campaign) -> Screen | None:
    words, settings, pledge = _words(services, parcel), services.settings, parcel.pledge
    if donation.pledge_id:
        return pledge_news.thanks(words, donation, campaign, pledge)
    statement, until = settings.statement_descriptor, undo_until(donation, settings)
    if found := parcel.monthly:
        number = int(parcel.delivery.payload or 1)
        screen = months.thanks(words, donation, campaign, found.gift, number, statement, until)
    else:
        screen = screens.thanks(words, donation, campaign, statement, until)
    return promised.beside(words, screen, pledge) if pledge else screen


def _of_gift(services: Services, parcel: Parcel, donation: Donation, campaign: Campaign) -> Screen | None:
    words = _words(services, parcel)
    if screen := _OF_STATES.get(parcel.delivery.kind):
        return screen(words, donation)
    match parcel.delivery.kind:
        case DeliveryKind.THANKS:
            return _thanks(services, parcel, donation, campaign)
        case DeliveryKind.EXPIRED:
            return screens.expired(words, donation, campaign)
        case DeliveryKind.MONTHLY_OFFER:
            return _offer(services, words, donation, campaign)
        case DeliveryKind.LINK:
            return screens.bridge(words, donation, campaign)
        case DeliveryKind.REMINDER:
            return screens.reminder(words, donation, campaign)
        case DeliveryKind.REFUNDED:
            money = Money(int(parcel.delivery.payload or donation.money.minor), donation.money.currency)
            return back.given_back(words, donation, campaign, money)
        case DeliveryKind.ALERT:
            return trouble.alert(words, parcel.delivery.payload or "", donation.id.upper())
        case _:
            return None


def _offer(services: Services, words: Words, donation: Donation, campaign: Campaign) -> Screen | None:
    """A small amount, since it comes again; None where a monthly gift could not be taken any more."""
    now = services.clock()
    ends_soon = campaign.ends_at is not None and charges_before(now, campaign.ends_at) < 2
    is_taken = campaign.is_open_at(now) and donation.money.currency in campaign.limits
    if donation.state is not DonationState.PAID or ends_soon or not is_taken:
        return None
    return months.offer(words, campaign, _smaller(campaign, donation.money))


def _smaller(campaign: Campaign, money: Money) -> Money:
    """The largest preset that is at most half of what was given, or else the smallest gift."""
    presets = [preset.money for preset in campaign.presets.get(money.currency, ())]
    fitting = [one for one in presets if one.minor * 2 <= money.minor]
    return max(fitting, default=campaign.limits[money.currency].smallest, key=lambda one: one.minor)


async def _end(services: Services, delivery: Delivery, state: DeliveryState, why: str) -> None:
    await services.db.write(lambda tx: deliveries.end(tx, delivery, state, error=why))


async def _again(services: Services, delivery: Delivery, pause: timedelta, why: str) -> None:
    due = services.clock() + pause
    await services.db.write(lambda tx: deliveries.again(tx, delivery, due, why))
    services.bells.courier.set()


async def _park(services: Services, parcel: Parcel, why: str) -> None:
    """The donor blocked the bot: what they are owed waits for their return."""

    def write(tx: Tx) -> None:
        deliveries.end(tx, parcel.delivery, DeliveryState.UNDELIVERABLE, error=why)
        if parcel.donor:
            donors.move(tx, parcel.donor.id, state=DonorState.BLOCKED)
            helpdesk.park(tx, services.settings, parcel.donor.id, services.clock())
        helpdesk.unreached(tx, services.settings, parcel.delivery, services.clock())

    await services.db.write(write)
    services.bells.courier.set()


async def _follow(services: Services, delivery: Delivery, chat_id: int) -> None:
    """The group became a supergroup: the same message is due there."""

    def write(tx: Tx) -> None:
        deliveries.end(tx, delivery, DeliveryState.OWED, chat_id=chat_id)

    await services.db.write(write)
    services.bells.courier.set()


async def _tidy(services: Services, bot: Pen, parcel: Parcel, message_id: int) -> None:
    """Write down that it was sent. The walk's message must not offer to pay what is settled: it gives way to the newer one."""
    old = await services.db.write(
        lambda tx: _sent(tx, parcel, _place(services, parcel), message_id, services.clock())
    )
    if old is None or parcel.donor is None:
        return
    if screen := _standing(services, parcel, parcel.donor):
        await _quietly(_take_away(bot, parcel.donor.telegram_id, old, screen))


def _sent(tx: Tx, parcel: Parcel, place: str | None, message_id: int, now: datetime) -> int | None:
    """The message of the walk that gives way, if it still shows this gift."""
    deliveries.sent(tx, parcel.delivery, message_id, now)
    donor = donors.get(tx, parcel.donor.id) if parcel.donor else None
    if donor is None or parcel.delivery.kind in _FOR_STAFF or not _shows(donor, parcel):
        return None
    # What stays is no walk: the donor's next screen goes below it.
    kept = None if parcel.delivery.kind in _STAY else message_id
    donors.move(tx, donor.id, message_id=kept, awaiting=place)
    return donor.message_id


def _standing(services: Services, parcel: Parcel, donor: Donor) -> Screen | None:
    """What the walk shows from now on."""
    if parcel.donation is None:
        return _screen(services, parcel)
    if parcel.delivery.kind is DeliveryKind.THANKS:
        return screens.paid(services.catalogues.words(donor.language), parcel.donation)
    if parcel.delivery.kind is DeliveryKind.REFUNDED:
        return back.stands(services.catalogues.words(donor.language), parcel.donation)
    return _screen(services, parcel)


def _place(services: Services, parcel: Parcel) -> str | None:
    if parcel.donor is None or parcel.delivery.kind in _FOR_STAFF:
        return None
    screen = _standing(services, parcel, parcel.donor)
    return draw.pack(screen.awaiting) if screen and screen.awaiting else None


async def _take_away(bot: Pen, chat_id: int, message_id: int, screen: Screen) -> None:
    """A message older than two days cannot be deleted; then it says how the gift stands."""
    if not await draw.remove(bot, chat_id, message_id):
        await draw.redraw(bot, chat_id, message_id, screen)


def _shows(donor: Donor, parcel: Parcel) -> bool:
    """Whether the walk stands at what this Delivery is about."""
    places = pledge_news.places(parcel.delivery, parcel.donation)
    return donor.awaiting is not None and any(donor.awaiting.endswith(f"-{one}") for one in places)


async def _quietly(tidying: Awaitable[object]) -> None:
    """Tidying is a courtesy: the message that mattered was sent."""
    try:
        await tidying
    except (TelegramDown, TelegramRefused, TelegramBusy, ChatGone) as error:
        log.info("could not tidy", extra={"error": type(error).__name__})
