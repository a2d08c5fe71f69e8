"""A frame of a video, and when it is on screen."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple, TypeVar

import numpy as np

PICTURE_RATE = Fraction(25)  # frames a second, where nothing says how many

Other = TypeVar("Other")  # packets, which pass between frames


class Frame(NamedTuple):
    """One frame of a video."""

    rgb: np.ndarray  # (H, W, 3) uint8, upright
    time: Fraction  # s, exact, from the start of the result
    duration: Fraction | None  # s
    alpha: np.ndarray | None = None  # (H, W) uint8, 255 = opaque; None where all is


def resampled(items: Iterator[Frame | Other], rate: Fraction) -> Iterator[Frame | Other]:
    """At each tick of a rate, frames a second, the frame that is on screen then; other items as they come."""
    step, count, shown = 1 / rate, 0, None
    for item in items:
        if isinstance(item, Frame):
            while shown is not None and count * step < item.time:
                yield shown._replace(time=count * step, duration=step)
                count += 1
            shown = item
        else:
            yield item
    until = shown.time + (shown.duration or step) if shown else Fraction(0)
    while shown is not None and count * step < until:
        yield shown._replace(time=count * step, duration=step)
        count += 1
