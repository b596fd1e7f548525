"""Deep links: what `/start` brings. Strangers write them, so only what changes nothing comes out, but for one that staff made."""

import re
from typing import ClassVar

from msgspec import Struct

from bot.actions.base import PAYLOAD, Action, StaleAction, build, is_currency, pack, parse
from bot.actions.giving import Look
from bot.actions.mine import Scan
from bot.actions.roles import Join

# How much of a ledger row's hash a paper's QR code holds: nobody guesses 96 bits, and the code stays coarse.
CODE = 24


class CampaignLink(Action, frozen=True):
    """A link that people write by hand: `c_<slug>[_<amount>[_<currency>]]`; `major` whole major units, 0 = none."""

    word: ClassVar[str] = ""
    only_looks: ClassVar[bool] = True
    slug: str
    major: int
    currency: str


class Link(Struct, frozen=True):
    """What a deep link carries: an Action, and where the donor came from."""

    action: Action
    source: str | None


def link(action: Action, source: str | None = None) -> str:
    """A start payload that `read_link` reads back."""
    return pack(action) + (f"__{source}" if source else "")


def scan_link(code: str, year: int, number: int) -> str:
    """The start payload in a paper's QR code: `v_<code>_<year>_<number>`."""
    return f"v_{code}_{year}_{number}"


def invitation(secret: str) -> str:
    """The start payload of a link that makes its first reader staff: `j_<secret>`."""
    return f"j_{secret}"


def read_link(payload: str) -> Link:
    """What a `/start` payload asks for. Strangers write these: only Actions that change nothing come out, or a secret."""
    if payload.startswith("j_") and PAYLOAD.fullmatch(payload):
        # Before the source is looked for: the secret itself may hold what stands before one.
        return Link(Join(payload[2:]), None)
    head, _, source = payload.partition("__") if PAYLOAD.fullmatch(payload) else ("", "", "")
    origin = source[:32] or None
    if head.startswith(("r_", "x_")):
        return Link(build(Look, [head[2:].lower()]), origin)
    if head.startswith("v_"):
        return Link(build(Scan, head[2:].lower().split("_")), origin)
    if head.startswith("c_"):
        return Link(_campaign_link(head[2:].split("_")), origin)
    action = parse(head)
    return Link(action if action.linkable else StaleAction(), origin)


def _campaign_link(parts: list[str]) -> Action:
    slug, amount, currency = (*parts, "", "")[:3]
    code = currency.lower() or "any"
    if len(parts) > 3 or not slug or (amount and not re.fullmatch(r"[1-9][0-9]{0,7}", amount)):
        return StaleAction()
    return CampaignLink(slug, int(amount or 0), code) if is_currency(code) else StaleAction()
