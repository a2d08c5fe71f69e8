"""Subtitles in the coding that a kind of file can hold, where theirs is another."""

from collections.abc import Iterator
from typing import Any

import av
from av.subtitles.subtitle import SubtitleSet

ENCODERS = {".mp4": "mov_text", ".m4v": "mov_text", ".mov": "mov_text", ".mkv": "srt", ".webm": "webvtt"}
PICTURED = {"dvdsub", "dvbsub", "pgssub", "xsub"}  # decoders of subtitles that are pictures, not text


class SubtitleTrack:
    """Takes the packets of a track, and gives what shall be in the file instead; see `SoundTrack`.

    Raises:
        ValueError, av.error.FFmpegError: the subtitles are no text, or that kind of file holds none.
    """

    def __init__(self, container: Any, track: Any, suffix: str) -> None:
        self.decoder = track.codec_context
        self.name = ENCODERS.get(suffix, "")
        if not self.name or self.decoder.name in PICTURED:
            raise ValueError(f"{self.decoder.name} cannot be encoded for {suffix}")
        self.decoder.open(strict=False)
        self.stream = container.add_stream(self.name)
        self.stream.time_base = track.time_base  # a finer one, and FFmpeg lets lines in mp4 stay until the next
        self.encoder = self.stream.codec_context
        self.encoder.subtitle_header = self.decoder.subtitle_header  # fonts and colours, in the words of ASS

    def encode(self, packet: Any) -> Iterator[av.Packet]:
        """Packets that are ready; what cannot be decoded is left out, as in a player."""
        try:
            decoded = self.decoder.decode2(packet)
        except av.error.FFmpegError:
            return
        for line in decoded or ():
            text = SubtitleSet.create(line.ass, start=0, end=packet.duration or 0, pts=packet.pts)
            encoded = self.encoder.encode_subtitle(text)
            encoded.pts = encoded.dts = packet.pts
            encoded.time_base, encoded.duration = packet.time_base, packet.duration
            encoded.stream = self.stream
            yield encoded

    def rest(self) -> Iterator[av.Packet]:
        """Nothing is held back."""
        return iter(())
