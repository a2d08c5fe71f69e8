"""Videos end to end: what goes in comes out painted, with its times and its sound, whatever happens on the way."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from adain.apps.frame import Frame
from adain.apps.options import Encoding, VideoOptions
from adain.apps.painter import Painter
from adain.apps.reader import open_reader, upright
from adain.apps.timeline import parse_time, parse_timeline, style_at
from adain.apps.video import default_output, stylize_video
from adain.apps.writer import SEGMENT
from PIL import Image, ImageSequence

from adain.errors import OptionError, VideoError
from adain.stability import sharpness
from adain.stylizer import MOVING_CALM

NTSC = Fraction(30000, 1001)
LONG = 200  # frames: more than three segments


def make_clip(
    path: Path,
    count: int = 12,
    size: tuple[int, int] = (96, 64),
    *,
    rate: Fraction = NTSC,
    times: Sequence[int] | None = None,
    sound: bool = True,
    turned: int = 0,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    preset: str = "ultrafast",
    chapters: Sequence[tuple[str, int, int]] = (),
) -> Path:
    """A clip of a photo that pans; `times` are in ticks of 1/30000 s, titled chapters in ms."""
    photo = Image.open(Path(__file__).parents[2] / "docs/samples/palace.jpg").convert("RGB").resize((400, 300))
    ticks = times or [round(i * 30000 / rate) for i in range(count)]
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "a test"
        container.set_chapters(
            [
                {"id": i, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                for i, (title, start, end) in enumerate(chapters)
            ]
        )
        video = container.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = *size, pixels
        video.codec_context.time_base = Fraction(1, 30000)
        if codec == "libx264":
            video.codec_context.options = {"preset": preset, "crf": "10"}
        audio = container.add_stream("aac", rate=44100, layout="mono") if sound else None
        if turned:
            video.set_display_rotation(turned)
        for number, tick in enumerate(ticks):
            x = number % 100
            frame = av.VideoFrame.from_ndarray(np.array(photo.crop((x, 40, x + 200, 170)).resize(size)), format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 30000)
            container.mux(video.encode(frame))
        if audio:
            wave = np.sin(np.arange(44100 * ticks[-1] // 30000 // 1024 * 1024) / 20).astype(np.float32)
            for start in range(0, len(wave), 1024):
                block = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
                block.sample_rate, block.pts, block.time_base = 44100, start, Fraction(1, 44100)
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))
        container.mux(video.encode(None))
    return path


def frames_of(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    with av.open(str(path)) as container:
        base = container.streams.video[0].time_base
        return [(f.pts * base, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


def sound_of(path: Path) -> list[tuple]:
    with av.open(str(path)) as container:
        return [(p.pts, p.dts, p.duration, bytes(p)) for p in container.demux(audio=0) if p.size]


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter(VideoOptions(model="fast", device="cpu"))


@pytest.fixture
def paint(painter: Painter):
    """stylize_video with the model loaded once: paint(source, output, style..., option=...)."""

    def run(source: Path | str, output: Path | str, *styles: str, notes: list[str] | None = None, **options) -> dict:
        settings = VideoOptions(device="cpu", **options)
        painter.options = settings
        keyframes = parse_timeline(list(styles or ("starry-night",)))
        return stylize_video(
            str(source),
            str(output),
            keyframes,
            settings,
            painter=painter,
            notify=([] if notes is None else notes).append,
        )

    return run


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("long") / "long.mp4", LONG, (64, 48))


def test_times_sound_and_metadata_are_kept(tmp_path: Path, paint):
    clip = make_clip(tmp_path / "clip.mp4", 30)
    report = paint(clip, tmp_path / "out.mp4")
    assert report["frames"] == 30 and "error" not in report
    before, after = frames_of(clip), frames_of(tmp_path / "out.mp4")
    assert [t for t, _ in after] == [t for t, _ in before]
    assert sound_of(tmp_path / "out.mp4") == sound_of(clip)
    with av.open(str(tmp_path / "out.mp4")) as out, av.open(str(clip)) as source:
        assert out.streams.video[0].average_rate == NTSC
        assert out.streams.video[0].duration * out.streams.video[0].time_base == Fraction(30 * 1001, 30000)
        assert out.duration == source.duration
        assert out.metadata["title"] == "a test"
    assert np.abs(after[5][1].astype(int) - before[5][1]).mean() > 10  # it was painted
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mp4", "out.mp4"]


def test_variable_frame_times_are_kept(tmp_path: Path, paint):
    times = [0, 1000, 1500, 4000, 4001, 9000, 9500, 17000, 17100, 30000]
    clip = make_clip(tmp_path / "clip.mp4", times=times, sound=False)
    paint(clip, tmp_path / "out.mp4")
    assert [t for t, _ in frames_of(tmp_path / "out.mp4")] == [Fraction(t, 30000) for t in times]
    paint(clip, tmp_path / "out.mkv")
    assert [t for t, _ in frames_of(tmp_path / "out.mkv")] == [Fraction(round(t / 30), 1000) for t in times]


def test_exact_rate_comes_back_from_milliseconds(tmp_path: Path, paint):
    clip = make_clip(tmp_path / "clip.mkv", 40)
    paint(clip, tmp_path / "out.mp4")
    assert [t for t, _ in frames_of(tmp_path / "out.mp4")] == [i / NTSC for i in range(40)]


@pytest.mark.parametrize("turned", [90, 180, -90])
def test_rotation_is_applied(tmp_path: Path, paint, turned: int):
    clip = make_clip(tmp_path / "clip.mp4", 3, turned=turned, sound=False)
    paint(clip, tmp_path / "out.mp4", strength=0.0, smooth="off")
    plain = make_clip(tmp_path / "plain.mp4", 3, sound=False)
    wanted, got = np.rot90(frames_of(plain)[1][1], turned // 90), frames_of(tmp_path / "out.mp4")[1][1]
    assert got.shape == wanted.shape
    assert np.abs(got.astype(int) - wanted).mean() < 8  # of compression; other turns are 30 and more off


def test_mirrored_matrices():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    one = 1 << 16
    assert (upright(picture, np.array([-one, 0, 0, 0, one, 0, 0, 0, 1 << 30])) == picture[:, ::-1]).all()
    assert (upright(picture, np.array([0, one, 0, one, 0, 0, 0, 0, 1 << 30])) == picture.transpose(1, 0, 2)).all()


def test_odd_sizes_ten_bits_and_no_sound(tmp_path: Path, paint):
    with_odd = make_clip(tmp_path / "odd.mkv", 4, (75, 51), codec="ffv1", pixels="yuv420p10le", sound=False)
    paint(with_odd, tmp_path / "out.mp4")
    frames = frames_of(tmp_path / "out.mp4")
    assert len(frames) == 4 and frames[0][1].shape == (52, 76, 3)  # H.264 with 4:2:0 knows only even sizes
    paint(with_odd, tmp_path / "out.webm")
    assert frames_of(tmp_path / "out.webm")[0][1].shape == (51, 75, 3)


@pytest.mark.parametrize("name", ["out.webp", "out.apng", "out.gif"])
def test_animations_keep_their_times(tmp_path: Path, photo: np.ndarray, paint, name: str):
    """Of the last frame FFmpeg's WebP and APNG do not say how long it is shown: as long as others."""
    durations = [100, 200, 50, 150, 120]
    frames = [Image.fromarray(np.roll(photo[:64, :96], 8 * number, 1)) for number in range(5)]
    frames[0].save(tmp_path / "clip.webp", save_all=True, append_images=frames[1:], duration=durations)
    for output in (name, f"again-{name}"):
        paint(tmp_path / "clip.webp", tmp_path / output)
    with Image.open(tmp_path / name) as image:
        got = [frame.copy().info["duration"] for frame in ImageSequence.Iterator(image)]
    assert got[:-1] == durations[:-1] and min(durations) <= got[-1] <= max(durations)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_other_kinds_of_files(tmp_path: Path, paint):
    clip, notes = make_clip(tmp_path / "clip.mp4", 10), []
    paint(clip, tmp_path / "out.gif", notes=notes)
    assert len(frames_of(tmp_path / "out.gif")) == 10
    paint(clip, f"{tmp_path}/frames/%03d.png", notes=notes)
    assert [p.name for p in sorted((tmp_path / "frames").iterdir())] == [f"{i:03d}.png" for i in range(1, 11)]
    assert len(notes) == 2 and all("left out" in line for line in notes)
    report = paint(tmp_path / "frames", tmp_path / "again.mkv", rate=Fraction(10))
    assert report["frames"] == 10 and frames_of(tmp_path / "again.mkv")[-1][0] == Fraction(9, 10)


