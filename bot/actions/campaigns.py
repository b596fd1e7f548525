"""Buttons of the staff about campaigns. `walk` is "new" while the questions of a new one follow one another, else "one"."""

from typing import ClassVar

from bot.actions.base import Action


class Campaigns(Action, frozen=True):
    """For staff: all campaigns, drafts first."""

    word: ClassVar[str] = "camps"
    page: int = 1


class NewCampaign(Action, frozen=True):
    """For staff: ask for the title of a new one."""

    word: ClassVar[str] = "cnew"


class ManageCampaign(Action, frozen=True):
    """For staff: one campaign with all that can be changed."""

    word: ClassVar[str] = "camp"
    campaign_id: int


class CampaignTexts(Action, frozen=True):
    """For staff: the texts of a campaign, language by language."""

    word: ClassVar[str] = "ctexts"
    campaign_id: int


class EditCampaign(Action, frozen=True):
    """For staff: ask for one part; `key` is a language, a currency, both ("madfr") or "any"."""

    word: ClassVar[str] = "cedit"
    part: str
    key: str
    walk: str
    campaign_id: int


class SkipQuestion(Action, frozen=True):
    """For staff: leave this question of a new campaign unanswered."""

    word: ClassVar[str] = "cskip"
    part: str
    key: str
    campaign_id: int


class SetCampaignSum(Action, frozen=True):
    """For staff: this goal, smallest or largest gift."""

    word: ClassVar[str] = "csum"
    part: str
    minor: int
    currency: str
    walk: str
    campaign_id: int

    @property
    def key(self) -> str:
        return "any" if self.part == "goal" else self.currency


class ClearCampaignPart(Action, frozen=True):
    """For staff: take one part away; the part "amounts" is a currency."""

    word: ClassVar[str] = "cclear"
    part: str
    key: str
    campaign_id: int


class TakeCurrency(Action, frozen=True):
    """For staff: take gifts in one currency more."""

    word: ClassVar[str] = "ctake"
    currency: str
    walk: str
    campaign_id: int


class PreviewCampaign(Action, frozen=True):
    """For staff: what donors see; `face` is card, story or amounts."""

    word: ClassVar[str] = "cview"
    face: str
    language: str
    campaign_id: int


class MoveCampaign(Action, frozen=True):
    """For staff: `to` is open, paused or closed; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "cmove"
    sure: str
    to: str
    campaign_id: int


class ShiftCampaign(Action, frozen=True):
    """For staff: one place "up" or "down" in the order."""

    word: ClassVar[str] = "cshift"
    way: str
    campaign_id: int


class DropDraft(Action, frozen=True):
    """For staff: throw a draft away; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "cdrop"
    sure: str
    campaign_id: int
