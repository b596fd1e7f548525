"""What stands beside the money: messages sent, updates, hints, steps, monthly gifts, pledges, broadcasts, questions, acts."""

from collections import Counter
from datetime import datetime
from typing import Any

from benchmarks.growing import gifts
from benchmarks.growing.money import Pen
from benchmarks.growing.people import (
    AT,
    DAY,
    GROUP,
    HOUR,
    MONTHLY,
    OPEN,
    PAID,
    PLEDGE,
    RATES,
    SOURCES,
    START,
    YEARS,
    Gift,
)
from bot.broadcasts import Audience
from bot.contents import Content, ContentKind
from bot.i18n import ZONE
from bot.nights import PLACES

COLUMNS = {
    "monthly_gifts": [
        "id",
        "donor_id",
        "campaign_id",
        "amount_minor",
        "currency",
        "state",
        "created_at",
        "source",
        "subscription_id",
        "customer_id",
        "anchor_at",
        "next_at",
        "stop",
        "ended_at",
        "look_at",
    ],
    "pledges": [
        "id",
        "donor_id",
        "campaign_id",
        "amount_minor",
        "currency",
        "state",
        "created_at",
        "source",
        "donation_id",
        "matched_by",
        "settled_at",
    ],
    "deliveries": [
        "dedupe_key",
        "kind",
        "donor_id",
        "donation_id",
        "subject",
        "state",
        "priority",
        "attempts",
        "due_at",
        "sent_at",
        "message_id",
    ],
    "inbox": ["event_id", "source", "type", "object_id", "received_at", "processed_at", "outcome"],
    "updates": ["update_id", "received_at", "done_at", "chat"],
    "broadcasts": [
        "id",
        "state",
        "by",
        "audience",
        "holdout",
        "created_at",
        "due_at",
        "started_at",
        "ended_at",
        "approved_by",
        "is_fanned",
        "reached",
        "total",
        "sent",
        "held",
    ],
    "broadcast_sends": [
        "broadcast_id",
        "donor_id",
        "language",
        "zone",
        "state",
        "attempts",
        "sent_at",
        "message_id",
    ],
    "questions": ["donor_id", "state", "opened_at", "waiting_since", "chat_id", "topic_id"],
    "letters": ["donor_id", "kind", "key", "state", "at", "chat_id", "message_id"],
    "acts": ["at", "by", "act", "subject", "before", "after"],
    "refund_orders": [
        "id",
        "donation_id",
        "amount_minor",
        "currency",
        "reason",
        "asked_by",
        "state",
        "created_at",
        "look_at",
    ],
}
SENT_TO = 4
# Broadcasts: what was sent last, what is written, what waits for a second admin, what is on its way.
SENT, DRAFT, ASKED, GOING = SENT_TO, 5, 6, 7
# The donor id of the member of staff who writes them.
AUTHOR = 4
_NEWS = {"expired": "expired", "failed": "failed", "canceled": "canceled"}


