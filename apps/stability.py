"""`adain eval video`: how steady painted videos are, and at what price."""

import itertools
import json
import time
from collections.abc import Iterator
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from adain.builtin import find_style
from adain.cuts import CutDetector
from adain.errors import VideoError
from adain.frames import FrameStylizer, Painted
from adain.perceptual import load_perceptual
from adain.picture import Picture, read_picture
from adain.saved import SAVED_SUFFIX
from adain.smoother import check_smooth
from adain.stability import FAR, NEAR, drift, sharpness, style_distance, track, warping_error
from adain.stylizer import STYLE_SIZE, WORK_SIZE, Stylizer, fit

from .frame import Frame
from .progress import progress_bar
from .reader import open_reader

NOISE = 2.0  # of 255; a camera's, in the static scene
COPIES = 8  # of the static scene, each with noise of its own
COLUMNS = {
    "near": f"error at {NEAR}", "near_floor": "of raw", "near_share": "of unsmoothed", "far": f"error at {FAR}",
    "far_share": "of unsmoothed", "sharpness": "sharpness", "style": "style", "drift": "drift", "milliseconds": "ms",
}  # fmt: skip


def run_stability(
    clips: list[str],
    styles: list[str],
    modes: list[str],
    *,
    size: int | None,
    limit: int | None,
    still: int,
    calm: float | None,
    model: str,
    device: str,
    as_json: bool,
) -> None:
    """Print a row for each clip, style and kind of smoothing, "off" among them."""
    for style in styles:
        find_style(style)  # a slip of the pen is told before a clip is read
    for mode in modes:
        check_smooth(mode)
    stylizer = Stylizer(model, device=device)
    work = WORK_SIZE if size is None else size or None
    calm = stylizer.moving_calm if calm is None else calm
    rows: list[dict[str, Any]] = []
    with progress_bar("measuring", len(clips) * len(styles)) as advance:
        for clip, style in itertools.product(clips, styles):
            measure = Measure(stylizer, clip, style, size=work, limit=limit, calm=calm)
            rows += measure.rows(["off", *(mode for mode in modes if mode != "off")], still)
            advance()
    if as_json:
        print(json.dumps({"model": model, "dtype": stylizer.dtype_name, "rows": rows}, indent=1))
        return
    table = Table("clip", "style", "smooth", *COLUMNS.values(), box=None)
    for row in rows:
        table.add_row(
            *(str(row[key]) for key in ("clip", "painting", "smooth")),
            *(
                "" if row[key] is None else f"{row[key]:.4f}" if key in ("near", "far", "drift") else f"{row[key]:.2f}"
                for key in COLUMNS
            ),
        )
    console = Console(width=160)
    console.print(table)
    console.print(
        "error: RMSE, 0..1, to the frame so many before, carried along the content's motion; of raw: times the raw "
        "clip's own.\nsharpness and style: times that of unsmoothed frames; drift: of a static noisy scene, 0..1; ms: "
        "CPU time of the smoothing, a frame.",
        highlight=False,
    )  # fmt: skip


class Measure:
    """One clip in one style."""

    def __init__(
        self, stylizer: Stylizer, clip: str, style: str, *, size: int | None, limit: int | None, calm: float
    ) -> None:
        self.stylizer, self.clip, self.size = stylizer, clip, size
        reader = open_reader(clip)
        try:
            found = (item.rgb for item in reader if isinstance(item, Frame))
            self.contents = [at_work_size(rgb, size) for rgb in itertools.islice(found, limit)]
        finally:
            reader.close()
        if len(self.contents) <= FAR:
            raise VideoError(f"{clip}: got {len(self.contents)} of the {FAR + 1} frames that it takes to measure it")
        self.style = stylizer.calmed(stylizer.encode_style(style), calm)
        path = find_style(style)
        # Of a saved style there is no picture to compare with.
        self.painting = None if path.suffix == SAVED_SUFFIX else at_work_size(read_picture(path).rgb, STYLE_SIZE)
        cuts = CutDetector()
        shots = [number for number, frame in enumerate(self.contents) if cuts.is_cut(frame)]
        self.tracks = {interval: track(self.contents, interval, shots) for interval in (NEAR, FAR)}
        self.judge = load_perceptual("vgg16", None, device=stylizer.device, dtype=stylizer.dtype)

    def rows(self, modes: list[str], still: int) -> list[dict[str, Any]]:
        floor = warping_error(self.contents, self.tracks[NEAR])
        plain: dict[str, float] = {}
        rows = []
        for mode in modes:
            shown, milliseconds = self._play(mode)
            found = {
                "near": warping_error(shown, self.tracks[NEAR]),
                "far": warping_error(shown, self.tracks[FAR]),
                "sharpness": sharpness(shown),
                "style": nan if self.painting is None else style_distance(shown, self.painting, self.judge),
            }
            plain = plain or found
            rows.append({
                "clip": Path(self.clip).stem, "painting": self.style.name, "smooth": mode,
                "near": found["near"], "near_floor": found["near"] / floor, "near_share": found["near"] / plain["near"],
                "far": found["far"], "far_share": found["far"] / plain["far"],
                "sharpness": found["sharpness"] / plain["sharpness"],
                "style": None if self.painting is None else found["style"] / plain["style"],
                "drift": self._drift(mode, still) if still else None, "milliseconds": milliseconds,
            })  # fmt: skip
        return rows

    def _play(self, mode: str) -> tuple[list[np.ndarray], float]:
        """The painted clip, and the CPU milliseconds a frame of what comes after the network."""
        frames = FrameStylizer(self.stylizer, self.style, smooth=mode)
        painted: list[Painted] = [p for content in self.contents for p in frames.paint([content])]
        started = time.process_time()
        shown = [frames.finish(p) for p in painted]
        return shown, 1000 * (time.process_time() - started) / len(shown)

    def _drift(self, mode: str, count: int) -> float:
        """A static scene with a camera's noise, shown for long."""
        frames = FrameStylizer(self.stylizer, self.style, smooth=mode)
        painted = [p for copy in noisy(self.contents[0]) for p in frames.paint([copy])]
        for frame in painted:
            frame.start = False  # all of them follow one another, many times over
        for number in range(count):
            shown = frames.finish(painted[number % COPIES])
        return drift(shown, [p.picture for p in painted])


def noisy(scene: np.ndarray) -> Iterator[np.ndarray]:
    """Copies of a scene as a camera would see it, one after the other."""
    generator = np.random.default_rng(0)
    for _ in range(COPIES):
        noise = generator.normal(0, NOISE, scene.shape)
        yield np.clip(np.rint(scene + noise), 0, 255).astype(np.uint8)


def at_work_size(rgb: np.ndarray, size: int | None) -> np.ndarray:
    height, width = rgb.shape[:2]
    work = fit(width, height, size) if size else (width, height)
    return rgb if work == (width, height) else Picture(rgb).resized(*work).rgb
