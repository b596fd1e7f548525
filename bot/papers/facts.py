"""What each paper states, as nouns; refuses sums that do not add up, and knows no sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.errors import MoneyError
from bot.money import Money


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who answers for the paper. `tax_note` is the operator's own sentence; empty, nothing is said of tax."""

    operator: str
    authorisation: str = ""
    tax_note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
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


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Money paid back on receipt `receipt_number`. All sums are positive here; the paper shows the minus.

    `paid` is the receipt's total, `before` what earlier notes paid back. Raises MoneyError where more goes back than came.
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
    GIFT = "gift"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement. `money` is positive for both kinds, and what the card paid or got back."""

    on: datetime
    campaign: str
    reference: str
    kind: EntryKind
    money: Money


@dataclass(frozen=True, slots=True)
class Sums:
    """What one donor gave and got back in one currency."""

    given: Money
    refunded: Money

    @property
    def kept(self) -> Money:
        return self.given - self.refunded


@dataclass(frozen=True, slots=True)
class Statement:
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
        codes = sorted({entry.money.currency for entry in self.entries})
        return tuple(
            Sums(*(self._sum(kind, code) for kind in (EntryKind.GIFT, EntryKind.REFUND))) for code in codes
        )

    def _sum(self, kind: EntryKind, currency: str) -> Money:
        return _added(
            (e.money for e in self.entries if e.kind is kind and e.money.currency == currency), currency
        )


@dataclass(frozen=True, slots=True)
class Account:
    """One currency of a campaign's report. `fees`, `refunds` and `disbursed` are positive and go out; `other` (disputes,
    corrections) carries its sign. Raises MoneyError where the lines do not lead from `opening` to `closing`.
    """

    opening: Money
    gifts: Money
    fees: Money
    refunds: Money
    disbursed: Money
    closing: Money
    other: Money | None = None

    def __post_init__(self) -> None:
        balance = self.opening + self.gifts - self.fees - self.refunds - self.disbursed
        if (balance + self.other if self.other else balance) != self.closing:
            raise MoneyError(f"the report's lines in {self.closing.currency} do not add up")


@dataclass(frozen=True, slots=True)
class Report:
    """A campaign's money from `first` to `last`, both included. `head` is the ledger's newest hash when it was made."""

    issuer: Issuer
    campaign: str
    first: date
    last: date
    accounts: tuple[Account, ...]
    head: str
    made_at: datetime


def _added(sums: Iterable[Money], currency: str) -> Money:
    return sum(sums, start=Money(0, currency))
