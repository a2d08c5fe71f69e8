"""What a network is trained for: all loss terms of one batch, from the features of a fixed perceptual network."""

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adain.impose import plain
from adain.layers import Statistics, StyleLevels, statistics
from adain.losses import (
    adain_target_loss,
    colour_loss,
    content_loss,
    gram,
    gram_distances,
    halo_loss,
    palette_loss,
    range_loss,
    structural_similarity,
    style_distances,
    total_variation,
)
from adain.perceptual import Perceptual, load_perceptual
from adain.vgg import VGGNet

from .config import TrainConfig
from .temporal import temporal_loss

if TYPE_CHECKING:
    from adain.models import Network

Terms = dict[str, Tensor]
DISTANCE_FLOOR = 0.02  # beside distances to a style of about 1: the slope of a root has no end at 0
BALANCE_RATE = 0.01  # how fast the style's factor follows its share, per step
BALANCE_RANGE = (0.05, 20.0)  # the style's factor stays in here


class Batch(NamedTuple):
    """The pictures of one step, RGB 0..1."""

    content: Tensor  # (B, 3, H, W)
    style: Tensor  # (B, 3, h, w)
    later: Tensor  # (B', 3, H, W): the first content pictures a moment later, moved and noised
    flow: Tensor  # (B', 2, H, W): how they moved, px
    view: Tensor  # (3, 4): a colour matrix and an offset, through which the perceptual networks see the pictures
    turn: int  # by how many photos the styles have still to move on

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self[:-1]

    def turned(self) -> "Batch":
        """The batch once they have."""
        style = self.style.roll(self.turn, 0).contiguous(memory_format=torch.channels_last)
        return self._replace(style=style, turn=0)


class Wanted(NamedTuple):
    """What the perceptual networks see in the photos and the styles of a batch; fixed while both stay the same."""

    content: dict[str, Tensor]  # layer -> features
    style: list[list[dict]]  # by network and scale: layer -> statistics or Gram matrices
    deep_style: Statistics | None  # of the bottleneck; for the paper's content target

    def turned(self, by: int) -> "Wanted":
        """Once the styles have moved on by so many photos."""
        style = [
            [{name: moved_on(seen, by) for name, seen in scale.items()} for scale in judge] for judge in self.style
        ]
        return Wanted(self.content, style, self.deep_style and moved_on(self.deep_style, by))


def moved_on(seen: Any, by: int) -> Any:
    """Statistics or Gram matrices of a batch, each given to the picture `by` places further."""
    return Statistics(*(part.roll(by, 0) for part in seen)) if isinstance(seen, Statistics) else seen.roll(by, 0)


