"""The questions of a new campaign, one a message, in their order; and where to go on after any interruption."""

from collections.abc import Iterator

from msgspec import Struct

from bot.config import LANGUAGES
from bot.drafting import TEXTS, Part, lacks
from bot.model import Campaign


class Question(Struct, frozen=True):
    """What is asked; `key` as `Part` says."""

    part: Part
    key: str = "any"


def questions(language: str) -> list[Question]:
    """All of them, for staff who speak this language: its texts come first."""
    others = [one for one in LANGUAGES if one != language]
    texts = [Question(part, one) for one in (language, *others) for part in TEXTS]
    rest = (
        Part.GOAL,
        Part.AMOUNTS,
        Part.START,
        Part.END,
        Part.AUTHORISATION,
        Part.STATEMENT,
        Part.PHOTO,
    )
    return [*texts, *(Question(part) for part in rest)]


def following(question: Question, language: str) -> Question | None:
    """The next one, None after the last."""
    every = questions(language)
    if question not in every:
        return None
    return next(iter(every[every.index(question) + 1 :]), None)


def skipped(question: Question, language: str) -> Question | None:
    """The next one for who does not answer: without a title in a language its other texts are not asked for."""
    after = following(question, language)
    while question.part is Part.TITLE and after is not None and after.key == question.key:
        after = following(after, language)
    return after


def first_open(campaign: Campaign, language: str) -> Question | None:
    """Where to go on: what the campaign needs, else the first thing that nobody has said."""
    unsaid = list(_unsaid(campaign, language))
    needed = lacks(campaign)
    return next((one for one in unsaid if one.part in needed), next(iter(unsaid), None))


def _unsaid(campaign: Campaign, language: str) -> Iterator[Question]:
    for one in questions(language):
        match one.part:
            case Part.TITLE | Part.SUMMARY | Part.STORY:
                text = campaign.texts.get(one.key)
                is_said = text is not None and bool(getattr(text, one.part))
            case Part.GOAL:
                is_said = bool(campaign.goal.minor)
            case Part.AMOUNTS:
                is_said = True
            case Part.START | Part.END:
                is_said = (campaign.starts_at if one.part is Part.START else campaign.ends_at) is not None
            case _:
                is_said = bool(getattr(campaign, one.part))
        if not is_said:
            yield one


def may_skip(campaign: Campaign, question: Question) -> bool:
    """Whether it may stay without an answer, or has one."""
    return question.part not in lacks(campaign)
