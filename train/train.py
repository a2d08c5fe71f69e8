"""The training loop: read it from top to bottom."""

import math
import pickle
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from adain.device import choose_device, choose_training_dtype
from adain.errors import TrainingError
from adain.models import build, load_model
from adain.trunk import load_vgg16
from adain.vgg import FEATURE_SCALE, VGGNet

from .checkpoint import TrainingState
from .config import TrainConfig
from .data import PictureBank, batches, style_source
from .group import agreed, own_device, process_group
from .journal import Journal, Progress
from .muon import ADAM_BETAS, Muon
from .objective import Batch, Objective, Terms, load_judges
from .step import RecordedStep, Step

DIVERGED = 5.0  # times the loss of late: worse than this is no noise
LATE = 0.9  # how much of the loss of late is older than the last look
ROLLBACKS = 5  # then training gives up

Notice = Callable[[str], None]


@process_group()
def train(
    config: TrainConfig, *, resume: bool = False, progress: Progress | None = None, notice: Notice | None = None
) -> Path:
    """Train a model and return the path of its last checkpoint.

    Every step draws its pictures from a generator seeded with (seed, step, rank), so a resumed run sees the same
    pictures as one that was never stopped. Under `torchrun` every process trains on a GPU of its own, gradients are
    averaged, and the first process keeps the books.

    Args:
        config: the settings.
        resume: go on from the newest whole checkpoint in `config.run`; start anew where there is none.
        progress: called every `log_every` steps with the step, how many there will be by the run's steps or time, and
            the mean of each loss term since the last call.
        notice: called with a line of text when something happened that a person should know.

    Raises:
        TrainingError: no pictures, an earlier run in the way, or a loss that diverges whatever the learning rate.
        WeightsError: no perceptual network.
    """
    rank, processes = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    chief = rank == 0
    notice = notice if notice and chief else lambda _: None
    device = choose_device(config.device if processes == 1 or config.device != "auto" else own_device())
    dtype = choose_training_dtype(device)
    torch.manual_seed(config.seed)
    if not resume and (config.run / "last.pt").exists():
        raise TrainingError(f"{config.run} holds a run already: go on with --resume, or choose another --run")
    config.run.mkdir(parents=True, exist_ok=True)

    kept = {"device": device, "side": config.picture_side, "cache": config.cache}
    photos = PictureBank(config.content, zoom=config.content_zoom, **kept)  # type: ignore[arg-type]
    artworks = PictureBank(style_source(config), zoom=config.style_zoom, **kept)  # type: ignore[arg-type]
    broken = photos.broken + artworks.broken
    notice(f"{len(photos)} photos, {len(artworks)} artworks" + f"; {broken} files could not be read" * bool(broken))

    state = prepare(config, device, dtype)
    losses: nn.Module = state.objective
    if processes > 1:
        losses = DistributedDataParallel(losses, broadcast_buffers=False)
    look = state.objective.look
    if config.compile:
        losses, look = torch.compile(losses), torch.compile(look)  # type: ignore[assignment]
    if not (resume and state.load()) and chief:
        state.save()  # to have something to go back to
    kind = RecordedStep if config.record and device.type == "cuda" and processes == 1 else Step

    with Journal(config, photos, artworks, writing=chief, progress=progress) as journal:
        while share_done(state) < 1:
            stream = batches(photos, artworks, config, state.step, rank)
            try:
                diverged = run_until_trouble(state, kind(state, losses, look, dtype), stream, journal)
            except KeyboardInterrupt:
                if chief and all_finite(state.trainable):
                    state.save()  # a step cut in the middle is done again
                raise
            if diverged is not None:
                roll_back(state, diverged, notice)
    return state.save() if chief else config.run / "last.pt"


def prepare(config: TrainConfig, device: torch.device, dtype: torch.dtype) -> TrainingState:
    """Build the network with its losses, its average and its optimizer, with fresh weights."""
    net = build(config.model)  # first: whatever judges it, a seed gives the same weights
    if config.start_from:
        begin_with(net, config.start_from)
    elif isinstance(net, VGGNet):
        net.encoder = load_vgg16(config.teacher if config.features == "vgg16" else None)
    if isinstance(net, VGGNet):
        net.encoder.requires_grad_(config.encoder_rate > 0)
    if config.learn == "style":
        net.requires_grad_(False).style_encoder.requires_grad_(True)
    teacher, second = load_judges(config, device, dtype)
    net = net.to(device).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    groups, rate = parameter_groups(net, config), config.learning_rate
    muon = config.optimizer == "muon"
    on_gpu = device.type == "cuda"
    optimizer = Muon(groups, rate) if muon else torch.optim.Adam(groups, rate, ADAM_BETAS, capturable=on_gpu)
    objective = Objective(net, teacher, config, second=second).to(device)
    return TrainingState(config, objective, deepcopy(net).eval().requires_grad_(False), optimizer)


