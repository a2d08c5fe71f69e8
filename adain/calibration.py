"""Which means AdaIN must impose for paintings to have those of a style.

A decoder falls short of what it is given, of each style in channels of its own. So the style is tried on a few photos,
the encoder looks at the paintings, and what is missing there is added: a control loop, closed once per style. Standard
deviations stay as they are: corrected too, they take paintings away from their style (36 pairs: 0.137 -> 0.140).
"""

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor

from .convert import to_tensor
from .picture import read_picture

REFERENCES = Path(str(files("adain.weights"))) / "references.jpg"  # square photos, side by side
ROUNDS = 2
GAIN = 0.5  # of what is missing is added each time; the whole of it would swing

Tried = Callable[[Tensor], Tensor]  # the means that were imposed -> those then found in the paintings


@lru_cache(maxsize=1)
def references() -> Tensor:
    """The photos on which styles are tried: (N, 3, S, S), RGB 0..1."""
    strip = to_tensor(read_picture(REFERENCES).rgb, torch.device("cpu"))  # (1, 3, S, N * S)
    return torch.cat(strip.split(strip.shape[2], 3))


def calibrated(wanted: Tensor, tried: Tried) -> Tensor:
    """The means to impose, so that `wanted` are found; both (1, C, 1, 1)."""
    imposed = wanted
    for _ in range(ROUNDS):
        imposed = imposed + GAIN * (wanted - tried(imposed))
    return imposed
