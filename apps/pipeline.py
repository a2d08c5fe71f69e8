"""The stages of `adain video`.

A frame's way: `open_reader` decodes it in one thread, `_painted` runs the network on it in another, and the calling
thread steadies it (`FrameStylizer.finish`) and hands it to the writer. Packets of sound and subtitles travel with the
frames and keep their place.
"""

import hashlib
import itertools
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from av import Packet

from adain.errors import OptionError, VideoError
from adain.frames import FrameStylizer, Painted
from adain.picture import Picture, scale_to, write_picture
from adain.regions import Regions
from adain.shots import Shot, ShotStatistics
from adain.style import Style

from .ahead import Ahead
from .frame import Frame
from .journal import Journal
from .machine import share_cores
from .options import VideoOptions
from .painter import Painter
from .progress import progress_bar
from .reader import Reader, open_reader
from .timeline import Keyframe, style_at
from .writer import SEGMENT, frames_in, open_writer, part_of, place_of, put_in_place

ROOM = 8  # items that wait between two stages
BATCH = {"cuda": 8}  # frames the network paints at once; 1 elsewhere; a divisor of SEGMENT


class Interrupted(Exception):  # noqa: N818
    """The user pressed Ctrl-C; the part holds what was painted."""


class Done(NamedTuple):
    """A frame that is in an earlier run's part already."""

    frame: Frame


class Fresh(NamedTuple):
    """A frame out of the network, with the memory to go on from where a segment ends."""

    frame: Frame
    painted: Painted
    state: dict[str, np.ndarray] | None


