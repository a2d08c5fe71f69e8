"""What --style, --style-levels and --mask say, made into recipes: one for each result."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adain.builtin import find_style
from adain.errors import OptionError, PictureError
from adain.models import only_style

KEEP = "keep"  # stands for the photo itself in place of a style
WEIGHT = re.compile(r"(?P<source>.+):(?P<weight>[-+.\w]+)", re.DOTALL)
LABEL = re.compile(r"(?P<label>[^=:/\\]+)=(?P<source>.+)", re.DOTALL)
LEVELS = ("fine", "coarse")


@dataclass(frozen=True)
class Blend:
    """One style, or several with their shares (which sum to 1)."""

    sources: tuple[str, ...]  # paths or names
    shares: tuple[float, ...]

    @property
    def name(self) -> str:
        return "+".join(Path(source).stem if is_path(source) else source for source in self.sources)


@dataclass(frozen=True)
class Recipe:
    """How one result is styled: a blend, other styles for its levels, or regions."""

    blend: Blend | None = None  # None where regions say it all
    fine: Blend | None = None  # instead of the blend, at these levels
    coarse: Blend | None = None
    regions: tuple[tuple[str, Blend | None], ...] = ()  # label, its style; None: the photo itself
    masks: tuple[tuple[str | None, str], ...] = ()  # label (None: of all), the mask's path
    own: str = ""  # name of the only style that the model knows, where it is that

    @property
    def blends(self) -> list[Blend]:
        every = (self.blend, self.fine, self.coarse, *(blend for _, blend in self.regions))
        return [blend for blend in every if blend is not None]

    @property
    def name(self) -> str:
        """Short, for a file's name and a caption."""
        if self.own:
            return self.own
        fine, coarse = self.fine or self.blend, self.coarse or self.blend
        if fine and coarse and fine != coarse:
            return f"{fine.name}-on-{coarse.name}"
        return "+".join(dict.fromkeys(blend.name for blend in self.blends))

    def check(self) -> None:
        """Raise StyleError or PictureError where a style or mask is nowhere to be found."""
        for source in (source for blend in self.blends for source in blend.sources):
            find_style(source)
        for _, path in self.masks:
            if not Path(path).is_file():
                raise PictureError(f"{path}: no such mask; check the path")


def own_recipe(model: str) -> list[Recipe]:
    """For a model that knows one style only, that one; nothing for the others."""
    only = only_style(model)
    return [Recipe(own=only.name)] if only else []


def parse_styles(
    styles: list[str],
    masks: list[str] | None = None,
    levels: str | None = None,
    *,
    notify: Callable[[str], None] = lambda line: None,
) -> list[Recipe]:
    """Make recipes of the options.

    Args:
        styles: PICTURE, PICTURE:WEIGHT (all of them: one blend), or with masks LABEL=PICTURE[:WEIGHT].
        masks: PICTURE, or LABEL=PICTURE for each label.
        levels: "fine=PICTURE,coarse=PICTURE", or one of them.
        notify: is told in a line when weights were scaled to sum to 1.

    Raises:
        OptionError: they contradict each other, or a weight is no positive number.
    """
    if masks:
        if levels:
            raise OptionError("--style-levels and --mask cannot go together; choose one")
        return [_regions(styles, masks, notify)]
    for text in styles:
        if (match := LABEL.fullmatch(text)) and not Path(text).exists():
            raise OptionError(f"got --style {text!r}; the label {match['label']!r} needs a --mask that has it")
    blends = _blends(styles, notify, "--style")
    if levels is None:
        if not blends:
            raise OptionError("no style; give --style PICTURE, or a name from 'adain styles'")
        return [Recipe(blend) for blend in blends]
    parts = _levels(levels)
    if len(parts) == len(LEVELS):
        if blends:
            raise OptionError("--style-levels names both levels, so --style is left without use; leave one of them out")
        return [Recipe(fine=parts["fine"], coarse=parts["coarse"])]
    if not blends:
        missing = next(level for level in LEVELS if level not in parts)
        raise OptionError(f"got --style-levels {levels!r}; want {missing}=PICTURE too, or --style for the other level")
    return [Recipe(blend, parts.get("fine"), parts.get("coarse")) for blend in blends]