def test_a_part_of_the_clip_at_another_rate(tmp_path: Path, paint):
    clip = make_clip(tmp_path / "clip.mp4", 60, rate=Fraction(30))
    paint(clip, tmp_path / "out.mp4", start=Fraction(1, 2), end=Fraction(3, 2), strength=0.0, smooth="off")
    frames, source = frames_of(tmp_path / "out.mp4"), frames_of(clip)
    assert [t for t, _ in frames] == [Fraction(i, 30) for i in range(30)]
    assert np.abs(frames[0][1].astype(int) - source[15][1]).mean() < 4
    times = [p[0] / 44100 for p in sound_of(tmp_path / "out.mp4")]
    assert -0.03 < times[0] < 0.03 and 0.9 < times[-1] < 1
    paint(clip, tmp_path / "slow.mp4", rate=Fraction(10))
    assert [t for t, _ in frames_of(tmp_path / "slow.mp4")] == [Fraction(i, 10) for i in range(20)]


def test_pictures_and_previews_anywhere(tmp_path: Path, paint, monkeypatch: pytest.MonkeyPatch):
    clip = make_clip(tmp_path / "clip.mp4", 4)
    paint(clip, f"{tmp_path}/new/sub/%d.jpg", preview=3, strength=0.0)
    assert [path.name for path in sorted((tmp_path / "new").rglob("*.*"))] == [
        "1.jpg", "2.jpg", "3.jpg", "4.jpg", "sub_preview_000000.png", "sub_preview_000003.png"
    ]  # fmt: skip
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    paint(clip, "%d.png", strength=0.0)
    assert [path.name for path in sorted(Path().iterdir())] == ["1.png", "2.png", "3.png", "4.png"]


