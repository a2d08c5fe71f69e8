"""Shift-tolerant LPIPS (Ghildyal & Liu, ECCV 2022): how different two pictures look, as learned from people's verdicts.

From the PyPI package `stlpips-pytorch`, AlexNet variant; its weights lie in the package, so nothing is downloaded.
"""

from collections.abc import Callable

import numpy as np
import torch

from .convert import to_tensor
from .errors import WeightsError

Distance = Callable[[np.ndarray, np.ndarray], float]


def load_lpips(device: torch.device) -> Distance:
    """The distance of two pictures, (H, W, 3) uint8 RGB of one size: 0 for the same, higher for worse.

    Raises:
        WeightsError: the package, or one that it imports, is not installed.
    """
    try:
        from stlpips_pytorch.stlpips import LPIPS
    except ImportError as error:
        raise WeightsError(f"LPIPS needs stlpips-pytorch ({error}): pip install 'adain-style[eval]'") from error
    network = LPIPS(net="alex", variant="shift_tolerant", verbose=False).eval().requires_grad_(False).to(device)

    @torch.inference_mode()
    def distance(a: np.ndarray, b: np.ndarray) -> float:
        first, second = (to_tensor(picture, device) * 2 - 1 for picture in (a, b))
        return float(network(first, second))

    return distance
