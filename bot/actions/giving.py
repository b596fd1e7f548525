"""Buttons and links of the walk: choosing, paying, promising, taking back."""

from typing import ClassVar

from bot.actions.base import Action, AmountAction, GiftAction
from bot.money import Money


class ShowCampaign(Action, frozen=True):
    word: ClassVar[str] = "campaign"
    only_looks: ClassVar[bool] = True
    linkable: ClassVar[bool] = True
    campaign_id: int


class ShowStory(Action, frozen=True):
    word: ClassVar[str] = "story"
    only_looks: ClassVar[bool] = True
    campaign_id: int


class ChooseAmount(Action, frozen=True):
    """`currency` is "any" until the donor picks one here."""

    word: ClassVar[str] = "amount"
    only_looks: ClassVar[bool] = True
    linkable: ClassVar[bool] = True
    campaign_id: int
    currency: str = "any"


class Check(AmountAction, frozen=True):
    word: ClassVar[str] = "check"
    only_looks: ClassVar[bool] = True
    linkable: ClassVar[bool] = True


class Give(AmountAction, frozen=True):
    word: ClassVar[str] = "give"


class Promise(AmountAction, frozen=True):
    """Pay this outside Stripe: the pledge and its reference."""

    word: ClassVar[str] = "pledge"


class _OfPledge(Action, frozen=True):
    pledge_id: str


class ShowPledge(_OfPledge, frozen=True):
    word: ClassVar[str] = "promised"


class SayPaid(_OfPledge, frozen=True):
    word: ClassVar[str] = "sent"


class RemindPledge(_OfPledge, frozen=True):
    word: ClassVar[str] = "nudge"


class CancelPledge(Action, frozen=True):
    """`sure` is "yes" on the second tap, which only a pledge that is said to be paid needs."""

    word: ClassVar[str] = "unpledge"
    sure: str
    pledge_id: str


class CheckCovered(AmountAction, frozen=True):
    """The check screen with the fees added; never from a link, since only the donor's own tap adds them."""

    word: ClassVar[str] = "checkfees"


class GiveCovered(AmountAction, frozen=True):
    """`cover_minor` is what the donor was shown, to be compared with what the table says now."""

    word: ClassVar[str] = "givefees"
    cover_minor: int


class PickCampaign(Action, frozen=True):
    """An amount was named before a campaign."""

    word: ClassVar[str] = "pick"
    minor: int
    currency: str

    @property
    def money(self) -> Money:
        return Money(self.minor, self.currency.upper())


class Look(GiftAction, frozen=True):
    """Ask Stripe now how this gift stands."""

    word: ClassVar[str] = "look"
    linkable: ClassVar[bool] = True


class Bridge(GiftAction, frozen=True):
    """Show the Stripe button of this gift again."""

    word: ClassVar[str] = "bridge"


class Refused(GiftAction, frozen=True):
    word: ClassVar[str] = "refused"


class CancelGift(GiftAction, frozen=True):
    word: ClassVar[str] = "cancel"


class Remind(GiftAction, frozen=True):
    word: ClassVar[str] = "remind"


class Undo(Action, frozen=True):
    """Take a received gift back; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "undo"
    sure: str
    donation_id: str