@pytest.mark.parametrize(("kind", "preset"), [("mkv", "ultrafast"), ("mkv", "fast"), ("mp4", "fast")])
def test_a_late_start_is_no_damage(tmp_path: Path, paint, kind: str, preset: str):
    """Matroska counts its length from 0, wherever its video starts."""
    times = [150_000 + 3000 * number for number in range(6)]  # from 5 s on
    clip = make_clip(tmp_path / f"late.{kind}", times=times, sound=False, rate=Fraction(10), preset=preset)
    report = paint(clip, tmp_path / "out.mkv", strength=0.0)
    assert "error" not in report
    found = [time for time, _ in frames_of(tmp_path / "out.mkv")]
    assert [time - found[0] for time in found] == [Fraction(number, 10) for number in range(6)]


def test_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "frames").mkdir()
    monkeypatch.chdir(tmp_path / "frames")
    for source in (".", "./"):
        assert default_output(source, parse_timeline(["mosaic"])) == str(tmp_path / "frames_stylized_mosaic.mp4")


def test_percent_signs_in_names(tmp_path: Path, paint):
    """They stand for numbered pictures only where a number is asked for, in the name of a picture."""
    clip = make_clip(tmp_path / "100%dance 5%.mp4", 4)
    assert default_output(str(clip), parse_timeline(["mosaic"])) == str(tmp_path / "100%dance 5%_stylized_mosaic.mp4")
    for output in ("100%done.mp4", "50%/", "5%of%02d.png"):
        paint(clip, f"{tmp_path}/{output}", strength=0.0)
    assert len(frames_of(tmp_path / "100%done.mp4")) == 4
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [f"5%of{number:02d}.png" for number in range(1, 5)]
    assert len(list((tmp_path / "50%").iterdir())) == 4
    paint(f"{tmp_path}/5%of%02d.png", tmp_path / "again.mkv", strength=0.0)
    assert len(frames_of(tmp_path / "again.mkv")) == 4


