"""Small files that people can send: a picture, a film, a voice, a document. They are drawn here, and play nowhere."""

import struct
import zlib
from functools import cache

from msgspec import Struct


class Sample(Struct, frozen=True):
    name: str
    kind: str
    content: bytes


@cache
def sample(media: str) -> Sample:
    """LookupError for a kind that nobody sends."""
    return {
        "photo": Sample("photo.png", "image/png", picture(320, 200)),
        "video": Sample("video.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(480)),
        "animation": Sample("animation.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(120)),
        "voice": Sample("voice.ogg", "audio/ogg", b"OggS" + bytes(240)),
        "audio": Sample("song.mp3", "audio/mpeg", b"ID3" + bytes(960)),
        "document": Sample("report.pdf", "application/pdf", _PDF),
    }[media]


def picture(width: int, height: int) -> bytes:
    """A well between two hills, as a PNG."""
    rows = b"".join(
        b"\x00" + b"".join(_pixel(x / width, y / height) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*one) for one in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    )


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG in pixels; None for anything else."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
        return None
    return struct.unpack(">II", content[16:24])


def _pixel(x: float, y: float) -> bytes:
    if abs(x - 0.5) < 0.06 and 0.55 < y < 0.8:
        return b"\x2f\x6f\xb0"
    hill = 0.62 + 0.9 * min((x - 0.22) ** 2, (x - 0.8) ** 2)
    if y > hill:
        return b"\x5a\x8f\x4e" if y - hill > 0.03 else b"\x47\x78\x3d"
    sky = int(40 * y)
    return bytes((150 + sky, 200 + sky // 2, 235))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


# One empty page.
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
