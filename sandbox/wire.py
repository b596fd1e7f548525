"""Answers that HTTP servers give when something breaks: silence, and a connection that drops."""

import asyncio
import contextlib
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Silence(Response):
    """Never answers; ends when the client hangs up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue


class Cut(Response):
    """Drops the connection, after a part of the body if one is given."""

    def __init__(self, part: bytes = b"", whole: int = 0) -> None:
        super().__init__()
        self._part, self._whole = part, whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._whole:
            headers = [(b"content-type", b"application/json"), (b"content-length", str(self._whole).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self._part, "more_body": True})
            await asyncio.sleep(0)
        _transport(send).abort()
        # The server must have noticed before we return, or it would still write an error of its own.
        while (await receive())["type"] != "http.disconnect":
            continue


def _transport(send: Any) -> asyncio.Transport:
    """uvicorn's request cycle holds the socket; no public interface drops one, so it is dug out of `send`'s wrappings."""
    owner = getattr(send, "__self__", None)
    if owner is not None and hasattr(owner, "transport"):
        return owner.transport
    for cell in getattr(send, "__closure__", None) or ():
        if callable(cell.cell_contents):
            with contextlib.suppress(LookupError):
                return _transport(cell.cell_contents)
    raise LookupError("this server does not show its transport")
