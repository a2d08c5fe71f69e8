"""What a person watches during a run: log.csv, TensorBoard, and pictures of fixed pairs as they get better."""

import csv
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from adain.convert import to_array
from adain.impose import plain

from .config import TrainConfig
from .data import PictureBank

Progress = Callable[[int, int, dict[str, float]], None]  # step, steps in all, terms

SAMPLE_PAIRS = 4
SAMPLE_SEED = 2**31  # far from any step's


class Journal:
    """Keeps `log.csv`, `samples/` and, where TensorBoard is installed, its event files in the run's folder.

    A context manager. One that is not `writing` (a process of a group that is not the first) does nothing.
    """

    def __init__(
        self,
        config: TrainConfig,
        photos: PictureBank,
        artworks: PictureBank,
        *,
        writing: bool,
        progress: Progress | None = None,
    ) -> None:
        self.run, self.writing, self.progress = config.run, writing, progress
        self.csv = config.run / "log.csv"
        generator = np.random.default_rng((config.seed, SAMPLE_SEED))
        self.content = photos.batch(SAMPLE_PAIRS, config.crop, generator)
        self.style = artworks.batch(SAMPLE_PAIRS, config.style_crop, generator)
        self.board = None
        if writing and importlib.util.find_spec("tensorboard"):  # an extra
            from torch.utils.tensorboard import SummaryWriter

            self.board = SummaryWriter(str(config.run / "tensorboard"))

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.board:
            self.board.close()

    def log(self, step: int, total: int, terms: dict[str, float]) -> None:
        """One line of the log; terms that were not there from the start of the file are left out of the CSV."""
        if not self.writing:
            return
        columns = self._columns() or ["time", "step", *terms]
        row = {"time": round(time.time()), "step": step, **{name: f"{value:.5f}" for name, value in terms.items()}}
        new = not self.csv.exists()
        with self.csv.open("a", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            if new:
                writer.writeheader()
            writer.writerow(row)
        if self.progress:
            self.progress(step, total, terms)
        if self.board:
            for name, value in terms.items():
                self.board.add_scalar(f"loss/{name}", value, step)

    def _columns(self) -> list[str]:
        if not self.csv.exists():
            return []
        with self.csv.open(newline="") as file:
            return next(csv.reader(file), [])

    @torch.no_grad()
    def show(self, step: int, average: nn.Module) -> Path:
        """Paint the fixed pairs with the averaged weights: photos above, styles below, results at the bottom."""
        levels = average.encode_style(self.style)  # type: ignore[operator]
        painted = average(self.content, plain(levels)).float().clamp(0, 1)
        style = F.interpolate(self.style, self.content.shape[2:], mode="area")
        rows = [torch.cat(list(row), 2) for row in (self.content, style, painted)]
        sheet = torch.cat(rows, 1)  # (3, 3 * H, pairs * W)
        path = self.run / "samples" / f"{step:07d}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(to_array(sheet[None])).save(path, quality=90)
        if self.board:
            self.board.add_image("samples", sheet, step)
        return path
