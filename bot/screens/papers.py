"""What a receipt, a credit note, a statement and a pack of evidence say, as data; knows neither ink nor page."""

from collections.abc import Iterable
from datetime import datetime

from bot.i18n import Words, isolate
from bot.money import Money
from bot.papers.facts import CreditNote, Entry, EntryKind, Evidence, Receipt, Statement, Sums
from bot.screens.home import LANGUAGE_NAMES
from bot.screens.sheet import (
    Line,
    Sheet,
    Table,
    campaign_lines,
    caption,
    descriptor_line,
    frame,
    isolated,
    made_line,
    minus,
    number_line,
    period_line,
    present,
    reference_line,
    total,
)


def receipt(words: Words, one: Receipt) -> Sheet:
    cover = Line(words.label("Fees you covered"), total(words, one.cover)) if one.cover else None
    lines = (
        number_line(words, one.number),
        Line(words.label("Date"), isolate(words.date(one.paid_at))),
        *campaign_lines(words, one.campaign, one.issuer),
        reference_line(words, one.reference),
        descriptor_line(words, one.descriptor),
        Line(words.label("Gift"), total(words, one.gift)),
        cover,
        Line(words.label("Total paid"), total(words, one.total), is_strong=True),
    )
    return Sheet(
        frame(words, one.issuer),
        one.paid_at,
        title=words.label("Receipt"),
        number=isolate(one.number),
        lead=words.label("Your gift has arrived. Thank you."),
        amount=total(words, one.total),
        lines=present(lines),
        notes=isolated(one.issuer.tax_note),
        verify_url=one.verify_url,
        caption=caption(words),
    )


def credit_note(words: Words, one: CreditNote) -> Sheet:
    before = Line(words.label("Refunded before"), minus(words, one.before)) if one.before else None
    lines = (
        number_line(words, one.number),
        Line(words.label("Date"), isolate(words.date(one.refunded_at))),
        Line(words.label("For receipt"), isolate(one.receipt_number)),
        *campaign_lines(words, one.campaign, one.issuer),
        reference_line(words, one.reference),
        descriptor_line(words, one.descriptor),
        Line(words.label("Total paid"), total(words, one.paid)),
        before,
        Line(words.label("Refunded now"), minus(words, one.refunded), is_strong=True),
        Line(words.label("Remains a gift"), total(words, one.left)),
    )
    return Sheet(
        frame(words, one.issuer),
        one.refunded_at,
        title=words.label("Credit note"),
        number=isolate(one.number),
        lead=words.label("Refunded in full.") if one.is_full else words.label("Refunded in part."),
        amount=minus(words, one.refunded),
        lines=present(lines),
        notes=(_void(words) if one.is_void else _way_back(words),),
        verify_url=one.verify_url,
        caption=caption(words),
    )


def _way_back(words: Words) -> str:
    return words.label("The money goes back to the card or account that paid.")


def _void(words: Words) -> str:
    return words.label("This refund failed afterwards and the money came back: this credit note is void.")


def statement(words: Words, one: Statement) -> Sheet:
    """Sums first, one row per currency; then every gift and refund."""
    nothing = None if one.entries else words.label("No gift in this period.")
    has_cover = any(entry.cover for entry in one.entries)
    tables = (
        _totals(words, one.sums, has_cover=has_cover),
        _entries(words, one.entries, has_cover=has_cover),
    )
    return Sheet(
        frame(words, one.issuer),
        one.made_at,
        title=words.label("Statement of gifts"),
        number=isolate(str(one.first.year)) if one.is_year else "",
        lines=(period_line(words, one.first, one.last), made_line(words, one.made_at)),
        tables=tables if one.entries else (),
        notes=isolated(nothing, one.issuer.tax_note),
    )


def _totals(words: Words, sums: Iterable[Sums], *, has_cover: bool) -> Table:
    head = (
        words.label("Currency"),
        words.label("Gifts"),
        *_only(has_cover, words.label("of it for fees")),
        words.label("Refunds"),
        words.label("Total"),
    )
    rows = (
        (
            isolate(one.given.currency),
            total(words, one.given),
            *_only(has_cover, total(words, one.cover)),
            minus(words, one.refunded),
            total(words, one.kept),
        )
        for one in sums
    )
    return Table(head, tuple(rows), sums=3 + has_cover)


