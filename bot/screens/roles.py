"""Who is staff, as owners see it; what a role may do; and what people read who join, or may not. Staff are codes."""

from collections.abc import Sequence

from bot.actions import AddStaff, Admin, Audit, GiveRole, Home, Invite, Roles, ShowMember, TakeRole
from bot.i18n import Words
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.staff import Person, Refusal, Right, Role

PAGE = 8


def name(words: Words, role: Role) -> str:
    match role:
        case Role.OWNER:
            return words.label("Owner")
        case Role.FINANCE:
            return words.label("Finance")
        case Role.MESSAGES:
            return words.label("Messages")
        case Role.READER:
            return words.label("Reader")


def may(words: Words, role: Role) -> str:
    """What this role is for, in one sentence."""
    match role:
        case Role.OWNER:
            return words.text("Everything: money, messages, campaigns, and who is staff.")
        case Role.FINANCE:
            return words.text(
                "Numbers and reports, refunds, promises, rates, exports, and freezing card payments."
            )
        case Role.MESSAGES:
            return words.text("Numbers and reports, broadcasts, questions of donors, and links.")
        case Role.READER:
            return words.text("Numbers and reports, to look at only.")


def listed(words: Words, people: Sequence[Person], page: int) -> Screen:
    """Everybody of the staff, a page at a time."""
    shown = people[(page - 1) * PAGE : page * PAGE]
    title = words.plural("<b>{n} person of the staff</b>", "<b>{n} people of the staff</b>", len(people))
    newer = (Button(words.label("Previous"), Roles(page - 1)),) if page > 1 else ()
    older = (Button(words.label("Next"), Roles(page + 1)),) if page * PAGE < len(people) else ()
    choices = [_choice(words, one) for one in shown]
    return Screen(
        paragraphs(title, *(_item(words, one) for one in shown)),
        rows(
            *(tuple(choices[at : at + 2]) for at in range(0, len(choices), 2)),
            newer + older,
            Button(words.label("Add someone"), AddStaff(), style="primary"),
            (Button(words.label("What was done"), Audit()), Button(words.label("The desk"), Admin())),
        ),
        awaiting=Roles(page),
    )


def _choice(words: Words, one: Person) -> Button:
    label = words.label("{code} · {role}", code=one.code, role=name(words, one.role))
    return Button(label, ShowMember(str(one.telegram_id)))


def _item(words: Words, one: Person) -> str:
    return lines(
        words.text("<b>{code}</b> · {role}", code=one.code, role=name(words, one.role)),
        words.text("since {date}, by {code}", date=words.date(one.since), code=one.by)
        if one.since
        else words.text("named in the settings"),
    )


def member(words: Words, one: Person) -> Screen:
    """One of them, with what can be changed."""
    person = str(one.telegram_id)
    text = paragraphs(
        _item(words, one),
        may(words, one.role),
        words.text("The settings name this owner: nobody can change that here.") if one.is_first else None,
        None
        if one.has_spoken
        else words.text("They have not opened this chat yet. They can work here once they press Start."),
    )
    change = Button(words.label("Another role"), GiveRole("none", person))
    take = Button(words.label("Take the role away"), TakeRole("no", person), style="danger")
    own = () if one.is_first else (change, take)
    return Screen(text, rows(*own, _all(words)), awaiting=ShowMember(person))


def other_role(words: Words, one: Person) -> Screen:
    """Which role they shall have instead."""
    person = str(one.telegram_id)
    text = paragraphs(_item(words, one), words.text("Which role instead?"), _explained(words))
    choices = [Button(name(words, role), GiveRole(role, person)) for role in Role if role is not one.role]
    keep = Button(words.label("No, keep it"), ShowMember(person))
    return Screen(text, rows(*choices, keep), awaiting=GiveRole("none", person))


def sure_to_take(words: Words, one: Person) -> Screen:
    """The last tap before somebody is no staff any more."""
    person = str(one.telegram_id)
    text = paragraphs(_item(words, one), words.text("Take this role away? It ends at once."))
    yes = Button(words.label("Yes, take it away"), TakeRole("yes", person), style="danger")
    no = Button(words.label("No, keep it"), ShowMember(person))
    return Screen(text, rows(yes, no), awaiting=ShowMember(person))


def which(words: Words) -> Screen:
    """The first question about somebody new."""
    text = paragraphs(words.text("Which role shall they have?"), _explained(words))
    return Screen(
        text,
        rows(*(Button(name(words, role), AddStaff(role)) for role in Role), _all(words)),
        awaiting=AddStaff(),
    )


def _explained(words: Words) -> str:
    return lines(
        *(words.text("<b>{role}</b>: {what}", role=name(words, role), what=may(words, role)) for role in Role)
    )


