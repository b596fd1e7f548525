"""`/admin`, the desk's front page: what this role may do. And `/audit`: what was done."""

from bot import staffing
from bot.actions import Admin, Audit
from bot.screens import audit, menu
from bot.screens import roles as screens
from bot.screens.base import Button, Screen
from bot.staff import Right
from handlers.commands import command, find, names
from handlers.freezing import flagged
from handlers.routes import Turn, on

command("admin", Admin())
command("audit", Audit())


@on(Admin, Right.READ)
async def front(turn: Turn, _: Admin) -> Screen:
    if turn.role is None:
        raise LookupError("the desk without a role")
    commands = [one for one in menu.staff(turn.words, turn.role.rights, names()) if one[0] != "admin"]
    buttons = _buttons(commands)
    written = [one for one in commands if one[1] not in {button.label for button in buttons}]
    return await flagged(turn, screens.front(turn.words, turn.role, written, buttons))


def _buttons(commands: list[tuple[str, str]]) -> list[Button]:
    """One for each command that needs no words behind it; the others are to be written."""
    asked = ((label, find(name, "")) for name, label in commands)
    return [Button(label, action) for label, action in asked if action and action.word]


@on(Audit, Right.ROLES)
async def show_audit(turn: Turn, action: Audit) -> Screen:
    found = await staffing.done(turn.services, audit.PAGE + 1, action.before)
    shown = [
        audit.Shown(one.id, one.at, one.by, one.act, one.subject, one.before, one.after)
        for one in found[: audit.PAGE]
    ]
    return audit.listed(turn.words, shown, action.before, has_older=len(found) > audit.PAGE)
