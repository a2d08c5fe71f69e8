"""Regions of a picture, each in a style of its own.

The regions meet in feature space: at every AdaIN layer each is normalised by its own statistics, given those of its
style, and weighed with its mask; the decoder then paints one picture, whose strokes run across the seams.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .errors import OptionError
from .impose import Follow
from .layers import VARIANCE_FLOOR, Impose, Statistics, StyleLevels, adain, scale_and_shift
from .mapped import strips
from .style import Style

FEATHER = 0.01  # of the long side: how far a seam is softened to either side
TRUST = 64.0  # feature pixels; a region of fewer is normalised mostly by the statistics of the whole picture
EVERYWHERE = 1e-4  # weight that every region has at least, so that what belongs to none is still painted


@dataclass(frozen=True)
class Regions:
    """Which style goes where. `Stylizer.stylize` takes it in place of a style.

    Attributes:
        style: the styles of the R painted regions, stacked.
        masks: (R, H, W) uint8; 255 where a region has its full weight. Scaled to the picture they are used on.
        keep: (H, W) uint8; 255 where the photo stays as it is; None where that is nowhere.
        feather: how far the seams are softened to either side, as a share of the picture's long side.
    """

    style: Style
    masks: np.ndarray
    keep: np.ndarray | None = None
    feather: float = FEATHER
    _scaled: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def compose(
        cls, styles: Mapping[str, Style | None], masks: Mapping[str, np.ndarray], *, feather: float = FEATHER
    ) -> "Regions":
        """Put styles and masks together by their labels.

        Args:
            styles: label -> its style; None leaves that region photographic.
            masks: label -> (H, W) uint8, all of one size; see `adain.masks`.
            feather: see the class.

        Raises:
            OptionError: labels of styles and masks differ, masks of several sizes, feather outside 0..0.5, or every
                region is kept.
            StyleError: the styles were made by different models.
        """
        if not 0 <= feather <= 0.5:
            raise OptionError(f"got feather {feather}; want 0 (hard seams) to 0.5 of the long side")
        if set(styles) != set(masks):
            raise OptionError(f"got styles for {sorted(styles)} and masks for {sorted(masks)}; want the same labels")
        if len({mask.shape for mask in masks.values()}) > 1:
            raise OptionError("got masks of several sizes; want one size for all")
        painted = {label: style for label, style in styles.items() if style is not None}
        if not painted:
            raise OptionError("every region is kept as it is; give at least one of them a style")
        kept = [masks[label].astype(np.uint16) for label in styles if label not in painted]
        keep = np.minimum(sum(kept), 255).astype(np.uint8) if kept else None
        stacked = Style.stack(list(painted.values()))
        return cls(stacked, np.stack([masks[label] for label in painted]), keep, feather)

    @classmethod
    def blend(cls, regions: Sequence["Regions"], weights: Sequence[float] | None = None) -> "Regions":
        """Mix the styles region by region, as `Style.blend` does; the masks are those of the first.

        Raises:
            OptionError: other numbers of regions, or as there.
            StyleError: as there.
        """
        if len({len(r.masks) for r in regions}) > 1:
            raise OptionError(
                f"got {', '.join(str(len(r.masks)) for r in regions)} regions to blend; want as many in all"
            )
        return replace(regions[0], style=Style.blend([r.style for r in regions], weights))

    def with_style(self, style: Style, index: int = 0) -> "Regions":
        """The same regions, one of the painted ones in another style.

        Raises:
            StyleError: it was made by another model.
        """
        parts = [self.style.pick(i) for i in range(len(self.masks))]
        parts[index] = style
        return replace(self, style=Style.stack(parts))

    def flipped(self) -> "Regions":
        """The regions of the mirrored picture."""
        keep = None if self.keep is None else np.ascontiguousarray(self.keep[:, ::-1])
        return replace(self, masks=np.ascontiguousarray(self.masks[:, :, ::-1]), keep=keep, _scaled={})

    @property
    def name(self) -> str:
        return self.style.name

    def check_model(self, model: str, weights: str = "") -> None:
        """As `Style.check_model`."""
        self.style.check_model(model, weights)

    def weights(self, width: int, height: int) -> np.ndarray:
        """(R, height, width) uint8: the masks at a picture's size, their seams feathered."""
        return self._at("weights", self.masks, width, height)

    def keep_photo(self, painted: np.ndarray, photo: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
        """The painting, the photo in its kept region; all (H, W, 3) uint8 RGB; `out` may be `painted`."""
        if self.keep is None:
            return painted
        height, width = painted.shape[:2]
        keep = self._at("keep", self.keep[None], width, height)[0]
        out = np.empty_like(painted) if out is None else out
        for strip in strips(painted, photo, out):
            share = keep[strip].astype(np.float32) / 255
            out[strip] = cv2.blendLinear(photo[strip], painted[strip], share, 1 - share)
        return out

    def _at(self, name: str, masks: np.ndarray, width: int, height: int) -> np.ndarray:
        """Masks at a picture's size; those of one size are kept, as pictures of one size come in a row."""
        scaled = self._scaled.get(name)
        if scaled is None or scaled.shape[1:] != (height, width):
            scaled = self._scaled[name] = np.stack([self._soft(mask, width, height) for mask in masks])
        return scaled

    def _soft(self, mask: np.ndarray, width: int, height: int) -> np.ndarray:
        if mask.shape != (height, width):
            shrinks = width < mask.shape[1]
            mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        sigma = self.feather * max(width, height) / 2  # two standard deviations to either side
        return cv2.GaussianBlur(mask, (0, 0), sigma) if sigma >= 0.3 else mask


def regional(
    style: StyleLevels, weights: Tensor, own: StyleLevels | None = None, follow: Follow | None = None
) -> Impose:
    """AdaIN region by region: an `impose` as in `adain.impose`.

    Args:
        style: the levels of R styles, stacked along the first dimension.
        weights: (R, 1, H, W) float32, 0..1, at the size of the network's input.
        own: statistics of the content in each region, R stacked, in place of measuring them; tiles share those of the
            whole.
        follow: makes of the measured statistics what to normalise by, such as their average over frames.
    """

    shrunk: dict[int, Tensor] = {}  # by width: several layers work at one size

    def impose(layer: str, features: Tensor) -> Tensor:
        width = features.shape[-1]
        small = shrunk[width] = shrunk[width] if width in shrunk else shrink(weights, weights.shape[-1] // width)
        measured = own[layer] if own else steady(*moments(features, small))
        measured = follow(layer, measured) if follow else measured
        if len(weights) == 1:
            return adain(features, style[layer], measured)
        share = shares(small).to(features.dtype)
        # AdaIN is a scale and a shift: the regions' are mixed, pixel by pixel, and the features are touched but once.
        parts = scale_and_shift(style[layer], measured)
        scales, shifts = (spread(share, part.to(features.dtype)) for part in parts)
        return torch.addcmul(shifts, features, scales)

    return impose


def spread(share: Tensor, values: Tensor) -> Tensor:
    """Shares (R, 1, h, w) and a value for each region and channel, (R, C, 1, 1) -> their mix, (1, C, h, w)."""
    height, width = share.shape[2:]
    mixed = share.flatten(1).T @ values.flatten(1)  # (h * w, C), which is the layout the networks work in
    return mixed.view(1, height, width, -1).permute(0, 3, 1, 2)


def shrink(weights: Tensor, factor: int) -> Tensor:
    """(R, 1, H, W) weights at the size of a feature map, (R, 1, H / factor, W / factor), rounded up."""
    return F.avg_pool2d(weights, factor, ceil_mode=True)


def shares(weights: Tensor) -> Tensor:
    """(R, 1, h, w) weights so that they sum to 1 everywhere."""
    weights = weights + EVERYWHERE
    return weights / weights.sum(0, keepdim=True)


def there(known: Tensor, weights: Tensor | None) -> Tensor:
    """Of each region's (R, C, h, w) or (R, C, 1, 1) what holds at each place, (1, C, h, w); without weights, all."""
    return known if weights is None else (shares(weights) * known).sum(0, keepdim=True)


def moments(features: Tensor, weights: Tensor) -> tuple[Tensor, Statistics]:
    """Weighted channel statistics.

    Args:
        features: (1, C, h, w), any floating dtype.
        weights: (R, 1, h, w) float32.

    Returns:
        The regions' masses (R, 1, 1, 1), in feature pixels, and their statistics (R, C, 1, 1), float32. A region of no
        mass has mean 0.
    """
    x = features[0].permute(1, 2, 0).flatten(0, 1)  # (N, C)
    w = weights.flatten(1)  # (R, N)
    mass = w.sum(1, keepdim=True)  # (R, 1)
    share = w / mass.clamp_min(1e-6)
    middle = x.mean(0, dtype=torch.float32)  # all is taken about it: far from 0 squares would lose their low bits
    x = x - middle  # float32 from here on
    offset = share @ x  # (R, C)
    variance = share @ x.mul_(x) - offset.square()
    mean = offset + middle * share.sum(1, keepdim=True)
    std = (variance.clamp_min(0) + VARIANCE_FLOOR).sqrt()
    return mass[:, :, None, None], Statistics(mean[:, :, None, None], std[:, :, None, None])


def steady(mass: Tensor, measured: Statistics) -> Statistics:
    """Move the statistics of small regions, which are noisy, towards those of all regions together."""
    share = mass / mass.sum().clamp_min(1e-6)
    mean = (share * measured.mean).sum(0, keepdim=True)
    square = (share * (measured.std.square() + (measured.mean - mean).square())).sum(0, keepdim=True)
    trust = mass / (mass + TRUST)
    return Statistics(torch.lerp(mean, measured.mean, trust), torch.lerp(square.sqrt(), measured.std, trust))
