"""The training loop: read it from top to bottom."""

import csv
import math
import os
import pickle
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adain.device import choose_device, choose_training_dtype
from adain.errors import TrainingError
from adain.fast import FastNet
from adain.impose import plain
from adain.layers import statistics
from adain.models import build, weights_folder
from adain.vgg import VGGEncoder, VGGNet

from .config import TrainConfig
from .data import PictureBank, recolour
from .losses import content_loss, range_loss, style_loss, total_variation
from .perceptual import STYLE_LAYERS, load_teacher

Terms = dict[str, Tensor]
Progress = Callable[[int, dict[str, float]], None]


def train(config: TrainConfig, *, resume: bool = False, progress: Progress | None = None) -> Path:
    """Train a model and return the path of its last checkpoint.

    Every step draws its pictures from a generator seeded with (seed, step), so a resumed run sees the same pictures
    as one that was never stopped.

    Args:
        config: the settings.
        resume: go on from the newest whole checkpoint in `config.run`; start anew where there is none.
        progress: called every `log_every` steps with the step and the mean of each loss term since the last call.

    Raises:
        TrainingError: no pictures, no perceptual network, an earlier run in the way, or a loss that is not a number.
    """
    device = choose_device(config.device)
    dtype = choose_training_dtype(device)
    torch.manual_seed(config.seed)
    if not resume and (config.run / "last.pt").exists():
        raise TrainingError(f"{config.run} holds a run already: go on with --resume, or choose another --run")
    config.run.mkdir(parents=True, exist_ok=True)
    photos = PictureBank(config.content, device=device, zoom=config.content_zoom)
    artworks = PictureBank(config.style, device=device, zoom=config.style_zoom)
    teacher = load_teacher(config.teacher or weights_folder() / "vgg.safetensors", device=device, dtype=dtype)

    net = build(config.model)
    if isinstance(net, VGGNet):
        net.encoder.load_state_dict(teacher.state_dict())
    net = net.to(device).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    average = deepcopy(net).requires_grad_(False)
    trainable = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=config.learning_rate, betas=(0.9, 0.99))
    first = load_checkpoint(config.run, net, average, optimizer) if resume else 0

    sums: Terms = {}
    done = first
    try:
        for step in range(first, config.steps):
            content, style = make_batch(photos, artworks, config, step)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config)
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                terms = loss_terms(net, teacher, content, style, config)
            total = torch.stack(list(terms.values())).sum()
            optimizer.zero_grad(set_to_none=True)
            total.backward()
            norm = nn.utils.clip_grad_norm_(trainable, config.clip)
            if not torch.isfinite(norm):
                raise TrainingError(f"the gradient is {norm.item()} at step {step}: lower --learning-rate and resume")
            optimizer.step()
            update_average(average, net, min(config.ema, (step + 1) / (step + 10)))
            done = step + 1
            for name, value in terms.items():
                sums[name] = sums[name] + value.detach() if name in sums else value.detach()
            if done % config.log_every == 0:
                means = {name: float(value) / config.log_every for name, value in sums.items()}
                sums = {}
                write_log(config.run / "log.csv", done, means)
                if progress:
                    progress(done, means)
            if done % config.save_every == 0:
                save_checkpoint(config, done, net, average, optimizer)
    except KeyboardInterrupt:
        save_checkpoint(config, done, net, average, optimizer)  # a step cut in the middle is done again
        raise
    return save_checkpoint(config, config.steps, net, average, optimizer)


def make_batch(photos: PictureBank, artworks: PictureBank, config: TrainConfig, step: int) -> tuple[Tensor, ...]:
    """The content and style pictures of a step, each (B, 3, H, W) RGB 0..1; always the same for the same step."""
    generator = np.random.default_rng((config.seed, step))
    content = photos.batch(config.batch, config.crop, generator)
    style = artworks.batch(config.batch, config.crop, generator)
    for i in np.flatnonzero(generator.random(config.batch) < config.photos_as_styles):
        style[i] = photos.batch(1, config.crop, generator)[0]
    style = recolour(style, config.recolour, generator)
    return tuple(x.contiguous(memory_format=torch.channels_last) for x in (content, style))


def loss_terms(
    net: FastNet | VGGNet, teacher: VGGEncoder, content: Tensor, style: Tensor, config: TrainConfig
) -> Terms:
    """All weighted loss terms of one batch; content and style are (B, 3, H, W) RGB 0..1."""
    output = net(content, plain(net.encode_style(style)))
    layers = tuple(dict.fromkeys((*STYLE_LAYERS, *config.content_layers)))
    got = teacher(output, layers)
    with torch.no_grad():
        of_content = teacher(content, tuple(config.content_layers))
        of_style = {name: statistics(f) for name, f in teacher(style, STYLE_LAYERS).items()}
    terms = {
        "style": config.style_weight * style_loss(got, of_style),
        "content": config.content_weight * content_loss(got, of_content, config.content_layers),
        "variation": config.variation_weight * total_variation(output.float()),
        "range": config.range_weight * range_loss(output.float()),
    }
    if config.identity_weight:
        half = len(content) // 2 or 1
        same = torch.cat([content[:half], style[half:]])  # a picture in its own style shall come back
        terms["identity"] = config.identity_weight * F.l1_loss(net(same, plain(net.encode_style(same))).float(), same)
    return terms


def learning_rate(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then a cosine down to `final_rate` of the peak."""
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    cosine = 0.5 * (1 + math.cos(math.pi * step / max(1, config.steps)))
    return config.learning_rate * warm * (config.final_rate + (1 - config.final_rate) * cosine)


@torch.no_grad()
def update_average(average: nn.Module, net: nn.Module, decay: float) -> None:
    for a, b in zip(average.parameters(), net.parameters(), strict=True):
        a.lerp_(b, 1 - decay)


def write_log(path: Path, step: int, means: dict[str, float]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["time", "step", *means])
        writer.writerow([round(time.time()), step, *(f"{v:.5f}" for v in means.values())])


def save_checkpoint(
    config: TrainConfig, step: int, net: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> Path:
    """Write `last.pt` through a temporary file; the one before stays as `previous.pt`."""
    path, part, previous = (config.run / name for name in ("last.pt", "last.pt.part", "previous.pt"))
    settings = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(config).items()}
    state = {"step": step, "config": settings, "net": net.state_dict(), "average": average.state_dict()}
    torch.save({**state, "optimizer": optimizer.state_dict()}, part)
    if path.exists():
        os.replace(path, previous)
    os.replace(part, path)
    return path


def load_checkpoint(run: Path, net: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Load the newest checkpoint that can be read and return the step to go on with; 0 where there is none."""
    for path in (run / "last.pt", run / "previous.pt"):
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
            continue  # missing or cut short: the one before will do
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["step"])
    return 0
