"""Figures of today and of yesterday, and the digest that staff get each morning, once a person and day.

What is owed is written down with the day that was done, so that neither a restart nor a changed clock sends it twice.
"""

from datetime import date, datetime, time, timedelta

from msgspec import Struct

from bot.figures import Span
from bot.i18n import ZONE
from bot.model import DeliveryKind, DonorState
from bot.periods import start_of
from bot.services import Services
from bot.staff import Right
from bot.store import campaigns, deliveries, donors, figures, marks, staff
from bot.store.deliveries import Owed
from bot.store.sql import Tx

_DONE = "digest.day"
_DAY = timedelta(days=1)


class Beside(Struct, frozen=True):
    """A span beside the one that it is compared with."""

    now: Span
    before: Span


async def today(services: Services) -> Beside:
    """Today so far, beside yesterday until the same hour by the clock on the wall."""
    # Ends are not included, and moments are kept in whole seconds: this one's gifts belong to it.
    now = services.clock().astimezone(ZONE) + timedelta(seconds=1)
    then = datetime.combine(now.date() - _DAY, now.timetz())
    return await services.db.study(
        lambda tx: Beside(
            figures.span(tx, start_of(now.date()), now), figures.span(tx, start_of(then.date()), then)
        )
    )


async def whole_day(services: Services, day: date) -> Beside:
    """One day beside the day before it."""
    first, middle, end = start_of(day - _DAY), start_of(day), start_of(day + _DAY)
    return await services.db.study(
        lambda tx: Beside(figures.span(tx, middle, end), figures.span(tx, first, middle))
    )


async def titles(services: Services, language: str) -> dict[str, str]:
    """The campaigns' titles by slug."""
    found = await services.db.read(campaigns.all_of_them)
    return {one.slug: one.text(language).title for one in found}


async def wants(services: Services, donor_id: int) -> bool:
    """Whether this person gets the digest; everybody does who has not said no."""
    return await services.db.read(lambda tx: _wants(tx, donor_id))


async def switch(services: Services, donor_id: int, *, on: bool) -> None:
    await services.db.write(lambda tx: marks.put(tx, _key(donor_id), "on" if on else "off"))


def _wants(tx: Tx, donor_id: int) -> bool:
    return marks.get(tx, _key(donor_id)) != "off"


def _key(donor_id: int) -> str:
    return f"digest.{donor_id}"


async def owe_digest(services: Services) -> int:
    """Owe the digest where its hour has come; how many people get it. The first day that is ever seen sends none."""
    at = services.settings.digest_at
    if at is None:
        return 0
    owed = await services.db.write(lambda tx: _owe(tx, services, at))
    if owed:
        services.bells.courier.set()
    return owed


def _owe(tx: Tx, services: Services, at: time) -> int:
    now = services.clock()
    here = now.astimezone(ZONE)
    # Before today's hour has come, yesterday's is the newest digest that can have been sent.
    newest = here.date() if here.time() >= at else here.date() - _DAY
    done = marks.get(tx, _DONE)
    if done is not None and date.fromisoformat(done) >= newest:
        return 0
    marks.put(tx, _DONE, newest.isoformat())
    return 0 if done is None else _to_all(tx, services, newest - _DAY, now)


def _to_all(tx: Tx, services: Services, day: date, now: datetime) -> int:
    people = staff.chats(tx, services.settings.admin_ids, Right.READ)
    return sum(_to_one(tx, chat, day, now) for chat in people)


def _to_one(tx: Tx, chat: int, day: date, now: datetime) -> bool:
    """Only to whom the bot may write: who has never spoken to it cannot be reached, and who blocks it shall not find a pile
    later."""
    person = donors.find(tx, chat)
    if person is None or person.state is DonorState.BLOCKED or not _wants(tx, person.id):
        return False
    owed = Owed(
        DeliveryKind.DIGEST,
        f"digest:{person.id}:{day.isoformat()}",
        chat_id=chat,
        donor_id=person.id,
        payload=day.isoformat(),
        priority=3,
    )
    return deliveries.is_news(tx, owed, now)
