"""The report for the authorities, for staff; whoever is no staff gets what they would get if it were not here."""

from bot import appeals, reporting
from bot.actions import Action, ShowReport
from bot.i18n import ZONE
from bot.papers.facts import Report
from bot.periods import Period
from bot.screens import reporting as screens
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, current, on, route


class ReportCommand(Action, frozen=True):
    """The report for the authorities."""

    text: str = ""


command("report", ReportCommand)


@on(ReportCommand, Right.READ)
async def report_command(turn: Turn, _: ReportCommand) -> Screen:
    return await route(turn, ShowReport())


@on(ShowReport, Right.READ)
async def show_report(turn: Turn, action: ShowReport) -> Screen:
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    slug = campaign.slug if campaign else ""
    today = turn.services.clock().astimezone(ZONE).date()
    period = Period.read(action.first, action.last) or Period.month_of(today)
    found = await reporting.report(turn.services, turn.words, slug, period)
    if found is None:
        return await current(turn)
    if action.form in ("pdf", "xlsx"):
        name = reporting.file_name(slug, period, action.form)
        await reporting.taken(turn.services, name, turn.donor.id)
        return await _file(turn, found, slug, name)
    id = campaign.id if campaign else 0
    choices = screens.Choices(
        here=_asking(id, period),
        before=_asking(id, period.before),
        after=_asking(id, period.after) if period.after.first <= today else None,
        month=_asking(id, Period.month_of(today)),
        year=_asking(id, Period.year_of(today)),
    )
    return screens.look(turn.words, found, turn.campaigns, choices)


async def _file(turn: Turn, found: Report, slug: str, name: str) -> Screen:
    if name.endswith(".pdf"):
        return screens.file(turn.words, name, await reporting.as_pdf(turn.words, found))
    whole = await reporting.with_entries(turn.services, turn.words, slug, found)
    return screens.file(turn.words, name, await reporting.as_xlsx(turn.words, whole))


def _asking(campaign_id: int, period: Period) -> ShowReport:
    return ShowReport("look", campaign_id, *period.packed)
