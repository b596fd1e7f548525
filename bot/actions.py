"""Every button and deep link as a typed Action; packs to 64 bytes or fewer, parses what a stranger sends, and never raises on it.

A packed Action reads `word-field-field` and is a valid Telegram start payload too (`[A-Za-z0-9_-]`).
Field kinds: int, and lower-case text without "-".
"""

import re
from dataclasses import dataclass, fields
from typing import ClassVar

from bot.money import CURRENCIES, Money

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
# How much of a ledger row's hash a paper's QR code holds: nobody guesses 96 bits, and the code stays coarse.
CODE = 24
_NUMBER = re.compile(r"[0-9]{1,10}")
_TEXT = re.compile(r"[a-z0-9]{1,24}")


@dataclass(frozen=True, slots=True)
class Action:
    """What a tap or a link asks for. Subclasses name their `word`; `linkable` ones may come from a deep link."""

    word: ClassVar[str] = ""
    linkable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Home(Action):
    word: ClassVar[str] = "home"
    linkable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ShowCampaign(Action):
    word: ClassVar[str] = "campaign"
    linkable: ClassVar[bool] = True
    campaign_id: int


@dataclass(frozen=True, slots=True)
class ShowStory(Action):
    word: ClassVar[str] = "story"
    campaign_id: int


@dataclass(frozen=True, slots=True)
class ChooseAmount(Action):
    """`currency` is "any" until the donor picks one here."""

    word: ClassVar[str] = "amount"
    linkable: ClassVar[bool] = True
    campaign_id: int
    currency: str = "any"


@dataclass(frozen=True, slots=True)
class _Amount(Action):
    campaign_id: int
    minor: int
    currency: str

    @property
    def money(self) -> Money:
        return Money(self.minor, self.currency.upper())


@dataclass(frozen=True, slots=True)
class Check(_Amount):
    word: ClassVar[str] = "check"
    linkable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Give(_Amount):
    word: ClassVar[str] = "give"


@dataclass(frozen=True, slots=True)
class Promise(_Amount):
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
class Pledges(Action):
    """For staff: the open pledges."""

    word: ClassVar[str] = "pledges"
    page: int = 1


@dataclass(frozen=True, slots=True)
class MatchPledge(Action):
    """For staff: `minor` arrived for this pledge, 0 for what was promised; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "match"
    sure: str
    minor: int
    pledge_id: str


@dataclass(frozen=True, slots=True)
class UnmatchPledge(Action):
    """For staff: take a match out of the books; `why` is "ask", then "mistake" or "back" on the second tap."""

    word: ClassVar[str] = "unmatch"
    why: str
    pledge_id: str


@dataclass(frozen=True, slots=True)
class ChooseTerm(_Amount):
    """A monthly gift, named as such: how long?"""

    word: ClassVar[str] = "monthly"


@dataclass(frozen=True, slots=True)
class _Monthly(_Amount):
    """`term` is the token of a `months.Term`."""

    term: str


@dataclass(frozen=True, slots=True)
class CheckMonthly(_Monthly):
    word: ClassVar[str] = "each"


@dataclass(frozen=True, slots=True)
class GiveMonthly(_Monthly):
    word: ClassVar[str] = "giveeach"


@dataclass(frozen=True, slots=True)
class _OfMonthly(Action):
    monthly_id: str


@dataclass(frozen=True, slots=True)
class ShowMonthly(_OfMonthly):
    word: ClassVar[str] = "plan"


@dataclass(frozen=True, slots=True)
class StopMonthly(Action):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "stop"
    sure: str
    monthly_id: str


@dataclass(frozen=True, slots=True)
class PauseMonthly(Action):
    """Leave out so many charges: 0 asks how many, 99 goes on at once."""

    word: ClassVar[str] = "pause"
    months: int
    monthly_id: str


@dataclass(frozen=True, slots=True)
class ChangeMonthly(Action):
    """`minor` 0 asks for the new amount; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "change"
    sure: str
    minor: int
    monthly_id: str


@dataclass(frozen=True, slots=True)
class NewCard(_OfMonthly):
    """Where to give Stripe another card."""

    word: ClassVar[str] = "card"


@dataclass(frozen=True, slots=True)
class StopForDonor(Action):
    """For staff: end a donor's monthly gift; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "staffstop"
    sure: str
    monthly_id: str


@dataclass(frozen=True, slots=True)
class CheckCovered(_Amount):
    """The check screen with the fees added; never from a link, since only the donor's own tap adds them."""

    word: ClassVar[str] = "checkfees"


@dataclass(frozen=True, slots=True)
class GiveCovered(_Amount):
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
class _OfDonation(Action):
    donation_id: str


@dataclass(frozen=True, slots=True)
class Look(_OfDonation):
    """Ask Stripe now how this gift stands."""

    word: ClassVar[str] = "look"
    linkable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Bridge(_OfDonation):
    """Show the Stripe button of this gift again."""

    word: ClassVar[str] = "bridge"


@dataclass(frozen=True, slots=True)
class Refused(_OfDonation):
    word: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class CancelGift(_OfDonation):
    word: ClassVar[str] = "cancel"


@dataclass(frozen=True, slots=True)
class Remind(_OfDonation):
    word: ClassVar[str] = "remind"


