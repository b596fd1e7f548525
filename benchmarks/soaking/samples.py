"""What each process weighs while it lives: read from /proc every few seconds, and whether it grows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from msgspec import Struct


class Sample(Struct, frozen=True):
    """`at` in seconds from the start of the run; `rss` in KiB; `sockets` are open besides `files`, and follow the load."""

    at: float
    rss: int
    files: int
    threads: int
    sockets: int = 0


@dataclass
class Life:
    """One process from its start to its end. `ended` is how: killed, stopped, or by itself."""

    name: str
    number: int
    pid: int
    began: float
    samples: list[Sample] = field(default_factory=list[Sample])
    ended: str = ""

    @property
    def seconds(self) -> float:
        return self.samples[-1].at - self.began if self.samples else 0.0

    @property
    def second_half(self) -> list[Sample]:
        middle = self.began + self.seconds / 2
        return [one for one in self.samples if one.at >= middle]

    def creep(self) -> tuple[float, float]:
        """KiB a minute over its second half, but for its largest step, and that step in KiB: the first half is warming up.

        Each minute is its median. A leak grows in every minute; a crowd as there was none before leaves one step behind.
        """
        by_minute: dict[int, list[int]] = {}
        for one in self.second_half:
            by_minute.setdefault(int(one.at // 60), []).append(one.rss)
        changes = [after - before for before, after in pairwise(median(one) for one in by_minute.values())]
        step = max(changes, default=0)
        return (sum(changes) - step) / max(1, len(changes) - 1), max(0, step)

    def aged(self, seconds: float) -> Sample | None:
        """The first sample once it was so old."""
        return next((one for one in self.samples if one.at - self.began >= seconds), None)


class Depth(Struct, frozen=True):
    """What waits at a moment: bytes of the write-ahead log, Stripe's events, messages that are due, Telegram's updates."""

    at: float
    wal: int
    inbox: int
    owed: int
    updates: int


def look(pid: int, at: float) -> Sample | None:
    """None where the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        opened = [_target(one) for one in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return None
    found = dict(line.split(":", 1) for line in lines)
    if "VmRSS" not in found:
        return None
    sockets = sum(one.startswith("socket:") for one in opened)
    return Sample(at, int(found["VmRSS"].split()[0]), len(opened) - sockets, int(found["Threads"]), sockets)


def _target(descriptor: Path) -> str:
    """Nothing where it was closed meanwhile."""
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the line of least squares; 0 where there is none."""
    if len(xs) < 2:
        return 0.0
    middle, height = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle) ** 2 for x in xs)
    return sum((x - middle) * (y - height) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0
