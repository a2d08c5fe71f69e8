"""Statistics of whole shots, for videos that can be looked at twice."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch

from .convert import fit
from .cuts import CutDetector
from .impose import recorded
from .layers import VARIANCE_FLOOR, Statistics, StyleLevels
from .regions import Regions
from .style import Style
from .stylizer import Stylizer
from .tiles import Tile, paint

EVERY = 8  # frames from one that is measured to the next: neighbours differ little


class Shot(NamedTuple):
    """A shot and what its content is normalised by."""

    first: int  # frame number
    own: StyleLevels


class ShotStatistics:
    """The first of two passes over a video: gathers, shot by shot, the statistics of the content in each AdaIN layer.

    Normalised by those, a frame cannot change colour because of what comes into view beside it.
    """

    def __init__(self, stylizer: Stylizer, *, size: int | None = None, tile: Tile = "auto") -> None:
        self.stylizer, self.size, self.tile = stylizer, size, tile
        self.cuts = CutDetector()
        self.count = 0
        self._shots: list[tuple[int, list[StyleLevels]]] = []

    def add(self, frame: np.ndarray, style: Style | Regions) -> None:
        """Look at the next frame, (H, W, 3) uint8 RGB, as it would be painted in `style`."""
        if self.cuts.is_cut(frame):
            self._shots.append((self.count, []))
        first, seen = self._shots[-1]
        if (self.count - first) % EVERY == 0:
            seen.append(self._measure(frame, style))
        self.count += 1

    def shots(self) -> list[Shot]:
        """What was found, in the order of the frames."""
        return [Shot(first, pooled(seen)) for first, seen in self._shots]

    def _measure(self, frame: np.ndarray, style: Style | Regions) -> StyleLevels:
        height, width = frame.shape[:2]
        if self.size and max(height, width) > self.size:
            frame = cv2.resize(frame, fit(width, height, self.size), interpolation=cv2.INTER_AREA)
        levels: StyleLevels = {}
        paint(self.stylizer, frame, style, tile=self.tile, follow=recorded(levels))
        return {name: level.to(torch.device("cpu")) for name, level in levels.items()}


def pooled(seen: Sequence[StyleLevels]) -> StyleLevels:
    """The statistics of all frames taken together as one picture."""
    together: StyleLevels = {}
    for name in seen[0] if seen else ():
        means = torch.stack([levels[name].mean for levels in seen])
        variances = torch.stack([levels[name].std for levels in seen]).square() - VARIANCE_FLOOR
        mean = means.mean(0)
        variance = variances.mean(0) + (means - mean).square().mean(0)
        together[name] = Statistics(mean, (variance.clamp(min=0) + VARIANCE_FLOOR).sqrt())
    return together


def at(shots: Sequence[Shot], number: int) -> Shot:
    """The shot that frame `number` belongs to."""
    return next(shot for shot in reversed(shots) if shot.first <= number)