@dataclass(frozen=True, slots=True)
class Undo(Action):
    """Take a received gift back; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "undo"
    sure: str
    donation_id: str


@dataclass(frozen=True, slots=True)
class ShowGift(_OfDonation):
    """For staff: one gift with its facts."""

    word: ClassVar[str] = "gift"


@dataclass(frozen=True, slots=True)
class RefundGift(Action):
    """For staff: give `minor` of a gift back; `reason` is "none" until chosen, `sure` "yes" only on the last tap."""

    word: ClassVar[str] = "refund"
    sure: str
    reason: str
    minor: int
    donation_id: str


@dataclass(frozen=True, slots=True)
class GetReceipt(_OfDonation):
    """The receipt of a gift of one's own, as a file."""

    word: ClassVar[str] = "receipt"


@dataclass(frozen=True, slots=True)
class GetCreditNote(_OfDonation):
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
class VerifyGift(_OfDonation):
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
class ShowReport(Action):
    """For staff: `campaign_id` 0 is all; days as 20261101, both included, 0 is the current month; `form` look, pdf or xlsx."""

    word: ClassVar[str] = "report"
    form: str = "look"
    campaign_id: int = 0
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Freeze(Action):
    """For staff: open no new page; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "freeze"
    sure: str = "no"


@dataclass(frozen=True, slots=True)
class Unfreeze(Action):
    word: ClassVar[str] = "unfreeze"
    sure: str = "no"


@dataclass(frozen=True, slots=True)
class ShowRates(Action):
    """For staff: the rates that gifts in other currencies count at."""

    word: ClassVar[str] = "rates"


@dataclass(frozen=True, slots=True)
class SetRate(Action):
    """For staff: one unit of `currency` counts as `rate` of `counter` from `day` (20261125) on; "d" stands for the
    decimal point. `sure` is "yes" only on the last tap."""

    word: ClassVar[str] = "rate"
    sure: str
    currency: str
    counter: str
    rate: str
    day: int


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
class Help(Action):
    word: ClassVar[str] = "help"


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


@dataclass(frozen=True, slots=True)
class StaleAction(Action):
    """Anything unreadable: an old button, a forged one, a bad link."""

    word: ClassVar[str] = "stale"


@dataclass(frozen=True, slots=True)
class CampaignLink(Action):
    """A link that people write by hand: `c_<slug>[_<amount>[_<currency>]]`; `major` whole major units, 0 = none."""

    word: ClassVar[str] = ""
    slug: str
    major: int
    currency: str


@dataclass(frozen=True, slots=True)
class Link:
    """What a deep link carries: an Action, and where the donor came from."""

    action: Action
    source: str | None


def _all(kind: type[Action]) -> list[type[Action]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *_all(sub))]


_BY_WORD: dict[str, type[Action]] = {kind.word: kind for kind in _all(Action) if kind.word}
_KINDS = {
    kind: tuple((f.name, f.type is int or f.type == "int") for f in fields(kind))
    for kind in _BY_WORD.values()
}


def pack(action: Action) -> str:
    """The Action as button data of 64 bytes or fewer."""
    return "-".join([action.word, *(str(getattr(action, name)).lower() for name, _ in _KINDS[type(action)])])


def parse(data: str) -> Action:
    """The Action in button data, or StaleAction."""
    word, *parts = data.split("-") if PAYLOAD.fullmatch(data) else [""]
    kind = _BY_WORD.get(word)
    return StaleAction() if kind is None else _build(kind, parts)


def _build(kind: type[Action], parts: list[str]) -> Action:
    names = _KINDS[kind]
    if len(parts) != len(names):
        return StaleAction()
    values: dict[str, int | str] = {}
    for (name, is_int), part in zip(names, parts, strict=True):
        if not (_NUMBER if is_int else _TEXT).fullmatch(part):
            return StaleAction()
        values[name] = int(part) if is_int else part
    if not _is_currency(values.get("currency", "any")):
        return StaleAction()
    return kind(**values)


def _is_currency(code: int | str) -> bool:
    return code == "any" or str(code).upper() in CURRENCIES


def link(action: Action, source: str | None = None) -> str:
    """A start payload that `read_link` reads back."""
    return pack(action) + (f"__{source}" if source else "")


def scan_link(code: str, year: int, number: int) -> str:
    """The start payload in a paper's QR code: `v_<code>_<year>_<number>`."""
    return f"v_{code}_{year}_{number}"


def read_link(payload: str) -> Link:
    """What a `/start` payload asks for. Strangers write these, so only Actions that change nothing come out."""
    head, _, source = payload.partition("__") if PAYLOAD.fullmatch(payload) else ("", "", "")
    origin = source[:32] or None
    if head.startswith(("r_", "x_")):
        return Link(_build(Look, [head[2:].lower()]), origin)
    if head.startswith("v_"):
        return Link(_build(Scan, head[2:].lower().split("_")), origin)
    if head.startswith("c_"):
        return Link(_campaign_link(head[2:].split("_")), origin)
    action = parse(head)
    return Link(action if action.linkable else StaleAction(), origin)


def _campaign_link(parts: list[str]) -> Action:
    slug, amount, currency = (*parts, "", "")[:3]
    code = currency.lower() or "any"
    if len(parts) > 3 or not slug or (amount and not re.fullmatch(r"[1-9][0-9]{0,7}", amount)):
        return StaleAction()
    return CampaignLink(slug, int(amount or 0), code) if _is_currency(code) else StaleAction()
