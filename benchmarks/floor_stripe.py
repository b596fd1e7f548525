"""What all floors ask of Stripe, by stripe-python over httpx: a session at Pay, and the session again at the webhook."""

import os
from typing import Any

import stripe

client = stripe.StripeClient(
    os.environ["STRIPE_SECRET_KEY"],
    base_addresses={"api": os.environ["STRIPE_API_URL"]},
    http_client=stripe.HTTPXClient(),
)


async def open_page(chat: int) -> str:
    """The URL of a page for this donor's 200 MAD."""
    price: Any = {"currency": "mad", "unit_amount": 20000, "product_data": {"name": "Gift"}}
    params: Any = {
        "mode": "payment",
        "submit_type": "donate",
        "client_reference_id": str(chat),
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "https://t.me/entraide_bot?start=paid",
        "cancel_url": "https://t.me/entraide_bot?start=canceled",
    }
    session = await client.v1.checkout.sessions.create_async(params)
    return session.url or ""


async def confirmed(body: bytes, signature: str) -> Any:
    """The session that a signed webhook speaks of, as Stripe has it now."""
    event = client.construct_event(body, signature, os.environ["STRIPE_WEBHOOK_SECRET"])
    return await client.v1.checkout.sessions.retrieve_async(event.data.object["id"])
