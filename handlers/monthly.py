"""Monthly gifts: agreeing to one, and what a donor does with it later."""

from bot import appeals, giving, monthly
from bot.actions import (
    ChangeMonthly,
    CheckMonthly,
    ChooseTerm,
    GiveMonthly,
    Home,
    NewCard,
    PauseMonthly,
    ShowMonthly,
    StopForDonor,
    StopMonthly,
)
from bot.i18n import ZONE
from bot.model import Campaign, MonthlyState
from bot.money import Money
from bot.months import Term, charges_before, read_day, read_term
from bot.screens import desk
from bot.screens import monthly as screens
from bot.screens.base import Screen
from bot.settling import Standing
from bot.staff import Right
from handlers.giving import stands
from handlers.routes import Turn, on, route


@on(ChooseTerm)
async def choose_term(turn: Turn, action: ChooseTerm) -> Screen:
    campaign = _taking(turn, action.campaign_id, action.money)
    return _terms(turn, campaign, action.money) if campaign else await route(turn, Home())


def _taking(turn: Turn, campaign_id: int, money: Money) -> Campaign | None:
    """The campaign, if it is there; raises where it does not take this amount."""
    campaign = appeals.find(turn.campaigns, campaign_id)
    if campaign is not None:
        campaign.accept(money, turn.services.clock())
    return campaign


def _terms(turn: Turn, campaign: Campaign, money: Money, note: str | None = None) -> Screen:
    return screens.terms(turn.words, campaign, money, turn.services.clock(), campaign.appeal.rhythms, note)


def typed_end(turn: Turn, place: ChooseTerm, text: str) -> Screen | None:
    """A day, written where the end of a monthly gift is asked; None for what is meant as something else."""
    campaign = appeals.find(turn.campaigns, place.campaign_id)
    if campaign is None:
        return None
    if (day := read_day(text)) is not None:
        return _check(turn, campaign, place.money, Term(until=day))
    looks_like_one = text.count("/") == 2 or text.count("-") == 2
    return _terms(turn, campaign, place.money, screens.not_a_day(turn.words)) if looks_like_one else None


@on(CheckMonthly)
async def check_monthly(turn: Turn, action: CheckMonthly) -> Screen:
    campaign = _taking(turn, action.campaign_id, action.money)
    if campaign is None:
        return await route(turn, Home())
    term = read_term(action.term)
    return _check(turn, campaign, action.money, term) if term else _terms(turn, campaign, action.money)


def _check(turn: Turn, campaign: Campaign, money: Money, term: Term) -> Screen:
    now = turn.services.clock()
    end = term.end(now, ZONE, campaign.ends_at)
    if end is not None and (end <= now or charges_before(now, end) < 2):
        return _terms(turn, campaign, money, screens.too_short(turn.words))
    statement = turn.services.settings.statement_descriptor
    return screens.check(turn.words, campaign, money, term, end, now, statement)


@on(GiveMonthly)
async def give_monthly(turn: Turn, action: GiveMonthly) -> Screen:
    donation = await giving.open_checkout(turn.services, turn.donor, action)
    return await stands(turn, Standing(donation), is_new=True)


@on(ShowMonthly)
async def show(turn: Turn, action: ShowMonthly) -> Screen:
    return _plan(turn, await monthly.facts(turn.services, turn.donor, action.monthly_id))


def _plan(turn: Turn, found: monthly.MonthlyFacts) -> Screen:
    screen = screens.plan if found.gift.is_live else screens.over
    return screen(turn.words, found.gift, found.campaign, found.count, found.given)


@on(StopMonthly)
async def stop(turn: Turn, action: StopMonthly) -> Screen:
    found = await monthly.facts(turn.services, turn.donor, action.monthly_id)
    if not found.gift.is_live:
        return _plan(turn, found)
    if action.sure != "yes":
        return screens.sure_to_stop(turn.words, found.gift, found.campaign)
    return _plan(turn, await monthly.stop(turn.services, turn.donor, action.monthly_id))


@on(PauseMonthly)
async def pause(turn: Turn, action: PauseMonthly) -> Screen:
    found = await monthly.facts(turn.services, turn.donor, action.monthly_id)
    if not found.gift.is_live:
        return _plan(turn, found)
    if action.months == 0:
        return screens.how_long_to_pause(turn.words, found.gift, found.campaign)
    months = action.months if action.months in (1, 2, 3) else 0
    return _plan(turn, await monthly.pause(turn.services, turn.donor, action.monthly_id, months))


@on(ChangeMonthly)
async def change(turn: Turn, action: ChangeMonthly) -> Screen:
    found = await monthly.facts(turn.services, turn.donor, action.monthly_id)
    if not found.gift.is_live:
        return _plan(turn, found)
    if action.minor == 0:
        return screens.new_amount(turn.words, found.gift, found.campaign)
    money = Money(action.minor, found.gift.money.currency)
    found.campaign.accept(money, turn.services.clock())
    if action.sure != "yes":
        return screens.sure_to_change(turn.words, found.gift, found.campaign, money)
    return _plan(turn, await monthly.change(turn.services, turn.donor, action.monthly_id, money))


@on(NewCard)
async def new_card(turn: Turn, action: NewCard) -> Screen:
    found = await monthly.facts(turn.services, turn.donor, action.monthly_id)
    if not found.gift.is_live:
        return _plan(turn, found)
    url = await monthly.new_card(turn.services, turn.donor, action.monthly_id)
    return screens.card(turn.words, found.gift, url)


@on(StopForDonor, Right.MONEY)
async def stop_for_donor(turn: Turn, action: StopForDonor) -> Screen:
    """Staff stop a monthly gift."""
    if action.sure != "yes":
        return desk.sure_to_stop(turn.words, action.monthly_id)
    found = await monthly.stop_for_staff(turn.services, action.monthly_id, turn.donor.id)
    if found is None:
        return desk.unknown(turn.words)
    return desk.stopped(turn.words, is_over=found.gift.state is MonthlyState.ENDED)
