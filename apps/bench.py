"""`adain bench`: how long a picture takes, style already encoded, uint8 in to uint8 out."""

import json
import platform
import statistics
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from adain.stylizer import Stylizer

WARM_UP, RUNS = 3, 15


def run_bench(models: list[str], sizes: list[str], dtypes: list[str], *, device: str, as_json: bool) -> None:
    """Print the median milliseconds of each model, number format and size ("WIDTHxHEIGHT")."""
    rows = []
    for model in models:
        for dtype in dtypes:
            stylizer = Stylizer(model, device=device, dtype=dtype)
            for size in sizes:
                width, height = map(int, size.split("x"))
                milliseconds = 1000 * time_stylize(stylizer, width, height)
                rows.append({"model": model, "dtype": stylizer.dtype_name, "size": size, "ms": round(milliseconds, 1)})
    machine = {"cpu": cpu_name(), "threads": torch.get_num_threads(), "torch": torch.__version__, "device": device}
    if as_json:
        print(json.dumps({"machine": machine, "rows": rows}, indent=1))
        return
    table = Table("model", "dtype", "size", "ms", "pictures/s", box=None)
    for row in rows:
        table.add_row(*(str(row[k]) for k in ("model", "dtype", "size", "ms")), f"{1000 / float(str(row['ms'])):.1f}")
    console = Console()
    console.print(table)
    console.print(f"median of {RUNS} after {WARM_UP}; {machine['cpu']}, {machine['threads']} threads", highlight=False)


def time_stylize(stylizer: Stylizer, width: int, height: int) -> float:
    """Median seconds of one call."""
    generator = np.random.default_rng(0)
    picture = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    style = stylizer.encode_style(generator.integers(0, 256, (256, 256, 3), dtype=np.uint8))
    seconds = []
    for _ in range(WARM_UP + RUNS):
        started = time.perf_counter()
        stylizer.stylize(picture, style)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[WARM_UP:])


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