def who(words: Words, role: Role, note: str | None = None) -> Screen:
    """Their contact, or a link."""
    text = paragraphs(
        note,
        words.text("Role: <b>{role}</b>", role=name(words, role)),
        words.text("Send me the contact of the person here, or make a link that they open."),
        words.text("A link works once, within 24 hours. Send it to nobody else."),
    )
    link = Button(words.label("Make a link"), Invite(role), style="primary")
    return Screen(text, rows(link, _all(words)), awaiting=AddStaff(role))


def no_contact(words: Words) -> str:
    return words.text("That was no contact. In Telegram: 📎, then Contact.")


def contact_without_telegram(words: Words) -> str:
    return words.text("This contact does not use Telegram, as far as Telegram tells. Make a link instead.")


def link(words: Words, role: Role, url: str) -> Screen:
    """Shown once; only its hash is kept."""
    text = paragraphs(
        words.text("A link for the role <b>{role}</b>:", role=name(words, role)),
        f"<code>\u2066{url}\u2069</code>",
        words.text("It works once, within 24 hours, and is shown only now. Send it to this person alone."),
    )
    copy = Button(words.label("Copy the link"), copy=url)
    return Screen(text, rows(copy, _all(words)), awaiting=Roles())


def joined(words: Words, one: Person) -> Screen:
    """The greeting."""
    text = paragraphs(
        words.text("Welcome to the staff. Your role: <b>{role}</b>", role=name(words, one.role)),
        may(words, one.role),
    )
    return Screen(text, rows(Button(words.label("The desk"), Admin(), style="primary")), awaiting=Admin())


def refused(words: Words, why: Refusal) -> Screen:
    """Why a role stays as it is."""
    if why is Refusal.LINK:
        home = Button(words.label("All campaigns"), Home())
        return Screen(words.text("This link is no longer valid."), rows(home), awaiting=Home())
    if why is Refusal.ALREADY:
        desk = Button(words.label("The desk"), Admin())
        text = words.text(
            "You are of the staff already. An owner can change your role; this link was not used."
        )
        return Screen(text, rows(desk), awaiting=Admin())
    return Screen(_why(words, why), rows(_all(words)), awaiting=Roles())


def _why(words: Words, why: Refusal) -> str:
    match why:
        case Refusal.FIRST:
            return words.text("The settings name this owner: nobody can change that here.")
        case Refusal.SELF:
            return words.text("You cannot give yourself another role. Another owner can.")
        case Refusal.LAST:
            return words.text("You are the last owner. Make somebody else an owner first.")
        case Refusal.NOT_YOURS:
            return words.text("You are no owner any more.")
        case _:
            return words.text("This person is no longer of the staff.")


def ask_them(words: Words, role: Role, needs: Right) -> Screen:
    """For staff who typed a command that their role does not include."""
    able = [one for one in Role if needs in one.rights and one is not Role.OWNER]
    who_can = (
        words.text("An owner can do it, or somebody with the role {role}.", role=name(words, able[0]))
        if able
        else words.text("An owner can do it.")
    )
    text = paragraphs(
        words.text("Your role ({role}) does not include this.", role=name(words, role)), who_can
    )
    return Screen(text, rows(Button(words.label("The desk"), Admin())), awaiting=Admin())


def news(words: Words, payload: str) -> Screen:
    """For staff, a message of its own. `payload`: given and a role, taken, or joined, a role and two codes."""
    what, role, code, by = (*payload.split("."), "", "", "")[:4]
    if what == "taken":
        return Screen(words.text("Your role on the staff has ended. Thank you for your work."), stays=True)
    if what == "joined":
        text = words.text(
            "{code} joined the staff by a link of {by}. Role: {role}. Unexpected? Take it away at once.",
            code=code,
            by=by,
            role=name(words, Role(role)),
        )
        return Screen(text, rows(_all(words)), stays=True)
    greeting = joined(words, Person(0, Role(role), ""))
    return Screen(greeting.text, greeting.rows, stays=True)


def front(words: Words, role: Role, commands: Sequence[tuple[str, str]], buttons: Sequence[Button]) -> Screen:
    """The desk: what this role may do as buttons, and the commands that want words behind them."""
    text = paragraphs(
        words.text("<b>The desk</b> · {role}", role=name(words, role)),
        may(words, role),
        lines(*(words.text("{command} · {what}", command=f"/{one}", what=label) for one, label in commands)),
    )
    pairs = (tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
    return Screen(text, rows(*pairs, Button(words.label("All campaigns"), Home())), awaiting=Admin())


def _all(words: Words) -> Button:
    return Button(words.label("All the staff"), Roles())
