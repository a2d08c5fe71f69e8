"""How to paint, as the command line says it: the same for pictures, folders, video and webcam.

Torch is not imported here: wrong options are told before torch is loaded.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from adain.color import COLOR_MODES
from adain.errors import OptionError
from adain.models import BACKENDS, DEFAULT_BACKEND, DEFAULT_MODEL
from adain.smoother import DEFAULT_SMOOTH, SMOOTH_MODES

SMALLEST_SIZE, SMALLEST_TILE = 16, 128  # px; the library checks them too, but only once torch is loaded


@dataclass(frozen=True, kw_only=True)
class PaintOptions:
    """None leaves a choice to the library.

    Raises:
        OptionError: an option is out of range.
    """

    strength: float = 1.0
    size: int | None = None  # px, long side to work at; 0: the photo's own
    detail: float = 1.0
    style_size: int | None = None  # px
    style_scale: float = 1.0  # of the strokes
    calm: float | None = None  # of the strokes too, 0..1; None: 0, but for what moves `MOVING_CALM`
    color: str = "style"
    color_strength: float = 1.0
    feather: float | None = None  # % of the long side
    tile: str = "auto"  # or "off", or px
    model: str = DEFAULT_MODEL
    device: str = "auto"
    backend: str = DEFAULT_BACKEND

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise OptionError(f"got --backend {self.backend!r}; want {', '.join(BACKENDS)}")
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
        names = "strength", "color", "color_strength", "detail"
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class ResultOptions(PaintOptions):
    """How to paint, and what to do with the results."""

    output_size: int | None = None  # px, long side; None: the content's
    overwrite: bool = False


@dataclass(frozen=True)
class Encoding:
    """How to encode; None leaves it to what suits the file's kind."""

    codec: str | None = None  # FFmpeg's name of an encoder, or "hardware"
    crf: int | None = None  # constant rate factor: smaller is better and larger
    preset: str | None = None


@dataclass(frozen=True, kw_only=True)
class VideoOptions(ResultOptions):
    """How to paint a video, and what to make of it."""

    smooth: str = DEFAULT_SMOOTH
    two_pass: bool = False
    start: Fraction | None = None  # s
    end: Fraction | None = None  # s
    rate: Fraction | None = None  # frames a second; None: the video's own times
    encoding: Encoding = field(default_factory=Encoding)
    preview: int | None = None  # every n-th frame as PNG
    resume: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.smooth not in SMOOTH_MODES:
            raise OptionError(f"got --smooth {self.smooth!r}; want {', '.join(SMOOTH_MODES)}")
        if self.end is not None and self.end <= (self.start or 0):
            raise OptionError(f"got --end {float(self.end):g} s, which is not after --start; nothing would be left")