def _entries(words: Words, entries: Iterable[Entry], *, has_cover: bool) -> Table:
    head = (
        words.label("Date"),
        words.label("Campaign"),
        words.label("Reference"),
        words.label("Kind"),
        *_only(has_cover, words.label("of it for fees")),
        words.label("Amount"),
    )
    kinds = {
        EntryKind.GIFT: words.label("gift"),
        EntryKind.REFUND: words.label("refund"),
        EntryKind.CHARGEBACK: words.label("taken back by the bank"),
        EntryKind.RETURNED: words.label("refund returned"),
        EntryKind.CORRECTION: words.label("correction"),
    }
    rows = (
        (
            isolate(words.date(one.on)),
            isolate(one.campaign),
            isolate(one.reference),
            kinds[one.kind],
            *_only(has_cover, total(words, one.cover) if one.cover else ""),
            total(words, one.money),
        )
        for one in entries
    )
    return Table(head, tuple(rows), sums=1 + has_cover, wide=1)


def _only(is_wanted: bool, cell: str) -> tuple[str, ...]:
    return (cell,) if is_wanted else ()


def evidence(words: Words, one: Evidence) -> Sheet:
    """For the bank of a cardholder who contests a gift: what we know, and how the gift came about."""
    due = Line(words.label("Evidence due by"), _moment(words, one.due_by)) if one.due_by else None
    return Sheet(
        frame(words, one.issuer),
        one.made_at,
        title=words.label("Evidence on a contested gift"),
        number=isolate(one.reference),
        lines=present((made_line(words, one.made_at), due, *_contested(words, one))),
        tables=(_payment(words, one), _conversation(words, one)),
        notes=_story(words, one),
    )


def _contested(words: Words, one: Evidence) -> tuple[Line | None, ...]:
    return (
        Line(words.label("Contested"), total(words, one.contested), is_strong=True),
        Line(words.label("Reason given by the bank"), isolate(one.reason)),
        Line(words.label("Dispute at Stripe"), isolate(one.dispute_id)),
        *campaign_lines(words, one.campaign, one.issuer),
    )


def _payment(words: Words, one: Evidence) -> Table:
    paid = Money(one.gift.minor + (one.cover.minor if one.cover else 0), one.gift.currency)
    rows = (
        (words.label("Gift"), total(words, one.gift)),
        (words.label("Fees covered by the donor"), total(words, one.cover)) if one.cover else None,
        (words.label("Total paid"), total(words, paid)),
        (words.label("Refunded before"), minus(words, one.refunded)) if not one.refunded.is_zero else None,
        (words.label("Paid at"), _moment(words, one.paid_at)) if one.paid_at else None,
        _named(words.label("On the bank statement"), one.descriptor),
        _named(words.label("Receipt"), one.receipt_number),
        _named(_subject(words, one.subject), one.subject),
        _named(words.label("Payment at Stripe"), one.payment_intent),
    )
    return Table((), tuple(row for row in rows if row), title=words.label("The payment"), sums=0)


def _subject(words: Words, subject: str) -> str:
    """What was paid at Stripe: the invoice of a renewal, or a page."""
    is_invoice = subject.startswith("in_")
    return words.label("Invoice at Stripe") if is_invoice else words.label("Checkout Session at Stripe")


def _conversation(words: Words, one: Evidence) -> Table:
    language = LANGUAGE_NAMES.get(one.language, one.language)
    rows = (
        (words.label("Language of the conversation"), isolate(language)),
        (words.label("Amount confirmed by the donor at"), _moment(words, one.asked_at))
        if one.asked_at
        else None,
        (words.label("Thanked in the conversation at"), _moment(words, one.thanked_at))
        if one.thanked_at
        else None,
        (words.label("Could be taken back by the donor until"), _moment(words, one.undo_until))
        if one.undo_until
        else None,
    )
    return Table((), tuple(row for row in rows if row), title=words.label("The conversation"), sums=0)


def _story(words: Words, one: Evidence) -> tuple[str, ...]:
    undo = words.label("The donor could take the gift back alone and without a reason, and did not.")
    policy = words.label(
        "Refund policy: a refund can be asked for at any time, through {contact}.", contact=one.contact
    )
    names = words.label("This paper names nobody: we know no name, no e-mail address and no card.")
    return (*_only(one.undo_until is not None, undo), *_only(bool(one.contact), policy), names)


def _named(label: str, value: str) -> tuple[str, str] | None:
    return (label, isolate(value)) if value else None


def _moment(words: Words, moment: datetime) -> str:
    return isolate(f"{words.date(moment)} {words.time(moment)}")
