"""How staff read a broadcast: its state, its parts, its buttons, its audience and its time, each in a line of words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.broadcasts import (
    Audience,
    Broadcast,
    BroadcastButton,
    BroadcastState,
    ButtonKind,
    Gave,
    Monthly,
)
from bot.config import LANGUAGES
from bot.contents import Content, ContentKind
from bot.i18n import Words, isolate
from bot.model import Campaign
from bot.screens.base import lines
from bot.screens.home import LANGUAGE_NAMES

if TYPE_CHECKING:
    from bot.audience import Counted


def title(words: Words, broadcast: Broadcast) -> str:
    return words.text(
        "<b>Broadcast {number}</b> · {state}", number=str(broadcast.id), state=state(words, broadcast)
    )


def state(words: Words, broadcast: Broadcast) -> str:
    match broadcast.state:
        case BroadcastState.DRAFT:
            return words.label("draft")
        case BroadcastState.WAITING:
            return words.label("waits for approval")
        case BroadcastState.SCHEDULED:
            return words.label("planned")
        case BroadcastState.RUNNING:
            return words.label("being sent")
        case BroadcastState.PAUSED:
            return words.label("paused")
        case BroadcastState.CANCELED:
            return words.label("canceled")
        case BroadcastState.DONE:
            return words.label("sent")


def content(words: Words, one: Content) -> str:
    """What kind of message it is, and how long its text is."""
    names = {
        ContentKind.TEXT: words.label("text"),
        ContentKind.PHOTO: words.label("photo"),
        ContentKind.VIDEO: words.label("video"),
        ContentKind.ANIMATION: words.label("animation"),
        ContentKind.VOICE: words.label("voice message"),
        ContentKind.AUDIO: words.label("audio"),
        ContentKind.DOCUMENT: words.label("document"),
        ContentKind.ALBUM: words.label("album"),
    }
    most = words.plural(
        "{kind}, {length} of {n} character",
        "{kind}, {length} of {n} characters",
        one.kind.most,
        # The parts of an album come one by one.
        kind=names[ContentKind.ALBUM if one.group else one.kind],
        length=one.length,
    )
    if one.kind is not ContentKind.ALBUM:
        return most
    return lines(most, words.plural("{n} file", "{n} files", len(one.files)))


def tab(broadcast: Broadcast, language: str) -> str:
    """A language and how it stands: written, falls back, left out, or nothing decided."""
    name = LANGUAGE_NAMES[language]
    if language in broadcast.parts:
        return f"{name} ✓"
    other = broadcast.fallbacks.get(language)
    if other is None or (other and other not in broadcast.parts):
        return f"{name} ?"
    return f"{name} = {LANGUAGE_NAMES[other]}" if other else f"{name} –"


def tabs(broadcast: Broadcast) -> list[str]:
    """Each in an isolate: names in two directions stand beside one another."""
    return [isolate(tab(broadcast, one)) for one in broadcast.audience.languages or LANGUAGES]


def button(words: Words, one: BroadcastButton, campaigns: Mapping[int, Campaign]) -> str:
    """What it does, in the reader's language; a label that was typed comes first."""
    typed = one.labels.get(words.language) or next(iter(one.labels.values()), "")
    does = _does(words, one, campaigns)
    return f"{words.name(typed)} · {does}" if typed else does


def _does(words: Words, one: BroadcastButton, campaigns: Mapping[int, Campaign]) -> str:
    campaign = campaigns.get(one.campaign_id)
    named = campaign.text(words.language).title if campaign else "–"
    if one.kind is ButtonKind.LINK:
        return words.text("opens {url}", url=one.url)
    if one.kind is ButtonKind.SHARE:
        return words.text("shares {title}", title=named)
    if one.money is None:
        return words.text("gives to {title}", title=named)
    return words.text("gives {amount} to {title}", amount=one.money, title=named)


def audience(words: Words, wanted: Audience, campaigns: Mapping[int, Campaign]) -> str:
    """Who is meant, one condition a line."""
    if wanted.is_staff:
        return words.text("The staff alone")
    found = [
        gave(words, wanted, campaigns),
        {
            Monthly.ANY: None,
            Monthly.YES: words.text("with a monthly gift"),
            Monthly.NO: words.text("without a monthly gift"),
        }[wanted.monthly],
        words.text("who give in {currency}", currency=wanted.currency) if wanted.currency else None,
        words.text("who came by {source}", source=wanted.source) if wanted.source else None,
        words.text("in {languages}", languages=" · ".join(LANGUAGE_NAMES[one] for one in wanted.languages))
        if wanted.languages
        else None,
    ]
    return lines(*found)


def gave(words: Words, wanted: Audience, campaigns: Mapping[int, Campaign]) -> str:
    campaign = campaigns.get(wanted.campaign_id)
    named = campaign.text(words.language).title if campaign else words.label("any campaign")
    match wanted.gave:
        case Gave.ANY:
            return words.text("Everybody")
        case Gave.GAVE:
            return words.text("Who gave to {title}", title=named)
        case Gave.NEVER:
            return words.text("Who never gave to {title}", title=named)
        case Gave.LAPSED:
            return words.plural(
                "Who gave to {title}, but not for {n} day",
                "Who gave to {title}, but not for {n} days",
                wanted.days,
                title=named,
            )


def count(words: Words, counted: "Counted") -> str:
    """The exact number, by the language of the message, and who was taken off; or about how many, while they are counted."""
    if counted.is_about:
        return _about(words, counted.total)
    reached = " · ".join(
        words.label("{language} {n}", language=LANGUAGE_NAMES[code], n=people)
        for code, people in sorted(counted.reached.items())
        if people
    )
    if not reached:
        return lines(words.text("<b>Nobody</b> gets it."), taken_off(words, counted))
    total = words.plural(
        "<b>{n} person</b> gets it: {languages}",
        "<b>{n} people</b> get it: {languages}",
        counted.total,
        languages=reached,
    )
    return lines(total, taken_off(words, counted))


def _about(words: Words, total: int) -> str:
    if not total:
        return words.text("Who gets it is being counted. Look again in a moment.")
    return words.text(
        "<b>About {n} people</b> get it. They are being counted exactly: look again in a moment.",
        n=words.number(total),
    )


def taken_off(words: Words, counted: "Counted") -> str | None:
    found = (
        (counted.left_out, words.label("no message in their language")),
        (counted.muted, words.label("want no messages")),
        (counted.blocked, words.label("blocked the bot")),
        (counted.capped, words.label("had enough this week")),
        (counted.held, words.label("held out to compare")),
    )
    said = " · ".join(words.label("{n} {why}", n=people, why=why) for people, why in found if people)
    return words.text("Not sent to: {reasons}", reasons=said) if said else None


def when(words: Words, due: datetime | None) -> str:
    if due is None:
        return words.text("At once")
    return words.text("{date} at {time}, Morocco’s time", date=words.date(due), time=words.time(due))


def by_id(campaigns: Sequence[Campaign]) -> dict[int, Campaign]:
    return {one.id: one for one in campaigns}
