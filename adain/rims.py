"""Rims: what a painting shows beside the edges of things, and nowhere else on the same surfaces.

After the guided filter (He et al., ECCV 2010): within a window, what stands out of the mean in the painting is fitted
by what stands out in the photo, and the rest is a rim. Nothing here is a small difference of large numbers, as there,
so that runtimes may compute it in bfloat16.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

CELL = 4  # px; all is found in cells, as rims are never finer
WINDOW = 8  # cells to either side: wide enough to look past a rim
STEADY = 1e-3  # of the photo, 0..1, squared: what varies by less is one surface


def rimless(channel: Tensor, light: Tensor, likewise: Tensor, faint: Tensor) -> Tensor:
    """A channel of a painting without its rims.

    Args:
        channel: (B, 1, H, W) float32, in units of the colours' 0..1; both sides multiples of CELL.
        light: of the photo, like the channel.
        likewise: the same channel of the photo, without which things as light as their ground would fade into it.
        faint: rims of this are taken out to 1 - 1/e, fainter ones less: they are dabs of the brush. (B, 1, 1, 1), or
            for each cell, (1, 1, H / CELL, W / CELL).

    Returns:
        (B, 1, H, W) float32.
    """
    rims = rims_of(*(F.avg_pool2d(x, CELL) for x in (channel, light, likewise)))  # (B, 1, h, w)
    rims = rims * (1 - torch.exp(-(rims / faint).square()))
    return channel - F.interpolate(rims, scale_factor=CELL, mode="bilinear")


def rims_of(channel: Tensor, light: Tensor, likewise: Tensor) -> Tensor:
    """All of them, faint ones too: what no linear function of the photo accounts for, (B, 1, h, w) in cells."""
    cells = torch.cat([channel, light, likewise], 1)
    x, a, b = (cells - around(cells)).split(1, 1)
    ax, bx, aa, bb, ab = around(torch.cat([a * x, b * x, a * a + STEADY, b * b + STEADY, a * b], 1)).split(1, 1)
    determinant = aa * bb - ab * ab
    return x - (ax * bb - bx * ab) / determinant * a - (bx * aa - ax * ab) / determinant * b


def around(cells: Tensor) -> Tensor:
    """Means over windows, of the cells that are inside the picture."""
    rows, columns = (window(side, cells.device) for side in cells.shape[2:])
    return rows @ cells @ columns.T


def window(side: int, device: torch.device) -> Tensor:
    """(side, side): the means along one side, as a matrix; half the time of pooling."""
    places = torch.arange(side, device=device)
    inside = ((places[:, None] - places).abs() <= WINDOW).float()
    return inside / inside.sum(1, keepdim=True)
