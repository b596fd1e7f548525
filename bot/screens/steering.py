"""Broadcasts on their way and behind us: the list, the card with its bar, and the last question before a cancel."""

from collections.abc import Sequence
from math import ceil

from msgspec import Struct

from bot.actions import Broadcasts, Compose, Home, NewBroadcast, ShowBroadcast, Steer
from bot.broadcasts import Broadcast, BroadcastState
from bot.i18n import Words
from bot.screens import composed
from bot.screens.base import Button, Rows, Screen, lines, paragraphs, rows
from bot.screens.composing import to_list

_CELLS = 12


class Going(Struct, frozen=True):
    """What is known of a broadcast on its way beside its own row. `seconds` until it is through, None where nobody knows;
    `asleep` wait for their morning."""

    seconds: float | None = None
    asleep: int = 0


def listed(words: Words, found: Sequence[Broadcast], page: int, *, has_more: bool) -> Screen:
    """Newest first, each with its state."""
    if not found and page == 1:
        text = words.text("<b>Broadcasts</b>: none yet.")
    else:
        text = paragraphs(words.text("<b>Broadcasts</b>"), lines(*(_item(words, one) for one in found)))
    choose = [Button(words.label("No. {n}", n=one.id), ShowBroadcast(one.id)) for one in found]
    quads = [tuple(choose[at : at + 4]) for at in range(0, len(choose), 4)]
    newer = (Button(words.label("Previous"), Broadcasts(page - 1)),) if page > 1 else ()
    older = (Button(words.label("Next"), Broadcasts(page + 1)),) if has_more else ()
    return Screen(
        text,
        rows(*quads, newer + older, Button(words.label("New broadcast"), NewBroadcast("yes"))),
        awaiting=Broadcasts(page),
    )


def _item(words: Words, one: Broadcast) -> str:
    at = one.started_at or one.due_at or one.created_at
    said = words.text(
        "<b>{number}</b> · {state} · {date}",
        number=str(one.id),
        state=composed.state(words, one),
        date=words.short_date(at),
    )
    if not one.started_at:
        return said
    return f"{said} · " + words.text("{sent} of {total}", sent=one.tally.sent, total=one.tally.total)


def card(words: Words, broadcast: Broadcast, going: Going, *, stays: bool = False) -> Screen:
    """How far it is; a message of its own where it `stays`."""
    text = paragraphs(
        composed.title(words, broadcast),
        lines(_bar(words, broadcast), *fates(words, broadcast)),
        _left(words, broadcast, going),
    )
    return Screen(
        text,
        _card_rows(words, broadcast, stays=stays),
        stays=stays,
        awaiting=None if stays else ShowBroadcast(broadcast.id),
    )


def _bar(words: Words, broadcast: Broadcast) -> str:
    tally = broadcast.tally
    done = tally.total - tally.left
    share = done / tally.total if tally.total else float(broadcast.state.is_over)
    full = round(share * _CELLS)
    sums = words.text("{sent} of {total}", sent=tally.sent, total=tally.total)
    # The blocks have no direction: they fill from the side that the reader begins at.
    return f"{'▓' * full}{'░' * (_CELLS - full)} <b>{words.percent(share)}</b> · {sums}"


def fates(words: Words, broadcast: Broadcast) -> list[str]:
    """What became of those who did not get it, by kind."""
    tally = broadcast.tally
    found = (
        (tally.blocked, words.text("Blocked the bot")),
        (tally.failed, words.text("Could not be sent")),
        (tally.doubt, words.text("In doubt (not sent again)")),
        (tally.skipped, words.text("Left out on the way (muted, gone)")),
        (tally.held, words.text("Held out to compare")),
    )
    return [words.text("{what}: {n}", what=what, n=people) for people, what in found if people]


def _left(words: Words, broadcast: Broadcast, going: Going) -> str | None:
    if broadcast.state.is_over:
        return None
    asleep = (
        words.plural(
            "🌙 {n} person waits for the morning.", "🌙 {n} people wait for the morning.", going.asleep
        )
        if going.asleep
        else None
    )
    if broadcast.state is BroadcastState.PAUSED:
        return lines(words.text("⏸ Paused: nothing is sent until you go on."), asleep)
    if going.seconds is None or broadcast.tally.left <= going.asleep:
        return asleep
    minutes = max(1, ceil(going.seconds / 60))
    return lines(words.plural("About {n} minute left", "About {n} minutes left", minutes), asleep)


def _card_rows(words: Words, broadcast: Broadcast, *, stays: bool) -> Rows:
    id = broadcast.id
    where = "card" if stays else "page"
    cancel = Button(words.label("Cancel"), Steer("cancel", where, id), style="danger")
    again = None if stays else Button(words.label("Look again"), ShowBroadcast(id))
    listed = None if stays else to_list(words)
    match broadcast.state:
        case BroadcastState.RUNNING:
            return rows((Button(words.label("Pause"), Steer("pause", where, id)), cancel), again, listed)
        case BroadcastState.PAUSED:
            on = Button(words.label("Resume"), Steer("resume", where, id), style="success")
            return rows((on, cancel), again, listed)
        case _:
            copy = None if stays else Button(words.label("Copy it"), Compose("copy", id))
            return rows(Button(words.label("Report"), Compose("report", id)), copy, listed)


def sure_to_cancel(words: Words, broadcast: Broadcast) -> Screen:
    """The last question: a cancel cannot be taken back. Who would be left out is known once it has begun."""
    asked = (
        words.plural(
            "Cancel it for good? {n} person has not got it yet and never will.",
            "Cancel it for good? {n} people have not got it yet and never will.",
            broadcast.tally.left,
        )
        if broadcast.tally.total
        else words.text("Cancel it for good? Nobody has got it yet, and nobody will.")
    )
    text = paragraphs(composed.title(words, broadcast), asked)
    return Screen(
        text,
        rows(
            Button(words.label("Yes, cancel it"), Steer("stop", "page", broadcast.id), style="danger"),
            Button(words.label("No, go back"), ShowBroadcast(broadcast.id)),
        ),
        awaiting=ShowBroadcast(broadcast.id),
    )


def thrown_away(words: Words) -> Screen:
    return Screen(words.text("It is thrown away. Nobody gets it."), rows(to_list(words)), awaiting=Home())


def unknown(words: Words) -> Screen:
    return Screen(words.text("There is no such broadcast."), rows(to_list(words)), awaiting=Broadcasts())
