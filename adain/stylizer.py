"""The library's front door: encode a style once, stylize any number of pictures with it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .builtin import find_style
from .device import choose_device, choose_dtype
from .errors import OptionError, StyleError
from .impose import plain
from .layers import Impose, StyleLevels
from .models import DEFAULT_MODEL, load_model
from .picture import Picture, read_picture
from .style import Style

STYLE_SIZE = 512  # px, long side at which a style picture is looked at
WORK_SIZE = 1024  # px, long side at which the command line stylizes
MULTIPLE = 16  # both networks want sides that are multiples of this

Image_ = TypeVar("Image_", Image.Image, np.ndarray, Tensor, Picture)
AnyPicture = str | Path | Image.Image | np.ndarray | Tensor | Picture


class Stylizer:
    """A model, ready on a device.

    Args:
        model: a registered name ("fast", "vgg") or the path of exported weights.
        device: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto", "float32", "bfloat16" or "float16": the number format of the convolutions. Statistics are always
            float32.

    Raises:
        WeightsError: the weights are missing, damaged, or do not fit.
        DeviceError: the device or the format cannot be had here.
    """

    def __init__(self, model: str | Path = DEFAULT_MODEL, *, device: str = "auto", dtype: str = "auto") -> None:
        self.model = str(model)
        self.device = choose_device(device)
        self.dtype = choose_dtype(dtype, self.device)
        network = load_model(model).to(self.device, self.dtype)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return f"Stylizer({self.model!r}, device={str(self.device)!r}, dtype={self.dtype_name!r})"

    @property
    def dtype_name(self) -> str:
        """Such as "float32"."""
        return str(self.dtype).removeprefix("torch.")

    @torch.inference_mode()
    def encode_style(self, style: AnyPicture, *, size: int = STYLE_SIZE, name: str | None = None) -> Style:
        """Look at a style picture once.

        Args:
            style: a path, the name of a built-in style, or a picture as `stylize` takes it.
            size: long side in px at which to look at it; larger means finer strokes.
            name: what to call the style; the file's name where there is one.

        Raises:
            StyleError: no such file or built-in style.
            PictureError: the file cannot be read.
            OptionError: `size` is below 16.
        """
        if size < MULTIPLE:
            raise OptionError(f"got style size {size}; want at least {MULTIPLE} px")
        if isinstance(style, str | Path):
            path = find_style(style)
            name, style = name or path.stem, read_picture(path)
        picture = _as_picture(style)
        rgb = _visible(picture)
        width, height = fit(rgb.shape[1], rgb.shape[0], size)
        width, height = (max(MULTIPLE, round(side / MULTIPLE) * MULTIPLE) for side in (width, height))
        resized = Picture(rgb).resized(width, height).rgb
        levels = self.network.encode_style(self._to_tensor(resized).to(self.dtype))
        levels = {layer: level.to(torch.device("cpu")) for layer, level in levels.items()}
        return Style(name or "style", self.model, levels)

    def stylize(
        self, content: str | Path | Image_, style: Style, *, strength: float = 1.0, size: int | None = None
    ) -> Image_:
        """Paint a picture in a style.

        Args:
            content: a path, PIL image, (H, W, 3) uint8 RGB array, (3, H, W) or (B, 3, H, W) float RGB tensor in 0..1,
                or `Picture`; any size from 1x1 up.
            style: what `encode_style` or `Style.blend` gave.
            strength: 0 gives the photo back, 1 the full style (the paper's alpha).
            size: long side in px to work at, at most; the result is scaled back to the content's size. None: no limit.

        Returns:
            The kind of picture that came in (a PIL image for a path), same size, alpha kept.

        Raises:
            OptionError: `strength` outside 0..1 or `size` below 16.
            StyleError: the style was encoded by another model.
            PictureError: the file cannot be read.
        """
        self.check(style, strength, size)
        if isinstance(content, Tensor):
            return self._stylize_tensor(content, style, strength, size)
        if isinstance(content, str | Path):
            return _to_pil(self._stylize_picture(read_picture(content), style, strength, size))  # type: ignore[return-value]
        result = self._stylize_picture(_as_picture(content), style, strength, size)
        if isinstance(content, Picture):
            return result
        return result.rgb if isinstance(content, np.ndarray) else _to_pil(result)

    def check(self, style: Style, strength: float, size: int | None) -> None:
        """Raise OptionError or StyleError, as `stylize` does, where they cannot be used here."""
        if not 0 <= strength <= 1:  # NaN fails this too
            raise OptionError(f"got strength {strength}; want 0 (the photo) to 1 (full style)")
        if size is not None and size < MULTIPLE:
            raise OptionError(f"got size {size}; want at least {MULTIPLE} px")
        if style.model != self.model:
            raise StyleError(f"style {style.name!r} was encoded by {style.model!r}, not {self.model!r}: encode it anew")

    def _stylize_picture(self, picture: Picture, style: Style, strength: float, size: int | None) -> Picture:
        if strength == 0:
            return picture
        height, width = picture.rgb.shape[:2]
        work = fit(width, height, size) if size else (width, height)
        rgb = _visible(picture)
        if work != (width, height):
            rgb = Picture(rgb).resized(*work).rgb
        result = Picture(_to_array(self.stylize_tensor(self._to_tensor(rgb), style, strength=strength)))
        if work != (width, height):
            result = result.resized(width, height)
        return Picture(result.rgb, picture.alpha)

    def _stylize_tensor(self, content: Tensor, style: Style, strength: float, size: int | None) -> Tensor:
        if content.ndim not in (3, 4) or content.shape[-3] != 3:
            raise OptionError(f"got a tensor of shape {tuple(content.shape)}; want (3, H, W) or (B, 3, H, W)")
        batch = content if content.ndim == 4 else content[None]
        height, width = batch.shape[2:]
        work = fit(width, height, size) if size else (width, height)
        x = batch.to(self.device, torch.float32)
        if work != (width, height):
            x = F.interpolate(x, work[::-1], mode="bilinear", antialias=True)
        x = self.stylize_tensor(x, style, strength=strength) if strength else x
        if work != (width, height):
            x = F.interpolate(x, (height, width), mode="bicubic").clamp(0, 1)
        return x.to(content.device, content.dtype).view_as(content)

    @torch.inference_mode()
    def stylize_tensor(
        self, content: Tensor, style: Style, *, strength: float = 1.0, impose: Callable[[StyleLevels], Impose] = plain
    ) -> Tensor:
        """The bare network: (B, 3, H, W) float RGB 0..1 on the stylizer's device -> the same, float32, clamped.

        `impose` makes the work of the AdaIN layers out of the style's levels: see `adain.impose`.
        """
        height, width = content.shape[2:]
        padding = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
        x = F.pad(content.to(self.dtype), padding, mode="replicate") if any(padding) else content.to(self.dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        levels = {name: level.to(self.device) for name, level in style.levels.items()}
        if strength < 1:
            levels = self.weaken(levels, x, strength)
        out = self.network(x, impose(levels))
        return out[:, :, :height, :width].float().clamp(0, 1)

    def weaken(self, levels: StyleLevels, content: Tensor, strength: float) -> StyleLevels:
        """Move the levels of a style towards those of the content itself, which the networks were trained to give back.

        For `vgg` that is the paper's alpha (equation 14): AdaIN is linear in the statistics it imposes, so mixing them
        mixes the features.
        """
        height, width = content.shape[2:]
        width, height = (max(MULTIPLE, round(s / MULTIPLE) * MULTIPLE) for s in fit(width, height, STYLE_SIZE))
        if (height, width) != tuple(content.shape[2:]):
            small = F.interpolate(content.float(), (height, width), mode="bilinear", antialias=True)
            content = small.to(content.dtype, memory_format=torch.channels_last)
        own = self.network.encode_style(content)
        return {name: own[name].lerp(level, strength) for name, level in levels.items()}

    def _to_tensor(self, rgb: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 -> (1, 3, H, W) float32 0..1 on the device."""
        return torch.from_numpy(np.ascontiguousarray(rgb)).to(self.device).permute(2, 0, 1)[None].float() / 255


def fit(width: int, height: int, size: int) -> tuple[int, int]:
    """Width and height scaled down, never up, to a long side of at most `size`, each at least 1."""
    scale = min(1.0, size / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _as_picture(image: AnyPicture) -> Picture:
    if isinstance(image, Picture):
        return image
    if isinstance(image, Image.Image):
        alpha = np.array(image.getchannel("A")) if image.mode in ("RGBA", "LA") else None
        return Picture(np.array(image.convert("RGB")), alpha)
    if isinstance(image, Tensor):
        return Picture(_to_array(image if image.ndim == 4 else image[None]))
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise OptionError(f"got an array of shape {image.shape}, {image.dtype}; want (H, W, 3) uint8, RGB")
        return Picture(image)
    raise OptionError(f"got a {type(image).__name__}; want a path, PIL image, uint8 array or float tensor")


def _visible(picture: Picture) -> np.ndarray:
    """The colours, with the mean in place of those nobody can see (alpha 0), which must not tint statistics."""
    if picture.alpha is None or picture.alpha.all() or not picture.alpha.any():
        return picture.rgb
    hidden = picture.alpha == 0
    rgb = picture.rgb.copy()
    rgb[hidden] = np.rint(rgb[~hidden].mean(0)).astype(np.uint8)
    return rgb


def _to_array(image: Tensor) -> np.ndarray:
    """(1, 3, H, W) float 0..1 -> (H, W, 3) uint8, rounded: a bare cast would truncate, and wrap what lies outside."""
    return (image[0].permute(1, 2, 0).float().clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


def _to_pil(picture: Picture) -> Image.Image:
    return Image.fromarray(picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha]))
