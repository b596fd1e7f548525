"""Python's search for garbage, set for a process that serves: most of the heap is what imports made, and never dies."""

import gc

# Between two looks at the youngest objects, and how many of each generation before the next older is looked at.
# At Python's own 700 a broadcast at full speed spends a quarter of its time on looks that find nothing.
_LOOKS = (5_000, 10, 10)


def settle() -> None:
    """What there is now stays for good and is never looked through again; what comes is looked at less often."""
    gc.freeze()
    gc.set_threshold(*_LOOKS)
    gc.enable()
