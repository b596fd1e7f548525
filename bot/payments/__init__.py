"""All of Stripe: build a checkout, open it, fetch the truth, expire it, verify a webhook."""
