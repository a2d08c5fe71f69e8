"""Training pictures: read once, kept as uint8 in the memory of the training device, cropped there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from adain.errors import TrainingError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
SHORT_SIDE = 512  # px: larger pictures are kept at this size


def find_pictures(folder: Path) -> list[Path]:
    """Every picture below `folder`, at any depth, in a fixed order."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)


def read_rgb(path: Path) -> np.ndarray | None:
    """(H, W, 3) uint8 RGB with a short side of at most SHORT_SIDE, or None where the file is no picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    scale = SHORT_SIDE / min(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


class PictureBank:
    """All pictures of a folder in the memory of one device; batches of random crops come out.

    Args:
        folder: read at any depth; files that are no pictures are counted in `broken` and left out.
        device: where the pixels live and crops are made.
        zoom: range of a crop's side as a share of the picture's short side.

    Raises:
        TrainingError: no picture could be read.
    """

    def __init__(self, folder: Path, *, device: torch.device, zoom: tuple[float, float]) -> None:
        paths = find_pictures(folder)
        with ThreadPoolExecutor() as pool:
            pictures = [p for p in pool.map(read_rgb, paths) if p is not None]
        if not pictures:
            raise TrainingError(
                f"no readable picture below {folder} ({len(paths)} candidates): want jpg, png, webp ..."
            )
        self.broken = len(paths) - len(pictures)
        self.pixels = [torch.from_numpy(p).permute(2, 0, 1).contiguous().to(device) for p in pictures]
        self.zoom = zoom

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, count: int, size: int, generator: np.random.Generator) -> Tensor:
        """`count` random crops, flipped half the time: (count, 3, size, size) float32 RGB 0..1."""
        return torch.stack([self._crop(int(i), size, generator) for i in generator.integers(len(self), size=count)])

    def _crop(self, index: int, size: int, generator: np.random.Generator) -> Tensor:
        picture = self.pixels[index]
        height, width = picture.shape[1:]
        side = max(16, round(min(height, width) * generator.uniform(*self.zoom)))
        y, x = generator.integers(height - side + 1), generator.integers(width - side + 1)
        crop = picture[None, :, y : y + side, x : x + side].float() / 255
        crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True, align_corners=False)[0]
        return crop.flip(2) if generator.random() < 0.5 else crop


def recolour(images: Tensor, share: float, generator: np.random.Generator) -> Tensor:
    """Turn the palette of a `share` of the images: channels permuted, contrast and brightness changed.

    A few hundred paintings have few palettes; this teaches the style encoder colour from as many as we like.
    """
    out = images.clone()
    for i in range(len(images)):
        if generator.random() < share:
            order = torch.from_numpy(generator.permutation(3)).to(images.device)
            gain = torch.from_numpy(generator.uniform(0.6, 1.4, (3, 1, 1))).to(images)
            offset = torch.from_numpy(generator.uniform(-0.15, 0.15, (3, 1, 1))).to(images)
            out[i] = ((images[i][order] - 0.5) * gain + 0.5 + offset).clamp(0, 1)
    return out
