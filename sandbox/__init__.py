"""The sandbox: Telegram and Stripe as they look from the wire, so that everything can be tried with no account.

It imports neither `bot` nor `handlers`, and the bot does not know it.
"""
