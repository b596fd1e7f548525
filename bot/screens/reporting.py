"""For staff: the report on the screen, with its campaign and period one tap away, and its files."""

from collections.abc import Sequence

from msgspec import Struct

from bot.actions import ShowReport
from bot.i18n import Words
from bot.model import Campaign
from bot.money import Money
from bot.papers.facts import Account, Report
from bot.screens.base import Button, Document, Screen, lines, paragraphs, rows
from bot.screens.reports import balance
from bot.screens.sheet import days


class Choices(Struct, frozen=True):
    """What the buttons lead to: the period before and after, and whole months and years."""

    here: ShowReport
    before: ShowReport
    after: ShowReport | None
    month: ShowReport
    year: ShowReport


def look(words: Words, one: Report, campaigns: Sequence[Campaign], choices: Choices) -> Screen:
    """The balances, and everything else as buttons. `campaigns` are those that can be chosen."""
    accounts = one.totals or one.accounts
    text = paragraphs(
        f"<b>{words.name(one.campaign or words.label('All campaigns'))}</b>\n"
        f"{words.name(days(words, one.first, one.last))}",
        *(_account(words, account) for account in accounts),
        None if accounts else words.text("Nothing came in or went out in this period."),
        words.text("Ledger: row {seq}, <code>{hash}</code>", seq=str(one.head.seq), hash=one.head.hash),
    )
    here = choices.here
    files = (
        Button("PDF", _with(here, form="pdf"), style="primary"),
        Button("XLSX", _with(here, form="xlsx"), style="primary"),
    )
    moves = (
        Button(words.label("Before"), choices.before),
        *((Button(words.label("After"), choices.after),) if choices.after else ()),
    )
    spans = (
        Button(words.label("This month"), choices.month),
        Button(words.label("This year"), choices.year),
    )
    titles = [(campaign.id, campaign.text(words.language).title) for campaign in campaigns]
    others = [
        Button(title, _with(here, campaign_id=id))
        for id, title in ((0, words.label("All campaigns")), *titles)
        if id != here.campaign_id
    ]
    return Screen(text, rows(files, moves, spans, *others), awaiting=here)


def _with(action: ShowReport, form: str = "look", campaign_id: int | None = None) -> ShowReport:
    campaign = action.campaign_id if campaign_id is None else campaign_id
    return ShowReport(form, campaign, action.first, action.last)


def _account(words: Words, one: Account) -> str:
    shown = (
        words.text("{label}: {amount}", label=label, amount=words.exact(_signed(money, goes_out=out)))
        for label, money, out in balance(words, one)
    )
    return lines(f"<b>{one.currency}</b>", *shown)


def _signed(money: Money, *, goes_out: bool) -> Money:
    return Money(-money.minor, money.currency) if goes_out else money


def file(words: Words, name: str, content: bytes) -> Screen:
    """The PDF or the XLSX itself."""
    return Screen(words.text("Report on gifts"), document=Document(name, content), stays=True)
