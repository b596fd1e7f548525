"""A stand-in for Telegram and Stripe that is much faster than what is measured: one asyncio protocol, cached pieces."""

import asyncio
import html
import json
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from msgspec import Struct

from benchmarks.stub_stripe import Vault

TOKEN = "7000000001:sandbox-token-of-no-value-aaaaaaaaa"
_ME = {"id": 7000000001, "is_bot": True, "first_name": "Entraide", "username": "entraide_bot"}
_FROM = json.dumps(_ME)
_TRUE = b'{"ok":true,"result":true}'
_PLAIN = {
    "getMe": json.dumps({"ok": True, "result": _ME}).encode(),
    "getWebhookInfo": b'{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}',
    "getChat": b'{"ok":true,"result":{"id":1,"type":"private","first_name":"D"}}',
    "getMyCommands": b'{"ok":true,"result":[]}',
}


class Shown(Struct, frozen=True):
    """A message that was sent or edited, as Telegram's JSON; `at` is when its request had arrived (perf_counter)."""

    chat: int
    message: str
    markup: str
    message_id: int
    at: float


class World:
    """What both vendors know; `shown` is told of every message. `busy` counts the stub's own CPU seconds."""

    def __init__(self) -> None:
        self.shown: Callable[[Shown], None] = lambda _: None
        self.vault = Vault()
        self.stripe_pause = 0.0
        self.at_stripe = 0
        self.busy = 0.0
        self.base = ""
        self._number = 100

    def telegram(self, method: str, body: bytes) -> bytes:
        if method not in ("sendMessage", "editMessageText"):
            return _PLAIN.get(method, _TRUE)
        at, fields, edited = time.perf_counter(), _fields(body), ""
        chat = int(fields["chat_id"])
        if method == "sendMessage":
            self._number += 1
            number = self._number
        else:
            number, edited = int(fields["message_id"]), f'"edit_date":{int(time.time())},'
        markup = _json_of(fields.get("reply_markup"))
        message = (
            f'{{"message_id":{number},"from":{_FROM},"chat":{{"id":{chat},"first_name":"D","type":"private"}},'
            f'"date":{int(time.time())},{edited}{_text(fields["text"])}'
            + (f',"reply_markup":{markup}}}' if markup else "}")
        )
        self.shown(Shown(chat, message, markup, number, at))
        return f'{{"ok":true,"result":{message}}}'.encode()


def _fields(body: bytes) -> dict[str, Any]:
    """A method's parameters, from JSON or from a form."""
    if body[:1] == b"{":
        return json.loads(body)
    pairs = (pair.partition("=") for pair in body.decode().split("&"))
    return {key: _unquoted(value) for key, _, value in pairs}


# Texts and keyboards come again and again: what they look like decoded is remembered.
_unquoted = lru_cache(2048)(unquote_plus)


def _json_of(markup: object) -> str:
    """A keyboard as JSON: it comes as an object, or as a JSON string already."""
    if not markup:
        return ""
    return markup if isinstance(markup, str) else json.dumps(markup)


@lru_cache(2048)
def _text(marked: str) -> str:
    """The members `text` and `entities` of a message whose HTML knows <b> only."""
    plain, start, entities = "", 0, []
    for piece in re.split(r"(</?b>)", marked):
        if piece == "<b>":
            start = _units(plain)
        elif piece == "</b>":
            entities.append({"offset": start, "length": _units(plain) - start, "type": "bold"})
        else:
            plain += html.unescape(piece)
    bold = f',"entities":{json.dumps(entities)}' if entities else ""
    return f'"text":{json.dumps(plain)}{bold}'


def _units(text: str) -> int:
    """Telegram counts in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


class Wire(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, just enough."""

    def __init__(self, world: World) -> None:
        self._world, self._buffer = world, b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        began = time.thread_time()
        self._buffer += data
        while self._take():
            pass
        self._world.busy += time.thread_time() - began

    def _take(self) -> bool:
        """Answer one whole request, if there is one."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._buffer[:end]
        whole = end + 4 + _length(head)
        if len(self._buffer) < whole:
            return False
        body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
        method, path, _ = head.split(b" ", 2)
        self._answer(method.decode(), path.decode(), body)
        return True

    def _answer(self, method: str, path: str, body: bytes) -> None:
        if path.startswith("/telegram/"):
            self._send(self._world.telegram(path.split("/")[3].partition("?")[0], body))
            return
        answer = self._world.vault.answer(method, path.removeprefix("/stripe"), body)
        if self._world.stripe_pause and method == "POST":
            self._world.at_stripe += 1
            asyncio.get_running_loop().call_later(self._world.stripe_pause, self._send_late, answer)
        else:
            self._send(answer)

    def _send_late(self, body: bytes) -> None:
        self._world.at_stripe -= 1
        self._send(body)

    def _send(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    return int(lower[at + 17 :].partition(b"\r\n")[0]) if at >= 0 else 0


async def serve(world: World) -> asyncio.Server:
    """Listen on a free port of 127.0.0.1; `world.base` says where."""
    server = await asyncio.get_running_loop().create_server(lambda: Wire(world), "127.0.0.1", 0)
    world.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    return server
