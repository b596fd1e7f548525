"""How long the background waits."""

from msgspec import Struct


class Tempo(Struct, frozen=True):
    """Seconds; tests shorten them."""

    sweep: float = 30
    sweep_beside_webhooks: float = 300
    retry: float = 1
    look: float = 1
    chore: float = 3600
    pulse: float = 60
    digest: float = 20
    watch: float = 60
    drain: float = 8
    card: float = 3
    telegram_read: float = 10
    stripe_read: float = 15
    patience: float = 8
    # How long we wait for another process to leave the database to us.
    hold: float = 20
    # How long the leases of a process that died stand in the way of the others; whole seconds.
    lease: int = 15
    tidy: float = 1
    peek: float = 0.1
    exchange: float = 5
    head: float = 10
    body: float = 20
