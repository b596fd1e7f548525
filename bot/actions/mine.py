"""Buttons about what a donor has, and how they are spoken to."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action, GiftAction


@dataclass(frozen=True, slots=True)
class GetReceipt(GiftAction):
    """The receipt of a gift of one's own, as a file."""

    word: ClassVar[str] = "receipt"


@dataclass(frozen=True, slots=True)
class GetCreditNote(GiftAction):
    """The newest credit note of a gift of one's own."""

    word: ClassVar[str] = "credit"


@dataclass(frozen=True, slots=True)
class GetPaper(Action):
    """One numbered paper of one's own."""

    word: ClassVar[str] = "paper"
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class GetStatement(Action):
    """All gifts of a year on one paper; 0 is this year."""

    word: ClassVar[str] = "statement"
    year: int = 0


@dataclass(frozen=True, slots=True)
class VerifyGift(GiftAction):
    """A gift of one's own in the ledger."""

    word: ClassVar[str] = "verify"


@dataclass(frozen=True, slots=True)
class Scan(Action):
    """What the QR code of a paper asks. `code` is the beginning of the hash of the gift's row in the ledger."""

    word: ClassVar[str] = "scan"
    code: str
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class MyGifts(Action):
    word: ClassVar[str] = "gifts"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Languages(Action):
    word: ClassVar[str] = "languages"


@dataclass(frozen=True, slots=True)
class SetLanguage(Action):
    word: ClassVar[str] = "language"
    language: str


@dataclass(frozen=True, slots=True)
class Currencies(Action):
    word: ClassVar[str] = "currencies"


@dataclass(frozen=True, slots=True)
class SetCurrency(Action):
    word: ClassVar[str] = "currency"
    currency: str


@dataclass(frozen=True, slots=True)
class Privacy(Action):
    word: ClassVar[str] = "privacy"


@dataclass(frozen=True, slots=True)
class ExportMine(Action):
    word: ClassVar[str] = "export"


@dataclass(frozen=True, slots=True)
class EraseMine(Action):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "erase"
    sure: str = "no"
