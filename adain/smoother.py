"""Steady video: a painting is carried along by the content's motion, and laid anew where that cannot be trusted."""

from collections.abc import Mapping

import cv2
import numpy as np

from .errors import OptionError
from .motion import SMALLEST, beyond, disagreement, doubled, gradient, grid, make_flow, scaled, squared, warp

SMOOTH_MODES = ("off", "light", "flow", "strong")
DEFAULT_SMOOTH = "flow"
WEIGHTS = {"off": 0.0, "light": 0.9, "flow": 0.97, "strong": 0.99}  # of the past, where it is fully trusted
FLOW_SIZES = 320, 640  # px, long side of the reduced frame on which motion is found: half the frame's, within these
DESCENTS = 5  # iterations of the flow
QUIET = 0.06  # px a frame on the reduced frame: surroundings that move by less are taken to stand still, and
LIVELY = 1.0  # so is a place in them, unless its own motion exceeds theirs by about this
AROUND = 0.5  # of the long side, the width of what counts as surroundings
BARELY = 0.01  # of 255 per px, squared: what a flat counts when there is nothing else to see
TOLERANCE = 12.0  # of the forward-backward check: in units of Sundaram's bound, on the reduced frame
STEEP = 0.25  # px per px, squared: where the flow changes faster, two motions meet and neither is trusted
BENT = 0.45  # the same, gathered since a stroke was painted: what is pulled longer than this is painted anew
CHANGE = 25.0  # of 255; a pixel of the content that changed by this along its motion is trusted to 1/e
ASTRAY, FALL = 60.0, 6  # of 255; where the past differs by this from the new painting it is trusted to 1/e; how steeply
LONGEST, SHORTEST = 8, 2  # frames that one key serves, at most; and at least,
BARE = 0.07  # unless no more than this share of the frame is left without a trusted past
CELL = 8  # px, side of the cells in which paintings are compared
CONTRAST_GAIN = 1.5  # at most; of strokes about their local mean
FOLLOW = 0.15  # share of the difference in local colour to the new painting that each new key makes up for
NOISE = 4.0  # of 255, squared: contrast below it is not raised
GREY = 128  # of 255
NOTHING_BENT = np.empty((0, 0, 4), np.float32)


