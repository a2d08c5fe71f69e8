"""The library's front door: encode a style once, stylize any number of pictures with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .backend import load_backend
from .builtin import find_style
from .calm import load_calmer
from .color import check_color, match_color
from .convert import (
    STYLE_SIZE,
    AnyPicture,
    as_picture,
    at_size,
    at_style_size,
    fit,
    from_uint8,
    is_flat,
    to_pil,
    to_tensor,
    to_uint8,
    visible,
)
from .detail import check_detail, detailed_tensor
from .device import choose_device, choose_dtype
from .errors import OptionError, StyleError
from .finish import finished
from .impose import Mix, mixed, plain
from .layers import MULTIPLE, Impose, StyleLevels, UpsampleConv, pad_to_multiple
from .lessons import lesson_for, taught
from .models import DEFAULT_BACKEND, DEFAULT_MODEL, fingerprint, load_model, only_style, sha256_of
from .picture import Picture, read_picture
from .regions import Regions
from .saved import SAVED_SUFFIX
from .strength import faded_tensor
from .style import Style
from .tiles import Notify, Progress, Tile, check_tile, paint
from .transfer import Arriving, Transfer

WORK_SIZE = 1024  # px, long side at which the command line stylizes
STYLE_SCALES = (0.1, 8.0)  # the least and the most that strokes can be scaled by
MOVING_CALM = 0.9  # of 1: how calm the command line paints videos and what a camera sees

Image_ = TypeVar("Image_", Image.Image, np.ndarray, Tensor, Picture)
AnyStyle = TypeVar("AnyStyle", bound=Style | Regions)


class Stylizer:
    """A model, ready on a device.

    Args:
        model: a registered name ("fast", "vgg") or the path of exported weights; "johnson:PATH" for a network of one
            style.
        device: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto", "float32", "bfloat16" or "float16": the number format of the convolutions. Statistics are always
            float32.
        backend: "torch", "compile" or "openvino": see `adain.backend`. OpenVINO takes the CPU for "auto".

    Raises:
        WeightsError: the weights are missing, damaged, or do not fit.
        DeviceError: the device, the format or the backend cannot be had here.
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        *,
        device: str = "auto",
        dtype: str = "auto",
        backend: str = DEFAULT_BACKEND,
    ) -> None:
        self.model = str(model)
        self.device = choose_device("cpu" if backend == "openvino" and device == "auto" else device)
        self.dtype = choose_dtype(dtype, self.device)
        network = load_model(model).to(self.device, self.dtype)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for layer in network.modules():
            if isinstance(layer, UpsampleConv):
                layer.keep_folded()
        self.backend = backend
        self._run = load_backend(backend, network, model)
        self._transfer = Transfer(self.device)
        self.weights = fingerprint(model)
        self._only = only_style(model)
        self._calmer = load_calmer(model)

    def __repr__(self) -> str:
        options = f"device={str(self.device)!r}, dtype={self.dtype_name!r}, backend={self.backend!r}"
        return f"Stylizer({self.model!r}, {options})"

    @property
    def title(self) -> str:
        """Such as "fast on cpu, bfloat16"."""
        backend = f", {self.backend}" * (self.backend != DEFAULT_BACKEND)
        return f"{self.model} on {self.device}, {self.dtype_name}{backend}"

    @property
    def dtype_name(self) -> str:
        """Such as "float32"."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def only_style(self) -> Style | None:
        """The style of a network that was trained for just one; None where the model takes any."""
        if self._only is None:
            return None
        return Style(
            self._only.name, self.model, self._levels_of(np.zeros((MULTIPLE, MULTIPLE, 3), np.uint8)), self.weights
        )

    def encode_style(
        self,
        style: AnyPicture,
        *,
        size: int = STYLE_SIZE,
        scale: float = 1.0,
        name: str | None = None,
        color_of: AnyPicture | None = None,
        color_strength: float = 1.0,
    ) -> Style:
        """Look at a style picture once.

        Args:
            style: a path, the name of a built-in or saved style, or a picture as `stylize` takes it. The built-in ones
                the model has practised: see `adain.lessons`.
            size: long side in px at which to look at it, at most.
            scale: size of the strokes: the picture is then looked at so many times enlarged.
            name: what to call the style; the file's name where there is one.
            color_of: a photo whose colours the style picture is given first (the color mode "coral").
            color_strength: how much of them, 0..1.

        Raises:
            StyleError: no such file or style, a saved one of another model, or any but the one that the model knows.
            PictureError: the file cannot be read.
            OptionError: `size` is below 16, `scale` or `color_strength` out of range, or a saved style, of which only
                statistics are left, shall be recoloured or scaled.
        """
        if size < MULTIPLE:
            raise OptionError(f"got style size {size}; want at least {MULTIPLE} px")
        if not STYLE_SCALES[0] <= scale <= STYLE_SCALES[1]:  # NaN fails this too
            raise OptionError(f"got style scale {scale}; want {STYLE_SCALES[0]:g} to {STYLE_SCALES[1]:g}")
        lesson: StyleLevels = {}
        if isinstance(style, str | Path):
            path = find_style(style)
            if path.suffix == SAVED_SUFFIX:
                return self._load_style(path, scale, recolour=color_of is not None)
            if self._only and sha256_of(path) == self._only.sha256:
                return self.only_style  # type: ignore[return-value]
            lesson = lesson_for(path, self.weights)
            name, style = name or path.stem, read_picture(path)
        if self._only:
            raise StyleError(
                f"model {self.model!r} knows one style, {self._only.name!r}, not {name or 'this one'!r}: leave the "
                "style out, or use model 'fast'"
            )
        rgb = visible(as_picture(style))
        if color_of is not None:
            photo = read_picture(color_of) if isinstance(color_of, str | Path) else as_picture(color_of)
            rgb = match_color(rgb, visible(photo), color_strength)
        rgb = at_style_size(rgb, size, scale)
        colours = self.network.colours
        palette = colours.of(to_tensor(rgb, torch.device("cpu"))) if colours else None
        levels = taught(self._levels_of(rgb), lesson)
        return Style(name or "style", self.model, levels, self.weights, palette)

    @property
    def moving_calm(self) -> float:
        """How calm videos are painted unless someone says otherwise: 0 where the model has not learned it."""
        return MOVING_CALM if self._calmer else 0.0

    def calmed(self, style: AnyStyle, calm: float) -> AnyStyle:
        """The same style in calmer strokes: flats stay flat, and what moves flickers less.

        Args:
            style: one that this model encoded, a stack, or regions.
            calm: how calm, 0..1: at 0 the style is given back as it is; `moving_calm` suits videos.

        Raises:
            OptionError: `calm` is out of range, or above 0 for a model that has not learned to.
        """
        if not 0 <= calm <= 1:  # NaN fails this too
            raise OptionError(f"got calm {calm}; want 0..1")
        if calm == 0:
            return style
        if self._calmer is None:
            raise OptionError(
                f"got calm {calm:g} for model {self.model!r}, which has not learned it; want 0, or model 'fast' (for "
                "weights of your own: python -m adain.train.calm)"
            )
        if isinstance(style, Regions):
            return replace(style, style=self.calmed(style.style, calm))
        assert isinstance(style, Style)
        return replace(style, levels=self._calmer.calmed(style.levels, calm))

    def _levels_of(self, rgb: np.ndarray) -> StyleLevels:
        levels = self._look(to_tensor(rgb, self.device))
        return {layer: level.to(torch.device("cpu")) for layer, level in levels.items()}

    def _load_style(self, path: Path, scale: float, *, recolour: bool) -> Style:
        style = Style.load(path)
        style.check_model(self.model, self.weights)
        if recolour or scale != 1:
            done = "recoloured" if recolour else "scaled"
            raise OptionError(
                f"style {style.name!r} is saved as statistics, which cannot be {done}; give its picture instead"
            )
        if colours := self.network.colours:  # an earlier version saved none; those it is stacked with shall keep theirs
            return replace(style, palette=colours.known(style.palette))
        return style

    def stylize(
        self,
        content: str | Path | Image_,
        style: Style | Regions,
        *,
        strength: float = 1.0,
        size: int | None = None,
        color: str = "style",
        color_strength: float = 1.0,
        detail: float = 1.0,
        tile: Tile = "auto",
        notify: Notify = lambda line: None,
        progress: Progress = lambda done, total: None,
    ) -> Image_:
        """Paint a picture in a style.

        Args:
            content: a path, PIL image, (H, W, 3) uint8 RGB array, (3, H, W) or (B, 3, H, W) float RGB tensor in 0..1,
                or `Picture`; any size from 1x1 up.
            style: what `encode_style`, a maker of `Style` or `Regions.compose` gave.
            strength: 0 gives the photo back, 1 the full style: see `adain.strength.faded`.
            size: long side in px to work at, at most; the result is scaled back to the content's size. None: no limit.
            color: whose colours, and how: see `adain.color`. For "coral" the style is encoded with `color_of`.
            color_strength: how much of that, 0..1.
            detail: how much of the photo's detail that is too fine for `size` is laid on, 0..1: see `adain.detail`.
            tile: side in px of the tiles in which to paint a large picture, "auto", or None: see `adain.tiles`.
            notify: is told, in a line, when memory ran out and the work is done anew in smaller tiles.
            progress: is told after each tile how many are done, and of how many.

        Returns:
            The kind of picture that came in (a PIL image for a path), same size, alpha kept.

        Raises:
            OptionError: `strength`, `color_strength` or `detail` outside 0..1, unknown `color`, `size` below 16 or
                `tile` below 128.
            StyleError: the style was encoded by another model.
            PictureError: the file cannot be read.
            DeviceError: out of memory even in small tiles.
        """
        if not 0 <= strength <= 1:  # NaN fails this too
            raise OptionError(f"got strength {strength}; want 0 (the photo) to 1 (full style)")
        if size is not None and size < MULTIPLE:
            raise OptionError(f"got size {size}; want at least {MULTIPLE} px")
        check_color(color, color_strength)
        check_detail(detail)
        check_tile(tile)
        style.check_model(self.model, self.weights)

        def painting(picture: Picture) -> Picture:
            if strength == 0:
                return picture
            work = at_size(picture, size)
            painted = paint(self, work, style, tile=tile, notify=notify, progress=progress)
            return finished(
                painted, work, picture, style, strength=strength, color=color, color_strength=color_strength,
                detail=detail,
            )  # fmt: skip

        if isinstance(content, Tensor):
            if content.ndim not in (3, 4) or content.shape[-3] != 3:
                raise OptionError(f"got a tensor of shape {tuple(content.shape)}; want (3, H, W) or (B, 3, H, W)")
            if isinstance(style, Style) and color in ("style", "coral"):
                return self._stylize_tensor(content, style, strength, size, detail)
            pictures = content.reshape(-1, *content.shape[-3:]).split(1)  # regions and colours are for 8-bit pictures
            results = torch.cat([to_tensor(painting(as_picture(p)).rgb, content.device) for p in pictures])
            return results.to(content.dtype).view_as(content)
        if isinstance(content, str | Path):
            return to_pil(painting(read_picture(content)))  # type: ignore[return-value]
        result = painting(as_picture(content))
        if isinstance(content, Picture):
            return result
        return result.rgb if isinstance(content, np.ndarray) else to_pil(result)

    def stylize_batch(
        self,
        contents: Sequence[Picture],
        styles: Sequence[Style],
        *,
        strength: float = 1.0,
        size: int | None = None,
        color: str = "style",
        color_strength: float = 1.0,
        detail: float = 1.0,
    ) -> list[Picture]:
        """Paint pictures that have one working size in one go, picture i in style i; options as in `stylize`.

        Raises:
            OptionError: pictures of several working sizes, or another number of styles.
        """
        works = [at_size(picture, size) for picture in contents]
        if len({work.shape for work in works}) != 1 or len(styles) != len(contents):
            raise OptionError(f"got {len(contents)} pictures and {len(styles)} styles; want as many, of one size")
        if strength == 0:
            return list(contents)
        painted, _ = self.paint_frames(works, Style.stack(styles))
        return [
            finished(
                p, work, content, style, strength=strength, color=color, color_strength=color_strength, detail=detail
            )
            for p, work, content, style in zip(painted, works, contents, styles)
        ]

    def _stylize_tensor(
        self, content: Tensor, style: Style, strength: float, size: int | None, detail: float
    ) -> Tensor:
        if strength == 0:
            return content.clamp(0, 1)
        batch = content if content.ndim == 4 else content[None]
        height, width = batch.shape[2:]
        work = fit(width, height, size) if size else (width, height)
        photo = seen = batch.to(self.device, torch.float32)
        if work != (width, height):
            seen = F.interpolate(photo, work[::-1], mode="bilinear", antialias=True)
        x = painted = self.stylize_tensor(seen, style)
        if work != (width, height):
            x = F.interpolate(painted, (height, width), mode="bicubic").clamp(0, 1)
            x = detailed_tensor(x, painted, seen, photo, detail)
        x = faded_tensor(x, photo, strength)
        return x.to(content.device, content.dtype).view_as(content)

    def paint_frames(
        self, frames: Sequence[np.ndarray], style: Style, mix: Mix | None = None
    ) -> tuple[list[np.ndarray], StyleLevels]:
        """The bare network: pictures of one size, whole, as one batch. Arguments and results as of `begin_frames`."""
        painted, used = self.begin_frames(frames, style, mix)
        return painted.wait(), used

    def begin_frames(
        self, frames: Sequence[np.ndarray], style: Style, mix: Mix | None = None
    ) -> tuple[Arriving, StyleLevels]:
        """The bare network, without waiting for a GPU to be done: begin the next frames, then wait for these.

        Args:
            frames: B pictures, each (H, W, 3) uint8 RGB.
            style: one for all, or a stack of B.
            mix: what to normalise by; None: each picture's own statistics.

        Returns:
            The paintings, like the frames; and what `mix` came to in each layer, (B, C, 1, 1).
        """
        if self.dtype != torch.float32 and any(map(is_flat, frames)):
            return self._exact.begin_frames(frames, style, mix)  # else normalisation makes a grid of rounding errors
        content = self._transfer.upload(frames)
        if self._run:
            painted, used = self._run(content, style, mix)
            return self._transfer.download(painted), used
        used = {}
        painted = self.stylize_tensor(
            from_uint8(content), style, impose=lambda levels: mixed(levels, mix, used) if mix else plain(levels)
        )
        return self._transfer.download(to_uint8(painted)), used

    @cached_property
    def _exact(self) -> "Stylizer":
        return Stylizer(self.model, device=str(self.device), dtype="float32")

    @torch.inference_mode()
    def stylize_tensor(
        self,
        content: Tensor,
        style: Style,
        *,
        impose: Callable[[StyleLevels], Impose] = plain,
        weights: Tensor | None = None,
    ) -> Tensor:
        """The network in torch: (B, 3, H, W) float RGB 0..1 on the stylizer's device -> the same, float32, clamped.

        `impose` makes the work of the AdaIN layers out of the style's levels: see `adain.impose`. Where one picture has
        R regions, `weights` are theirs, (R, 1, H, W), both sides padded to multiples of 16.
        """
        height, width = content.shape[2:]
        x = pad_to_multiple(content.to(self.dtype)).contiguous(memory_format=torch.channels_last)
        levels = {name: level.to(self.device) for name, level in style.levels.items()}
        painted = self.network(x, impose(levels)).float()
        if colours := self.network.colours:
            painted = colours.kept(colours.known(style.palette), painted, x, weights)
        else:
            painted = painted.clamp(0, 1)
        return painted[:, :, :height, :width]

    @torch.inference_mode()
    def _look(self, picture: Tensor) -> StyleLevels:
        """(B, 3, H, W) RGB 0..1, sides multiples of 16 -> its levels as a style."""
        return self.network.encode_style(picture.to(self.dtype, memory_format=torch.channels_last))
