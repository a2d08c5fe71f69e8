"""Pictures in place of a video: numbered ones, and those that one file holds."""

import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import accumulate
from math import lcm
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from adain.errors import VideoError
from adain.folders import files_in, names_folder
from adain.picture import DAMAGE, READABLE, read_picture, to_srgb

from .frame import PICTURE_RATE, Frame, resampled

# FFmpeg reads no animated WebP, and of a PNG with a colour profile only the first picture.
ANIMATIONS = (".webp", ".png", ".apng")
NUMBER = re.compile(r"%\d*d")  # in a pattern
UNTOLD = 100  # ms a picture is shown where the file says 0, as browsers have it


class Alone:
    """What pictures lack of a video: other tracks, and what is told of them; see `VideoReader`."""

    aspect = Fraction(1)

    def __init__(self) -> None:
        self.tracks: list[Any] = []
        self.attachments: list[Any] = []
        self.metadata: dict[str, str] = {}
        self.chapters: list[Any] = []
        self.damage: str | None = None

    def close(self) -> None:
        """Nothing is held open."""


class PictureReader(Alone):
    """Numbered pictures, or a folder of pictures by name, as a video."""

    def __init__(
        self, source: str, *, start: Fraction | None = None, end: Fraction | None = None, rate: Fraction | None = None
    ) -> None:
        super().__init__()
        self.rate = rate or PICTURE_RATE
        self.clock = 1 / self.rate
        paths = numbered(source)
        if not paths:
            raise VideoError(f"{source}: no pictures there; want files such as 0001.png")
        first = round((start or 0) * self.rate)
        last = None if end is None else round(end * self.rate)
        self.paths = paths[first:last]
        self.length = len(self.paths)

    def __iter__(self) -> Iterator[Frame]:
        for count, path in enumerate(self.paths):
            picture = read_picture(path)
            yield Frame(picture.rgb, count / self.rate, 1 / self.rate, picture.alpha)


class AnimationReader(Alone):
    """An animated WebP or PNG as a video, at its own times; a picture that does not move is one frame."""

    def __init__(
        self, source: str, *, start: Fraction | None = None, end: Fraction | None = None, rate: Fraction | None = None
    ) -> None:
        super().__init__()
        self.resample = rate is not None
        try:
            self.image: Any = opened(source)
            self.first = int(getattr(self.image, "default_image", False))  # a PNG's, for those who see no animations
            durations = self._durations()
        except (Image.DecompressionBombError, *DAMAGE) as error:
            raise VideoError(f"{source}: cannot be read as a video ({error}); get a whole copy of the file") from error
        *begins, total = accumulate(durations, initial=Fraction(0))
        start = start or Fraction(0)
        self.shown = [  # number, time, duration
            (number, begin - start, duration)
            for number, (begin, duration) in enumerate(zip(begins, durations), self.first)
            if start <= begin and (end is None or begin < end)
        ]
        self.rate = rate or (len(durations) / total if total else PICTURE_RATE)
        times = [time for _, time, _ in self.shown]
        self.clock = Fraction(1, lcm(self.rate.numerator, *(t.denominator for t in [*times, *durations])))
        length = sum((duration for _, _, duration in self.shown), Fraction(0))
        self.length = round(length * rate) if rate else len(self.shown)

    def _durations(self) -> list[Fraction]:
        """How long each picture is shown, s; which the decoder says when it has come to it."""
        found: list[Fraction] = []
        for number in range(self.first, self.image.n_frames):
            try:
                self._go_to(number)
            except DAMAGE as error:
                self.damage = f"cut short: {len(found)} of {self.image.n_frames} pictures are there ({error})"
                break
            milliseconds = Fraction(self.image.info.get("duration") or UNTOLD).limit_denominator(1000)
            found.append(milliseconds / 1000)
        return found

    def _go_to(self, number: int) -> None:
        self.image.seek(number)
        self.image.load()

    def close(self) -> None:
        self.image.close()

    def __iter__(self) -> Iterator[Frame]:
        items = self._frames()
        return resampled(items, self.rate) if self.resample else items

    def _frames(self) -> Iterator[Frame]:
        for number, time, duration in self.shown:
            self._go_to(number)
            picture = to_srgb(ImageOps.exif_transpose(self.image))  # a copy
            yield Frame(picture.rgb, time, duration, picture.alpha)


def is_pictures(source: str) -> bool:
    """Whether a name stands for pictures rather than for one file: a folder, or a pattern such as %04d.png."""
    return names_folder(source) or is_pattern(source)


def is_pattern(source: str) -> bool:
    """Whether it is one as in frames/%04d.png; "100%dance.mp4" is a video."""
    path = Path(source)
    return NUMBER.search(path.name) is not None and path.suffix.lower() in READABLE and not names_folder(source)


def picture_name(pattern: str, number: int) -> str:
    """What a pattern such as %04d.png calls a picture."""
    return NUMBER.sub(lambda found: found[0] % number, pattern, count=1)


def numbered(source: str) -> list[Path]:
    """The pictures of a folder by name, or those that a pattern such as "frames/%04d.png" stands for, by number."""
    path = Path(source)
    if not is_pattern(source):
        return files_in(path, READABLE)
    before, after = NUMBER.split(path.name, maxsplit=1)
    pattern = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    found = [(int(m[1]), p) for p in path.parent.glob("*") if (m := pattern.fullmatch(p.name))]
    return [p for _, p in sorted(found)]


def moves(path: str) -> bool:
    """Whether a picture file holds an animation. (A telephone's JPEG may hold several pictures, which is none.)"""
    if Path(path).suffix.lower() not in (*ANIMATIONS, ".gif"):
        return False
    with suppress(Image.DecompressionBombError, *DAMAGE), opened(path) as image:
        return bool(getattr(image, "is_animated", False))
    return False


def opened(path: str) -> Image.Image:
    """By Pillow, without its warning of large pictures; where they are beyond use it raises as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(path)


def is_animation(source: str) -> bool:
    """Whether it is a file of a kind that may be an animation and is read by Pillow."""
    return Path(source).suffix.lower() in ANIMATIONS and Path(source).is_file()
