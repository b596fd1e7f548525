"""For staff: making a link in three questions, its QR code and posters; and what came of each source."""

from collections.abc import Sequence

from msgspec import Struct

from bot.actions import Home, LinkAmount, LinkSource, MakeLink, ShowLink, ShowSources
from bot.i18n import Words
from bot.model import Campaign
from bot.money import Money
from bot.screens.base import Button, Document, Screen, lines, paragraphs, rows
from bot.screens.home import LANGUAGE_NAMES

_MOST = 30


def campaigns(words: Words, found: Sequence[Campaign]) -> Screen:
    """Which campaign the link leads to."""
    choices = [Button(one.text(words.language).title, LinkAmount(one.id)) for one in found]
    return Screen(
        words.text("<b>A link, a QR code, a poster</b>\nFor which campaign?"),
        rows(*choices, _home(words)),
        awaiting=MakeLink(),
    )


def amount(words: Words, campaign: Campaign, currency: str, note: str | None = None) -> Screen:
    """Which amount it names, if any."""
    none = Button(
        words.label("Without an amount"), LinkSource(campaign.id, 0, currency.lower()), style="primary"
    )
    presets = [
        Button(words.money(one.money), LinkSource(campaign.id, one.money.minor, currency.lower()))
        for one in campaign.presets.get(currency, ())
    ]
    chunks = [tuple(presets[at : at + 3]) for at in range(0, len(presets), 3)]
    text = paragraphs(
        note,
        words.text(
            "Which amount should the link propose? Choose, or write one. Donors may always change it."
        ),
    )
    return Screen(
        text, rows(none, *chunks, Button(words.label("Back"), MakeLink())), awaiting=LinkAmount(campaign.id)
    )


def not_whole(words: Words) -> str:
    return words.text("A link names whole amounts only.")


def source(words: Words, asked: LinkSource, *, is_unreadable: bool = False) -> Screen:
    """Where it will hang or be sent, so that what comes of it can be told apart."""
    text = paragraphs(
        words.text("This cannot stand in a link: write it with Latin letters or digits.")
        if is_unreadable
        else None,
        words.text(
            "Where will this link be? Write one short word in Latin letters, such as “facebook” or “mosquee3”."
        ),
    )
    none = Button(
        words.label("Without a source"), ShowLink(asked.campaign_id, asked.minor, asked.currency, "none")
    )
    return Screen(
        text, rows(none, Button(words.label("Back"), LinkAmount(asked.campaign_id))), awaiting=asked
    )


class Made(Struct, frozen=True):
    """A finished link: `money` None where it names none, `source` empty where it has none."""

    campaign: Campaign
    money: Money | None
    source: str
    url: str


def link(words: Words, made: Made, asked: ShowLink) -> Screen:
    text = paragraphs(
        lines(
            f"<b>{words.name(made.campaign.text(words.language).title)}</b>",
            words.text("Amount: {amount}", amount=made.money) if made.money else None,
            words.text("Source: {source}", source=made.source) if made.source else None,
        ),
        f"<code>{words.name(made.url)}</code>",
    )
    posters = tuple(Button(name, _as(asked, code)) for code, name in LANGUAGE_NAMES.items())
    buttons = rows(
        Button(words.label("Copy the link"), copy=made.url, style="primary"),
        Button(words.label("QR code (PNG)"), _as(asked, "qr")),
        Button(words.label("Poster (A4), 3 languages"), _as(asked, "all")),
        posters,
        (Button(words.label("Another link"), MakeLink()), Button(words.label("Sources"), ShowSources())),
    )
    return Screen(text, buttons, awaiting=asked)


def _as(asked: ShowLink, form: str) -> ShowLink:
    return ShowLink(asked.campaign_id, asked.minor, asked.currency, asked.source, form)


def file(words: Words, made: Made, form: str, content: bytes) -> Screen:
    """The QR code or the poster itself."""
    name = "-".join(part for part in (made.campaign.slug, made.source) if part)
    said = f"<code>{words.name(made.url)}</code>"
    if form == "qr":
        text = paragraphs(words.text("This code leads here:"), said)
        return Screen(text, document=Document(f"qr-{name}.png", content), stays=True)
    text = paragraphs(words.text("Print it on A4; the code leads here:"), said)
    return Screen(text, document=Document(f"poster-{form}-{name}.pdf", content), stays=True)


class Came(Struct, frozen=True):
    """What came of one source; `money` has one sum a currency, after refunds."""

    name: str
    people: int
    gifts: int
    money: tuple[Money, ...]


def listed(words: Words, found: Sequence[Came]) -> Screen:
    make = Button(words.label("Make a link"), MakeLink())
    if not found:
        text = words.text("Nobody has come by a link with a source yet. /link makes one.")
        return Screen(text, rows(make, _home(words)), awaiting=ShowSources())
    text = paragraphs(
        words.text(
            "<b>Where donors came from</b>\nThe last link that each of them followed; money after refunds."
        ),
        *(_came(words, one) for one in found[:_MOST]),
    )
    return Screen(text, rows(make, _home(words)), awaiting=ShowSources())


def _came(words: Words, one: Came) -> str:
    people = words.plural("{n} person", "{n} people", one.people)
    gifts = words.plural("{n} gift", "{n} gifts", one.gifts)
    sums = " · ".join(words.exact(money) for money in one.money if not money.is_zero)
    return lines(f"<b>{words.name(one.name)}</b>", f"{people} · {gifts}", words.name(sums) if sums else None)


def _home(words: Words) -> Button:
    return Button(words.label("All campaigns"), Home())
