"""A style's palette: where a colour that the style has nowhere is to go.

`vgg` lets something of a photo's own colours through relu4_1: pale styles turn green and magenta in places, faces too.
What it paints is therefore drawn towards the nearest colours of the style, by a table that is looked up for the mean
colour of each patch; the network, its tiles and its frames know nothing of it. (The 36 dev pairs: colours stray by 2.3
instead of 5.0 of 255, style 0.140 -> 0.139, SSIM 0.487 -> 0.489. `fast`, which strays less than the best small
published model, gains nothing; it has a simpler bound: see tint.py.)
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .losses import PALETTE_PATCH, seen_colours
from .regions import shrink, there
from .style import Colours

KNOTS = 17  # values of each channel, evenly spread, for which the table says where they go
STYLE_SIDE = 128  # px; the style is looked at as so many squared patches of colour
NEIGHBOURS = 6  # of those, whose mean a colour goes to; a single one may be a speck
SHARE = 0.78  # of the way that a colour goes there; so coarse a table takes contrast away where it takes all of it
AT_ONCE = 512  # knots, for the sake of memory


def palette_of(style: Tensor) -> Tensor:
    """(1, 3, H, W) RGB 0..1 -> (1, 3, K, K, K) float32: what to add to the colour at [:, :, blue, green, red].

    Near and far are as in training's `palette_loss`: light counts less than hue.
    """
    known = looked_at(style)
    blue, green, red = torch.meshgrid([torch.linspace(0, 1, KNOTS, device=style.device)] * 3, indexing="ij")
    knots = torch.stack([red, green, blue], 3).flatten(0, 2)  # (K ** 3, 3)
    wanted, seen = seen_colours(knots), seen_colours(known)
    squares = seen.square().sum(1)
    # The distances' squares, less that of the knot, which changes no order.
    nearest = [(squares - 2 * some @ seen.T).topk(NEIGHBOURS, largest=False).indices for some in wanted.split(AT_ONCE)]
    there = known[torch.cat(nearest)].sum(1) / NEIGHBOURS  # no `mean`: so an exported graph calls one of its results
    steps = SHARE * (there - knots)  # (K ** 3, 3)
    return steps.T.reshape(1, 3, KNOTS, KNOTS, KNOTS).contiguous()


def looked_at(style: Tensor) -> Tensor:
    """(1, 3, H, W) -> (N, 3) float32: the mean colours of its patches, STYLE_SIDE squared, whatever its size."""
    rows, columns = (averages(side, style.device) for side in style.shape[2:])
    return (rows @ style[0].float() @ columns.T).permute(1, 2, 0).flatten(0, 1)


def averages(side: int, device: torch.device) -> Tensor:
    """(STYLE_SIDE, side): the means over equal parts of a side, as a matrix; pixels across a border count in part."""
    ends = torch.arange(1, side + 1, device=device)
    width = ends[-1] / STYLE_SIDE  # a tensor: to an exported graph the side is not known
    starts = width * torch.arange(STYLE_SIDE, device=device)[:, None]
    inside = torch.minimum(starts + width, ends) - torch.maximum(starts, ends - 1)
    return inside.clamp_min(0) / width


def drawn_to(palette: Tensor, painted: Tensor, weights: Tensor | None = None) -> Tensor:
    """A painting in the colours of the style; arguments as those of `Colours.kept`."""
    height, width = painted.shape[2:]
    painted = painted.clamp(0, 1)
    patches = F.avg_pool2d(painted, PALETTE_PATCH, ceil_mode=True)  # what is finer than these keeps its contrast
    step = looked_up(palette.to(painted.device), patches)  # (B or R, 3, h, w)
    step = there(step, None if weights is None else shrink(weights, PALETTE_PATCH))
    step = F.interpolate(step, scale_factor=PALETTE_PATCH, mode="bilinear")[:, :, :height, :width]
    return (painted + step).clamp(0, 1)


def looked_up(palette: Tensor, colours: Tensor) -> Tensor:
    """The table at colours between its knots, (B, 3, h, w) RGB 0..1 -> the same, or (R, ...) for R tables.

    A sum over all knots, most of which have no weight: not every runtime has a look-up in three dimensions.
    """
    knots = torch.arange(KNOTS, device=colours.device)
    places = (KNOTS - 1) * colours.flatten(2)[..., None]  # (B, 3, N, 1)
    red, green, blue = F.relu(1 - (places - knots).abs()).unbind(1)  # (B, N, K) each
    pairs = (blue[..., :, None] * green[..., None, :]).flatten(2)  # (B, N, K * K)
    table = palette.permute(0, 2, 3, 4, 1).reshape(-1, KNOTS**2, KNOTS * 3)
    found = (pairs @ table).unflatten(2, (KNOTS, 3)) * red[..., None]  # (B or R, N, K, 3)
    return found.sum(2).transpose(1, 2).unflatten(2, colours.shape[2:])


TABLE = Colours(
    of=palette_of,
    kept=lambda palette, painted, content, weights: drawn_to(palette, painted, weights),  # whatever the photo is
    unknown=torch.zeros(1, 3, KNOTS, KNOTS, KNOTS),
)
