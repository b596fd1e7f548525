"""What donors type: commands, links after /start, and amounts anywhere."""

from msgspec import Struct

from bot import appeals, monthly
from bot.actions import (
    Action,
    Bridge,
    CancelGift,
    ChangeMonthly,
    Check,
    CheckCovered,
    CheckMonthly,
    ChooseAmount,
    ChooseTerm,
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
from handlers import asking
from handlers.commands import command, find
from handlers.monthly import typed_end
from handlers.routes import Turn, on, route, taken

_MONTHLY = (
    "every month",
    "monthly",
    "a month",
    "par mois",
    "mensuellement",
    "mensuel",
    "chaque mois",
    "كل شهر",
    "شهريا",
    "شهرياً",
)
for _name, _action in {
    "start": Home(),
    "donate": Home(),
    "mygifts": MyGifts(),
    "language": Languages(),
    "currency": Currencies(),
    "help": Help(),
    "privacy": Privacy(),
}.items():
    command(_name, _action)


class Typed(Action, frozen=True):
    """Words that are no command."""

    text: str = ""


class CancelCommand(Action, frozen=True):
    """Cancel whatever is in front of the donor."""


command("cancel", CancelCommand())


class Said(Struct, frozen=True):
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
    return Said(find(name, rest) or Help())


@on(CancelCommand)
async def cancel_command(turn: Turn, _: CancelCommand) -> Screen:
    place = parse(turn.donor.awaiting or "")
    return await route(
        turn, CancelGift(place.donation_id) if isinstance(place, Bridge | Look | Refused) else Home()
    )


@on(Typed)
async def typed(turn: Turn, action: Typed) -> Screen:
    if screen := await taken(turn):
        return screen
    if asked := asking.typed(action.text):
        return await route(turn, asked)
    place = parse(turn.donor.awaiting or "")
    if isinstance(place, ChooseTerm) and (screen := typed_end(turn, place, action.text)):
        return screen
    if isinstance(place, ChangeMonthly):
        return await _new_monthly_amount(turn, place, action.text)
    return await _amount(turn, action)


async def _new_monthly_amount(turn: Turn, place: ChangeMonthly, text: str) -> Screen:
    found = await monthly.facts(turn.services, turn.donor, place.monthly_id)
    code = found.gift.money.currency
    match read_amount(text, code, (code,)):
        case Clear(money=money, rest=""):
            return await route(turn, ChangeMonthly("no", money.minor, place.monthly_id))
        case _:
            return await route(turn, ChangeMonthly("no", 0, place.monthly_id))


async def _amount(turn: Turn, action: Typed) -> Screen:
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
            is_monthly, rest = _without_monthly(rest)
            is_monthly = is_monthly or _is_monthly_in_front(turn)
            named = _named(rest, campaigns) or (campaign if not rest else None)
            if rest and named is None:
                return trouble.unknown_text(turn.words)
            return await route(
                turn, _asked(named, money.minor, money.currency.lower(), is_monthly=is_monthly)
            )
        case Unclear(options=options):
            return screens.unclear(turn.words, campaign, action.text[:40], options)
        case Unreadable(reason=reason):
            return _unreadable(turn, campaign, home, str(reason))


def _asked(campaign: Campaign | None, minor: int, currency: str, *, is_monthly: bool) -> Action:
    if campaign is None:
        return PickCampaign(minor, currency)
    kind = ChooseTerm if is_monthly else Check
    return kind(campaign.id, minor, currency)


def _without_monthly(rest: str) -> tuple[bool, str]:
    """Whether the words beside an amount say "every month", and the others."""
    words = rest.casefold()
    for one in _MONTHLY:
        if one in words:
            return True, words.replace(one, " ").strip()
    return False, rest


def _unreadable(turn: Turn, campaign: Campaign | None, currency: str, reason: str) -> Screen:
    if campaign is None or reason in ("no_number", "empty"):
        return trouble.unknown_text(turn.words)
    return screens.amount(turn.words, campaign, currency, trouble.not_an_amount(turn.words, reason))


def _in_front(turn: Turn, campaigns: list[Campaign]) -> Campaign | None:
    place = parse(turn.donor.awaiting or "")
    if not isinstance(
        place,
        ShowCampaign | ShowStory | ChooseAmount | Check | CheckCovered | Give | ChooseTerm | CheckMonthly,
    ):
        return None
    return next((campaign for campaign in campaigns if campaign.id == place.campaign_id), None)


def _is_monthly_in_front(turn: Turn) -> bool:
    return isinstance(parse(turn.donor.awaiting or ""), ChooseTerm | CheckMonthly)


def _currency_in_front(turn: Turn) -> str:
    place = parse(turn.donor.awaiting or "")
    if isinstance(place, ChooseAmount | Check | CheckCovered | ChooseTerm | CheckMonthly):
        return place.currency
    return "any"


def _named(rest: str, campaigns: list[Campaign]) -> Campaign | None:
    """The campaign whose name holds every word that stands beside the amount, if there is just one."""
    words = rest.casefold().split()
    found = [one for one in campaigns if words and all(word in _names(one) for word in words)]
    return found[0] if len(found) == 1 else None


def _names(campaign: Campaign) -> str:
    return " ".join([campaign.slug, *(text.title for text in campaign.texts.values())]).casefold()
