"""The heap of a process that serves."""

import subprocess
import sys

_ASK = """
import gc
gc.disable()
import bot.app
from bot import heap
heap.settle()
print(gc.isenabled(), gc.get_freeze_count() > 100_000, len(gc.get_objects()) < gc.get_freeze_count() / 100)
"""


def test_what_imports_made_is_never_looked_through_again() -> None:
    """In a process of its own: the heap is the process's."""
    said = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "True", "True"]
