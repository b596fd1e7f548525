"""The nouns: frozen, with their states; no storage, no sentences, no network."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from msgspec import Struct, field

from bot.errors import CampaignNotOpen, CurrencyNotTaken, GiftTooLarge, GiftTooSmall
from bot.money import Money

# Where a text is missing in one language, donors read it in the first of these that has it.
NEAREST = ("fr", "ar", "en")
# How long donors are told that a goal was changed.
GOAL_NEWS = timedelta(days=30)


class CampaignState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class DonorState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    ERASED = "erased"


class DonationState(StrEnum):
    """Where one gift stands; `is_open` ones may still be paid at Stripe."""

    CREATING = "creating"
    AWAITING = "awaiting"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    REVIEW = "review"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"

    @property
    def is_open(self) -> bool:
        return self in (DonationState.CREATING, DonationState.AWAITING)


RECEIVED = (
    DonationState.PAID,
    DonationState.PARTLY_REFUNDED,
    DonationState.REFUNDED,
    DonationState.DISPUTED,
    DonationState.CHARGED_BACK,
)
"""States of a gift whose money arrived, whatever became of it afterwards."""


PLEDGED = "pledge "
"""How `Donation.params` begin where there is no Stripe page, followed by the reference."""


class CancelAsked(IntEnum):
    """Whether the page of an open gift is to be closed, and why."""

    NO = 0
    BY_DONOR = 1
    REPLACED = 2


class DeliveryKind(StrEnum):
    THANKS = "thanks"
    LINK = "link"
    PROCESSING = "processing"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELED = "canceled"
    REVIEW = "review"
    REMINDER = "reminder"
    REFUNDED = "refunded"
    ALERT = "alert"
    MONTHLY_OFFER = "monthly_offer"
    MONTHLY_STOPPED = "monthly_stopped"
    MONTHLY_ENDED = "monthly_ended"
    RENEWAL_FAILED = "renewal_failed"
    UPCOMING = "upcoming"
    PLEDGE_REMINDER = "pledge_reminder"
    EVIDENCE = "evidence"
    APPROVAL = "approval"
    BROADCAST_REPORT = "broadcast_report"
    DIGEST = "digest"
    ANSWER = "answer"
    CLOSED = "closed"
    QUESTION = "question"


class MonthlyState(StrEnum):
    """Where a MonthlyGift stands; ASKED until its first payment, PAST_DUE while a renewal is being tried again."""

    ASKED = "asked"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    ENDED = "ended"


class PledgeState(StrEnum):
    PROMISED = "promised"
    SAID_PAID = "said_paid"
    MATCHED = "matched"
    CANCELED = "canceled"

    @property
    def is_open(self) -> bool:
        return self in (PledgeState.PROMISED, PledgeState.SAID_PAID)


class OrderState(StrEnum):
    """Where a refund that somebody asked for stands."""

    ASKED = "asked"
    MADE = "made"
    REFUSED = "refused"


class ReceiptKind(StrEnum):
    RECEIPT = "receipt"
    CREDIT = "credit"


class DeliveryState(StrEnum):
    OWED = "owed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERABLE = "undeliverable"


class Rhythm(Struct, frozen=True):
    """An end for monthly gifts that the operator offers by name, as "until Eid": the last day on which one may be charged."""

    until: date
    titles: Mapping[str, str]


class Appeal(Struct, frozen=True):
    """What the campaigns belong to: its name per language and the organisation that answers for it."""

    titles: Mapping[str, str]
    operator: str
    contact: str
    rhythms: tuple[Rhythm, ...] = ()


class CampaignText(Struct, frozen=True):
    """One language's words; an empty part is not written yet."""

    title: str = ""
    summary: str = ""
    story: str = ""

    @property
    def is_whole(self) -> bool:
        return bool(self.title and self.summary and self.story)


class Preset(Struct, frozen=True):
    """One offered amount, with what it buys per language where the campaign states a unit cost."""

    money: Money
    impact: Mapping[str, str]


class Limits(Struct, frozen=True):
    """Smallest and largest gift in one currency, both allowed."""

    smallest: Money
    largest: Money


