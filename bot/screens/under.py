"""The composer's pages about the buttons under the message: up to three, each with its labels."""

from collections.abc import Sequence

from bot.actions import AddButton, Compose, EditButton
from bot.broadcasts import Broadcast
from bot.config import LANGUAGES
from bot.i18n import Words
from bot.model import Campaign
from bot.money import Money
from bot.screens import composed
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.composing import back
from bot.screens.home import LANGUAGE_NAMES
from bot.wording import MOST_BUTTONS


def buttons(
    words: Words, broadcast: Broadcast, campaigns: Sequence[Campaign], note: str | None = None
) -> Screen:
    """Up to three; tapped to change one."""
    known = composed.by_id(campaigns)
    listed = [f"{at + 1}. {composed.button(words, one, known)}" for at, one in enumerate(broadcast.buttons)]
    text = paragraphs(
        note,
        words.text("<b>Buttons under the message</b>"),
        lines(*listed) or words.text("None yet. Up to three can stand there."),
        words.text("Below them everybody finds “Stop these messages”."),
    )
    change = tuple(
        Button(words.label("Change {n}", n=at + 1), EditButton("show", at, words.language, broadcast.id))
        for at in range(len(broadcast.buttons))
    )
    id = broadcast.id
    add = (
        (
            Button(words.label("Add: give"), AddButton("ask", "give", 0, 0, "any", id)),
            Button(words.label("Add: link"), AddButton("ask", "link", 0, 0, "any", id)),
            Button(words.label("Add: share"), AddButton("ask", "share", 0, 0, "any", id)),
        )
        if len(broadcast.buttons) < MOST_BUTTONS
        else None
    )
    return Screen(text, rows(change, add, back(words, broadcast)), awaiting=Compose("buttons", id))


def which_campaign(words: Words, broadcast: Broadcast, kind: str, campaigns: Sequence[Campaign]) -> Screen:
    step = "done" if kind == "share" else "ask"
    choices = [
        Button(one.text(words.language).title[:40], AddButton(step, kind, one.id, 0, "any", broadcast.id))
        for one in campaigns
    ]
    text = words.text("Which campaign is the button for?")
    return Screen(
        text, rows(*choices, to_buttons(words, broadcast)), awaiting=Compose("buttons", broadcast.id)
    )


def which_amount(
    words: Words,
    broadcast: Broadcast,
    campaign: Campaign,
    amounts: Sequence[Money],
    problem: str | None = None,
) -> Screen:
    """An amount, by tap or typed, or the donor's own choice."""
    id = broadcast.id
    choices = tuple(
        Button(words.money(one), AddButton("done", "give", campaign.id, one.minor, one.currency.lower(), id))
        for one in amounts
    )
    own = Button(words.label("The donor chooses"), AddButton("done", "give", campaign.id, 0, "any", id))
    text = paragraphs(
        problem,
        words.text(
            "{title}: which amount does the button name? Tap one, or type another.",
            title=campaign.text(words.language).title,
        ),
    )
    return Screen(
        text,
        rows(own, choices, to_buttons(words, broadcast)),
        awaiting=AddButton("ask", "give", campaign.id, 0, "any", id),
    )


def which_link(words: Words, broadcast: Broadcast, problem: str | None = None) -> Screen:
    text = paragraphs(
        problem, words.text("Send me the address that the button opens. It begins with https://")
    )
    return Screen(
        text,
        rows(to_buttons(words, broadcast)),
        awaiting=AddButton("ask", "link", 0, 0, "any", broadcast.id),
    )


def no_link(words: Words) -> str:
    return words.text("This is no address that I can put under a button: it must be a whole one with https.")


def no_amount(words: Words) -> str:
    return words.text("This campaign does not take that as a gift. Type an amount such as 150 MAD.")


def button(words: Words, broadcast: Broadcast, place: int, campaigns: Sequence[Campaign]) -> Screen:
    """One button with its labels."""
    one, id = broadcast.buttons[place], broadcast.id
    labels = [
        words.text("In {language}: {label}", language=LANGUAGE_NAMES[code], label=label)
        for code, label in sorted(one.labels.items())
    ]
    text = paragraphs(
        lines(
            words.text("<b>Button {n}</b>", n=place + 1),
            composed.button(words, one, composed.by_id(campaigns)),
        ),
        lines(*labels) or words.text("It carries the bot’s own words in each language."),
        words.text("In which language shall it say something else?"),
    )
    choose = tuple(Button(LANGUAGE_NAMES[code], EditButton("label", place, code, id)) for code in LANGUAGES)
    drop = Button(words.label("Remove the button"), EditButton("drop", place, words.language, id))
    return Screen(
        text,
        rows(choose, drop, to_buttons(words, broadcast)),
        awaiting=EditButton("show", place, words.language, id),
    )


def label(
    words: Words, broadcast: Broadcast, place: int, language: str, longest: int, *, is_too_long: bool = False
) -> Screen:
    limit = words.plural("{n} character at most.", "{n} characters at most.", longest)
    text = paragraphs(
        words.text("That is too long for a button.") if is_too_long else None,
        lines(
            words.text(
                "Write what the button says: {language}. A single dot gives the bot’s own words back.",
                language=LANGUAGE_NAMES[language],
            ),
            limit,
        ),
    )
    return Screen(
        text,
        rows(to_buttons(words, broadcast)),
        awaiting=EditButton("label", place, language, broadcast.id),
    )


def to_buttons(words: Words, broadcast: Broadcast) -> Button:
    return Button(words.label("Back to the buttons"), Compose("buttons", broadcast.id))
