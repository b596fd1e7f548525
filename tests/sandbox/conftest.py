"""A Stripe account in the sandbox, and stripe-python speaking to it over HTTP."""

from collections.abc import AsyncIterator

import pytest
import stripe

from bot.payments.transport import AiohttpClient
from sandbox.app import Sandbox
from sandbox.stripe import StripeEmulator
from tests.sandbox.asking import Asking


@pytest.fixture
def account(sandbox: Sandbox) -> StripeEmulator:
    return sandbox.stripe


@pytest.fixture
async def asking(sandbox: Sandbox) -> AsyncIterator[Asking]:
    http = AiohttpClient(read=10)
    stripe.enable_telemetry = False
    client = stripe.StripeClient(
        sandbox.stripe.secret_key,
        stripe_version="2026-10-28.endive",
        http_client=http,
        base_addresses={"api": f"{sandbox.base}/stripe"},
    )
    yield Asking(client, sandbox.stripe)
    await http.close_async()