class Pipeline:
    """One video on its way from source to output; arguments as in `apps.video.stylize_video`.

    Attributes:
        stopped: set it, and `run` finishes the part and raises `Interrupted`.
    """

    def __init__(
        self,
        source: str,
        output: str,
        keyframes: list[Keyframe],
        options: VideoOptions,
        *,
        painter: Painter,
        notify: Callable[[str], None],
        bars: bool,
    ) -> None:
        self.source, self.output, self.options, self.painter, self.notify = source, output, options, painter, notify
        self.bars = bars
        self.stopped = threading.Event()
        self.keyframes = keyframes
        self.times = [keyframe.time for keyframe in keyframes]
        self.styles: list[Style | Regions] = []
        self.shots: list[Shot] = []
        self.batch = BATCH.get(painter.stylizer.device.type, 1)
        self.held = 0  # frames that an interrupted run has done
        self.part = part_of(output)
        self.before = self.part.with_name(f"{self.part.stem}.before{self.part.suffix}")

    def run(self) -> dict[str, Any]:
        """Paint the video and put it in place; gives a report."""
        share_cores()
        reader = self._open()
        try:
            items = self._of_one_size(reader)
            first, early = first_frame(items)
            if first is None:
                raise VideoError(f"{self.source}: {self._no_frame(reader.damage)}")
            self._encode_styles(first)
            if self.options.two_pass:
                self._look_first(reader.length)
            self.frames = FrameStylizer(
                self.painter.stylizer,
                self.styles[0],
                size=self.painter.size,
                tile=self.options.tiles,
                smooth=self.options.smooth,
                **self.options.finish,
            )
            self.journal = Journal(self.part, self._fingerprint())
            before = self._take_up() if self.options.resume else self._start_anew()
            height, width = first.rgb.shape[:2]
            self.writer = open_writer(self.output, reader, (width, height), self.options.encoding, before=before)
            for line in self.writer.notes:
                self.notify(line)
            self._write(itertools.chain(early, items), reader.length)
        finally:
            reader.close()
        if self.stopped.is_set():
            after = (
                "--resume goes on from there" if self.writer.resumable else "a file of this kind can only be begun anew"
            )
            raise Interrupted(f"{self.part} holds the first {self.writer.frames} frames; {after}")
        put_in_place(self.writer, self.output)
        self._start_anew()
        stylizer = self.painter.stylizer
        report = {
            "content": self.source, "output": self.output, "frames": self.writer.frames, "width": width,
            "height": height, "model": stylizer.model, "device": str(stylizer.device), "dtype": stylizer.dtype_name,
            "backend": stylizer.backend,
        }  # fmt: skip
        if reader.damage:
            report["error"] = f"{self.source}: {reader.damage}; what could be read is in {self.output}"
        return report

    def _open(self) -> Reader:
        return open_reader(self.source, start=self.options.start, end=self.options.end, rate=self.options.rate)

    def _of_one_size(self, items: Iterable[Frame | Packet]) -> Iterator[Frame | Packet]:
        """Frames at the size asked for, or else at that of the first: some streams change theirs on the way."""
        size: tuple[int, int] | None = None
        for item in items:
            if isinstance(item, Frame):
                height, width = item.rgb.shape[:2]
                size = size or scale_to(width, height, self.options.output_size)
                yield item if size == (width, height) else resized(item, size)
            else:
                yield item

    def _no_frame(self, damage: str | None) -> str:
        """Why there is nothing to paint, and what can be done."""
        if self.options.start and not damage:
            return f"got --start {float(self.options.start):g} s, where it has ended already; choose an earlier moment"
        return (
            f"not one frame can be read ({damage or 'there is none'}); get a whole copy of the file, or convert it if "
            "FFmpeg cannot decode its kind"
        )

    def _encode_styles(self, first: Frame) -> None:
        photo = Picture(first.rgb) if self.options.color == "coral" else None
        self.styles = [self.painter.style_for(keyframe.recipe, photo, moving=True) for keyframe in self.keyframes]

    def style_at(self, moment: Fraction) -> Style | Regions:
        return style_at(moment, self.times, self.styles)

    def _look_first(self, length: int | None) -> None:
        """The first of two passes."""
        if self.source == "-":
            raise OptionError("stdin can be read only once; give a file, or leave --two-pass out")
        statistics = ShotStatistics(self.painter.stylizer, size=self.painter.size, tile=self.options.tiles)
        reader = self._open()
        try:
            with (
                progress_bar("looking", length, disable=not self.bars) as advance,
                Ahead(self._of_one_size(reader), ROOM) as items,
            ):
                for item in items:
                    if isinstance(item, Frame):
                        statistics.add(item.rgb, self.style_at(item.time))
                        advance()
                    if self.stopped.is_set():
                        raise Interrupted("nothing was written yet")
        finally:
            reader.close()
        self.shots = statistics.shots()

    def _start_anew(self) -> Path | None:
        """Remove what an earlier run left beside its part."""
        self.journal.clear()
        self.before.unlink(missing_ok=True)
        return None

    def _take_up(self) -> Path | None:
        """Restore the state of an interrupted run; gives the file that holds its frames, None for a new start."""
        if self.journal.foreign():
            raise OptionError(
                f"{self.part}: was begun with other options, styles or video; repeat those, or drop --resume"
            )
        for count, state in self.journal.entries():
            for part in (self.before, self.part):
                if frames_in(part) >= count:
                    self.frames.restore(unprefixed(state, "frames."))
                    self.frames.smoother.restore(unprefixed(state, "smoother."))
                    self.journal.turn, self.held = count // SEGMENT, count
                    return part.replace(self.before) if part.is_file() else part
        self.notify(f"{self.part}: nothing to go on from; starting anew")
        return self._start_anew()

    def _fingerprint(self) -> str:
        """Of all that shapes the result."""
        about: list[object] = [self.source, self.times, SEGMENT, self.batch, self.painter.stylizer.dtype_name]
        if self.source != "-" and Path(self.source).is_file():
            about += [Path(self.source).stat().st_size, Path(self.source).stat().st_mtime_ns]
        ignored = ("overwrite", "resume", "preview")
        about += [(name, value) for name, value in sorted(vars(self.options).items()) if name not in ignored]
        digest = hashlib.sha256(repr(about).encode())
        for style in self.styles:
            painted: Style = style if isinstance(style, Style) else style.style
            if isinstance(style, Regions):
                digest.update(style.masks.tobytes())
                digest.update(b"" if style.keep is None else style.keep.tobytes())
            for part in painted.tensors().values():
                digest.update(part.float().numpy().tobytes())
        return digest.hexdigest()

    def _write(self, items: Iterable[Frame | Packet], length: int | None) -> None:
        """The last stage, in the calling thread; closes the writer."""
        try:
            with (
                progress_bar(f"painting {Path(self.source).name}", length, disable=not self.bars) as advance,
                Ahead(items, ROOM) as decoded,
                Ahead(self._painted(decoded), ROOM) as painted,
            ):
                for item in painted:
                    if isinstance(item, Packet):
                        self.writer.copy(item)
                        continue
                    if isinstance(item, Done):
                        self.writer.carry(item.frame)
                    else:
                        self._finish(item)
                    advance()
                    if self.stopped.is_set():
                        break
            self.writer.close()
        except BaseException:
            self.writer.abandon()
            raise

    def _painted(self, items: Iterable[Frame | Packet]) -> Iterator[Done | Fresh | Packet]:
        """The network's stage: frames are gathered into batches; what lies between them keeps its place."""
        waiting: list[Frame | Packet] = []
        count = gathered = 0
        for item in items:
            if isinstance(item, Frame):
                count += 1
                if count <= self.held:
                    yield Done(item)
                    continue
                gathered += 1
            elif not waiting:
                yield item
                continue
            waiting.append(item)
            if gathered == self.batch:
                yield from self._paint(waiting, count - gathered)
                waiting, gathered = [], 0
        yield from self._paint(waiting, count - gathered)

    def _paint(self, waiting: list[Frame | Packet], number: int) -> Iterator[Fresh | Packet]:
        """One batch; `number` is that of its first frame."""
        batch = [item for item in waiting if isinstance(item, Frame)]
        if not batch:
            yield from (item for item in waiting if isinstance(item, Packet))
            return
        own = None
        if self.shots:
            firsts = [shot.first for shot in self.shots]
            own = [self.shots[bisect_right(firsts, number + i) - 1].own for i in range(len(batch))]
        styles = [self.style_at(frame.time) for frame in batch]
        painted = iter(self.frames.paint([frame.rgb for frame in batch], styles, own))
        # A batch ends where a segment ends, or before: the state after it is that after its last frame.
        state = self.frames.state() if (number + len(batch)) % SEGMENT == 0 else None
        for item in waiting:
            if isinstance(item, Packet):
                yield item
                continue
            number += 1
            yield Fresh(item, next(painted), state if number % SEGMENT == 0 else None)

    def _finish(self, item: Fresh) -> None:
        rgb, writer = self.frames.finish(item.painted), self.writer
        if self.options.preview and writer.frames % self.options.preview == 0:
            place = place_of(self.output)
            place = place.with_name(f"{place.stem}_preview_{writer.frames:06d}.png")
            write_picture(Picture(rgb, item.frame.alpha), place, overwrite=True)
        writer.write(item.frame._replace(rgb=rgb))
        if item.state is not None and writer.resumable:
            smoother = {f"smoother.{name}": value for name, value in self.frames.smoother.state().items()}
            self.journal.save(
                writer.frames, {**smoother, **{f"frames.{name}": value for name, value in item.state.items()}}
            )


def unprefixed(state: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def first_frame(items: Iterator[Frame | Packet]) -> tuple[Frame | None, list[Frame | Packet]]:
    """The first frame, and all items up to and with it."""
    early: list[Frame | Packet] = []
    for item in items:
        early.append(item)
        if isinstance(item, Frame):
            return item, early
    return None, early


def resized(frame: Frame, size: tuple[int, int]) -> Frame:
    """A frame at another width and height."""
    method = cv2.INTER_AREA if size[0] < frame.rgb.shape[1] else cv2.INTER_CUBIC
    alpha = None if frame.alpha is None else cv2.resize(frame.alpha, size, interpolation=method)
    return frame._replace(rgb=cv2.resize(frame.rgb, size, interpolation=method), alpha=alpha)
