"""Before a broadcast goes: the last tap, or a second admin's word; and what the author hears of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.actions import Compose, Review, SendBroadcast, ShowBroadcast, Steer
from bot.broadcasts import Broadcast
from bot.i18n import Words
from bot.model import Campaign
from bot.screens import composed
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.composing import back, remark, send_to, summary, to_list
from bot.screens.home import LANGUAGE_NAMES
from bot.screens.match import code

if TYPE_CHECKING:
    from bot.composing import Draft

REASONS = ("text", "audience", "time")


def sure(words: Words, draft: "Draft", price: int | None) -> Screen:
    """The second tap where no second admin is needed. `price` in Stars, None at the free speed."""
    one = draft.broadcast
    text = paragraphs(
        words.plural("<b>Send it to {n} person?</b>", "<b>Send it to {n} people?</b>", draft.counted.total),
        lines(composed.count(words, draft.counted), composed.when(words, one.due_at)),
        lines(*(remark(words, found, draft) for found in draft.remarks)) or None,
        paid(words, price),
    )
    yes = Button(
        words.label("Yes: {send}", send=send_to(words, draft.counted.total)),
        SendBroadcast("yes", one.version, one.id),
        style="success",
    )
    return Screen(text, rows(yes, back(words, one)), awaiting=Compose("main", one.id))


def paid(words: Words, price: int | None) -> str | None:
    if price is None:
        return None
    return words.plural("💫 Paid speed: {n} Star at most.", "💫 Paid speed: {n} Stars at most.", price)


def no_second(words: Words, draft: "Draft", above: int) -> Screen:
    """Nobody else may approve."""
    text = paragraphs(
        words.plural(
            "To more than {n} person, somebody else of the staff has to approve, and nobody else may.",
            "To more than {n} people, somebody else of the staff has to approve, and nobody else may.",
            above,
        ),
        words.text("Give somebody the role “messages” with /roles; they must have opened this bot once."),
    )
    return Screen(text, rows(back(words, draft.broadcast)), awaiting=Compose("main", draft.broadcast.id))


def waiting(words: Words, draft: "Draft", asked: int, campaigns: Sequence[Campaign]) -> Screen:
    """For the author while the others are asked."""
    text = paragraphs(
        *summary(words, draft, campaigns),
        words.plural(
            "{n} person of the staff is asked to approve it. I tell you here.",
            "{n} people of the staff are asked to approve it. I tell you here.",
            asked,
        ),
    )
    return Screen(text, _own(words, draft.broadcast), awaiting=ShowBroadcast(draft.broadcast.id))


def planned(words: Words, draft: "Draft", campaigns: Sequence[Campaign], *, is_mine: bool) -> Screen:
    """It starts by itself."""
    one = draft.broadcast
    by = (
        words.text("Approved by {code}.", code=code(one.approved_by)) if one.approved_by is not None else None
    )
    text = paragraphs(*summary(words, draft, campaigns), by)
    # Whoever may speak may keep it from going out, also where its author is no more staff.
    stop = Button(words.label("Cancel"), Steer("cancel", "page", one.id))
    own = _own(words, one) if is_mine else rows(stop, _copy(words, one), to_list(words))
    return Screen(text, own, awaiting=ShowBroadcast(one.id))


def draft_of_another(words: Words, draft: "Draft", campaigns: Sequence[Campaign]) -> Screen:
    """Only its author changes it."""
    one = draft.broadcast
    text = paragraphs(
        *summary(words, draft, campaigns),
        words.text("{code} is writing it. You can make a copy of your own.", code=code(one.by)),
    )
    preview = Button(words.label("Preview"), Compose("preview", one.id)) if one.parts else None
    return Screen(text, rows(preview, _copy(words, one), to_list(words)), awaiting=ShowBroadcast(one.id))


def _own(words: Words, one: Broadcast):
    return rows(
        Button(words.label("Preview"), Compose("preview", one.id)),
        Button(words.label("Take it back to change it"), Compose("free", one.id)),
        (_copy(words, one), Button(words.label("Throw it away"), Compose("drop", one.id))),
        to_list(words),
    )


def _copy(words: Words, one: Broadcast) -> Button:
    return Button(words.label("Copy it"), Compose("copy", one.id))


def request(
    words: Words,
    draft: "Draft",
    campaigns: Sequence[Campaign],
    changes: Sequence[str] | None,
    price: int | None,
    *,
    stays: bool = False,
) -> Screen:
    """For the second admin: everything that they approve. `changes` since the version that was asked about before; None where
    there was none. A message of its own where it `stays`."""
    one = draft.broadcast
    text = paragraphs(
        words.text("{code} asks you to approve a broadcast.", code=code(one.by)),
        *summary(words, draft, campaigns),
        None if changes is None else differs(words, changes),
        paid(words, price),
    )
    choices = rows(
        Button(words.label("See it as they will"), Review("preview", one.version, one.id)),
        (
            Button(words.label("Approve"), Review("approve", one.version, one.id), style="success"),
            Button(words.label("Refuse"), Review("refuse", one.version, one.id), style="danger"),
        ),
    )
    return Screen(text, choices, stays=stays, awaiting=Review("show", one.version, one.id))


def differs(words: Words, changes: Sequence[str]) -> str:
    """What is another than in the version before."""
    named = " · ".join(dict.fromkeys(_piece(words, one) for one in changes))
    if not named:
        return words.text("Nothing is another than when you were asked before.")
    return words.text("<b>Changed since you were asked before:</b> {pieces}", pieces=named)


def _piece(words: Words, name: str) -> str:
    kind, _, language = name.partition(".")
    named = LANGUAGE_NAMES.get(language, "")
    match kind:
        case "part":
            return words.label("the message in {language}", language=named)
        case "choice":
            return words.label("what {language} gets", language=named)
        case "buttons":
            return words.label("the buttons")
        case "audience":
            return words.label("for whom")
        case "time":
            return words.label("the time")
        case _:
            return words.label("the speed")


def not_this_version(words: Words, broadcast: Broadcast) -> Screen:
    """Changed, decided or sent since: this button is about something that is no more."""
    text = paragraphs(
        composed.title(words, broadcast),
        words.text("There is nothing to approve any more: it was decided, or changed since you were asked."),
    )
    look = Button(words.label("Show it as it is"), ShowBroadcast(broadcast.id))
    return Screen(text, rows(look, to_list(words)), awaiting=ShowBroadcast(broadcast.id))


def why(words: Words, broadcast: Broadcast) -> Screen:
    """A refusal needs a reason: tapped or typed."""
    names = {
        "text": words.label("The text is not right"),
        "audience": words.label("The wrong people"),
        "time": words.label("Not at this time"),
    }
    taps = [Button(name, Review(one, broadcast.version, broadcast.id)) for one, name in names.items()]
    no = Button(words.label("Back"), Review("show", broadcast.version, broadcast.id))
    text = words.text("Why not? Tap a reason or type one; the author reads it.")
    return Screen(text, rows(*taps, no), awaiting=Review("refuse", broadcast.version, broadcast.id))


def reason(words: Words, given: str) -> str:
    """A word of ours in the reader's language, or what was typed."""
    ours = {
        "text": words.text("The text is not right"),
        "audience": words.text("The wrong people"),
        "time": words.text("Not at this time"),
    }
    return ours.get(given) or words.name(given)


