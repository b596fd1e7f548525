"""For staff: making a link step by step, its code and its posters, and who came by which link."""

from typing import ClassVar

from bot.actions.base import Action, AmountAction


class MakeLink(Action, frozen=True):
    word: ClassVar[str] = "mklink"


class LinkAmount(Action, frozen=True):
    """What amount the link names; what is typed is one."""

    word: ClassVar[str] = "lkamount"
    campaign_id: int


class LinkSource(AmountAction, frozen=True):
    """Where the link will hang; what is typed is the source. `minor` 0: no amount."""

    word: ClassVar[str] = "lksource"


class ShowLink(AmountAction, frozen=True):
    """The link; `form` is look, qr, or a poster's language: ar, fr, en or all. `source` "none": no source."""

    word: ClassVar[str] = "lkshow"
    source: str
    form: str = "look"


class ShowSources(Action, frozen=True):
    word: ClassVar[str] = "sources"
