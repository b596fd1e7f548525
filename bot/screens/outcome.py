"""The report of a broadcast: what arrived, what people tapped, what they gave, and what those gave who got nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import sqrt

from msgspec import Struct

from bot.actions import Compose, ShowBroadcast
from bot.broadcasts import Broadcast
from bot.i18n import Words
from bot.model import Campaign
from bot.money import Money
from bot.screens import composed
from bot.screens.base import Button, Document, Screen, lines, paragraphs, rows
from bot.screens.composing import to_list
from bot.screens.steering import fates

# Twice the standard error: what lies within it happens by chance one time in twenty.
_SURE = 1.96


class Group(Struct, frozen=True):
    """People of one kind, and what they gave since the broadcast began: `sums` are net of refunds, one a currency."""

    people: int = 0
    givers: int = 0
    gifts: int = 0
    sums: tuple[Money, ...] = ()

    @property
    def share(self) -> float:
        return self.givers / self.people if self.people else 0.0


class Outcome(Struct, frozen=True):
    """`taps` are people by the button's place; `muted` stopped these messages from this one; `held` got nothing.

    `counted_at`: when, where that is not now.
    """

    taps: Mapping[int, int]
    muted: int
    reached: Group
    held: Group
    counted_at: datetime | None = None


def report(
    words: Words,
    broadcast: Broadcast,
    found: Outcome,
    campaigns: Sequence[Campaign],
    moment: str = "now",
    *,
    stays: bool = False,
) -> Screen:
    """`moment` is end, 24h, 7d or now; a message of its own where it `stays`."""
    tally = broadcast.tally
    text = paragraphs(
        composed.title(words, broadcast),
        _since(words, moment),
        lines(
            words.text("Delivered: {sent} of {total}", sent=tally.sent, total=tally.total),
            *fates(words, broadcast),
            words.text("Stopped these messages: {n}", n=found.muted) if found.muted else None,
            *_taps(words, broadcast, found.taps, campaigns),
        ),
        lines(_gifts(words, found.reached), compared(words, found)),
        _counted(words, found.counted_at),
    )
    recount = Button(words.label("Count again"), Compose("recount", broadcast.id))
    choices = rows(
        recount if found.counted_at else None,
        Button(words.label("As a file (CSV)"), Compose("csv", broadcast.id)),
        Button(words.label("Copy it"), Compose("copy", broadcast.id)),
        None if stays else to_list(words),
    )
    return Screen(text, choices, stays=stays, awaiting=None if stays else ShowBroadcast(broadcast.id))


def _counted(words: Words, at: datetime | None) -> str | None:
    if at is None:
        return None
    return words.text(
        "Taps and gifts were counted on {date} at {time}.", date=words.date(at), time=words.time(at)
    )


def _since(words: Words, moment: str) -> str:
    return {
        "end": words.text("<b>Report at the end</b>"),
        "24h": words.text("<b>Report after 24 hours</b>"),
        "7d": words.text("<b>Report after 7 days</b>"),
    }.get(moment) or words.text("<b>Report until now</b>")


def _taps(
    words: Words, broadcast: Broadcast, taps: Mapping[int, int], campaigns: Sequence[Campaign]
) -> list[str]:
    """Telegram tells neither who read it nor who opened a link: only our own buttons are counted."""
    known = composed.by_id(campaigns)
    return [
        words.text("Taps on button {place}: {n}", place=str(at + 1), n=taps[at])
        + f" ({composed.button(words, one, known)})"
        for at, one in enumerate(broadcast.buttons)
        if at in taps
    ]


def _gifts(words: Words, group: Group) -> str:
    if not group.gifts:
        return words.text("No gift yet from those who got it.")
    sums = " · ".join(words.money(one) for one in group.sums)
    return words.plural(
        "{n} gift from those who got it since then: {sums} net of refunds",
        "{n} gifts from those who got it since then: {sums} net of refunds",
        group.gifts,
        sums=sums,
    )


def compared(words: Words, found: Outcome) -> str | None:
    """Beside those who were held out, in plain words, and whether the difference says anything."""
    if not found.held.people:
        return words.text("Nobody was held out, so there is nothing to compare it with.")
    if not found.reached.people:
        return None
    scale = 100 if min(_least(found.reached), _least(found.held)) >= 0.01 else 1000
    said = words.text(
        "Of {scale} who got it, {gave} gave; of {scale} who did not, {others}.",
        scale=scale,
        gave=round(found.reached.share * scale),
        others=round(found.held.share * scale),
    )
    return said if is_sure(found) else f"{said} " + words.text("So small a difference can be chance.")


def _least(group: Group) -> float:
    """A share that is nothing needs no finer scale."""
    return group.share or 1.0


def is_sure(found: Outcome) -> bool:
    """Whether chance alone makes so large a difference less than one time in twenty (two proportions, normal)."""
    one, other = found.reached, found.held
    both = (one.givers + other.givers) / (one.people + other.people)
    error = sqrt(both * (1 - both) * (1 / one.people + 1 / other.people))
    return error > 0 and abs(one.share - other.share) > _SURE * error


def file(words: Words, broadcast: Broadcast, content: bytes) -> Screen:
    """One row a line: what the report says, for a spreadsheet."""
    text = words.text("Broadcast {number} as a file", number=str(broadcast.id))
    name = f"broadcast-{broadcast.id}.csv"
    return Screen(text, document=Document(name, content), stays=True)