def write(pen: Pen, gift: Gift, number: int) -> None:
    """Around one gift."""
    if gift.state != "awaiting":
        kind = _NEWS.get(gift.state, "thanks")
        when = (gift.settled, gift.settled + 1, number % 90_000)
        pen.put("deliveries", (f"{gift.id}:{kind}", kind, gift.donor, gift.id, None, "sent", 2, 1, *when))
    if gift.has_page and gift.at > AT - 35 * DAY:
        for what in ("completed", "expired"):
            hint = (f"evt_{gift.id}{what[0]}", "webhook", f"checkout.session.{what}", f"cs_{gift.id}")
            pen.put("inbox", (*hint, gift.settled, gift.settled + 1, "paid"))
    if gift.at > AT - 2 * DAY:
        pen.put_all("updates", ((number * 16 + one, gift.at, gift.at, gift.donor) for one in range(12)))
    if gift.pledge:
        pen.put(
            "pledges", (*_promise(gift.pledge, gift), "matched", gift.at, None, gift.id, "staff 3", gift.at)
        )
    elif number % 250 == 7:
        state = "promised" if number % 500 == 7 else "canceled"
        facts = _promise(gifts.reference(500_000 + number // 250), gift)
        pen.put("pledges", (*facts, state, gift.at, gift.source, None, None, None))
    if gift.monthly and not gift.is_renewal:
        pen.put("monthly_gifts", _plan(gift, number))
    if number % 100 == 3:
        _question(pen, gift, number)
    if number % 50 == 9:
        pen.put("acts", (gift.at, "staff 3", "refund", gift.id, "{}", '{"minor": 1000}'))


def _promise(reference: str, gift: Gift) -> tuple[Any, ...]:
    return (reference, gift.donor, gift.campaign, gift.minor, gift.currency)


def _plan(gift: Gift, number: int) -> tuple[Any, ...]:
    is_over = gift.id != MONTHLY and number % 4 == 1 and gift.monthly != MONTHLY
    base = (
        gift.monthly,
        gift.donor,
        gift.campaign,
        gift.minor,
        gift.currency,
        "ended" if is_over else "active",
    )
    stripe = (gift.at, gift.source, f"sub_{gift.monthly}", f"cus_{gift.monthly}", gift.settled)
    following = AT + 20 * DAY + number % DAY
    ends = (None, "donor", gift.at + 60 * DAY, None) if is_over else (following, None, None, following + HOUR)
    return (*base, *stripe, *ends)


def _question(pen: Pen, gift: Gift, number: int) -> None:
    topic = number + 10
    donor = 7 + number
    pen.put("questions", (donor, "closed", gift.at, None, GROUP, topic))
    for kind, place in (("question", 0), ("answer", 1), ("closed", 2)):
        pen.put(
            "letters", (donor, kind, f"{donor}:{kind}", "sent", gift.at + place, GROUP, topic * 8 + place)
        )


def own(pen: Pen, donor: int) -> None:
    """What is due now, so much at every size: messages, hints, looks, questions; and what Amina has open."""
    for one in range(12):
        pen.put("questions", (20 + one, "open", AT - HOUR, AT - HOUR, GROUP, 9_000_000 + one))
    pen.put("pledges", (PLEDGE, donor, 1, 40_000, "MAD", "said_paid", AT - DAY, None, None, None, None))
    for one in range(20):
        facts = (gifts.reference(900_000 + one), donor, 1, 40_000 + one, "MAD", "promised", AT - HOUR)
        pen.put("pledges", (*facts, None, None, None, None))
    for kind in ("expired", "reminder", "link"):
        pen.put("deliveries", (f"{OPEN}:{kind}", kind, donor, OPEN, None, "owed", 2, 0, AT - 1, None, None))
    pen.put("inbox", ("evt_open", "webhook", "checkout.session.completed", f"cs_{OPEN}", AT, None, None))
    pen.put("refund_orders", ("order1", PAID, 5_000, "MAD", "wish", "staff 3", "asked", AT, AT))
    for one in range(20):
        pen.put(
            "inbox",
            (f"evt_old{one}", "poll", "charge.updated", f"pi_{one}", AT - 36 * DAY, AT - 36 * DAY, "done"),
        )
        pen.put("updates", (16_000_000_000 + one, AT - 3 * DAY, AT - 3 * DAY, 1))


def of_the_desk(pen: Pen, many: int) -> None:
    """What grows with time, and steps of walks: counted by day and source, as far as anybody came."""
    for month in range(24):
        for code, rate in RATES.items():
            pen.put("rates", (code, "MAD", START + month * 30 * DAY, rate, "staff 3"))
    counts, day = Counter[tuple[int, str, str]](), 0
    for number in range(many):
        if number * 1000 // many != (number - 1) * 1000 // many:
            at = START + (2 * number + 1) * YEARS // (2 * many)
            day = int(f"{datetime.fromtimestamp(at, ZONE):%Y%m%d}")
        source = SOURCES[number % 8] if gifts.chance(number, 12) < 4000 else ""
        for step in ("start", "campaign", "amount", "page")[: 1 + gifts.chance(number, 13) // 2500]:
            counts[day, step, source] += 1
    pen.put_all("steps", ((*key, n) for key, n in sorted(counts.items())))


def broadcasts(pen: Pen, many: int) -> None:
    """Four that were sent to a quarter of all each, one draft, one that waits for a second admin, one on its way."""
    content = Content(ContentKind.TEXT, "Winter has come to the High Atlas. " * 5).dump()
    states = ("done", "done", "done", "done", "draft", "waiting", "running")
    for id, state in enumerate(states, 1):
        at = AT - 10 * DAY * (5 - id) if id < 5 else AT - HOUR
        people = (
            [one for one in range(7, many + 1) if one % SENT_TO == id % SENT_TO] if id < 5 else range(7, 71)
        )
        is_over, is_begun = state == "done", state in ("done", "running")
        owed = 0 if is_over else len(people)
        held = len(people) // 20 if is_over else 0
        pen.put(
            "broadcasts",
            (id, state, AUTHOR, Audience().dump(), 5, at, at if id != 5 else None, at if is_begun else None)
            + (at + DAY if is_over else None, 2 if is_begun else None, int(is_begun), many if is_begun else 0)
            + ((len(people) - held, len(people) - held - owed, held) if is_begun else (0, 0, 0)),
        )
        pen.put_all("broadcast_parts", ((id, one, content) for one in ("ar", "en", "fr")))
        if is_begun:
            _sends(pen, id, people, at, owed=bool(owed), held=held)


def _sends(pen: Pen, id: int, people: Any, at: int, *, owed: bool, held: int) -> None:
    for place, donor in enumerate(people):
        is_held = place < held
        state = "owed" if owed else "held" if is_held else "sent"
        sent = (1, at + place // 20, place % 90_000 + 7) if state == "sent" else (0, None, None)
        pen.put(
            "broadcast_sends",
            (id, donor, "fr", PLACES[donor % len(PLACES)] if owed else "Africa/Casablanca", state, *sent),
        )
        if state == "sent" and donor % 40 == 0:
            pen.put("broadcast_taps", (id, donor, "give0" if donor % 80 else "stop", at + 60))
