"""How much is fed: EXAMPLES at a time (50), again and again for FUZZ_SECONDS (0: once); what was fed is counted and printed."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("EXAMPLES", "50"))
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
_PHASES = (Phase.explicit, Phase.generate, Phase.target, Phase.shrink)

Record = Callable[[str, object], None]


@dataclass
class Fed:
    """How often a target was called."""

    examples: int = 0


def feed(strategy: st.SearchStrategy[Any], check: Callable[[Any], object], record: Record) -> int:
    """Call `check` on examples; what breaks it is shrunk and raised. How many there were."""
    fed = Fed()

    def one(value: Any) -> None:
        fed.examples += 1
        check(value)

    limits = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=_PHASES,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    )
    run, began = limits(given(strategy)(one)), time.monotonic()
    run()
    while time.monotonic() - began < SECONDS:
        run()
    record("fuzzed", fed.examples)
    return fed.examples
