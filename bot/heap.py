"""Python's search for garbage and the system's heap, set for a process that serves: most of what imports made never dies, and
what a crowd needed is given back.
"""

import ctypes
import gc
import sys

# Between two looks at the youngest objects, and how many of each generation before the next older is looked at.
# At Python's own 700 a broadcast at full speed spends a quarter of its time on looks that find nothing.
_LOOKS = (5_000, 10, 10)
# glibc's <malloc.h>. By itself it makes a heap for nearly each thread, and gives the less back the more was freed at once.
_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8
_HEAPS, _SPARE = 2, 128 << 10


def settle() -> None:
    """What there is now stays for good and is never looked through again; what comes is looked at less often."""
    _give_back()
    gc.freeze()
    gc.set_threshold(*_LOOKS)
    gc.enable()


def _give_back() -> None:
    """Before there are threads. Other systems have no such heap, and no such word."""
    tune = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if tune is not None:
        tune(_M_ARENA_MAX, _HEAPS)
        tune(_M_TRIM_THRESHOLD, _SPARE)
