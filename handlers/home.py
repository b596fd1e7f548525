"""Home, campaigns, languages, currencies and help."""

from bot import appeals
from bot.actions import (
    CampaignLink,
    Check,
    ChooseAmount,
    Currencies,
    Help,
    Home,
    Languages,
    SetCurrency,
    SetLanguage,
    ShowCampaign,
    ShowStory,
    link,
)
from bot.config import LANGUAGES
from bot.mine import choose
from bot.screens import home as screens
from bot.screens.base import Screen
from handlers.freezing import flagged
from handlers.routes import Turn, current, on, route


@on(Home)
async def home(turn: Turn, _: Home) -> Screen:
    return await flagged(turn, screens.home(turn.words, turn.open_campaigns))


@on(ShowCampaign)
async def show_campaign(turn: Turn, action: ShowCampaign) -> Screen:
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    if campaign is None:
        return await home(turn, Home())
    now = turn.services.clock()
    return screens.campaign(
        turn.words,
        campaign,
        f"{turn.services.chat_url}?start={link(action, 'share')}",
        is_open=campaign.is_open_at(now),
        earlier=campaign.earlier_goal(now),
        next_need=screens.next_need(turn.open_campaigns, campaign.id),
    )


@on(ShowStory)
async def show_story(turn: Turn, action: ShowStory) -> Screen:
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    if campaign is None:
        return await home(turn, Home())
    return screens.story(turn.words, campaign, is_open=campaign.is_open_at(turn.services.clock()))


@on(CampaignLink)
async def follow_link(turn: Turn, action: CampaignLink) -> Screen:
    campaign = appeals.named(turn.campaigns, action.slug)
    if campaign is None:
        return await home(turn, Home())
    if action.major and (money := appeals.linked_amount(campaign, action, turn.donor)):
        return await route(turn, Check(campaign.id, money.minor, money.currency.lower()))
    if action.currency != "any":
        return await route(turn, ChooseAmount(campaign.id, action.currency))
    return await show_campaign(turn, ShowCampaign(campaign.id))


@on(Languages)
async def languages(turn: Turn, _: Languages) -> Screen:
    return screens.languages(turn.words)


@on(SetLanguage)
async def set_language(turn: Turn, action: SetLanguage) -> Screen:
    if action.language not in LANGUAGES:
        return await languages(turn, Languages())
    await choose(turn.services, turn.donor, language=action.language)
    if turn.is_staff:
        turn.services.bells.menus.set()
    spoken = turn.speaking(action.language)
    return await (home(spoken, Home()) if turn.donor.awaiting == "languages" else current(spoken))


@on(Currencies)
async def currencies(turn: Turn, _: Currencies) -> Screen:
    return screens.currencies(turn.words, turn.services.settings.currencies, turn.donor.currency)


@on(SetCurrency)
async def set_currency(turn: Turn, action: SetCurrency) -> Screen:
    if (code := action.currency.upper()) in turn.services.settings.currencies:
        await choose(turn.services, turn.donor, currency=code)
    return await home(turn, Home())


@on(Help)
async def show_help(turn: Turn, _: Help) -> Screen:
    if not turn.campaigns:
        return await home(turn, Home())
    appeal = turn.campaigns[0].appeal
    can_ask = turn.services.settings.help_chat_id is not None
    return screens.help_screen(turn.words, appeal.operator, appeal.contact, can_ask=can_ask)
