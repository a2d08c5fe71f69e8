"""What an AdaIN layer does with the features that reach it.

The networks call `impose(layer, features)` at each of their AdaIN layers. Plain AdaIN measures each picture by itself;
the other ways here take the content's statistics from elsewhere, for tiles of one picture and frames of one shot.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .layers import Impose, Statistics, StyleLevels, adain, sent, statistics

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


class Mix(NamedTuple):
    """What to normalise each picture of a batch by: shares of what is measured in the batch and of what is given.

    Attributes:
        shares: (B, B + G) float32, on the CPU: of the measured statistics of each picture, then of the given ones.
        given: the G given statistics of each layer, (G, C, 1, 1); empty where G is 0.
    """

    shares: Tensor
    given: StyleLevels

    @property
    def measures(self) -> bool:
        """Whether anything measured has a share."""
        return bool(self.shares[:, : len(self.shares)].any())

    def of(self, layer: str, measured: Statistics | None, device: torch.device) -> Statistics:
        """The mix for a layer; `measured` (B, C, 1, 1) may be None where nothing measured has a share."""
        together = Statistics.join([s.to(device) for s in (measured, self.given.get(layer)) if s is not None])
        shares = sent(self.shares[:, -len(together.mean) :], device)
        return Statistics(*((shares @ part.flatten(1))[:, :, None, None] for part in together))


def told(own: Sequence[StyleLevels]) -> Mix:
    """Normalise each picture by statistics that are known for it."""
    count = len(own)
    given = {layer: Statistics.join([levels[layer] for levels in own]) for layer in own[0]}
    return Mix(torch.cat([torch.zeros(count, count), torch.eye(count)], 1), given)


def smoothed(memory: StyleLevels, starts: Sequence[bool], rate: float) -> Mix:
    """The statistics of consecutive frames follow the content's slowly, so that the colour does not breathe.

    Args:
        memory: those of the frame before the batch, each (1, C, 1, 1); empty before the first.
        starts: for each frame of the batch, whether it starts a shot and so takes its own statistics.
        rate: share, 0..1, of each new frame in the moving average.
    """
    count = len(starts)
    alone = torch.eye(count + bool(memory))
    row = alone[count] if memory else None
    rows = []
    for i, start in enumerate(starts):
        row = alone[i] if start or row is None else torch.lerp(row, alone[i], rate)
        rows.append(row)
    return Mix(torch.stack(rows), memory)


def mixed(style: StyleLevels, mix: Mix, used: StyleLevels) -> Impose:
    """AdaIN that normalises by a mix, and leaves it, layer by layer, in `used`."""
    measures = mix.measures

    def impose(layer: str, features: Tensor) -> Tensor:
        used[layer] = mix.of(layer, statistics(features) if measures else None, features.device)
        return adain(features, style[layer], used[layer])

    return impose


def move(memory: StyleLevels, layer: str, now: Statistics, *, start: bool, rate: float) -> Statistics:
    """The moving average of a layer's statistics, brought up to date: `smoothed` for one frame, or its regions."""
    before = memory.get(layer)
    fresh = start or before is None or before.mean.shape != now.mean.shape  # as many regions as before?
    memory[layer] = now if fresh or before is None else before.lerp(now, rate)
    return memory[layer]
