"""What a process that answers requests does with the memory of large ones: it gives it back."""

from __future__ import annotations

import contextlib
import ctypes

LARGE = 256 << 10
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)


def give_large_blocks_back() -> None:
    """Have blocks from ``LARGE`` on be taken from the system one by one, and given back as soon as they are free.

    glibc does so at first, but takes each block that is freed for the size of those to come and keeps that much for
    good, in each thread's arena: after some bodies of 20 MB, hundreds of MB. Other C libraries have no such habit.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, LARGE)
        libc.mallopt(_TRIM_THRESHOLD, LARGE)
