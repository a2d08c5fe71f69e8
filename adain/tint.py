"""A style's tint: how green and how magenta it gets, beyond which `fast` does not go.

Along this one axis of colour the network overshoots: beside edges it paints rims, green on one side of a thing and
magenta on the other, and before dark things neon green, up to 1.1 on the axis below where the style (stained-glass)
ends at 0.4. The rims are taken out first, which brings paintings nearer to their photos too (the 36 dev pairs: content
0.659 -> 0.658, style as it was); then the rest is held to the style. Along the other axes what looks like rims belongs
to the styles more often: to take it out as well costs style.
"""

import torch
from torch import Tensor

from .losses import luma
from .palette import looked_at
from .regions import shares
from .rims import rimless
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


def toned(tint: Tensor, painted: Tensor, content: Tensor, weights: Tensor | None = None) -> Tensor:
    """A painting without green and magenta rims, and within its style; light stays. See `Colours.kept`."""
    content, green = content.float(), along(painted)
    wanted = within(tint, rimless(green, luma(content), along(content)), weights)
    return torch.addcmul(painted, wanted - green, painted.new_tensor(GREEN)[None, :, None, None]).clamp(0, 1)


def along(picture: Tensor) -> Tensor:
    """(B, 3, H, W) RGB -> (B, 1, H, W): how far from magenta to green."""
    return sum(share * channel for share, channel in zip(GREEN, picture.split(1, 1)))  # type: ignore[return-value]


def within(tint: Tensor, green: Tensor, weights: Tensor | None = None) -> Tensor:
    """Clamp places on the axis, (B, 1, H, W), to those of the style, or of the regions' styles there."""
    bounds = tint.to(green.device)[..., None, None]  # (B or R, 2, 1, 1)
    if weights is not None:
        bounds = (shares(weights) * bounds).sum(0, keepdim=True)  # (1, 2, H, W)
    return green.clamp(*bounds.split(1, 1))


TINT = Colours(tint_of, toned, torch.tensor([[-WIDEST, WIDEST]]))
