"""Finds gifts and pledges by what staff have in hand: a receipt's number, a reference, a donor's code, or an amount and a day."""

import re
from datetime import date

from msgspec import Struct

from bot import references
from bot.amounts import Clear, read_amount
from bot.model import Campaign, Donation, Pledge
from bot.money import Money
from bot.periods import Period
from bot.services import Services
from bot.store import campaigns, donations, finding, papers, pledges
from bot.store.sql import Tx

MOST = 8
_RECEIPT = re.compile(r"(?P<year>\d{4})-(?P<number>\d{1,9})")
_CODE = re.compile(r"d(?P<donor>\d{1,9})")
_DAY = re.compile(r"(?:^|\s)(?P<day>\d{4}-\d{2}-\d{2})$")
_LONGEST = 80


class Found(Struct, frozen=True):
    """What fits, newest first, and the campaigns of it by id. `is_understood`: whether what was written could be read."""

    gifts: tuple[Donation, ...] = ()
    pledges: tuple[Pledge, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    is_understood: bool = True


async def find(services: Services, written: str) -> Found:
    """Everything that fits what was written, MOST of a kind."""
    text = written.strip()[:_LONGEST]
    found = await services.db.study(lambda tx: _found(tx, services, text))
    return found or Found(is_understood=False)


def _found(tx: Tx, services: Services, text: str) -> Found | None:
    if place := _RECEIPT.fullmatch(text):
        paper = papers.find(tx, int(place["year"]), int(place["number"]))
        return _with_campaigns(tx, _some(tx, paper.donation_id if paper else ""), ())
    reference = references.normal(text)
    if code := _CODE.fullmatch(reference):
        donor = int(code["donor"])
        mine = sorted(pledges.of_donor(tx, donor), key=lambda one: one.created_at, reverse=True)
        return _with_campaigns(tx, tuple(donations.of_donor(tx, donor, MOST)), tuple(mine[:MOST]))
    gifts, promise = _some(tx, reference), pledges.get(tx, reference)
    if gifts or promise or references.is_reference(reference):
        return _with_campaigns(tx, gifts, (promise,) if promise else ())
    return _of_amount(tx, services, text)


def _some(tx: Tx, donation_id: str) -> tuple[Donation, ...]:
    donation = donations.get(tx, donation_id)
    return (donation,) if donation else ()


def _of_amount(tx: Tx, services: Services, text: str) -> Found | None:
    settings, day = services.settings, _DAY.search(text)
    period = _day(day["day"]) if day else None
    if day and period is None:
        return None
    match read_amount(text[: day.start()] if day else text, settings.home_currency, settings.currencies):
        case Clear(money=money, rest=""):
            return _fitting(tx, money, period)
        case _:
            return None


def _day(written: str) -> Period | None:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return Period(day, day)


def _fitting(tx: Tx, money: Money, period: Period | None) -> Found:
    first, end = period.bounds if period else (0, 2**40)
    gifts = finding.gifts_of(tx, money, first, end, MOST)
    return _with_campaigns(tx, tuple(gifts), tuple(finding.pledges_of(tx, money, first, end, MOST)))


def _with_campaigns(tx: Tx, gifts: tuple[Donation, ...], promised: tuple[Pledge, ...]) -> Found:
    ids = sorted({one.campaign_id for one in (*gifts, *promised)})
    known = tuple(one for id in ids if (one := campaigns.get(tx, id)))
    return Found(gifts, promised, known)
