"""The report for the authorities: what its paper and its workbook say, as data."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from msgspec import Struct

from bot.i18n import Words, isolate
from bot.ledger import EntryKind
from bot.money import Money
from bot.papers.facts import Account, Report
from bot.screens.sheet import (
    Line,
    Sheet,
    Table,
    campaign_lines,
    frame,
    made_line,
    minus,
    period_line,
    present,
    total,
)

Cell = str | int | Money | date | datetime


class Page(Struct, frozen=True):
    """One sheet of a workbook; the first row of `rows` is a head where `has_head`."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    has_head: bool = False


class Workbook(Struct, frozen=True):
    """A workbook in one language; `made_at` is its only date of making."""

    title: str
    author: str
    is_rtl: bool
    made_at: datetime
    pages: tuple[Page, ...]


def report(words: Words, one: Report) -> Sheet:
    """One account per currency, and the ledger's head that lets anyone check it."""
    lines = (
        *campaign_lines(words, one.campaign or words.label("All campaigns"), one.issuer),
        period_line(words, one.first, one.last),
        made_line(words, one.made_at),
        Line(words.label("Ledger, newest row"), isolate(str(one.head.seq))),
    )
    accounts = (*one.accounts, *one.totals)
    return Sheet(
        frame(words, one.issuer),
        one.made_at,
        title=words.label("Report on gifts"),
        number="",
        lines=present(lines),
        tables=tuple(_account(words, account, is_alone=not one.totals) for account in accounts),
        notes=_notes(words, one),
    )


def _notes(words: Words, one: Report) -> tuple[str, ...]:
    fees = words.label("Payment fees stand in the currency in which Stripe settles.")
    currencies = words.label("Currencies are never added up; each has its own account.")
    head = words.label("The ledger’s last entry when this report was made: {hash}", hash=one.head.hash)
    has_fees = any(not account.fees.is_zero for account in one.accounts)
    nothing = () if one.accounts else (words.label("Nothing came in or went out in this period."),)
    return (*nothing, *((fees,) if has_fees else ()), currencies, head)


def _account(words: Words, one: Account, *, is_alone: bool) -> Table:
    rows = [(label, _shown(words, money, goes_out=out)) for label, money, out in balance(words, one)]
    campaign = one.campaign or words.label("All campaigns")
    title = isolate(one.currency) if is_alone else f"{isolate(campaign)} · {isolate(one.currency)}"
    return Table((), tuple(rows), title=title, is_last_strong=True, beneath=_beside(words, one))


def _shown(words: Words, money: Money, *, goes_out: bool) -> str:
    return minus(words, money) if goes_out else total(words, money)


def balance(words: Words, one: Account) -> list[tuple[str, Money, bool]]:
    """The lines from opening to closing: label, sum, and whether it goes out. Rare ones stand only where they are."""
    always = (True, False)
    lines = (
        (words.label("Opening balance"), one.opening, False, always),
        (words.label("Gifts received"), one.gifts, False, always),
        (words.label("Gifts received outside Stripe"), one.outside, False, ()),
        (words.label("Fees covered by donors"), one.cover, False, ()),
        (words.label("Payment fees"), one.fees, True, always),
        (words.label("Refunds"), one.refunds, True, always),
        (words.label("Taken back by banks"), one.charged_back, True, always),
        (words.label("Corrections"), one.corrections, False, ()),
        (words.label("Passed on to beneficiaries"), one.disbursed, True, always),
        (words.label("Closing balance"), one.closing, False, always),
    )
    return [(label, money, out) for label, money, out, kept in lines if kept or not money.is_zero]


def _beside(words: Words, one: Account) -> tuple[str, ...]:
    contested = words.label(
        "Of this, under dispute at a bank now: {amount}", amount=words.exact(one.contested)
    )
    unmatched = words.label(
        "Beside this, arrived and matching no gift: {amount}", amount=words.exact(one.unmatched)
    )
    return (
        *(() if one.contested.is_zero else (contested,)),
        *(() if one.unmatched.is_zero else (unmatched,)),
    )


def workbook(words: Words, one: Report) -> Workbook:
    """Accounts, and every row of the ledger in the period, with what is needed to check them."""
    return Workbook(
        words.label("Report on gifts"),
        one.issuer.operator,
        words.language == "ar",
        one.made_at,
        (
            Page(words.label("Report"), _about(words, one)),
            Page(words.label("Accounts"), _accounts(words, one), has_head=True),
            Page(words.label("Entries"), _entries(words, one), has_head=True),
        ),
    )


