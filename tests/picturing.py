"""A photo or a file that a person sends to the bot."""

import math
import struct
import zlib

from sandbox.telegram import Phone


def landscape(width: int = 320, height: int = 120) -> bytes:
    """A PNG: snow on a hill, under an evening sky."""
    rows = b"".join(
        b"\0" + b"".join(_colour(x, y, width, height) for x in range(width)) for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _colour(x: int, y: int, width: int, height: int) -> bytes:
    ridge = height * (0.55 - 0.2 * math.sin(3 * x / width + 0.4) + 0.06 * math.sin(19 * x / width))
    shade = 150 + 90 * y // height
    return bytes((shade, shade - 40, 150)) if y < ridge else bytes((236, 240, 246))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


async def sends(phone: Phone, what: str = "photo", content: bytes | None = None) -> str:
    """Send it; Telegram's file_id."""
    await phone.send_file(what, content=content or landscape())
    file = phone.messages[-1].file
    assert file is not None
    return file.file_id
