"""The donor's own gifts, and their privacy."""

from bot import mine
from bot.actions import EraseMine, ExportMine, MyGifts, Privacy
from bot.screens import mine as screens
from bot.screens.base import Screen
from bot.screens.home import LANGUAGE_NAMES
from handlers.routes import Turn, on


@on(MyGifts)
async def my_gifts(turn: Turn, action: MyGifts) -> Screen:
    page = max(1, action.page)
    found = await mine.gifts(turn.services, turn.donor, page, screens.PAGE)
    return screens.gifts(
        turn.words,
        found.donations,
        found.campaigns,
        page,
        found.count,
        found.monthly,
        promised=found.pledges,
    )


@on(Privacy)
async def privacy(turn: Turn, _: Privacy) -> Screen:
    found = await mine.gifts(turn.services, turn.donor, 1, 1)
    language, currency = LANGUAGE_NAMES[turn.donor.language], turn.donor.currency
    return screens.privacy(turn.words, language, currency, found.count, is_muted=turn.donor.is_muted)


@on(ExportMine)
async def export(turn: Turn, _: ExportMine) -> Screen:
    return screens.export(turn.words, await mine.export(turn.services, turn.donor))


@on(EraseMine)
async def erase(turn: Turn, action: EraseMine) -> Screen:
    if action.sure != "yes":
        found = await mine.gifts(turn.services, turn.donor, 1, 1)
        return screens.sure_to_erase(turn.words, len(found.pledges))
    is_gone = await mine.erase(turn.services, turn.donor)
    return screens.erased(turn.words) if is_gone else screens.cannot_erase_yet(turn.words)
