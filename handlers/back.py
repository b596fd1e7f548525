"""Taking a gift back."""

from bot import refunding
from bot.actions import Undo
from bot.model import DonationState
from bot.screens import back as screens
from bot.screens.base import Screen
from handlers.asking import UndoCommand
from handlers.routes import Turn, on


@on(UndoCommand)
async def undo_command(turn: Turn, _: UndoCommand) -> Screen:
    donation_id = await refunding.newest_undoable(turn.services, turn.donor)
    return await undo(turn, Undo("no", donation_id)) if donation_id else screens.too_late(turn.words)


@on(Undo)
async def undo(turn: Turn, action: Undo) -> Screen:
    if action.sure != "yes":
        return screens.sure_to_undo(
            turn.words, await refunding.undoable(turn.services, turn.donor, action.donation_id)
        )
    donation = await refunding.undo(turn.services, turn.donor, action.donation_id)
    if donation.state is DonationState.REFUNDED:
        # The note of the refund is owed, and is the answer.
        return Screen("", is_silent=True)
    return screens.undoing(turn.words, donation)
