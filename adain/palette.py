"""A style's palette: where a colour that the style has nowhere is to go.

`vgg` lets something of a photo's own colours through relu4_1: pale styles turn green and magenta in places, faces too.
What it paints is therefore drawn towards the nearest colours of the style, by a table that is looked up for the mean
colour of each patch; the network, its tiles and its frames know nothing of it. (The 36 dev pairs: colours stray by 2.7
instead of 5.2 of 255, style 0.139 -> 0.135, SSIM 0.464 -> 0.466. `fast`, which strays less than the best small
published model, gains nothing.)
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .losses import PALETTE_PATCH, seen_colours
from .regions import shares

KNOTS = 17  # values of each channel, evenly spread, for which the table says where they go
STYLE_SIDE = 128  # px; the style is looked at as so many squared patches of colour
NEIGHBOURS = 6  # of those, whose mean a colour goes to; a single one may be a speck
SHARE = 0.65  # of the way that a colour goes there; so coarse a table takes contrast away where it takes all of it
AT_ONCE = 512  # knots, for the sake of memory


def palette_of(style: np.ndarray) -> Tensor:
    """(H, W, 3) uint8 RGB -> (1, 3, K, K, K) float32: what to add to the colour at [:, :, blue, green, red].

    Near and far are as in training's `palette_loss`: light counts less than hue.
    """
    patches = cv2.resize(style, (STYLE_SIDE, STYLE_SIDE), interpolation=cv2.INTER_AREA)
    known = torch.from_numpy(patches).reshape(-1, 3).float() / 255  # (N, 3)
    values = torch.linspace(0, 1, KNOTS)
    knots = torch.cartesian_prod(values, values, values).flip(1)  # (KNOTS ** 3, 3) RGB, red changing first
    wanted, there = seen_colours(knots), seen_colours(known)
    nearest = [torch.cdist(some, there).topk(NEIGHBOURS, 1, largest=False).indices for some in wanted.split(AT_ONCE)]
    steps = SHARE * (known[torch.cat(nearest)].mean(1) - knots)  # (KNOTS ** 3, 3)
    return steps.T.reshape(1, 3, KNOTS, KNOTS, KNOTS).contiguous()


def drawn_to(palette: Tensor, painted: Tensor, weights: Tensor | None = None) -> Tensor:
    """A painting in the colours of the style.

    Args:
        palette: (1, 3, K, K, K), or one for each picture, or for each of R regions; on any device.
        painted: (B, 3, H, W) float32 RGB 0..1; of regions, (1, 3, H, W).
        weights: of the regions, (R, 1, H, W) float32 0..1.

    Returns:
        (B, 3, H, W), 0..1.
    """
    height, width = painted.shape[2:]
    patches = F.avg_pool2d(painted, PALETTE_PATCH, ceil_mode=True)  # what is finer than these keeps its contrast
    places = patches.permute(0, 2, 3, 1)[:, None] * 2 - 1  # (B, 1, h, w, 3), -1..1
    where = torch.device("cpu") if painted.device.type == "mps" else painted.device  # MPS looks up in planes only
    count = max(len(palette), len(painted))
    table, places = (part.to(where).expand(count, -1, -1, -1, -1) for part in (palette, places))
    step = F.grid_sample(table, places, padding_mode="border", align_corners=True)[:, :, 0]  # (B or R, 3, h, w)
    step = step.to(painted.device)
    if weights is not None:
        step = (shares(F.avg_pool2d(weights, PALETTE_PATCH, ceil_mode=True)) * step).sum(0, keepdim=True)
    step = F.interpolate(step, scale_factor=PALETTE_PATCH, mode="bilinear")[:, :, :height, :width]
    return (painted + step).clamp(0, 1)
