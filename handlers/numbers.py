"""Figures for staff: today beside yesterday, and whether the digest comes each morning."""

from bot import appeals, digesting, figuring
from bot.actions import ShowStats, ShowToday, SwitchDigest
from bot.screens import numbers as screens
from bot.screens import stats
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.freezing import flagged
from handlers.routes import Turn, on, route

command("today", ShowToday())
command("stats", ShowStats())


@on(ShowToday, Right.READ)
async def show_today(turn: Turn, _: ShowToday) -> Screen:
    found = await digesting.today(turn.services)
    titles = {one.slug: one.text(turn.donor.language).title for one in turn.campaigns}
    has_digest = turn.services.settings.digest_at is not None
    is_sent = await digesting.wants(turn.services, turn.donor.id) if has_digest else None
    screen = screens.today(turn.words, found.now, found.before, titles, is_sent=is_sent)
    return await flagged(turn, screen)


@on(SwitchDigest, Right.READ)
async def switch_digest(turn: Turn, action: SwitchDigest) -> Screen:
    await digesting.switch(turn.services, turn.donor.id, on=action.on == "yes")
    return await route(turn, ShowToday())


@on(ShowStats, Right.READ)
async def show_stats(turn: Turn, action: ShowStats) -> Screen:
    days = action.days if action.days in stats.SPANS else stats.SPANS[1]
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    here = ShowStats(days, campaign.id if campaign else 0)
    found = await figuring.stats(turn.services, days, campaign.slug if campaign else None)
    titles = {one.slug: one.text(turn.words.language).title for one in turn.campaigns}
    picture = await figuring.chart(turn.services, turn.words, found, titles)
    may_export = turn.may(Right.MONEY)
    return stats.picture(turn.words, found, picture, turn.campaigns, here, may_export=may_export)
