"""The wire under the HTTP face: a request arrives whole, small and in time, or its connection is closed.

uvicorn has no limit on how long a request takes to arrive (every byte sets `timeout_keep_alive` back, and it only runs
between requests), httptools has none on the size of a head, and an ASGI application is called too late for either.
"""

import asyncio
from typing import Any, cast

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol


class Bounds(Struct, frozen=True):
    """Seconds for a head and for a body to arrive, bytes of a head and of a whole request, open connections."""

    head_seconds: float = 10
    body_seconds: float = 20
    head_bytes: int = 16 << 10
    request_bytes: int = 2 << 20
    connections: int = 500


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's, with bounds. What breaks them is answered without words where an answer can still be given."""

    bounds = Bounds()
    began: float
    served: int

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.began, self.served = self.loop.time(), 0
        self._due: asyncio.TimerHandle | None = None
        self._is_head_whole = self._is_asked = False
        self._head = self._arrived = 0
        self._give(self.bounds.head_seconds)
        if len(self.connections) > self.bounds.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._arrived += len(data)
        if self._due is None:
            self._give(self.bounds.head_seconds)
        super().data_received(data)
        if self._arrived > (self.bounds.request_bytes if self._is_head_whole else self.bounds.head_bytes):
            self._refuse(413 if self._is_head_whole else 431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_head_whole, self._head = False, 0
        if self._due is None:
            self._give(self.bounds.head_seconds)

    def on_url(self, url: bytes) -> None:
        self._weigh(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._weigh(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._is_head_whole = self._is_asked = True
        self._give(self.bounds.body_seconds)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_head_whole, self._arrived = False, 0
        self.served += 1
        self._rest()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed is told nothing, not even that."""
        self._refuse(431 if self._head > self.bounds.head_bytes else 400)

    @property
    def is_idle(self) -> bool:
        """Whether nothing that arrived here is being answered."""
        return not self._is_asked or bool(self.cycle.response_complete)

    @property
    def _is_answered(self) -> bool:
        """Whether the request that is arriving has an answer already, or waits behind one that has none."""
        return bool(self.cycle.response_started or self.pipeline)

    def _weigh(self, size: int) -> None:
        self._head += size
        if self._head > self.bounds.head_bytes:
            raise ValueError("a head is too large")  # The parser stops, and `send_400_response` is called.

    def _give(self, seconds: float) -> None:
        self._rest()
        self._due = self.loop.call_later(seconds, self._late)

    def _rest(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        """Whoever pipelines waits for our answer to the request before, and is not late."""
        self._due = None
        if self.pipeline or not (self.is_idle or self.cycle.more_body):
            self._give(self.bounds.head_seconds)
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        if not (self._is_answered if self._is_head_whole else self.pipeline or not self.is_idle):
            headers = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
            end = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(b"".join([STATUS_LINE[status], *headers, end]))
        self.transport.close()

    def _make_room(self) -> None:
        """Whoever has waited longest goes, first of all those who never said anything whole."""
        every = cast("set[object]", self.connections)
        idle = [one for one in every if isinstance(one, BoundedProtocol) and one.is_idle]
        if idle:
            min(idle, key=lambda one: (one.served > 0, one.began)).transport.abort()


def bounded(bounds: Bounds) -> Any:
    """A protocol class for `uvicorn.Config(http=...)`."""
    return type("Bounded", (BoundedProtocol,), {"bounds": bounds})
