"""What is drawn over the picture: panels of text that can be read on any background, and the strip of styles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .keys import KEYS

Color = tuple[int, int, int]  # RGB

WHITE, GREY, ACCENT, AMBER, RED = (255, 255, 255), (190, 196, 204), (90, 200, 250), (255, 204, 80), (255, 69, 58)
BACKGROUND: Color = (16, 18, 22)
SHADE = 200  # of 255: how much of a panel's background hides the picture; text keeps its contrast on white
STRIP_HEIGHT = 92  # px at scale 1
THUMB = (84, 63)  # px at scale 1
GAP = 6  # px at scale 1


class Text(NamedTuple):
    """A piece of a line."""

    text: str
    size: float = 15  # px at scale 1
    color: Color = WHITE
    column: float = 0  # px at scale 1 from the panel's left edge; 0: right after what stands before


class Thumb(NamedTuple):
    """A style in the strip."""

    name: str
    picture: np.ndarray | None  # (H, W, 3) uint8 RGB; None while it is being read
    number: int  # its place, counted from 0
    state: str = "…"  # what to say in its place


@dataclass(frozen=True)
class View:
    """What the window is to show."""

    picture: np.ndarray | None  # (H, W, 3) uint8 RGB; None before the first
    info: tuple[tuple[Text, ...], ...] = ()  # top left, while the overlay is on
    notice: str = ""  # top middle: what just happened
    trouble: str = ""  # top middle, in amber
    recording: str = ""  # top right, such as "0:12"
    paused: bool = False
    help: bool = False
    overlay: bool = True
    split: bool = False
    thumbs: Sequence[Thumb] = field(default_factory=list)  # all styles
    current: int = 0
    mark: int | None = None  # the style blended in


class Panel(NamedTuple):
    """A picture with soft edges, ready to be laid over another."""

    light: np.ndarray  # (H, W, 3) uint8 RGB, multiplied with its opacity
    clear: np.ndarray  # (H, W, 3) uint8, 255 where what lies below shows fully

    def draw(self, canvas: np.ndarray, x: int, y: int) -> None:
        """Lay the panel over (H, W, 3) uint8 RGB at x, y; what falls outside is left out."""
        height, width = self.light.shape[:2]
        left, top, right, bottom = (
            max(0, x),
            max(0, y),
            min(canvas.shape[1], x + width),
            min(canvas.shape[0], y + height),
        )
        if right <= left or bottom <= top:
            return
        below = canvas[top:bottom, left:right]
        part = slice(top - y, bottom - y), slice(left - x, right - x)
        canvas[top:bottom, left:right] = cv2.add(cv2.multiply(below, self.clear[part], scale=1 / 255), self.light[part])


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(size, 8))


@lru_cache(maxsize=64)
def make_panel(
    lines: tuple[tuple[Text, ...], ...], scale: float = 1.0, *, shade: int = SHADE, border: Color | None = None
) -> Panel:
    """Lay out lines of text on a dark, rounded, translucent ground."""
    padding, leading = round(12 * scale), 1.45
    heights = [round(max((t.size for t in line), default=15) * scale * leading) for line in lines]
    places: list[tuple[float, float, Text]] = []
    width, y = 0.0, float(padding)
    for line, height in zip(lines, heights):
        x = 0.0
        for text in line:
            x = max(x, text.column * scale)
            places.append((x, y + height / 2, text))
            x += font(round(text.size * scale)).getlength(text.text)
        width, y = max(width, x), y + height
    size = round(width) + 2 * padding, round(y) + padding
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    box = (0, 0, size[0] - 1, size[1] - 1)
    draw.rounded_rectangle(box, round(9 * scale), (*BACKGROUND, shade), outline=border, width=max(1, round(scale)))
    for x, middle, text in places:
        draw.text((padding + x, middle), text.text, text.color, font(round(text.size * scale)), anchor="lm")
    return to_panel(image)


def to_panel(image: Image.Image) -> Panel:
    """An RGBA picture as a panel."""
    rgba = np.asarray(image)
    alpha = np.repeat(rgba[..., 3:], 3, axis=2)
    return Panel(cv2.multiply(np.ascontiguousarray(rgba[..., :3]), alpha, scale=1 / 255), 255 - alpha)


def help_panel(scale: float) -> Panel:
    lines = [(Text("Keys", 20),), *((Text(k.keys, 15, ACCENT), Text(k.meaning, 15, WHITE, 130)) for k in KEYS)]
    lines += [(Text("Click a style in the strip to take it.", 13, GREY),)]
    return make_panel(tuple(lines), scale, shade=225)


def strip_window(count: int, current: int, width: int, scale: float) -> tuple[int, int, int]:
    """Which styles fit into the strip: the first, how many, and the x of the first."""
    step = round((THUMB[0] + GAP) * scale)
    fitting = max(1, min(count, (width - round(GAP * scale)) // step))
    first = min(max(0, current - fitting // 2), count - fitting)
    return first, fitting, (width - fitting * step + round(GAP * scale)) // 2


def strip_hit(count: int, current: int, width: int, scale: float, x: int) -> int | None:
    """Which style lies at x; None between and beside them."""
    first, fitting, left = strip_window(count, current, width, scale)
    place, rest = divmod(x - left, round((THUMB[0] + GAP) * scale))
    return first + place if 0 <= place < fitting and rest < round(THUMB[0] * scale) else None


def draw_strip(
    thumbs: Sequence[Thumb], width: int, scale: float, *, current: int, total: int, mark: int | None = None
) -> np.ndarray:
    """The strip of styles, (STRIP_HEIGHT, width, 3) uint8 RGB.

    Args:
        thumbs: those that `strip_window` says.
        current, mark: places of the chosen style and of the one blended in.
        total: how many styles there are.
    """
    height = round(STRIP_HEIGHT * scale)
    image = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(image)
    w, h = round(THUMB[0] * scale), round(THUMB[1] * scale)
    _, _, left = strip_window(total, current, width, scale)
    small = font(round(11 * scale))
    for place, thumb in enumerate(thumbs):
        x, y = left + place * round((THUMB[0] + GAP) * scale), round(6 * scale)
        if thumb.picture is not None:
            image.paste(Image.fromarray(cv2.resize(thumb.picture, (w, h), interpolation=cv2.INTER_AREA)), (x, y))
        else:
            draw.rectangle((x, y, x + w - 1, y + h - 1), (44, 48, 54))
            draw.text((x + w / 2, y + h / 2), thumb.state, GREY, small, anchor="mm")
        if thumb.number in (current, mark):
            color, edge = (ACCENT if thumb.number == current else GREY), max(2, round(3 * scale))
            draw.rectangle((x - edge + 1, y - edge + 1, x + w + edge - 2, y + h + edge - 2), outline=color, width=edge)
        if thumb.number < 9:
            badge = (x + 2, y + 2, x + round(16 * scale), y + round(17 * scale))
            draw.rounded_rectangle(badge, round(3 * scale), BACKGROUND)
            middle = ((badge[0] + badge[2]) / 2, (badge[1] + badge[3]) / 2)
            draw.text(middle, str(thumb.number + 1), WHITE, small, anchor="mm")
        color = WHITE if thumb.number == current else GREY
        draw.text((x + w / 2, y + h + round(11 * scale)), shortened(thumb.name, small, w), color, small, anchor="mm")
    return np.array(image)


def shortened(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """The text, or as much of its beginning as fits into `width` px."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
