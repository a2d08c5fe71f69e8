"""`adain bench webcam`: the whole way from camera to display on a clip, against the bars the project sets itself."""

import csv
import itertools
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from adain.models import DEFAULT_BACKEND

from .bench import cpu_name
from .clip import RATE, write_clip
from .webcam import Webcam, WebcamOptions

WIDTH, HEIGHT, FRAMES = 640, 360, 240  # of the clip, which is looped
SETTLING = 10.0  # s at the start of a run that do not count
SECONDS = 50.0  # s that a run takes


@dataclass(frozen=True)
class Bar:
    """A figure and what it should be."""

    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def wanted(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"

    @property
    def met(self) -> bool:
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)


def run_webcam_bench(
    *, device: str, backend: str = DEFAULT_BACKEND, as_json: bool, seconds: float = SECONDS, settling: float = SETTLING
) -> None:
    """Print the bars."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, WIDTH, HEIGHT, FRAMES)
        bars = list(measure(clip, (device, backend), seconds, settling))
    if as_json:
        print(json.dumps([{**vars(bar), "met": bar.met} for bar in bars], indent=1))
        return
    table = Table("", "measured", "wanted", "", box=None)
    for bar in bars:
        table.add_row(bar.name, f"{bar.value:.1f} {bar.unit}", bar.wanted, "ok" if bar.met else "missed")
    console = Console()
    console.print(table)
    console.print(f"{WIDTH}x{HEIGHT}, fast, smoothing flow, headless; {cpu_name()}", highlight=False)


def measure(clip: Path, where: tuple[str, str], seconds: float, settling: float) -> Iterator[Bar]:
    full, growth = play(clip, where, seconds, settling, size=WIDTH)
    median, most = np.percentile([float(row["latency_ms"]) for row in full], (50, 95)).tolist()
    yield Bar(f"frames a second at {WIDTH} px", rate_of(full), "fps", least=20)
    yield Bar("latency, median", median, "ms", most=120)
    yield Bar("latency, 95th percentile", most, "ms", most=200)
    yield Bar("memory gained meanwhile", growth, "MB", most=20)
    held, _ = play(clip, where, seconds, settling, size=None)
    yield Bar("frames a second with --fps 30", rate_of(held), "fps", least=28)
    yield Bar("working size it chose", statistics.median(int(row["size"]) for row in held), "px", least=0)
    changes = sum(a["size"] != b["size"] for a, b in itertools.pairwise(held))
    yield Bar("changes of size a minute", 60 * changes / (seconds - settling), "", most=6)


def play(
    clip: Path, where: tuple[str, str], seconds: float, settling: float, *, size: int | None
) -> tuple[list[dict[str, str]], float]:
    """Run the app on the clip: the lines of its statistics after it has settled, and the MB gained since then."""
    stats = clip.with_name(f"{size}.csv")
    options = WebcamOptions(
        camera=str(clip), styles=("starry-night",), loop=True, headless=True, size=size, fps=RATE, stats=stats,
        device=where[0], backend=where[1],
    )  # fmt: skip
    app = TimedWebcam(options, seconds, settling)
    app.run()
    with open(stats, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row["shown_s"]) >= settling]
    return rows, app.growth


class TimedWebcam(Webcam):
    """Ends after some seconds, and looks at the memory."""

    def __init__(self, options: WebcamOptions, seconds: float, settling: float) -> None:
        super().__init__(options)
        self._seconds, self._settling = seconds, settling
        self._settled = 0.0  # MB
        self.growth = 0.0  # MB

    def _note(self, painting) -> None:  # type: ignore[no-untyped-def]
        super()._note(painting)
        elapsed = painting.finished - self.began
        if elapsed > self._settling and not self._settled:
            self._settled = memory()
        if elapsed > self._seconds:
            self.growth = memory() - self._settled
            self.controls.done = True


def rate_of(rows: list[dict[str, str]]) -> float:
    span = float(rows[-1]["shown_s"]) - float(rows[0]["shown_s"])
    return (len(rows) - 1) / span


def memory() -> float:
    """MB that this process holds; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
