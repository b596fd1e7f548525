"""`/roles`: who is staff, added by contact or by a link, changed, taken away. And whoever follows such a link."""

from bot import staffing
from bot.actions import AddStaff, GiveRole, Invite, Join, Roles, ShowMember, TakeRole, invitation
from bot.screens import roles as screens
from bot.screens.base import Screen
from bot.staff import Refusal, Right, Role
from handlers.commands import command
from handlers.routes import Turn, on, takes

command("roles", Roles())


@on(Roles, Right.ROLES)
async def list_roles(turn: Turn, action: Roles) -> Screen:
    return screens.listed(turn.words, await staffing.everybody(turn.services), max(1, action.page))


@on(ShowMember, Right.ROLES)
async def show_member(turn: Turn, action: ShowMember) -> Screen:
    person = await staffing.find(turn.services, _id(action.person))
    return screens.member(turn.words, person) if person else screens.refused(turn.words, Refusal.GONE)


@on(GiveRole, Right.ROLES)
async def give_role(turn: Turn, action: GiveRole) -> Screen:
    person = await staffing.find(turn.services, _id(action.person))
    if person is None:
        return screens.refused(turn.words, Refusal.GONE)
    role = _role(action.role)
    return await _give(turn, person.telegram_id, role) if role else screens.other_role(turn.words, person)


@on(TakeRole, Right.ROLES)
async def take_role(turn: Turn, action: TakeRole) -> Screen:
    person = await staffing.find(turn.services, _id(action.person))
    if person is None or person.is_first:
        return screens.refused(turn.words, Refusal.FIRST if person else Refusal.GONE)
    if action.sure != "yes":
        return screens.sure_to_take(turn.words, person)
    refusal = await staffing.take(turn.services, turn.donor, person.telegram_id)
    return screens.refused(turn.words, refusal or Refusal.GONE)


@on(AddStaff, Right.ROLES)
async def add_staff(turn: Turn, action: AddStaff) -> Screen:
    role = _role(action.role)
    return screens.who(turn.words, role) if role else screens.which(turn.words)


@takes(AddStaff, Right.ROLES)
async def take_contact(turn: Turn, action: AddStaff) -> Screen:
    role, contact = _role(action.role), turn.incoming.contact if turn.incoming else None
    if role is None:
        return screens.which(turn.words)
    if not contact:
        note = screens.no_contact if contact is None else screens.contact_without_telegram
        return screens.who(turn.words, role, note(turn.words))
    return await _give(turn, contact, role)


@on(Invite, Right.ROLES)
async def invite(turn: Turn, action: Invite) -> Screen:
    role = _role(action.role)
    if role is None:
        return screens.which(turn.words)
    secret = await staffing.invite(turn.services, turn.donor, role)
    if isinstance(secret, Refusal):
        return screens.refused(turn.words, secret)
    return screens.link(turn.words, role, f"{turn.services.chat_url}?start={invitation(secret)}")


@on(Join)
async def join(turn: Turn, action: Join) -> Screen:
    """Anybody may come with a link; only its secret makes them staff."""
    person = await staffing.join(turn.services, turn.donor, action.secret)
    if isinstance(person, Refusal):
        return screens.refused(turn.words, person)
    return screens.joined(turn.words, person)


async def _give(turn: Turn, telegram_id: int, role: Role) -> Screen:
    person = await staffing.give(turn.services, turn.donor, telegram_id, role)
    if isinstance(person, Refusal):
        return screens.refused(turn.words, person)
    return screens.member(turn.words, person)


def _id(person: str) -> int:
    """0, which nobody has, where it is no number."""
    return int(person) if person.isdecimal() else 0


def _role(name: str) -> Role | None:
    return next((one for one in Role if one == name), None)
