"""How to paint, as the command line says it: the same for pictures, folders, video and webcam.

Torch is not imported here: wrong options are told before torch is loaded.
"""

from dataclasses import dataclass
from typing import Any

from adain.color import COLOR_MODES
from adain.errors import OptionError
from adain.models import DEFAULT_MODEL

SMALLEST_SIZE, SMALLEST_TILE = 16, 128  # px; the library checks them too, but only once torch is loaded


@dataclass(frozen=True, kw_only=True)
class PaintOptions:
    """None leaves a choice to the library.

    Raises:
        OptionError: an option is out of range.
    """

    strength: float = 1.0
    size: int | None = None  # px, long side to work at; 0: the photo's own
    style_size: int | None = None  # px
    style_scale: float = 1.0  # of the strokes
    color: str = "style"
    color_strength: float = 1.0
    feather: float | None = None  # % of the long side
    tile: str = "auto"  # or "off", or px
    model: str = DEFAULT_MODEL
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.size and self.size < SMALLEST_SIZE:
            raise OptionError(f"got --size {self.size}; want at least {SMALLEST_SIZE} px, or 0 for the photo's own")
        if self.tile not in ("auto", "off") and not (self.tile.isdigit() and int(self.tile) >= SMALLEST_TILE):
            raise OptionError(f"got --tile {self.tile!r}; want auto, off, or at least {SMALLEST_TILE} (px)")
        if self.color not in COLOR_MODES:
            raise OptionError(f"got --color {self.color!r}; want {', '.join(COLOR_MODES)}")

    @property
    def tiles(self) -> int | str | None:
        """`tile` as the library takes it."""
        return int(self.tile) if self.tile.isdigit() else {"auto": "auto", "off": None}[self.tile]

    @property
    def finish(self) -> dict[str, Any]:
        """What every way of stylizing takes."""
        return {"strength": self.strength, "color": self.color, "color_strength": self.color_strength}
