"""The AdaIN layer and the few building blocks both networks share."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VARIANCE_FLOOR = 1e-5  # keeps a constant channel finite
# What normalisation takes for no contrast, so that a black frame's rounding errors stay unseen: a variance of this,
CONTRAST_FLOOR = 1e-3
LEAST_CONTRAST = 1 / 16  # and a deviation of this share of the mean; in photos it is an eighth at the least
LUMA = (0.299, 0.587, 0.114)  # of R, G, B (BT.601)
DETAIL_SIGMA = 1.0  # px, of DetailConv's blur
MULTIPLE = 16  # both networks want sides that are multiples of this, in px


class Statistics(NamedTuple):
    """Channel mean and standard deviation of a feature map, each (B, C, 1, 1), float32."""

    mean: Tensor
    std: Tensor

    def lerp(self, other: "Statistics", weight: float) -> "Statistics":
        """Move from these statistics (weight 0) towards `other` (weight 1)."""
        return Statistics(torch.lerp(self.mean, other.mean, weight), torch.lerp(self.std, other.std, weight))

    def to(self, device: torch.device) -> "Statistics":
        return Statistics(sent(self.mean, device), sent(self.std, device))

    def pick(self, index: int) -> "Statistics":
        """Those of one picture, as a batch of one."""
        return Statistics(self.mean[index : index + 1], self.std[index : index + 1])

    @staticmethod
    def join(pictures: "Sequence[Statistics]") -> "Statistics":
        """Those of several pictures as one batch: the way back from `pick`."""
        return Statistics(torch.cat([p.mean for p in pictures]), torch.cat([p.std for p in pictures]))


def sent(numbers: Tensor, device: torch.device) -> Tensor:
    """On a device. A GPU is not waited for; the other way the numbers must be there before anyone reads them."""
    return numbers.to(device, non_blocking=device.type == "cuda")


StyleLevels = dict[str, Statistics]  # AdaIN layer name -> the statistics it imposes
Impose = Callable[[str, Tensor], Tensor]  # AdaIN layer name, its input (B, C, H, W) -> its output


def statistics(features: Tensor) -> Statistics:
    """Channel statistics over the picture plane.

    Always computed in float32: in half precision the sum over a large plane overflows or loses its low bits.

    Args:
        features: (B, C, H, W), any floating dtype.

    Returns:
        Mean and (biased) standard deviation, each (B, C, 1, 1), float32.
    """
    exporting = torch.jit.is_tracing()  # to what knows no such kernels
    if features.device.type in ("cpu", "cuda") and not exporting:
        return Statistics(*_FusedStatistics.apply(features))
    variance, mean = torch.var_mean(features.float(), dim=(2, 3), correction=0, keepdim=True)
    return Statistics(mean, (variance + VARIANCE_FLOOR).sqrt())


class _FusedStatistics(torch.autograd.Function):
    """`statistics` without a float32 copy of the features, which `torch.var_mean` would need.

    On the CPU, where that is besides 15 times slower over the plane of a channels_last map, batch normalisation of one
    picture computes just these statistics, in float32, with a fused kernel.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> tuple[Tensor, Tensor]:
        measure = _measured_on_cpu if features.device.type == "cpu" else _measured_on_gpu
        mean, std = measure(features)
        ctx.save_for_backward(features, mean, std)
        return mean, std

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        features, mean, std = ctx.saved_tensors
        grad_mean, grad_std = grads
        pixels = features.shape[2] * features.shape[3]
        slope = grad_std / (pixels * std)
        offset = grad_mean / pixels - slope * mean
        return torch.addcmul(offset.to(features.dtype), features, slope.to(features.dtype))


def _measured_on_cpu(features: Tensor) -> tuple[Tensor, Tensor]:
    one, zero = torch.ones(features.shape[1]), torch.zeros(features.shape[1])
    pairs = [
        torch.native_batch_norm(picture, one, zero, None, None, True, 0.0, VARIANCE_FLOOR)[1:]
        for picture in features.split(1)
    ]
    mean = torch.stack([m for m, _ in pairs])[:, :, None, None]
    return mean, torch.stack([s for _, s in pairs])[:, :, None, None].reciprocal()


