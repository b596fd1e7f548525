"""Time by hand: it passes for what exists, and what was due meanwhile is named."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Literal

from babel.dates import format_timedelta

from sandbox.drawer.words import Asked, CannotBe, isolated
from sandbox.stripe import StripeEmulator
from sandbox.stripe.account import Thing
from sandbox.stripe.months import step

_LONGEST = 366 * 86400
_Unit = Literal["day", "hour", "minute", "second"]
_UNITS: tuple[tuple[_Unit, int], ...] = (
    ("day", 2 * 86400),
    ("hour", 2 * 3600),
    ("minute", 120),
    ("second", 0),
)


def time_controls(stripe: StripeEmulator) -> dict[str, Callable[[Asked], str]]:
    return {"clock": lambda asked: _clock(stripe, asked)}


def _clock(stripe: StripeEmulator, asked: Asked) -> str:
    """`seconds` pass, or `to`: "month", a month of the calendar, or "next", whatever happens next."""
    before, passed = len(stripe.events), stripe.passed
    match asked.body.get("to"):
        case "next":
            _to_next(stripe)
        case "month":
            now = stripe.clock.now()
            stripe.forward(step(now, "month", 1) - now)
        case None:
            stripe.forward(_seconds(asked))
        case other:
            raise CannotBe(asked.say("no_such_choice", choice=str(other)))
    told = stripe.events[before:]
    if asked.body.get("to") == "next" and not told:
        raise CannotBe(asked.say("nothing_due"))
    if stripe.passed == passed:
        return happened(asked, told)
    return asked.say("passed", span=span(stripe.passed - passed, asked.lang), happened=happened(asked, told))


def _seconds(asked: Asked) -> int:
    seconds = int(asked.body["seconds"])
    if seconds < 0:
        raise CannotBe(asked.say("only_forward"))
    if seconds > _LONGEST:
        raise CannotBe(asked.say("too_long"))
    return seconds


def _to_next(stripe: StripeEmulator) -> None:
    """What is due may no longer hold; then the next is looked at. Without any, no time passes."""
    clock, told, passed = stripe.clock, len(stripe.events), stripe.passed
    while len(stripe.events) == told:
        moment = clock.next_due()
        if moment is None:
            clock.passed = passed
            return
        stripe.forward(max(0, moment - clock.now()))


def span(seconds: int, lang: str) -> str:
    """In words: "31 days"."""
    unit: _Unit = next(unit for unit, least in _UNITS if seconds >= least)
    # A threshold that no value reaches: the unit is ours to choose.
    return isolated(
        format_timedelta(timedelta(seconds=seconds), granularity=unit, threshold=1e9, locale=lang)
    )


def happened(asked: Asked, events: Iterable[Thing]) -> str:
    """The kinds of the events that Stripe told meanwhile."""
    kinds = Counter(event["type"] for event in events)
    if not kinds:
        return asked.say("nothing_happened")
    names = [f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items()]
    return asked.say("stripe_told", events=", ".join(map(isolated, names)))
