"""The stub's Stripe: Checkout Sessions with as many keys as real ones have, kept in memory."""

import json
import time
from typing import Any
from urllib.parse import parse_qs

# The shape of Stripe's own fixture of a checkout.session (openapi fixtures3, 2026-07-29), with a paid page's usual nulls.
_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
_SESSION: dict[str, Any] = {
    "after_expiration": {
        "recovery": {"allow_promotion_codes": False, "enabled": False, "expires_at": None, "url": None}
    },
    "allow_promotion_codes": False,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": "auto",
    "cancel_url": "https://t.me/entraide_bot?start=x_0123456789",
    "client_secret": None,
    "consent": {"promotions": None, "terms_of_service": None},
    "consent_collection": {
        "payment_method_reuse_agreement": {"position": "hidden"},
        "promotions": None,
        "terms_of_service": None,
    },
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": {"message": "Your gift goes to Humanitarian aid organisations, run by MCISE."},
        "terms_of_service_acceptance": None,
    },
    "customer": None,
    "customer_account": None,
    "customer_creation": "if_required",
    "customer_details": {
        "address": _ADDRESS,
        "business_name": None,
        "email": "example@example.com",
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    },
    "customer_email": None,
    "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
    "currency_conversion": None,
    "discounts": [],
    "adaptive_pricing": {"enabled": False},
    "integration_identifier": None,
    "invoice": None,
    "invoice_creation": {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    },
    "livemode": False,
    "locale": "en",
    "managed_payments": {"enabled": False},
    "metadata": {"campaign": "humanitarian", "donation_id": "0123456789", "v": "1"},
    "mode": "payment",
    "object": "checkout.session",
    "origin_context": None,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_configuration_details": {"id": "pmc_1PgafyB7WZ01zgkWSjxsAJo3", "parent": None},
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"],
    "payment_status": "unpaid",
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "submit_type": "donate",
    "subscription": None,
    "success_url": "https://t.me/entraide_bot?start=r_0123456789",
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
    "wallet_options": None,
}
_FRAGMENT = (
    "fidkdWxOYHwnPyd1blpxYHZxWjA0S2ZxY2xGVn9ifVZ3QnFMYUZ0VkhAVGhtZGJLcVFGMW1vN1dqfTdJQnVLTHVkYX9AQTNqTDI1"
    "d0tCcVNCV2tGfTF8YEpfQ0Y1SW1JV1Z0cjdVcXdCNTVMfHBHRmJAfycpJ2N3amhWYHdzYHcnP3F3cGApJ2lkfGpwcVF8dWAnPyd2"
)


class Vault:
    """Every session that was made, by its id."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        path, _, query = path.partition("?")
        if method == "POST" and path == "/v1/checkout/sessions":
            form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            price = "line_items[0][price_data]"
            made = self.create(
                int(form[f"{price}[unit_amount]"]),
                form[f"{price}[currency]"],
                form.get("client_reference_id"),
            )
            return json.dumps(made).encode()
        if path.startswith("/v1/checkout/sessions/"):
            return json.dumps(self._found(path.split("/")[4], query)).encode()
        if path == "/v1/account":
            return b'{"id":"acct_stub","object":"account"}'
        return b'{"object":"list","data":[],"has_more":false,"url":"/v1/x"}'

    def create(self, minor: int, currency: str, reference: str | None) -> dict[str, Any]:
        session_id, now = f"cs_test_a1{len(self.sessions):056d}", int(time.time())
        session = _SESSION | {
            "id": session_id,
            "amount_subtotal": minor,
            "amount_total": minor,
            "client_reference_id": reference,
            "created": now,
            "currency": currency,
            "expires_at": now + 7200,
            "url": f"https://checkout.stripe.com/c/pay/{session_id}#{_FRAGMENT}",
        }
        self.sessions[session_id] = session
        return session

    def pay(self, session_id: str) -> dict[str, Any]:
        """The session as it is once its donor has paid."""
        session = self.sessions[session_id]
        intent = f"pi_3{session_id[-23:]}"
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": intent, "url": None}
        return session

    def _found(self, session_id: str, query: str) -> dict[str, Any]:
        session = self.sessions[session_id]
        if "payment_intent" not in query or session["payment_intent"] is None:
            return session
        intent = {
            "id": session["payment_intent"],
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": session["amount_total"],
            "currency": session["currency"],
            "last_payment_error": None,
            "livemode": False,
            "status": "succeeded",
        }
        return session | {"payment_intent": intent}
