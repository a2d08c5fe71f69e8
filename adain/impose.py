"""What an AdaIN layer does with the features that reach it.

The networks call `impose(layer, features)` at each of their AdaIN layers. Plain AdaIN measures each picture by itself;
the other ways here take the content's statistics from elsewhere, for tiles of one picture and frames of one shot.
"""

from collections.abc import Callable, Sequence

from torch import Tensor

from .layers import Impose, Statistics, StyleLevels, adain, statistics

Follow = Callable[[str, Statistics], Statistics]  # AdaIN layer, what was measured there -> what to normalise by


def plain(style: StyleLevels) -> Impose:
    """AdaIN as in the paper: every picture is normalised by its own statistics."""
    return lambda layer, features: adain(features, style[layer])


def recorded(seen: StyleLevels) -> Follow:
    """Normalise by what was measured, and leave it, layer by layer, in `seen`."""

    def follow(layer: str, measured: Statistics) -> Statistics:
        seen[layer] = measured
        return measured

    return follow


def followed(style: StyleLevels, follow: Follow) -> Impose:
    """AdaIN that normalises by what `follow` makes of the measured statistics."""
    return lambda layer, features: adain(features, style[layer], follow(layer, statistics(features)))


def fixed(style: StyleLevels, own: StyleLevels) -> Impose:
    """AdaIN that normalises by the statistics `own`, such as `recorded` leaves them, instead of measuring."""
    return lambda layer, features: adain(features, style[layer], own[layer])


def smoothed(style: StyleLevels, memory: StyleLevels, starts: Sequence[bool], rate: float) -> Impose:
    """AdaIN for consecutive frames: their statistics follow the content's slowly, so that the colour does not breathe.

    Args:
        style: what to impose; B or 1.
        memory: the statistics of the frame before, each (1, C, 1, 1); kept up to date.
        starts: for each frame of the batch, whether it starts a shot and so takes its own statistics.
        rate: share, 0..1, of the new frame's statistics in the moving average.
    """

    def impose(layer: str, features: Tensor) -> Tensor:
        seen = statistics(features)
        moved = [move(memory, layer, seen.pick(i), start=start, rate=rate) for i, start in enumerate(starts)]
        return adain(features, style[layer], Statistics.join(moved))

    return impose


def move(memory: StyleLevels, layer: str, now: Statistics, *, start: bool, rate: float) -> Statistics:
    """The moving average of a layer's statistics, brought up to date; arguments as of `smoothed`."""
    before = memory.get(layer)
    fresh = start or before is None or before.mean.shape != now.mean.shape  # as many regions as before?
    memory[layer] = now if fresh or before is None else before.lerp(now, rate)
    return memory[layer]
