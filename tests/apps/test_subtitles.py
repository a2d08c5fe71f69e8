"""Subtitles come along, in another coding where the file wants another."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

SIDE, FPS, COUNT = 64, 25, 50  # px, frames a second, frames
LINES = [(200, 700, "Hello <i>there</i>"), (1000, 500, "Zwei\nZeilen")]  # ms, ms

FONT = "Plain.ttf", "application/x-truetype-font", b"\0\1\0\0" + bytes(range(200))  # only its bytes matter


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of grey with two subtitles, and a font for them."""
    folder = tmp_path_factory.mktemp("film")
    blocks = [
        f"{number}\n00:00:{begin / 1000:06.3f} --> 00:00:{(begin + length) / 1000:06.3f}\n{text}\n\n".replace(".", ",")
        for number, (begin, length, text) in enumerate(LINES, 1)
    ]
    (folder / "lines.srt").write_text("".join(blocks))
    with av.open(str(folder / "lines.srt")) as lines, av.open(str(folder / "film.mkv"), "w") as container:
        video = container.add_stream("mpeg4", rate=FPS)
        video.width, video.height, video.pix_fmt = SIDE, SIDE, "yuv420p"
        track = container.add_stream_from_template(lines.streams.subtitles[0])
        track.metadata["language"] = "eng"
        container.add_attachment(*FONT)
        for number in range(COUNT):
            frame = av.VideoFrame.from_ndarray(np.full((SIDE, SIDE, 3), 99, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for packet in lines.demux():
            if packet.size:
                packet.stream = track
                container.mux(packet)
    return folder / "film.mkv"


def lines_of(path: Path) -> list[tuple[int, int, str]]:
    """Begin and length in ms, and the words without their styling."""
    found = []
    with av.open(str(path)) as container:
        track = container.streams.subtitles[0]
        assert track.metadata.get("language") == "eng"
        for packet in container.demux(track):
            for line in packet.decode() if packet.size else ():
                begin, length = (round(1000 * ticks * packet.time_base) for ticks in (packet.pts, packet.duration))
                found.append((begin, length, re.sub(r"\{.*?\}", "", line.dialogue.decode())))
    return found


PLAIN = [(begin, length, text.replace("<i>", "").replace("</i>", "")) for begin, length, text in LINES]


@pytest.mark.parametrize(
    ("suffix", "coding"), [(".mp4", "mov_text"), (".mov", "mov_text"), (".m4v", "mov_text"), (".webm", "webvtt")]
)
def test_lines_keep_their_words_and_times(film: Path, tmp_path: Path, suffix: str, coding: str, rewrite):
    out = tmp_path / f"out{suffix}"
    assert rewrite(film, out) == [
        f"subtitle track 1 (srt) is encoded anew, as {coding}: {suffix} cannot hold it as it is"
    ]
    assert [line for line in lines_of(out) if line[2]] == PLAIN
    rewrite(out, tmp_path / "back.mkv")
    assert lines_of(tmp_path / "back.mkv") == PLAIN


def test_a_part_of_the_film(film: Path, tmp_path: Path, rewrite):
    rewrite(film, tmp_path / "out.mp4", start=Fraction(1, 2), end=Fraction(3, 2))
    assert [line for line in lines_of(tmp_path / "out.mp4") if line[2]] == [(500, 500, PLAIN[1][2])]


def test_the_same_kind_of_file_takes_them_as_they_are(film: Path, tmp_path: Path, rewrite):
    assert rewrite(film, tmp_path / "out.mkv") == []
    packets = []
    for path in (film, tmp_path / "out.mkv"):
        with av.open(str(path)) as container:
            packets.append([(p.pts, p.duration, bytes(p)) for p in container.demux(subtitles=0) if p.size])
    assert packets[0] == packets[1] and packets[0][0][2] == LINES[0][2].encode()
    with av.open(str(tmp_path / "out.mkv")) as container:
        (font,) = container.streams.attachments
        assert (font.name, font.mimetype, bytes(font.data)) == FONT


def test_a_gif_has_none(film: Path, tmp_path: Path, rewrite):
    assert rewrite(film, tmp_path / "out.gif") == ["subtitle track 1 (srt) is left out: .gif cannot hold it"]
