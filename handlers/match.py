"""The desk of pledges: found by reference or amount, matched with what arrived, corrected. Strangers learn nothing."""

from bot import pledging, references
from bot.actions import Action, MatchPledge, Pledges, UnmatchPledge
from bot.amounts import Clear, read_amount
from bot.model import PledgeState
from bot.money import Money
from bot.pledging import PledgeFacts
from bot.screens import match as screens
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.freezing import flagged
from handlers.routes import Turn, on


class PledgesCommand(Action, frozen=True):
    """Nothing, a reference, a reference and the amount that arrived, or an amount."""

    text: str = ""


command("pledges", PledgesCommand)


@on(PledgesCommand, Right.MONEY)
async def pledges_command(turn: Turn, action: PledgesCommand) -> Screen:
    text = action.text.strip()
    if not text:
        return await list_pledges(turn, Pledges())
    reference, amount = _split(text)
    facts = await pledging.find(turn.services, reference)
    if facts is not None:
        return _asked(turn, facts, amount)
    match read_amount(text, turn.services.settings.home_currency, turn.services.settings.currencies):
        case Clear(money=money, rest=""):
            desk = await pledging.of_amount(turn.services, money, screens.PAGE)
            return screens.of_amount(turn.words, _known(desk.found), money)
        case _:
            return await _not_found(turn, reference)


def _split(text: str) -> tuple[str, str]:
    """The reference, also where it was written with a space in it, and what stands behind it."""
    first, *others = text.split()
    if not references.is_sound(references.normal(first)) and others:
        joined = references.normal(first + others[0])
        if references.is_sound(joined):
            return joined, " ".join(others[1:])
    return references.normal(first), " ".join(others)


async def _not_found(turn: Turn, reference: str) -> Screen:
    if references.is_sound(reference):
        return screens.unknown(turn.words, references.shown(reference))
    near = await pledging.near(turn.services, reference)
    return screens.wrong(turn.words, references.shown(reference[:24]), _known(near))


def _asked(turn: Turn, facts: PledgeFacts, amount: str) -> Screen:
    pledge = facts.pledge
    if not amount:
        return screens.pledge(turn.words, pledge, facts.campaign, pledge.money)
    match read_amount(amount, pledge.money.currency, turn.services.settings.currencies):
        case Clear(money=money, rest="") if money.currency == pledge.money.currency:
            return screens.pledge(turn.words, pledge, facts.campaign, money)
        case Clear(rest=""):
            return screens.other_currency(turn.words, pledge)
        case _:
            return screens.usage(turn.words)


@on(Pledges, Right.MONEY)
async def list_pledges(turn: Turn, action: Pledges) -> Screen:
    page = max(1, action.page)
    desk = await pledging.open_page(turn.services, page, screens.PAGE)
    return await flagged(turn, screens.listed(turn.words, _known(desk.found), page, desk.count))


def _known(found: list[PledgeFacts]) -> list[screens.Known]:
    return [(one.pledge, one.campaign) for one in found]


@on(MatchPledge, Right.MONEY)
async def match_pledge(turn: Turn, action: MatchPledge) -> Screen:
    facts = await pledging.find(turn.services, action.pledge_id)
    if facts is None:
        return await list_pledges(turn, Pledges())
    received = Money(action.minor or facts.pledge.money.minor, facts.pledge.money.currency)
    if action.sure == "yes":
        facts = await pledging.match(turn.services, action.pledge_id, received, turn.donor.id)
    return screens.pledge(turn.words, facts.pledge, facts.campaign, received)


@on(UnmatchPledge, Right.MONEY)
async def unmatch_pledge(turn: Turn, action: UnmatchPledge) -> Screen:
    facts = await pledging.find(turn.services, action.pledge_id)
    if facts is None:
        return await list_pledges(turn, Pledges())
    if facts.pledge.state is PledgeState.MATCHED and action.why not in ("mistake", "back"):
        return screens.sure_to_unmatch(turn.words, facts.pledge, facts.campaign, facts.received)
    if facts.pledge.state is PledgeState.MATCHED:
        facts = await pledging.unmatch(
            turn.services, action.pledge_id, turn.donor.id, paid_back=action.why == "back"
        )
    return screens.pledge(turn.words, facts.pledge, facts.campaign, facts.pledge.money)
