"""Calm: a style's statistics changed so that strokes leave flats alone, and paintings of what moves flicker less.

Strokes in flats hang on nothing that moves with the content, so from frame to frame they jump. A small network of two
layers tells for any style of a model by how much to change what AdaIN imposes: `adain.train.calm` learns it, and lays
it beside the weights that it was learned for. It is asked once per style and costs a frame nothing.
"""

from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor

from .errors import WeightsError
from .layers import Statistics, StyleLevels
from .models import fingerprint, weights_path
from .tensors import write_tensors

CALM_SUFFIX = ".calm.safetensors"  # in place of the weights' own


class Calmer(NamedTuple):
    """The network of two layers. N numbers are imposed: each layer's means, then the logarithms of its deviations.

    Attributes:
        down, bend: (R, N) and (R,), of the first layer; after it comes a ReLU.
        up, change: (N, R) and (N,), of the second.
    """

    down: Tensor
    bend: Tensor
    up: Tensor
    change: Tensor

    def calmed(self, levels: StyleLevels, calm: float = 1.0) -> StyleLevels:
        """The statistics, each (B, C, 1, 1) on the CPU, moved by a share of the change, 0..1."""
        flat = flattened(levels)  # (B, N)
        change = F.linear(F.relu(F.linear(flat, self.down, self.bend)), self.up, self.change)
        return unflattened(flat + calm * change, levels)

    def save(self, path: Path, weights: str) -> None:
        """Write it, in half precision; `weights` is the fingerprint of those that it was learned for."""
        write_tensors(
            {name: part.half().contiguous() for name, part in self._asdict().items()}, path, {"weights": weights}
        )


def flattened(levels: StyleLevels) -> Tensor:
    """All that is imposed, as (B, N): means as they are, deviations by their logarithms."""
    return torch.cat([part.flatten(1) for level in levels.values() for part in (level.mean, level.std.log())], 1)


def unflattened(flat: Tensor, like: StyleLevels) -> StyleLevels:
    """The way back from `flattened`; `like` says which layers there are, and how wide."""
    widths = [level.mean.shape[1] for level in like.values()]
    parts = iter(flat[:, :, None, None].split([width for width in widths for _ in Statistics._fields], 1))
    return {layer: Statistics(mean, log_std.exp()) for layer, mean, log_std in zip(like, parts, parts)}


def calm_path(model: str | Path) -> Path:
    """Where what makes a model's styles calm lies: beside its weights, whether it is there or not."""
    return weights_path(model).with_suffix(CALM_SUFFIX)


def load_calmer(model: str | Path) -> Calmer | None:
    """What makes a model's styles calm; None where there is nothing of the kind, or only of other weights.

    Raises:
        WeightsError: the file is damaged.
    """
    path = calm_path(model)
    if not path.is_file():
        return None
    try:
        with safe_open(str(path), framework="pt") as file:
            if (file.metadata() or {}).get("weights") != fingerprint(model):
                return None
            return Calmer(*(file.get_tensor(name).float() for name in Calmer._fields))
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is damaged ({error}); reinstall the package, or learn it anew") from error
