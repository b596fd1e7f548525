"""What a receipt, a credit note, a statement and a report say, as data; knows neither ink nor page.

Plain text, not HTML. What has a direction of its own (sums, names, numbers) stands in isolates, as on the screens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.i18n import ZONE, Words, isolate
from bot.money import Money
from bot.papers.facts import Account, CreditNote, Entry, EntryKind, Issuer, Receipt, Report, Statement, Sums


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    value: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The last `sums` columns hold sums; column `wide` takes the room that is left."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    sums: int = 1
    wide: int = 0
    is_last_strong: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every page. `page` has the places {page} and {pages}."""

    language: str
    issuer: str
    footer: str
    page: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper in one language; `verify_url` is drawn as a QR code, `caption` stands beside it."""

    frame: Frame
    made_at: datetime
    title: str
    number: str
    lead: str = ""
    amount: str = ""
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    verify_url: str = ""
    caption: str = ""


def receipt(words: Words, one: Receipt) -> Sheet:
    cover = Line(words.label("Fees you covered"), _sum(words, one.cover)) if one.cover else None
    lines = (
        _number(words, one.number),
        Line(words.label("Date"), isolate(words.date(one.paid_at))),
        *_campaign(words, one.campaign, one.issuer),
        _reference(words, one.reference),
        _descriptor(words, one.descriptor),
        Line(words.label("Gift"), _sum(words, one.gift)),
        cover,
        Line(words.label("Total paid"), _sum(words, one.total), is_strong=True),
    )
    return Sheet(
        _frame(words, one.issuer),
        one.paid_at,
        title=words.label("Receipt"),
        number=isolate(one.number),
        lead=words.label("Your gift has arrived. Thank you."),
        amount=_sum(words, one.total),
        lines=_present(lines),
        notes=_notes(one.issuer.tax_note),
        verify_url=one.verify_url,
        caption=_caption(words),
    )


def credit_note(words: Words, one: CreditNote) -> Sheet:
    before = Line(words.label("Refunded before"), _minus(words, one.before)) if one.before else None
    lines = (
        _number(words, one.number),
        Line(words.label("Date"), isolate(words.date(one.refunded_at))),
        Line(words.label("For receipt"), isolate(one.receipt_number)),
        *_campaign(words, one.campaign, one.issuer),
        _reference(words, one.reference),
        _descriptor(words, one.descriptor),
        Line(words.label("Total paid"), _sum(words, one.paid)),
        before,
        Line(words.label("Refunded now"), _minus(words, one.refunded), is_strong=True),
        Line(words.label("Remains a gift"), _sum(words, one.left)),
    )
    return Sheet(
        _frame(words, one.issuer),
        one.refunded_at,
        title=words.label("Credit note"),
        number=isolate(one.number),
        lead=words.label("Refunded in full.") if one.is_full else words.label("Refunded in part."),
        amount=_minus(words, one.refunded),
        lines=_present(lines),
        notes=(words.label("The money goes back to the card or account that paid."),),
        verify_url=one.verify_url,
        caption=_caption(words),
    )


def statement(words: Words, one: Statement) -> Sheet:
    """Sums first, one row per currency; then every gift and refund."""
    nothing = None if one.entries else words.label("No gift in this period.")
    return Sheet(
        _frame(words, one.issuer),
        one.made_at,
        title=words.label("Statement of gifts"),
        number=isolate(str(one.first.year)) if one.is_year else "",
        lines=(_period(words, one.first, one.last), _made(words, one.made_at)),
        tables=(_totals(words, one.sums), _entries(words, one.entries)) if one.entries else (),
        notes=_notes(nothing, one.issuer.tax_note),
    )


def report(words: Words, one: Report) -> Sheet:
    """One account per currency, and the ledger's head that lets anyone check it."""
    lines = (
        *_campaign(words, one.campaign, one.issuer),
        _period(words, one.first, one.last),
        _made(words, one.made_at),
    )
    head = words.label("The ledger’s last entry when this report was made: {hash}", hash=one.head)
    return Sheet(
        _frame(words, one.issuer),
        one.made_at,
        title=words.label("Report on gifts"),
        number="",
        lines=_present(lines),
        tables=tuple(_account(words, account) for account in one.accounts),
        notes=(head,),
    )


