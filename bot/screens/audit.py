"""The audit log in words: who did what, when, to what, and what it was before. No names, no texts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from bot.actions import Audit, Roles
from bot.i18n import Words
from bot.model import PledgeState
from bot.money import Money
from bot.screens import desk, match, roles
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.staff import Role

PAGE = 8
# Said by the act itself.
_NO_SUBJECT = ("cards", "link")
_PLEDGE_STATES = (PledgeState.PROMISED, PledgeState.SAID_PAID, PledgeState.MATCHED)
Facts = Mapping[str, str | int | None]
NAMES: Mapping[str, Callable[[Words], str]] = {
    "refund": lambda words: words.label("Refund ordered"),
    "pledge.match": lambda words: words.label("Promise matched"),
    "pledge.unmatch": lambda words: words.label("Match taken out again"),
    "rate": lambda words: words.label("Rate set"),
    "freeze": lambda words: words.label("Card payments frozen"),
    "unfreeze": lambda words: words.label("Card payments opened again"),
    "monthly.stop": lambda words: words.label("Monthly gift stopped"),
    "report": lambda words: words.label("Report taken as a file"),
    "role.give": lambda words: words.label("Role given"),
    "role.take": lambda words: words.label("Role taken away"),
    "role.invite": lambda words: words.label("Link for a role made"),
    "role.join": lambda words: words.label("Joined by a link"),
    "export": lambda words: words.label("Gifts taken as a table"),
    "campaign.add": lambda words: words.label("Campaign begun"),
    "campaign.edit": lambda words: words.label("Campaign changed"),
    "campaign.open": lambda words: words.label("Campaign opened"),
    "campaign.pause": lambda words: words.label("Campaign paused"),
    "campaign.close": lambda words: words.label("Campaign closed"),
    "campaign.order": lambda words: words.label("Campaigns put in another order"),
    "campaign.drop": lambda words: words.label("Draft of a campaign thrown away"),
    "broadcast.begin": lambda words: words.label("Broadcast begun"),
    "broadcast.edit": lambda words: words.label("Broadcast changed"),
    "broadcast.discard": lambda words: words.label("Broadcast thrown away"),
    "broadcast.ask": lambda words: words.label("Approval of a broadcast asked for"),
    "broadcast.approve": lambda words: words.label("Broadcast approved"),
    "broadcast.refuse": lambda words: words.label("Broadcast not approved"),
    "broadcast.void": lambda words: words.label("Broadcast taken back to be changed"),
    "broadcast.schedule": lambda words: words.label("Broadcast planned"),
    "broadcast.pause": lambda words: words.label("Broadcast paused"),
    "broadcast.resume": lambda words: words.label("Broadcast goes on"),
    "broadcast.cancel": lambda words: words.label("Broadcast canceled"),
    "question.answer": lambda words: words.label("Question answered"),
    "question.close": lambda words: words.label("Question closed"),
}


class Shown(Struct, frozen=True):
    """One act as it was written down."""

    id: int
    at: datetime
    by: str
    act: str
    subject: str
    before: Facts
    after: Facts


def listed(words: Words, acts: Sequence[Shown], before: int, *, has_older: bool) -> Screen:
    """One page; `before` is the number that it was asked with."""
    if not acts:
        return Screen(words.text("Nothing was done yet."), rows(_staff(words)), awaiting=Audit(before))
    newest = (Button(words.label("The newest"), Audit()),) if before else ()
    older = (Button(words.label("Older"), Audit(acts[-1].id)),) if has_older else ()
    return Screen(
        paragraphs(words.text("<b>What was done</b>"), *(_item(words, one) for one in acts)),
        rows(newest + older, _staff(words)),
        awaiting=Audit(before),
    )


def _item(words: Words, one: Shown) -> str:
    change = _change(words, one.before, one.after)
    return lines(
        words.text("<b>{act}</b>", act=name(words, one.act))
        if one.subject in _NO_SUBJECT
        else words.text("<b>{act}</b> · {subject}", act=name(words, one.act), subject=_code(one.subject)),
        words.text(
            "{date}, {time} · {code}",
            date=words.short_date(one.at),
            time=words.time(one.at),
            code=_code(one.by),
        ),
        change,
    )


def name(words: Words, act: str) -> str:
    """The act in words; one that nobody has put into words is its own."""
    found = NAMES.get(act)
    return found(words) if found else act


def _code(written: str) -> str:
    """`staff 12` is D12 to people; anything else is shown as it stands."""
    kind, _, number = written.partition(" ")
    return f"D{number}" if kind == "staff" and number.isdecimal() else written


def _change(words: Words, before: Facts, after: Facts) -> str | None:
    if not before and not after:
        return None
    if not before:
        return words.text("→ {after}", after=_facts(words, after))
    return words.text(
        "{before} → {after}", before=_facts(words, before), after=_facts(words, after) if after else "–"
    )


def _facts(words: Words, facts: Facts) -> str:
    """Values only: what they are is said by the act. An amount is one value."""
    rest = dict(facts)
    shown: list[str] = []
    minor, currency = rest.get("minor"), rest.get("currency")
    if isinstance(minor, int) and isinstance(currency, str):
        shown.append(words.money(Money(minor, currency)))
        del rest["minor"], rest["currency"]
    return ", ".join(
        [*shown, *(_value(words, key, value) for key, value in rest.items() if value is not None)]
    )


def _value(words: Words, key: str, value: str | int) -> str:
    """Roles, reasons and states of promises have words; anything else is shown as it was written."""
    if key == "role" and value in tuple(Role):
        return roles.name(words, Role(value))
    if key == "state" and value in _PLEDGE_STATES:
        return match.state(words, PledgeState(value))
    return desk.reasons(words).get(str(value), str(value)) if key == "reason" else str(value)


def _staff(words: Words) -> Button:
    return Button(words.label("All the staff"), Roles())
