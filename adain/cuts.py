"""Where one shot ends and the next begins."""

from collections import deque
from collections.abc import Mapping

import cv2
import numpy as np

THUMBNAIL = (64, 36)  # px, width and height at which frames are compared
REACH = np.ones((5, 5), np.uint8)  # thumbnail px: motion of 1/32 of the width a frame counts as none
CUT_DISTANCE = 8.0  # of 255; what a cut exceeds: unrelated photos lie 9 to 60 apart
CUT_RATIO = 3.0  # and by how much it exceeds the frames before: fast action is no cut
MEMORY = 8  # frames


class CutDetector:
    """Tells the first frame of each shot.

    Two frames of one shot show about the same colours at about the same places. So each pixel of a thumbnail is
    compared with the range of colours near it in the other one; camera and object motion up to that reach cost nothing.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the frames before: the next one starts a shot."""
        self._before: np.ndarray | None = None
        self._distances: deque[float] = deque(maxlen=MEMORY)

    def state(self) -> dict[str, np.ndarray]:
        """What is remembered, for `restore`."""
        before = np.empty((0, 0, 3), np.uint8) if self._before is None else self._before
        return {"before": before, "distances": np.array(self._distances)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._before = state["before"] if state["before"].size else None
        self._distances = deque(state["distances"].tolist(), maxlen=MEMORY)

    def is_cut(self, frame: np.ndarray) -> bool:
        """Whether this (H, W, 3) uint8 RGB frame starts a shot; the very first one does."""
        thumbnail = cv2.resize(frame, THUMBNAIL, interpolation=cv2.INTER_AREA)
        if self._before is None:
            self._before = thumbnail
            return True
        distance = min(outside(thumbnail, self._before), outside(self._before, thumbnail))
        self._before = thumbnail
        usual = float(np.mean(self._distances)) if self._distances else 0.0
        if distance > max(CUT_DISTANCE, CUT_RATIO * usual):
            self._distances.clear()
            return True
        self._distances.append(distance)
        return False


def outside(image: np.ndarray, other: np.ndarray) -> float:
    """Mean distance, 0..255, of the pixels of `image` to the range of values that `other` has around each."""
    below = cv2.subtract(cv2.erode(other, REACH), image)  # uint8 arithmetic of OpenCV saturates at 0
    above = cv2.subtract(image, cv2.dilate(other, REACH))
    return float(below.mean() + above.mean())
