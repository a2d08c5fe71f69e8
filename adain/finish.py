"""The last touch to a painting: the photo's size, and what of the photo shall stay."""

import numpy as np

from .color import transfer_color
from .convert import visible
from .picture import Picture
from .regions import Regions
from .style import Style


def finished(
    painted: np.ndarray, photo: Picture, style: Style | Regions, *, color: str, color_strength: float
) -> Picture:
    """A painting brought to the size of its photo, with the colours, the kept region and the alpha it shall have.

    What `painted` holds is lost.
    """
    height, width = photo.rgb.shape[:2]
    if painted.shape != photo.rgb.shape:
        painted = Picture(painted).resized(width, height).rgb
    # In place: one more copy of a huge picture would be felt.
    painted = transfer_color(painted, visible(photo), color, color_strength, out=painted)
    if isinstance(style, Regions):
        painted = style.keep_photo(painted, photo.rgb, out=painted)
    return Picture(painted, photo.alpha)
