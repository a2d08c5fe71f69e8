"""Frames of a video or a camera, one after the other, in a style that may change on the way."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from .color import check_color, transfer_color
from .convert import fit
from .cuts import CutDetector
from .errors import OptionError
from .impose import fixed, plain, smoothed
from .layers import MULTIPLE, Impose, Statistics, StyleLevels
from .smoother import DEFAULT_SMOOTH, TemporalSmoother
from .style import Style
from .stylizer import Stylizer

STATISTICS_RATE = 0.15  # share of each new frame in the moving average of the content's statistics


class Painted(NamedTuple):
    """A frame between the two halves of the work."""

    content: np.ndarray  # (H, W, 3) uint8 RGB
    picture: np.ndarray  # the same shape: painted, not yet recoloured and steadied
    start: bool  # the first of a shot


class FrameStylizer:
    """A stylizer with a memory: each frame is painted in view of the ones before.

    Call it with one frame after the other. Where frames come in plenty, `paint` does the work of the device, several
    frames at once, and `finish` that of the CPU, one at a time, and may run in another thread.

    The attributes may be changed between frames.

    Attributes:
        style: what to paint in.
        strength: 0 gives the frame back, 1 the full style.
        size: long side in px to work at, at most; None: no limit.
        color, color_strength: see `adain.color.transfer_color`.
        smooth: one of `adain.smoother.SMOOTH_MODES`.
    """

    def __init__(
        self,
        stylizer: Stylizer,
        style: Style,
        *,
        strength: float = 1.0,
        size: int | None = None,
        color: str = "style",
        color_strength: float = 1.0,
        smooth: str = DEFAULT_SMOOTH,
    ) -> None:
        check_color(color, color_strength)
        self.stylizer = stylizer
        self.style = style
        self.strength = strength
        self.size = size
        self.color = color
        self.color_strength = color_strength
        self.smoother = TemporalSmoother(smooth)
        self.memory: StyleLevels = {}
        self.cuts = CutDetector()

    @property
    def smooth(self) -> str:
        return self.smoother.mode

    @smooth.setter
    def smooth(self, mode: str) -> None:
        if mode != self.smoother.mode:
            self.smoother = TemporalSmoother(mode)

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """Paint one frame, (H, W, 3) uint8 RGB -> the same."""
        return self.finish(self.paint([frame])[0])

    def reset(self) -> None:
        """Forget the frames before: the next one starts a new shot."""
        self.cuts.reset()  # so the next frame starts a shot, and `finish` resets the smoother when that frame comes
        self.memory.clear()

    def paint(
        self,
        frames: Sequence[np.ndarray],
        styles: Sequence[Style] | None = None,
        own: Sequence[StyleLevels] | None = None,
    ) -> list[Painted]:
        """The network's half: consecutive frames of one size, as one batch.

        Args:
            frames: each (H, W, 3) uint8 RGB.
            styles: one for each frame; None: `style` for all.
            own: for each frame, the content's statistics to normalise by, such as `ShotStatistics` gathers; None: they
                are measured frame by frame, and smoothed.

        Raises:
            OptionError: `strength` outside 0..1 or `size` below 16.
            StyleError: the style was encoded by another model.
        """
        styles = [self.style] if styles is None else styles
        self._check(styles)
        starts = [self.cuts.is_cut(frame) for frame in frames]
        if self.strength == 0:
            return [Painted(f, f, s) for f, s in zip(frames, starts)]
        height, width = frames[0].shape[:2]
        work = fit(width, height, self.size) if self.size else (width, height)
        small = (
            frames if work == (width, height) else [cv2.resize(f, work, interpolation=cv2.INTER_AREA) for f in frames]
        )
        content = self._to_device(np.stack(small))
        painted = self.stylizer.stylize_tensor(
            content,
            Style.stack(styles),
            strength=self.strength,
            impose=lambda levels: self._impose(levels, starts, own),
        )
        pictures = _to_arrays(painted)
        if work != (width, height):
            pictures = [cv2.resize(p, (width, height), interpolation=cv2.INTER_CUBIC) for p in pictures]
        return [Painted(*together) for together in zip(frames, pictures, starts)]

    def finish(self, painted: Painted) -> np.ndarray:
        """The half after the network, in the order of the frames: colour, then smoothing. (H, W, 3) uint8 RGB."""
        if painted.start:
            self.smoother.reset()
        if self.strength == 0:
            return painted.content
        picture = transfer_color(painted.picture, painted.content, self.color, self.color_strength)
        return self.smoother.smooth(painted.content, picture)

    def _check(self, styles: Sequence[Style]) -> None:
        if not 0 <= self.strength <= 1:  # NaN fails this too
            raise OptionError(f"got strength {self.strength}; want 0 (the frame) to 1 (full style)")
        if self.size is not None and self.size < MULTIPLE:
            raise OptionError(f"got size {self.size}; want at least {MULTIPLE} px")
        for style in styles:
            style.check_model(self.stylizer.model, self.stylizer.weights)

    def _impose(self, levels: StyleLevels, starts: Sequence[bool], own: Sequence[StyleLevels] | None) -> Impose:
        if own is not None:
            device = self.stylizer.device
            return fixed(levels, {name: Statistics.join([o[name] for o in own]).to(device) for name in own[0]})
        if self.smooth == "off":
            return plain(levels)
        return smoothed(levels, self.memory, starts, STATISTICS_RATE)

    def state(self) -> dict[str, np.ndarray]:
        """What `paint` remembers of the frames before, for `restore`; `smoother` has a state of its own."""
        state = {f"cuts.{name}": value for name, value in self.cuts.state().items()}
        for name, level in self.memory.items():
            state[f"memory.{name}"] = np.stack([part.float().cpu().numpy() for part in level])
        return state

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on as if the frames up to `state` had just been painted."""
        self.cuts.restore({name.removeprefix("cuts."): v for name, v in state.items() if name.startswith("cuts.")})
        self.memory = {
            name.removeprefix("memory."): Statistics(*torch.from_numpy(value)).to(self.stylizer.device)
            for name, value in state.items()
            if name.startswith("memory.")
        }

    def _to_device(self, frames: np.ndarray) -> Tensor:
        """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 0..1."""
        return torch.from_numpy(frames).to(self.stylizer.device).permute(0, 3, 1, 2).float() / 255


def _to_arrays(pictures: Tensor) -> list[np.ndarray]:
    """(B, 3, H, W) float 0..1 -> (H, W, 3) uint8 each, rounded."""
    return list((pictures.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).cpu().numpy())
