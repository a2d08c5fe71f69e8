"""Writing videos so that a killed process leaves one that plays, and a resumed one gives the same result."""

import contextlib
import math
import shutil
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import ColorRange, Colorspace

from adain.errors import OptionError, VideoError
from adain.picture import FORMATS, Picture, write_picture

from .codecs import (
    ANIMATED,
    CODECS,
    START_CODES,
    choose_codec,
    encoder_options,
    gif_graph,
    needs_even,
    pixel_format,
    with_start_codes,
)
from .filters import pulled
from .frame import Frame
from .hold import hold_last
from .options import Encoding
from .reader import HD_HEIGHT, Reader
from .stills import is_pattern, is_pictures, numbered, picture_name
from .tracks import Tracks

SEGMENT = 64  # frames; each is encoded by itself, so that a later run can go on at its end with the very same bits
# Fragments make what is there playable at any time; at the end they become an ordinary file. The header waits for the
# first fragment, as only then the encoder's delay is known, without which every time would be shifted.
FRAGMENTED = {"movflags": "hybrid_fragmented+delay_moov", "flush_packets": "1"}
MUXER = {
    **dict.fromkeys((".mp4", ".m4v", ".mov"), FRAGMENTED),
    ".webp": {"loop": "0"},  # for ever, as GIF does of itself
    ".apng": {"plays": "0"},
}
PICTURES = "frames"
OWN_METADATA = ("major_brand", "minor_version", "compatible_brands", "encoder")  # of the file, not of what it shows


def part_of(output: str) -> Path:
    """Where a result is written until it is whole: out.part.mp4 for out.mp4, frames.part for a folder."""
    place = place_of(output)
    return place.with_name(f"{place.name}.part" if is_pictures(output) else f"{place.stem}.part{place.suffix}")


def place_of(output: str) -> Path:
    """The file, or for pictures their folder; one without a name, such as the current one, has `PICTURES` in it."""
    path = Path(output)
    folder = path.parent if is_pattern(output) else path
    return folder if folder.name else folder / PICTURES


def check_output(output: str) -> None:
    """Raise VideoError where nothing can be written by that name."""
    path = Path(output)
    if is_pictures(output):
        if is_pattern(output) and path.suffix.lower() not in FORMATS:
            raise VideoError(f"{output}: cannot write {path.suffix!r} pictures; want {', '.join(FORMATS)}")
    elif path.suffix.lower() not in CODECS:
        kinds = ", ".join(CODECS)
        raise VideoError(
            f"{output}: cannot write {path.suffix or 'a file without suffix'!r}; want {kinds}, or a folder/"
        )


