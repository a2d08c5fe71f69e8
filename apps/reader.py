"""Reading videos: upright frames in display order with exact times, and the packets of the other tracks untouched."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any, BinaryIO

import av
import numpy as np
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import Colorspace

from adain.errors import VideoError
from adain.picture import OPAQUE

from .fields import Progressive
from .frame import PICTURE_RATE, Frame, resampled
from .hdr import Ordinary, is_wide
from .stills import AnimationReader, PictureReader, is_animation, is_pictures

HD_HEIGHT = 720  # px; from here on, video that does not say so is BT.709, below BT.601
SHORT = Fraction(1, 2)  # s; a file that ends this much before its length says was cut off
LATE = 10  # s; tracks are read this far beyond --end, as they need not be interleaved tightly
WITH_INDEX = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # what MP4 and MOV begin with, after 4 bytes
UNSPECIFIED = 2  # the colour matrix of video that does not say
WITH_NAMES = ("png", "apng")  # codecs whose frames may name a colour profile: PyAV 18 frees that twice, and all ends
BROKEN = (av.error.InvalidDataError, av.error.EOFError, OSError, av.error.FFmpegError)


class VideoReader:
    """A video as an iterator of `Frame`s and, for tracks to be copied, of packets, in the order of the file.

    Args:
        source: a file, URL, "-" for stdin, folder of pictures, or numbered pictures such as "frames/%04d.png".
        start, end: s; what lies outside is left out, and `start` becomes time 0.
        rate: frames a second to deliver instead of the video's own: frames are left out or repeated.

    Attributes:
        rate: frames a second, nominal.
        clock: s, of which every time and duration is a multiple, exactly.
        length: number of frames to come, as far as the file says; None where it does not.
        aspect: width to height of a pixel.
        tracks: the streams whose packets are delivered.
        attachments: files inside the file: mostly fonts, in which its subtitles are set.
        damage: what was found wrong on the way; None so far.

    Raises:
        VideoError: missing, no video, or damaged beyond reading.
    """

    def __init__(
        self, source: str, *, start: Fraction | None = None, end: Fraction | None = None, rate: Fraction | None = None
    ) -> None:
        self.source, self.start, self.end = source, start, end
        self.damage: str | None = None
        self.reached = Fraction(0)  # s: the time of the last frame that was decoded
        self.container: Any
        try:
            self.container = av.open(piped() if source == "-" else source, metadata_errors="replace")
        except FileNotFoundError as error:
            raise VideoError(f"{source}: no such file; check the path") from error
        except BROKEN as error:
            reason = error.strerror or error
            raise VideoError(f"{source}: cannot be read as a video ({reason}); get a whole copy of the file") from error
        pictures = [s for s in self.container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        if not pictures:
            self.container.close()
            raise VideoError(f"{source}: holds no video; a file with moving pictures is wanted")
        self.video = pictures[0]
        self.video.thread_type = "AUTO"
        if not self.video.codec_context:
            raise VideoError(f"{source}: its video is in a format that cannot be decoded; convert it first")
        self.rate = rate or self.video.average_rate or self.video.guessed_rate or PICTURE_RATE
        self.resample = rate is not None
        base = self.video.time_base or Fraction(1, 90_000)
        self.ticks = base
        self.clock = Fraction(1, lcm(base.denominator, self.rate.numerator))
        self.aspect = self.video.sample_aspect_ratio or Fraction(1)
        self.tracks = [*self.container.streams.audio, *self.container.streams.subtitles]
        self.attachments = [file for file in self.container.streams.attachments if file.name and file.mimetype]
        self.origin = Fraction(max(0, self.container.start_time or 0), av.time_base)  # some files do not start at 0
        self.length = self._expect()
        self.progressive, self.ordinary = Progressive(), Ordinary()

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.container.metadata)

    @property
    def chapters(self) -> list[Any]:
        """Those that lie in the result, at their times there, as PyAV has them."""
        begin, end = self.start or Fraction(0), self.end
        kept = []
        for chapter in self.container.chapters():
            base = chapter["time_base"]
            first, last = (chapter[side] * base - self.origin for side in ("start", "end"))
            first, last = max(first, begin), last if end is None else min(last, end)
            if first < last:
                kept.append({**chapter, "start": round((first - begin) / base), "end": round((last - begin) / base)})
        return kept

    def close(self) -> None:
        self.container.close()

    def __iter__(self) -> Iterator[Frame | av.Packet]:
        items = self._decoded()
        return resampled(items, self.rate) if self.resample else items

    def _expect(self) -> int | None:
        seconds = self._seconds()
        if seconds is None:
            return None
        if self.video.frames and self.start is None and self.end is None and not self.resample:
            return self.video.frames
        last = seconds if self.end is None else min(self.end, seconds)
        return max(0, round((last - (self.start or 0)) * self.rate))

    def _seconds(self) -> Fraction | None:
        """The length of the video track, as far as the file says."""
        before = self.origin if self.container.format.name.startswith("matroska") else 0  # which counts from 0
        if self.video.duration:
            return self.video.duration * self.ticks - before
        return Fraction(self.container.duration, av.time_base) - before if self.container.duration else None

    def _decoded(self) -> Iterator[Frame | av.Packet]:
        if self.start:
            self.container.seek(int((self.start + self.origin) * av.time_base), backward=True)
        previous: Frame | None = None
        for item in self._whole():
            if isinstance(item, av.Packet):
                yield item
                continue
            frame = self._frame(item, previous)
            self.reached = frame.time
            if frame.time < 0 or (self.end is not None and frame.time >= self.end - (self.start or 0)):
                continue
            previous = frame
            yield frame
        self._check_end(previous)

    def _whole(self) -> Iterator[av.VideoFrame | av.Packet]:
        """Decoded frames, not interlaced any more, and the other tracks' packets."""
        for packet in self._packets():
            if packet.stream is not self.video:
                if (moved := self._moved(packet)) is not None:
                    yield moved
                continue
            try:
                decoded = packet.decode()
            except BROKEN as error:
                around = f"damaged around {float(self.reached):.1f} s ({error.strerror or error})"
                self.damage = self.damage or around
                continue
            for frame in decoded:
                yield from self.progressive(frame)
        yield from self.progressive.rest()

    def _packets(self) -> Iterator[av.Packet]:
        """Demuxed packets up to the end asked for; a read error is taken for the end of the file."""
        packets = self.container.demux(self.video, *self.tracks)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except BROKEN as error:
                self.damage = self.damage or f"reading stopped ({error.strerror or error})"
                return
            yield packet
            if self.end is not None and packet.pts is not None and packet.time_base is not None:  # noqa: SIM102
                if packet.pts * packet.time_base - self.origin > self.end + LATE:
                    return

    def _frame(self, raw: av.VideoFrame, previous: Frame | None) -> Frame:
        if raw.is_corrupt:
            self.damage = self.damage or "some frames are damaged"
        ticks = raw.time_base or self.ticks
        duration = raw.duration * ticks if raw.duration else None
        if raw.pts is not None:
            time = self._exact(raw.pts * ticks - self.origin) - (self.start or 0)
        else:
            time = previous.time + (previous.duration or 1 / self.rate) if previous else Fraction(0)
        if previous and time <= previous.time:
            time = previous.time + self.clock
        rgb, alpha = pixels_of(raw, self.ordinary)
        if (matrix := self._display_matrix(raw)) is not None:
            rgb, alpha = upright(rgb, matrix), None if alpha is None else upright(alpha, matrix)
        return Frame(rgb, self._rounded(time), duration, alpha)

    def _display_matrix(self, raw: av.VideoFrame) -> np.ndarray | None:
        if self.video.codec_context.name in WITH_NAMES:
            return None
        matrix = raw.side_data.get(SideData.DISPLAYMATRIX)  # type: ignore[call-overload]
        return None if matrix is None else np.frombuffer(matrix, np.int32)

    def _exact(self, time: Fraction) -> Fraction:
        """Undo the rounding of containers that count milliseconds: the frame's place on the grid of the exact rate."""
        place = round(time * self.rate) / self.rate
        return place if abs(place - time) <= self.ticks / 2 else time

    def _rounded(self, time: Fraction) -> Fraction:
        return round(time / self.clock) * self.clock

    def _moved(self, packet: av.Packet) -> av.Packet | None:
        """A packet of another track, on the clock of the result; None where it lies outside."""
        if packet.dts is None or packet.size == 0 or packet.time_base is None:
            return None
        time = (packet.pts if packet.pts is not None else packet.dts) * packet.time_base - self.origin
        if (self.start and time < self.start) or (self.end is not None and time >= self.end):
            return None
        shift = round((self.origin + (self.start or 0)) / packet.time_base)
        if shift:
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
        return packet

    def _check_end(self, last: Frame | None) -> None:
        """A file cut short plays to its end without complaint; its header knows better."""
        seconds = self._seconds()
        if last is None or self.damage or seconds is None or self.end is not None:
            return
        reached = last.time + (last.duration or 1 / self.rate) + (self.start or 0)
        if reached < seconds - max(SHORT, 2 / self.rate):
            self.damage = f"cut short: {float(reached):.1f} s of {float(seconds):.1f} s are there"


