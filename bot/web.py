"""The HTTP face: Telegram's updates, Stripe's webhooks, health. Nothing is believed before it is proven.

Strangers are told as little as can be, and are counted by address; whoever proves themselves is never refused for coming
often, since Telegram and Stripe come in bursts, and behind a proxy everybody may have the same address.
"""

import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot import __version__, meters, scrape, tracing
from bot.errors import BadWebhook, EntraideError, NotProven, StoreDown
from bot.knocks import Knocks, address_of
from bot.payments.webhooks import Event, verify
from bot.services import Services
from bot.store import inbox
from bot.store.inbox import Hint
from bot.watching import Seen

log = logging.getLogger(__name__)
# A text of 4,096 characters, the one that it answers and the entities of both stay far below, however they are escaped.
_LARGEST_UPDATE = 256 << 10
# Stripe names no maximum; the largest of its objects that we hear of is a few tens of KB.
_LARGEST_EVENT = 1 << 20
# A response is but what it says: the same one answers everybody.
_OK = PlainTextResponse("ok")
_LATER = {"Retry-After": "2"}
_MUCH_LATER = {"Retry-After": "60"}
_FRESH = 0.5  # Seconds for which what the database said of itself is repeated.
# On every answer. Nothing here is for a browser, and these say so to any that is led here.
HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("Cache-Control", "no-store"),
]