class VideoWriter:
    """A video file in the making, at its `part_of` name.

    Args:
        output: the final name; its suffix tells the kind of file.
        reader: where rate, clock, pixel aspect, metadata, chapters and the tracks to copy come from.
        size: width and height of the frames.
        before: a file that an interrupted run left, whose first frames are taken over by `carry`.

    Attributes:
        notes: what of the source the result cannot hold as it is, one line each.
        frames: how many frames are written.

    Raises:
        OptionError: there is no such encoder, or it takes no such option.
        DeviceError: no hardware encoder is at work here.
        VideoError: the place cannot be written to.
    """

    def __init__(
        self, output: str, reader: Reader, size: tuple[int, int], encoding: Encoding, *, before: Path | None = None
    ) -> None:
        self.part = part_of(output)
        suffix = self.part.suffix.lower()
        self.frames = 0
        self.clock = reader.clock
        self.width, self.height = size
        with written(self.part):
            self.part.parent.mkdir(parents=True, exist_ok=True)
            self.container: Any = av.open(str(self.part), "w", options=MUXER.get(suffix, {"flush_packets": "1"}))
        self.container.metadata.update({k: v for k, v in reader.metadata.items() if k not in OWN_METADATA})
        self.container.set_chapters(reader.chapters)
        self.codec = choose_codec(encoding.codec or CODECS[suffix], size)
        self.animated = self.codec in ANIMATED
        self.settings = self._settings(reader, encoding)
        self.stream = self.container.add_stream(self.codec, rate=reader.rate)
        self._set_up(self.stream.codec_context)
        self.stream.time_base = self.clock
        self.encoder = self._new_encoder()  # the stream's own is not used: it differs in small ways from later ones
        self.graph: av.filter.Graph | None = None
        self.began: Fraction | None = None  # s, the time of the first frame
        self.ends: Fraction | None = None  # s, when the last frame ends, where that is known
        self.durations: dict[int, int] = {}  # of frames that the encoder still holds, by their time
        self.last_dts = -(1 << 62)  # of the file's own ticks
        self.tracks = Tracks(self.container, reader.tracks, suffix)
        if suffix == ".mkv":  # what other kinds hold of subtitles needs no fonts
            for file in reader.attachments:
                self.container.add_attachment(file.name, file.mimetype, file.data)
        self.notes = self.tracks.notes
        self.before = self._packets_of(before) if before else iter(())
        with written(self.part):
            self._start()

    def _settings(self, reader: Reader, encoding: Encoding) -> dict:
        even = 2 if needs_even(self.codec) else 1
        hd = self.height >= HD_HEIGHT
        return {
            "width": -(-self.width // even) * even,
            "height": -(-self.height // even) * even,
            "pix_fmt": pixel_format(self.codec),
            "time_base": self.clock,
            "framerate": reader.rate,
            "sample_aspect_ratio": reader.aspect,
            "gop_size": SEGMENT,
            "options": encoder_options(self.codec, encoding, (self.width, self.height)),
            "colorspace": Colorspace.ITU709 if hd else Colorspace.ITU601,
            "color_range": ColorRange.MPEG,
        }

    def _set_up(self, context: Any) -> None:
        for name, value in self.settings.items():
            if name in ("colorspace", "color_range") and not self.settings["pix_fmt"].startswith(("yuv", "nv")):
                continue
            setattr(context, name, value)

    def _new_encoder(self) -> Any:
        encoder = av.CodecContext.create(self.codec, "w")
        self._set_up(encoder)
        if self.stream.codec_context.flags & Flags.global_header:
            encoder.flags |= Flags.global_header
        return encoder

    def _start(self) -> None:
        try:
            self.container.start_encoding()
        except (ValueError, av.error.FFmpegError) as error:
            if isinstance(error, OSError) and error.errno in (2, 13, 20, 28, 30):
                raise
            raise OptionError(
                f"encoder {self.codec!r} cannot be used for {self.part.suffix} with {self.settings['options']} "
                f"({error}); choose another --codec, --crf or --preset"
            ) from error

    def write(self, frame: Frame) -> None:
        """Encode a frame. At the end of a segment all of it is in the file, and `whole` is true."""
        painted = Picture(frame.rgb, frame.alpha)
        if self.animated:
            picture = av.VideoFrame.from_ndarray(painted.rgba(), format="rgba")
        else:
            picture = av.VideoFrame.from_ndarray(self._padded(painted.on_white()), format="rgb24")
        picture.pts = round(frame.time / self.clock)
        picture.time_base = self.clock
        self.began = frame.time if self.began is None else self.began
        self.ends = frame.time + frame.duration if frame.duration else None
        if frame.duration:
            self.durations[picture.pts] = round(frame.duration / self.clock)
        with written(self.part):
            for ready in self._converted(picture):
                self._mux(self.encoder.encode(ready))
            self.frames += 1
            if self.whole and not self.animated:
                self._mux(self.encoder.encode(None))
                self.encoder = self._new_encoder()

    @property
    def whole(self) -> bool:
        """Whether the last frame written ended a segment."""
        return self.frames % SEGMENT == 0

    @property
    def resumable(self) -> bool:
        """Whether a later run can go on at the end of a segment: not where all frames build on those before."""
        return not self.animated

    def carry(self, frame: Frame) -> None:
        """Take a frame over, as it was encoded, from the file of an interrupted run."""
        packet = next(self.before)
        packet.stream = self.stream
        with written(self.part):
            self._mux([packet])
        self.frames += 1

    def copy(self, packet: av.Packet) -> None:
        """Pass on a packet of another track."""
        with written(self.part):
            self.tracks.pass_on(packet)

    def close(self) -> None:
        """Flush the encoder and make the part an ordinary file."""
        with written(self.part):
            if self.graph is not None:
                self.graph.push(None)
                for ready in pulled(self.graph):
                    self._mux(self.encoder.encode(ready))
            if not self.whole or self.animated:
                self._mux(self.encoder.encode(None))
            self.tracks.finish()
            self.container.close()
            if self.animated and self.began is not None and self.ends is not None:
                hold_last(self.part, self.ends - self.began)

    def abandon(self) -> None:
        """Close the file as well as can be, after an error."""
        with contextlib.suppress(OSError, ValueError, av.error.FFmpegError):
            self.container.close()

    def _padded(self, rgb: np.ndarray) -> np.ndarray:
        """An odd row or column is repeated where the format knows only even sizes."""
        height, width = rgb.shape[:2]
        right, bottom = self.settings["width"] - width, self.settings["height"] - height
        return (
            np.pad(rgb, ((0, bottom), (0, right), (0, 0)), mode="edge")
            if right or bottom
            else np.ascontiguousarray(rgb)
        )

    def _converted(self, picture: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """The frame in the encoder's pixels; GIF gets a palette for each frame, and may hold some back."""
        if self.codec == "gif":
            if self.graph is None:
                self.graph = gif_graph(picture)
            self.graph.push(picture)
            yield from pulled(self.graph)
            return
        ready = picture.reformat(format=self.settings["pix_fmt"], dst_colorspace=self.settings["colorspace"])
        ready.pts, ready.time_base = picture.pts, picture.time_base
        yield ready

    def _mux(self, packets: Sequence[av.Packet]) -> None:
        for packet in packets:
            packet.stream = self.stream
            if (
                packet.pts is not None
                and packet.time_base == self.clock
                and (d := self.durations.pop(packet.pts, None))
            ):
                packet.duration = d
            self._keep_rising(packet)
            self.container.mux(packet)

    def _keep_rising(self, packet: Any) -> None:
        """Each segment's encoder starts its decoding times a little early; in one file they may only rise."""
        if packet.dts is None:
            return
        to_file = packet.time_base / self.stream.time_base
        dts = round(packet.dts * to_file)
        if dts <= self.last_dts:
            dts = self.last_dts + 1
            packet.dts = math.ceil(dts / to_file)
        self.last_dts = dts

    def _packets_of(self, path: Path) -> Iterator[av.Packet]:
        """Encoded frames of an earlier part, on this file's clock, in the form in which the encoder gives them."""
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            for packet in container.demux(video):
                if packet.size:
                    yield with_start_codes(packet) if video.codec_context.name in START_CODES else packet


class PictureWriter:
    """Numbered pictures in the making, in a folder beside the final one; see `VideoWriter`."""

    notes: tuple[str, ...] = ()
    resumable = True

    def __init__(self, output: str, reader: Reader, *, before: Path | None = None) -> None:
        path = Path(output)
        self.part = part_of(output)
        self.pattern, self.folder = (path.name, path.parent) if is_pattern(output) else ("%06d.png", path)
        self.frames = 0
        if reader.tracks:
            self.notes = ("sound and subtitles are left out: pictures cannot hold them",)
        with written(self.part):
            if before is None and self.part.exists():
                shutil.rmtree(self.part)
            self.part.mkdir(parents=True, exist_ok=True)

    @property
    def whole(self) -> bool:
        return self.frames % SEGMENT == 0

    def write(self, frame: Frame) -> None:
        self.frames += 1
        path = self.part / picture_name(self.pattern, self.frames)
        write_picture(Picture(frame.rgb, frame.alpha), path, overwrite=True)

    def carry(self, frame: Frame) -> None:
        self.frames += 1

    def copy(self, packet: av.Packet) -> None:
        pass

    def close(self) -> None:
        pass

    abandon = close


Writer = VideoWriter | PictureWriter


def open_writer(
    output: str, reader: Reader, size: tuple[int, int], encoding: Encoding, *, before: Path | None = None
) -> Writer:
    """The writer for a result, by its kind."""
    if is_pictures(output):
        return PictureWriter(output, reader, before=before)
    return VideoWriter(output, reader, size, encoding, before=before)


def frames_in(part: Path) -> int:
    """How many whole frames an interrupted run left."""
    if part.is_dir():
        return len(list(part.glob("*")))
    try:
        with av.open(str(part)) as container:
            return sum(packet.size > 0 for packet in container.demux(container.streams.video[0]))
    except (OSError, IndexError, av.error.FFmpegError):
        return 0


def put_in_place(writer: Writer, output: str) -> None:
    """Give the whole result its final name, in one step; pictures one by one."""
    with written(Path(output)):
        if isinstance(writer, VideoWriter):
            writer.part.replace(output)
            return
        writer.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(writer.part.iterdir()):
            path.replace(writer.folder / path.name)
        writer.part.rmdir()


def exists(output: str) -> bool:
    """Whether writing a result would replace something."""
    return bool(numbered(output)) if is_pictures(output) else Path(output).exists()


@contextlib.contextmanager
def written(path: Path) -> Iterator[None]:
    """Tell what stands in the way of writing."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        raise VideoError(
            f"{path}: cannot be written ({error.strerror or error}); make room there, or choose another place"
        ) from error
