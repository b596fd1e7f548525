"""/export, for staff who handle money: choose days and campaign, take the file."""

from bot import appeals, exporting
from bot.actions import Action, ExportGifts
from bot.exporting import Export, Form
from bot.i18n import ZONE
from bot.periods import Period
from bot.screens import exporting as screens
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, on, route


class ExportCommand(Action, frozen=True):
    """Nothing for this month, a year, or two days."""

    text: str = ""


command("export", ExportCommand)


@on(ExportCommand, Right.MONEY)
async def export_command(turn: Turn, action: ExportCommand) -> Screen:
    if not action.text:
        return await route(turn, ExportGifts())
    today = turn.services.clock().astimezone(ZONE).date()
    period = Period.written(action.text, today)
    return await route(turn, _asking(0, period)) if period else screens.usage(turn.words)


@on(ExportGifts, Right.MONEY)
async def export_gifts(turn: Turn, action: ExportGifts) -> Screen:
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    today = turn.services.clock().astimezone(ZONE).date()
    period = Period.read(action.first, action.last) or Period.month_of(today)
    if action.form in ("csv", "xlsx"):
        form: Form = "csv" if action.form == "csv" else "xlsx"
        return await _file(turn, Export(campaign.slug if campaign else "", period, form))
    id = campaign.id if campaign else 0
    choices = screens.Choices(
        here=_asking(id, period),
        before=_asking(id, period.before),
        after=_asking(id, period.after) if period.after.first <= today else None,
        month=_asking(id, Period.month_of(today)),
        year=_asking(id, Period.year_of(today)),
    )
    return screens.look(turn.words, period, turn.campaigns, choices)


async def _file(turn: Turn, wanted: Export) -> Screen:
    made = await exporting.export_to_chat(turn.services, turn.words, wanted, f"staff {turn.donor.id}")
    if made.content is None:
        return screens.too_large(turn.words, wanted.period, wanted.slug, wanted.form)
    return screens.file(turn.words, wanted.name, made.content, made.rows)


def _asking(campaign_id: int, period: Period) -> ExportGifts:
    return ExportGifts("look", campaign_id, *period.packed)
