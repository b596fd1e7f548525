"""Both sides' books at one moment, as plain facts: what the vendors know, and what the bot wrote down."""

import re
from collections import Counter
from dataclasses import dataclass, field

from msgspec import Struct

from benchmarks.soaking.database import Database
from sandbox.app import Sandbox
from sandbox.telegram.emulator import ADMIN, SECOND_ADMIN

# How thanks for a gift begin in each language; its reference stands further down.
_THANKS = ("✅ Received:", "✅ Bien reçu", "✅ توصلنا بتبرعك")
_REFERENCE = re.compile(r"\b[0-9A-Z]{8,32}\b")
_STAFF = (ADMIN, SECOND_ADMIN)
# What names a broadcast of the soak in whatever it sends.
TAG = re.compile(r"Soak news [0-9]+")


class Charge(Struct, frozen=True):
    """Money that Stripe took. `order` is what we called it there: a gift's id, or a subscription's month."""

    order: str
    minor: int
    currency: str
    refunded: int


class Gift(Struct, frozen=True):
    """A payment as we wrote it down, with its gift. `is_matched`: false for what staff must look at."""

    donation: str
    state: str
    minor: int
    currency: str
    is_matched: bool
    refunded: int


@dataclass
class Theirs:
    """By payment intent; thanks by gift; broadcasts by what they say and to whom."""

    charges: dict[str, Charge] = field(default_factory=dict[str, Charge])
    thanks: Counter[str] = field(default_factory=Counter[str])
    news: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    rejected: list[str] = field(default_factory=list[str])
    updates: int = 0


@dataclass
class Ours:
    """`thanks`: per gift the state of its thanks and how often it was begun; `booked`: rows of the ledger per gift."""

    gifts: dict[str, list[Gift]] = field(default_factory=dict[str, list[Gift]])
    booked: Counter[str] = field(default_factory=Counter[str])
    thanks: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    waiting: dict[str, int] = field(default_factory=dict[str, int])
    # Broadcasts that we wrote down as sent, as `Theirs.news`.
    news: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])


def theirs(sandbox: Sandbox) -> Theirs:
    """What the emulators' own books say."""
    telegram, stripe = sandbox.telegram, sandbox.stripe
    rejected = [f"{one.method} {one.description}" for one in telegram.rejected]
    rejected += [f"{one.method} {one.path} {one.message}" for one in stripe.rejected]
    posted = Theirs(_charges(sandbox), rejected=rejected, updates=len(telegram.updates.waiting))
    for call in telegram.calls:
        if call.status == 200 and call.method in ("sendMessage", "copyMessage"):
            _heard(posted, str(call.params.get("text", "")), int(call.params["chat_id"]))
    return posted


def _heard(posted: Theirs, text: str, chat: int) -> None:
    if text.startswith(_THANKS):
        # The last word of that form: a campaign's title may hold one too.
        posted.thanks[_REFERENCE.findall(text)[-1].lower()] += 1
    # Staff see what they write before they send it.
    if chat not in _STAFF:
        for tag in TAG.findall(text):
            posted.news[tag, chat] += 1


def _charges(sandbox: Sandbox) -> dict[str, Charge]:
    account = sandbox.stripe.account
    orders = {one["payment_intent"]: one["client_reference_id"] for one in account.sessions.values()}
    return {
        one["payment_intent"]: Charge(
            orders.get(one["payment_intent"]) or f"invoice of {one['payment_intent']}",
            one["amount"],
            one["currency"].upper(),
            one["amount_refunded"],
        )
        for one in account.charges.values()
    }


_GIFTS = """
SELECT payment_intent, donation_id, state, payments.amount_minor, payments.currency, is_matched,
  (SELECT coalesce(sum(amount_minor), 0) FROM refunds
   WHERE refunds.payment_intent = payments.payment_intent AND status NOT IN ('failed', 'canceled'))
FROM payments JOIN donations ON donations.id = donation_id WHERE payment_intent IS NOT NULL
"""
_NEWS = """
SELECT content, telegram_id FROM broadcast_sends
JOIN broadcast_parts ON broadcast_parts.broadcast_id = broadcast_sends.broadcast_id
JOIN donors ON donors.id = donor_id WHERE broadcast_sends.state = 'sent' AND broadcast_parts.language = 'en'
"""
_WAITING = {
    "events unheard": "SELECT count(*) FROM inbox WHERE processed_at IS NULL",
    "messages owed": "SELECT count(*) FROM deliveries WHERE state = 'sending' OR (state = 'owed' AND due_at <= {now})",
    "messages given up": "SELECT count(*) FROM deliveries WHERE state = 'failed' AND error <> 'nobody to tell'",
    "updates unanswered": "SELECT count(*) FROM updates WHERE raw IS NOT NULL",
    "refunds asked for": "SELECT count(*) FROM refund_orders WHERE state = 'asked'",
    "pages being made": "SELECT count(*) FROM donations WHERE state = 'creating'",
    "monthly changes on their way": "SELECT count(*) FROM monthly_gifts WHERE wanted = 1",
    "broadcasts on their way": "SELECT count(*) FROM broadcasts WHERE state IN ('scheduled', 'running')",
    "news in flight": "SELECT count(*) FROM broadcast_sends WHERE state IN ('owed', 'sending')",
}


def ours(database: Database, now: int) -> Ours:
    """`now` in Unix seconds."""
    found = Ours()
    for intent, *gift in database.ask(_GIFTS):
        donation, state, minor, currency, is_matched, refunded = gift
        found.gifts.setdefault(intent, []).append(
            Gift(donation, state, minor, currency, bool(is_matched), int(refunded))
        )
    for donation, count in database.ask(
        "SELECT donation, count(*) FROM ledger WHERE kind = 'gift' GROUP BY donation"
    ):
        found.booked[donation] = count
    thanks = "SELECT donation_id, state, attempts FROM deliveries WHERE kind = 'thanks'"
    found.thanks = {donation: (state, attempts) for donation, state, attempts in database.ask(thanks)}
    found.waiting = {what: database.ask(sql.format(now=now))[0][0] for what, sql in _WAITING.items()}
    for content, chat in database.ask(_NEWS):
        # Staff are left out on both sides.
        found.news |= {(tag, chat) for tag in TAG.findall(content) if chat not in _STAFF}
    return found
