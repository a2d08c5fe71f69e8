"""How a process that paints uses the machine: its memory, and its cores."""

import ctypes
import os
import sys

# glibc's mallopt, <malloc.h>
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
LARGEST_KEPT = 32 << 20  # bytes, the most that glibc allows; single buffers above it go back to the system at once
MOST_KEPT = 512 << 20  # bytes
ARENAS = 4  # threads share what is kept

SWITCH = 0.0002  # s after which a thread that waits for Python gets its turn


def keep_freed_memory() -> bool:
    """Keep what is freed for the next frame; call it before torch is loaded. Returns whether that could be had.

    Otherwise glibc fetches every feature map of every frame from the system anew, page by page, each zeroed first: a
    quarter of a picture's time. Other C libraries have no such switch, or do not need it. Buffers too large to be kept,
    those of pictures from about 1200 px a side, come in pages of 2 MB instead of 4 KB where Linux has them.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch reads it before its first buffer
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl
        return False
    settings = ((MMAP_THRESHOLD, LARGEST_KEPT), (TRIM_THRESHOLD, MOST_KEPT), (ARENA_MAX, ARENAS))
    return all([mallopt(*setting) for setting in settings])


def share_cores() -> None:
    """Leave a core to what runs beside the network: reading, smoothing, showing.

    A parallel loop is as slow as its slowest thread, so a network on all cores stands still whenever one of them is
    taken. And Python lets a thread wait for 5 ms by default, while a network returns to Python a hundred times a frame.
    """
    import cv2
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(1, min(torch.get_num_threads(), cores - 1)))
    cv2.setNumThreads(1)
    sys.setswitchinterval(SWITCH)


def peak_memory() -> int | None:
    """MiB that this process held at most; None where the system does not tell, as Windows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // ((1 << 20) if sys.platform == "darwin" else 1024)  # a Mac counts bytes
