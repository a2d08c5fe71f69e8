"""Steady video: each painted frame is blended with the one before, carried along by the content's motion."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from .errors import OptionError
from .motion import SMALLEST, beyond, disagreement, grid, make_flow, steepness, warp

SMOOTH_MODES = ("off", "light", "flow", "strong")
DEFAULT_SMOOTH = "flow"
WEIGHTS = {"off": 0.0, "light": 0.9, "flow": 0.965, "strong": 0.985}  # of the past, where it is fully trusted
FLOW_SIZE = 320  # px, long side of the reduced frame on which motion is found
DESCENTS, REFINEMENTS = 12, 1  # iterations of the flow, and of its variational refinement
TOLERANCE = 4.0  # of the forward-backward check: in units of Sundaram's bound, on the reduced frame
CHANGE = 20.0  # of 255; a pixel of the content that changed by this along its motion is trusted to 1/e
STEEP = 0.25  # px per px, squared: where the flow changes faster, two motions meet and neither is trusted
SPREAD = 5  # px; the past may show, at each pixel, the colours that the new painting has in a window of this side,
SLACK = 12  # of 255, and this much beyond
RAISE = 1.2  # a gain of 1 adds this much of what a 3x3 Gaussian removes
GAIN = 3.0  # at most; averaging dulls, so detail is raised to the energy it has in the new painting
CONTRAST_GAIN = 1.5  # at most; of strokes about their local mean
CONTRAST_CELL = 4  # px of the picture at a quarter of its size, in which contrast is measured
CELL = 4  # px, side of the cells in which that energy is measured
NOISE = 4.0  # of 255, squared: detail below it is not raised


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
        self._flow.setFinestScale(1)
        self._flow.setVariationalRefinementIterations(REFINEMENTS)
        self._flow.setGradientDescentIterations(DESCENTS)
        self._check = make_flow(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._check.setFinestScale(1)
        self.reset()

    def reset(self) -> None:
        """Forget the frames before: the next one starts a new shot."""
        self._view: np.ndarray | None = None  # (h, w, 3) uint8, the content of the frame before, reduced
        self._past = np.empty(0, np.float32)  # (H, W, 3) 0..255, what was given back for it
        self._room = Room((0, 0, 3))

    def state(self) -> dict[str, np.ndarray]:
        """What is remembered of the frames before, for `restore`; empty at the start of a shot."""
        return {} if self._view is None else {"view": self._view, "past": self._past.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on as if the frames up to `state` had just been smoothed."""
        self.reset()
        if state:
            self._view, self._past = state["view"], state["past"]
            self._room = Room(self._past.shape)

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
        if self._view is None or self._past.shape != painted.shape:
            self._past = painted.astype(np.float32)
            self._room = Room(painted.shape)
        else:
            self._blend(*self._follow(view), painted)
        self._view = view
        return cv2.convertScaleAbs(self._past)

    def _follow(self, view: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """The way of each pixel of the reduced frame to the last one, (h, w, 2), None: none; and trust (h, w), 0..1."""
        assert self._view is not None
        if self.mode == "light" or min(view.shape[:2]) < SMALLEST:
            return None, similarity(view, self._view)
        here, there = (cv2.cvtColor(v, cv2.COLOR_RGB2GRAY) for v in (view, self._view))
        flow = self._flow.calc(here, there, None)
        trust = similarity(view, warp(self._view, flow + grid(*here.shape)))
        # What follows varies slowly, and the way back only has to agree: half the size will do.
        height, width = (side // 2 for side in here.shape)
        coarse = cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) * 0.5
        back = self._check.calc(
            *(cv2.resize(v, (width, height), interpolation=cv2.INTER_AREA) for v in (there, here)), None
        )
        places = coarse + grid(height, width)
        lost = (disagreement(coarse, back, places) > TOLERANCE) | (steepness(coarse) > STEEP) | beyond(places)
        kept = cv2.resize(np.subtract(1, lost, dtype=np.float32), here.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return flow, cv2.blur(cv2.multiply(trust, kept), (3, 3))

    def _blend(self, flow: np.ndarray | None, trust: np.ndarray, painted: np.ndarray) -> None:
        """Move the past along `flow`, clamp it to what `painted` shows nearby, and mix `painted` in."""
        height, width = painted.shape[:2]
        room = self._room
        if flow is None:
            room.past, self._past = self._past, room.past
        else:
            cv2.resize(flow, (width, height), room.places, interpolation=cv2.INTER_LINEAR)
            room.places *= np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
            room.places += grid(height, width)
            cv2.remap(self._past, room.places, None, cv2.INTER_LINEAR, room.past, cv2.BORDER_REPLICATE)
        window = np.ones((SPREAD, SPREAD), np.uint8)
        np.subtract(cv2.erode(painted, window, room.bytes), SLACK, out=room.spare, dtype=np.float32)
        cv2.max(room.past, room.spare, room.past)
        np.add(cv2.dilate(painted, window, room.bytes), SLACK, out=room.spare, dtype=np.float32)
        cv2.min(room.past, room.spare, room.past)
        np.copyto(room.spare, painted)
        weight = cv2.resize(WEIGHTS[self.mode] * trust, (width, height), room.grey[0], interpolation=cv2.INTER_LINEAR)
        cv2.blendLinear(room.past, room.spare, weight, np.subtract(1, weight, out=room.grey[1]), self._past)
        restore_contrast(self._past, painted, room.spare)
        detail = missing_detail(self._past, painted, room.grey)
        cv2.add(self._past, cv2.merge([detail] * 3, room.spare), self._past)
        np.clip(self._past, 0, 255, out=self._past)


class Room:
    """Arrays of the frame's size, kept from frame to frame: fresh ones would cost more than the arithmetic in them."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.past, self.spare = np.empty(shape, np.float32), np.empty(shape, np.float32)
        self.bytes = np.empty(shape, np.uint8)
        self.places = np.empty((*shape[:2], 2), np.float32)
        self.grey = [np.empty(shape[:2], np.float32) for _ in range(4)]


def reduced(content: np.ndarray) -> np.ndarray:
    """The frame at the size at which motion is found."""
    height, width = content.shape[:2]
    scale = min(1.0, FLOW_SIZE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(content, size, interpolation=cv2.INTER_AREA)


def similarity(view: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Photometric check, (h, w) float32 0..1: 1 where two frames agree, falling with the square of their difference."""
    red, green, blue = cv2.split(cv2.absdiff(view, other))
    fall = np.exp(-((np.arange(256, dtype=np.float32) / CHANGE) ** 2)).astype(np.float32)
    return cv2.LUT(cv2.max(cv2.max(red, green), blue), fall)


def restore_contrast(blended: np.ndarray, painted: np.ndarray, room: np.ndarray) -> None:
    """Spread `blended` about its local mean, in place, so that it has the contrast of the new painting around.

    Strokes that change from frame to frame average to grey; tied to the new painting, this cannot build up either.

    Args:
        blended, painted: (H, W, 3) float32 and uint8, 0..255.
        room: float32 of that shape, to work in.
    """
    height, width = painted.shape[:2]
    small = max(1, width // 4), max(1, height // 4)
    ours, theirs = (cv2.resize(p, small, interpolation=cv2.INTER_AREA) for p in (blended, painted))
    mean, found = local_contrast(ours)
    _, wanted = local_contrast(theirs.astype(np.float32))
    gain = np.clip(np.sqrt((wanted + NOISE) / (found + NOISE)), 1, CONTRAST_GAIN) - 1
    change = (ours - cv2.resize(mean, small, interpolation=cv2.INTER_LINEAR)) * cv2.resize(gain, small)[..., None]
    cv2.resize(change, (width, height), room, interpolation=cv2.INTER_LINEAR)
    cv2.add(blended, room, blended)


def local_contrast(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (h, w, 3) and variance (h, w), averaged over the channels, around each cell of a (H, W, 3) float32."""
    cells = max(1, picture.shape[1] // CONTRAST_CELL), max(1, picture.shape[0] // CONTRAST_CELL)
    mean = cv2.blur(cv2.resize(picture, cells, interpolation=cv2.INTER_AREA), (3, 3))
    square = cv2.blur(cv2.resize(cv2.multiply(picture, picture), cells, interpolation=cv2.INTER_AREA), (3, 3))
    return mean, np.maximum((square - mean * mean).mean(2), 0)


def missing_detail(blended: np.ndarray, painted: np.ndarray, room: Sequence[np.ndarray]) -> np.ndarray:
    """What raises the detail that averaging and interpolation dulled to the energy it has in the new painting.

    Being tied to the new painting, it cannot build up from frame to frame.

    Args:
        blended, painted: (H, W, 3) float32 and uint8, 0..255.
        room: four (H, W) float32 arrays to work in.

    Returns:
        (H, W) float32, to be added to every channel; one of those in `room`.
    """
    grey, other, detail, spare = room
    np.copyto(other, cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY))
    cv2.cvtColor(blended, cv2.COLOR_RGB2GRAY, grey)
    wanted, found = energy(other, spare), energy(grey, spare)
    raised = RAISE * (np.clip(np.sqrt((wanted + NOISE) / (found + NOISE)), 1, GAIN) - 1)
    cv2.subtract(grey, cv2.GaussianBlur(grey, (3, 3), 0, other), detail)
    return cv2.multiply(detail, cv2.resize(raised, grey.shape[::-1], spare, interpolation=cv2.INTER_LINEAR), detail)


def energy(grey: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Mean square of the Laplacian around each cell of a (H, W) float32 picture, one value a cell."""
    cv2.Laplacian(grey, cv2.CV_32F, room)
    cv2.multiply(room, room, room)
    height, width = grey.shape
    cells = max(1, width // CELL), max(1, height // CELL)
    return cv2.blur(cv2.resize(room, cells, interpolation=cv2.INTER_AREA), (9, 9))
