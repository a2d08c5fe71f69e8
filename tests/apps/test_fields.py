"""Interlaced video is painted in whole frames."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from adain.apps.frame import Frame
from adain.apps.reader import open_reader

COUNT, RATE = 12, 25
DARK, BRIGHT = 30, 220  # of 255


def write_clip(path: Path, *, interlaced: bool, count: int = COUNT) -> Path:
    """A bar that moves on by 3 px from field to field, or by 6 from frame to frame."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.codec_context.options = {"crf": "8", **({"x264-params": "tff=1"} if interlaced else {})}
        for number in range(count):
            rgb = np.full((64, 96, 3), DARK, np.uint8)
            for field in (0, 1):
                left = 8 + 6 * number + 3 * (field if interlaced else 0)
                rgb[field::2, left : left + 12] = BRIGHT
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def frames_of(path: Path, **part: Fraction) -> list[Frame]:
    reader = open_reader(str(path), **part)
    frames = [item for item in reader if isinstance(item, Frame)]
    assert reader.damage is None
    reader.close()
    return frames


def comb(rgb: np.ndarray) -> float:
    """How far rows lie from the mean of those above and below, of 255."""
    rows = rgb.astype(float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())


def test_fields_become_whole_frames(tmp_path: Path):
    clip = write_clip(tmp_path / "fields.mp4", interlaced=True)
    with av.open(str(clip)) as container:
        raw = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    frames = frames_of(clip)
    assert [frame.time for frame in frames] == [Fraction(i, RATE) for i in range(COUNT)]
    assert {frame.duration for frame in frames} == {Fraction(1, RATE)}
    for before, after in zip(raw, frames, strict=True):
        assert comb(before) > 8 and comb(after.rgb) < 2
        assert after.rgb.max() > BRIGHT - 20  # the bar is there


def test_a_part_of_an_interlaced_clip(tmp_path: Path):
    clip = write_clip(tmp_path / "fields.mp4", interlaced=True)
    frames = frames_of(clip, start=Fraction(4, RATE), end=Fraction(9, RATE))
    assert [frame.time for frame in frames] == [Fraction(i, RATE) for i in range(5)]
    assert np.abs(frames[1].rgb.astype(int) - frames_of(clip)[5].rgb).max() <= 8


@pytest.mark.parametrize("count", [1, 2])
def test_short_interlaced_clips_lose_no_frame(tmp_path: Path, count: int):
    assert len(frames_of(write_clip(tmp_path / "fields.mp4", interlaced=True, count=count))) == count


def test_whole_frames_pass_as_they_are(tmp_path: Path):
    clip = write_clip(tmp_path / "whole.mp4", interlaced=False)
    with av.open(str(clip)) as container:
        raw = [f.reformat(format="rgb24", src_colorspace=5).to_ndarray() for f in container.decode(video=0)]
    assert all((before == after.rgb).all() for before, after in zip(raw, frames_of(clip), strict=True))
