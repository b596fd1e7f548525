"""The composer: the message in each language, its buttons, and one page where all of it stands together."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.actions import (
    Broadcasts,
    Compose,
    ComposePart,
    FallBack,
    NewBroadcast,
    SendBroadcast,
)
from bot.broadcasts import Broadcast
from bot.config import LANGUAGES
from bot.contents import Content, ContentKind
from bot.i18n import Words
from bot.model import Campaign
from bot.screens import composed
from bot.screens.base import Button, Post, Rows, Screen, lines, paragraphs, rows
from bot.screens.home import LANGUAGE_NAMES
from bot.wording import FIRST_NAME, Kind, Remark

if TYPE_CHECKING:
    from bot.composing import Draft


def main(words: Words, draft: "Draft", campaigns: Sequence[Campaign], note: str | None = None) -> Screen:
    """Everything about a draft, and what is missing yet."""
    parts = summary(words, draft, campaigns)
    text = paragraphs(note, voided(words) if draft.is_voided else None, *parts)
    return Screen(text, _main_rows(words, draft), awaiting=Compose("main", draft.broadcast.id))


def summary(words: Words, draft: "Draft", campaigns: Sequence[Campaign]) -> tuple[str | None, ...]:
    """A broadcast in words: the message, for whom and how many, and what is missing yet."""
    one, known = draft.broadcast, composed.by_id(campaigns)
    buttons = " · ".join(composed.button(words, button, known) for button in one.buttons)
    return (
        composed.title(words, one),
        lines(
            words.text("<b>Message:</b>") + f" {' · '.join(composed.tabs(one))}",
            words.text("<b>Buttons:</b>") + f" {buttons or '–'}",
            words.text("<b>When:</b>") + f" {composed.when(words, one.due_at)}",
        ),
        lines(
            words.text("<b>For whom:</b>") + f" {composed.audience(words, one.audience, known)}",
            composed.count(words, draft.counted),
        ),
        lines(*(remark(words, found, draft) for found in draft.remarks)) or None,
    )


def _main_rows(words: Words, draft: "Draft") -> Rows:
    one = draft.broadcast
    tabs = tuple(
        Button(composed.tab(one, code), ComposePart("show", code, one.id))
        for code in one.audience.languages or LANGUAGES
    )
    preview = (Button(words.label("Preview"), Compose("preview", one.id)),) if one.parts else ()
    return rows(
        tabs,
        (
            Button(words.label("Buttons"), Compose("buttons", one.id)),
            Button(words.label("For whom"), Compose("audience", one.id)),
        ),
        (Button(words.label("When"), Compose("when", one.id)), *preview),
        send_button(words, draft),
        Button(words.label("Throw it away"), Compose("drop", one.id)),
        to_list(words),
    )


def send_button(words: Words, draft: "Draft") -> Button | None:
    """Names the number where it is known; not there while something is missing."""
    if not draft.is_ready:
        return None
    one, total = draft.broadcast, draft.counted.total
    asks = SendBroadcast("no", one.version, one.id)
    if draft.counted.is_about:
        label = words.label("Go on to sending it")
    elif draft.needs_second:
        label = words.plural("Ask to approve: {n} person", "Ask to approve: {n} people", total)
    else:
        label = send_to(words, total)
    return Button(label, asks, style="primary")


def send_to(words: Words, total: int) -> str:
    return words.plural("Send to {n} person", "Send to {n} people", total)


def remark(words: Words, found: Remark, draft: "Draft") -> str:
    language = LANGUAGE_NAMES.get(found.language, "")
    match found.kind:
        case Kind.NO_MESSAGE:
            return words.text("➡️ Send me the message now, or tap a language to write it in.")
        case Kind.MISSING if draft.counted.is_about:
            return words.text(
                "❗ Nothing is written yet in {language}. Tap the language and choose.", language=language
            )
        case Kind.MISSING:
            return words.plural(
                "❗ Nothing is written yet in {language}, for {n} person. Tap the language and choose.",
                "❗ Nothing is written yet in {language}, for {n} people. Tap the language and choose.",
                draft.counted.by_language.get(found.language, 0),
                language=language,
            )
        case Kind.NOBODY:
            return words.text("❗ Nobody would get it.")
        case Kind.PAST:
            return words.text("❗ The time is past or too far away. Choose another.")
        case Kind.NAMES_OFF:
            return words.text(
                "❗ In {language}: {place} is not allowed here (the setting {setting}).",
                language=language,
                place=FIRST_NAME,
                setting="FIRST_NAMES",
            )
        case Kind.UNKNOWN_PLACE:
            return words.text(
                "⚠️ In {language}: {place} is nothing that I fill in. It will be sent as it stands.",
                language=language,
                place=found.word,
            )
        case Kind.QUIET:
            return words.text("🌙 It begins in quiet hours: each person gets it when their morning comes.")
        case Kind.CLOCK:
            return words.text(
                "🕰 Morocco’s clock changes before then (Ramadan). The time above is by the new clock."
            )


def voided(words: Words) -> str:
    return words.text("⚠️ It was changed, so the approval no longer holds. It is a draft again.")


def start(words: Words, broadcast: Broadcast) -> Screen:
    """The first step of a new draft: the message itself."""
    text = paragraphs(
        words.text("<b>New broadcast</b>"),
        words.text(
            "Send me the message as it should look: text with formatting, a photo, a video, a voice message, a document or an "
            "album. Or write it for each language."
        ),
    )
    each = Button(words.label("Write it per language"), Compose("main", broadcast.id))
    return Screen(text, rows(each, to_list(words)), awaiting=ComposePart("write", "any", broadcast.id))


def taken_up(words: Words, broadcast: Broadcast) -> str:
    return words.text("Your draft of {date} goes on here.", date=words.date(broadcast.created_at))


def fresh(words: Words, screen: Screen) -> Screen:
    """The page of a draft that was taken up, with a way to leave it and begin another."""
    more = rows(Button(words.label("Begin a new one"), NewBroadcast("yes")))
    return Screen(screen.text, (*screen.rows[:-1], *more, screen.rows[-1]), awaiting=screen.awaiting)


def which_language(words: Words, broadcast: Broadcast, guessed: str) -> Screen:
    """Asked once, after the first message."""
    choices = tuple(
        Button(
            f"{LANGUAGE_NAMES[code]} ✓" if code == guessed else LANGUAGE_NAMES[code],
            ComposePart("is", code, broadcast.id),
        )
        for code in LANGUAGES
    )
    text = paragraphs(
        words.text("Got it: {what}.", what=composed.content(words, broadcast.parts[guessed])),
        words.text("In which language is it?"),
    )
    return Screen(text, rows(choices), awaiting=ComposePart("is", guessed, broadcast.id))


def _people(words: Words, draft: "Draft", language: str) -> str:
    many = draft.counted.by_language.get(language, 0)
    if draft.counted.is_about:
        return words.label("about {n}", n=words.number(many))
    return words.plural("{n} person", "{n} people", many)


def part(words: Words, draft: "Draft", language: str) -> Screen:
    """One language: what is written, or what its donors get instead."""
    one = draft.broadcast
    people = _people(words, draft, language)
    written = one.parts.get(language)
    if written is not None:
        text = lines(_heading(words, language, people), composed.content(words, written))
        choices = rows(
            (
                Button(words.label("Look at it"), ComposePart("look", language, one.id)),
                Button(words.label("Replace it"), ComposePart("write", language, one.id)),
            ),
            Button(words.label("Remove it"), ComposePart("remove", language, one.id)),
            back(words, one),
        )
        return Screen(text, choices, awaiting=ComposePart("show", language, one.id))
    return _missing(words, one, language, people)


def _missing(words: Words, one: Broadcast, language: str, people: str) -> Screen:
    chosen = one.fallbacks.get(language)
    others = [
        Button(
            _chosen(words.label("They get: {language}", language=LANGUAGE_NAMES[code]), chosen == code),
            FallBack(language, code, one.id),
        )
        for code in LANGUAGES
        if code in one.parts
    ]
    text = lines(
        _heading(words, language, people),
        words.text("Nothing is written in this language. What do its donors get?"),
    )
    choices = rows(
        Button(words.label("Write it"), ComposePart("write", language, one.id), style="primary"),
        *others,
        Button(_chosen(words.label("Leave them out"), chosen == ""), FallBack(language, "none", one.id)),
        back(words, one),
    )
    return Screen(text, choices, awaiting=ComposePart("show", language, one.id))


def _heading(words: Words, language: str, people: str) -> str:
    return words.text(
        "<b>Language: {language}</b> · {people}", language=LANGUAGE_NAMES[language], people=people
    )


def _chosen(label: str, is_it: bool) -> str:
    return f"{label} ✓" if is_it else label


def write(words: Words, broadcast: Broadcast, language: str, problem: str | None = None) -> Screen:
    """The message in one language is awaited; "any" where the language is asked afterwards."""
    asked = (
        words.text("Send me the message as it should look.")
        if language == "any"
        else words.text(
            "Send me the message in this language, as it should look: {language}.",
            language=LANGUAGE_NAMES[language],
        )
    )
    return Screen(
        paragraphs(problem, asked),
        rows(back(words, broadcast)),
        awaiting=ComposePart("write", language, broadcast.id),
    )


def cannot_keep(words: Words) -> str:
    return words.text(
        "This kind of message (a poll, a place, a sticker) cannot be sent again by a bot. Send text, a photo, a video, a voice "
        "message, a document or an album."
    )


def too_long(words: Words, content: Content, excess: int) -> str:
    """How much too long, by Telegram's count."""
    if content.kind is ContentKind.TEXT:
        return words.plural(
            "This text is {n} character too long: Telegram takes {most}.",
            "This text is {n} characters too long: Telegram takes {most}.",
            excess,
            most=content.kind.most,
        )
    return words.plural(
        "The text under it is {n} character too long: Telegram takes {most} beside a file.",
        "The text under it is {n} characters too long: Telegram takes {most} beside a file.",
        excess,
        most=content.kind.most,
    )