@pytest.mark.parametrize(("long_side", "size"), [(60, (60, 40)), (200, (200, 133))])
def test_another_size(tmp_path: Path, paint, long_side: int, size: tuple[int, int]):
    clip = make_clip(tmp_path / "clip.mp4", 6)
    report = paint(clip, tmp_path / "out.mkv", output_size=long_side, strength=0.0, two_pass=True)
    assert (report["width"], report["height"]) == size
    (_, source), (_, shown) = frames_of(clip)[3], frames_of(tmp_path / "out.mkv")[3]
    assert shown.shape[:2] == (size[1] + size[1] % 2, size[0])  # H.264 wants even sides
    wanted = np.array(Image.fromarray(source).resize(size, Image.Resampling.LANCZOS))
    assert np.abs(wanted.astype(int) - shown[: size[1]]).mean() < 8


def chapters_of(path: Path) -> list[tuple[str, float, float]]:
    with av.open(str(path)) as container:
        found = [(c["metadata"]["title"], c["start"], c["end"], c["time_base"]) for c in container.chapters()]
    return [(title, round(float(start * base), 3), round(float(end * base), 3)) for title, start, end, base in found]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_chapters_are_kept(tmp_path: Path, paint, suffix: str):
    clip = make_clip(tmp_path / "clip.mp4", 60, rate=Fraction(30), chapters=[("Arrival", 0, 800), ("Feast", 800, 2000)])
    out = tmp_path / f"out{suffix}"
    paint(clip, out)
    assert chapters_of(out) == chapters_of(clip) == [("Arrival", 0, 0.8), ("Feast", 0.8, 2)]
    paint(clip, out, start=Fraction(1, 2), end=Fraction(3, 2), overwrite=True)
    assert chapters_of(out) == [("Arrival", 0, 0.3), ("Feast", 0.3, 1)]
    paint(clip, out, start=Fraction(1), overwrite=True)
    assert chapters_of(out) == [("Feast", 0, 1)]


def test_styles_over_time(tmp_path: Path, paint):
    picture = tmp_path / "still.png"
    Image.open(Path(__file__).parents[2] / "docs/samples/cat.jpg").convert("RGB").resize((96, 64)).save(picture)
    still = tmp_path / "still"
    still.mkdir()
    for i in range(9):
        (still / f"{i}.png").write_bytes(picture.read_bytes())
    options = {"rate": Fraction(4), "smooth": "off", "encoding": Encoding(crf=1)}
    for name, styles in {"both": ("0:mosaic", "2s:ink-wash"), "first": ("mosaic",), "last": ("ink-wash",)}.items():
        paint(still, tmp_path / f"{name}.mkv", *styles, **options)
    both, first, last = (
        [rgb.astype(float) for _, rgb in frames_of(tmp_path / f"{name}.mkv")] for name in ("both", "first", "last")
    )
    assert np.abs(both[0] - first[0]).mean() < 2 and np.abs(both[-1] - last[-1]).mean() < 2
    to_last = [np.abs(frame - last[0]).mean() for frame in both]
    assert all(later < earlier for earlier, later in itertools.pairwise(to_last))


def half_mask(path: Path) -> Path:
    """White above, black below; of another size and shape than any clip."""
    mask = np.zeros((40, 40), np.uint8)
    mask[:20] = 255
    Image.fromarray(mask).save(path)
    return path