Reader = VideoReader | AnimationReader | PictureReader


def open_reader(
    source: str, *, start: Fraction | None = None, end: Fraction | None = None, rate: Fraction | None = None
) -> Reader:
    """The reader for a source, by its kind."""
    if is_pictures(source):
        return PictureReader(source, start=start, end=end, rate=rate)
    kind = AnimationReader if is_animation(source) else VideoReader
    return kind(source, start=start, end=end, rate=rate)


def piped() -> BinaryIO:
    """stdin; MP4 and MOV are stored first: their index, without which nothing can be read, is mostly at the end."""
    stdin: Any = sys.stdin.buffer
    if stdin.peek(8)[4:8] not in WITH_INDEX:
        return stdin
    stored = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the reader, that holds it
    shutil.copyfileobj(stdin, stored)
    stored.seek(0)
    return stored


def pixels_of(frame: av.VideoFrame, ordinary: Ordinary) -> tuple[np.ndarray, np.ndarray | None]:
    """Decoded pixels as (H, W, 3) uint8 RGB, and the alpha of those that are not all opaque, (H, W) uint8."""
    source = None
    if frame.colorspace == UNSPECIFIED:
        source = Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601
    plain = ordinary(frame) if is_wide(frame) else frame.reformat(format="rgb24", src_colorspace=source)
    rgb, alpha = plain.to_ndarray(), None
    if any(component.is_alpha for component in frame.format.components):
        alpha = frame.reformat(format="rgba").to_ndarray()[..., 3]
        alpha = None if alpha.min() == OPAQUE else alpha
    return rgb, alpha


def upright(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Turn and mirror a picture as a display matrix says: (x, y) goes to (ax + cy, bx + dy), rows being a, b, u..."""
    a, b, _, c, d = (int(value) for value in matrix[:5])
    if abs(a) + abs(d) < abs(b) + abs(c):
        picture, a, d = picture.swapaxes(0, 1), c, b
    return np.ascontiguousarray(picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
