"""What a network is trained for: all loss terms of one batch, from the features of a fixed perceptual network."""

from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adain.impose import plain
from adain.layers import Statistics, statistics
from adain.losses import (
    adain_target_loss,
    colour_loss,
    content_loss,
    gram,
    gram_loss,
    range_loss,
    structural_similarity,
    style_loss,
    total_variation,
)
from adain.perceptual import Perceptual
from adain.vgg import BOTTLENECK, VGGNet

from .config import TrainConfig
from .temporal import temporal_loss

if TYPE_CHECKING:
    from adain.models import Network

Terms = dict[str, Tensor]
BALANCE_RATE = 0.01  # how fast the style's factor follows its share, per step
BALANCE_RANGE = (0.05, 20.0)  # the style's factor stays in here


class Batch(NamedTuple):
    """The pictures of one step, RGB 0..1."""

    content: Tensor  # (B, 3, H, W)
    style: Tensor  # (B, 3, H, W)
    later: Tensor  # (B', 3, H, W): the first content pictures a moment later, moved and noised
    flow: Tensor  # (B', 2, H, W): how they moved, px
    views: Tensor  # (B, 3, 4): a colour matrix and an offset, through which the perceptual network sees the pictures


class Objective(nn.Module):
    """The network under training together with its losses: one module, so that DDP and torch.compile see the whole."""

    style_factor: Tensor

    def __init__(
        self, net: "Network", teacher: Perceptual, config: TrainConfig, *, second: Perceptual | None = None
    ) -> None:
        super().__init__()
        self.net, self.teacher, self.second, self.config = net, teacher, second, config
        shares = {teacher.content_deep: config.content_deep, teacher.content_shallow: config.content_shallow}
        if config.content_loss == "adain":
            shares = {teacher.content_deep: 1.0}  # the paper's target stands for the bottleneck alone
        self.content_layers = {layer: share for layer, share in shares.items() if share}
        self.register_buffer("style_factor", torch.ones(()))  # what balancing makes of it

    def forward(self, batch: Batch) -> Terms:
        """The weighted loss terms; their sum is what to minimise."""
        config = self.config
        terms = self.painting_terms(batch) if config.style_weight or config.content_weight else {}
        if config.identity_weight:
            terms["identity"] = config.identity_weight * self.identity_term(batch.content, batch.style)
        return terms

    def painting_terms(self, batch: Batch) -> Terms:
        """What is asked of photos painted in other pictures' styles."""
        config, net = self.config, self.net
        content, style, later, flow, views = batch
        levels = net.encode_style(style)
        output = net(content, plain(levels))
        seen, seen_content, seen_style = (through(views, picture) for picture in (output, content, style))
        features = self.teacher(seen, (*self.teacher.style_layers, *self.content_layers))
        distance = self.style_term(self.teacher, seen, features, seen_style)
        if self.second:
            features_too = self.second(seen, self.second.style_layers)
            distance = distance + config.second_weight * self.style_term(self.second, seen, features_too, seen_style)
        terms = {
            "style": config.style_weight * self.style_factor * distance,
            "content": config.content_weight * self.content_term(features, seen_content, seen_style),
            "variation": config.variation_weight * total_variation(output.float()),
            "range": config.range_weight * range_loss(output.float()),
        }
        if config.temporal_weight:
            count = len(later)
            first = {name: Statistics(s.mean[:count], s.std[:count]) for name, s in levels.items()}
            painted_later = net(later, plain(first)).float()
            difference = temporal_loss(output[:count].float(), painted_later, flow)
            terms["temporal"] = config.temporal_weight * difference
        if config.structure_weight:
            terms["structure"] = config.structure_weight * (1 - structural_similarity(output.float(), content))
        if config.colour_weight:
            terms["colour"] = config.colour_weight * colour_loss(output, style)
        return terms

    def identity_term(self, content: Tensor, style: Tensor) -> Tensor:
        """How far pictures in their own style are from coming back."""
        half = len(content) // 2 or 1
        same = torch.cat([content[:half], style[half:]])
        if isinstance(self.net, VGGNet):  # AdaIN with a picture's own statistics changes nothing: encoded once
            again = self.net.decoder(self.net.encoder(same)[BOTTLENECK]).float()
        else:
            again = self.net(same, plain(self.net.encode_style(same))).float()
        return F.l1_loss(again, same) + self.config.identity_structure * (1 - structural_similarity(again, same))

    def style_term(self, judge: Perceptual, output: Tensor, features: dict[str, Tensor], style: Tensor) -> Tensor:
        """Style loss over all layers and scales; `features` are what the judge sees in the output at full size."""
        layers = judge.style_layers
        total = output.new_zeros((), dtype=torch.float32)
        for scale in range(self.config.style_scales):
            if scale:
                output, style = F.avg_pool2d(output, 2), F.avg_pool2d(style, 2)
                features = judge(output, layers)
            with torch.no_grad():
                wanted = judge(style, layers)
            if self.config.style_loss == "gram":
                total = total + gram_loss(features, {name: gram(f) for name, f in wanted.items()})
            else:
                total = total + style_loss(features, {name: statistics(f) for name, f in wanted.items()})
        return total / self.config.style_scales

    def content_term(self, features: dict[str, Tensor], content: Tensor, style: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = self.teacher(content, tuple(self.content_layers))
        if self.config.content_loss == "normalised":
            return content_loss(features, wanted, self.content_layers)
        deep = self.teacher.content_deep
        with torch.no_grad():
            of_style = statistics(self.teacher(style, (deep,))[deep])
        return adain_target_loss(features[deep], wanted[deep], of_style)

    @torch.no_grad()
    def rebalance(self, terms: Terms) -> None:
        """Steer the style's factor so that style keeps its wanted share; nothing where `balance` is 0."""
        if self.config.balance and "style" in terms:
            share = terms["style"] / (terms["style"] + terms["content"])
            low, high = BALANCE_RANGE
            self.style_factor.mul_(torch.exp(BALANCE_RATE * (self.config.balance - share))).clamp_(low, high)


def through(views: Tensor, pictures: Tensor) -> Tensor:
    """(B, 3, H, W) float32 with each picture's colours changed by its matrix and offset, (B, 3, 4)."""
    with torch.autocast(pictures.device.type, enabled=False):  # bfloat16 has too few colours
        seen = torch.einsum("boc,bchw->bohw", views[:, :, :3], pictures.float()) + views[:, :, 3, None, None]
    return seen.contiguous(memory_format=torch.channels_last)
