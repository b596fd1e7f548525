"""What a test can read of each request that arrived at Stripe."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived. `status` 0: no answer was given."""

    method: str
    path: str
    params: dict[str, Any]
    key: str | None
    status: int
    message: str = ""
