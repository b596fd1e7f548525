"""Stripe's events: what has happened, each with its object as it was then."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import API_VERSION, Thing, new_id
from sandbox.stripe.clock import Clock
from sandbox.stripe.webhooks import Outbox


class Events:
    """The log, oldest first; each event goes out by webhook as it is made."""

    def __init__(self, clock: Clock, outbox: Outbox, shown: Callable[[Thing], Thing]) -> None:
        self.log: list[Thing] = []
        self.by_id: dict[str, Thing] = {}
        self._clock, self._outbox, self._shown = clock, outbox, shown

    def made(self, kind: str, subject: Thing, **over: Any) -> Thing:
        """An event as Stripe words it, kept nowhere."""
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self._clock.wall(),
            "data": {"object": self._shown(subject)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        return event | over

    def emit(self, kind: str, subject: Thing) -> None:
        event = self.made(kind, subject)
        self.log.append(event)
        self.by_id[event["id"]] = event
        self._outbox.send(event)