def test_regions_through_the_command(tmp_path: Path, adain_here):
    """Above one style turns into another, below the video stays, also where the run is cut in two passes."""
    clip, mask = make_clip(tmp_path / "clip.mp4", 24), half_mask(tmp_path / "mask.png")
    common = ["video", clip, "--mask", mask, "--crf", 1, "--device", "cpu", "--json"]
    styles = ["-s", "0:sky=mosaic", "-s", "0:rest=keep", "-s", "0.5s:sky=ink-wash", "-s", "0.5s:rest=keep"]
    for name, more in (("once", ()), ("twice", ("--two-pass",)), ("tiled", ("--tile", 128, "--smooth", "off"))):
        code, err = adain_here(*common, *styles, "-o", f"{name}.mp4", *more)
        assert code == 0, err
    before = frames_of(clip)
    for name in ("once", "twice", "tiled"):
        after = frames_of(tmp_path / f"{name}.mp4")
        assert [t for t, _ in after] == [t for t, _ in before]
        for (_, was), (_, now) in zip(before, after):
            changed = np.abs(now.astype(int) - was).mean((1, 2))
            assert changed[:28].mean() > 15 and changed[36:].mean() < 3  # of 64 rows; compression leaves some
    colours = [rgb[:28].mean((0, 1)) for _, rgb in frames_of(tmp_path / "once.mp4")]
    assert np.abs(colours[0] - colours[-1]).max() > 15


def test_detail_too_fine_for_the_working_size(tmp_path: Path, adain_here):
    """And in what the webcam records."""
    clip = make_clip(tmp_path / "clip.mp4", 5, (192, 128))
    common = ["-s", "ukiyo-e", "--size", 64, "--device", "cpu"]
    for name, more in (("soft", ["--detail", 0]), ("crisp", [])):
        code, err = adain_here("video", clip, *common, "--crf", 1, "-o", f"{name}.mp4", *more)
        assert code == 0, err
        code, err = adain_here("webcam", "-c", clip, *common, "--headless", "--record", f"{name}_live.mp4", *more)
        assert code == 0, err
    for kind in ("", "_live"):
        soft, crisp = (
            sharpness([rgb for _, rgb in frames_of(tmp_path / f"{name}{kind}.mp4")]) for name in ("soft", "crisp")
        )
        assert crisp > 2 * soft


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mask", "mask.png", "-s", "sky=mosaic"], "has no style"),
        (["--mask", "none.png", "-s", "sky=mosaic", "-s", "rest=keep"], "no such mask"),
        (["-s", "sky=mosaic"], "needs a --mask"),
        (["--mask", "mask.png", "-s", "0:sky=mosaic", "-s", "0:rest=keep", "-s", "1:sky=mosaic"], "the regions are"),
        ([], "no style"),
        (["-s", "mosaic", "--tile", "5"], "want auto, off, or at least 128"),
    ],
)
def test_bad_regions_are_one_line(tmp_path: Path, adain_here, arguments: list[str], words: str):
    half_mask(tmp_path / "mask.png")
    code, err = adain_here("video", make_clip(tmp_path / "clip.mp4", 3), *arguments)
    assert code in (1, 2) and words in err and len(err.strip().splitlines()) == 1


def test_levels_alone_are_enough(tmp_path: Path, adain_here):
    clip = make_clip(tmp_path / "clip.mp4", 3)
    code, err = adain_here("video", clip, "--style-levels", "fine=mosaic,coarse=ink-wash", "--device", "cpu")
    assert code == 0, err
    assert len(frames_of(tmp_path / "clip_stylized_mosaic-on-ink-wash.mp4")) == 3


def test_large_frames_in_tiles_look_as_whole_ones(tmp_path: Path, paint):
    clip = make_clip(tmp_path / "clip.mp4", 8, (320, 192), sound=False)
    for name, tile in (("whole", "off"), ("tiled", "128")):
        paint(clip, tmp_path / f"{name}.mkv", tile=tile, encoding=Encoding(crf=1))
    for (_, whole), (_, tiled) in zip(frames_of(tmp_path / "whole.mkv"), frames_of(tmp_path / "tiled.mkv")):
        assert np.abs(whole.astype(int) - tiled).mean() < 2


