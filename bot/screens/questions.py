"""The questions about a campaign, one a message, and why an answer cannot be taken."""

from collections.abc import Sequence

from msgspec import Struct

from bot.actions import Campaigns as List
from bot.actions import (
    CampaignTexts,
    ClearCampaignPart,
    EditCampaign,
    Home,
    ManageCampaign,
    NewCampaign,
    SetCampaignSum,
    SkipQuestion,
    TakeCurrency,
)
from bot.drafting import (
    LONGEST,
    MOST_IMPACT,
    MOST_PRESETS,
    TEXTS,
    Fault,
    Part,
    Refusal,
    last_day,
    shown_presets,
)
from bot.i18n import Words
from bot.model import Campaign, CampaignText
from bot.money import Money
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.campaigns import heading, part_name
from bot.screens.home import LANGUAGE_NAMES


class Asked(Struct, frozen=True):
    """One question as it is asked: `may_skip` only while the questions of a new campaign follow one another."""

    edit: EditCampaign
    may_skip: bool = False

    @property
    def part(self) -> Part:
        return Part(self.edit.part)

    @property
    def is_new(self) -> bool:
        return self.edit.walk == "new"


def title(words: Words, note: str | None = None) -> Screen:
    """The first question of a new campaign."""
    text = paragraphs(
        note,
        _ask_text(words, Part.TITLE, words.language),
        words.text("All that you answer is kept at once as a draft, which only staff see."),
    )
    return Screen(text, rows(Button(words.label("List of campaigns"), List())), awaiting=NewCampaign())


def question(words: Words, campaign: Campaign, asked: Asked, floor: Money, note: str | None = None) -> Screen:
    """`floor` is the smallest gift that may be, in the currency of the question; `note` what stands above it."""
    key, here = asked.edit.key, campaign.id
    now = _current(words, campaign, asked.part, key)
    text = paragraphs(
        note,
        heading(words, campaign),
        _ask(words, campaign, asked.part, key, floor),
        lines(words.text("Now:"), now) if now else None,
    )
    skip = Button(words.label("Skip"), SkipQuestion(asked.part, key, here)) if asked.may_skip else None
    clear = _clear(words, asked, here) if now else None
    tabs = _preset_languages(words, asked.edit, here) if asked.part is Part.PRESETS else ()
    return Screen(text, rows(skip, tabs, clear, _out(words, asked, here)), awaiting=asked.edit)


def _out(words: Words, asked: Asked, here: int) -> Button:
    if asked.part in (Part.SMALLEST, Part.LARGEST, Part.PRESETS):
        return Button(words.label("Back"), EditCampaign(Part.AMOUNTS, "any", asked.edit.walk, here))
    if asked.is_new:
        return Button(words.label("Finish later"), ManageCampaign(here))
    if asked.part in (*TEXTS, Part.WAYS):
        return Button(words.label("Back"), CampaignTexts(here))
    return Button(words.label("Back to the campaign"), ManageCampaign(here))


def _clear(words: Words, asked: Asked, here: int) -> Button | None:
    if asked.is_new or asked.part in (Part.GOAL, Part.SMALLEST, Part.LARGEST, Part.SLUG):
        return None
    return Button(words.label("Remove"), ClearCampaignPart(asked.part, asked.edit.key, here))


def _ask(words: Words, campaign: Campaign, part: Part, key: str, floor: Money) -> str:
    match part:
        case Part.TITLE | Part.SUMMARY | Part.STORY | Part.WAYS:
            return _ask_text(words, part, key)
        case Part.GOAL:
            return words.text(
                "What is the goal? Write an amount, for example {example}.",
                example=words.money(Money(35_000_000, campaign.goal.currency)),
            )
        case Part.SMALLEST:
            return words.text("What is the smallest gift? It cannot be under {floor}.", floor=floor)
        case Part.LARGEST:
            return words.text("What is the largest gift in {currency}?", currency=key.upper())
        case Part.PRESETS:
            return _ask_presets(words, key)
        case Part.START:
            return words.text(
                "From which day on are gifts taken? Write it as 31/12/2027. Without a day it is as soon as the campaign is opened."
            )
        case Part.END:
            return words.text(
                "What is the last day on which gifts are taken? Write it as 31/12/2027. Without a day it goes on until you close it."
            )
        case _:
            return _ask_mark(words, campaign, part)


