"""All controls of the drawer by their names; each answers with what happened."""

from collections.abc import Callable

from sandbox.drawer.months import month_controls
from sandbox.drawer.payments import payment_controls
from sandbox.drawer.times import time_controls
from sandbox.drawer.words import Asked
from sandbox.stripe import StripeEmulator

Control = Callable[[Asked], str]


def controls(stripe: StripeEmulator) -> dict[str, Control]:
    """Each raises CannotBe, or StripeRefusal, where what is asked is impossible now."""
    return payment_controls(stripe) | month_controls(stripe) | time_controls(stripe)
