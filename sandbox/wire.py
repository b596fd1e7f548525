"""Answers that HTTP servers give when something breaks: silence, and a connection that drops."""

import asyncio
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


def _transport(send: Any) -> Any:
    """uvicorn's request cycle holds the socket; its public interface has no way to drop one."""
    owner = getattr(send, "__self__", None)
    if owner is None:
        owner = next(
            cell.cell_contents.__self__
            for cell in send.__closure__
            if hasattr(cell.cell_contents, "__self__")
        )
    return owner.transport
