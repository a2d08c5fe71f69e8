"""The last touch to a painting: the photo's size, and what of the photo shall stay."""

import numpy as np

from .color import transfer_color
from .convert import visible
from .detail import detailed
from .picture import Picture
from .regions import Regions
from .strength import faded
from .style import Style


def finished(
    painted: np.ndarray,
    seen: np.ndarray,
    photo: Picture,
    style: Style | Regions,
    *,
    strength: float,
    color: str,
    color_strength: float,
    detail: float,
) -> Picture:
    """A painting at the size of its photo, with the detail, strength, colours, kept region and alpha it shall have.

    `seen` is what was painted. What `painted` holds is lost.
    """
    height, width = photo.rgb.shape[:2]
    shown = visible(photo)
    # In place: one more copy of a huge picture would be felt.
    if painted.shape != shown.shape:
        enlarged = Picture(painted).resized(width, height).rgb
        painted = detailed(enlarged, painted, seen, shown, detail, out=enlarged)
    painted = transfer_color(painted, shown, color, color_strength, out=painted)
    painted = faded(painted, photo.rgb, strength, out=painted)
    if isinstance(style, Regions):
        painted = style.keep_photo(painted, photo.rgb, out=painted)
    return Picture(painted, photo.alpha)
