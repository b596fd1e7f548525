"""What is imported, and what is not."""

import subprocess
import sys

import pytest

from bot.lean import without

_ASK = """
import sys
from bot import lean
lean.load()
import bot.app
print(sorted({"rich", "pygments", "requests"} & set(sys.modules)))
import requests
"""


def test_a_library_that_is_hidden_cannot_be_imported_and_can_be_afterwards() -> None:
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ImportError):
        __import__("colorsys")
    assert __import__("colorsys").__name__ == "colorsys"


def test_what_is_there_already_stays() -> None:
    with without("json"):
        assert __import__("json").dumps(1) == "1"


def test_the_bot_serves_without_what_its_libraries_could_use() -> None:
    """In a process of its own: here they may have been imported long ago."""
    said = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