def test_two_runs_and_two_passes(tmp_path: Path, paint):
    clip = make_clip(tmp_path / "clip.mp4", 20)
    for name in ("a", "b"):
        paint(clip, tmp_path / f"{name}.mp4", color="content", strength=0.7, two_pass=True, preview=10)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert (tmp_path / "a_preview_000010.png").is_file()


@pytest.mark.parametrize(("codec", "size"), [("libx264", (98, 130)), ("libx265", (96, 64))])
def test_encoders_give_the_same_bits(tmp_path: Path, codec: str, size: tuple[int, int], rewrite):
    clip = make_clip(tmp_path / "clip.mkv", SEGMENT, size, codec="ffv1", pixels="yuv444p", sound=False)
    packets = set()
    for _ in range(6):
        rewrite(clip, tmp_path / "out.mp4", Encoding(codec))
        with av.open(str(tmp_path / "out.mp4")) as container:
            packets.add(tuple(bytes(packet) for packet in container.demux(video=0)))
    assert len(packets) == 1


def test_a_truncated_file_gives_what_can_be_read(tmp_path: Path, adain):
    clip = make_clip(tmp_path / "clip.mkv", 60)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    done = adain("video", clip, "-s", "mosaic", "-o", "out.mp4", "--json")
    assert done.returncode == 1
    assert b"error: " in done.stderr and b"cut short" in done.stderr and b"Traceback" not in done.stderr
    frames = json.loads(done.stdout)["frames"]
    assert 10 < frames < 60 and len(frames_of(tmp_path / "out.mp4")) == frames


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_from_stdin(tmp_path: Path, adain, suffix: str):
    clip = make_clip(tmp_path / f"clip{suffix}", 12)
    if suffix == ".mp4":
        assert clip.read_bytes().index(b"moov") > clip.read_bytes().index(b"mdat")  # the index is at the end
    done = adain("video", "-", "-s", "mosaic", "-o", "out.mp4", stdin=clip.read_bytes())
    assert done.returncode == 0, done.stderr
    assert len(frames_of(tmp_path / "out.mp4")) == 12 and sound_of(tmp_path / "out.mp4")


def test_bad_sources_and_places(tmp_path: Path, paint):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    clip = make_clip(tmp_path / "clip.mp4", 3)
    blank = tmp_path / "blank.mp4"  # an index, and nothing where it points to
    before, pictures = clip.read_bytes().split(b"mdat", 1)
    size = int.from_bytes(before[-4:]) - 8
    blank.write_bytes(before + b"mdat" + bytes(size) + pictures[size:])
    (tmp_path / "there.mp4").write_bytes(b"old")
    for source, output, wanted in [
        (tmp_path / "none.mp4", "out.mp4", "no such file"),
        (text, "out.mp4", "cannot be read as a video"),
        (blank, "out.mp4", "not one frame can be read"),
        (clip, "out.docx", "cannot write '.docx'"),
        (clip, "there.mp4", "exists already"),
    ]:
        with pytest.raises(VideoError, match=wanted):
            paint(source, tmp_path / output)
    with pytest.raises(VideoError, match="got --start 9 s, where it has ended already"):
        paint(clip, tmp_path / "out.mp4", start=Fraction(9))
    with pytest.raises(OptionError, match="no such encoder"):
        paint(clip, tmp_path / "out.mp4", encoding=Encoding(codec="nonsense"))
    assert (tmp_path / "there.mp4").read_bytes() == b"old"


