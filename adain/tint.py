"""A style's tint: how green and how magenta it gets, beyond which `fast` does not go.

Along this one axis of colour the network overshoots: beside edges it paints rims, green on one side of a thing and
magenta on the other, and before dark things neon green, up to 1.1 on the axis below where the style (stained-glass)
ends at 0.4. The rims are taken out first, which brings paintings nearer to their photos too (the 36 dev pairs: content
0.659 -> 0.658, style as it was); then the rest is held to the style. Along the other axes what looks like rims belongs
to the styles more often: to take it out as well costs style. And where a style itself is all dabs of green and magenta,
as marbling and pointillism are, only stronger rims go (38 pairs with the built-in styles: style 0.353; without this
exception 0.367, and 0.336 with all rims left).
"""

import torch
from torch import Tensor

from .losses import luma
from .palette import STYLE_SIDE, looked_at
from .regions import shrink, there
from .rims import CELL, rimless, rims_of
from .style import Colours

GREEN = (-(6**-0.5), 2 * 6**-0.5, -(6**-0.5))  # the axis from magenta to green, RGB, of length 1
SPECKS = 82  # of the 16,384 patches of a style at each end of the axis: the 0.5 % that do not count
MARGIN = 0.04  # beyond the rest; with less, content suffers
WIDEST = 9.0  # beyond what any network paints
FAINT = 0.1  # the least that is seen as a rim, whatever the style
DABBED = 0.07  # root mean square of a style's dabs, above which rims of their strength pass for dabs


def tint_of(style: Tensor) -> Tensor:
    """(1, 3, H, W) RGB 0..1 -> (1, 3) float32.

    The least and the most green of its patches, a little widened; and what `rimless` is to take for faint.
    """
    patches = looked_at(style).T.reshape(1, 3, STYLE_SIDE, STYLE_SIDE)
    green = along(patches)
    most, least = (sign * (sign * green).flatten(1).topk(SPECKS).values[:, -1] for sign in (1, -1))  # (1,)
    # The root mean square, but no `mean`: so an exported graph calls one of its results.
    dabs = rims_of(green, luma(patches), torch.zeros_like(green)).flatten(1).norm(dim=1) / STYLE_SIDE
    return torch.stack([least - MARGIN, most + MARGIN, FAINT * (dabs / DABBED).square().clamp_min(1)], 1)


def toned(tint: Tensor, painted: Tensor, content: Tensor, weights: Tensor | None = None) -> Tensor:
    """A painting without green and magenta rims, and within its style; light stays. See `Colours.kept`."""
    tint, content, green = tint.to(painted.device), content.float(), along(painted)
    faint = there(tint[:, 2:, None, None], None if weights is None else shrink(weights, CELL))
    wanted = within(tint, rimless(green, luma(content), along(content), faint), weights)
    return torch.addcmul(painted, wanted - green, painted.new_tensor(GREEN)[None, :, None, None]).clamp(0, 1)


def along(picture: Tensor) -> Tensor:
    """(B, 3, H, W) RGB -> (B, 1, H, W): how far from magenta to green."""
    return sum(share * channel for share, channel in zip(GREEN, picture.split(1, 1)))  # type: ignore[return-value]


def within(tint: Tensor, green: Tensor, weights: Tensor | None = None) -> Tensor:
    """Clamp places on the axis, (B, 1, H, W), to those of the style, or of the regions' styles there."""
    return green.clamp(*there(tint[:, :2, None, None], weights).split(1, 1))


TINT = Colours(tint_of, toned, torch.tensor([[-WIDEST, WIDEST, FAINT]]))
