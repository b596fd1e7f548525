"""Entraide: a Telegram bot that walks donors to Stripe Checkout and shows them where their gift went."""

__version__ = "0.1.0"
