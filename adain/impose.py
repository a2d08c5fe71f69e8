"""What an AdaIN layer does with the features that reach it.

The networks call `impose(layer, features)` at each of their AdaIN layers. Plain AdaIN measures each picture by itself;
the other ways here take the content's statistics from elsewhere, for tiles of one picture and frames of one shot.
"""

from collections.abc import Sequence

from torch import Tensor

from .layers import Impose, Statistics, StyleLevels, adain, statistics


def plain(style: StyleLevels) -> Impose:
    """AdaIN as in the paper: every picture is normalised by its own statistics."""
    return lambda layer, features: adain(features, style[layer])


def recording(style: StyleLevels, seen: StyleLevels) -> Impose:
    """Plain AdaIN that leaves the content's own statistics, layer by layer, in `seen`."""

    def impose(layer: str, features: Tensor) -> Tensor:
        seen[layer] = statistics(features)
        return adain(features, style[layer], seen[layer])

    return impose


def fixed(style: StyleLevels, own: StyleLevels) -> Impose:
    """AdaIN that normalises by the statistics `own`, such as `recording` saw them, instead of measuring."""
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
        followed = []
        for i, start in enumerate(starts):
            now = seen.pick(i)
            memory[layer] = now if start or layer not in memory else memory[layer].lerp(now, rate)
            followed.append(memory[layer])
        return adain(features, style[layer], Statistics.join(followed))

    return impose
