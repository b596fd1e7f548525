"""Every button as a typed Action; packs to 64 bytes or fewer, parses what a stranger sends, and never raises on it.

A packed Action reads `word-field-field` and is a valid Telegram start payload too (`[A-Za-z0-9_-]`).
Field kinds: int, and lower-case text without "-".
"""

import re
from functools import lru_cache
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import fields

from bot.money import CURRENCIES, Money

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_TEXT = re.compile(r"[a-z0-9]{1,24}")
_BY_WORD: dict[str, type["Action"]] = {}


class Action(Struct, frozen=True):
    """What a tap or a link asks for. Subclasses name their `word`; `linkable` ones may come from a deep link.

    Whatever `only_looks` may be asked for again at any later time: nothing is begun, moved or ended by it.
    """

    word: ClassVar[str] = ""
    linkable: ClassVar[bool] = False
    only_looks: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if cls.word:
            # A dataclass with slots is made twice: the second one stays.
            _BY_WORD[cls.word] = cls


class Home(Action, frozen=True):
    word: ClassVar[str] = "home"
    linkable: ClassVar[bool] = True
    only_looks: ClassVar[bool] = True


class AmountAction(Action, frozen=True):
    campaign_id: int
    minor: int
    currency: str

    @property
    def money(self) -> Money:
        return Money(self.minor, self.currency.upper())


class GiftAction(Action, frozen=True):
    donation_id: str


class Help(Action, frozen=True):
    word: ClassVar[str] = "help"
    only_looks: ClassVar[bool] = True


class StaleAction(Action, frozen=True):
    """Anything unreadable: an old button, a forged one, a bad link."""

    word: ClassVar[str] = "stale"


@lru_cache(maxsize=512)
def _places(kind: type[Action]) -> tuple[tuple[str, bool], ...]:
    """The names of the fields, and whether each is a number."""
    return tuple((f.name, f.type is int or f.type == "int") for f in fields(kind))


def pack(action: Action) -> str:
    """The Action as button data of 64 bytes or fewer."""
    return "-".join([action.word, *(str(getattr(action, name)).lower() for name, _ in _places(type(action)))])


def parse(data: str) -> Action:
    """The Action in button data, or StaleAction."""
    word, *parts = data.split("-") if PAYLOAD.fullmatch(data) else [""]
    kind = _BY_WORD.get(word)
    return StaleAction() if kind is None else build(kind, parts)


def build(kind: type[Action], parts: list[str]) -> Action:
    """An Action of this kind from its packed fields, or StaleAction."""
    names = _places(kind)
    if len(parts) != len(names):
        return StaleAction()
    values: dict[str, int | str] = {}
    for (name, is_int), part in zip(names, parts, strict=True):
        if not (_NUMBER if is_int else _TEXT).fullmatch(part):
            return StaleAction()
        values[name] = int(part) if is_int else part
    if not is_currency(values.get("currency", "any")):
        return StaleAction()
    return kind(**values)


def is_currency(code: int | str) -> bool:
    """Whether a campaign could take it; "any" is one too."""
    return code == "any" or str(code).upper() in CURRENCIES
