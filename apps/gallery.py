"""The styles to choose from: encoded ahead of use, and those of a folder as they come and go."""

import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from adain.builtin import find_style, is_builtin, list_styles
from adain.errors import AdainError, OptionError, StyleError
from adain.folders import files_in
from adain.picture import READABLE, Picture, read_picture
from adain.saved import SAVED_SUFFIX
from adain.style import Style
from adain.stylizer import STYLE_SIZE, Stylizer

THUMBNAIL = (96, 72)  # px, width and height
AHEAD = 12  # styles to either side of the current one that are kept ready
WATCH = 1.0  # s between looks into the folder
BREATH = 0.1  # s between two styles encoded ahead, so that painting goes on


@dataclass
class Entry:
    """A style in the gallery. Filled in by the gallery's thread; `style` comes last."""

    path: Path
    stamp: tuple[int, int] = (0, 0)  # change time and bytes of the file
    thumbnail: np.ndarray | None = None  # (72, 96, 3) uint8 RGB
    style: Style | None = None
    recolored: Style | None = None  # encoded with the colours of the gallery's palette
    error: str = ""
    name: str = field(init=False)

    @property
    def state(self) -> str:
        """What to say in the place of a thumbnail that there is not."""
        return "unreadable" if self.error else "saved" if self.style else "…"

    def __post_init__(self) -> None:
        self.name = self.path.stem


