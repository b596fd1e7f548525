"""What donors type: commands, links after /start, and amounts anywhere."""

from dataclasses import dataclass

from bot import appeals
from bot.actions import (
    Action,
    Bridge,
    CancelGift,
    Check,
    CheckCovered,
    ChooseAmount,
    Currencies,
    Give,
    Help,
    Home,
    Languages,
    Look,
    MyGifts,
    PickCampaign,
    Privacy,
    Refused,
    ShowCampaign,
    ShowStory,
    parse,
    read_link,
)
from bot.amounts import Clear, Unclear, Unreadable, read_amount
from bot.model import Campaign
from bot.screens import giving as screens
from bot.screens import trouble
from bot.screens.base import Screen
from handlers.routes import Turn, on, route

COMMANDS: dict[str, Action] = {
    "start": Home(),
    "donate": Home(),
    "mygifts": MyGifts(),
    "language": Languages(),
    "currency": Currencies(),
    "help": Help(),
    "privacy": Privacy(),
}


@dataclass(frozen=True, slots=True)
class Typed(Action):
    """Words that are no command."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class CancelCommand(Action):
    """Cancel whatever is in front of the donor."""


@dataclass(frozen=True, slots=True)
class RefundCommand(Action):
    """For staff: a reference, and an amount where only a part goes back."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class RateCommand(Action):
    """For staff: nothing, or a currency, its rate, and a day where it is not today."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a message asks for, and the source named by its link."""

    action: Action
    source: str | None = None


def read(text: str) -> Said:
    """The Action in a private message."""
    if not text.startswith("/"):
        return Said(Typed(text))
    command, _, rest = text[1:].partition(" ")
    name = command.partition("@")[0].lower()
    if name == "start" and rest:
        found = read_link(rest.strip())
        return Said(found.action, found.source)
    if name == "refund":
        return Said(RefundCommand(rest))
    if name == "rate":
        return Said(RateCommand(rest))
    return Said(CancelCommand() if name == "cancel" else COMMANDS.get(name, Help()))


@on(CancelCommand)
async def cancel_command(turn: Turn, _: CancelCommand) -> Screen:
    place = parse(turn.donor.awaiting or "")
    return await route(
        turn, CancelGift(place.donation_id) if isinstance(place, Bridge | Look | Refused) else Home()
    )


@on(Typed)
async def typed(turn: Turn, action: Typed) -> Screen:
    settings = turn.services.settings
    campaigns = turn.open_campaigns
    campaign = _in_front(turn, campaigns)
    home = (
        appeals.currency_for(campaign, turn.donor, _currency_in_front(turn))
        if campaign
        else turn.donor.currency
    )
    match read_amount(action.text, home, settings.currencies):
        case Clear(money=money, rest=rest):
            named = _named(rest, campaigns) or (campaign if not rest else None)
            if rest and named is None:
                return trouble.unknown_text(turn.words)
            return await route(turn, _asked(named, money.minor, money.currency.lower()))
        case Unclear(options=options):
            return screens.unclear(turn.words, campaign, action.text[:40], options)
        case Unreadable(reason=reason):
            return _unreadable(turn, campaign, home, str(reason))


def _asked(campaign: Campaign | None, minor: int, currency: str) -> Action:
    return Check(campaign.id, minor, currency) if campaign else PickCampaign(minor, currency)


def _unreadable(turn: Turn, campaign: Campaign | None, currency: str, reason: str) -> Screen:
    if campaign is None or reason in ("no_number", "empty"):
        return trouble.unknown_text(turn.words)
    return screens.amount(turn.words, campaign, currency, trouble.not_an_amount(turn.words, reason))


def _in_front(turn: Turn, campaigns: list[Campaign]) -> Campaign | None:
    place = parse(turn.donor.awaiting or "")
    if not isinstance(place, ShowCampaign | ShowStory | ChooseAmount | Check | CheckCovered | Give):
        return None
    return next((campaign for campaign in campaigns if campaign.id == place.campaign_id), None)


def _currency_in_front(turn: Turn) -> str:
    place = parse(turn.donor.awaiting or "")
    return place.currency if isinstance(place, ChooseAmount | Check | CheckCovered) else "any"


def _named(rest: str, campaigns: list[Campaign]) -> Campaign | None:
    """The campaign whose name holds every word that stands beside the amount, if there is just one."""
    words = rest.casefold().split()
    found = [one for one in campaigns if words and all(word in _names(one) for word in words)]
    return found[0] if len(found) == 1 else None


def _names(campaign: Campaign) -> str:
    return " ".join([campaign.slug, *(text.title for text in campaign.texts.values())]).casefold()
