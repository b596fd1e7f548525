"""The HTTP face: Telegram's updates, Stripe's webhooks, health. Nothing is believed before it is proven."""

import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import __version__, meters, scrape, tracing
from bot.errors import BadWebhook, EntraideError
from bot.payments.webhooks import Event, verify
from bot.services import Services
from bot.store import inbox
from bot.store.inbox import Hint
from bot.watching import Seen

log = logging.getLogger(__name__)
_LARGEST = 1 << 20
_LATER = {"Retry-After": "2"}


@dataclass
class Health:
    """How the parts do; `telegram` and `stripe` become "ok" once they answered."""

    mode: str
    telegram: str = "starting"
    stripe: str = "starting"
    is_draining: bool = False

    def parts(self, database: str) -> dict[str, str]:
        return {"database": database, "telegram": self.telegram, "stripe": self.stripe}

    def report(self, database: str) -> dict[str, str]:
        parts = self.parts(database)
        bad = [f"{name}: {state}" for name, state in parts.items() if state != "ok"]
        status = "draining" if self.is_draining else "; ".join(bad) or "ok"
        return {"status": status, "mode": self.mode, **parts, "version": __version__}


@dataclass
class Door:
    """What the routes need; `take` and `services` are None until the bot serves."""

    health: Health
    telegram_secret: str
    stripe_secrets: tuple[str, ...]
    seen: Seen
    metrics_token: str = ""
    services: Services | None = None
    take: Callable[[bytes], Awaitable[None]] | None = None
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        self.app = Starlette(
            routes=[
                Route("/healthz", self.healthz),
                Route("/telegram", self.telegram, methods=["POST"]),
                Route("/stripe/webhook", self.stripe, methods=["POST"]),
                # Without a token there is no such page.
                *([Route("/metrics", self.metrics)] if self.metrics_token else []),
            ]
        )

    async def healthz(self, _: Request) -> Response:
        report = self.health.report(await self._database())
        return JSONResponse(report, 200 if report["status"] == "ok" else 503)

    async def metrics(self, request: Request) -> Response:
        if not scrape.is_let_in(self.metrics_token, request.headers.get("Authorization", "")):
            return PlainTextResponse("a token is needed", 401, {"WWW-Authenticate": "Bearer"})
        parts = self.health.parts(await self._database())
        return PlainTextResponse(await scrape.page(self.services, parts), media_type=scrape.TYPE)

    async def _database(self) -> str:
        if self.services is None:
            return "starting"
        try:
            await self.services.db.read(lambda tx: tx.plain("SELECT 1"))
        except EntraideError:
            return "down"
        return "ok"

    async def telegram(self, request: Request) -> Response:
        """200 only once the turn is committed; anything else and Telegram brings the update again."""
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), self.telegram_secret.encode()):
            return PlainTextResponse("wrong secret", 401)
        if self.take is None or self.health.is_draining:
            return PlainTextResponse("not now", 503, _LATER)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", 413)
        try:
            await self.take(body)
        except EntraideError as error:
            meters.FAILURES.add("update", type(error).__name__)
            log.warning("an update comes again", extra={"error": type(error).__name__})
            return PlainTextResponse("again, please", 500)
        return PlainTextResponse("ok")

    async def stripe(self, request: Request) -> Response:
        """Stored, then answered, then worked: 200 means that the hint is on disk."""
        if self.services is None or self.health.is_draining:
            return PlainTextResponse("not now", 503, _LATER)
        services, body = self.services, await _body(request)
        if body is None:
            return PlainTextResponse("too large", 413)
        now = services.clock()
        try:
            event = verify(
                body, request.headers.get("Stripe-Signature", ""), self.stripe_secrets, now.timestamp()
            )
            if event.live is not services.settings.live:
                raise BadWebhook("test and live are mixed: the endpoint's mode is not the key's")
        except BadWebhook as error:
            meters.WEBHOOKS.add("refused")
            log.warning("a webhook was refused", extra={"reason": str(error)})
            return PlainTextResponse(str(error), 400)
        self.seen.webhook_at = now
        with tracing.on(event.id):
            return await self._keep(services, event, now)

    async def _keep(self, services: Services, event: Event, now: datetime) -> Response:
        outcome = "ignored"
        if event.concerns_us:
            hint = Hint(event.id, event.type, event.object_id)
            is_news = await services.db.write(partial(inbox.add, hint=hint, source="webhook", now=now))
            services.bells.inbox.set()
            outcome = "kept" if is_news else "known"
        meters.WEBHOOKS.add(outcome)
        log.info("webhook", extra={"event_id": event.id, "type": event.type, "outcome": outcome})
        return PlainTextResponse("ok")


async def _body(request: Request) -> bytes | None:
    """The raw body, or None beyond 1 MiB."""
    whole = bytearray()
    async for chunk in request.stream():
        whole += chunk
        if len(whole) > _LARGEST:
            return None
    return bytes(whole)
