"""A style: the statistics that AdaIN imposes, some kilobytes that stand for a painting."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open

from .errors import OptionError, StyleError
from .layers import Statistics, StyleLevels
from .tensors import write_tensors

COLOR_LEVELS = ("up_quarter", "up_half", "refine")  # AdaIN layers of `fast` whose means set the palette


class Colours(NamedTuple):
    """How a network's paintings are kept to the colours of their style.

    Attributes:
        of: a style's picture, (1, 3, H, W) RGB 0..1 -> its palette, what to know of its colours, (1, ...) float32.
        kept: (palette, painting, content, weights) -> the painting in such colours only, 0..1. The painting is (B, 3,
            H, W) RGB float32, about 0..1, and so is the content, which may be of another dtype; the palette (B, ...) or
            (1, ...), on any device. Of R regions the palette is (R, ...), painting and content (1, 3, H, W) and
            `weights` theirs, (R, 1, H, W) 0..1; else None.
        unknown: the palette of a style of which nothing is known, (1, ...): it holds a painting to no colours.
    """

    of: Callable[[torch.Tensor], torch.Tensor]
    kept: Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
    unknown: torch.Tensor

    def known(self, palette: torch.Tensor | None) -> torch.Tensor:
        """A style's palette; the unknown one where it has none, or one as an earlier version made them."""
        return self.unknown if palette is None or palette.shape[1:] != self.unknown.shape[1:] else palette


@dataclass(frozen=True)
class Style:
    """An encoded style image.

    Attributes:
        name: what to call it.
        model: the model that encoded it; no other can use it.
        levels: AdaIN layer -> mean and std, each (1, C, 1, 1), float32; (B, C, 1, 1) in a stack.
        weights: which weights of that model encoded it, as `Stylizer.weights` says; "" where that is not known.
        palette: which colours paintings keep to, as the model's `Colours` has it; (B, ...) in a stack. None: to any.
    """

    name: str
    model: str
    levels: StyleLevels
    weights: str = ""
    palette: torch.Tensor | None = None

    @classmethod
    def blend(cls, styles: Sequence["Style"], weights: Sequence[float] | None = None) -> "Style":
        """Mix styles (paper, section 7.2); weights are scaled to sum to 1, and are equal where none are given.

        Raises:
            OptionError: no style, another number of weights than styles, or a weight that is negative or not finite.
            StyleError: the styles were made by different models.
        """
        weights = [1.0] * len(styles) if weights is None else list(weights)
        if not styles or len(weights) != len(styles):
            raise OptionError(f"got {len(styles)} styles and {len(weights)} weights; want one weight for each style")
        if any(not math.isfinite(w) or w < 0 for w in weights) or sum(weights) == 0:
            raise OptionError(f"got style weights {weights}; want numbers of 0 or more, not all 0")
        _want_one_model(styles)
        shares = [w / sum(weights) for w in weights]
        levels = {
            level: Statistics(
                *(sum(w * s.levels[level][part] for w, s in zip(shares, styles, strict=True)) for part in (0, 1))  # type: ignore[arg-type]
            )
            for level in styles[0].levels
        }
        palettes = _palettes(styles)
        palette = sum(w * p for w, p in zip(shares, palettes)) if palettes else None
        name = "+".join(s.name for s in styles)
        return cls(name, styles[0].model, levels, styles[0].weights, palette)  # type: ignore[arg-type]

    @classmethod
    def layered(cls, *, fine: "Style", coarse: "Style") -> "Style":
        """Texture from one style, broad colour from another.

        Where `fast` paints, from a quarter of the picture's size up, `coarse` gives the means, which are the palette,
        and `fine` the deviations, which are the strokes; `fine` gives all of the levels below, which place them. (Whole
        levels will not do: the last ones set colour and contrast of texture alike.)

        Raises:
            StyleError: the styles were made by different models, or by one with a single AdaIN layer, as `vgg` is.
        """
        _want_one_model([fine, coarse])
        if len(coarse.levels) == 1:
            only = next(iter(coarse.levels))
            raise StyleError(
                f"model {coarse.model!r} has one AdaIN layer ({only}), so no levels to mix; "
                "use 'fast', or blend the styles"
            )
        levels = {
            layer: Statistics(coarse.levels[layer].mean, level.std) if layer in COLOR_LEVELS else level
            for layer, level in fine.levels.items()
        }
        return cls(f"{fine.name}-on-{coarse.name}", coarse.model, levels, coarse.weights, coarse.palette)

    @classmethod
    def stack(cls, styles: Sequence["Style"]) -> "Style":
        """Several styles as one batch: picture (or region) i takes style i.

        Raises:
            StyleError: the styles were made by different models.
        """
        _want_one_model(styles)
        levels = {layer: Statistics.join([s.levels[layer] for s in styles]) for layer in styles[0].levels}
        palettes = _palettes(styles)
        palette = torch.cat(palettes) if palettes else None
        return cls("+".join(s.name for s in styles), styles[0].model, levels, styles[0].weights, palette)

    def pick(self, index: int) -> "Style":
        """One style of a stack: the way back from `stack`."""
        palette = None if self.palette is None else self.palette[index : index + 1]
        return replace(self, levels={layer: level.pick(index) for layer, level in self.levels.items()}, palette=palette)

    def check_model(self, model: str, weights: str = "") -> None:
        """Raise StyleError unless this style was encoded by `model` with these weights."""
        if self.model != model:
            raise StyleError(f"style {self.name!r} was encoded by {self.model!r}, not {model!r}: encode it anew")
        if self.weights and weights and self.weights != weights:
            raise StyleError(
                f"style {self.name!r} was encoded by other weights of {model!r} ({self.weights}, now {weights}): "
                "encode it anew"
            )

    def tensors(self) -> dict[str, torch.Tensor]:
        """All numbers of the style, by name, on the CPU."""
        parts = {f"{name}.{part}": getattr(s, part) for name, s in self.levels.items() for part in s._fields}
        if self.palette is not None:
            parts["palette"] = self.palette
        return {name: part.cpu().contiguous() for name, part in parts.items()}

    def save(self, path: str | Path) -> None:
        """Write the style as safetensors, whole or not at all."""
        write_tensors(self.tensors(), Path(path), {"name": self.name, "model": self.model, "weights": self.weights})

    @classmethod
    def load(cls, path: str | Path) -> "Style":
        """Read a style that `save` wrote.

        Raises:
            StyleError: the file is missing or no style.
        """
        try:
            with safe_open(str(path), framework="pt") as file:
                about = file.metadata() or {}
                tensors: dict[str, torch.Tensor] = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
            palette = tensors.pop("palette", None)
            names = dict.fromkeys(k.rpartition(".")[0] for k in tensors)
            levels = {n: Statistics(tensors[f"{n}.mean"], tensors[f"{n}.std"]) for n in names}
            return cls(about["name"], about["model"], levels, about.get("weights", ""), palette)
        except (OSError, SafetensorError, KeyError) as error:
            raise StyleError(f"{path}: not a saved style ({error}); save one anew from a picture") from error


def _want_one_model(styles: Sequence[Style]) -> None:
    models = {s.model for s in styles}
    if len(models) > 1:
        raise StyleError(f"cannot blend styles of different models ({', '.join(sorted(models))}); encode them anew")


def _palettes(styles: Sequence[Style]) -> list[torch.Tensor]:
    """Those of all styles; none where one has none, or another kind, as one saved by an earlier version has."""
    palettes = [s.palette for s in styles if s.palette is not None]
    return palettes if len(palettes) == len(styles) and len({p.shape[1:] for p in palettes}) == 1 else []
