"""A stand-in for Telegram and Stripe that is much faster than what is measured: one asyncio protocol, ready-made answers."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

TOKEN = "7000000001:sandbox-token-of-no-value-aaaaaaaaa"
Shown = Callable[[int, dict[str, str]], None]
_ME = {"id": 7000000001, "is_bot": True, "first_name": "Entraide", "username": "entraide_bot"}
_TRUE = b'{"ok":true,"result":true}'


class World:
    """What both vendors know; `shown` is told of every message that was sent or edited."""

    def __init__(self) -> None:
        self.shown: Shown = lambda _, __: None
        self.sessions: dict[str, dict[str, Any]] = {}
        self.stripe_pause = 0.0
        self.base = ""
        self._number = 100

    def telegram(self, method: str, body: bytes) -> bytes:
        if method not in ("sendMessage", "editMessageText"):
            return self._plain(method)
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        chat = int(form["chat_id"])
        if method == "sendMessage":
            self._number += 1
        number = int(form.get("message_id", self._number))
        form["message_id"] = str(number)
        asyncio.get_running_loop().call_soon(self.shown, chat, form)
        message: dict[str, Any] = {
            "message_id": number,
            "date": 1,
            "chat": {"id": chat, "type": "private", "first_name": "D"},
        }
        message |= {"from": _ME, "text": form["text"]}
        if "reply_markup" in form:
            message["reply_markup"] = json.loads(form["reply_markup"])
        return json.dumps({"ok": True, "result": message}).encode()

    def _plain(self, method: str) -> bytes:
        if method == "getMe":
            return json.dumps({"ok": True, "result": _ME}).encode()
        if method == "getWebhookInfo":
            return b'{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}'
        return _TRUE

    def stripe(self, method: str, path: str, body: bytes) -> bytes:
        path = path.partition("?")[0]
        if method == "POST" and path == "/v1/checkout/sessions":
            return json.dumps(self._create(body)).encode()
        if path.startswith("/v1/checkout/sessions/"):
            return json.dumps(self.sessions[path.split("/")[4]]).encode()
        if path == "/v1/account":
            return b'{"id":"acct_stub","object":"account"}'
        return b'{"object":"list","data":[],"has_more":false,"url":"/v1/x"}'

    def _create(self, body: bytes) -> dict[str, Any]:
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        session_id = f"cs_test_{len(self.sessions):050d}"
        price = "line_items[0][price_data]"
        session = {
            "id": session_id,
            "object": "checkout.session",
            "amount_total": int(form[f"{price}[unit_amount]"]),
            "currency": form[f"{price}[currency]"],
            "client_reference_id": form.get("client_reference_id"),
            "created": int(time.time()),
            "livemode": False,
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "url": f"{self.base}/stripe/pay/{session_id}",
        }
        self.sessions[session_id] = session
        return session


class Wire(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, just enough."""

    def __init__(self, world: World) -> None:
        self._world, self._buffer = world, b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1")
            length = next(
                (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")),
                0,
            )
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            self._answer(*head.split(" ", 2)[:2], body)

    def _answer(self, method: str, path: str, body: bytes) -> None:
        if path.startswith("/telegram/"):
            self._send(self._world.telegram(path.split("/")[3].partition("?")[0], body))
            return
        answer = self._world.stripe(method, path.removeprefix("/stripe"), body)
        if self._world.stripe_pause and method == "POST":
            asyncio.get_running_loop().call_later(self._world.stripe_pause, self._send, answer)
        else:
            self._send(answer)

    def _send(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def serve(world: World) -> asyncio.Server:
    """Listen on a free port of 127.0.0.1; `world.base` says where."""
    server = await asyncio.get_running_loop().create_server(lambda: Wire(world), "127.0.0.1", 0)
    world.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    return server