class Objective(nn.Module):
    """The network under training together with its losses: one module, so that DDP and torch.compile see the whole."""

    style_factor: Tensor

    def __init__(
        self, net: "Network", teacher: Perceptual, config: TrainConfig, *, second: Perceptual | None = None
    ) -> None:
        super().__init__()
        self.net, self.teacher, self.second, self.config = net, teacher, second, config
        shares = {
            teacher.content_deep: config.content_deep,
            teacher.content_middle: config.content_middle,
            teacher.content_shallow: config.content_shallow,
        }
        if config.content_loss == "adain":
            shares = {teacher.content_deep: 1.0}  # the paper's target stands for the bottleneck alone
        self.content_layers = {layer: share for layer, share in shares.items() if share}
        self.judges = [(teacher, 1.0), (second, config.second_weight)] if second else [(teacher, 1.0)]
        self.register_buffer("style_factor", torch.ones(()))  # what balancing makes of it

    @torch.no_grad()
    def look(self, batch: Batch, style: list[list[dict]] | None = None) -> Wanted:
        """What the perceptual networks see in the pictures of a batch; in its `style`, if that is not known already."""
        if not self.paints:
            return Wanted({}, [], None)
        content = self.teacher(through(batch.view, batch.content), tuple(self.content_layers))
        pictures = through(batch.view, batch.style)
        style = self.look_at_styles(pictures) if style is None else style
        deep_style = None
        if self.config.content_loss == "adain":
            deep = self.teacher.content_deep
            deep_style = statistics(self.teacher(pictures, (deep,))[deep])
        return Wanted(content, style, deep_style)

    @torch.no_grad()
    def look_at_styles(self, pictures: Tensor) -> list[list[dict]]:
        """What each perceptual network sees in (B, 3, H, W) RGB 0..1."""
        return [self.described(judge, pictures) for judge, _ in self.judges]

    def described(self, judge: Perceptual, pictures: Tensor) -> list[dict]:
        """Each layer's statistics or Gram matrices of (B, 3, H, W), scale by scale."""
        measure = gram if self.config.style_loss == "gram" else statistics
        scales = []
        for scale in range(self.config.style_scales):
            pictures = F.avg_pool2d(pictures, 2) if scale else pictures
            scales.append({name: measure(f) for name, f in judge(pictures, judge.style_layers).items()})
        return scales

    @property
    def paints(self) -> bool:
        """Whether photos are painted in styles at all; else pictures only have to come back."""
        return bool(self.config.style_weight or self.config.content_weight)

    def forward(self, batch: Batch, wanted: Wanted) -> Terms:
        """The weighted loss terms; their sum is what to minimise."""
        config = self.config
        same = self.own(batch)
        painted = self.painted(batch, same)
        terms: Terms = {}
        if "photos" in painted:
            terms |= self.painting_terms(painted["photos"], batch, wanted)
        if "later" in painted:
            first = painted["photos"][: len(batch.later)]
            terms["temporal"] = config.temporal_weight * temporal_loss(first, painted["later"], batch.flow)
        if same is not None:
            unlike = F.l1_loss(painted["same"], same)
            unlike = unlike + config.identity_structure * (1 - structural_similarity(painted["same"], same))
            terms["identity"] = config.identity_weight * unlike
        return terms

    def own(self, batch: Batch) -> Tensor | None:
        """The pictures that must come back from their own style, (B, 3, H, W): half photos, half artworks."""
        if not self.config.identity_weight:
            return None
        half = len(batch.content) // 2 or 1
        artworks = F.interpolate(batch.style[half:], batch.content.shape[2:], mode="area")
        return torch.cat([batch.content[:half], artworks])

    def painted(self, batch: Batch, same: Tensor | None) -> dict[str, Tensor]:
        """What the losses ask the network for, in one pass, float32.

        "photos" in the styles that they have; the first of them "later", moved; and "same": pictures in their own.
        """
        config, net = self.config, self.net
        asked: dict[str, tuple[Tensor, StyleLevels]] = {}
        if self.paints:
            levels = net.encode_style(batch.style)
            asked["photos"] = batch.content, levels
            if config.temporal_weight:
                count = len(batch.later)
                asked["later"] = (
                    batch.later,
                    {layer: Statistics(s.mean[:count], s.std[:count]) for layer, s in levels.items()},
                )
        painted = {}
        if same is not None and isinstance(net, VGGNet):
            painted["same"] = net(same, lambda _, features: features).float()  # AdaIN would change nothing
        elif same is not None:
            asked["same"] = same, net.encode_style(same)
        if asked:
            contents, styles = zip(*asked.values())
            levels = {layer: Statistics.join([style[layer] for style in styles]) for layer in styles[0]}
            together = net(torch.cat(contents), plain(levels)).float()
            painted |= zip(asked, together.split([len(content) for content in contents]))
        return painted

    def painting_terms(self, output: Tensor, batch: Batch, wanted: Wanted) -> Terms:
        """What is asked of photos painted in other pictures' styles."""
        config = self.config
        seen = through(batch.view, output)
        features = self.teacher(seen, (*self.teacher.style_layers, *self.content_layers))
        distances = output.new_zeros(len(output), dtype=torch.float32)
        for (judge, weight), style in zip(self.judges, wanted.style):
            known = features if judge is self.teacher else None
            distances = distances + weight * self.style_distances(judge, seen, known, style)
        power = config.style_power
        counted = distances if power == 1 else (distances + DISTANCE_FLOOR).pow(power) / power
        terms = {
            "style": config.style_weight * self.style_factor * counted.mean(),
            "content": config.content_weight * self.content_term(features, wanted),
            "variation": config.variation_weight * total_variation(output),
            "range": config.range_weight * range_loss(output),
        }
        if config.structure_weight:
            terms["structure"] = config.structure_weight * (1 - structural_similarity(output, batch.content))
        if config.halo_weight:
            terms["halo"] = config.halo_weight * halo_loss(output, batch.content)
        if config.colour_weight:
            terms["colour"] = config.colour_weight * colour_loss(output, batch.style)
        if config.palette_weight:
            terms["palette"] = config.palette_weight * palette_loss(output, batch.style)
        return terms

    def style_distances(self, judge: Perceptual, output: Tensor, features: dict | None, wanted: list[dict]) -> Tensor:
        """(B,) over all layers and scales; `features` are what the judge sees in the output, where known."""
        distances = gram_distances if self.config.style_loss == "gram" else style_distances
        scales = []
        for scale, descriptions in enumerate(wanted):
            output = F.avg_pool2d(output, 2) if scale else output
            seen = features if features and not scale else judge(output, judge.style_layers)
            scales.append(distances(seen, descriptions))
        return torch.stack(scales).mean(0)

    def content_term(self, features: dict[str, Tensor], wanted: Wanted) -> Tensor:
        if wanted.deep_style is None:
            return content_loss(features, wanted.content, self.content_layers)
        deep = self.teacher.content_deep
        return adain_target_loss(features[deep], wanted.content[deep], wanted.deep_style)

    @torch.no_grad()
    def rebalance(self, terms: Terms) -> None:
        """Steer the style's factor so that style keeps its wanted share; nothing where `balance` is 0."""
        if self.config.balance and "style" in terms:
            share = terms["style"] / (terms["style"] + terms["content"])
            low, high = BALANCE_RANGE
            self.style_factor.mul_(torch.exp(BALANCE_RATE * (self.config.balance - share))).clamp_(low, high)


def load_judges(config: TrainConfig, device: torch.device, dtype: torch.dtype) -> tuple[Perceptual, Perceptual | None]:
    """The perceptual network that a run learns from, and the one that judges style beside it, where there is one.

    Raises:
        WeightsError: one cannot be had.
    """
    teacher = load_perceptual(config.features, config.teacher, device=device, dtype=dtype)
    if config.second_features == "none":
        return teacher, None
    second = load_perceptual(config.second_features, config.second_teacher, device=device, dtype=dtype)
    second.style_layers = second.style_layers[: config.second_depth or None]
    return teacher, second


def through(view: Tensor, pictures: Tensor) -> Tensor:
    """(B, 3, H, W) float32 with its colours changed by a matrix and an offset, (3, 4); bfloat16 has too few colours."""
    channels = pictures.float().split(1, 1)
    seen = torch.cat([sum(share * c for share, c in zip(row, channels)) + row[3] for row in view], 1)
    return seen.contiguous(memory_format=torch.channels_last)
