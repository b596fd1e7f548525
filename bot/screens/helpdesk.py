"""The help desk: what a donor sees of it, and what staff read in their group, where the donor is a code."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.actions import AskPerson, Help, Home, Questions, SolveQuestion
from bot.i18n import Words
from bot.letters import LetterKind, Question
from bot.screens.base import Button, Rows, Screen, lines, paragraphs, rows
from bot.screens.home import LANGUAGE_NAMES
from bot.screens.match import code

MOST = 20


def ask(words: Words, operator: str) -> Screen:
    text = paragraphs(
        words.text("<b>Ask a person</b>\nWrite your question here: text, a picture, a voice message."),
        words.text(
            "The team of {operator} reads it and answers in this chat. They see neither your name nor your number.",
            operator=operator,
        ),
    )
    return Screen(text, rows(Button(words.label("Back"), Help())), awaiting=AskPerson())


def kept(words: Words) -> Screen:
    """The donor's message is on its way; the next one goes the same way."""
    text = words.text("✅ Your message goes to the team; the answer comes here. You can write more.")
    return Screen(text, rows(Button(words.label("That is all"), Home())), awaiting=AskPerson())


def cannot(words: Words) -> Screen:
    text = words.text(
        "This cannot be passed on, and your number should not be. Send text, a picture, a video, a voice message or a file."
    )
    return Screen(text, rows(Button(words.label("Back"), Help())), awaiting=AskPerson())


def too_many(words: Words, most: int) -> Screen:
    text = words.plural(
        "You have written {n} message today, and the team has it. Please write again tomorrow.",
        "You have written {n} messages today, and the team has them. Please write again tomorrow.",
        most,
    )
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=Home())


def answer_head(words: Words, operator: str) -> str:
    """The line above an answer; plain text."""
    return words.label("💬 Answer from the team of {operator}", operator=operator)


def answer_rows(words: Words) -> Rows:
    return rows(
        (Button(words.label("Answer"), AskPerson()), Button(words.label("It is solved"), SolveQuestion()))
    )


def closed(words: Words) -> Screen:
    text = words.text("The team has closed your question. If something is left, write again.")
    buttons = (Button(words.label("Ask again"), AskPerson()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(buttons), stays=True)


def unheard(words: Words) -> Screen:
    """To the donor: Telegram let their message not through to the group. Below whatever they look at now."""
    text = words.text(
        "⚠️ We are sorry: your message did not reach the team, since Telegram did not take it. Please write it again in "
        "another way, for example as plain text without a file."
    )
    return Screen(text, rows(Button(words.label("Ask again"), AskPerson())), stays=True)


def unheard_by_staff(words: Words, who: str) -> Screen:
    """To staff, in their own chats: the group may be what does not work."""
    text = words.text(
        "⚠️ Donor {code} wrote to the team, and Telegram did not take the message for the group. They were asked to write "
        "it in another way. If this happens again, write /here in the group: it says what is missing.",
        code=who,
    )
    return Screen(text, stays=True)


def solved(words: Words) -> Screen:
    text = words.text("Thank you for telling us. The team knows that your question is solved.")
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=Home())


def language(tag: str) -> str:
    """A donor's language, named in itself; empty where they are gone."""
    return LANGUAGE_NAMES.get(tag, "–")


def intro(words: Words, who: str, spoken: str) -> str:
    """The first line of a donor's topic."""
    return words.text(
        "Donor {code} · {language}. What you write in this topic goes to them, without your name; /close ends it.",
        code=who,
        language=spoken,
    )


def head(words: Words, who: str, spoken: str) -> str:
    """The line above a question in a group without topics; plain text."""
    return words.label(
        "❓ {code} · {language}: reply to this message to answer; /close as a reply ends it",
        code=who,
        language=spoken,
    )