def _ask_mark(words: Words, campaign: Campaign, part: Part) -> str:
    match part:
        case Part.AUTHORISATION:
            return words.text("Which authorisation number do donors see?")
        case Part.STATEMENT:
            return words.text(
                "What shall card statements show for this campaign, behind your organisation's name? 2 to 12 signs: A to Z, "
                "digits, space, point, hyphen; a letter first."
            )
        case Part.PHOTO:
            return words.text("Send the photo that donors see with this campaign.")
        case _:
            return words.text(
                "What is the campaign called in links? Now its link ends in {link}. Write another name: a to z, digits and "
                "hyphens, 30 at most. Once it is open, the name stays.",
                link=f"c_{campaign.slug}",
            )


def _ask_text(words: Words, part: Part, language: str) -> str:
    places = {"language": LANGUAGE_NAMES[language], "most": LONGEST[part]}
    match part:
        case Part.TITLE:
            return words.text(
                "What is the campaign called, in {language}? At most {most} characters.", **places
            )
        case Part.SUMMARY:
            return words.text(
                "What is it for, in two lines, in {language}? At most {most} characters.", **places
            )
        case Part.STORY:
            return words.text("What is its story, in {language}? At most {most} characters.", **places)
        case _:
            return words.text(
                "How can people pay without an international card, in {language}? Bank or agency details, at most {most} "
                "characters.",
                **places,
            )


def _ask_presets(words: Words, key: str) -> str:
    return words.text(
        "Which amounts are offered in {currency}? One a line, at most {most}. Behind “=” you may say what it buys, in "
        "{language}, at most {impact} characters, if the campaign can prove it.",
        currency=key[:3].upper(),
        most=MOST_PRESETS,
        language=LANGUAGE_NAMES[key[3:]],
        impact=MOST_IMPACT,
    )


def _current(words: Words, campaign: Campaign, part: Part, key: str) -> str | None:
    """What is written there now."""
    match part:
        case Part.TITLE | Part.SUMMARY | Part.STORY:
            written = getattr(campaign.texts.get(key, CampaignText()), part)
        case Part.WAYS:
            written = campaign.ways.get(key, "")
        case Part.GOAL:
            return words.name(words.money(campaign.goal)) if campaign.goal.minor else None
        case Part.SMALLEST | Part.LARGEST:
            return words.name(words.money(getattr(campaign.limits[key.upper()], part)))
        case Part.PRESETS:
            return _current_presets(words, campaign, key)
        case Part.START:
            return words.name(words.date(campaign.starts_at)) if campaign.starts_at else None
        case Part.END:
            return words.name(words.date(last_day(campaign.ends_at))) if campaign.ends_at else None
        case Part.AUTHORISATION | Part.STATEMENT:
            written = getattr(campaign, part)
        case Part.PHOTO:
            return words.text("There is one; a new one takes its place.") if campaign.photo else None
        case _:
            return None
    return words.name(written) if written else None


def _current_presets(words: Words, campaign: Campaign, key: str) -> str | None:
    shown = shown_presets(campaign.presets.get(key[:3].upper(), ()), key[3:])
    return lines(*(words.name(line) for line in shown)) or None


def amounts(
    words: Words, campaign: Campaign, asked: Asked, others: Sequence[str], note: str | None = None
) -> Screen:
    """What donors may give in each currency; `others` are those that the campaign could take too."""
    here, walk = campaign.id, asked.edit.walk
    said = [_of_currency(words, campaign, code) for code in campaign.currencies]
    change = [_change_currency(words, code, walk, here) for code in campaign.currencies]
    without = [
        Button(words.label("Take no {currency}", currency=code), ClearCampaignPart(Part.AMOUNTS, code, here))
        for code in campaign.currencies
        if code != campaign.goal.currency
    ]
    more = [
        Button(words.label("Take {currency} too", currency=code), TakeCurrency(code, walk, here))
        for code in others
    ]
    on = (
        Button(words.label("Go on"), SkipQuestion(Part.AMOUNTS, "any", here), style="primary")
        if asked.is_new
        else None
    )
    return Screen(
        paragraphs(
            note,
            heading(words, campaign),
            words.text(
                "Donors are offered these amounts, and may write any other within the limits. Change what you like."
            ),
            *said,
        ),
        rows(
            on,
            *(row for rows_of in change for row in rows_of),
            tuple(without),
            tuple(more),
            _out(words, asked, here),
        ),
        awaiting=asked.edit,
    )


def _of_currency(words: Words, campaign: Campaign, code: str) -> str:
    pair, offered = campaign.limits[code], campaign.presets.get(code, ())
    telling = [one for one in offered if one.impact.get(words.language)]
    silent = " · ".join(words.money(one.money) for one in offered if one not in telling)
    return lines(
        words.text(
            "Gifts in {currency}: {smallest} to {largest}",
            currency=code,
            smallest=pair.smallest,
            largest=pair.largest,
        ),
        words.text("– offered: {amounts}", amounts=silent) if silent else None,
        *(
            words.text("– {amount} buys: {impact}", amount=one.money, impact=one.impact[words.language])
            for one in telling
        ),
    )


