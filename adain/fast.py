"""The `fast` network: a compact encoder and decoder with AdaIN at every scale, real time on a CPU.

Pictures go in at half resolution by pixel-unshuffle, down to an eighth, through residual blocks, and up again. The
statistics that each AdaIN layer imposes come from a style encoder of its own, which runs once per style and so may be
wider than the path every frame takes (after Ghiasi et al., BMVC 2017, who predict the parameters of instance
normalisation). Additive skips bring the photo's edges to the decoder, and a fixed convolution its finest detail and
a trace of all of it to the output, so that thin lines and faces survive.
"""

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
    interleave,
    statistics,
)
from .tint import TINT

WIDTH_HALF, WIDTH_QUARTER, WIDTH_EIGHTH = 24, 48, 96  # channels at 1/2, 1/4 and 1/8 of the picture's size
RESIDUAL_BLOCKS = 2
DETAIL_SHARE = 0.61  # of the photo's finest detail
PHOTO_SHARE = 0.025  # of the photo itself: buys likeness for less style than the weights ask for it
STYLE_WIDTHS = (32, 64, 128, 128)  # the style encoder's channels at 1/2, 1/4, 1/8, 1/16
STYLE_HIDDEN = 256


class StyleEncoder(nn.Module):
    """Picture -> the mean and standard deviation that each AdaIN layer of the decoder shall impose."""

    def __init__(self, widths: dict[str, int]) -> None:
        super().__init__()
        self.widths = widths
        inputs = (12, *STYLE_WIDTHS)
        self.convs = nn.ModuleList(
            ReflectConv(a, b, stride=1 if i == 0 else 2) for i, (a, b) in enumerate(zip(inputs, STYLE_WIDTHS))
        )
        self.hidden = nn.Linear(2 * sum(STYLE_WIDTHS), STYLE_HIDDEN)
        self.out = nn.Linear(STYLE_HIDDEN, 2 * sum(widths.values()))
        nn.init.zeros_(self.out.bias)

    def forward(self, style: Tensor) -> StyleLevels:
        x = F.pixel_unshuffle(style, 2)  # (B, 12, H/2, W/2)
        summary = []
        for conv in self.convs:
            x = F.relu_(conv(x))
            summary += [s.flatten(1) for s in statistics(x)]
        described = torch.cat(summary, 1).to(self.hidden.weight.dtype)  # (B, 704)
        code = self.out(F.relu_(self.hidden(described))).float()  # (B, 2 * sum of widths)
        levels: StyleLevels = {}
        for (name, width), part in zip(self.widths.items(), code.split([2 * w for w in self.widths.values()], 1)):
            mean, raw = part[:, :, None, None].split(width, 1)
            levels[name] = Statistics(mean, F.softplus(raw + 0.54))  # softplus(0.54) = 1: starts as plain normalisation
        return levels


class FastNet(nn.Module):
    """The network behind the model `fast`."""

    bytes_per_pixel = 130  # of the features alive at once, in float32; measured
    colours = TINT

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTH_HALF, WIDTH_QUARTER, WIDTH_EIGHTH
        self.down_half = ReflectConv(12, half)
        self.down_quarter = ReflectConv(half, quarter, stride=2)
        self.down_eighth = ReflectConv(quarter, eighth, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(eighth) for _ in range(RESIDUAL_BLOCKS))
        self.up_quarter = UpsampleConv(eighth, quarter)
        self.up_half = UpsampleConv(quarter, half)
        self.refine = ReflectConv(half, half)
        self.out = UpsampleConv(half, 3)
        widths = {"bottleneck": eighth}
        for i in range(RESIDUAL_BLOCKS):
            widths |= {f"block{i + 1}a": eighth, f"block{i + 1}b": eighth}
        widths |= {"up_quarter": quarter, "up_half": half, "refine": half}
        self.widths = widths  # of the AdaIN layers
        self.style_encoder = StyleEncoder(widths)
        self.detail = DetailConv(DETAIL_SHARE, PHOTO_SHARE)

    def encode_style(self, style: Tensor) -> StyleLevels:
        """(B, 3, H, W) RGB 0..1, sides multiples of 16 -> statistics for every AdaIN layer."""
        return self.style_encoder(style - 0.5)

    def forward(self, content: Tensor, impose: Impose) -> Tensor:
        """Stylize (B, 3, H, W) RGB 0..1; `impose` does the work of the AdaIN layers, whose names are in `widths`."""
        photo = F.pixel_unshuffle(content - 0.5, 2)  # (B, 12, H/2, W/2)
        half = F.relu_(self.down_half(photo))  # (B, 24, H/2, W/2)
        quarter = F.relu_(self.down_quarter(half))  # (B, 48, H/4, W/4)
        x = impose("bottleneck", self.down_eighth(quarter))  # (B, 96, H/8, W/8)
        for i, block in enumerate(self.blocks, 1):
            x = block(x, f"block{i}", impose)
        x = F.relu_(impose("up_quarter", self.up_quarter(x).add_(quarter)))
        x = F.relu_(impose("up_half", self.up_half(x).add_(half)))
        x = F.relu_(impose("refine", self.refine(x)))
        return interleave(self.out.quarters(x) + self.detail.quarters(photo) + 0.5)  # (B, 3, H, W)