class Campaign(Struct, frozen=True):
    """One appeal for one need; `received` and `promised` have one total per currency, never added up across them.

    `counted_minor` is what all that was received counts towards the goal, each gift at the rate of the day it came.
    """

    id: int
    slug: str
    state: CampaignState
    goal: Money
    appeal: Appeal
    texts: Mapping[str, CampaignText]
    presets: Mapping[str, tuple[Preset, ...]]
    limits: Mapping[str, Limits]
    starts_at: datetime | None
    ends_at: datetime | None
    authorisation: str
    statement: str
    received: tuple[Money, ...] = ()
    donors: int = 0
    # How to pay outside Stripe, per language; empty where it is not offered.
    ways: Mapping[str, str] = field(default_factory=dict[str, str])
    # What donors promised to pay outside Stripe and has not arrived: never part of `received`.
    promised: tuple[Money, ...] = ()
    counted_minor: int = 0
    # Telegram's file_id.
    photo: str | None = None
    # What the goal was before it was changed last, and when that was.
    goal_was: Money | None = None
    goal_changed_at: datetime | None = None

    @property
    def raised(self) -> Money:
        """What counts towards the goal, in its currency."""
        return Money(self.counted_minor, self.goal.currency)

    @property
    def share(self) -> float:
        """Raised / goal, for ordering and for words; never for money. A draft may have no goal yet."""
        return self.raised.minor / self.goal.minor if self.goal.minor else 0.0

    @property
    def currencies(self) -> list[str]:
        """Those that it takes; the one of its goal first."""
        return sorted(self.limits, key=lambda code: (code != self.goal.currency, code))

    def text(self, language: str) -> CampaignText:
        """What readers of this language see: each part in it, or in the nearest language that has the part."""
        own = self.texts.get(language)
        if own is not None and own.is_whole:
            return own
        return CampaignText(*(self._nearest(part, language) for part in ("title", "summary", "story")))

    def _nearest(self, part: str, language: str) -> str:
        source = self.source(part, language)
        return getattr(self.texts[source], part) if source else ""

    def source(self, part: str, language: str) -> str | None:
        """The language in which readers of this one see "title", "summary" or "story"; None where nobody wrote it."""
        known = (one for one in (language, *NEAREST) if one in self.texts and getattr(self.texts[one], part))
        return next(known, None)

    def way(self, language: str) -> str:
        """How to pay outside Stripe, in this language or the nearest that there is; empty where it is not offered."""
        known = (self.ways[one] for one in (language, *NEAREST) if one in self.ways)
        return next(known, "")

    def earlier_goal(self, now: datetime) -> Money | None:
        """The goal before, while a change of it is news."""
        is_news = self.goal_changed_at is not None and now - self.goal_changed_at < GOAL_NEWS
        return self.goal_was if is_news else None

    def is_open_at(self, now: datetime) -> bool:
        started = self.starts_at is None or self.starts_at <= now
        ended = self.ends_at is not None and self.ends_at <= now
        return self.state is CampaignState.OPEN and started and not ended

    def accept(self, money: Money, now: datetime) -> None:
        """The one check of an amount, since button data can be forged.

        Raises CampaignNotOpen, CurrencyNotTaken, GiftTooSmall or GiftTooLarge.
        """
        if not self.is_open_at(now):
            raise CampaignNotOpen(self.id)
        limits = self.limits.get(money.currency)
        if limits is None:
            raise CurrencyNotTaken(money.currency)
        if money.minor < limits.smallest.minor:
            raise GiftTooSmall(money, limits.smallest, self.id)
        if money.minor > limits.largest.minor:
            raise GiftTooLarge(money, limits.largest, self.id)


class Donor(Struct, frozen=True):
    """A person who has spoken to the bot. `awaiting` is the packed Action of the screen in front of them.

    `id` is 0 for somebody new, as long as their first turn lasts. `is_muted`: they want no broadcasts.
    """

    id: int
    telegram_id: int
    language: str
    currency: str
    state: DonorState = DonorState.ACTIVE
    awaiting: str | None = None
    message_id: int | None = None
    source: str | None = None
    # How far they came on the last day that they were here; see `walking`.
    reached: int = 0
    is_muted: bool = False

    @property
    def is_known(self) -> bool:
        return self.id != 0


class Donation(Struct, frozen=True):
    """One gift of one amount; `params` are the frozen Stripe parameters that every try repeats, or the `pledge` it was.

    `cover_minor` is what the donor adds for the fees: it is paid with the gift and counts for no goal.
    """

    id: str
    donor_id: int
    campaign_id: int
    money: Money
    state: DonationState
    attempt: int
    params: str
    expires_at: datetime
    created_at: datetime
    session_id: str | None = None
    url: str | None = None
    cancel: CancelAsked = CancelAsked.NO
    source: str | None = None
    settled_at: datetime | None = None
    cover_minor: int = 0
    # The MonthlyGift that it belongs to.
    monthly_id: str | None = None

    @property
    def pledge_id(self) -> str | None:
        """The pledge that this gift was, where it came outside Stripe."""
        return self.params.removeprefix(PLEDGED) if self.params.startswith(PLEDGED) else None

    @property
    def cover(self) -> Money:
        return Money(self.cover_minor, self.money.currency)

    @property
    def total(self) -> Money:
        """What the card is charged."""
        return Money(self.money.minor + self.cover_minor, self.money.currency)