def begin_with(net: nn.Module, source: str) -> None:
    """Load the weights of a model, a .safetensors file, or the averaged ones of a checkpoint.

    Raises:
        TrainingError: there are none, or they are another network's.
    """
    try:
        if source.endswith(".pt"):
            weights = torch.load(source, map_location="cpu", weights_only=True)["average"]
        else:
            weights = load_model(source).state_dict()
        net.load_state_dict(weights)
    except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise TrainingError(f"cannot start from {source}: {error}") from error


def parameter_groups(net: nn.Module, config: TrainConfig) -> list[dict]:
    """What is trained, and each group's share of the learning rate.

    The first weights of vgg's decoder read large features and are small. So must their steps be, and an optimizer's are
    all of one size.
    """
    shares = {}
    if isinstance(net, VGGNet):
        shares = {f"encoder.{name}": config.encoder_rate for name, _ in net.encoder.named_parameters()}
        shares["decoder.convs.conv4_1.weight"] = FEATURE_SCALE
    trainable = [(p, shares.get(name, 1.0)) for name, p in net.named_parameters() if p.requires_grad]
    return [
        {"params": [p for p, own in trainable if own == share], "share": share}
        for share in sorted({own for _, own in trainable}, reverse=True)
    ]


def run_until_trouble(state: TrainingState, take_step: Step, stream: Iterable[Batch], journal: Journal) -> float | None:
    """Take a step for every batch of the stream. Returns None at its end, or the loss with which training diverged."""
    config = state.config
    sums: Terms = {}
    counted, of_late = 0, math.inf
    began = time.monotonic() - state.seconds
    for batch in stream:
        terms = take_step(batch, learning_rate(share_done(state), state.step, config) * state.rate_factor)
        state.seconds = time.monotonic() - began
        if config.minutes:  # one process must not end before another
            state.seconds = agreed(state.seconds, batch.content.device)
        sums = {name: sums.get(name, 0) + term for name, term in terms.items()}
        counted += 1

        done = share_done(state) >= 1
        to_log, to_save = state.step % config.log_every == 0, state.step % config.save_every == 0
        if not (to_log or to_save or done):
            continue  # looking at numbers makes a GPU wait
        means = {name: float(value) / counted for name, value in sums.items()}
        loss = sum(means.values())
        if not math.isfinite(loss) or loss > DIVERGED * of_late or not all_finite(state.trainable):
            return loss
        of_late = loss if math.isinf(of_late) else LATE * of_late + (1 - LATE) * loss
        if to_log:
            journal.log(state.step, round(state.step / share_done(state)), means)
            sums, counted = {}, 0
        if to_save and journal.writing:
            state.save()
            journal.show(state.step, state.average)
        if done:
            break
    return None


def roll_back(state: TrainingState, loss: float, notice: Notice) -> None:
    """Go back to the last checkpoint with half the learning rate.

    Raises:
        TrainingError: it did not help for the last few times.
    """
    step, rate_factor, rollbacks = state.step, state.rate_factor / 2, state.rollbacks + 1
    if rollbacks > ROLLBACKS:
        raise TrainingError(f"training diverges at step {step} whatever the rate: lower --learning-rate and start anew")
    state.load()
    state.rate_factor, state.rollbacks = rate_factor, rollbacks
    notice(f"diverged at step {step} (loss {loss:.3g}): back to step {state.step} at {rate_factor:g} of the rate")


def share_done(state: TrainingState) -> float:
    """Of the run, 0..1: by its steps or, where that is more, by its time."""
    config = state.config
    by_time = state.seconds / (60 * config.minutes) if config.minutes else 0.0
    return max(state.step / config.steps, by_time)


def learning_rate(share: float, step: int, config: TrainConfig) -> float:
    """Linear warm-up, then a cosine down to `final_rate` of the peak at the run's end."""
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
    return config.learning_rate * warm * (config.final_rate + (1 - config.final_rate) * cosine)


@torch.no_grad()
def all_finite(parameters: list[nn.Parameter]) -> bool:
    return bool(torch.stack([p.isfinite().all() for p in parameters]).all())
