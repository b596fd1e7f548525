"""Links, QR codes and posters for staff, and what came of each source."""

from bot import appeals, sources
from bot.actions import LinkAmount, LinkSource, MakeLink, ShowLink, ShowSources
from bot.amounts import Clear, Unclear, read_amount
from bot.config import LANGUAGES
from bot.errors import GiftTooLarge, GiftTooSmall
from bot.model import Campaign
from bot.money import Money
from bot.papers import code, postering
from bot.papers.printing import printed
from bot.screens import poster, trouble
from bot.screens import sources as screens
from bot.screens.base import Screen
from bot.screens.sources import Made
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, on, takes

command("link", MakeLink())
command("sources", ShowSources())


@on(MakeLink, Right.SPEAK)
async def make_link(turn: Turn, _: MakeLink) -> Screen:
    return screens.campaigns(turn.words, turn.open_campaigns)


@on(LinkAmount, Right.SPEAK)
async def link_amount(turn: Turn, action: LinkAmount) -> Screen:
    return await _amount(turn, action.campaign_id)


async def _amount(turn: Turn, campaign_id: int, note: str | None = None) -> Screen:
    campaign = appeals.find(turn.open_campaigns, campaign_id)
    if campaign is None:
        return await make_link(turn, MakeLink())
    return screens.amount(turn.words, campaign, appeals.currency_for(campaign, turn.donor), note)


@takes(LinkAmount, Right.SPEAK)
async def take_amount(turn: Turn, action: LinkAmount) -> Screen:
    campaign, message = appeals.find(turn.open_campaigns, action.campaign_id), turn.incoming
    text = message.content.text if message and message.content else ""
    if campaign is None:
        return await make_link(turn, MakeLink())
    home = appeals.currency_for(campaign, turn.donor)
    match read_amount(text, home, tuple(campaign.limits)):
        case Clear(money=money, rest=""):
            return await _taken_amount(turn, campaign, money)
        case Clear() | Unclear():
            return await _amount(turn, campaign.id, trouble.not_an_amount(turn.words, ""))
        case found:
            return await _amount(turn, campaign.id, trouble.not_an_amount(turn.words, str(found.reason)))


async def _taken_amount(turn: Turn, campaign: Campaign, money: Money) -> Screen:
    if not sources.whole(money):
        return await _amount(turn, campaign.id, screens.not_whole(turn.words))
    try:
        campaign.accept(money, turn.services.clock())
    except (GiftTooSmall, GiftTooLarge) as error:
        return await _amount(turn, campaign.id, trouble.limit(turn.words, error))
    return screens.source(turn.words, LinkSource(campaign.id, money.minor, money.currency.lower()))


@on(LinkSource, Right.SPEAK)
async def link_source(turn: Turn, action: LinkSource) -> Screen:
    return screens.source(turn.words, action)


@takes(LinkSource, Right.SPEAK)
async def take_source(turn: Turn, action: LinkSource) -> Screen:
    message = turn.incoming
    name = sources.clean(message.content.text if message and message.content else "")
    if not name:
        return screens.source(turn.words, action, is_unreadable=True)
    return await show_link(turn, ShowLink(action.campaign_id, action.minor, action.currency, name))


@on(ShowLink, Right.SPEAK)
async def show_link(turn: Turn, action: ShowLink) -> Screen:
    campaign = appeals.find(turn.open_campaigns, action.campaign_id)
    money = _money(campaign, action)
    if campaign is None or (action.minor and money is None) or not sources.is_clean(action.source):
        return await make_link(turn, MakeLink())
    url = sources.url(turn.services, campaign, money, action.source)
    made = Made(campaign, money, action.source if action.source != sources.NONE else "", url)
    if action.form == "qr":
        return screens.file(turn.words, made, "qr", code.picture(url))
    if action.form in (*LANGUAGES, "all"):
        return screens.file(turn.words, made, action.form, await _poster(turn, made, action.form))
    return screens.link(turn.words, made, action)


def _money(campaign: Campaign | None, action: ShowLink) -> Money | None:
    """None where it names no amount, or one that no link can name."""
    if campaign is None or not action.minor or action.currency.upper() not in campaign.limits:
        return None
    return action.money if sources.whole(action.money) else None


async def _poster(turn: Turn, made: Made, form: str) -> bytes:
    spoken = [turn.services.catalogues.words(one) for one in (LANGUAGES if form == "all" else (form,))]
    one = poster.poster(spoken, made.campaign, made.money, made.url, turn.services.clock())
    return await printed(postering.as_pdf, one)


@on(ShowSources, Right.READ)
async def show_sources(turn: Turn, _: ShowSources) -> Screen:
    return screens.listed(turn.words, await sources.came(turn.services))
