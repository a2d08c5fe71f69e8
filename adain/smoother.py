"""Steady video: each painted frame is blended with the one before, carried along by the content's motion."""

import cv2
import numpy as np

from .errors import OptionError
from .motion import SMALLEST, beyond, boundary, disagreement, grid, make_flow, warp

SMOOTH_MODES = ("off", "light", "flow", "strong")
DEFAULT_SMOOTH = "flow"
WEIGHTS = {"off": 0.0, "light": 0.7, "flow": 0.8, "strong": 0.9}  # of the past, where it is fully trusted
FLOW_SIZE = 320  # px, long side of the reduced frame on which motion is found
CHANGE = 10.0  # of 255; a pixel of the content that changed by this along its motion is trusted to 1/e
ROOM = 5  # px; the past may show, at each pixel, the colours that the new painting has in a window of this side,
SLACK = 12.0  # of 255, and this much beyond


class TemporalSmoother:
    """A small state machine over the frames of one shot.

    The past is used where the content's motion can be trusted: where going along the optical flow and back ends at the
    start, where the content looks the same along it, and away from motion boundaries. And it is bounded: clamped to the
    colours of the new painting around each pixel, so that nothing can linger, drift or darken, however long a shot is.

    Args:
        mode: "off"; "light", which blends where the content stands still, without optical flow; "flow"; or "strong".

    Raises:
        OptionError: there is no such mode.
    """

    def __init__(self, mode: str = DEFAULT_SMOOTH) -> None:
        if mode not in SMOOTH_MODES:
            raise OptionError(f"got smoothing {mode!r}; want one of {', '.join(SMOOTH_MODES)}")
        self.mode = mode
        self._flow = make_flow()
        self.reset()

    def reset(self) -> None:
        """Forget the frames before: the next one starts a new shot."""
        self._view: np.ndarray | None = None  # (h, w, 3) uint8, the content of the frame before, reduced
        self._past: np.ndarray | None = None  # (H, W, 3) float32 0..255, what was given back for it

    def smooth(self, content: np.ndarray, painted: np.ndarray) -> np.ndarray:
        """Steady one painted frame.

        Args:
            content: the frame it was painted from, uint8 RGB, of the same shape.
            painted: (H, W, 3) uint8 RGB.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        if self.mode == "off":
            return painted
        view = reduced(content)
        now = painted.astype(np.float32)
        if self._view is not None and self._past is not None and self._past.shape == painted.shape:
            places, trust = self._follow(view, painted.shape[:2])
            past = self._past if places is None else warp(self._past, places, cv2.INTER_CUBIC)
            now = blend(past, now, painted, WEIGHTS[self.mode] * trust)
        self._view, self._past = view, now
        return cv2.convertScaleAbs(now)

    def _follow(self, view: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray | None, np.ndarray]:
        """Where each pixel of the new frame was in the last one, (H, W, 2), None: where it is; and trust (H, W)."""
        assert self._view is not None
        height, width = shape
        if self.mode == "light" or min(view.shape[:2]) < SMALLEST:
            trust = similarity(view, self._view)
            return None, cv2.resize(trust, (width, height), interpolation=cv2.INTER_LINEAR)
        here, there = (cv2.cvtColor(v, cv2.COLOR_RGB2GRAY) for v in (view, self._view))
        flow, back = self._flow.calc(here, there, None), self._flow.calc(there, here, None)
        places = grid(*view.shape[:2]) + flow
        doubt = np.maximum(disagreement(flow, back, places), boundary(flow))
        trust = similarity(view, warp(self._view, places))
        trust[(doubt > 1) | beyond(places)] = 0
        trust = cv2.blur(cv2.erode(trust, np.ones((3, 3))), (3, 3))
        full = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
        full *= np.float32([width / view.shape[1], height / view.shape[0]])
        full += grid(height, width)
        return full, cv2.resize(trust, (width, height), interpolation=cv2.INTER_LINEAR)


def reduced(content: np.ndarray) -> np.ndarray:
    """The frame at the size at which motion is found."""
    height, width = content.shape[:2]
    scale = min(1.0, FLOW_SIZE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(content, size, interpolation=cv2.INTER_AREA)


def similarity(view: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Photometric check, (h, w) float32 0..1: 1 where two frames agree, falling with the square of their difference."""
    difference = cv2.absdiff(view, other).max(2)
    fall = np.exp(-((np.arange(256, dtype=np.float32) / CHANGE) ** 2)).astype(np.float32)
    return cv2.LUT(difference, fall)


def blend(past: np.ndarray, now: np.ndarray, painted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`now` moved towards `past` by `weight` (H, W), after `past` was clamped to what `painted` shows nearby."""
    window = np.ones((ROOM, ROOM), np.uint8)
    low = cv2.subtract(cv2.erode(painted, window), (SLACK,) * 4)
    high = cv2.add(cv2.dilate(painted, window), (SLACK,) * 4)
    past = cv2.min(cv2.max(past, low.astype(np.float32)), high.astype(np.float32))
    return now + (past - now) * weight[..., None]
