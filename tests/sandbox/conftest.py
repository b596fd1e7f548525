"""The sandbox's two accounts, and the vendors' own libraries speaking to them over HTTP."""

from collections.abc import AsyncIterator

import pytest
import stripe
import telegram

from bot.payments.transport import AiohttpClient
from sandbox.app import Sandbox
from sandbox.stripe import StripeEmulator
from tests.sandbox.asking import Asking
from tests.sandbox.speaking import Speaking


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


@pytest.fixture
async def speaking(sandbox: Sandbox) -> AsyncIterator[Speaking]:
    """Without a webhook: updates are read one by one."""
    token, base = sandbox.telegram.token, f"{sandbox.base}/telegram"
    async with telegram.Bot(token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot") as api:
        yield Speaking(api, sandbox.telegram)
