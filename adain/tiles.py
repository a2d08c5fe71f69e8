"""Pictures too large for the network as a whole: painted tile by tile, with the statistics of the whole.

An AdaIN layer needs the channel statistics of the whole picture, which depend on the layers before it. So the tiles are
run up to the first layer and their statistics summed; then, with those fixed, up to the second; and so on. After that
each tile is painted by itself. A tile sees a margin as wide as the network looks, so that its core comes out as it
would in the whole picture: there is no seam to hide. It costs as many short passes as there are layers, and no more
memory however large the picture is; its own pixels and those of the painting may lie on disk (see `adain.mapped`).
"""

import itertools
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from . import mapped
from .convert import to_array, to_tensor
from .errors import DeviceError, OptionError
from .impose import Follow, fixed, followed, told
from .layers import MULTIPLE, VARIANCE_FLOOR, Impose, Statistics, StyleLevels, pad_to_multiple, statistics
from .regions import Regions, moments, regional, shrink, steady
from .style import Style

if TYPE_CHECKING:
    from .stylizer import Stylizer

TILE = 1024  # px, side of a tile's core
SMALLEST_TILE = 128  # px
MARGIN = 128  # px; the networks look 56 to either side, and what takes out rims 72 beyond
WHOLE_BUDGET = 2 << 30  # bytes of features up to which "auto" paints a picture whole

Tile = int | str | None  # px, "auto", or None: whole
Notify = Callable[[str], None]  # is told in one line when the work is done otherwise than asked for
Progress = Callable[[int, int], None]  # is told after each tile: how many are done, and of how many


class Box(NamedTuple):
    """A tile along one side: its core, and what it sees."""

    start: int
    stop: int
    low: int
    high: int


def check_tile(tile: Tile) -> None:
    """Raise OptionError for what is no way of tiling."""
    if isinstance(tile, int) and not isinstance(tile, bool):
        if tile < SMALLEST_TILE:
            raise OptionError(f"got tile {tile}; want at least {SMALLEST_TILE} px")
    elif tile not in ("auto", None):
        raise OptionError(f"got tile {tile!r}; want 'auto', None (whole) or a number of px from {SMALLEST_TILE}")


