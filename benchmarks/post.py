"""Posts over keep-alive connections of its own: as little work a request as can be, so that the load is not what is measured."""

import asyncio


class _Line(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    async def ask(self, request: bytes) -> int:
        self._buffer = b""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._answer and not self._answer.done() and _is_whole(self._buffer):
            self._answer.set_result(int(self._buffer[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed before the answer"))


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    return len(body) >= int(rest.partition(b"\r\n")[0]) if named else body.endswith(b"0\r\n\r\n")


class Poster:
    """One server on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Line] = []

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer. Raises OSError where nobody answers."""
        line = await self._line()
        shown = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{shown}\r\n"
        status = await line.ask(head.encode() + body)
        self._idle.append(line)
        return status

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if not line.transport.is_closing():
                return line
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Line, "127.0.0.1", self._port))[1]

    def close(self) -> None:
        for line in self._idle:
            line.transport.close()
