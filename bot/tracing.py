"""One id from an update to what becomes of it: on every log line, through the call to Stripe, to the thanks.

It looks like a gift's reference, and a gift that begins under it takes it for its own. It is the same each time the update
comes. So the id of the update's first line is the `client_reference_id` at Stripe, and whoever works on the gift later, hours
after and in another process, works under it.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_trace: ContextVar[str] = ContextVar("trace", default="")


def current() -> str:
    """The id under which this is done; empty where nobody asked for it, as in background work."""
    return _trace.get()


@contextmanager
def on(trace: str) -> Generator[None]:
    """Everything in the block, and what it begins, is done under this id."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)
