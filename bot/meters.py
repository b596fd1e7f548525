"""What the running process has done, in numbers, for Prometheus. Like logs: anybody may write, and only /metrics reads.

No label ever names a person, a gift or a text: each has a few values that are known beforehand.
"""

import time
from bisect import bisect_left
from dataclasses import dataclass, field

STARTED = time.time()
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass
class Counter:
    """Only grows; apart for each value of `labels`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = field(default_factory=dict[tuple[str, ...], int])

    def __post_init__(self) -> None:
        if not self.labels:
            self.counts[()] = 0

    def add(self, *values: str) -> None:
        """`values` in the order of `labels`."""
        self.counts[values] = self.counts.get(values, 0) + 1

    def lines(self) -> list[str]:
        return [*_head(self.name, "counter", self.help), *_rows(self.name, self.labels, self.counts)]


@dataclass
class Histogram:
    """How long something took: how often within each of some seconds, how often in all, and the sum."""

    name: str
    help: str
    counts: list[int] = field(default_factory=lambda: [0] * (len(_SECONDS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(_SECONDS, seconds)] += 1
        self.sum += seconds

    def lines(self) -> list[str]:
        lines, total = _head(self.name, "histogram", self.help), 0
        for limit, count in zip((*_SECONDS, "+Inf"), self.counts, strict=True):
            total += count
            lines.append(f'{self.name}_bucket{{le="{limit}"}} {total}')
        return [*lines, f"{self.name}_sum {self.sum:.6f}", f"{self.name}_count {total}"]


UPDATES = Counter("entraide_updates_total", "Updates from Telegram.", ("kind",))
TURNS = Histogram("entraide_turn_seconds", "From the update to the answer drawn on the phone.")
STRIPE = Counter("entraide_stripe_calls_total", "Requests to Stripe, tries apart.", ("call", "outcome"))
STRIPE_TIMES = Histogram("entraide_stripe_seconds", "Requests to Stripe.")
TELEGRAM = Counter("entraide_telegram_answers_total", "What Telegram answered, 429 apart.", ("outcome",))
WEBHOOKS = Counter("entraide_webhooks_total", "Webhooks from Stripe.", ("outcome",))
DELIVERIES = Counter(
    "entraide_deliveries_total", "Messages owed, by what became of a try.", ("kind", "outcome")
)
SENDS = Counter("entraide_broadcast_sends_total", "Tries to send a broadcast to one person.", ("outcome",))
FAILURES = Counter("entraide_failures_total", "What failed and is tried again or told.", ("where", "error"))
ALL = (UPDATES, TURNS, STRIPE, STRIPE_TIMES, TELEGRAM, WEBHOOKS, DELIVERIES, SENDS, FAILURES)


def outcome(status: int | None) -> str:
    """An HTTP status as a label; None where no answer came."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


def gauge(name: str, help: str, labels: tuple[str, ...], values: dict[tuple[str, ...], float]) -> list[str]:
    """What is looked at when it is asked for."""
    return [*_head(name, "gauge", help), *_rows(name, labels, values)]


def _head(name: str, kind: str, help: str) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]


def _rows(
    name: str, labels: tuple[str, ...], values: dict[tuple[str, ...], int] | dict[tuple[str, ...], float]
) -> list[str]:
    return [f"{name}{_labelled(labels, of)} {value}" for of, value in sorted(values.items())]


def _labelled(labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = ",".join(f'{label}="{_quoted(value)}"' for label, value in zip(labels, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _quoted(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
