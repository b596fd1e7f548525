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

from sandbox.drawer import Asked, CannotBe, Crowds, controls, shown
from sandbox.drawer.words import money, spoken
from sandbox.faults import Fault
from sandbox.stripe import StripeEmulator
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.routes import routes as stripe_routes
from sandbox.telegram import TelegramEmulator
from sandbox.telegram.bot_api import bot_api
from sandbox.telegram.phone_api import phone_api

_STATIC = Path(__file__).parent / "static"


class Sandbox:
    """Both emulators behind one address; `base` is set once the port is known."""

    def __init__(self, telegram: TelegramEmulator, stripe: StripeEmulator) -> None:
        self.telegram, self.stripe = telegram, stripe
        self.crowds = Crowds(telegram, stripe)
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
        self._has_news = False
        stripe.on_change.append(self._stripe_changed)

    def at(self, base: str) -> None:
        self.base = self.stripe.base = base

    async def _state(self, request: Request) -> Response:
        newest = list(reversed(self.stripe.sessions.values()))[:20]
        lang = spoken(request.query_params.get("lang"))
        sessions = [_shown(session, lang) for session in newest]
        faults = {
            "sessions": sessions,
            "webhooks": list(self.stripe.outbox.next_ones),
            "held": len(self.stripe.outbox.held),
            "telegram_faults": len(self.telegram.faults),
            "stripe_faults": len(self.stripe.faults),
            "clock": self.stripe.passed,
        }
        return JSONResponse(faults | self.crowds.shown() | shown(self.stripe, lang))

    async def _control(self, request: Request) -> Response:
        """Says what happened, or why it cannot be, in the language asked for (`lang`)."""
        control = self._controls().get(request.path_params["name"])
        if control is None:
            return JSONResponse({"error": "no such control"}, 404)
        asked = Asked({})
        try:
            asked = Asked(dict(await request.json()))
            said = control(asked)
        except KeyError as missing:
            return JSONResponse({"error": asked.say("missing", name=str(missing.args[0]))}, 400)
        except StripeRefusal as refusal:
            return JSONResponse({"error": asked.say("stripe_refuses", message=refusal.message)}, 400)
        except (CannotBe, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"ok": True, "said": said})

    def _controls(self) -> dict[str, Callable[[Asked], str]]:
        faults = {name: _quietly(act) for name, act in self._faults().items()}
        return faults | controls(self.stripe) | self.crowds.controls()

    def _faults(self) -> dict[str, Callable[[dict[str, Any]], object]]:
        stripe, telegram = self.stripe, self.telegram
        return {
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

    def _stripe_changed(self) -> None:
        """Many changes at once are one piece of news; while no loop runs nobody looks."""
        if self._has_news:
            return
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_soon(self._tell_the_drawer)
            self._has_news = True

    def _tell_the_drawer(self) -> None:
        """By the phone page's own stream, as chat 0: browsers open only six connections to one server."""
        self._has_news = False
        for tell in self.telegram.on_change:
            tell(0)

    def _late(self, body: dict[str, Any]) -> None:
        act = self.stripe.settle_later if body["outcome"] == "succeed" else self.stripe.fail_later
        act(body["session_id"])

    def _reset(self, _: dict[str, Any]) -> None:
        self.stripe.faults.clear()
        self.telegram.faults.clear()
        self.stripe.outbox.next_ones.clear()
        self.stripe.outbox.release()


def _quietly(act: Callable[[dict[str, Any]], object]) -> Callable[[Asked], str]:
    """A control that has nothing to tell but that it is done."""

    def control(asked: Asked) -> str:
        act(asked.body)
        return asked.say("done")

    return control


def _fault(body: dict[str, Any], method: str = "*") -> Fault:
    seconds = float(body.get("seconds", 3))
    return Fault(
        body["kind"],
        method,
        int(body.get("times", 1)),
        retry_after=int(body.get("retry_after", 3)),
        seconds=seconds,
    )


def _shown(session: dict[str, Any], lang: str) -> dict[str, Any]:
    names = ("id", "status", "payment_status")
    return {name: session[name] for name in names} | {
        "amount": money(session["amount_total"], session["currency"], lang),
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
        await sandbox.crowds.stop()
        await sandbox.telegram.stop()
        await sandbox.stripe.stop()
        server.should_exit = True
        await serving
        listener.close()
