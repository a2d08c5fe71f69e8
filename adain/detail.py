"""Detail: what of a photo is too fine for the size at which it was painted, laid on where the painting follows it.

After the fast guided filter (He & Sun, arXiv:1505.00996): within a window, each channel of the painting is fitted by
the light of the photo as the network saw it, and light that is finer than that is laid on by the slopes found: less
where the painting is pale, upside down where it turns dark into light, and not at all where the photo is flat. Strokes,
which the guided filter would blur, stay as they are. (12 dev pairs at 512 px, painted at 256: style 0.61 -> 0.34,
content 0.85 -> 0.63, SSIM 0.50 -> 0.61; at 128: 1.67 -> 0.59, 1.16 -> 0.60, 0.42 -> 0.63.)
"""

from collections.abc import Iterator

import cv2
import numpy as np
import torch.nn.functional as F
from torch import Tensor

from .errors import OptionError
from .losses import luma
from .mapped import strips

STEP = 2  # px of the painting as it was painted; one in so many is looked at, along either side, for slopes
WINDOW = 7  # of those, the side of the squares in which slopes are found
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
        share: how much, 0..1; at 0 `enlarged` itself is given back.
        out: what to fill and give back; may be `enlarged`.
    """
    if share == 0:
        return enlarged
    out = np.empty_like(enlarged) if out is None else out
    height = len(photo)
    for strip in strips(enlarged, photo, out):
        # The rows of the small pictures that count for the strip, from a whole step on.
        ends = (strip.start * len(seen) // height, -(-strip.stop * len(seen) // height))
        low = max(0, ends[0] // STEP - WINDOW) * STEP
        rows = slice(low, ends[1] + (WINDOW + 1) * STEP)
        light = grey(seen[rows].astype(np.float32))  # in a flat, what bytes round away is much of it
        fine = cv2.subtract(grey(photo[strip]), stretched(light, low, len(seen), strip, photo.shape), dtype=cv2.CV_32F)
        # Channel by channel: several times as fast as all of them together.
        channels = []
        for channel, slope in zip(cv2.split(enlarged[strip]), slopes(light, painted[rows]), strict=True):
            steep = stretched(share * slope, low // STEP, -(-len(seen) // STEP), strip, photo.shape)
            change = cv2.multiply(steep, fine)
            channels.append(cv2.add(channel, change, dtype=cv2.CV_8U))
        out[strip] = cv2.merge(channels)
    return out


def slopes(light: np.ndarray, painted: np.ndarray) -> Iterator[np.ndarray]:
    """Light, (h, w) float32, and a painting, 0..255 -> how steeply each channel follows, (h / STEP, w / STEP)."""
    light = light[::STEP, ::STEP]
    mean = around(light)
    variance = around(light * light) - mean * mean
    for strokes in cv2.split(painted[::STEP, ::STEP].astype(np.float32)):
        covariance = around(strokes * light) - around(strokes) * mean
        yield around(np.clip(covariance / (variance + STEADY), -STEEPEST, STEEPEST))


def around(values: np.ndarray) -> np.ndarray:
    """Means over windows."""
    return cv2.blur(values, (WINDOW, WINDOW), borderType=cv2.BORDER_REPLICATE)


def stretched(small: np.ndarray, low: int, count: int, strip: slice, shape: tuple[int, ...]) -> np.ndarray:
    """A strip of a map enlarged to a shape, linearly; of the map, `count` rows, `small` has those from `low` on.

    OpenCV does it faster, but only for whole pictures.
    """
    height, width = shape[:2]
    if strip == slice(0, height):
        return cv2.resize(small, (width, height))
    wide = cv2.resize(small, (width, len(small)))
    places = (np.arange(strip.start, strip.stop, dtype=np.float32) + 0.5) * (count / height) - 0.5
    places = np.clip(places, 0, count - 1) - low
    above = np.floor(places).astype(int)
    upper, between = wide[above], wide[np.minimum(above + 1, len(wide) - 1)]
    between -= upper
    between *= (places % 1)[:, None]
    between += upper
    return between


def grey(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def detailed_tensor(enlarged: Tensor, painted: Tensor, seen: Tensor, photo: Tensor, share: float) -> Tensor:
    """`detailed` for (B, 3, H, W) and (B, 3, h, w) float pictures, 0..1, on any device."""

    def around(values: Tensor) -> Tensor:
        return F.avg_pool2d(F.pad(values, (WINDOW // 2,) * 4, "replicate"), WINDOW, 1)

    light = luma(seen)  # (B, 1, h, w)
    some, strokes = light[..., ::STEP, ::STEP], painted[..., ::STEP, ::STEP]
    mean = around(some)
    variance = around(some.square()) - mean.square()
    covariance = around(strokes * some) - around(strokes) * mean
    steep = around((covariance / (variance + STEADY / 255**2)).clamp(-STEEPEST, STEEPEST))
    steep, light = (F.interpolate(x, photo.shape[2:], mode="bilinear") for x in (steep, light))
    return (enlarged + share * steep * (luma(photo) - light)).clamp(0, 1)
