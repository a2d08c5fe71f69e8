"""Animated WebP and PNG are videos too, with their own times; FFmpeg reads them badly or not at all."""

import io
import warnings
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from adain.apps.reader import open_reader
from adain.apps.stills import moves
from PIL import Image, ImageCms

from adain.errors import VideoError

DURATIONS = [100, 100, 200, 50, 50, 100]  # ms
TIMES = [0, 100, 200, 400, 450, 500]  # ms
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(params=["webp", "png", "apng"])
def animation(request: pytest.FixtureRequest, tmp_path: Path, photo: np.ndarray) -> Path:
    """A photo that moves on by 8 px from frame to frame."""
    frames = [Image.fromarray(np.roll(photo[:96, :128], 8 * number, 1)) for number in range(len(DURATIONS))]
    path = tmp_path / f"moving.{request.param}"
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=DURATIONS, icc_profile=PROFILE, lossless=True
    )
    return path


def times_in(path: Path) -> list[int]:
    """When the frames of a video are shown, ms."""
    with av.open(str(path)) as container:
        return [round(1000 * frame.pts * frame.time_base) for frame in container.decode(video=0)]


def test_it_is_painted_at_its_own_times(adain, animation: Path, tmp_path: Path):
    """In a process of its own: a profile read by PyAV ended that with a crash."""
    done = adain("video", animation, "--style", "mosaic", "-o", "out.mkv")
    assert done.returncode == 0, done.stderr
    assert times_in(tmp_path / "out.mkv") == TIMES


def test_every_frame_is_read_as_it_is(animation: Path, photo: np.ndarray):
    with closing(open_reader(str(animation))) as reader:
        frames = list(reader)
    assert len(frames) == reader.length
    for number, frame in enumerate(frames):
        assert np.abs(frame.rgb.astype(int) - np.roll(photo[:96, :128], 8 * number, 1)).max() <= 1
        assert frame.time == Fraction(TIMES[number], 1000) and frame.duration == Fraction(DURATIONS[number], 1000)
        assert (frame.time / reader.clock).denominator == 1


def test_a_part_at_another_rate(animation: Path, tmp_path: Path, rewrite):
    rewrite(animation, tmp_path / "part.mkv", start=Fraction(1, 10), end=Fraction(45, 100))
    assert times_in(tmp_path / "part.mkv") == [0, 100, 300]
    rewrite(animation, tmp_path / "even.mkv", rate=Fraction(20))
    assert times_in(tmp_path / "even.mkv") == list(range(0, 600, 50))


@pytest.mark.parametrize("kind", ["gif", "webp", "apng"])
def test_the_last_frame_is_held_as_long_as_it_was(tmp_path: Path, photo: np.ndarray, kind: str, adain_here):
    """A loop that rests at its end; two frames of it are alike, which WebP makes one of."""
    durations = [100, 300, 100, 100, 2000]
    frames = [Image.fromarray(np.roll(photo[:64, :96], 16 * number, 1)) for number in (0, 1, 2, 3, 3)]
    frames[0].save(tmp_path / "in.png", save_all=True, append_images=frames[1:], duration=durations, lossless=True)
    code, said = adain_here("video", "in.png", "--style", "mosaic", "-o", f"out.{kind}", "--smooth", "off")
    assert code == 0, said
    with Image.open(tmp_path / f"out.{kind}") as painted:
        shown = []
        for number in range(painted.n_frames):
            painted.seek(number)
            painted.load()  # every frame is whole, its checksum right
            shown.append(painted.info["duration"])
    assert shown[:3] == durations[:3] and sum(shown) == sum(durations) and shown[-1] >= 2000


def test_what_is_left_of_a_torn_one_is_kept(animation: Path, tmp_path: Path, adain_here):
    data = animation.read_bytes()
    torn = tmp_path / f"torn{animation.suffix}"
    torn.write_bytes(data[: len(data) * 2 // 3])
    code, said = adain_here("video", torn, "--style", "mosaic", "-o", "out.mkv")
    assert code == 1 and "torn" in said and said.count("error") == 1, said
    if animation.suffix != ".webp":  # whose decoder wants the whole file
        kept = times_in(tmp_path / "out.mkv")
        assert 0 < len(kept) < len(TIMES) and kept == TIMES[: len(kept)]


def test_a_picture_that_is_for_others_is_no_frame(tmp_path: Path, photo: np.ndarray):
    """A PNG may show another picture to those who see no animations."""
    still, *frames = (Image.fromarray(np.roll(photo[:96, :128], 40 * number, 1)) for number in range(4))
    path = tmp_path / "moving.png"
    still.save(path, save_all=True, append_images=frames, default_image=True, duration=40)
    with closing(open_reader(str(path))) as reader:
        read = list(reader)
    assert len(read) == 3 and [frame.time for frame in read] == [0, Fraction(1, 25), Fraction(2, 25)]
    assert np.array_equal(read[0].rgb, np.array(frames[0]))


def test_a_still_is_one_frame(tmp_path: Path, photo: np.ndarray):
    for name in ("still.png", "still.webp"):
        Image.fromarray(photo).save(tmp_path / name)
        with closing(open_reader(str(tmp_path / name))) as reader:
            assert reader.length == len(list(reader)) == 1


def test_no_picture_is_told(tmp_path: Path):
    (tmp_path / "no.webp").write_bytes(b"nothing of the kind")
    with pytest.raises(VideoError, match=r"no\.webp: cannot be read"):
        open_reader(str(tmp_path / "no.webp"))


def test_a_picture_painted_from_it_is_the_first_and_that_is_said(animation: Path, tmp_path: Path, adain_here):
    code, said = adain_here("image", animation, "--style", "mosaic", "-o", "out.png")
    assert code == 0 and "adain video" in said, said
    with Image.open(animation) as moving:
        moving.save(tmp_path / "still.png", save_all=False)
    code, said = adain_here("image", "still.png", "--style", "mosaic", "-o", "still_out.png")
    assert code == 0 and "adain video" not in said, said
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "still_out.png").read_bytes()


def test_a_video_of_pngs_with_profiles(adain, tmp_path: Path, photo: np.ndarray):
    """As some programs export them; PyAV's account of such frames ended the process with a crash."""
    png = io.BytesIO()
    Image.fromarray(photo[:96, :128]).save(png, "PNG", icc_profile=PROFILE)
    with av.open(str(tmp_path / "clip.mov"), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "rgb24"
        for number in range(3):
            packet = av.Packet(png.getvalue())
            packet.pts = packet.dts = number
            packet.time_base, packet.stream = Fraction(1, 10), stream
            container.mux(packet)
    done = adain("video", "clip.mov", "--style", "mosaic", "-o", "out.mkv")
    assert done.returncode == 0, done.stderr
    assert times_in(tmp_path / "out.mkv") == [0, 100, 200]


def test_large_pictures_are_asked_without_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo: np.ndarray):
    Image.fromarray(photo).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", photo.shape[0] * photo.shape[1] - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not moves(str(tmp_path / "large.png"))
        open_reader(str(tmp_path / "large.png")).close()
