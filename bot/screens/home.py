"""The first screens: home (S1), languages (S0), a campaign (S2) and its story, currencies, help (S12)."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

from bot.actions import (
    AskPerson,
    ChooseAmount,
    Currencies,
    Help,
    Home,
    Languages,
    MyGifts,
    Privacy,
    SetCurrency,
    SetLanguage,
    ShowCampaign,
    ShowStory,
)
from bot.contents import ContentKind, units
from bot.i18n import Words
from bot.model import Campaign
from bot.money import Money
from bot.screens.base import Button, Screen, lines, paragraphs, rows

# Each language is named in itself, so that its readers find it whatever the rest says.
LANGUAGE_NAMES = {"ar": "العربية", "fr": "Français", "en": "English"}


def neediest_first(campaigns: Sequence[Campaign]) -> list[Campaign]:
    """Furthest from its goal first; the operator's order among equals."""
    return sorted(campaigns, key=lambda campaign: campaign.share)


def next_need(campaigns: Sequence[Campaign], but: int) -> Campaign | None:
    """Of the open ones the furthest from its goal, other than this one."""
    return next(iter(neediest_first([one for one in campaigns if one.id != but])), None)


def home(words: Words, campaigns: Sequence[Campaign]) -> Screen:
    """`campaigns` are the open ones."""
    ordered = neediest_first(campaigns)
    if not ordered:
        return Screen(
            words.text("No campaign is open at the moment. Thank you for coming by."), _home_rows(words)
        )
    appeal = ordered[0].appeal
    intro = words.plural(
        "{n} campaign, run by {operator}.",
        "{n} campaigns, run by {operator}.",
        len(ordered),
        operator=appeal.operator,
    )
    text = paragraphs(
        f"<b>{words.name(appeal.titles.get(words.language) or appeal.titles['en'])}</b>\n{intro}",
        "\n\n".join(_progress(words, campaign) for campaign in ordered),
        words.text("You pay on Stripe; we never see your card."),
    )
    return Screen(text, _home_rows(words, ordered), awaiting=Home())


def _home_rows(words: Words, ordered: Sequence[Campaign] = ()) -> tuple[tuple[Button, ...], ...]:
    needed = words.label("Where it is needed most")
    return rows(
        *(Button(campaign.text(words.language).title, ShowCampaign(campaign.id)) for campaign in ordered),
        Button(needed, ChooseAmount(ordered[0].id), style="primary") if len(ordered) > 1 else None,
        (Button(words.label("My gifts"), MyGifts()), Button(words.label("Help"), Help())),
        other_languages(words),
    )


def other_languages(words: Words) -> tuple[Button, ...]:
    return tuple(
        Button(name, SetLanguage(code)) for code, name in LANGUAGE_NAMES.items() if code != words.language
    )


def _progress(words: Words, campaign: Campaign) -> str:
    title = words.name(campaign.text(words.language).title)
    return lines(f"<b>{title}</b>", raised(words, campaign), _people(words, campaign))


def raised(words: Words, campaign: Campaign) -> str:
    """Progress towards the goal, and what it is made of where more than one currency counts."""
    return lines(_progress_of(words, campaign), _counted(words, campaign))


def _counted(words: Words, campaign: Campaign) -> str | None:
    """Each currency's own sum; nothing is shown as if it had been exchanged."""
    others = [
        total for total in campaign.received if total.currency != campaign.goal.currency and total.minor
    ]
    if not others:
        return None
    own = next((total for total in campaign.received if total.currency == campaign.goal.currency), None)
    if campaign.counted_minor == (own.minor if own else 0):
        # No rate is known yet.
        return words.text("And in other currencies: {amounts}.", amounts=_amounts(words, others))
    return words.text(
        "Received: {amounts}, counted at the rates of the day each gift came.",
        amounts=_amounts(words, campaign.received),
    )


def _amounts(words: Words, amounts: Sequence[Money]) -> str:
    return " · ".join(words.money(amount) for amount in amounts if amount.minor)


def _progress_of(words: Words, campaign: Campaign) -> str:
    """Honest: no percentage while it is small, what is left when it is nearly there, true beyond the goal."""
    total, goal = campaign.raised, campaign.goal
    left = Money(max(goal.minor - total.minor, 0), goal.currency)
    if campaign.share >= 1:
        return words.text("{raised} received; the goal of {goal} is reached.", raised=total, goal=goal)
    if campaign.share > 0.8:
        return words.text("{raised} received of {goal}; {left} to go.", raised=total, goal=goal, left=left)
    if campaign.share >= 0.3:
        share = words.percent(int(campaign.share * 100) / 100)
        return words.text("{raised} received of {goal} ({percent}).", raised=total, goal=goal, percent=share)
    if total.minor:
        return words.text("{raised} received of {goal}.", raised=total, goal=goal)
    return words.text("Goal: {goal}. Be the first to give.", goal=goal)


def _people(words: Words, campaign: Campaign) -> str | None:
    return words.plural("From {n} person.", "From {n} people.", campaign.donors) if campaign.donors else None


