"""Buttons of broadcasts for staff: the composer, the second admin, the card. Each names the broadcast that it is about."""

from typing import ClassVar

from bot.actions.base import Action


class Broadcasts(Action, frozen=True):
    """All broadcasts, newest first."""

    word: ClassVar[str] = "casts"
    page: int = 1


class NewBroadcast(Action, frozen=True):
    """A draft: one's own that lies there is taken up again, unless `fresh` is "yes"."""

    word: ClassVar[str] = "newcast"
    fresh: str = "no"


class ShowBroadcast(Action, frozen=True):
    """Whatever it is by now: a draft, a request, a plan, a card or a report."""

    word: ClassVar[str] = "cast"
    broadcast_id: int


class Compose(Action, frozen=True):
    """A page: main, buttons, audience, when, preview, copy, drop, dropped, free (back to a draft), report, recount, csv."""

    word: ClassVar[str] = "compose"
    page: str
    broadcast_id: int


class ComposePart(Action, frozen=True):
    """One language of the message. `step`: show, write (the message is awaited), look, remove, is (what was sent last is in
    this language)."""

    word: ClassVar[str] = "castpart"
    step: str
    language: str
    broadcast_id: int


class FallBack(Action, frozen=True):
    """Donors of `language` get the part of `other`, or nothing where it is "none"."""

    word: ClassVar[str] = "castfall"
    language: str
    other: str
    broadcast_id: int


class AddButton(Action, frozen=True):
    """`kind` is give, link or share; `campaign_id` 0 until chosen; `minor` 0 lets the donor choose; `step` "ask" until done."""

    word: ClassVar[str] = "castadd"
    step: str
    kind: str
    campaign_id: int
    minor: int
    currency: str
    broadcast_id: int


class EditButton(Action, frozen=True):
    """The button at `place` (from 0). `step`: show, drop, or label (its words in `language` are awaited)."""

    word: ClassVar[str] = "castbutton"
    step: str
    place: int
    language: str
    broadcast_id: int


class Narrow(Action, frozen=True):
    """The audience. `what`: gave, campaign, days, monthly, currency, language, source, staff; `value` "ask" shows the choices."""

    word: ClassVar[str] = "castfor"
    what: str
    value: str
    broadcast_id: int


class SetTime(Action, frozen=True):
    """To be sent at `moment` (seconds UTC), 0 for at once."""

    word: ClassVar[str] = "castat"
    moment: int
    broadcast_id: int


class SetSpeed(Action, frozen=True):
    """`paid` "yes" sends at the speed that costs Stars."""

    word: ClassVar[str] = "castpaid"
    paid: str
    broadcast_id: int


class SendBroadcast(Action, frozen=True):
    """Send this version; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "castsend"
    sure: str
    version: int
    broadcast_id: int


class Review(Action, frozen=True):
    """For the second admin. `step`: show, preview, approve, refuse (a reason is asked), text, audience, time (reasons)."""

    word: ClassVar[str] = "castreview"
    step: str
    version: int
    broadcast_id: int


class Steer(Action, frozen=True):
    """A broadcast on its way. `what`: pause, resume, cancel (asked once more), stop (canceled); `where`: it was tapped on the
    live card, which redraws itself, or on a page."""

    word: ClassVar[str] = "caststeer"
    what: str
    where: str
    broadcast_id: int
