"""Sound that a kind of file cannot hold is encoded anew, and stays where it was."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

SECONDS, FPS = 2, 25
SIDE = 64  # px
BEEP = Fraction(1, 2), Fraction(3, 2)  # s: between them there is a tone, and silence around


def write_clip(
    path: Path, codec: str, rate: int = 44_100, layout: str = "stereo", *, damage: int | None = None
) -> Path:
    """Grey frames and a beep; the packet of sound of that number is overwritten."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=FPS)
        video.width, video.height, video.pix_fmt = SIDE, SIDE, "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout=layout)
        sound.bit_rate = 128_000
        for number in range(SECONDS * FPS):
            frame = av.VideoFrame.from_ndarray(np.full((SIDE, SIDE, 3), 99, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        moments = np.arange(SECONDS * rate) / rate
        wave = np.where((moments >= BEEP[0]) & (moments < BEEP[1]), 0.5 * np.sin(2 * np.pi * 440 * moments), 0)
        block = av.AudioFrame.from_ndarray(
            np.tile(wave.astype(np.float32), (sound.layout.nb_channels, 1)), format="fltp", layout=layout
        )
        block.sample_rate, block.pts, block.time_base = rate, 0, Fraction(1, rate)
        for number, packet in enumerate([*sound.encode(block), *sound.encode(None)]):
            if number == damage:
                packet.update(np.full(packet.size, 255, np.uint8).tobytes())
            container.mux(packet)
    return path


def beep_of(path: Path) -> tuple[str, str, float, float]:
    """Codec and layout of the sound, and when its tone begins and ends, s."""
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        about = track.codec_context.name, track.layout.name
        rate, loud, at = track.rate, [], 0.0
        for frame in container.decode(track):
            block = frame.to_ndarray()
            wave = block[0] if track.format.is_planar else block.reshape(-1, track.layout.nb_channels)[:, 0]
            at = at if frame.pts is None else float(frame.pts * frame.time_base)
            tone = np.abs(wave / (1 << 15 if wave.dtype == np.int16 else 1)) > 0.1
            loud += (at + np.flatnonzero(tone) / rate).tolist()
            at += len(wave) / rate
    return *about, min(loud), max(loud)


def test_sound_of_a_telephone_into_webm(tmp_path: Path, rewrite):
    clip, out = write_clip(tmp_path / "clip.mp4", "aac"), tmp_path / "out.webm"
    assert rewrite(clip, out) == ["audio track 1 (aac) is encoded anew, as opus: .webm cannot hold it as it is"]
    codec, layout, begin, end = beep_of(out)
    assert (codec, layout) == ("opus", "stereo")
    assert begin == pytest.approx(0.5, abs=0.02) and end == pytest.approx(1.5, abs=0.02)
    rewrite(clip, out, start=Fraction(1, 4), end=Fraction(3, 4))
    assert beep_of(out)[2:] == (pytest.approx(0.25, abs=0.02), pytest.approx(0.5, abs=0.03))


@pytest.mark.parametrize(
    ("coding", "suffixes", "wanted"),
    [
        (("wmav2", 44_100, "stereo"), (".asf", ".mp4"), ("aac", "stereo")),
        (("adpcm_ms", 22_050, "mono"), (".avi", ".mp4"), ("aac", "mono")),
        (("ac3", 48_000, "5.1(side)"), (".mkv", ".webm"), ("opus", "5.1")),
        (("pcm_s16le", 11_025, "mono"), (".mkv", ".webm"), ("opus", "mono")),
    ],
)
def test_other_codings(tmp_path: Path, rewrite, coding: tuple, suffixes: tuple[str, str], wanted: tuple[str, str]):
    clip, out = (tmp_path / f"{name}{suffix}" for name, suffix in zip(("clip", "out"), suffixes))
    write_clip(clip, *coding)
    rewrite(clip, out)
    (_, _, *before), (*found, begin, end) = beep_of(clip), beep_of(out)
    with av.open(str(clip)) as container:
        origin = max(0, container.start_time / 1e6)
    assert tuple(found) == wanted
    assert [begin, end] == pytest.approx([moment - origin for moment in before], abs=0.03)


def test_what_a_file_can_hold_is_not_touched(tmp_path: Path, rewrite):
    clip = write_clip(tmp_path / "clip.mp4", "aac")
    assert rewrite(clip, tmp_path / "out.mkv") == []
    packets = []
    for path in (clip, tmp_path / "out.mkv"):
        with av.open(str(path)) as container:
            packets.append([bytes(packet) for packet in container.demux(audio=0) if packet.size])
    assert packets[0] == packets[1]


def test_damaged_sound_costs_its_moment_alone(tmp_path: Path, rewrite):
    clip = write_clip(tmp_path / "clip.mkv", "aac", damage=43)
    rewrite(clip, tmp_path / "out.webm")
    assert beep_of(tmp_path / "out.webm")[2:] == (pytest.approx(0.5, abs=0.02), pytest.approx(1.5, abs=0.02))


def test_pictures_that_move_have_no_sound(tmp_path: Path, rewrite):
    clip = write_clip(tmp_path / "clip.mp4", "aac")
    assert rewrite(clip, tmp_path / "out.gif") == ["audio track 1 (aac) is left out: .gif cannot hold it"]
