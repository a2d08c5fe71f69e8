"""Tracks of sound in another coding, where a kind of file cannot hold the one they have."""

from collections.abc import Iterator
from typing import Any

import av

ENCODERS = {".mp4": "aac", ".m4v": "aac", ".mov": "aac", ".mkv": "aac", ".webm": "libopus"}
SIDE_BY_SIDE = {"5.1(side)": "5.1", "5.0(side)": "5.0"}  # the same speakers by another name, which all encoders know
USUAL_LAYOUT = "stereo"


class SoundTrack:
    """Takes the packets of a track, and gives what shall be in the file instead.

    Args:
        container: the file in the making, which gets a stream for it.
        track: of the source.
        suffix: of the file.

    Attributes:
        stream: of the file.
        name: of the new coding.

    Raises:
        ValueError, av.error.FFmpegError: the track cannot be decoded, or not be encoded for that kind of file.
    """

    def __init__(self, container: Any, track: Any, suffix: str) -> None:
        self.decoder = track.codec_context
        encoder = ENCODERS.get(suffix)
        if encoder is None:
            raise ValueError(f"{suffix} holds no sound")
        rate, layout = settings(encoder, self.decoder)
        self.stream = container.add_stream(encoder, rate=rate, layout=layout)
        self.name = encoder.removeprefix("lib")

    def encode(self, packet: av.Packet) -> Iterator[av.Packet]:
        """Packets that are ready; what cannot be decoded is silent, as in a player."""
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return
        for frame in frames:
            yield from self._encoded(frame)

    def rest(self) -> Iterator[av.Packet]:
        """What decoder and encoder held back, once no packet follows."""
        for frame in self.decoder.decode(None):
            yield from self._encoded(frame)
        yield from self._encoded(None)

    def _encoded(self, frame: Any) -> Iterator[av.Packet]:
        for packet in self.stream.encode(frame):
            packet.stream = self.stream
            yield packet


def settings(encoder: str, decoder: Any) -> tuple[int, str]:
    """Samples a second and layout of the channels: those of the source, or the next that the encoder takes."""
    codec: Any = av.Codec(encoder, "w")
    rate = min(codec.audio_rates, key=lambda known: (known < decoder.sample_rate, abs(known - decoder.sample_rate)))
    layout = SIDE_BY_SIDE.get(decoder.layout.name, decoder.layout.name)
    unnamed = f"{decoder.layout.nb_channels}c"  # so FFmpeg calls the usual layout of as many channels
    for wanted in (layout, unnamed, USUAL_LAYOUT):
        trial: Any = av.CodecContext.create(encoder, "w")
        trial.sample_rate, trial.layout = rate, wanted
        trial.format = codec.audio_formats[0]
        try:
            trial.open()
        except (ValueError, av.error.FFmpegError):
            continue
        return rate, wanted
    raise ValueError(f"{encoder} takes neither {layout} nor {USUAL_LAYOUT} at {rate} Hz")