def decided(words: Words, broadcast: Broadcast, *, is_approved: bool) -> Screen:
    """For who decided."""
    said = (
        words.text("✅ You approved it. It goes at its time.")
        if is_approved
        else words.text("You refused it. The author is told why.")
    )
    text = paragraphs(composed.title(words, broadcast), said)
    look = Button(words.label("Show it as it is"), ShowBroadcast(broadcast.id))
    return Screen(text, rows(look, to_list(words)), awaiting=ShowBroadcast(broadcast.id))


def approved(words: Words, broadcast: Broadcast, by: int) -> Screen:
    """For the author, a message of its own."""
    text = paragraphs(composed.title(words, broadcast), words.text("✅ {code} approved it.", code=code(by)))
    return Screen(text, rows(_show(words, broadcast)), stays=True)


def refused(words: Words, broadcast: Broadcast, by: int, given: str) -> Screen:
    """For the author, a message of its own."""
    text = paragraphs(
        composed.title(words, broadcast),
        lines(words.text("✋ {code} did not approve it:", code=code(by)), reason(words, given)),
    )
    return Screen(text, rows(_show(words, broadcast)), stays=True)


def _show(words: Words, broadcast: Broadcast) -> Button:
    return Button(words.label("Open the broadcast"), ShowBroadcast(broadcast.id))
