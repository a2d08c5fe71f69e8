"""What an AdaIN layer does with the features that reach it.

The networks call `impose(layer, features)` at each of their AdaIN layers. Plain AdaIN measures each picture by itself;
the other ways here take the content's statistics from elsewhere, for tiles of one picture and frames of one shot.
"""

from torch import Tensor

from .layers import Impose, StyleLevels, adain, statistics


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
