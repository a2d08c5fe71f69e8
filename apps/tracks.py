"""The tracks beside the picture, on their way from the source into the result."""

from collections.abc import Iterable
from typing import Any

import av

from .sound import SoundTrack
from .subtitles import SubtitleTrack


class Tracks:
    """Sound and subtitles: their packets as they are; encoded anew where the file cannot hold them; or not at all.

    Args:
        container: the file in the making, which gets a stream for each.
        tracks: of the source.
        suffix: of the file.

    Attributes:
        notes: what the file cannot hold as it is, one line each.
    """

    def __init__(self, container: Any, tracks: Iterable[Any], suffix: str) -> None:
        self.container, self.suffix = container, suffix
        self.notes: list[str] = []
        self.copied: dict[int, av.stream.Stream] = {}  # by the number of the track in the source
        self.encoded: dict[int, SoundTrack | SubtitleTrack] = {}
        for track in tracks:
            self._add(track)

    def _add(self, track: Any) -> None:
        name = track.codec_context.name if track.codec_context else "unknown"
        about = f"{track.type} track {track.index} ({name})"
        if name in self.container.supported_codecs:
            stream = self.copied[track.index] = self.container.add_stream_from_template(track)
        elif other := self._encoded(track):
            self.encoded[track.index], stream = other, other.stream
            self.notes.append(f"{about} is encoded anew, as {other.name}: {self.suffix} cannot hold it as it is")
        else:
            self.notes.append(f"{about} is left out: {self.suffix} cannot hold it")
            return
        stream.metadata.update(track.metadata)
        stream.disposition = track.disposition

    def _encoded(self, track: Any) -> SoundTrack | SubtitleTrack | None:
        """A track in another coding, where there can be one."""
        kind: Any = {"audio": SoundTrack, "subtitle": SubtitleTrack}[track.type]
        try:
            return kind(self.container, track, self.suffix) if track.codec_context else None
        except (ValueError, av.error.FFmpegError):
            return None

    def pass_on(self, packet: av.Packet) -> None:
        """Put a packet of the source into the file."""
        number = packet.stream.index
        if number in self.copied:
            packet.stream = self.copied[number]
            self.container.mux(packet)
        elif number in self.encoded:
            self.container.mux(self.encoded[number].encode(packet))

    def finish(self) -> None:
        """Put into the file what is still held back."""
        for track in self.encoded.values():
            self.container.mux(track.rest())
