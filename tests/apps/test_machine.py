"""What a painting process asks of its machine."""

import os
import subprocess
import sys

import pytest

FAULTS = """
import resource
from adain import Stylizer
from adain.apps.machine import keep_freed_memory
import numpy as np
if not keep_freed_memory():
    print(-1)
    raise SystemExit
picture = np.zeros((256, 384, 3), np.uint8)
stylizer = Stylizer("fast", device="cpu", dtype="float32")
style = stylizer.encode_style(picture)
for frame in range(8):
    if frame == 4:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    stylizer.stylize(picture, style)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_memory_is_kept_from_frame_to_frame():
    run = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True, timeout=120)
    if (fetched := int(run.stdout)) < 0:
        pytest.skip("not glibc")
    assert fetched < 2500  # pages in four frames; without it mostly 7,000 to 8,000, now and then by luck none


def test_a_core_is_left_for_the_rest():
    code = "from adain.apps.machine import share_cores; share_cores(); import torch; print(torch.get_num_threads())"
    threads = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert 1 <= threads <= max(1, cores - 1)
