"""Buttons about what a donor has, and how they are spoken to."""

from typing import ClassVar

from bot.actions.base import Action, GiftAction


class GetReceipt(GiftAction, frozen=True):
    """The receipt of a gift of one's own, as a file."""

    word: ClassVar[str] = "receipt"


class GetCreditNote(GiftAction, frozen=True):
    """The newest credit note of a gift of one's own."""

    word: ClassVar[str] = "credit"


class GetPaper(Action, frozen=True):
    """One numbered paper of one's own."""

    word: ClassVar[str] = "paper"
    year: int
    number: int


class GetStatement(Action, frozen=True):
    """All gifts of a year on one paper; 0 is this year."""

    word: ClassVar[str] = "statement"
    year: int = 0


class VerifyGift(GiftAction, frozen=True):
    """A gift of one's own in the ledger."""

    word: ClassVar[str] = "verify"


class Scan(Action, frozen=True):
    """What the QR code of a paper asks. `code` is the beginning of the hash of the gift's row in the ledger."""

    word: ClassVar[str] = "scan"
    code: str
    year: int
    number: int


class MyGifts(Action, frozen=True):
    word: ClassVar[str] = "gifts"
    page: int = 1


class Languages(Action, frozen=True):
    word: ClassVar[str] = "languages"


class SetLanguage(Action, frozen=True):
    word: ClassVar[str] = "language"
    language: str


class Currencies(Action, frozen=True):
    word: ClassVar[str] = "currencies"


class SetCurrency(Action, frozen=True):
    word: ClassVar[str] = "currency"
    currency: str


class Privacy(Action, frozen=True):
    word: ClassVar[str] = "privacy"


class ExportMine(Action, frozen=True):
    word: ClassVar[str] = "export"


class EraseMine(Action, frozen=True):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "erase"
    sure: str = "no"
