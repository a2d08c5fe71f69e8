"""What a painting process asks of its machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from adain.apps.machine import peak_memory

FAULTS = """
import resource, sys
from adain.apps.machine import keep_freed_memory
if not keep_freed_memory():
    print(-1)
    raise SystemExit
from adain import Stylizer
import numpy as np
height, width = map(int, sys.argv[1:])
picture = np.zeros((height, width, 3), np.uint8)
stylizer = Stylizer("fast", device="cpu", dtype="float32")
style = stylizer.encode_style(picture[:256, :384])
for frame in range(8):
    if frame == 4:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    stylizer.stylize(picture, style, tile=None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def fetched(height: int, width: int) -> int:
    """Pages that four paintings of one size fetched from the system, once it is warm."""
    command = [sys.executable, "-c", FAULTS, str(height), str(width)]
    pages = int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)
    if pages < 0:
        pytest.skip("not glibc")
    return pages


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_memory_is_kept_from_frame_to_frame():
    assert fetched(256, 384) < 2500  # without it mostly 7,000 to 8,000, now and then by luck none


@pytest.mark.skipif(not LARGE_PAGES.exists() or "[never]" in LARGE_PAGES.read_text(), reason="no large pages here")
def test_large_pictures_come_in_large_pages():
    assert fetched(1280, 1280) < 50_000  # 26,000; in small pages 180,000


def test_a_core_is_left_for_the_rest():
    code = "from adain.apps.machine import share_cores; share_cores(); import torch; print(torch.get_num_threads())"
    threads = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert 1 <= threads <= max(1, cores - 1)


PEAK = """
from adain.apps.machine import peak_memory
before = peak_memory()
held = b"x" * ((before + 100) << 20)  # the peak is inherited from the process that started this one
print(before, peak_memory() - before)
"""


def test_peak_of_memory(monkeypatch: pytest.MonkeyPatch):
    if peak_memory() is not None:
        done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
        before, grown = map(int, done.stdout.split())
        assert before > 10 and 100 <= grown < 300
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    assert peak_memory() is None
