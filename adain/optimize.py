"""The original method: the picture itself is optimised until its features match (Gatys et al., CVPR 2016).

Slow, one picture at a time, and the upper bound of what the networks of this project aim at in a single pass.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .convert import fit, to_array, to_tensor
from .device import choose_device, choose_training_dtype
from .errors import OptionError
from .losses import Features, gram, range_loss, total_variation
from .perceptual import Perceptual, load_perceptual
from .picture import Picture

MULTIPLE = 8  # px: the deepest features are an eighth of the picture
SMALLEST = 64  # px: short enough a side for the coarsest scale
RANGE_WEIGHT = 10.0  # keeps pixels in 0..1 without cutting them off
RATES = {"lbfgs": 1.0, "adam": 0.02}  # learning rates that work
BALANCE_RATE = 0.05  # how fast the style's factor follows its share, per step
HISTORY = 20  # steps that L-BFGS remembers
CHOICES = {
    "optimizer": ("lbfgs", "adam"),
    "start": ("content", "noise"),
    "schedule": ("constant", "cosine"),
}


@dataclass(frozen=True)
class OptimizeOptions:
    """How to optimise a picture.

    Raises:
        OptionError: a choice that is none, or a number out of range.
    """

    size: int = 512  # px, long side of the result
    steps: int = 200  # at each scale
    scales: int = 1  # the coarsest is size / 2 ** (scales - 1)
    optimizer: str = "lbfgs"
    learning_rate: float | None = None  # None: what suits the optimizer
    schedule: str = "constant"
    start: str = "content"
    style_weight: float = 10.0
    content_weight: float = 1.0
    variation_weight: float = 0.1
    style_layers: dict[str, float] = field(default_factory=dict)  # layer -> share; empty: the network's own, equal
    content_layers: dict[str, float] = field(default_factory=dict)  # layer -> share; empty: the network's deep layer
    balance: float = 0.0  # wanted share of style in style plus content; 0: the weights stay as they are
    smooth_every: int = 0  # steps between passes of a 3x3 average over the picture; 0: none
    seed: int = 0
    features: str = "vgg16"
    teacher: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if (got := getattr(self, name)) not in choices:
                raise OptionError(f"got {name} {got!r}; want one of {', '.join(choices)}")
        if self.steps < 1 or self.scales < 1 or self.smooth_every < 0:
            raise OptionError(
                f"got {self.steps} steps, {self.scales} scales, smoothing every {self.smooth_every}; "
                "want 1 or more steps and scales, and 0 or more for smoothing"
            )
        if self.size / 2 ** (self.scales - 1) < SMALLEST:
            raise OptionError(
                f"got size {self.size} at {self.scales} scales; the coarsest would be smaller than {SMALLEST} px"
            )
        weights = [self.style_weight, self.content_weight, self.variation_weight]
        weights += [*self.style_layers.values(), *self.content_layers.values()]
        if any(not math.isfinite(w) or w < 0 for w in weights) or not 0 <= self.balance < 1:
            raise OptionError(f"got weights {weights}, balance {self.balance}; want weights from 0 up, balance in 0..1")


@dataclass(frozen=True)
class OptimizeStep:
    """Where the optimisation stands.

    Attributes:
        step, steps: steps done, and in all.
        terms: the weighted losses of this step.
        picture: call it for the best picture so far at the present scale.
    """

    step: int
    steps: int
    terms: dict[str, float]
    picture: Callable[[], Picture]


def optimize(
    content: Picture, style: Picture, options: OptimizeOptions, *, mask: np.ndarray | None = None
) -> Iterator[OptimizeStep]:
    """Optimise a picture; yields after every step, so that the caller may show, keep or stop.

    Args:
        content: the photo.
        style: the painting; its statistics are taken at the size of the result.
        options: how.
        mask: (H, W) float 0..1 of any size: where to paint. Elsewhere the photo stays, and is not looked at for style.

    Raises:
        OptionError: layers that the perceptual network does not have, or a mask without a painted place.
        WeightsError: there is no such perceptual network here.
    """
    device = choose_device(options.device)
    dtype = choose_training_dtype(device)
    network = load_perceptual(options.features, options.teacher, device=device, dtype=dtype)
    picture: Tensor | None = None
    for scale in range(options.scales):
        size = options.size // 2 ** (options.scales - 1 - scale)
        photo, painting = (_at_scale(p, size, device) for p in (content, style))
        where = _mask_tensor(mask, photo) if mask is not None else None
        if picture is None:
            noise = torch.rand(photo.shape, generator=torch.Generator().manual_seed(options.seed)).to(device)
            start = photo if options.start == "content" else noise
        else:
            start = F.interpolate(picture, photo.shape[2:], mode="bicubic", align_corners=False)
        problem = Problem(network, photo, painting, where, options)
        for done in problem.solve(start.clone(), dtype):
            picture = problem.best
            yield OptimizeStep(
                scale * options.steps + done, options.scales * options.steps, problem.terms, problem.picture
            )


class Problem:
    """One scale: the targets, the losses, and the best picture so far."""

    def __init__(
        self, network: Perceptual, photo: Tensor, painting: Tensor, mask: Tensor | None, options: OptimizeOptions
    ) -> None:
        self.network, self.photo, self.mask, self.options = network, photo, mask, options
        self.style_layers = options.style_layers or dict.fromkeys(network.style_layers, 1.0)
        self.content_layers = options.content_layers or {network.content_deep: 1.0}
        self.style_factor = 1.0
        self.best, self.lowest = photo, math.inf
        self.terms: dict[str, float] = {}
        try:
            with torch.no_grad():
                of_photo = network(photo, tuple(self.content_layers))
                of_painting = network(painting, tuple(self.style_layers))
        except KeyError as error:
            raise OptionError(str(error.args[0])) from error
        self.content = {name: f.float() for name, f in of_photo.items()}
        self.grams = {name: gram(f) for name, f in of_painting.items()}

    def solve(self, picture: Tensor, dtype: torch.dtype) -> Iterator[int]:
        """Optimise from the given start; yields the number of steps done."""
        options = self.options
        picture = picture.contiguous().requires_grad_(True)
        picture.register_hook(Tensor.contiguous)  # L-BFGS wants flat gradients
        rate = options.learning_rate or RATES[options.optimizer]
        optimizer: torch.optim.Optimizer = (
            torch.optim.LBFGS(
                [picture], lr=rate, max_iter=1, history_size=HISTORY, tolerance_grad=0, tolerance_change=0
            )
            if options.optimizer == "lbfgs"
            else torch.optim.Adam([picture], lr=rate)
        )
        for step in range(1, options.steps + 1):
            if options.schedule == "cosine":
                share = 0.5 * (1 + math.cos(math.pi * (step - 1) / options.steps))
                optimizer.param_groups[0]["lr"] = rate * (0.05 + 0.95 * share)
            optimizer.step(lambda: self._evaluate(optimizer, picture, dtype))
            if options.smooth_every and step % options.smooth_every == 0:
                with torch.no_grad():
                    picture.copy_(F.avg_pool2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), 3, stride=1))
            yield step

    def _evaluate(self, optimizer: torch.optim.Optimizer, picture: Tensor, dtype: torch.dtype) -> float:
        """The loss and its gradient; remembers the best picture."""
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(picture.device.type, dtype, enabled=dtype != torch.float32):
            terms = self._losses(picture)
        total = torch.stack(list(terms.values())).sum()
        total.backward()
        self.terms = {name: value.item() for name, value in terms.items()}
        loss = sum(self.terms.values())
        if math.isfinite(loss) and loss < self.lowest:
            self.best, self.lowest = self._composed(picture.detach()).clone(), loss
        if self.options.balance and self.terms["style"] > 0:
            share = self.terms["style"] / (self.terms["style"] + self.terms["content"])
            self.style_factor *= math.exp(BALANCE_RATE * (self.options.balance - share))
            self.lowest = math.inf  # losses under other weights do not compare
        return loss

    def _losses(self, picture: Tensor) -> dict[str, Tensor]:
        options = self.options
        picture = self._composed(picture)
        features = self.network(picture, tuple({**self.style_layers, **self.content_layers}))
        return {
            "style": options.style_weight * self.style_factor * self._style_loss(features),
            "content": options.content_weight * self._content_loss(features),
            "variation": options.variation_weight * total_variation(picture),
            "range": RANGE_WEIGHT * range_loss(picture),
        }

    def _style_loss(self, features: Features) -> Tensor:
        """Squared distance of Gram matrices relative to the style's, by share of the layer, inside the mask."""
        terms = []
        for name, share in self.style_layers.items():
            got = features[name].float()
            if self.mask is not None:
                seen = F.interpolate(self.mask, got.shape[2:], mode="area")
                got = got * (seen / seen.mean().clamp(min=1e-6)).sqrt()
            distance = (gram(got) - self.grams[name]).square().sum() / self.grams[name].square().sum()
            terms.append(share * distance)
        return torch.stack(terms).sum() / max(1e-9, sum(self.style_layers.values()))

    def _content_loss(self, features: Features) -> Tensor:
        """Squared distance of features in units of the photo's own variance, by share of the layer."""
        terms = [
            share * F.mse_loss(features[name].float(), self.content[name]) / self.content[name].var()
            for name, share in self.content_layers.items()
        ]
        return torch.stack(terms).sum() / max(1e-9, sum(self.content_layers.values()))

    def _composed(self, picture: Tensor) -> Tensor:
        return picture if self.mask is None else torch.lerp(self.photo, picture, self.mask)

    def picture(self) -> Picture:
        """The best picture so far."""
        return Picture(to_array(self.best))


def _at_scale(picture: Picture, size: int, device: torch.device) -> Tensor:
    """(1, 3, H, W) float32 RGB 0..1 with a long side of `size`, up or down, in multiples of 8."""
    height, width = picture.rgb.shape[:2]
    scale = size / max(height, width)
    width, height = fit(round(width * scale), round(height * scale), size)
    width, height = (max(SMALLEST, round(side / MULTIPLE) * MULTIPLE) for side in (width, height))
    return to_tensor(picture.resized(width, height).rgb, device)


def _mask_tensor(mask: np.ndarray, photo: Tensor) -> Tensor:
    """(1, 1, H, W) float32 0..1 of the photo's size."""
    if not mask.max(initial=0) > 0:
        raise OptionError("the mask has no place to paint; want white (255) there")
    tensor = torch.from_numpy(np.ascontiguousarray(mask, dtype=np.float32))[None, None]
    return F.interpolate(tensor, photo.shape[2:], mode="bilinear", antialias=True).to(photo.device)