def _promised(words: Words, campaign: Campaign) -> str | None:
    """Apart from what was received, and never part of the progress."""
    amounts = " · ".join(words.money(total) for total in campaign.promised)
    return words.text("Promised, not received yet: {amounts}.", amounts=amounts) if amounts else None


def campaign(
    words: Words,
    campaign: Campaign,
    link: str,
    *,
    is_open: bool,
    earlier: Money | None = None,
    next_need: Campaign | None = None,
) -> Screen:
    """`link` is the campaign's own deep link, for sharing; `earlier` its goal before a change that is news.

    `next_need` is shown where this campaign takes no gifts.
    """
    text = campaign.text(words.language)
    next_need = None if is_open else next_need
    body = paragraphs(
        f"<b>{words.name(text.title)}</b>",
        words.name(text.summary),
        lines(
            raised(words, campaign),
            earlier_goal(words, campaign, earlier),
            _people(words, campaign),
            _promised(words, campaign),
        ),
        _authorisation(words, campaign),
        None if is_open else lines(not_open(words), needed_now(words, next_need)),
    )
    give = Button(words.label("Give"), ChooseAmount(campaign.id), style="success") if is_open else None
    more = Button(words.label("Read more"), ShowStory(campaign.id))
    return Screen(
        body,
        rows(give, instead(words, next_need), more, _share(words, text.title, link), _back_home(words)),
        awaiting=ShowCampaign(campaign.id),
        photo=campaign.photo if units(body) <= ContentKind.PHOTO.most else None,
    )


def earlier_goal(words: Words, campaign: Campaign, earlier: Money | None) -> str | None:
    """A goal that was changed is said to have been."""
    if earlier is None or campaign.goal_changed_at is None:
        return None
    return words.text(
        "The goal was {goal} until {date}.", goal=earlier, date=words.date(campaign.goal_changed_at)
    )


def not_open(words: Words) -> str:
    return words.text("This campaign takes no gifts at the moment.")


def needed_now(words: Words, next_need: Campaign | None) -> str | None:
    """Where a gift helps instead."""
    if next_need is None:
        return None
    return words.text("“{title}” needs help now.", title=next_need.text(words.language).title)


def instead(words: Words, next_need: Campaign | None) -> Button | None:
    if next_need is None:
        return None
    return Button(next_need.text(words.language).title, ShowCampaign(next_need.id), style="success")


def story(words: Words, campaign: Campaign, *, is_open: bool) -> Screen:
    text = campaign.text(words.language)
    body = paragraphs(f"<b>{words.name(text.title)}</b>", words.name(text.story))
    give = Button(words.label("Give"), ChooseAmount(campaign.id), style="success") if is_open else None
    return Screen(
        body,
        rows(give, Button(words.label("Back"), ShowCampaign(campaign.id))),
        awaiting=ShowCampaign(campaign.id),
    )


def _authorisation(words: Words, campaign: Campaign) -> str | None:
    return (
        words.text("Authorisation no. {number}", number=campaign.authorisation)
        if campaign.authorisation
        else None
    )


def _share(words: Words, title: str, link: str) -> tuple[Button, ...]:
    telegram = f"https://t.me/share/url?url={_quoted(link)}&text={_quoted(title)}"
    whatsapp = f"https://wa.me/?text={_quoted(f'{title} {link}')}"
    return (Button(words.label("Share"), url=telegram), Button("WhatsApp", url=whatsapp))


# A campaign has the same few at every look, and Arabic is long when it is quoted.
@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return quote(text, safe="")


def _back_home(words: Words) -> Button:
    return Button(words.label("All campaigns"), Home())


def languages(words: Words) -> Screen:
    """Said in every language at once, since we may have guessed wrong."""
    text = "اختر لغتك · Choisissez votre langue · Choose your language"
    return Screen(
        text,
        rows(*(Button(name, SetLanguage(code)) for code, name in LANGUAGE_NAMES.items())),
        awaiting=Languages(),
    )


def currencies(words: Words, offered: Sequence[str], current: str) -> Screen:
    text = words.text(
        "Amounts are shown in {currency}. Which currency do you want to give in?", currency=current
    )
    choices = tuple(Button(code, SetCurrency(code.lower())) for code in offered)
    return Screen(text, rows(choices, _back_home(words)), awaiting=Currencies())


def help_screen(words: Words, operator: str, contact: str, *, can_ask: bool = False) -> Screen:
    """How to use the bot, and who answers for it; `can_ask`: there is a help desk."""
    ask = (
        words.text("A question? Write to {operator}: {contact}.", operator=operator, contact=contact)
        if contact
        else None
    )
    text = paragraphs(
        words.text(
            "<b>How to give</b>\nChoose a campaign and an amount, or just write an amount: “150” or “20 EUR”."
        ),
        words.text("You pay on Stripe's secure page. We write here by ourselves when your gift arrives."),
        words.text("/mygifts shows your gifts. /privacy shows what we keep about you, and erases it."),
        ask,
    )
    change = (
        Button(words.label("Language"), Languages()),
        Button(words.label("Currency"), Currencies()),
        Button(words.label("Privacy"), Privacy()),
    )
    person = Button(words.label("Ask a person"), AskPerson(), style="primary") if can_ask else None
    return Screen(text, rows(person, change, _back_home(words)), awaiting=Help())
