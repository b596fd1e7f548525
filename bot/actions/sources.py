"""For staff: making a link step by step, its code and its posters, and who came by which link."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action, AmountAction


@dataclass(frozen=True, slots=True)
class MakeLink(Action):
    word: ClassVar[str] = "mklink"


@dataclass(frozen=True, slots=True)
class LinkAmount(Action):
    """What amount the link names; what is typed is one."""

    word: ClassVar[str] = "lkamount"
    campaign_id: int


@dataclass(frozen=True, slots=True)
class LinkSource(AmountAction):
    """Where the link will hang; what is typed is the source. `minor` 0: no amount."""

    word: ClassVar[str] = "lksource"


@dataclass(frozen=True, slots=True)
class ShowLink(AmountAction):
    """The link; `form` is look, qr, or a poster's language: ar, fr, en or all. `source` "none": no source."""

    word: ClassVar[str] = "lkshow"
    source: str
    form: str = "look"


@dataclass(frozen=True, slots=True)
class ShowSources(Action):
    word: ClassVar[str] = "sources"
