"""What AdaIN must impose for paintings to have the statistics of a style.

A decoder falls short of what it is given, of each style in channels of its own. So the style is tried on a few photos,
the encoder looks at the paintings, and what is missing there is added: a control loop, closed once per style.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor

from .convert import to_tensor
from .layers import Statistics
from .picture import read_picture

REFERENCES = Path(str(files("adain.weights"))) / "references.jpg"  # square photos, side by side
ROUNDS = 2
GAIN = 0.4  # of what is missing is added each time; the whole of it would swing

Tried = Callable[[Statistics], Statistics]  # what was imposed -> what was then found in the paintings


@lru_cache(maxsize=1)
def references() -> Tensor:
    """The photos on which styles are tried: (N, 3, S, S), RGB 0..1."""
    strip = to_tensor(read_picture(REFERENCES).rgb, torch.device("cpu"))  # (1, 3, S, N * S)
    return torch.cat(strip.split(strip.shape[2], 3))


def calibrated(wanted: Statistics, tried: Tried) -> Statistics:
    """What to impose, so that `wanted` is found; both (1, C, 1, 1)."""
    imposed = wanted
    for _ in range(ROUNDS):
        found = tried(imposed)
        mean = imposed.mean + GAIN * (wanted.mean - found.mean)
        std = imposed.std + GAIN * (wanted.std - found.std)
        imposed = Statistics(mean, std.clamp(min=0))
    return imposed
