"""How long, with whom, on what, and which troubles come when: all of it follows from one seed."""

import random
from typing import Literal

from msgspec import Struct

# Seconds from the start in which nothing is broken: the bot must have served somebody first.
_QUIET = 12
# While this part of a run lasts nobody is killed, so that one life is long enough to see whether memory grows.
LONG_LIFE = (0.5, 0.93)
# Each kind of trouble and how many seconds lie between two of them, on average over half an hour.
EVERY = {
    "kill": 200,
    "restart": 450,
    "freeze": 150,
    "telegram 429": 40,
    "telegram 5xx": 40,
    "telegram silent": 70,
    "telegram silent after the effect": 70,
    "telegram cut": 70,
    "telegram cut after the effect": 70,
    "telegram slow": 90,
    "telegram down": 400,
    "stripe 5xx": 50,
    "stripe 429": 70,
    "stripe slow": 90,
    "stripe silent": 90,
    "stripe silent after the effect": 90,
    "stripe answer cut": 90,
    "stripe down": 600,
    "webhooks doubled": 30,
    "webhooks late": 45,
    "webhooks out of order": 60,
    "webhooks lost": 200,
    "webhook forged": 25,
    "update forged": 60,
    "half-open clients": 120,
    "database locked": 90,
    "a day passes at Stripe": 700,
    "a month passes at Stripe": 600,
}
_ENDS_A_LIFE = ("kill", "restart")


class Plan(Struct, frozen=True):
    """`minutes` of faults; what drains afterwards is not counted. `pause`: between a donor's visits, in seconds on average."""

    minutes: float = 30
    donors: int = 200
    seed: int = 1
    engine: Literal["sqlite", "postgresql"] = "sqlite"
    pause: float = 60

    @property
    def seconds(self) -> float:
        return self.minutes * 60


class Trouble(Struct, frozen=True):
    """`at` in seconds from the start; `size` between 0 and 1 says how bad it is of its kind."""

    at: float
    kind: str
    size: float

    def __str__(self) -> str:
        return f"{int(self.at) // 60:3}:{int(self.at) % 60:02} {self.kind} ({self.size:.2f})"


def schedule(plan: Plan) -> list[Trouble]:
    """In order of time; each kind at least once."""
    dice = random.Random(plan.seed)
    made = [
        Trouble(_moment(kind, plan, dice), kind, dice.random())
        for kind, every in EVERY.items()
        for _ in range(max(1, round(plan.seconds / every)))
    ]
    return sorted([*made, Trouble(plan.seconds * 0.95, "kill", 0.5)], key=lambda one: one.at)


def _moment(kind: str, plan: Plan, dice: random.Random) -> float:
    last = LONG_LIFE[0] if kind in _ENDS_A_LIFE else 0.97
    return dice.uniform(_QUIET, max(_QUIET + 1, plan.seconds * last))
