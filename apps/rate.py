"""How often something happens: frames from the camera, paintings on the screen."""

import time
from collections import deque

SPAN = 2.0  # s over which a rate is measured


class Rate:
    """Events per second over the last seconds. One thread ticks; any may read."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=1000)

    def tick(self, now: float | None = None) -> None:
        self._times.append(time.monotonic() if now is None else now)

    def per_second(self, now: float | None = None) -> float:
        """0 where fewer than two events lie in the span."""
        now = time.monotonic() if now is None else now
        times = [t for t in tuple(self._times) if now - t <= SPAN]
        if len(times) < 2:
            return 0.0
        # Up to now, not up to the last event: the rate of a camera that has stopped falls.
        gap = (times[-1] - times[0]) / (len(times) - 1)
        return (len(times) - 1) / (max(times[-1], now - gap) - times[0])
