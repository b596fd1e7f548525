"""The heap of a process that serves."""

import subprocess
import sys
from pathlib import Path

import pytest

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


_THREADS = """
import ctypes, sys, threading
from bot import heap
heap.settle()
together = threading.Barrier(9)
def work():
    kept = [bytes(1000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for one in threads: one.start()
together.wait()
for one in threads: one.join()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(c.fopen(sys.argv[1].encode(), b"w"))
c.malloc_info(0, file)
c.fclose(file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heap alone is tuned")
def test_threads_share_two_heaps_so_that_what_one_gave_back_another_can_use(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _THREADS, str(tmp_path / "heaps")], check=True)
    assert 1 <= (tmp_path / "heaps").read_text(encoding="utf-8").count("<heap nr=") <= 2