def _totals(words: Words, sums: Iterable[Sums]) -> Table:
    head = (words.label("Currency"), words.label("Gifts"), words.label("Refunds"), words.label("Total"))
    rows = (
        (
            isolate(one.given.currency),
            _sum(words, one.given),
            _minus(words, one.refunded),
            _sum(words, one.kept),
        )
        for one in sums
    )
    return Table(head, tuple(rows), sums=3)


def _entries(words: Words, entries: Iterable[Entry]) -> Table:
    head = (
        words.label("Date"),
        words.label("Campaign"),
        words.label("Reference"),
        words.label("Kind"),
        words.label("Amount"),
    )
    kinds = {EntryKind.GIFT: words.label("gift"), EntryKind.REFUND: words.label("refund")}
    rows = (
        (
            isolate(words.date(one.on)),
            isolate(one.campaign),
            isolate(one.reference),
            kinds[one.kind],
            _sum(words, one.money) if one.kind is EntryKind.GIFT else _minus(words, one.money),
        )
        for one in entries
    )
    return Table(head, tuple(rows), wide=1)


def _account(words: Words, one: Account) -> Table:
    other = (words.label("Disputes and corrections"), _sum(words, one.other)) if one.other else None
    rows = (
        (words.label("Opening balance"), _sum(words, one.opening)),
        (words.label("Gifts received"), _sum(words, one.gifts)),
        (words.label("Payment fees"), _minus(words, one.fees)),
        (words.label("Refunds"), _minus(words, one.refunds)),
        other,
        (words.label("Passed on to beneficiaries"), _minus(words, one.disbursed)),
        (words.label("Closing balance"), _sum(words, one.closing)),
    )
    present = tuple(row for row in rows if row)
    return Table((), present, title=isolate(one.closing.currency), is_last_strong=True)


def _frame(words: Words, issuer: Issuer) -> Frame:
    number = issuer.authorisation
    return Frame(
        words.language,
        isolate(issuer.operator),
        words.label("Authorisation no. {number}", number=number) if number else "",
        words.label("Page {page} of {pages}", page="{page}", pages="{pages}"),
    )


def _campaign(words: Words, title: str, issuer: Issuer) -> tuple[Line | None, ...]:
    number = issuer.authorisation
    return (
        Line(words.label("Campaign"), isolate(title)),
        Line(words.label("Run by"), isolate(issuer.operator)),
        Line(words.label("Authorisation no."), isolate(number)) if number else None,
    )


def _number(words: Words, number: str) -> Line:
    return Line(words.label("Number"), isolate(number))


def _reference(words: Words, reference: str) -> Line:
    return Line(words.label("Reference of the gift"), isolate(reference))


def _descriptor(words: Words, descriptor: str) -> Line | None:
    return Line(words.label("On your bank statement"), isolate(descriptor)) if descriptor else None


def _made(words: Words, made_at: datetime) -> Line:
    return Line(words.label("Made on"), isolate(words.date(made_at)))


def _period(words: Words, first: date, last: date) -> Line:
    said = words.label("from {first} to {last}", first=_day(words, first), last=_day(words, last))
    return Line(words.label("Period"), said)


def _day(words: Words, day: date) -> str:
    return words.date(datetime.combine(day, time(12), ZONE))


def _caption(words: Words) -> str:
    return words.label("Scan the code to check that this paper is genuine.")


def _notes(*notes: str | None) -> tuple[str, ...]:
    return tuple(isolate(note) for note in notes if note)


def _present(lines: Iterable[Line | None]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line)


def _sum(words: Words, money: Money) -> str:
    return isolate(words.exact(money))


def _minus(words: Words, money: Money) -> str:
    """What goes out; nothing going out is no minus."""
    return _sum(words, Money(-money.minor, money.currency))
