"""A style's tint: how green and how magenta it gets, beyond which `fast` does not go.

Along this one axis of colour the network overshoots: beside dark edges it paints neon green, up to 1.1 on the axis
below where the style (stained-glass) ends at 0.4. Along the other axes it stays within its styles, so there its colours
are left alone. It is for the eye: rims are small, and the scores of the 36 dev pairs change by less than 0.0005.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .palette import looked_at
from .regions import shares
from .style import Colours

GREEN = (-(6**-0.5), 2 * 6**-0.5, -(6**-0.5))  # the axis from magenta to green, RGB, of length 1
SPECKS = 82  # of the 16,384 patches of a style at each end of the axis: the 0.5 % that do not count
MARGIN = 0.04  # beyond the rest; with less, content suffers
WIDEST = 9.0  # beyond what any network paints


def tint_of(style: Tensor) -> Tensor:
    """(1, 3, H, W) RGB 0..1 -> (1, 2) float32: the least and the most green of its patches, a little widened."""
    green = looked_at(style) @ style.new_tensor(GREEN)  # (N,)
    most, least = (sign * (sign * green).topk(SPECKS).values[-1:] for sign in (1, -1))
    return torch.stack([least - MARGIN, most + MARGIN], 1)


def within(tint: Tensor, painted: Tensor, weights: Tensor | None = None) -> Tensor:
    """Take from a painting what is greener or more magenta than its style; light stays. See `Colours.kept`."""
    bounds = tint.to(painted.device)[..., None, None]  # (B or R, 2, 1, 1)
    if weights is not None:
        bounds = (shares(weights) * bounds).sum(0, keepdim=True)  # (1, 2, H, W)
    least, most = bounds.split(1, 1)
    axis = painted.new_tensor(GREEN)[None, :, None, None]
    green = F.conv2d(painted, axis)  # (B, 1, H, W); a sum of products, at half the price
    return torch.addcmul(painted, green.clamp(least, most) - green, axis).clamp(0, 1)


TINT = Colours(tint_of, within, torch.tensor([[-WIDEST, WIDEST]]))