def _change_currency(words: Words, code: str, walk: str, here: int) -> list[tuple[Button, ...]]:
    key = code.lower()
    return [
        (
            Button(
                words.label("{currency}: offered amounts", currency=code),
                EditCampaign(Part.PRESETS, key + words.language, walk, here),
            ),
        ),
        (
            Button(
                words.label("{currency}: smallest", currency=code),
                EditCampaign(Part.SMALLEST, key, walk, here),
            ),
            Button(
                words.label("{currency}: largest", currency=code), EditCampaign(Part.LARGEST, key, walk, here)
            ),
        ),
    ]


def _preset_languages(words: Words, edit: EditCampaign, here: int) -> tuple[Button, ...]:
    """What an amount buys is said in each language: the way to the others."""
    code, language = edit.key[:3], edit.key[3:]
    return tuple(
        Button(name, EditCampaign(Part.PRESETS, code + one, edit.walk, here))
        for one, name in LANGUAGE_NAMES.items()
        if one != language
    )


def unclear(
    words: Words, campaign: Campaign, edit: EditCampaign, written: str, options: Sequence[Money]
) -> Screen:
    """Never guess between 1.000 and 1000."""
    choices = tuple(
        Button(words.money(one), SetCampaignSum(edit.part, one.minor, one.currency, edit.walk, campaign.id))
        for one in options
    )
    text = words.text("You wrote {written}. Which amount do you mean?", written=written)
    return Screen(text, rows(choices, Button(words.label("Another amount"), edit)), awaiting=edit)


def refused(words: Words, refusal: Refusal, part: Part) -> str:
    """Why the answer was not taken; what was there before stays."""
    match refusal.fault:
        case Fault.EMPTY:
            return words.text("Please write it as a text.")
        case Fault.LONG:
            return words.plural(
                "That is too long: at most {n} character. Nothing was changed.",
                "That is too long: at most {n} characters. Nothing was changed.",
                refusal.most,
            )
        case Fault.NO_AMOUNT:
            return words.text("This is not an amount that we can read. Please write it in plain digits.")
        case Fault.UNCLEAR_LINE:
            return words.text(
                "We cannot read the amount in this line for certain: {line}. Write one amount a line, in plain digits.",
                line=refusal.line,
            )
        case Fault.MANY:
            return words.plural("At most {n} amount.", "At most {n} amounts.", refusal.most)
        case Fault.NO_DAY:
            return words.text("This is not a day that we can read. Write it as 31/12/2027.")
        case Fault.PAST:
            return words.text("The last day has passed: choose a later one first.")
        case Fault.DAYS_CROSSED:
            return words.text("The first day would lie behind the last one.")
        case _:
            return _refused_more(words, refusal, part)


def _refused_more(words: Words, refusal: Refusal, part: Part) -> str:
    sum_ = words.money(refusal.money) if refusal.money else ""
    match refusal.fault:
        case Fault.FLOOR:
            return words.text("No gift can be under {amount}.", amount=sum_)
        case Fault.OVER:
            return words.text("No gift can be over {amount}.", amount=sum_)
        case Fault.CROSSED:
            return words.text("The smallest gift would be larger than the largest.")
        case Fault.OUTSIDE:
            return words.text("The offered amount {amount} would lie outside the limits.", amount=sum_)
        case Fault.CURRENCY:
            return words.text("This campaign does not take {currency} here.", currency=refusal.line)
        case Fault.STATEMENT:
            return words.text("2 to 12 signs: A to Z, digits, space, point, hyphen; a letter first.")
        case Fault.SLUG:
            return words.text("Only a to z, digits and hyphens, at most 30, no hyphen first.")
        case Fault.TAKEN:
            return words.text("Another campaign has this name.")
        case Fault.NO_PHOTO:
            return words.text("Please send it as a photo, not as a file.")
        case Fault.LACKS:
            return words.text("A campaign that donors see needs it: {part}.", part=part_name(words, part))
        case Fault.FIXED:
            return words.text("That cannot be changed any more.")
        case _:
            return words.text("This campaign is no longer there.")


def gone(words: Words) -> Screen:
    text = words.text("This campaign is no longer there.")
    return Screen(text, rows(Button(words.label("List of campaigns"), List())), awaiting=Home())
