"""What a test can read of each request that arrived at Stripe."""

from typing import Any

from msgspec import Struct


class Call(Struct, frozen=True):
    """One request that arrived. `status` 0: no answer was given."""

    method: str
    path: str
    params: dict[str, Any]
    key: str | None
    status: int
    message: str = ""
