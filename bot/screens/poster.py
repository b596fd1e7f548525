"""A campaign's poster as data: what it is for, what to do in three steps, and who answers for it; knows neither ink nor page.

Plain text, not HTML; what has a direction of its own stands in isolates, as on the screens.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from bot.i18n import Words, isolate
from bot.model import Campaign
from bot.money import Money


class Block(Struct, frozen=True):
    """The words of one language; `own` is the direction that it is read in."""

    language: str
    own: str
    title: str
    summary: str
    call: str
    steps: tuple[str, str, str]
    authorisation: str


class Poster(Struct, frozen=True):
    """One page: one language, or several one beside the other. `url` is what its code holds."""

    blocks: tuple[Block, ...]
    operator: str
    url: str
    made_at: datetime


def poster(
    spoken: Sequence[Words], campaign: Campaign, money: Money | None, url: str, made_at: datetime
) -> Poster:
    blocks = tuple(_block(words, campaign, money) for words in spoken)
    return Poster(blocks, isolate(campaign.appeal.operator), url, made_at)


def _block(words: Words, campaign: Campaign, money: Money | None) -> Block:
    text, number = campaign.text(words.language), campaign.authorisation
    return Block(
        words.language,
        "rtl" if words.language == "ar" else "ltr",
        isolate(text.title),
        isolate(text.summary),
        words.label("Scan to give {amount}", amount=money) if money else words.label("Scan to give"),
        (
            words.label("Scan the code with your phone's camera."),
            words.label("Telegram opens: tap Start and check the amount.")
            if money
            else words.label("Telegram opens: tap Start and choose an amount."),
            words.label("Pay by card on Stripe's secure page. Your receipt comes in the chat."),
        ),
        words.label("Authorisation no. {number}", number=number) if number else "",
    )
