"""Buttons and links of the walk: choosing, paying, promising, taking back."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action, AmountAction, GiftAction
from bot.money import Money


@dataclass(frozen=True, slots=True)
class ShowCampaign(Action):
    word: ClassVar[str] = "campaign"
    only_looks: ClassVar[bool] = True
    linkable: ClassVar[bool] = True
    campaign_id: int


@dataclass(frozen=True, slots=True)
class ShowStory(Action):
    word: ClassVar[str] = "story"
    only_looks: ClassVar[bool] = True
    campaign_id: int


@dataclass(frozen=True, slots=True)
class ChooseAmount(Action):
    """`currency` is "any" until the donor picks one here."""

    word: ClassVar[str] = "amount"
    only_looks: ClassVar[bool] = True
    linkable: ClassVar[bool] = True
    campaign_id: int
    currency: str = "any"


@dataclass(frozen=True, slots=True)
class Check(AmountAction):
    word: ClassVar[str] = "check"
    only_looks: ClassVar[bool] = True
    linkable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Give(AmountAction):
    word: ClassVar[str] = "give"


@dataclass(frozen=True, slots=True)
class Promise(AmountAction):
    """Pay this outside Stripe: the pledge and its reference."""

    word: ClassVar[str] = "pledge"


@dataclass(frozen=True, slots=True)
class _OfPledge(Action):
    pledge_id: str


@dataclass(frozen=True, slots=True)
class ShowPledge(_OfPledge):
    word: ClassVar[str] = "promised"


@dataclass(frozen=True, slots=True)
class SayPaid(_OfPledge):
    word: ClassVar[str] = "sent"


@dataclass(frozen=True, slots=True)
class RemindPledge(_OfPledge):
    word: ClassVar[str] = "nudge"


@dataclass(frozen=True, slots=True)
class CancelPledge(Action):
    """`sure` is "yes" on the second tap, which only a pledge that is said to be paid needs."""

    word: ClassVar[str] = "unpledge"
    sure: str
    pledge_id: str


@dataclass(frozen=True, slots=True)
class CheckCovered(AmountAction):
    """The check screen with the fees added; never from a link, since only the donor's own tap adds them."""

    word: ClassVar[str] = "checkfees"


@dataclass(frozen=True, slots=True)
class GiveCovered(AmountAction):
    """`cover_minor` is what the donor was shown, to be compared with what the table says now."""

    word: ClassVar[str] = "givefees"
    cover_minor: int


@dataclass(frozen=True, slots=True)
class PickCampaign(Action):
    """An amount was named before a campaign."""

    word: ClassVar[str] = "pick"
    minor: int
    currency: str

    @property
    def money(self) -> Money:
        return Money(self.minor, self.currency.upper())


@dataclass(frozen=True, slots=True)
class Look(GiftAction):
    """Ask Stripe now how this gift stands."""

    word: ClassVar[str] = "look"
    linkable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Bridge(GiftAction):
    """Show the Stripe button of this gift again."""

    word: ClassVar[str] = "bridge"


@dataclass(frozen=True, slots=True)
class Refused(GiftAction):
    word: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class CancelGift(GiftAction):
    word: ClassVar[str] = "cancel"


@dataclass(frozen=True, slots=True)
class Remind(GiftAction):
    word: ClassVar[str] = "remind"


@dataclass(frozen=True, slots=True)
class Undo(Action):
    """Take a received gift back; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "undo"
    sure: str
    donation_id: str
