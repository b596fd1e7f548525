"""Typst in a process of its own, which ends when nobody prints: `python -m bot.papers.press`.

What Typst remembers of a long statement is hundreds of MiB, which the system gets back only when a process ends; and were
it ever to fall over, the bot would not. On the pipe each piece of bytes has its length before it, eight bytes.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from typst import Compiler

_ROOT = Path(__file__).resolve().parents[2]
# Seconds without work, and how many papers, after which the process ends. It begins again in half a second.
_IDLE, _MANY = 60.0, 200
# Of the environment it gets what Python and its temporary files need, and nothing of the bot's secrets.
_NEEDED = ("PATH", "HOME", "LANG", "LC_", "TMP", "TEMP", "PYTHON", "VIRTUAL_ENV", "SYSTEMROOT", "LD_", "COV")
_DONE, _FAILED = b"done", b"failed"


class PressFailed(Exception):
    """A paper cannot be printed; names the kind of error, never what stands on the paper."""


class Press:
    """The bot's side. One paper at a time; may be asked from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def print(
        self,
        template: Path,
        inputs: dict[str, str],
        moment: int,
        format: Literal["pdf", "png"],
        ppi: float | None,
    ) -> list[bytes]:
        """As `typeset`. Raises PressFailed."""
        job = json.dumps([str(template), inputs, moment, format, ppi]).encode()
        with self._lock:
            try:
                return self._asked(job)
            except (OSError, EOFError):
                # It had just gone to rest, or was ended by somebody: printing again changes nothing.
                self._end()
            try:
                return self._asked(job)
            except (OSError, EOFError) as error:
                self._end()
                raise PressFailed(type(error).__name__) from error

    def close(self) -> None:
        with self._lock:
            self._end()

    def _asked(self, job: bytes) -> list[bytes]:
        child = self._child = self._child or _begun()
        orders, papers = child.stdin, child.stdout
        if orders is None or papers is None:
            raise EOFError
        _say(orders, job)
        orders.flush()
        outcome, *pages = [_heard(papers) for _ in range(int.from_bytes(_heard(papers)))]
        if outcome == _FAILED:
            raise PressFailed(pages[0].decode())
        return pages

    def _end(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            # It ends by itself at the end of its orders; by now it has printed what it was given, or is beyond that.
            child.kill()
            child.communicate()


def _begun() -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-m", "bot.papers.press")
    needed = {name: value for name, value in os.environ.items() if name.startswith(_NEEDED)}
    return subprocess.Popen(  # noqa: S603  ourselves
        command, cwd=_ROOT, env=needed, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _say(pipe: IO[bytes], piece: bytes) -> None:
    pipe.write(len(piece).to_bytes(8) + piece)


def _heard(pipe: IO[bytes]) -> bytes:
    head = pipe.read(8)
    piece = pipe.read(int.from_bytes(head)) if len(head) == 8 else b""
    if len(head) < 8 or len(piece) < int.from_bytes(head):
        raise EOFError
    return piece


def typeset(
    template: str, inputs: dict[str, str], moment: int, format: Literal["pdf", "png"], ppi: float | None
) -> list[bytes]:
    """The pages that a template makes of its inputs, JSON that it reads as `sys.inputs`; one file where it is a PDF.

    `moment` in seconds since 1970 is the only date in it.
    """
    made = _compiler(template).compile(format=format, ppi=ppi, sys_inputs=inputs, timestamp=moment)
    return [made] if isinstance(made, bytes) else made or []


@cache
def _compiler(template: str) -> "Compiler":
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts_folder()])
    return typst.Compiler(template, root=str(Path(template).parent), font_paths=fonts)


@cache
def fonts_folder() -> str:
    """pymupdf-fonts keeps fonts as Python text, Typst wants files; they last as long as the process."""
    from pymupdf_fonts import fontbuffers  # pyright: ignore[reportMissingTypeStubs]

    folder = TemporaryDirectory(prefix="entraide-fonts-")
    atexit.register(folder.cleanup)
    for name in ("figo", "figbo"):
        Path(folder.name, f"{name}.ttf").write_bytes(fontbuffers[name]())
    return folder.name


def main(idle: float = _IDLE, many: int = _MANY) -> None:
    """Print what comes, until it ends, or nothing comes for `idle` seconds, or it was `many`."""
    # Whoever stops the bot by a key stops this when the bot is done with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders, papers = sys.stdin.buffer, sys.stdout.buffer
    for _ in range(many):
        if not select.select([orders], [], [], idle)[0]:
            return
        try:
            job: list[Any] = json.loads(_heard(orders))
        except EOFError:
            return
        _answer(papers, job)


def _answer(papers: IO[bytes], job: list[Any]) -> None:
    try:
        pieces = [_DONE, *typeset(*job)]
    except Exception as error:  # noqa: BLE001  said to whoever asked
        pieces = [_FAILED, type(error).__name__.encode()]
    _say(papers, len(pieces).to_bytes(8))
    for piece in pieces:
        _say(papers, piece)
    papers.flush()


if __name__ == "__main__":
    main()
