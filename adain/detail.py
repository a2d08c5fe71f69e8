"""Detail: what of a photo is too fine for the size at which it was painted, laid on where the painting follows it.

After the fast guided filter (He & Sun, arXiv:1505.00996): within a window, each channel of the painting is fitted by
the light of the photo as the network saw it, and light that is finer than that is laid on by the slopes found: less
where the painting is pale, upside down where it turns dark into light, and not at all where the photo is flat. Strokes,
which the guided filter would blur, stay as they are. (12 dev pairs at 512 px, painted at 256: style 0.61 -> 0.34,
content 0.85 -> 0.64, SSIM 0.50 -> 0.60; at 128: 1.67 -> 0.63, 1.16 -> 0.62, 0.42 -> 0.62.)
"""

import cv2
import numpy as np
import torch.nn.functional as F
from torch import Tensor

from .errors import OptionError
from .losses import luma
from .mapped import strips

WINDOW = 9  # px of the painting as it was painted, the side of the squares in which slopes are found
STEADY = 25.0  # of 255, squared: what the photo varies by there and less is noise of the camera, or nothing
STEEPEST = 2.0  # light laid on for light in the photo, either way up


def check_detail(share: float) -> None:
    """Raise OptionError for a share that there is not."""
    if not 0 <= share <= 1:  # NaN fails this too
        raise OptionError(f"got detail {share}; want 0 (none) to 1 (all that the working size leaves out)")


def detailed(
    enlarged: np.ndarray,
    painted: np.ndarray,
    seen: np.ndarray,
    photo: np.ndarray,
    share: float,
    *,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """A painting with the photo's finest detail; all uint8 RGB.

    Args:
        enlarged: the painting at the size of its photo, (H, W, 3).
        painted: as it was painted, (h, w, 3).
        seen: what it was painted from, like `painted`.
        photo: that in full, like `enlarged`.
        share: how much, 0..1.
        out: what to fill and give back; may be `enlarged`.
    """
    out = np.empty_like(enlarged) if out is None else out
    height, width = photo.shape[:2]
    for strip in strips(enlarged, photo, out):
        places = (np.arange(strip.start, strip.stop) + 0.5) * len(seen) / height - 0.5  # of the rows, in `seen`
        low, high = max(0, int(places[0]) - WINDOW), min(len(seen), int(places[-1]) + WINDOW + 2)
        light = grey(seen[low:high]).astype(np.float32)
        steep = cv2.split(share * slopes(light, painted[low:high].astype(np.float32)))
        light, *steep = (stretched(x, width, height, places - low) for x in (light, *steep))
        fine = cv2.subtract(grey(photo[strip]), light, dtype=cv2.CV_32F)
        # Channel by channel: thrice as fast as all of them, for which memory must be had anew.
        changes = (cv2.multiply(slope, fine) for slope in steep)
        channels = zip(cv2.split(enlarged[strip]), changes, strict=True)
        out[strip] = cv2.merge([cv2.add(channel, change, dtype=cv2.CV_8U) for channel, change in channels])
    return out


def slopes(light: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """(h, w) and (h, w, 3) float32, 0..255 -> how steeply each channel follows the light, (h, w, 3)."""
    mean = around(light)
    variance = around(light * light) - mean * mean
    covariance = around(painted * light[..., None]) - around(painted) * mean[..., None]
    return around(np.clip(covariance / (variance + STEADY)[..., None], -STEEPEST, STEEPEST))


def around(values: np.ndarray) -> np.ndarray:
    """Means over windows."""
    return cv2.blur(values, (WINDOW, WINDOW), borderType=cv2.BORDER_REPLICATE)


def stretched(small: np.ndarray, width: int, height: int, places: np.ndarray) -> np.ndarray:
    """Of `small`, (h, w) float32, enlarged linearly to that width, the rows at these places between its own.

    Of all rows, as many as the height, OpenCV makes them faster; but it makes no part of a picture.
    """
    if len(places) == height:
        return cv2.resize(small, (width, height))
    small = cv2.resize(small, (width, len(small)))
    places = np.clip(places, 0, len(small) - 1).astype(np.float32)
    above = np.floor(places).astype(int)
    upper, lower = small[above], small[np.minimum(above + 1, len(small) - 1)]
    return upper + (places % 1)[:, None] * (lower - upper)


def grey(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def detailed_tensor(enlarged: Tensor, painted: Tensor, seen: Tensor, photo: Tensor, share: float) -> Tensor:
    """`detailed` for (B, 3, H, W) and (B, 3, h, w) float pictures, 0..1, on any device."""

    def around(values: Tensor) -> Tensor:
        return F.avg_pool2d(F.pad(values, (WINDOW // 2,) * 4, "replicate"), WINDOW, 1)

    light = luma(seen)  # (B, 1, h, w)
    mean = around(light)
    variance = around(light.square()) - mean.square()
    covariance = around(painted * light) - around(painted) * mean
    steep = around((covariance / (variance + STEADY / 255**2)).clamp(-STEEPEST, STEEPEST))
    steep, light = (F.interpolate(x, photo.shape[2:], mode="bilinear") for x in (steep, light))
    return (enlarged + share * steep * (luma(photo) - light)).clamp(0, 1)
