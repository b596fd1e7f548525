"""One server for all of the sandbox: both wires, the phone page and its controls."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.faults import Fault
from sandbox.stripe import StripeEmulator
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.routes import routes as stripe_routes
from sandbox.telegram import TelegramEmulator
from sandbox.telegram.routes import bot_api, phone_api

_STATIC = Path(__file__).parent / "static"


class Sandbox:
    """Both emulators behind one address; `base` is set once the port is known."""

    def __init__(self, telegram: TelegramEmulator, stripe: StripeEmulator) -> None:
        self.telegram, self.stripe = telegram, stripe
        self.app = Starlette(
            routes=[
                Route("/", lambda _: FileResponse(_STATIC / "index.html")),
                Route("/controls", self._state),
                Route("/controls/{name}", self._control, methods=["POST"]),
                Mount("/telegram", routes=bot_api(telegram)),
                Mount("/stripe", routes=stripe_routes(stripe)),
                Mount("/phone", routes=phone_api(telegram)),
                Mount("/static", StaticFiles(directory=_STATIC)),
            ]
        )
        self.base = ""

    def at(self, base: str) -> None:
        self.base = self.stripe.base = base

    async def _state(self, _: Request) -> Response:
        newest = list(reversed(self.stripe.sessions.values()))[:20]
        sessions = [_shown(session) for session in newest]
        return JSONResponse(
            {
                "sessions": sessions,
                "webhooks": list(self.stripe.outbox.next_ones),
                "held": len(self.stripe.outbox.held),
                "telegram_faults": len(self.telegram.faults),
                "stripe_faults": len(self.stripe.faults),
                "clock": self.stripe.passed,
            }
        )

    async def _control(self, request: Request) -> Response:
        control = self._controls().get(request.path_params["name"])
        if control is None:
            return JSONResponse({"error": "no such control"}, 404)
        try:
            control(await request.json())
        except (KeyError, TypeError, ValueError, StripeRefusal) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"ok": True})

    def _controls(self) -> dict[str, Callable[[dict[str, Any]], object]]:
        stripe, telegram = self.stripe, self.telegram
        return {
            "clock": lambda body: stripe.forward(int(body["seconds"])),
            "webhook": lambda body: stripe.outbox.next_ones.extend(
                [body["mode"]] * int(body.get("count", 1))
            ),
            "release": lambda _: stripe.outbox.release(),
            "telegram": lambda body: telegram.faults.add(_fault(body, method=body.get("method", "*"))),
            "stripe": lambda body: stripe.faults.add(_fault(body)),
            "late": self._late,
            "block": lambda body: telegram.blocked(
                telegram.phones[int(body["person"])], is_blocked=bool(body["blocked"])
            ),
            "reset": self._reset,
        }

    def _late(self, body: dict[str, Any]) -> None:
        act = self.stripe.settle_later if body["outcome"] == "succeed" else self.stripe.fail_later
        act(body["session_id"])

    def _reset(self, _: dict[str, Any]) -> None:
        self.stripe.faults.clear()
        self.telegram.faults.clear()
        self.stripe.outbox.next_ones.clear()
        self.stripe.outbox.release()


def _fault(body: dict[str, Any], method: str = "*") -> Fault:
    seconds = float(body.get("seconds", 3))
    return Fault(
        body["kind"],
        method,
        int(body.get("times", 1)),
        retry_after=int(body.get("retry_after", 3)),
        seconds=seconds,
    )


def _shown(session: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "currency", "status", "payment_status")
    return {name: session[name] for name in names} | {
        "amount": session["amount_total"],
        "name": session["_product"].get("name", ""),
    }


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _listening(port: int) -> socket.socket:
    """asyncio turns Nagle's algorithm off only where TCP is named; with it each answer waits 40 ms for an acknowledgement."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(2048)
    return listener


@contextlib.asynccontextmanager
async def running(port: int = 0, pause: float = 2.0) -> AsyncGenerator[Sandbox]:
    """Serve a new sandbox in this loop on 127.0.0.1. `pause` is the unit of both vendors' retries, in seconds."""
    sandbox = Sandbox(TelegramEmulator(pause=pause), StripeEmulator(pause=pause))
    listener = _listening(port)
    sandbox.at(f"http://127.0.0.1:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        sandbox.app, access_log=False, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    await sandbox.telegram.start()
    await sandbox.stripe.start()
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield sandbox
    finally:
        await sandbox.telegram.stop()
        await sandbox.stripe.stop()
        server.should_exit = True
        await serving
        listener.close()
