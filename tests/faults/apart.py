"""Papers printed in a process of their own: the printer's threads, once begun, would not live on in a fork of this one."""

import contextlib
import os
import pickle
import threading
from collections.abc import Generator
from typing import Any

import pytest

from bot.papers import printing


@contextlib.contextmanager
def printing_apart() -> Generator[None]:
    """Each paper is made by a child that ends with it."""
    compiled = printing.compiled
    printing._fonts()

    def apart(*args: Any) -> list[bytes]:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _print(writing, compiled, args)
        os.close(writing)
        with open(reading, "rb") as pipe:  # noqa: PTH123  a pipe has no path
            made = pickle.load(pipe)
        os.waitpid(pid, 0)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing, "compiled", apart)
        yield


def _print(writing: int, compiled: Any, args: Any) -> None:
    """In the child: never returns."""
    printing._one_at_a_time = threading.Lock()
    try:
        with open(writing, "wb") as pipe:
            pickle.dump(compiled(*args), pipe)
    finally:
        os._exit(0)
