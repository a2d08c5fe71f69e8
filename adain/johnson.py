"""The per-style network: feed-forward, trained for one style and good for no other (Johnson et al., ECCV 2016).

Layers and widths are the paper's; later insights are taken in: instance normalisation (Ulyanov et al., 2016),
reflection padding, upsampling that leaves no checkerboard, and the photo's finest detail as in `fast`.

Instance normalisation with learned scale and shift is AdaIN with a learned style. So the network asks `impose` for its
normalisation as the others do, and tiles and the smoothing of video work with it too.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import (
    DetailConv,
    Impose,
    ReflectConv,
    ResidualBlock,
    Statistics,
    StyleLevels,
    UpsampleConv,
)

WIDTH_FULL, WIDTH_HALF, WIDTH_QUARTER = 32, 64, 128  # channels at the picture's size, 1/2 and 1/4 of it
RESIDUAL_BLOCKS = 5
OUTER_KERNEL = 9  # px, of the first and the last convolution
DETAIL_SHARE = 0.6  # of the photo's finest detail


class LearnedStatistics(nn.Module):
    """The mean and standard deviation that one layer imposes; at first those of plain normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.std = nn.Parameter(torch.ones(1, width, 1, 1))


class JohnsonNet(nn.Module):
    """The network behind `johnson:FILE`."""

    bytes_per_pixel = 350  # of the features alive at once, in float32; measured
    colours = None  # it learned those of its style

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter = WIDTH_FULL, WIDTH_HALF, WIDTH_QUARTER
        self.first = ReflectConv(3, full, size=OUTER_KERNEL)
        self.down_half = ReflectConv(full, half, stride=2)
        self.down_quarter = ReflectConv(half, quarter, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(quarter) for _ in range(RESIDUAL_BLOCKS))
        self.up_half = UpsampleConv(quarter, half)
        self.up_full = UpsampleConv(half, full)
        self.out = ReflectConv(full, 3, size=OUTER_KERNEL)
        self.detail = DetailConv(DETAIL_SHARE)
        widths = {"first": full, "down_half": half, "down_quarter": quarter}
        for i in range(RESIDUAL_BLOCKS):
            widths |= {f"block{i + 1}a": quarter, f"block{i + 1}b": quarter}
        widths |= {"up_half": half, "up_full": full}
        self.widths = widths  # of the layers that normalise
        self.style = nn.ModuleDict({name: LearnedStatistics(width) for name, width in widths.items()})

    def encode_style(self, style: Tensor) -> StyleLevels:
        """(B, 3, H, W) -> the learned statistics of every layer, whatever the picture shows."""
        shape = (len(style), -1, 1, 1)
        return {name: Statistics(*(p.float().expand(shape) for p in level)) for name, level in self.learned()}

    def learned(self) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
        for name, level in self.style.items():
            assert isinstance(level, LearnedStatistics)  # ModuleDict forgets what it holds
            yield name, (level.mean, level.std)

    def forward(self, content: Tensor, impose: Impose) -> Tensor:
        """Stylize (B, 3, H, W) RGB 0..1; `impose` does the normalisation of the layers, whose names are in `widths`."""
        x = F.relu_(impose("first", self.first(content - 0.5)))  # (B, 32, H, W)
        x = F.relu_(impose("down_half", self.down_half(x)))  # (B, 64, H/2, W/2)
        x = F.relu_(impose("down_quarter", self.down_quarter(x)))  # (B, 128, H/4, W/4)
        for i, block in enumerate(self.blocks, 1):
            x = block(x, f"block{i}", impose)
        x = F.relu_(impose("up_half", self.up_half(x)))
        x = F.relu_(impose("up_full", self.up_full(x)))
        return self.out(x) + self.detail(content - 0.5) + 0.5  # (B, 3, H, W)