# What /healthz says of a vendor.
SILENT, UNTRUSTED = "does not answer", "cannot be reached: its certificate is not trusted"


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
    trusted_hops: int = 0
    # Of a worker: it can be asked how it does, and is told nothing.
    only_looked_at: bool = False
    services: Services | None = None
    take: Callable[[bytes], Awaitable[None]] | None = None
    knocks: Knocks = field(default_factory=Knocks)
    app: Starlette = field(init=False)
    _database_said: tuple[float, str] = field(init=False, default=(0.0, ""))

    def __post_init__(self) -> None:
        told = {} if self.only_looked_at else {"/telegram": self.telegram, "/stripe/webhook": self.stripe}
        self.app = Starlette(
            routes=[
                Route("/healthz", self.healthz),
                *(Route(path, endpoint, methods=["POST"]) for path, endpoint in told.items()),
                # Without a token there is no such page.
                *([Route("/metrics", self.metrics)] if self.metrics_token else []),
            ],
            exception_handlers={HTTPException: self.nowhere},
        )
        self._quick = {("POST", path): endpoint for path, endpoint in told.items()}
        # A redirect would repeat whatever host a stranger names.
        self.app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an ASGI application. What comes a thousand times an hour goes no way round through Starlette's middlewares."""
        quick = self._quick.get((scope.get("method", ""), scope.get("path", "")))
        if quick is None:
            await self.app(scope, receive, send)
        else:
            await (await quick(Request(scope, receive)))(scope, receive, send)

    async def nowhere(self, request: Request, error: Exception) -> Response:
        """An unknown path or method."""
        assert isinstance(error, HTTPException)  # noqa: S101  what it was registered for
        return self._refused(request, error.status_code, headers=dict(error.headers or {}))

    def _refused(
        self, request: Request, status: int, words: str = "", headers: dict[str, str] | None = None
    ) -> Response:
        """To a stranger: as asked, until there were too many from this address."""
        peer = request.client.host if request.client else ""
        address = address_of(peer, request.headers.getlist("X-Forwarded-For"), self.trusted_hops)
        number = self.knocks.count(address, time.monotonic())
        if number <= self.knocks.most:
            return PlainTextResponse(words, status, headers)
        if number == self.knocks.most + 1:
            # Without the address, which is somebody's: the proxy's own log has it.
            log.warning("an address is refused for a minute", extra={"last": status})
        return PlainTextResponse("", 429, _MUCH_LATER)

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
        asked, said = self._database_said
        if not said or time.monotonic() - asked > _FRESH:
            # Set before it is asked: however many look at once, the database is asked once.
            self._database_said = time.monotonic(), said or "starting"
            said = await _asked(self.services)
            self._database_said = time.monotonic(), said
        return said

    async def telegram(self, request: Request) -> Response:
        """200 only once the turn is committed; anything else and Telegram brings the update again."""
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), self.telegram_secret.encode()):
            return self._refused(request, 401)
        if self.take is None or self.health.is_draining:
            return PlainTextResponse("not now", 503, _LATER)
        if not _is_json(request):
            return PlainTextResponse("", 415)
        body = await _body(request, _LARGEST_UPDATE)
        if body is None:
            return PlainTextResponse("too large", 413)
        try:
            await self.take(body)
        except EntraideError as error:
            meters.FAILURES.add("update", type(error).__name__)
            log.warning("an update comes again", extra={"error": _named(error)})
            return PlainTextResponse("again, please", 500)
        return _OK

    async def stripe(self, request: Request) -> Response:
        """Stored, then answered, then worked: 200 means that the hint is on disk."""
        if self.services is None or self.health.is_draining:
            return PlainTextResponse("not now", 503, _LATER)
        if not _is_json(request):
            return self._refused(request, 415)
        services, body = self.services, await _body(request, _LARGEST_EVENT)
        if body is None:
            return self._refused(request, 413)
        now = services.clock()
        try:
            event = verify(
                body, request.headers.get("Stripe-Signature", ""), self.stripe_secrets, now.timestamp()
            )
            if event.live is not services.settings.live:
                raise BadWebhook("test and live are mixed: the endpoint's mode is not the key's")
        except NotProven as error:
            meters.WEBHOOKS.add("refused")
            answer = self._refused(request, 400, str(error))
            if answer.status_code == 400:
                log.warning("a webhook was refused", extra={"reason": str(error)})
            return answer
        except BadWebhook as error:
            meters.WEBHOOKS.add("refused")
            log.warning("a webhook was refused", extra={"reason": str(error)})
            return PlainTextResponse(str(error), 400)
        self.seen.webhook_at = now
        with tracing.on(event.id):
            return await self._kept(services, event, now)

    async def _kept(self, services: Services, event: Event, now: datetime) -> Response:
        """What is not on disk is not answered 200: Stripe brings it again for three days."""
        try:
            return await self._keep(services, event, now)
        except EntraideError as error:
            meters.FAILURES.add("webhook", type(error).__name__)
            log.warning("an event comes again", extra={"error": _named(error)})
            return PlainTextResponse("again, please", 500)

    async def _keep(self, services: Services, event: Event, now: datetime) -> Response:
        outcome = "ignored"
        if event.concerns_us:
            hint = Hint(event.id, event.type, event.object_id)
            is_news = await services.db.write(partial(inbox.add, hint=hint, source="webhook", now=now))
            services.bells.inbox.set()
            outcome = "kept" if is_news() else "known"
        meters.WEBHOOKS.add(outcome)
        log.info("webhook", extra={"event_id": event.id, "type": event.type, "outcome": outcome})
        return _OK


def _named(error: EntraideError) -> str:
    """What is wrong with the database is the operator's to mend, and said; other words may be somebody's."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, StoreDown) else name


async def _asked(services: Services) -> str:
    try:
        await services.db.read(lambda tx: tx.plain("SELECT 1"))
    except EntraideError:
        return "down"
    return "ok"


def _is_json(request: Request) -> bool:
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json"


async def _body(request: Request, most: int) -> bytes | None:
    """The raw body, or None where it is larger, or whoever sent it went away."""
    announced = request.headers.get("Content-Length", "0")
    if int(announced) > most:  # The server has refused what is no number.
        return None
    whole = bytearray()
    try:
        async for chunk in request.stream():
            whole += chunk
            if len(whole) > most:
                return None
    except ClientDisconnect:
        return None
    return bytes(whole)