class Gallery:
    """A list of styles with one of them chosen, and a thread that encodes the nearest first. A context manager.

    Args:
        stylizer: encodes the styles.
        names: pictures, or built-in or saved styles; with no folder and no names, all built-in styles.
        folder: its pictures are styles too, also those that are dropped in later.
        size: long side in px at which styles are looked at.
        scale: of the strokes, as in `Stylizer.encode_style`.

    Raises:
        StyleError: an unknown name, a missing folder, or nothing to choose from.
        PictureError: the first style cannot be read.
    """

    def __init__(
        self,
        stylizer: Stylizer,
        names: list[str],
        *,
        folder: Path | None = None,
        size: int = STYLE_SIZE,
        scale: float = 1.0,
    ) -> None:
        if folder and not folder.is_dir():
            raise StyleError(f"{folder}: no such folder of styles; make it, or give pictures with --style")
        self.entries: tuple[Entry, ...] = ()  # replaced as a whole
        self.index = 0
        self.size, self.scale = size, scale
        self._palette: np.ndarray | None = None
        self._stylizer = stylizer
        self._fixed = [Entry(find_style(name)) for name in (names if names or folder else list_styles())]
        self._folder = folder
        self._looked = 0.0
        self._over = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gallery", daemon=True)
        self._refresh(settled=False)
        if not self.entries:
            raise StyleError(f"{folder}: no picture to take a style from; want {', '.join(READABLE)}")

    def __enter__(self) -> "Gallery":
        """Encode the first style and start on the others."""
        self.first()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._wake.set()
        self._thread.join()

    def first(self) -> Style:
        """The style to begin with: the first that can be read."""
        for index, entry in enumerate(self.entries):
            if entry.style is None:
                self._prepare(entry)
            if entry.style:
                self.index = index
                return entry.style
        raise StyleError(self.entries[0].error)

    @property
    def current(self) -> Entry:
        entries = self.entries
        return entries[min(self.index, len(entries) - 1)]

    def choose(self, index: int) -> None:
        """Choose a style by its place, counted round at the ends."""
        self.index = index % len(self.entries)
        self._wake.set()

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) style that can be used."""
        for _ in self.entries:
            self.choose(self.index + by)
            if not self.current.error:
                return

    def shuffle(self) -> None:
        """Go to any other style that is ready."""
        others = [i for i, e in enumerate(self.entries) if e.style and i != self.index]
        if others:
            self.choose(random.choice(others))

    def recolor(self, palette: np.ndarray | None) -> None:
        """Have the current style and the next encoded with the colours of a picture too, (H, W, 3) uint8 RGB."""
        self._palette = palette
        for entry in self.entries:
            entry.recolored = None
        self._wake.set()

    def after(self) -> Entry:
        """The style after the current one."""
        entries = self.entries
        return entries[(self.index + 1) % len(entries)]

    def _run(self) -> None:
        while not self._over.is_set():
            self._wake.clear()
            if self._folder and time.monotonic() - self._looked > WATCH:
                self._refresh(settled=True)
            self._recolor_current()
            waiting = self._nearest_unready()
            if waiting:
                self._prepare(waiting)
            # The chosen style is wanted at once; the others can wait until frames have been painted.
            self._wake.wait(BREATH if waiting else WATCH if self._folder else None)

    def _nearest_unready(self) -> Entry | None:
        entries, count = self.entries, len(self.entries)
        for distance in range(min(AHEAD, count // 2) + 1):
            for side in (1, -1):
                entry = entries[(self.index + side * distance) % count]
                if entry.style is None and not entry.error:
                    return entry
        # Those the number keys name, and then thumbnails for the strip come with them.
        return next((e for e in entries[:9] if e.style is None and not e.error), None)

    def _recolor_current(self) -> None:
        palette = self._palette
        if palette is None:
            return
        for entry in (self.current, self.after()):
            if entry.style and entry.recolored is None:
                try:
                    style = self._encoded(entry.path, size=self.size, name=entry.name, color_of=palette)
                except OptionError:  # saved as statistics, which have no colours to change
                    style = entry.style
                except AdainError as error:  # the file has gone since
                    entry.error = str(error)
                    continue
                if palette is self._palette:
                    entry.recolored = style

    def _prepare(self, entry: Entry) -> None:
        try:
            if entry.path.suffix == SAVED_SUFFIX:
                entry.style = self._encoded(entry.path)
                return
            picture = read_picture(entry.path)
            entry.thumbnail = make_thumbnail(picture)
            source = entry.path if is_builtin(entry.path) else picture  # known by its file; others are not read twice
            entry.style = self._encoded(source, size=self.size, name=entry.name)
        except AdainError as error:
            entry.error = str(error)

    def _encoded(self, source: Path | Picture, **how: Any) -> Style:
        return self._stylizer.encode_style(source, scale=self.scale, **how)

    def _refresh(self, *, settled: bool) -> None:
        """Take in what is in the folder now; with `settled`, pictures that are still being written wait."""
        self._looked = time.monotonic()
        known = {(e.path, e.stamp): e for e in self.entries}
        found = []
        for path in files_in(self._folder, READABLE) if self._folder else []:
            try:
                status = path.stat()
            except OSError:  # gone between listing and looking
                continue
            stamp = (status.st_mtime_ns, status.st_size)
            old = known.get((path, stamp))
            if old or not settled or time.time() - status.st_mtime > WATCH:
                found.append(old or Entry(path, stamp))
        chosen = self.current if self.entries else None
        entries = (*self._fixed, *found)
        if entries and entries != self.entries:
            place = next((i for i, e in enumerate(entries) if chosen and e.path == chosen.path), None)
            # Places first: a reader in between sees a neighbour, never an index that does not exist.
            self.index = min(self.index, len(entries) - 1) if place is None else place
            self.entries = entries


def make_thumbnail(picture: Picture) -> np.ndarray:
    """The middle of a picture, (72, 96, 3) uint8 RGB."""
    height, width = picture.rgb.shape[:2]
    scale = min(width / THUMBNAIL[0], height / THUMBNAIL[1])
    w, h = max(1, min(width, round(THUMBNAIL[0] * scale))), max(1, min(height, round(THUMBNAIL[1] * scale)))
    x, y = (width - w) // 2, (height - h) // 2
    return cv2.resize(picture.rgb[y : y + h, x : x + w], THUMBNAIL, interpolation=cv2.INTER_AREA)