def _measured_on_gpu(features: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of squares less the square of the mean: exact enough, as LEAST_CONTRAST bounds how much they cancel."""
    plane = (2, 3)
    with torch.autocast(features.device.type, enabled=False):  # which would copy them to float32 first
        mean = features.mean(plane, keepdim=True, dtype=torch.float32)
        length = torch.linalg.vector_norm(features, 2, plane, keepdim=True, dtype=torch.float32)
    variance = length.square() / (features.shape[2] * features.shape[3]) - mean.square()
    return mean, (variance.clamp_(min=0) + VARIANCE_FLOOR).sqrt()


def adain(content: Tensor, style: Statistics, own: Statistics | None = None) -> Tensor:
    """Adaptive instance normalisation: give `content` the channel statistics of a style.

    Huang & Belongie, ICCV 2017, equation 8.

    Args:
        content: (B, C, H, W), any floating dtype.
        style: statistics with B (or 1) and C matching.
        own: what to take for the statistics of `content`, B (or 1) and C matching; measured where not given. Tiles of
            one picture share those of the whole; video frames share those of their neighbours.

    Returns:
        (B, C, H, W) in the dtype of `content`.
    """
    if content.device.type == "cpu":
        count = len(content)
        means, stds = (s.flatten(1).expand(count, -1) for s in style)
        owns = [own.pick(min(i, len(own.mean) - 1)) if own else None for i in range(count)]
        pictures = [_adain_fused(p, stds[i], means[i], owns[i]) for i, p in enumerate(content.split(1))]
        return pictures[0] if count == 1 else torch.cat(pictures)
    scale, shift = scale_and_shift(style, own or statistics(content))
    return torch.addcmul(shift.to(content.dtype), content, scale.to(content.dtype))


def _adain_fused(picture: Tensor, std: Tensor, mean: Tensor, own: Statistics | None) -> Tensor:
    """`adain` of one picture: instance and batch normalisation are then the same, and the latter has a fused kernel."""
    if own is None:
        painted, own_mean, inverse = torch.native_batch_norm(picture, std, mean, None, None, True, 0.0, CONTRAST_FLOOR)
        if (own_mean.abs() * inverse).max() <= 1 / LEAST_CONTRAST:
            return painted
        own = Statistics(own_mean, (inverse.square().reciprocal() - CONTRAST_FLOOR + VARIANCE_FLOOR).sqrt())
    variance = contrast(own).square().flatten()
    nothing = torch.finfo(torch.float32).tiny  # torch before 2.12 does not take 0
    return F.batch_norm(picture, own.mean.flatten(), variance, std, mean, training=False, eps=nothing)


def contrast(own: Statistics) -> Tensor:
    """The deviation that normalisation divides by, (B, C, 1, 1): the picture's, or the least that counts as one."""
    std = (own.std.square() + (CONTRAST_FLOOR - VARIANCE_FLOOR)).sqrt()
    return torch.maximum(std, own.mean.abs() * LEAST_CONTRAST)


def scale_and_shift(style: Statistics, own: Statistics) -> tuple[Tensor, Tensor]:
    """AdaIN as what it does to each channel, (B, C, 1, 1) each: features times the first plus the second."""
    scale = style.std / contrast(own)
    return scale, style.mean - own.mean * scale


def pad_to_multiple(x: Tensor) -> Tensor:
    """(B, C, H, W) with the last row and column repeated until both sides are multiples of MULTIPLE."""
    padding = (0, -x.shape[3] % MULTIPLE, 0, -x.shape[2] % MULTIPLE)
    return F.pad(x, padding, mode="replicate") if any(padding) else x


class ReflectConv(nn.Conv2d):
    """A convolution, 3x3 by default, with reflection padding, so that borders show no frame."""

    def __init__(self, inputs: int, outputs: int, *, size: int = 3, stride: int = 1) -> None:
        super().__init__(inputs, outputs, size, stride=stride, padding=size // 2, padding_mode="reflect")

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode == "reflect" and self.padding == (1, 1):
            return F.conv2d(pad_by_one(x, "reflect"), weight, bias, self.stride)
        return super()._conv_forward(x, weight, bias)


def own_kernels_pay(x: Tensor) -> bool:
    """Whether what follows runs on a GPU one kernel after the other; a compiler makes better ones of torch's own."""
    return x.is_cuda and not torch.compiler.is_compiling()


def pad_by_one(x: Tensor, mode: str) -> Tensor:
    """(B, C, H, W) -> (B, C, H + 2, W + 2), by "reflect" or "replicate"."""
    if own_kernels_pay(x):
        return _PaddedByOne.apply(x, 1 if mode == "reflect" else 0)
    return F.pad(x, (1, 1, 1, 1), mode=mode)


class _PaddedByOne(torch.autograd.Function):
    """`pad_by_one` for CUDA, where `F.pad` takes channels_last features to the other order in memory and back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, inset: int) -> Tensor:
        """`inset`: how far inside the border what is repeated lies."""
        ctx.inset = inset
        count, channels, height, width = x.shape
        order = torch.channels_last if x.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
        shape = (count, channels, height + 2, width + 2)
        padded = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=order)
        padded[:, :, 1:-1, 1:-1] = x
        for side in (padded[:, :, :, 1:-1], padded.transpose(2, 3)):  # rows, then columns with the corners
            side[:, :, 0], side[:, :, -1] = side[:, :, 1 + inset], side[:, :, -2 - inset]
        return padded

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        inset, (grad,) = ctx.inset, grads

        def folded(rows: Tensor) -> Tensor:
            inner = rows[..., 1:-1].clone()
            inner[..., inset] += rows[..., 0]
            inner[..., -1 - inset] += rows[..., -1]
            return inner

        inner = folded(grad[:, :, 1:-1])
        inner[:, :, inset] += folded(grad[:, :, 0])
        inner[:, :, -1 - inset] += folded(grad[:, :, -1])
        return inner, None


class ResidualBlock(nn.Module):
    """Two convolutions, each followed by what `impose` does at `<name>a` and `<name>b`, added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ReflectConv(width, width)
        self.second = ReflectConv(width, width)

    def forward(self, x: Tensor, name: str, impose: Impose) -> Tensor:
        y = F.relu_(impose(f"{name}a", self.first(x)))
        return x + impose(f"{name}b", self.second(y))


def upsample(x: Tensor) -> Tensor:
    """Nearest-neighbour upsampling by two: unlike transposed convolutions it leaves no checkerboard."""
    if own_kernels_pay(x):  # torch's would turn to float32 in autocast
        count, channels, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1)[:, :, None, :, None].expand(count, height, 2, width, 2, channels)
        return pixels.reshape(count, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class UpsampleConv(nn.Module):
    """Bilinear upsampling by two and a 3x3 convolution, folded into one convolution on the small map.

    Each output pixel of the plain form is a weighted sum over 3x3 input pixels, with one of four sets of weights by the
    parity of its row and column. So one 3x3 convolution can make all four at once, as channels that `interleave`
    lays out: the same numbers, a quarter of the memory traffic. A free convolution before a pixel-shuffle, or
    nearest upsampling, lets a network paint grids; the bilinear weights, which this one is tied to, suppress them.
    """

    taps: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        plain = nn.Conv2d(inputs, outputs, 3)
        assert plain.bias is not None
        self.weight, self.bias = plain.weight, plain.bias
        self.register_buffer("taps", bilinear_taps(), persistent=False)
        self._kept: tuple[Tensor, Tensor] | None = None

    def folded(self) -> tuple[Tensor, Tensor]:
        """The weight (4 * outputs, inputs, 3, 3) and bias (4 * outputs,) of the folded convolution."""
        taps = self.taps.to(self.weight.dtype)
        weight = torch.einsum("oikl,pkt,qlu->pqoitu", self.weight, taps, taps)
        return weight.flatten(0, 2), self.bias.repeat(4)

    def keep_folded(self) -> None:
        """Fold once and for all, in a network that learns no more and stays where it is."""
        weight, bias = self.folded()
        self._kept = weight.detach().contiguous(memory_format=torch.channels_last), bias.detach()

    def quarters(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 4 * outputs, H, W), to be interleaved; beyond the border the edge pixels repeat."""
        weight, bias = self._kept or self.folded()
        return F.conv2d(pad_by_one(x, "replicate"), weight.to(x.dtype), bias.to(x.dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, outputs, 2H, 2W)."""
        return interleave(self.quarters(x))


def interleave(x: Tensor) -> Tensor:
    """(B, 4C, H, W) -> (B, C, 2H, 2W): channel (2p + q) * C + c goes to rows of parity p and columns of parity q.

    `F.pixel_shuffle` has the parities last; with the channels last, as they are in memory, this moves whole runs.
    """
    count, channels, height, width = x.shape
    pairs = x.permute(0, 2, 3, 1).reshape(count, height, width, 2, channels // 2)  # rows of parity 0, then of 1
    rows = pairs.transpose(2, 3).reshape(count, 2 * height, 2 * width, channels // 4)
    return rows.permute(0, 3, 1, 2)


class DetailConv(nn.Module):
    """A share of what a slight blur takes from a picture's luma: what a network loses of thin lines and faces.

    It is fixed: trained, it shrinks to half, which the perceptual network hardly likes better and the eye does not.
    The 5x5 convolution is folded into a 3x3 one of the pixel-unshuffled half.

    Args:
        share: of what the blur takes away. Less misses lines, more moves the picture away from its style.
        photo: of the photo itself, colours and all, that shines through beside it.
    """

    weight: Tensor  # (3, 3, 5, 5)
    folded: Tensor  # (12, 12, 3, 3)

    def __init__(self, share: float, photo: float = 0.0) -> None:
        super().__init__()
        spread = torch.exp(-torch.arange(-2.0, 3.0).square() / (2 * DETAIL_SIGMA**2))
        kernel = -torch.outer(spread, spread) / spread.sum().square()
        kernel[2, 2] += 1
        luma = torch.tensor(LUMA).view(1, 3, 1, 1).expand(3, 3, 1, 1)
        weight, taps = share * luma * kernel, unshuffled_taps()
        weight[range(3), range(3), 2, 2] += photo
        folded = torch.einsum("oikl,prtk,qsul->pqoirstu", weight, taps, taps).reshape(12, 12, 3, 3)
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("folded", folded, persistent=False)

    def quarters(self, half: Tensor) -> Tensor:
        """(B, 12, H/2, W/2), pixel-unshuffled -> (B, 12, H/2, W/2), to be interleaved."""
        return F.conv2d(pad_by_one(half, "replicate"), self.folded.to(half.dtype))

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 3, H, W), H and W even."""
        return interleave(self.quarters(F.pixel_unshuffle(picture, 2)))


def unshuffled_taps() -> Tensor:
    """(2, 2, 3, 5): 1 where tap k of five, for output parity p, is parity r of pixel t - 1 on the half-size map."""
    taps = torch.zeros(2, 2, 3, 5)
    for p, r, t in itertools.product(range(2), range(2), range(3)):
        tap = 2 * (t - 1) + r - p + 2
        if 0 <= tap < 5:
            taps[p, r, t, tap] = 1
    return taps


def bilinear_taps() -> Tensor:
    """(2, 3, 3): the share of input pixel t - 1 in what tap k of a 3-tap kernel sees at output parity p."""
    taps = torch.zeros(2, 3, 3)
    for parity in range(2):
        for tap in range(3):
            position = (parity + tap - 1) / 2 - 0.25  # of the enlarged map's pixel, on the small map
            left = math.floor(position)
            taps[parity, tap, left + 1] += 1 - (position - left)
            taps[parity, tap, left + 2] += position - left
    return taps
