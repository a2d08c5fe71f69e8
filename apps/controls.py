"""What the user has set and does: keys and clicks become changes of the look, and all of it the window's view."""

import time
from dataclasses import replace

import cv2
import numpy as np

from adain.color import COLOR_MODES
from adain.errors import AdainError
from adain.smoother import SMOOTH_MODES
from adain.style import Style

from .camera import Camera
from .gallery import Gallery
from .live import LivePainter, Painting
from .outputs import Outputs
from .overlay import GREY, Text, Thumb, View

STRENGTH_STEP = CALM_STEP = 0.1
NOTICE = 2.5  # s for which a notice is shown
COLOR_NAMES = {
    "style": "of the style", "content": "of the picture", "lab": "of the picture (Lab)",
    "histogram": "of the picture (histogram)", "coral": "of the picture (covariance)",
}  # fmt: skip


class Controls:
    """Between the user and the rest. Used in the main thread.

    Args:
        shuffle: seconds after which the style changes by itself; None: never.

    Attributes:
        done: the user wants to quit.
        fullscreen: the user wants the window to fill the screen.
        picture: (H, W, 3) uint8 RGB, the painting as it is shown and recorded; None before the first.
    """

    def __init__(
        self, painter: LivePainter, gallery: Gallery, camera: Camera, outputs: Outputs, *, shuffle: float | None = None
    ) -> None:
        self.painter, self.gallery, self.camera, self.outputs, self.shuffle = painter, gallery, camera, outputs, shuffle
        self.done = self.fullscreen = False
        self.picture: np.ndarray | None = None
        self.changed = True  # something is to be drawn besides the next painting
        self._painting: Painting | None = None
        self._split: float | None = None  # share of the width that shows the camera's own picture
        self._overlay, self._help, self._blend = True, False, False
        self._notice: tuple[str, float] = ("", 0.0)
        self._style_since = time.monotonic()
        self._mix: tuple[Style, Style, Style] | None = None  # two styles and their blend

    def take(self, painting: Painting) -> None:
        """Have a new painting to show."""
        first, self._painting = self._painting is None, painting
        self._compose()
        if first:
            self._take_palette()

    def act(self, action: str) -> None:
        """Do what the user asked for: an action of `apps.keys`, with a value after a space where it has one."""
        name, _, value = action.partition(" ")
        method = getattr(self, f"_do_{name}")
        self.changed = True
        try:
            method(value) if value else method()
        except AdainError as error:  # a snapshot that cannot be written must not end the show
            self.notify(str(error))

    def notify(self, text: str) -> None:
        self._notice = text, time.monotonic()
        self.changed = True

    def update_style(self) -> None:
        """Let the painter know of a style that was chosen, or that has become ready. Call it often."""
        if self.shuffle and time.monotonic() - self._style_since > self.shuffle:
            self.gallery.shuffle()
            self._style_chosen()
        style, look = self._wanted_style(), self.painter.look
        if style and style is not look.style:
            self.painter.look = replace(look, style=style)

    def view(self, trouble: str, figures: tuple[Text, ...], machine: str) -> View:
        """What the window is to show; `figures` and `machine` are lines of the overlay."""
        if self._notice[0] and time.monotonic() - self._notice[1] > NOTICE:
            self._notice = "", 0.0
        look, entries = self.painter.look, self.gallery.entries
        index = min(self.gallery.index, len(entries) - 1)  # the folder of styles may have changed in between
        name = self.gallery.current.name + (f" + {self.gallery.after().name}" if self._blend else "")
        camera = self.camera.title + ("" if look.paused else f"   really {self.camera.rate():.0f}")
        settings = (
            f"strength {look.strength:.0%}   calm {look.calm:.0%}   colours {COLOR_NAMES[look.color]}   "
            f"smoothing {look.smooth}"
        )
        return View(
            picture=self.picture,
            info=((Text(name, 20),), figures, *((Text(line, 13, GREY),) for line in (settings, machine, camera))),
            notice=self._notice[0],
            trouble=trouble,
            recording=self.outputs.recording_time(),
            paused=look.paused,
            help=self._help,
            overlay=self._overlay,
            split=self._split is not None,
            thumbs=[Thumb(e.name, e.thumbnail, i, e.state) for i, e in enumerate(entries)],
            current=index,
            mark=(index + 1) % len(entries) if self._blend else None,
        )

    # ---------------------------------------------------------------- actions

    def _do_quit(self) -> None:
        self.done = True

    def _do_next(self) -> None:
        self.gallery.step(1)
        self._style_chosen()

    def _do_previous(self) -> None:
        self.gallery.step(-1)
        self._style_chosen()

    def _do_style(self, number: str) -> None:
        if int(number) <= len(self.gallery.entries):
            self.gallery.choose(int(number) - 1)
            self._style_chosen()

    def _do_blend(self) -> None:
        self._blend = not self._blend
        self.notify(f"Blended with {self.gallery.after().name}" if self._blend else "One style")

    def _do_stronger(self, by: float = STRENGTH_STEP) -> None:
        strength = round(min(max(self.painter.look.strength + by, 0.0), 1.0), 2)
        self._change(strength=strength)
        self.notify(f"Strength {strength:.0%}")

    def _do_weaker(self) -> None:
        self._do_stronger(-STRENGTH_STEP)

    def _do_calmer(self, by: float = CALM_STEP) -> None:
        if not self.painter.can_calm:
            return self.notify("This model has not learned calm strokes")
        calm = round(min(max(self.painter.look.calm + by, 0.0), 1.0), 2)
        self._change(calm=calm)
        self.notify(f"Calm {calm:.0%}")

    def _do_livelier(self) -> None:
        self._do_calmer(-CALM_STEP)

    def _do_color(self) -> None:
        color = following(COLOR_MODES, self.painter.look.color)
        self._change(color=color)
        self._take_palette()
        self.notify(f"Colours {COLOR_NAMES[color]}")

    def _do_smooth(self) -> None:
        smooth = following(SMOOTH_MODES, self.painter.look.smooth)
        self._change(smooth=smooth)
        self.notify(f"Smoothing {smooth}")

    def _do_mirror(self) -> None:
        mirror = not self.painter.look.mirror
        self._change(mirror=mirror)
        self.notify("Mirrored" if mirror else "Not mirrored")

    def _do_pause(self) -> None:
        self.camera.paused = not self.painter.look.paused
        self._change(paused=self.camera.paused)

    def _do_split(self, share: str = "") -> None:
        self._split = float(share) if share else 0.5 if self._split is None else None
        self._compose()

    def _do_snapshot(self) -> None:
        if self.picture is not None:
            self.notify(self.outputs.snapshot(self.picture, self.gallery.current.name))

    def _do_record(self) -> None:
        if self.picture is not None:
            height, width = self.picture.shape[:2]
            self.notify(self.outputs.toggle_recording(self.gallery.current.name, (width, height)))

    def _do_overlay(self) -> None:
        self._overlay = not self._overlay

    def _do_help(self) -> None:
        self._help = not self._help

    def _do_fullscreen(self) -> None:
        self.fullscreen = not self.fullscreen

    # ---------------------------------------------------------------- helpers

    def _change(self, **changes: object) -> None:
        self.painter.look = replace(self.painter.look, **changes)  # type: ignore[arg-type]

    def _compose(self) -> None:
        if self._painting:
            self.picture = compose(self._painting.content, self._painting.painted, self._split)

    def _style_chosen(self) -> None:
        entry = self.gallery.current
        self._style_since = time.monotonic()
        self._take_palette()
        if entry.error or not self._overlay:  # which shows the name
            self.notify(entry.error or entry.name)

    def _take_palette(self) -> None:
        """The mode "coral" is a matter of the style: it is encoded with the colours of the scene as it is now."""
        coral = self.painter.look.color == "coral" and self._painting
        self.gallery.recolor(self._painting.content if coral and self._painting else None)

    def _wanted_style(self) -> Style | None:
        """The style to paint in; None while it is being encoded."""
        entries = self.gallery.current, self.gallery.after()
        style, other = (e.recolored if self.painter.look.color == "coral" else e.style for e in entries)
        if style is None or other is None or not self._blend:
            return style
        if self._mix is None or self._mix[0] is not style or self._mix[1] is not other:
            self._mix = style, other, Style.blend([style, other])
        return self._mix[2]


def following(modes: tuple[str, ...], mode: str) -> str:
    return modes[(modes.index(mode) + 1) % len(modes)]


def compose(content: np.ndarray, painted: np.ndarray, split: float | None) -> np.ndarray:
    """The painting; with `split`, the camera's picture to the left of that share of the width, and a line between.

    Args:
        content, painted: (H, W, 3) uint8 RGB.
    """
    if split is None:
        return painted
    width = painted.shape[1]
    x = round(split * width)
    out = painted.copy()
    out[:, :x] = content[:, :x]
    thick = max(1, width // 640)
    cv2.line(out, (x, 0), (x, len(out)), (0, 0, 0), 3 * thick)
    cv2.line(out, (x, 0), (x, len(out)), (255, 255, 255), thick)
    return out
