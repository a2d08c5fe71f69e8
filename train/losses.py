"""The losses a network is trained with. All but the pixel losses are measured in the features of a fixed VGG."""

import torch
import torch.nn.functional as F
from torch import Tensor

from adain.layers import Statistics, adain, statistics

Features = dict[str, Tensor]


def normalised(features: Tensor) -> Tensor:
    """Features with channel mean 0 and std 1: content without its palette and contrast. (B, C, H, W), float32."""
    plain = features.new_zeros(1, features.shape[1], 1, 1, dtype=torch.float32)
    return adain(features, Statistics(plain, plain + 1)).float()


def content_loss(output: Features, content: Features, weights: dict[str, float]) -> Tensor:
    """Squared distance of channel-normalised features, summed over `weights` (layer name -> weight)."""
    terms = [w * F.mse_loss(normalised(output[k]), normalised(content[k])) for k, w in weights.items()]
    return torch.stack(terms).sum()


def style_loss(output: Features, style: dict[str, Statistics]) -> Tensor:
    """Distance of channel means and stds (paper, equation 13), each layer in units of the style's own mean variance.

    The paper sums raw distances; dividing by the style's variance keeps strong styles from drowning the faint ones.
    """
    terms = []
    for name, wanted in style.items():
        got = statistics(output[name])
        unit = wanted.std.square().mean((1, 2, 3))  # (B,)
        distance = (got.mean - wanted.mean).square() + (got.std - wanted.std).square()  # (B, C, 1, 1)
        terms.append((distance.mean((1, 2, 3)) / unit).mean())
    return torch.stack(terms).sum()


def total_variation(image: Tensor) -> Tensor:
    """Mean absolute difference between neighbours of (B, 3, H, W)."""
    rows = (image[:, :, 1:] - image[:, :, :-1]).abs().mean()
    columns = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().mean()
    return rows + columns


def range_loss(image: Tensor) -> Tensor:
    """How far (B, 3, H, W) leaves 0..1, where clamping would flatten it."""
    return (F.relu(image - 1) + F.relu(-image)).mean()