def paint(
    stylizer: "Stylizer",
    rgb: np.ndarray,
    style: Style | Regions,
    *,
    tile: Tile,
    own: StyleLevels | None = None,
    follow: Follow | None = None,
    notify: Notify = lambda line: None,
    progress: Progress = lambda done, total: None,
) -> np.ndarray:
    """Paint a picture whole or in tiles; where memory runs out, again in smaller tiles.

    Args:
        rgb: (H, W, 3) uint8 RGB, any size.
        tile: side of the tiles in px; "auto": whole where the features fit into WHOLE_BUDGET; None: whole.
        own: the content's statistics, R of them in a stack where there are R regions; None: they are measured.
        follow: makes of the measured statistics what to normalise by; None: that itself.
        notify, progress: see `Notify` and `Progress`.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        DeviceError: out of memory even in the smallest tiles.
    """
    side = side_of_tiles(stylizer, rgb.shape[1], rgb.shape[0], tile)
    while True:
        try:
            if side is None:
                return _paint_whole(stylizer, rgb, style, own=own, follow=follow)
            return _paint_tiles(stylizer, rgb, style, own=own, follow=follow, side=side, progress=progress)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if side and side <= SMALLEST_TILE:
                raise DeviceError(
                    f"out of memory on {stylizer.device} even in tiles of {side} px; close other programs, "
                    "or choose a smaller size"
                ) from error
        if stylizer.device.type == "cuda":
            torch.cuda.empty_cache()
        was = f"in tiles of {side} px" if side else "for the whole picture"
        side = max(SMALLEST_TILE, side // 2) if side else TILE
        notify(f"not enough memory {was}: painting it in tiles of {side} px")


def side_of_tiles(stylizer: "Stylizer", width: int, height: int, tile: Tile) -> int | None:
    """Side in px of the tiles that a picture of this size is to be painted in; None: whole. `tile` as in `paint`."""
    if tile == "auto":
        return None if width * height * stylizer.network.bytes_per_pixel <= WHOLE_BUDGET else TILE
    return int(tile) if tile else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether PyTorch or NumPy failed for want of memory; the CPU's and MPS's allocators have no class of their own."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text


def _paint_whole(
    stylizer: "Stylizer",
    rgb: np.ndarray,
    style: Style | Regions,
    *,
    own: StyleLevels | None,
    follow: Follow | None,
) -> np.ndarray:
    weights = None
    if isinstance(style, Style):
        if own or follow is None:
            return stylizer.paint_frames([rgb], style, told([own]) if own else None)[0][0]
        way = partial(followed, follow=follow)
    else:
        weights = _weights(style.weights(rgb.shape[1], rgb.shape[0]), stylizer.device)
        style = style.style
        way = partial(_shared, own=own, weights=weights) if own else partial(regional, weights=weights, follow=follow)
    return to_array(stylizer.stylize_tensor(to_tensor(rgb, stylizer.device), style, impose=way, weights=weights))


def _paint_tiles(
    stylizer: "Stylizer",
    rgb: np.ndarray,
    style: Style | Regions,
    *,
    own: StyleLevels | None,
    follow: Follow | None,
    side: int,
    progress: Progress,
) -> np.ndarray:
    height, width = rgb.shape[:2]
    masks = None if isinstance(style, Style) else style.weights(width, height)
    style = style if isinstance(style, Style) else style.style
    tiles = [(y, x) for y in boxes(height, side) for x in boxes(width, side)]

    def run(y: Box, x: Box, impose: Callable[[StyleLevels, Tensor | None], Impose]) -> Tensor:
        seen = np.s_[y.low : y.high, x.low : x.high]
        weights = None if masks is None else _weights(masks[(slice(None), *seen)], stylizer.device)
        content = to_tensor(rgb[seen], stylizer.device)
        mapped.release(rgb)
        return stylizer.stylize_tensor(content, style, impose=lambda levels: impose(levels, weights), weights=weights)

    unknown = 0 if own else len(style.levels)
    own = own or {}
    passes = (unknown + 1) * len(tiles)
    done = itertools.count(1)
    for _ in range(unknown):
        total = Total()
        for y, x in tiles:
            with suppress(_Measured):
                run(y, x, partial(_measure_next, own=own, total=total, core=(y, x)))
            progress(next(done), passes)
        measured = total.statistics().to(stylizer.device)
        own[total.layer] = follow(total.layer, measured) if follow else measured
    out = mapped.empty(rgb.shape)
    for y, x in tiles:
        painted = run(y, x, lambda levels, weights: _shared(levels, own, weights))
        core = painted[:, :, y.start - y.low : y.stop - y.low, x.start - x.low : x.stop - x.low]
        out[y.start : y.stop, x.start : x.stop] = to_array(core)
        mapped.release(out)
        progress(next(done), passes)
    return out


def boxes(length: int, side: int) -> list[Box]:
    """Cut a side of a picture into equal cores of at most `side` px, on the grid that the networks want."""
    count = -(-length // side)
    step = -(-length // (count * MULTIPLE)) * MULTIPLE
    starts = range(0, length, step)
    return [Box(s, min(s + step, length), max(0, s - MARGIN), min(length, s + step + MARGIN)) for s in starts]


class _Measured(Exception):  # noqa: N818
    """The layer this pass is for has been measured; nothing after it is wanted."""


class Total:
    """The statistics of one layer, summed over tiles in float64, for each of R regions (1 where there are none)."""

    def __init__(self) -> None:
        self.layer = ""
        self.regions = False
        self.sums: list[Tensor] = []  # weight (R, 1, 1, 1), weighted values and squares (R, C, 1, 1)

    def add(self, layer: str, features: Tensor, weights: Tensor | None) -> None:
        """Add a tile's core, (1, C, h, w), and the regions' weights there, (R, 1, h, w)."""
        self.layer, self.regions = layer, weights is not None
        if weights is None:
            mass = features.new_full((1, 1, 1, 1), features[0, 0].numel(), dtype=torch.float32)
            part = statistics(features)
        else:
            mass, part = moments(features, weights)
        n, mean, std = (t.double().cpu() for t in (mass, *part))
        new = [n, n * mean, n * (std.square() - VARIANCE_FLOOR + mean.square())]
        self.sums = [a + b for a, b in zip(self.sums, new)] if self.sums else new

    def statistics(self) -> Statistics:
        mass, values, squares = self.sums
        mean = values / mass.clamp_min(1e-6)
        variance = (squares / mass.clamp_min(1e-6) - mean.square()).clamp_min(0)
        measured = Statistics(mean.float(), (variance + VARIANCE_FLOOR).sqrt().float())
        return steady(mass.float(), measured) if self.regions else measured


def _measure_next(
    levels: StyleLevels, weights: Tensor | None, *, own: StyleLevels, total: Total, core: tuple[Box, Box]
) -> Impose:
    """Use the statistics there are, measure the first layer that has none, and stop there."""
    known = _shared(levels, own, weights)

    def impose(layer: str, features: Tensor) -> Tensor:
        if layer in own:
            return known(layer, features)
        y, x = core
        factor = -(-(x.high - x.low) // MULTIPLE) * MULTIPLE // features.shape[-1]
        inside = np.s_[:, :, _rows(y, factor), _rows(x, factor)]
        small = None if weights is None else shrink(weights, factor)[inside]
        total.add(layer, features[inside].contiguous(memory_format=torch.channels_last), small)
        raise _Measured

    return impose


def _rows(box: Box, factor: int) -> slice:
    """The core within a tile's features; at the picture's border it takes the padding in, as the whole does."""
    start = (box.start - box.low) // factor
    return slice(start, None) if box.stop == box.high else slice(start, start + (box.stop - box.start) // factor)


def _shared(levels: StyleLevels, own: StyleLevels, weights: Tensor | None) -> Impose:
    here = {name: own[name].to(levels[name].mean.device) for name in own}
    return fixed(levels, here) if weights is None else regional(levels, weights, here)


def _weights(masks: np.ndarray, device: torch.device) -> Tensor:
    """(R, H, W) uint8 -> (R, 1, H', W') float32 0..1, padded as the picture is."""
    return pad_to_multiple(torch.from_numpy(np.ascontiguousarray(masks)).to(device)[:, None].float() / 255)
