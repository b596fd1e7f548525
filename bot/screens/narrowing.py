"""The composer's pages for whom and when: the audience one condition at a time, and the time."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.actions import Compose, Narrow, SetSpeed, SetTime
from bot.broadcasts import Audience, Broadcast, Gave, Monthly
from bot.config import LANGUAGES
from bot.i18n import Words
from bot.model import Campaign
from bot.screens import composed
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.composing import back, remark, voided
from bot.screens.home import LANGUAGE_NAMES
from bot.wording import Kind

if TYPE_CHECKING:
    from bot.composing import Draft

Choice = tuple[str, str, bool]


def audience(words: Words, draft: "Draft", campaigns: Sequence[Campaign]) -> Screen:
    """Who is meant, and how many that is exactly."""
    one, known = draft.broadcast, composed.by_id(campaigns)
    text = paragraphs(
        voided(words) if draft.is_voided else None,
        words.text("<b>For whom</b>"),
        composed.audience(words, one.audience, known),
        composed.count(words, draft.counted),
    )
    names = {
        "gave": words.label("Gave or not"),
        "campaign": words.label("To which campaign"),
        "monthly": words.label("Monthly gift"),
        "currency": words.label("Currency"),
        "language": words.label("Languages"),
        "source": words.label("Source"),
    }
    if one.audience.gave is Gave.ANY:
        del names["campaign"]
    asks = [Button(name, Narrow(what, "ask", one.id)) for what, name in names.items()]
    pairs = [] if one.audience.is_staff else [tuple(asks[at : at + 2]) for at in range(0, len(asks), 2)]
    return Screen(
        text,
        rows(*pairs, _staff(words, one), back(words, one)),
        awaiting=Compose("audience", one.id),
    )


def _staff(words: Words, one: Broadcast) -> Button:
    if one.audience.is_staff:
        return Button(words.label("Not the staff alone"), Narrow("staff", "no", one.id))
    return Button(words.label("The staff alone"), Narrow("staff", "yes", one.id))


def choices(
    words: Words, broadcast: Broadcast, what: str, offered: Sequence[Choice], problem: str | None = None
) -> Screen:
    """One condition: each choice is its value, its name, and whether it holds now."""
    buttons = [
        Button(f"{name} ✓" if is_it else name, Narrow(what, value, broadcast.id))
        for value, name, is_it in offered
    ]
    to_audience = Button(words.label("Back to the audience"), Compose("audience", broadcast.id))
    return Screen(
        paragraphs(problem, _question(words, what)),
        rows(*buttons, to_audience),
        awaiting=Narrow(what, "ask", broadcast.id),
    )


def _question(words: Words, what: str) -> str:
    return {
        "gave": words.text("Who is meant by what they gave? For another number of days, type it: 180."),
        "campaign": words.text("Which campaign does that count for?"),
        "monthly": words.text("With a monthly gift, or without?"),
        "currency": words.text("In which currency do they give?"),
        "language": words.text("Which languages? Tap to add or take away; none means all."),
        "source": words.text(
            "By which link did they come? Type the source as it stands in the link, such as {example}.",
            example="mosque7",
        ),
    }[what]


def gave_choices(words: Words, now: Audience) -> list[Choice]:
    days = now.days if now.gave is Gave.LAPSED else 90
    return [
        ("any", words.label("Everybody"), now.gave is Gave.ANY),
        ("gave", words.label("Gave"), now.gave is Gave.GAVE),
        ("never", words.label("Never gave"), now.gave is Gave.NEVER),
        (
            "lapsed",
            words.plural("Gave, but not for {n} day", "Gave, but not for {n} days", days),
            now.gave is Gave.LAPSED,
        ),
    ]


def campaign_choices(words: Words, now: Audience, campaigns: Sequence[Campaign]) -> list[Choice]:
    named = [
        (str(one.id), one.text(words.language).title[:40], now.campaign_id == one.id) for one in campaigns
    ]
    return [("0", words.label("Any campaign"), now.campaign_id == 0), *named]


def monthly_choices(words: Words, now: Audience) -> list[Choice]:
    return [
        ("any", words.label("Does not matter"), now.monthly is Monthly.ANY),
        ("yes", words.label("With a monthly gift"), now.monthly is Monthly.YES),
        ("no", words.label("Without a monthly gift"), now.monthly is Monthly.NO),
    ]


def currency_choices(words: Words, now: Audience, currencies: Sequence[str]) -> list[Choice]:
    named = [(code.lower(), code, now.currency == code) for code in currencies]
    return [("any", words.label("Any currency"), not now.currency), *named]


def language_choices(_: Words, now: Audience) -> list[Choice]:
    return [(code, LANGUAGE_NAMES[code], code in now.languages) for code in LANGUAGES]


def source_choices(words: Words, now: Audience) -> list[Choice]:
    named = [("ask", now.source, True)] if now.source else []
    return [("any", words.label("Any source"), not now.source), *named]


def no_source(words: Words) -> str:
    return words.text("A source has letters, digits, - and _ only, 32 at most.")


def no_days(words: Words) -> str:
    return words.text("Type a number of days from 1 to 3650.")


def when(
    words: Words,
    draft: "Draft",
    offers: Sequence[datetime],
    *,
    problem: str | None = None,
    price: int | None = None,
) -> Screen:
    """Now or later. `price` is what the paid speed costs in Stars; None where it is not offered."""
    one = draft.broadcast
    found = [found for found in draft.remarks if found.kind in (Kind.PAST, Kind.QUIET, Kind.CLOCK)]
    text = paragraphs(
        problem,
        words.text("<b>When</b>") + f" · {composed.when(words, one.due_at)}",
        lines(*(remark(words, each, draft) for each in found)) or None,
        words.text(
            "Tap a time or type one, by Morocco’s clock: <code>18:30</code> or <code>28/11 18:30</code>."
        ),
        _speed(words, one, price),
    )
    now = Button(words.label("At once"), SetTime(0, one.id))
    later = [
        Button(
            words.label("{date}, {time}", date=words.short_date(each), time=words.time(each)),
            SetTime(int(each.timestamp()), one.id),
        )
        for each in offers
    ]
    return Screen(
        text,
        rows(now, *later, _other_speed(words, one, price), back(words, one)),
        awaiting=Compose("when", one.id),
    )


def _speed(words: Words, one: Broadcast, price: int | None) -> str | None:
    if price is None:
        return None
    if one.is_paid:
        return words.plural(
            "Paid speed: up to 1,000 messages a second, for {n} Star at most.",
            "Paid speed: up to 1,000 messages a second, for {n} Stars at most.",
            price,
        )
    return words.plural(
        "Free speed: about 20 messages a second. The paid speed would cost {n} Star at most.",
        "Free speed: about 20 messages a second. The paid speed would cost {n} Stars at most.",
        price,
    )


def _other_speed(words: Words, one: Broadcast, price: int | None) -> Button | None:
    if price is None:
        return None
    if one.is_paid:
        return Button(words.label("Free speed instead"), SetSpeed("no", one.id))
    return Button(
        words.plural("Pay {n} Star for speed", "Pay {n} Stars for speed", price), SetSpeed("yes", one.id)
    )


def no_time(words: Words) -> str:
    return words.text("I cannot read that as a time.")


def not_then(words: Words) -> str:
    return words.text("This time is past, or more than 60 days away.")
