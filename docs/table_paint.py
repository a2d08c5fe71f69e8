"""One row of the table at one size, in a process of its own, so that its peak of memory is its own.

python docs/table_paint.py CLOCK METHOD SIZE OUT PHOTO... paints the photos, cropped to SIZE x SIZE px, into the folder
OUT, and prints one line of JSON: milliseconds of each photo, and MiB. METHOD: MODEL@STRENGTH, or gatys@STEPS/FULL.
CLOCK: wall, or cpu, which counts the time of the process itself and so can be read on a busy machine (of all threads
together, so give it one).
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from adain.apps.machine import peak_memory
from adain.apps.quality import square

from adain import Stylizer
from adain.builtin import find_style
from adain.optimize import OptimizeOptions, optimize
from adain.picture import Picture, read_picture, write_picture

STYLE = "starry-night"
WARM_UP, RUNS = 2, 5  # of a network, for each photo
GATYS = "gatys"

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
Paint = Callable[[Picture], tuple[Picture, float]]  # photo -> painting, s


def gatys(steps: int, full: int, size: int, clock: Callable[[], float]) -> Paint:
    """Runs some steps, and tells the time of a full run: the first step, with all that comes before, counts once."""
    painting = read_picture(find_style(STYLE))
    options = OptimizeOptions(size=size, steps=steps, device="cpu")

    def paint(photo: Picture) -> tuple[Picture, float]:
        started = clock()
        run = optimize(photo, painting, options)
        last = next(run)
        first = clock()
        *_, last = (last, *run)
        each = (clock() - first) / max(1, steps - 1)
        return last.picture(), first - started + (full - 1) * each

    return paint


def network(model: str, strength: float, clock: Callable[[], float]) -> Paint:
    stylizer = Stylizer(model, device="cpu")
    # As a picture, which is new to `fast`: the built-in style of that name it has practised.
    style = stylizer.only_style or stylizer.encode_style(read_picture(find_style(STYLE)))

    def paint(photo: Picture) -> tuple[Picture, float]:
        seconds = []
        for _ in range(WARM_UP + RUNS):
            started = clock()
            painted = stylizer.stylize(photo, style, strength=strength)
            seconds.append(clock() - started)
        return painted, statistics.median(seconds[WARM_UP:])

    return paint


def main(clock: str, method: str, size: int, out: Path, photos: list[str]) -> None:
    model, _, number = method.rpartition("@")
    imported = peak_memory()
    ticks = CLOCKS[clock]
    if model == GATYS:
        paint = gatys(*map(int, number.split("/")), size=size, clock=ticks)
    else:
        paint = network(model, float(number), ticks)
    milliseconds = {}
    for photo in photos:
        painted, seconds = paint(square(read_picture(photo), size))
        milliseconds[Path(photo).stem] = round(1000 * seconds, 1)
        write_picture(painted, out / f"{Path(photo).stem}_{STYLE}.png", overwrite=True)
    print(json.dumps({"milliseconds": milliseconds, "peak_mib": peak_memory(), "imported_mib": imported}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), sys.argv[5:])