def start(arguments: list, folder: Path, before: str = "") -> subprocess.Popen:
    """The real command in a process of its own; `before` is Python to run first."""
    command = [
        sys.executable,
        "-c",
        f"{before or 'pass'}; from adain.apps.cli import main; main()",
        "video",
        *map(str, arguments),
    ]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_resumed(tmp_path: Path, paint, long_clip: Path, number: int):
    (tmp_path / "out.mp4").write_bytes(b"old")
    arguments = [long_clip, "-s", "starry-night", "-o", tmp_path / "out.mp4", "--overwrite", "--device", "cpu"]
    process = start(arguments, tmp_path)
    deadline = time.monotonic() + 100
    while not (tmp_path / "out.part.mp4.1.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, number)
    errors = process.communicate()[1]
    assert (tmp_path / "out.mp4").read_bytes() == b"old"
    held = frames_of(tmp_path / "out.part.mp4")
    assert SEGMENT <= len(held) < LONG
    if number == signal.SIGINT:
        assert process.returncode == 130 and b"--resume" in errors
        with pytest.raises(OptionError, match="other options"):
            paint(long_clip, tmp_path / "out.mp4", "mosaic", overwrite=True, resume=True)
    paint(long_clip, tmp_path / "out.mp4", overwrite=True, resume=True)
    paint(long_clip, tmp_path / "whole.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "whole.mp4"]


@pytest.mark.parametrize("name", ["out.webp", "out.gif"])
def test_an_interrupted_animation_holds_what_was_painted(tmp_path: Path, long_clip: Path, name: str):
    arguments = [long_clip, "-s", "mosaic", "-o", tmp_path / name, "--preview", "1", "--device", "cpu"]
    process = start(arguments, tmp_path)
    deadline = time.monotonic() + 100
    while not (tmp_path / "out_preview_000003.png").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    errors = process.communicate()[1]
    assert process.returncode == 130 and b"begun anew" in errors
    with Image.open(tmp_path / f"out.part.{name[4:]}") as image:
        assert 3 <= image.n_frames < LONG  # type: ignore[attr-defined]


def test_disk_full(tmp_path: Path, long_clip: Path):
    small = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    process = start([long_clip, "-s", "mosaic", "-o", tmp_path / "out.mp4", "--crf", "1"], tmp_path, small)
    errors = process.communicate()[1].decode()
    assert process.returncode == 1
    assert "cannot be written" in errors and "Traceback" not in errors
    assert not (tmp_path / "out.mp4").exists()


def test_timeline():
    keyframes = parse_timeline(["0:mosaic", "1:30:ink-wash:0.5", "90s:starry-night:0.5"])
    assert [(k.time, k.recipe.name) for k in keyframes] == [(0, "mosaic"), (90, "ink-wash+starry-night")]
    assert parse_time("0:01:30.5", "--start") == Fraction(181, 2)
    assert parse_time(".5", "--start") == parse_time("0.5s", "--start") == Fraction(1, 2)
    assert parse_time("2.", "--end") == 2
    for wrong in (".", "1:", "half"):
        with pytest.raises(OptionError, match="want seconds"):
            parse_time(wrong, "--start")
    for wrong in (["0:mosaic", "ink-wash"], ["mosaic", "ink-wash"]):
        with pytest.raises(OptionError):
            parse_timeline(wrong)


def test_style_at(starry):
    times, styles = [Fraction(0), Fraction(2)], [starry, starry]
    assert style_at(Fraction(3), times, styles) is starry
    assert style_at(Fraction(1), times, styles).name.count("starry") == 2


def test_reader_says_how_long(tmp_path: Path):
    reader = open_reader(str(make_clip(tmp_path / "clip.mp4", 15)))
    assert reader.length == 15 == sum(isinstance(item, Frame) for item in reader)
    reader.close()


def test_what_moves_is_painted_calmly_unless_asked_otherwise(tmp_path: Path, adain_here):
    clip = make_clip(tmp_path / "clip.mp4", 3, (192, 128))
    painted = {}
    for name, more in (("default", []), ("told", ["--calm", MOVING_CALM]), ("lively", ["--calm", 0])):
        code, err = adain_here("video", clip, "-s", "mosaic", "--crf", 1, "--device", "cpu", "-o", f"{name}.mp4", *more)
        assert code == 0, err
        painted[name] = np.stack([rgb for _, rgb in frames_of(tmp_path / f"{name}.mp4")]).astype(int)
    assert np.array_equal(painted["default"], painted["told"])
    assert np.abs(painted["default"] - painted["lively"]).mean() > 2
    code, err = adain_here("video", clip, "-s", "mosaic", "--model", "vgg", "--calm", 0.5, "-o", "vgg.mp4")
    assert code == 2 and "has not learned it" in err
