"""Between the kinds of picture people have (PIL, arrays, tensors) and the ones we compute with."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .errors import OptionError
from .layers import MULTIPLE
from .picture import Picture, scale_to

STYLE_SIZE = 512  # px, long side at which a style picture is looked at

AnyPicture = str | Path | Image.Image | np.ndarray | Tensor | Picture


def fit(width: int, height: int, size: int) -> tuple[int, int]:
    """Width and height scaled down, never up, to a long side of at most `size`, each at least 1."""
    return scale_to(width, height, min(size, max(width, height)))


def style_size(width: int, height: int, size: int = STYLE_SIZE, scale: float = 1.0) -> tuple[int, int]:
    """The sides at which a picture is looked at for its style: at most `size` long, then scaled, multiples of 16."""
    width, height = (max(1, round(side * scale / MULTIPLE)) for side in fit(width, height, size))
    return width * MULTIPLE, height * MULTIPLE


def at_style_size(rgb: np.ndarray, size: int = STYLE_SIZE, scale: float = 1.0) -> np.ndarray:
    """A style's picture, (H, W, 3) uint8 RGB, as it is looked at: see `style_size`."""
    height, width = rgb.shape[:2]
    return Picture(rgb).resized(*style_size(width, height, size, scale)).rgb


def as_picture(image: AnyPicture) -> Picture:
    """Any picture that is no path; raises OptionError where it is of no kind we know."""
    if isinstance(image, Picture):
        return image
    if isinstance(image, Image.Image):
        alpha = np.array(image.getchannel("A")) if image.mode in ("RGBA", "LA") else None
        return Picture(np.array(image.convert("RGB")), alpha)
    if isinstance(image, Tensor):
        return Picture(to_array(image if image.ndim == 4 else image[None]))
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise OptionError(f"got an array of shape {image.shape}, {image.dtype}; want (H, W, 3) uint8, RGB")
        return Picture(image)
    raise OptionError(f"got a {type(image).__name__}; want a path, PIL image, uint8 array or float tensor")


def visible(picture: Picture) -> np.ndarray:
    """The colours, with the mean in place of those nobody can see (alpha 0), which must not tint statistics."""
    if picture.alpha is None or picture.alpha.all() or not picture.alpha.any():
        return picture.rgb
    hidden = picture.alpha == 0
    rgb = picture.rgb.copy()
    rgb[hidden] = np.rint(rgb[~hidden].mean(0)).astype(np.uint8)
    return rgb


def at_size(picture: Picture, size: int | None) -> np.ndarray:
    """The visible colours, (h, w, 3) uint8 RGB, with a long side of at most `size` px."""
    rgb = visible(picture)
    height, width = rgb.shape[:2]
    work = fit(width, height, size) if size else (width, height)
    return rgb if work == (width, height) else Picture(rgb).resized(*work).rgb


def is_flat(rgb: np.ndarray) -> bool:
    """Whether all of a (H, W, 3) picture is of one colour, as a black frame is."""
    return all(bool((part == rgb[0, 0]).all()) for part in (rgb[::16, ::16], rgb))  # most are told by the first


def to_tensor(rgb: np.ndarray, device: torch.device) -> Tensor:
    """(H, W, 3) or (B, H, W, 3) uint8 -> (1, 3, H, W) or (B, 3, H, W) float32 0..1 on the device."""
    batch = np.require(rgb if rgb.ndim == 4 else rgb[None], requirements=("C", "W"))  # PIL's arrays are read-only
    return from_uint8(torch.from_numpy(batch).to(device))


def from_uint8(pictures: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 0..1."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def to_uint8(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) float 0..1 -> (B, H, W, 3) uint8, rounded: a bare cast would truncate, and wrap beyond."""
    return (pictures.permute(0, 2, 3, 1).float() * 255).round_().clamp_(0, 255).to(torch.uint8)


def to_array(image: Tensor) -> np.ndarray:
    """(1, 3, H, W) float 0..1 -> (H, W, 3) uint8."""
    return to_uint8(image).contiguous().cpu().numpy()[0]


def to_pil(picture: Picture) -> Image.Image:
    return Image.fromarray(picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha]))
