"""Which working size holds a frame rate on this machine."""

import math
import statistics
from collections import deque

STEP = 16  # px; sizes are multiples of it, as the networks want
SMALLEST = 192  # px, long side; smaller paintings show nothing
HEADROOM = 0.88  # share of a frame's time that its work may take; the rest covers what varies
RAISE = 0.85  # share of that which a larger size is allowed to take by prediction before it is tried
SETTLE = 3  # frames after a change of size that tell nothing: kernels for the new shape are being prepared
WINDOW = 12  # frames a decision rests on
LARGEST_CUT = 0.75  # a size is lowered to no less than this share of itself at once
CALM = 1.0  # s between a change and the next raise
PATIENCE = (4.0, 64.0)  # s to wait after a raise that had to be taken back; doubles with each one, up to the second
PROVEN = 10.0  # s that a raise must stand to count as good


class SpeedController:
    """A state machine: told what each frame cost, it says at what size to paint the next.

    Too slow lowers the size at once, by as much as seems needed; room to spare raises it step by step. A raise that has
    to be taken back is not tried again for a while, longer each time, so that the size does not pump.

    Args:
        fps: the rate to hold.
        largest: long side in px beyond which nothing is gained (the frame's own).
        start: size to begin at; the largest where not given.

    Attributes:
        size: long side in px to paint at.
    """

    def __init__(self, fps: float, *, largest: int, start: int | None = None) -> None:
        self.fps = fps
        self.largest = largest
        self.size = self._clamped(start or largest)
        self._costs: deque[float] = deque(maxlen=WINDOW)
        self._unsettled = SETTLE
        self._changed = -math.inf  # when the size changed last
        self._raised = -math.inf  # when it was raised last
        self._no_raise_before = -math.inf
        self._patience = PATIENCE[0]

    def update(self, seconds: float, now: float) -> int:
        """Take in what a frame painted at `size` cost, at the time `now` in seconds; returns the size for the next."""
        self.size = self._clamped(self.size)
        if self._unsettled:
            self._unsettled -= 1
            return self.size
        self._costs.append(seconds)
        cost, budget = statistics.median(self._costs), HEADROOM / self.fps
        if len(self._costs) >= WINDOW // 2 and cost > budget:
            self._lower(cost / budget, now)
        elif len(self._costs) == WINDOW and now >= max(self._changed + CALM, self._no_raise_before):
            larger = self._clamped(max(self.size + STEP, self.size * 9 // 8))
            # Cost grows with the area at most: some of it does not depend on the size.
            if larger > self.size and cost * (larger / self.size) ** 2 <= RAISE * budget:
                self._raised = now
                self._change(larger, now)
        return self.size

    def _lower(self, excess: float, now: float) -> None:
        smaller = self._clamped(min(self.size - STEP, int(self.size * max(LARGEST_CUT, excess**-0.5))))
        if smaller >= self.size:
            return
        if now - self._raised < PROVEN:
            self._no_raise_before = now + self._patience
            self._patience = min(2 * self._patience, PATIENCE[1])
        else:
            self._no_raise_before, self._patience = now + PATIENCE[0], PATIENCE[0]
        self._change(smaller, now)

    def _change(self, size: int, now: float) -> None:
        self.size, self._changed, self._unsettled = size, now, SETTLE
        self._costs.clear()

    def _clamped(self, size: int) -> int:
        largest = max(SMALLEST, -(-self.largest // STEP) * STEP)
        return min(max(size // STEP * STEP, SMALLEST), largest)
