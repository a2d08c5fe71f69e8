"""Rims: what a painting shows beside the edges of things, and nowhere else on the same surfaces.

A guided filter (He et al., ECCV 2010) tells what the surfaces of the photo look like in the painting: within a window,
the painting as a linear function of the photo. Where the painting is far from that, there is a rim.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

CELL = 4  # px; all is found in cells, as rims are never finer
WINDOW = 8  # cells to either side: wide enough to look past a rim
STEADY = 1e-3  # of the photo, 0..1, squared: what varies by less is one surface
FAINT = 0.1  # differences of this are taken out to 1 - 1/e, fainter ones less: they are dabs of the brush


def rimless(channel: Tensor, light: Tensor, likewise: Tensor) -> Tensor:
    """A channel of a painting without its rims.

    Args:
        channel: (B, 1, H, W) float32, in units of the colours' 0..1; both sides multiples of CELL.
        light: of the photo, like the channel.
        likewise: the same channel of the photo, without which things as light as their ground would fade into it.

    Returns:
        (B, 1, H, W) float32.
    """
    cells, light, likewise = (F.avg_pool2d(x, CELL) for x in (channel, light, likewise))  # (B, 1, h, w)
    rims = cells - surface(cells, light, likewise)
    rims = rims * (1 - torch.exp(-(rims / FAINT).square()))
    return channel - F.interpolate(rims, scale_factor=CELL, mode="bilinear")


def surface(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """The guided filter: x, (B, 1, h, w), as a linear function of a and b fitted within windows."""
    mean, a_mean, b_mean, *products = around(torch.cat([x, a, b, a * x, b * x, a * a, b * b, a * b], 1)).split(1, 1)
    means = (a_mean * mean, b_mean * mean, a_mean * a_mean, b_mean * b_mean, a_mean * b_mean)
    ax, bx, aa, bb, ab = (product - of_means for product, of_means in zip(products, means))  # covariances
    aa, bb = aa + STEADY, bb + STEADY
    rest = aa * bb - ab * ab
    to_a, to_b = (ax * bb - bx * ab) / rest, (bx * aa - ax * ab) / rest
    to_a, to_b, level = around(torch.cat([to_a, to_b, mean - to_a * a_mean - to_b * b_mean], 1)).split(1, 1)
    return to_a * a + to_b * b + level


def around(cells: Tensor) -> Tensor:
    """Means over windows, of the cells that are inside the picture."""
    rows, columns = (window(side, cells.device) for side in cells.shape[2:])
    return rows @ cells @ columns.T


def window(side: int, device: torch.device) -> Tensor:
    """(side, side): the means along one side, as a matrix; half the time of pooling."""
    places = torch.arange(side, device=device)
    inside = ((places[:, None] - places).abs() <= WINDOW).float()
    return inside / inside.sum(1, keepdim=True)