def note(words: Words, kind: LetterKind, who: str) -> str:
    """What staff should know of a conversation."""
    match kind:
        case LetterKind.SHUT:
            return words.text("{code}: closed. The donor was told; a new question opens it again.", code=who)
        case LetterKind.SOLVED:
            return words.text("{code} says that it is solved.", code=who)
        case LetterKind.BLOCKED:
            return words.text(
                "⚠️ {code} cannot be reached now: they blocked the bot. The answer waits for them.", code=who
            )
        case LetterKind.EDITED:
            return words.text(
                "⚠️ {code} keeps seeing what you wrote first: changes are not passed on. Write a new message.",
                code=who,
            )
        case LetterKind.UNSENT:
            return words.text(
                "⚠️ {code}: this kind of message cannot be passed on. Send text, a picture, a video, a voice message or a file.",
                code=who,
            )
        case _:
            return words.text("{code} has erased their data: nobody can be answered here any more.", code=who)


def listed(words: Words, found: Sequence[Question], count: int, now: datetime) -> Screen:
    """For staff: the open questions, oldest first."""
    if not found:
        return Screen(words.text("No question is open."), rows(_home(words)), awaiting=Questions())
    title = words.plural("<b>{n} open question</b>", "<b>{n} open questions</b>", count)
    buttons = [Button(code(one.donor_id), url=url) for one in found if (url := _url(one))]
    chunks = [tuple(buttons[at : at + 4]) for at in range(0, len(buttons), 4)]
    text = paragraphs(title, lines(*(_item(words, one, now) for one in found)))
    return Screen(text, rows(*chunks, _home(words)), awaiting=Questions())


def _item(words: Words, one: Question, now: datetime) -> str:
    asked = age(words, now - one.opened_at)
    if one.waiting_since is None:
        return words.text("{code} · asked {age} ago · answered", code=code(one.donor_id), age=asked)
    waiting = age(words, now - one.waiting_since)
    return words.text(
        "⏳ {code} · asked {age} ago · waiting {waiting}", code=code(one.donor_id), age=asked, waiting=waiting
    )


def age(words: Words, passed: timedelta) -> str:
    """Short, as on a clock: minutes, hours, or days."""
    minutes = max(0, int(passed.total_seconds()) // 60)
    if minutes < 60:
        return words.label("{n} min", n=minutes)
    if minutes < 48 * 60:
        return words.label("{n} h", n=minutes // 60)
    return words.label("{n} d", n=minutes // 60 // 24)


def _url(one: Question) -> str | None:
    """The donor's topic, which only members of the group can open."""
    inner = str(one.chat_id or "").removeprefix("-100")
    return f"https://t.me/c/{inner}/{one.topic_id}" if one.topic_id and inner else None


def _home(words: Words) -> Button:
    return Button(words.label("All campaigns"), Home())


def here(
    words: Words, chat_id: int, *, has_topics: bool, may_manage: bool, hears_all: bool, is_public: bool
) -> Screen:
    """For an owner, in the group: what HELP_CHAT_ID should be, and what is still to be done."""
    text = paragraphs(
        words.text("The id of this group: {id}", id=f"HELP_CHAT_ID={chat_id}"),
        lines(
            words.text("✅ Topics are on: each donor gets one.")
            if has_topics
            else words.text("⚠️ Topics are off: questions come one below the other, and you reply to each."),
            _topics(words, may_manage=may_manage) if has_topics else None,
            words.text("✅ I can read what you write here.")
            if hears_all
            else words.text("⚠️ I only see replies and commands: make me an administrator."),
            words.text("⚠️ This group is public: everybody could answer donors. Make it private.")
            if is_public
            else None,
        ),
    )
    return Screen(text, stays=True)


def _topics(words: Words, *, may_manage: bool) -> str:
    if may_manage:
        return words.text("✅ I may manage topics.")
    return words.text("⚠️ I may not manage topics: give me that right, as an administrator.")


def nobody(words: Words) -> Screen:
    """To a reply in the group that belongs to no question we know."""
    return Screen(words.text("⚠️ I do not know whose question this is: nothing was sent."), stays=True)