class TemporalSmoother:
    """A small state machine over the frames of one shot.

    A key, a painting shown before, is carried along the optical flow that has gathered since, so that it is
    interpolated once, not once a frame, and its strokes stay as crisp as they were painted; averaging many paintings,
    whose strokes differ, would turn them grey. After some frames what is shown becomes the next key, detail renewed.

    The key is used where it can be trusted: where the flow leads back to its start, away from motion boundaries, where
    the content looks as it did in the key's frame, where strokes have not been pulled out of shape, and where the key
    does not stray from the colours of the new painting around. So nothing can linger, drift or darken, however long a
    shot is.

    Args:
        mode: "off"; "light", which holds what stands still, without optical flow; "flow"; or "strong".

    Raises:
        OptionError: there is no such mode.
    """

    def __init__(self, mode: str = DEFAULT_SMOOTH) -> None:
        check_smooth(mode)
        self.mode = mode
        self._flow = make_flow()
        self._flow.setFinestScale(0)  # at half the size, strokes with strong contrast still swim
        self._flow.setVariationalRefinementIterations(0)  # it takes a third of the time and steadies little
        self._flow.setGradientDescentIterations(DESCENTS)
        self._check = make_flow(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._check.setFinestScale(1)
        self.reset()

    def reset(self) -> None:
        """Forget the frames before: the next one starts a new shot."""
        self._view: np.ndarray | None = None  # (h, w, 3) uint8, the content of the frame before, reduced
        self._key = np.empty((0, 0, 3), np.uint8)  # (H, W, 3), the painting that is carried along
        self._fine: np.ndarray | None = None  # (2 H, 2 W, 3), the same `doubled`, once it moves; in the room
        self._key_view = self._key  # (h, w, 3) uint8, the reduced content of its frame
        self._offset = np.empty((0, 0, 2), np.float32)  # (h, w, 2), px on the view: from each pixel to its place there
        self._kept = np.empty((0, 0), np.float32)  # (h, w), 0..1: whether the way to it could be followed all along
        self._bent = NOTHING_BENT  # (h / 2, w / 2, 4), px per px: how what is shown was deformed since it was painted
        self._age = 0  # frames since the key
        self._room = Room((0, 0, 3))

    def state(self) -> dict[str, np.ndarray]:
        """What is remembered of the frames before, for `restore`; empty at the start of a shot."""
        if self._view is None:
            return {}
        return {
            "view": self._view, "key": self._key, "key_view": self._key_view, "offset": self._offset,
            "kept": self._kept, "bent": self._bent, "age": np.array(self._age),
        }  # fmt: skip

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on as if the frames up to `state` had just been smoothed."""
        self.reset()
        if state:
            self._view, self._key, self._key_view = state["view"], state["key"], state["key_view"]
            self._offset, self._kept, self._bent = state["offset"], state["kept"], state["bent"]
            self._age = int(state["age"])
            self._room = Room(self._key.shape)

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
        if self._view is None or self._key.shape != painted.shape:
            self.reset()
            self._room = Room(painted.shape)
            self._lay(view, painted)
            return painted
        trust = self._follow(view)
        carried = self._carry()
        trust *= cv2.resize(agreement(carried, painted), trust.shape[::-1])
        shown = self._mix(carried, painted, trust)
        if self._bent.size:  # a new stroke is straight
            self._bent *= cv2.resize(trust, self._bent.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
        self._view = view
        self._age += 1
        if self._age >= LONGEST or (self._age >= SHORTEST and np.mean(trust < 0.5) > BARE):
            shown = settled(shown, painted)
            # What did not move was not interpolated.
            self._lay(view, shown if carried is self._key else renewed(shown, painted))
        return shown

    def _lay(self, view: np.ndarray, key: np.ndarray) -> None:
        """Begin a new key."""
        self._view = self._key_view = view
        self._key, self._fine = key, None
        self._offset = np.zeros((*view.shape[:2], 2), np.float32)
        self._kept = np.ones(view.shape[:2], np.float32)
        self._age = 0

    def _follow(self, view: np.ndarray) -> np.ndarray:
        """Go on along the motion since the last frame. Returns how far each pixel can be trusted, (h, w), 0..1."""
        assert self._view is not None
        if self.mode == "light" or min(view.shape[:2]) < SMALLEST:
            return similarity(view, self._key_view)
        here, there = (cv2.cvtColor(v, cv2.COLOR_RGB2GRAY) for v in (view, self._view))
        # The way back only has to agree: half the size will do.
        height, width = (side // 2 for side in here.shape)
        ahead, behind = (cv2.resize(v, (width, height), interpolation=cv2.INTER_AREA) for v in (here, there))
        back = self._check.calc(behind, ahead, None)
        flow = quieted(self._flow.calc(here, there, None), ahead)
        coarse = cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) * 0.5
        places = coarse + grid(height, width)
        bend = gradient(coarse)
        self._bent = cv2.add(warp(self._bent, places), bend) if self._bent.size else bend
        lost = (disagreement(coarse, back, places) > TOLERANCE) | beyond(places)
        lost |= (squared(bend) > STEEP) | (squared(self._bent) > BENT)
        found = cv2.resize(np.subtract(1, lost, dtype=np.float32), here.shape[::-1])
        places = flow + grid(*here.shape)
        self._offset = cv2.add(warp(self._offset, places), flow)
        self._kept = cv2.min(warp(self._kept, places), found)
        alike = similarity(view, warp(self._key_view, self._offset + grid(*here.shape)))
        return cv2.blur(cv2.multiply(alike, self._kept), (3, 3))

    def _carry(self) -> np.ndarray:
        """The key, moved to where its content is now."""
        if not self._offset.any():  # always so without optical flow
            return self._key
        if self._fine is None:
            self._fine = doubled(self._key, self._room.fine)
        height, width = self._key.shape[:2]
        scale = (2 * width / self._offset.shape[1], 2 * height / self._offset.shape[0], 0, 0)
        places = cv2.resize(cv2.multiply(self._offset, scale), (width, height), self._room.places)
        cv2.add(places, grid(height, width, 2), places)
        return warp(self._fine, places, self._room.carried)

    def _mix(self, carried: np.ndarray, painted: np.ndarray, trust: np.ndarray) -> np.ndarray:
        """The past where it is trusted, and the new painting."""
        past, new = self._room.weights
        cv2.resize(WEIGHTS[self.mode] * trust, painted.shape[1::-1], past)
        return cv2.blendLinear(carried, painted, past, np.subtract(1, past, out=new))


def check_smooth(mode: str) -> None:
    """Raise OptionError for an unknown mode."""
    if mode not in SMOOTH_MODES:
        raise OptionError(f"got smoothing {mode!r}; want one of {', '.join(SMOOTH_MODES)}")


class Room:
    """Arrays of the frame's size, kept from frame to frame: fresh ones would cost more than the arithmetic in them."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.carried = np.empty(shape, np.uint8)
        self.fine = np.empty((2 * shape[0], 2 * shape[1], 3), np.uint8)
        self.places = np.empty((*shape[:2], 2), np.float32)
        self.weights = [np.empty(shape[:2], np.float32) for _ in range(2)]


def reduced(content: np.ndarray) -> np.ndarray:
    """The frame at the size at which motion is found."""
    height, width = content.shape[:2]
    longest, (least, most) = max(height, width), FLOW_SIZES
    scale = min(1.0, min(max(longest / 2, least), most) / longest)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(content, size, interpolation=cv2.INTER_AREA)


def quieted(flow: np.ndarray, content: np.ndarray) -> np.ndarray:
    """The flow (h, w, 2) without what a camera's noise makes of a scene that stands still, where nothing is to be seen.

    A painting would swim in such a flow. The surroundings' motion is the mean over a wide window, weighted by how much
    there is to see in the content (h / 2, w / 2), uint8 grey: noise averages out, and the motion of a camera does not.
    """
    height, width = flow.shape[:2]
    size = max(1, width // 4), max(1, height // 4)
    seen = cv2.resize(squared(gradient(content.astype(np.float32))), size, interpolation=cv2.INTER_AREA) + BARELY
    motion = cv2.resize(flow, size, interpolation=cv2.INTER_AREA)
    window = (round(AROUND * max(size)) | 1,) * 2
    around = cv2.blur(scaled(motion, seen), window) / cv2.blur(seen, window)[..., None]
    own = np.maximum(np.sqrt(squared(motion)) - LIVELY, 0)
    moved = np.maximum(squared(around), own * own) ** 2
    return scaled(flow, cv2.resize(moved / (moved + QUIET**4), (width, height)))


def similarity(view: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Photometric check, (h, w) float32 0..1: 1 where two frames agree, falling with the square of their difference."""
    return cv2.LUT(largest_difference(view, other), falling(CHANGE, 2))


def agreement(carried: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """Where the past shows the local colours of the new painting, (cells) float32 0..1; elsewhere it went astray.

    Strokes may differ, their local mean may not: the content's check is blind where a flat sky was dragged along by
    what moves before it.
    """
    ours, theirs = (cv2.blur(cells(picture), (3, 3)) for picture in (carried, painted))
    return cv2.LUT(largest_difference(ours, theirs), falling(ASTRAY, FALL))


def largest_difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of the three channels, (H, W) uint8."""
    red, green, blue = cv2.split(cv2.absdiff(one, other))
    return cv2.max(cv2.max(red, green), blue)


def falling(scale: float, power: int) -> np.ndarray:
    """A table for `cv2.LUT`: 1 at 0, 1/e at `scale` of 255."""
    return np.exp(-((np.arange(256, dtype=np.float32) / scale) ** power)).astype(np.float32)


def cells(picture: np.ndarray) -> np.ndarray:
    """Means over cells of CELL px."""
    height, width = picture.shape[:2]
    size = max(1, width // CELL), max(1, height // CELL)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def renewed(shown: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """A key of what is shown, (H, W, 3) uint8, with as much of the new painting's detail as interpolation took.

    Raising its own instead would turn every stroke into a bundle of worms, from key to key. The share is for detail
    that differs, whose squares add up; where it agrees the sum is more than was lost, and the next key gets none.
    """
    found, wanted = (detail(picture) + 1 for picture in (shown, painted))
    lost = np.sqrt(np.maximum(1 - np.square(found / wanted), 0))
    share = cv2.resize(lost, painted.shape[1::-1])
    # About a middle grey, so that bytes will do: a third of the time that float32 takes.
    fine = cv2.addWeighted(painted, 1, cv2.GaussianBlur(painted, (3, 3), 0), -1, GREY)
    added = cv2.blendLinear(fine, np.full_like(fine, GREY), share, 1 - share)
    return cv2.addWeighted(shown, 1, added, 1, -GREY)


def detail(picture: np.ndarray) -> np.ndarray:
    """Root mean square of the Laplacian around each cell of a (H, W, 3) uint8 picture, float32.

    Not its mean size: that leaves room for a few edges that grow ever stronger.
    """
    edges = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_16S)
    return np.sqrt(cv2.blur(cells(cv2.multiply(edges, edges, dtype=cv2.CV_32F)), (7, 7)))


def settled(shown: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """What is shown as a key ends: its strokes with the contrast of the new painting, and nearer to its colours.

    Args:
        shown, painted: (H, W, 3) uint8.
    """
    height, width = painted.shape[:2]
    small = max(1, width // 4), max(1, height // 4)
    ours, theirs = (cv2.resize(p, small, interpolation=cv2.INTER_AREA).astype(np.float32) for p in (shown, painted))
    mean, found = local_contrast(ours)
    goal, wanted = local_contrast(theirs)
    gain = np.clip(np.sqrt((wanted + NOISE) / (found + NOISE)), 1, CONTRAST_GAIN) - 1
    change = (ours - cv2.resize(mean, small)) * cv2.resize(gain, small)[..., None]
    change += FOLLOW * cv2.resize(goal - mean, small)
    return cv2.add(shown, cv2.resize(change, (width, height)), dtype=cv2.CV_8U)


def local_contrast(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (h, w, 3) and variance (h, w), averaged over the channels, around each 4 px of a (H, W, 3) float32."""
    size = max(1, picture.shape[1] // 4), max(1, picture.shape[0] // 4)
    mean = cv2.blur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (3, 3))
    square = cv2.blur(cv2.resize(cv2.multiply(picture, picture), size, interpolation=cv2.INTER_AREA), (3, 3))
    return mean, np.maximum((square - mean * mean).mean(2), 0)
