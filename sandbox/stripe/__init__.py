"""Stripe at the wire: its API, its events, and a page that stands for Checkout."""

from sandbox.stripe.emulator import StripeEmulator

__all__ = ["StripeEmulator"]
