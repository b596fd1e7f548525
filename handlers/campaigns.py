"""Campaigns, run by staff from the chat: looked at, opened, paused, closed, put in order. Strangers learn nothing."""

from bot import campaigning
from bot.actions import (
    Campaigns,
    DropDraft,
    ManageCampaign,
    MoveCampaign,
    PreviewCampaign,
    ShiftCampaign,
    ShowCampaign,
    link,
)
from bot.campaigning import Managed
from bot.config import LANGUAGES
from bot.drafting import Fault, Part, Refusal
from bot.i18n import Words
from bot.model import Campaign, CampaignState
from bot.questions import first_open
from bot.screens import campaigns as screens
from bot.screens import giving, home, questions
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, on

command("campaigns", Campaigns())


@on(Campaigns, Right.READ)
async def list_campaigns(turn: Turn, action: Campaigns) -> Screen:
    every = await campaigning.everything(turn.services)
    return screens.listed(
        turn.words, every, action.page, turn.services.clock(), may_change=turn.may(Right.CAMPAIGNS)
    )


@on(ManageCampaign, Right.READ)
async def manage(turn: Turn, action: ManageCampaign) -> Screen:
    return await shown(turn, action.campaign_id)


async def shown(turn: Turn, campaign_id: int, note: str | None = None) -> Screen:
    """One campaign as staff see it."""
    found = await campaigning.find(turn.services, campaign_id)
    return questions.gone(turn.words) if found is None else card(turn, found.campaign, note)


def card(turn: Turn, campaign: Campaign, note: str | None = None) -> Screen:
    return screens.managed(
        turn.words,
        campaign,
        f"{turn.services.chat_url}?start=c_{campaign.slug}",
        turn.services.clock(),
        first_open(campaign, turn.words.language),
        note,
        may_change=turn.may(Right.CAMPAIGNS),
    )


@on(PreviewCampaign, Right.READ)
async def preview(turn: Turn, action: PreviewCampaign) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id)
    if found is None or action.language not in LANGUAGES or action.face not in screens.FACES:
        return questions.gone(turn.words)
    words = turn.services.catalogues.words(action.language)
    seen = _as_donors_see(turn, words, found.campaign, action.face)
    return screens.preview(turn.words, found.campaign, action.face, action.language, seen)


def _as_donors_see(turn: Turn, words: Words, campaign: Campaign, face: str) -> Screen:
    now = turn.services.clock()
    # A draft is shown as it will be once it is open.
    is_open = campaign.state is CampaignState.DRAFT or campaign.is_open_at(now)
    if face == "story":
        return home.story(words, campaign, is_open=is_open)
    if face == "amounts" and campaign.goal.currency in campaign.limits:
        return giving.amount(words, campaign, campaign.goal.currency)
    address = f"{turn.services.chat_url}?start={link(ShowCampaign(campaign.id), 'share')}"
    other = home.next_need(turn.open_campaigns, campaign.id)
    earlier = campaign.earlier_goal(now)
    return home.campaign(words, campaign, address, is_open=is_open, earlier=earlier, next_need=other)


@on(MoveCampaign, Right.CAMPAIGNS)
async def move(turn: Turn, action: MoveCampaign) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id, is_ending=True)
    if found is None or action.to not in ("open", "paused", "closed"):
        return questions.gone(turn.words)
    to = CampaignState(action.to)
    if action.sure != "yes" and found.campaign.state is not to:
        return _sure(turn, found, to)
    after = await campaigning.move(turn.services, action.campaign_id, by(turn), to)
    return _stopped(turn, found.campaign, after) if isinstance(after, Refusal) else _done(turn, after)


def _done(turn: Turn, campaign: Campaign) -> Screen:
    return card(turn, campaign, screens.moved(turn.words, campaign.state))


def _sure(turn: Turn, found: Managed, to: CampaignState) -> Screen:
    campaign = found.campaign
    if to is CampaignState.PAUSED:
        return screens.sure_to_pause(turn.words, campaign, found.open_pages, found.live_monthly)
    if to is CampaignState.CLOSED:
        other = home.next_need(turn.open_campaigns, campaign.id)
        return screens.sure_to_close(turn.words, campaign, found.open_pages, found.live_monthly, other)
    if refusal := campaigning.why_not_open(campaign, turn.services):
        return _stopped(turn, campaign, refusal)
    return screens.sure_to_open(turn.words, campaign)


def _stopped(turn: Turn, campaign: Campaign, refusal: Refusal) -> Screen:
    if refusal.fault is Fault.LACKS:
        return card(turn, campaign, screens.needs(turn.words, campaign))
    return card(turn, campaign, questions.refused(turn.words, refusal, Part.END))


@on(ShiftCampaign, Right.CAMPAIGNS)
async def shift(turn: Turn, action: ShiftCampaign) -> Screen:
    await campaigning.shift(turn.services, action.campaign_id, by(turn), -1 if action.way == "up" else 1)
    return await list_campaigns(turn, Campaigns())


@on(DropDraft, Right.CAMPAIGNS)
async def drop(turn: Turn, action: DropDraft) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id)
    if found is None or found.campaign.state is not CampaignState.DRAFT:
        return questions.gone(turn.words)
    if action.sure != "yes":
        return screens.sure_to_drop(turn.words, found.campaign)
    if await campaigning.drop(turn.services, action.campaign_id, by(turn)):
        return await list_campaigns(turn, Campaigns())
    refusal = questions.refused(turn.words, Refusal(Fault.FIXED), Part.SLUG)
    return card(turn, found.campaign, refusal)


def by(turn: Turn) -> str:
    """Who acts, as the audit log names them."""
    return f"staff {turn.donor.id}"
