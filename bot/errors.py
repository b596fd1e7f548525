"""The error tree: errors carry facts, and are put into words later, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.money import Money


class EntraideError(Exception):
    """Everything that this project raises by itself."""


class MoneyError(EntraideError, ValueError):
    """An amount that cannot be."""


class UnknownCurrency(MoneyError):
    """Not a currency that Stripe charges."""


class CurrencyMismatch(MoneyError):
    """Two currencies in one sum or comparison."""


class TooPrecise(MoneyError):
    """More decimals than the currency has; amounts are never rounded."""


class GiftError(EntraideError):
    """A gift that a campaign does not take."""


@dataclass(eq=False)
class CampaignNotOpen(GiftError):
    campaign_id: int


@dataclass(eq=False)
class CurrencyNotTaken(GiftError):
    currency: str


@dataclass(eq=False)
class TermNotPossible(GiftError):
    """A monthly gift that would end before its second charge, or whose end cannot be read."""

    campaign_id: int


@dataclass(eq=False)
class GiftTooSmall(GiftError):
    money: Money
    limit: Money
    campaign_id: int


@dataclass(eq=False)
class GiftTooLarge(GiftError):
    money: Money
    limit: Money
    campaign_id: int


@dataclass(eq=False)
class NotYours(GiftError):
    """A donation that is unknown, or somebody else's: the same answer for both."""

    donation_id: str


@dataclass(eq=False)
class UndoTooLate(GiftError):
    """The donor's own time to take a gift back has passed, or it has been given back already."""

    donation_id: str


@dataclass(eq=False)
class NoWays(GiftError):
    """The campaign takes no money outside Stripe."""

    campaign_id: int


@dataclass(eq=False)
class TooManyPledges(GiftError):
    """The donor has `most` open pledges already."""

    most: int


class Pause(StrEnum):
    """Why no new page is opened."""

    DONOR = "donor"
    DECLINES = "declines"
    ALL = "all"
    FROZEN = "frozen"


@dataclass(eq=False)
class CheckoutPaused(GiftError):
    """No new page now. `most` is the cap that was met, `until` when it ends; `known` is a page that can still be paid."""

    why: Pause
    most: int
    until: datetime | None
    campaign_id: int
    money: Money
    has_ways: bool
    known_id: str | None
    known_money: Money | None


class PaymentsError(EntraideError):
    """Stripe did not do what was asked."""


class PaymentsUnreachable(PaymentsError):
    """No usable answer: try again with the same key. `is_stored` means Stripe keeps this failure under its key."""

    def __init__(self, what: str, *, is_stored: bool = False) -> None:
        super().__init__(what)
        self.is_stored = is_stored


class PaymentsUntrusted(PaymentsUnreachable):
    """Whoever answered could not prove to be Stripe: the key was not told to them."""


class PaymentsBusy(PaymentsUnreachable):
    """Stripe asks to slow down."""


class PaymentsRefused(PaymentsError):
    """Stripe says no to this request, and will say no again."""


class PaymentsLocked(PaymentsError):
    """Stripe does not accept our key."""


class BadWebhook(EntraideError):
    """A webhook that says nothing we can use."""


class NotProven(BadWebhook):
    """A webhook that was not signed with our secret: a stranger's, until proven otherwise."""


class NotAnUpdate(EntraideError):
    """What Telegram would not send; its text holds nothing of what came."""


class StoreDown(EntraideError):
    """The database cannot be read or written now: locked, full, gone."""


class CopyRefused(EntraideError):
    """A book that cannot be copied, or not into this database; why is for the operator to read."""


class LeaseLost(StoreDown):
    """Another process took over what this one was about to write, because it was silent for too long. Nothing was written."""


class NotMigrated(EntraideError):
    """The database is at another version's tables."""


class DatabaseTaken(EntraideError):
    """Another process serves from this database, in a way that leaves no room beside it."""


class StoreBroken(EntraideError):
    """The database's file is damaged: nothing must be written to it any more."""


class BackupError(EntraideError):
    """What cannot be backed up or restored, and why, for an operator."""


@dataclass(eq=False)
class NoSuchCampaign(EntraideError):
    """No campaign has this slug."""

    slug: str

    def __str__(self) -> str:
        return f"no campaign is called {self.slug}"


class CampaignsFileError(EntraideError):
    """campaigns.toml cannot be read as campaigns."""


@dataclass(eq=False)
class TooManyQuestions(EntraideError):
    """The donor has sent the help desk `most` messages within a day."""

    most: int


class TelegramError(EntraideError):
    """Telegram did not do what was asked."""


class TelegramRefused(TelegramError):
    """Telegram says no, and will say no again."""


class ChatGone(TelegramError):
    """Blocked, deactivated or left: nothing can be sent there."""


@dataclass(eq=False)
class ChatMoved(TelegramError):
    """A group became a supergroup."""

    new_chat_id: int


@dataclass(eq=False)
class TelegramBusy(TelegramError):
    """Telegram asks to wait, in seconds."""

    retry_after: float


class TelegramDown(TelegramError):
    """No usable answer. `in_doubt`: the message may have arrived all the same."""

    def __init__(self, what: str, *, in_doubt: bool) -> None:
        super().__init__(what)
        self.in_doubt = in_doubt
