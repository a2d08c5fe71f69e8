"""Frames of a video or a camera, one after the other, in a style that may change on the way."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import cv2
import numpy as np
import torch

from .color import check_color, transfer_color
from .convert import fit
from .cuts import CutDetector
from .detail import check_detail, detailed
from .errors import OptionError
from .impose import Follow, Mix, move, smoothed, told
from .layers import MULTIPLE, Statistics, StyleLevels
from .regions import Regions
from .smoother import DEFAULT_SMOOTH, TemporalSmoother
from .strength import faded
from .style import Style
from .stylizer import Stylizer
from .tiles import Tile, check_tile, paint, side_of_tiles

STATISTICS_RATE = 0.15  # share of each new frame in the moving average of the content's statistics


class Painted:
    """A frame between the two halves of the work.

    Args:
        content: (H, W, 3) uint8 RGB.
        seen: the same at the size it is painted at.
        picture: the painting, like `seen`; or what gives it, once the device is done.

    Attributes:
        start: whether it is the first of a shot.
        regions: whose kept part of the content is laid over the painting.
    """

    def __init__(
        self,
        content: np.ndarray,
        seen: np.ndarray,
        picture: np.ndarray | Callable[[], np.ndarray],
        start: bool,
        regions: Regions | None = None,
    ) -> None:
        self.content, self.seen, self.start, self.regions = content, seen, start, regions
        self._picture = picture

    @cached_property
    def picture(self) -> np.ndarray:
        """The painting, not yet recoloured and steadied, shaped like the content; waits for the device."""
        picture = self._picture() if callable(self._picture) else self._picture
        height, width = self.content.shape[:2]
        if picture.shape == self.content.shape:
            return picture
        return cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)

    def detailed(self, steady: np.ndarray, share: float) -> np.ndarray:
        """The painting as it came out of smoothing, with the content's detail that is finer than what was painted.

        It is laid on after smoothing, as it moves with the content of itself.
        """
        if self.seen.shape == self.content.shape:
            return steady
        painted = cv2.resize(steady, self.seen.shape[1::-1])  # nothing in it is finer
        return detailed(steady, painted, self.seen, self.content, share)


class FrameStylizer:
    """A stylizer with a memory: each frame is painted in view of the ones before.

    Call it with one frame after the other. Where frames come in plenty, `paint` does the work of the device, several
    frames at once, and `finish` that of the CPU, one at a time, and may run in another thread.

    The attributes may be changed between frames.

    Attributes:
        style: what to paint in; `Regions` for several styles by masks, which are scaled to the frame.
        strength: 0 gives the frame back, 1 the full style.
        calm: how calm the strokes are, 0..1, as in `Stylizer.calmed`; beyond what the style may be already.
        size: long side in px to work at, at most; None: no limit.
        color, color_strength: see `adain.color.transfer_color`.
        detail: how much of the frame's detail that is too fine for `size` is laid on, 0..1: see `adain.detail`.
        tile: how to paint frames that are too large for the network: see `adain.tiles`.
        smooth: one of `adain.smoother.SMOOTH_MODES`.
    """

    def __init__(
        self,
        stylizer: Stylizer,
        style: Style | Regions,
        *,
        strength: float = 1.0,
        calm: float = 0.0,
        size: int | None = None,
        color: str = "style",
        color_strength: float = 1.0,
        detail: float = 1.0,
        tile: Tile = "auto",
        smooth: str = DEFAULT_SMOOTH,
    ) -> None:
        check_color(color, color_strength)
        check_detail(detail)
        check_tile(tile)
        self.stylizer = stylizer
        self.style = style
        self.strength = strength
        self.calm = calm
        self.size = size
        self.color = color
        self.color_strength = color_strength
        self.detail = detail
        self.tile: Tile = tile
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
        styles: Sequence[Style | Regions] | None = None,
        own: Sequence[StyleLevels] | None = None,
    ) -> list[Painted]:
        """The network's half: consecutive frames of one size, as one batch. A GPU is not waited for.

        Args:
            frames: each (H, W, 3) uint8 RGB.
            styles: one for each frame; None: `style` for all.
            own: for each frame, the content's statistics to normalise by, such as `ShotStatistics` gathers; None: they
                are measured frame by frame, and smoothed.

        Raises:
            OptionError: `strength` or `calm` outside 0..1, `size` below 16, or a model that has not learned to be calm.
            StyleError: the style was encoded by another model.
        """
        styles = [self.style] * len(frames) if styles is None else styles
        self._check(styles)
        styles = [self.stylizer.calmed(style, self.calm) for style in styles]
        starts = [self.cuts.is_cut(frame) for frame in frames]
        if self.strength == 0:
            return [Painted(f, f, f, s) for f, s in zip(frames, starts)]
        height, width = frames[0].shape[:2]
        work = fit(width, height, self.size) if self.size else (width, height)
        small = (
            frames if work == (width, height) else [cv2.resize(f, work, interpolation=cv2.INTER_AREA) for f in frames]
        )
        plain_styles = [style for style in styles if isinstance(style, Style)]
        side = side_of_tiles(self.stylizer, work[0], work[1], self.tile)
        pictures: Sequence[np.ndarray | Callable[[], np.ndarray]]
        if side is None and len(plain_styles) == len(frames):
            pictures = self._paint_together(small, plain_styles, starts, own)
        else:
            known: Sequence[StyleLevels | None] = own or [None] * len(frames)
            pictures = [self._paint_alone(*each) for each in zip(small, styles, starts, known)]
        regions = [style if isinstance(style, Regions) else None for style in styles]
        return [Painted(*together) for together in zip(frames, small, pictures, starts, regions)]

    def finish(self, painted: Painted) -> np.ndarray:
        """The half after the network, frame by frame: colour, smoothing, detail, strength. (H, W, 3) uint8 RGB."""
        if painted.start:
            self.smoother.reset()
        if self.strength == 0:
            return painted.content
        picture = transfer_color(painted.picture, painted.content, self.color, self.color_strength)
        steady = self.smoother.smooth(painted.content, picture)
        steady = painted.detailed(steady, self.detail)
        steady = faded(steady, painted.content, self.strength)
        return painted.regions.keep_photo(steady, painted.content) if painted.regions else steady

    def _check(self, styles: Sequence[Style | Regions]) -> None:
        if not 0 <= self.strength <= 1:  # NaN fails this too
            raise OptionError(f"got strength {self.strength}; want 0 (the frame) to 1 (full style)")
        if self.size is not None and self.size < MULTIPLE:
            raise OptionError(f"got size {self.size}; want at least {MULTIPLE} px")
        for style in styles:
            style.check_model(self.stylizer.model, self.stylizer.weights)

    def _paint_together(
        self,
        frames: Sequence[np.ndarray],
        styles: Sequence[Style],
        starts: Sequence[bool],
        own: Sequence[StyleLevels] | None,
    ) -> list[Callable[[], np.ndarray]]:
        """Frames that fit, as one batch, which a GPU may still be at work on."""
        mix = self._mix(starts, own)
        painted, used = self.stylizer.begin_frames(frames, Style.stack(styles), mix)
        if mix and own is None:
            self.memory = {layer: level.pick(len(frames) - 1) for layer, level in used.items()}
        return [lambda i=i: painted.wait()[i] for i in range(len(frames))]  # type: ignore[misc]

    def _paint_alone(
        self, frame: np.ndarray, style: Style | Regions, start: bool, own: StyleLevels | None
    ) -> np.ndarray:
        """A frame with regions, or one so large that it takes tiles: the way of single pictures."""

        def follow(layer: str, measured: Statistics) -> Statistics:
            return move(self.memory, layer, measured, start=start, rate=STATISTICS_RATE)

        wanted: Follow | None = None if self.smooth == "off" else follow
        return paint(self.stylizer, frame, style, tile=self.tile, own=own, follow=wanted)

    def _mix(self, starts: Sequence[bool], own: Sequence[StyleLevels] | None) -> Mix | None:
        if own is not None:
            return told(own)
        if self.smooth == "off":
            return None
        of_one = all(len(level.mean) == 1 for level in self.memory.values())  # not of regions, before this frame
        return smoothed(self.memory if of_one else {}, starts, STATISTICS_RATE)

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