def _regions(styles: list[str], masks: list[str], notify: Callable[[str], None]) -> Recipe:
    by_label: dict[str, list[str]] = {}
    for text in styles:
        if not (match := LABEL.fullmatch(text)):
            raise OptionError(f"got --style {text!r}; with --mask, want LABEL=PICTURE (or LABEL={KEEP})")
        by_label.setdefault(match["label"], []).append(match["source"])
    if not by_label:
        raise OptionError("no style; with --mask, give --style LABEL=PICTURE for each region")
    regions: list[tuple[str, Blend | None]] = []
    for label, sources in by_label.items():
        if sources == [KEEP]:
            regions.append((label, None))
            continue
        blends = _blends(sources, notify, f"region {label!r}")
        if len(blends) > 1 or KEEP in blends[0].sources:
            raise OptionError(f"region {label!r} has {len(sources)} styles; give one, or weights to blend: PICTURE:0.5")
        regions.append((label, blends[0]))
    if all(blend is None for _, blend in regions):
        raise OptionError("every region is kept as it is; give at least one of them a style")
    files: list[tuple[str | None, str]] = []
    for text in masks:
        match = None if Path(text).exists() else LABEL.fullmatch(text)
        files.append((match["label"], match["source"]) if match else (None, text))
    return Recipe(regions=tuple(regions), masks=tuple(files))


def _blends(texts: list[str], notify: Callable[[str], None], what: str) -> list[Blend]:
    """Without weights a blend of one for each; with weights one of all."""
    parts = [split_weight(text) for text in texts]
    weights = [weight for _, weight in parts if weight is not None]
    if not weights:
        return [Blend((source,), (1.0,)) for source, _ in parts]
    if len(weights) < len(parts):
        bare = next(source for source, weight in parts if weight is None)
        raise OptionError(f"{what}: {bare!r} has no weight, others have; give all a weight (one blend) or none")
    total = sum(weights)
    if total == 0:
        raise OptionError(f"{what}: every weight is 0; want at least one above 0")
    shares = tuple(weight / total for weight in weights)
    if abs(total - 1) > 1e-3:
        scaled = ", ".join(f"{source} {share:.3g}" for (source, _), share in zip(parts, shares))
        notify(f"{what}: weights sum to {total:g}; scaled to 1: {scaled}")
    return [Blend(tuple(source for source, _ in parts), shares)]


def split_weight(text: str) -> tuple[str, float | None]:
    """ "a.jpg:0.7" -> ("a.jpg", 0.7); only a number after the last colon is a weight, and only of no such file.

    Raises:
        OptionError: it is negative, infinite or not a number.
    """
    match = WEIGHT.fullmatch(text)
    if not match or Path(text).exists():
        return text, None
    try:
        weight = float(match["weight"])
    except ValueError:
        return text, None
    if not 0 <= weight < float("inf"):  # NaN fails this too
        raise OptionError(f"got weight {match['weight']} for style {match['source']!r}; want a number of 0 or more")
    return match["source"], weight


def _levels(text: str) -> dict[str, Blend]:
    parts: dict[str, Blend] = {}
    for item in re.split(rf",(?=\s*(?:{'|'.join(LEVELS)})\s*=)", text):
        level, equals, source = (part.strip() for part in item.partition("="))
        if level not in LEVELS or not equals or not source or level in parts:
            raise OptionError(f"got --style-levels {text!r}; want fine=PICTURE,coarse=PICTURE, or one of them")
        parts[level] = Blend((source,), (1.0,))
    return parts


def is_path(source: str) -> bool:
    return bool(Path(source).suffix) or len(Path(source).parts) > 1
