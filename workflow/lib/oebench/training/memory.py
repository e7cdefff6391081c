"""Memory that a training frees stays with the process.

A step allocates the same large tensors again and again. By default glibc gives freed blocks of more
than some hundred kB back to the kernel, which then fills new ones with zeros, page by page: a tenth
to a fifth of a CPU training's time.
"""

import ctypes

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4  # malloc.h
LARGEST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Never return freed memory to the kernel; returns whether this C library can be told so."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # not glibc
        return False
    options = {MMAP_MAX: 0, TRIM_THRESHOLD: LARGEST, TOP_PAD: 64 << 20}
    return all(mallopt(name, value) for name, value in options.items())