class Pledge(Struct, frozen=True):
    """A promise to pay outside Stripe; `id` is its reference, as `references.normal` keeps it.

    `donation_id` is the gift that it became, and `matched_by` the code of whoever said so.
    """

    id: str
    donor_id: int
    campaign_id: int
    money: Money
    state: PledgeState
    created_at: datetime
    source: str | None = None
    donation_id: str | None = None
    matched_by: str | None = None
    settled_at: datetime | None = None


class MonthlyGift(Struct, frozen=True):
    """What a donor agreed to give each month; what they want, which Stripe's subscription is made to follow.

    No charge lies at `ends_at` or after it. `anchor_at` is the first charge and gives the day of the month. `stop` says who
    ended it, `wanted` counts the wishes that Stripe has not been told of.
    """

    id: str
    donor_id: int
    campaign_id: int
    money: Money
    state: MonthlyState
    created_at: datetime
    cover_minor: int = 0
    source: str | None = None
    months: int | None = None
    ends_at: datetime | None = None
    subscription_id: str | None = None
    customer_id: str | None = None
    anchor_at: datetime | None = None
    next_at: datetime | None = None
    paused_until: datetime | None = None
    stop: str | None = None
    ended_at: datetime | None = None
    wanted: int = 0

    @property
    def is_live(self) -> bool:
        """Whether it may still be charged, as far as we know."""
        return self.state in (MonthlyState.ACTIVE, MonthlyState.PAST_DUE) and self.stop is None

    @property
    def total(self) -> Money:
        """What the card is charged each month."""
        return Money(self.money.minor + self.cover_minor, self.money.currency)


class Delivery(Struct, frozen=True):
    """One message owed to one person; `dedupe_key` makes owing it twice the same as once."""

    id: int
    kind: DeliveryKind
    dedupe_key: str
    chat_id: int
    donor_id: int | None
    donation_id: str | None
    payload: str | None
    attempts: int
    in_doubt: bool
    # The MonthlyGift or Pledge that it is about, where that is no Donation.
    subject: str | None = None


class Payment(Struct, frozen=True):
    """Money that arrived for a gift. `is_matched`: it is the gift's own; the rest is for a person to sort out.

    `subject` is what was paid: a CheckoutSession, the invoice of a renewal, or a pledge.
    """

    subject: str
    payment_intent: str
    donation_id: str
    money: Money
    is_matched: bool


class Refund(Struct, frozen=True):
    """Money on its way back, as Stripe reports it."""

    id: str
    money: Money
    status: str
    # The RefundOrder that it was made for, where it was made here.
    order: str = ""

    @property
    def counts(self) -> bool:
        """A refund that is under way has left the campaign; one that failed or was canceled has come back."""
        return self.status in ("succeeded", "pending", "requires_action")


class Dispute(Struct, frozen=True):
    """A payment that its cardholder contests, as Stripe reports it. `due_by`: when the evidence must be in."""

    id: str
    money: Money
    status: str
    reason: str
    due_by: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status in ("needs_response", "under_review")

    @property
    def is_lost(self) -> bool:
        return self.status == "lost"


class BalanceTransaction(Struct, frozen=True):
    """One movement of the account's balance, in minor units of the currency that the account settles in.

    `source` is the charge, refund or dispute that made it; net = amount - fee. `rate` is Stripe's, for show only.
    """

    id: str
    source: str
    kind: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    rate: str | None = None
    available_at: datetime | None = None


class RefundOrder(Struct, frozen=True):
    """A refund that the donor or staff asked for: written down before Stripe is, so that a kill loses nothing."""

    id: str
    donation_id: str
    money: Money
    reason: str
    asked_by: str
    state: OrderState
    attempt: int = 1


class Receipt(Struct, frozen=True):
    """A numbered paper: a receipt for a payment, or a credit note for a refund. Numbers have no gaps within a year."""

    year: int
    number: int
    kind: ReceiptKind
    donation_id: str
    money: Money
    made_at: datetime

    @property
    def name(self) -> str:
        return f"{self.year}-{self.number:06d}"