def too_many_files(words: Words, most: int) -> str:
    return words.plural(
        "An album holds {n} file at most; this one was left out.",
        "An album holds {n} files at most; this one was left out.",
        most,
    )


def tap_a_language(words: Words) -> str:
    return words.text("To put a message in, tap its language first, then “Write it” or “Replace it”.")


def preview(
    words: Words, broadcast: Broadcast, shown: Mapping[str, Post], below: Screen, only: str = ""
) -> Screen:
    """`below` with each part above it as its recipients see it: `shown` by language."""
    posts: list[Post] = []
    for language, one in sorted(shown.items()):
        if only in ("", language):
            said = words.label("👁 Preview: {languages}", languages=_readers(broadcast, language))
            posts += [Post(Content(ContentKind.TEXT, said)), one]
    return Screen(below.text, below.rows, awaiting=below.awaiting, posts=tuple(posts))


def _readers(broadcast: Broadcast, language: str) -> str:
    """The language of a part, and those that fall back to it."""
    also = (code for code, other in broadcast.fallbacks.items() if other == language)
    return " + ".join(LANGUAGE_NAMES[code] for code in (language, *also))


def sure_to_drop(words: Words, broadcast: Broadcast) -> Screen:
    text = paragraphs(
        composed.title(words, broadcast),
        words.text("Throw it away? What was written in it is gone then; nobody gets it."),
    )
    yes = Button(words.label("Yes, throw it away"), Compose("dropped", broadcast.id), style="danger")
    return Screen(text, rows(yes, back(words, broadcast)), awaiting=Compose("main", broadcast.id))


def back(words: Words, broadcast: Broadcast) -> Button:
    return Button(words.label("Back to the broadcast"), Compose("main", broadcast.id))


def to_list(words: Words) -> Button:
    return Button(words.label("All broadcasts"), Broadcasts())
