"""What each paper states, as nouns; refuses sums that do not add up, and knows no sentence."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from bot.errors import MoneyError
from bot.money import Money


class Issuer(Struct, frozen=True):
    """Who answers for the paper. `tax_note` is the operator's own sentence; empty, nothing is said of tax."""

    operator: str
    authorisation: str = ""
    tax_note: str = ""


class Receipt(Struct, frozen=True):
    """One paid gift. `number` is the receipt's, `reference` the donation's; `verify_url` is what the QR code holds."""

    number: str
    reference: str
    campaign: str
    issuer: Issuer
    gift: Money
    cover: Money | None
    paid_at: datetime
    descriptor: str
    verify_url: str = ""

    @property
    def total(self) -> Money:
        """What the donor's card paid: the gift and the fees the donor chose to cover."""
        return self.gift + self.cover if self.cover else self.gift


class CreditNote(Struct, frozen=True):
    """Money paid back on receipt `receipt_number`. All sums are positive here; the paper shows the minus.

    `paid` is the receipt's total, `before` what earlier notes paid back; `is_void`: this refund failed afterwards.
    Raises MoneyError where more goes back than came.
    """

    number: str
    receipt_number: str
    reference: str
    campaign: str
    issuer: Issuer
    paid: Money
    refunded: Money
    before: Money | None
    refunded_at: datetime
    descriptor: str = ""
    verify_url: str = ""
    is_void: bool = False

    def __post_init__(self) -> None:
        if self.refunded.minor <= 0 or self.left.minor < 0:
            raise MoneyError("a refund is more than zero and at most what is left of the gift")

    @property
    def left(self) -> Money:
        """What stays a gift after this refund."""
        rest = self.paid - self.refunded
        return rest - self.before if self.before else rest

    @property
    def is_full(self) -> bool:
        return self.left.is_zero


class EntryKind(StrEnum):
    """What one line of a statement tells. `RETURNED`: a refund that failed or a dispute that was won, the gift stands."""

    GIFT = "gift"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    RETURNED = "returned"
    CORRECTION = "correction"


class Entry(Struct, frozen=True):
    """One line of a statement. `money` is what the card paid, negative where it got money back.

    `cover`, with the same sign, is the part of it that was for the fees.
    """

    on: datetime
    campaign: str
    reference: str
    kind: EntryKind
    money: Money
    cover: Money | None = None


class Sums(Struct, frozen=True):
    """What one donor paid and got back in one currency; `cover` is the part of `given` that was for the fees."""

    given: Money
    refunded: Money
    cover: Money

    @property
    def kept(self) -> Money:
        return self.given - self.refunded


class Statement(Struct, frozen=True):
    """All gifts and refunds of one donor from `first` to `last`, both included; `made_at` dates the paper."""

    issuer: Issuer
    first: date
    last: date
    entries: tuple[Entry, ...]
    made_at: datetime

    @property
    def is_year(self) -> bool:
        return (self.first, self.last) == (date(self.first.year, 1, 1), date(self.first.year, 12, 31))

    @property
    def sums(self) -> tuple[Sums, ...]:
        """One for each currency, in the order of their codes; never one sum across them."""
        return tuple(self._sums(code) for code in sorted({entry.money.currency for entry in self.entries}))

    def _sums(self, currency: str) -> Sums:
        mine = [entry for entry in self.entries if entry.money.currency == currency]
        gifts = [entry for entry in mine if entry.kind in _GIVEN]
        given = _added((entry.money for entry in gifts), currency)
        cover = _added((entry.cover for entry in gifts if entry.cover), currency)
        return Sums(given, given - _added((entry.money for entry in mine), currency), cover)


_GIVEN = (EntryKind.GIFT, EntryKind.CORRECTION)


class Account(Struct, frozen=True):
    """One currency of a report. `outside` are gifts that came outside Stripe. `fees`, `refunds`, `charged_back` and `disbursed` are positive and go out; `corrections`
    carry their sign. Raises MoneyError where the lines do not lead from `opening` to `closing`.

    `unmatched` arrived and matches no gift, `contested` is under dispute at a bank now: both only for information.
    """

    campaign: str
    opening: Money
    gifts: Money
    outside: Money
    cover: Money
    fees: Money
    refunds: Money
    charged_back: Money
    corrections: Money
    disbursed: Money
    closing: Money
    unmatched: Money
    contested: Money

    def __post_init__(self) -> None:
        came = self.opening + self.gifts + self.outside + self.cover + self.corrections
        if came - self.fees - self.refunds - self.charged_back - self.disbursed != self.closing:
            raise MoneyError(f"the report's lines in {self.closing.currency} do not add up")

    @property
    def currency(self) -> str:
        return self.closing.currency


class Head(Struct, frozen=True):
    """The ledger's newest row when a paper was made."""

    seq: int
    hash: str


class Booked(Struct, frozen=True):
    """One row of the ledger on a report; `campaign` is its title, `kind` one of the ledger's kinds."""

    seq: int
    at: datetime
    kind: str
    reference: str
    campaign: str
    money: Money
    hash: str


class Report(Struct, frozen=True):
    """Money from `first` to `last`, both included. `campaign` is "" for all: then `totals` are all campaigns' accounts."""

    issuer: Issuer
    campaign: str
    first: date
    last: date
    accounts: tuple[Account, ...]
    totals: tuple[Account, ...]
    head: Head
    made_at: datetime
    entries: tuple[Booked, ...] = ()


class Evidence(Struct, frozen=True):
    """What we know of a contested gift, for the bank: facts of the payment and of the conversation, and nobody's identity.

    `asked_at` is when the donor confirmed the amount in the chat, None for a renewal. `subject` is what was
    paid at Stripe: a Checkout Session or an invoice. `undo_until` is how long the donor could take the gift back here by themselves; None where that was not offered.
    """

    reference: str
    campaign: str
    issuer: Issuer
    gift: Money
    cover: Money | None
    contested: Money
    refunded: Money
    reason: str
    dispute_id: str
    due_by: datetime | None
    language: str
    asked_at: datetime | None
    paid_at: datetime | None
    thanked_at: datetime | None
    undo_until: datetime | None
    receipt_number: str
    descriptor: str
    subject: str
    payment_intent: str
    contact: str
    made_at: datetime


def _added(sums: Iterable[Money], currency: str) -> Money:
    return sum(sums, start=Money(0, currency))