def _about(words: Words, one: Report) -> tuple[tuple[Cell, ...], ...]:
    number = one.issuer.authorisation
    rows: tuple[tuple[Cell, ...], ...] = (
        (words.label("Campaign"), one.campaign or words.label("All campaigns")),
        (words.label("Run by"), one.issuer.operator),
        *(((words.label("Authorisation no."), number),) if number else ()),
        (words.label("From"), one.first),
        (words.label("To"), one.last),
        (words.label("Made on"), one.made_at),
        (words.label("Ledger, newest row"), one.head.seq),
        (words.label("Ledger, newest hash"), one.head.hash),
        *((bare(note),) for note in _notes(words, one)),
    )
    return rows


_LINES: tuple[tuple[str, Callable[[Account], Money]], ...] = (
    ("opening", lambda one: one.opening),
    ("gifts", lambda one: one.gifts),
    ("outside", lambda one: one.outside),
    ("cover", lambda one: one.cover),
    ("fees", lambda one: _out(one.fees)),
    ("refunds", lambda one: _out(one.refunds)),
    ("charged_back", lambda one: _out(one.charged_back)),
    ("corrections", lambda one: one.corrections),
    ("disbursed", lambda one: _out(one.disbursed)),
    ("closing", lambda one: one.closing),
    ("contested", lambda one: one.contested),
    ("unmatched", lambda one: one.unmatched),
)


def _accounts(words: Words, one: Report) -> tuple[tuple[Cell, ...], ...]:
    """One row a campaign and currency, the same columns everywhere, so that tools can read it."""
    names = {
        "opening": words.label("Opening balance"),
        "gifts": words.label("Gifts received"),
        "outside": words.label("Gifts received outside Stripe"),
        "cover": words.label("Fees covered by donors"),
        "fees": words.label("Payment fees"),
        "refunds": words.label("Refunds"),
        "charged_back": words.label("Taken back by banks"),
        "corrections": words.label("Corrections"),
        "disbursed": words.label("Passed on to beneficiaries"),
        "closing": words.label("Closing balance"),
        "contested": words.label("Under dispute now"),
        "unmatched": words.label("Matching no gift"),
    }
    head = (words.label("Campaign"), words.label("Currency"), *(names[name] for name, _ in _LINES))
    rows = (
        (
            account.campaign or words.label("All campaigns"),
            account.currency,
            *(read(account) for _, read in _LINES),
        )
        for account in (*one.accounts, *one.totals)
    )
    return (head, *rows)


def _out(money: Money) -> Money:
    return Money(-money.minor, money.currency)


def _entries(words: Words, one: Report) -> tuple[tuple[Cell, ...], ...]:
    head = (
        words.label("Row"),
        words.label("Date"),
        words.label("Kind"),
        words.label("Reference"),
        words.label("Campaign"),
        words.label("Currency"),
        words.label("Amount"),
        words.label("In minor units"),
        words.label("Hash"),
    )
    kinds = kind_names(words)
    rows = (
        (
            row.seq,
            row.at,
            kinds.get(row.kind, row.kind),
            row.reference,
            row.campaign,
            row.money.currency,
            row.money,
            row.money.minor,
            row.hash,
        )
        for row in one.entries
    )
    return (head, *rows)


def kind_names(words: Words) -> Mapping[str, str]:
    """The kinds of the ledger's rows, in words."""
    return {
        EntryKind.GIFT: words.label("gift"),
        EntryKind.PLEDGE: words.label("gift outside Stripe"),
        EntryKind.COVER: words.label("fees covered"),
        EntryKind.COVER_BACK: words.label("covered fees given back"),
        EntryKind.FEE: words.label("payment fee"),
        EntryKind.CORRECTION: words.label("correction"),
        EntryKind.DISBURSEMENT: words.label("passed on"),
        EntryKind.REFUND: words.label("refund"),
        EntryKind.REFUND_FAILED: words.label("refund returned"),
        EntryKind.CHARGEBACK: words.label("taken back by the bank"),
        EntryKind.CHARGEBACK_WON: words.label("dispute won"),
        EntryKind.UNMATCHED: words.label("matching no gift"),
        EntryKind.UNMATCHED_BACK: words.label("matching no gift, given back"),
    }


def bare(sentence: str) -> str:
    """Without isolates, which a spreadsheet shows as boxes."""
    return sentence.replace("\u2068", "").replace("\u2069", "")
