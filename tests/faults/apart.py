"""Papers printed by a fork: a press begun by one of the worlds would be asked by all of them."""

import contextlib
import os
import pickle
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.papers import press, printing


@contextlib.contextmanager
def printing_apart() -> Generator[None]:
    """Each paper is made by a child that ends with it."""
    press.fonts_folder()

    def apart(*args: Any) -> list[bytes]:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _print(writing, *args)
        os.close(writing)
        with open(reading, "rb") as pipe:  # noqa: PTH123  a pipe has no path
            made = pickle.load(pipe)
        os.waitpid(pid, 0)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing, "compiled", apart)
        yield


def _print(writing: int, template: Path, inputs: dict[str, str], made_at: datetime, *form: Any) -> None:
    """In the child: never returns."""
    try:
        with open(writing, "wb") as pipe:
            pickle.dump(press.typeset(str(template), inputs, int(made_at.timestamp()), *form), pipe)
    finally:
        os._exit(0)
