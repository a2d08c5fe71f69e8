"""`adain image` as a user meets it: real processes, real files, exit codes."""

import io
import json
import os
import weakref
from pathlib import Path

import numpy as np
import pytest
from adain.apps.image import read_content, run
from adain.apps.options import ResultOptions
from adain.apps.plan import plan
from adain.apps.recipe import parse_styles
from PIL import Image

from adain.errors import OptionError
from adain.picture import Picture, read_picture
from adain.stability import sharpness


def one_error_line(done) -> str:
    """The single clean line a failed command leaves on stderr."""
    lines = done.stderr.decode().strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), done.stderr.decode()
    return lines[0]


def test_one_photo_one_style(adain, photo_file: Path, tmp_path: Path):
    done = adain("image", photo_file, "--style", "starry-night", "--style-size", 256)
    out = tmp_path / "photo_stylized_starry-night.png"
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().strip() == str(out)
    assert done.stderr == b""
    with Image.open(out) as image, Image.open(photo_file) as photo:
        assert image.size == photo.size
        assert np.abs(np.asarray(image).astype(int) - np.asarray(photo).astype(int)).mean() > 15
    again = adain("image", photo_file, "--style", "starry-night")
    assert again.returncode == 1 and "--overwrite" in one_error_line(again)


def test_another_backend(adain, photo_file: Path, tmp_path: Path):
    pytest.importorskip("openvino")
    report, pictures = [], []
    for backend in ("torch", "openvino"):
        done = adain("image", photo_file, "-s", "ink-wash", "-o", f"{backend}.png", "--backend", backend, "--json")
        assert done.returncode == 0 and done.stderr == b"", done.stderr
        report += json.loads(done.stdout)
        with Image.open(tmp_path / f"{backend}.png") as image:
            pictures.append(np.asarray(image).astype(int))
    assert [r["backend"] for r in report] == ["torch", "openvino"]
    assert np.abs(pictures[0] - pictures[1]).mean() < 2


def test_every_combination_with_json_and_a_bad_item_in_between(adain, photo_file: Path, tmp_path: Path):
    (tmp_path / "bad.jpg").write_text("no picture")
    names = [photo_file, "bad.jpg", "missing.png"]
    done = adain("image", *names, "-s", "starry-night", "-s", "ink-wash", "-o", "out/", "--size", 64, "--json")
    assert done.returncode == 1
    reports = json.loads(done.stdout)
    assert len(reports) == 6
    assert [("error" in r) for r in reports] == [False, False, True, True, True, True]
    assert {r["model"] for r in reports[:2]} == {"fast"} and reports[0]["width"] == 240
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "photo_stylized_ink-wash.png",
        "photo_stylized_starry-night.png",
    ]
    errors = done.stderr.decode().strip().splitlines()
    assert len(errors) == 4 and "not a picture" in errors[0] and "no such file" in errors[2]


def test_stdin_to_stdout(adain, photo_file: Path):
    done = adain("image", "-", "-s", "starry-night", "--size", 64, stdin=photo_file.read_bytes())
    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert image.size == (240, 160) and image.format == "PNG"
    empty = adain("image", "-", "-s", "starry-night", stdin=b"")
    assert empty.returncode == 1 and "empty" in one_error_line(empty)


def test_a_video_is_sent_to_the_other_command(adain, tmp_path: Path):
    (tmp_path / "clip.mp4").write_bytes(b"whatever")
    done = adain("image", "clip.mp4", "-s", "ink-wash")
    assert done.returncode == 1 and "is a video; adain video paints those" in one_error_line(done)


def test_sizes_and_alpha(adain, photo: np.ndarray, tmp_path: Path):
    alpha = np.tile(np.arange(240, dtype=np.uint8), (160, 1))
    Image.fromarray(np.dstack([photo, alpha])).save(tmp_path / "a.png")
    assert adain("image", "a.png", "-s", "ink-wash", "-o", "b.png", "--strength", 0.5).returncode == 0
    with Image.open(tmp_path / "b.png") as image:
        np.testing.assert_array_equal(np.array(image.getchannel("A")), alpha)
    assert adain("image", "a.png", "-s", "ink-wash", "-o", "c.jpg", "--output-size", 120, "--size", 0).returncode == 0
    with Image.open(tmp_path / "c.jpg") as image:
        assert image.size == (120, 80) and image.format == "JPEG"


def test_detail_too_fine_for_the_working_size(adain_here, photo_file: Path, tmp_path: Path):
    for name, more in (("soft", ["--detail", 0]), ("half", ["--detail", 0.5]), ("crisp", [])):
        code, err = adain_here("image", photo_file, "-s", "ukiyo-e", "-o", f"{name}.png", "--size", 80, *more)
        assert code == 0, err
    soft, half, crisp = (sharpness([read_picture(tmp_path / f"{name}.png").rgb]) for name in ("soft", "half", "crisp"))
    assert crisp > 1.5 * half > 2 * soft


def test_a_style_can_be_a_picture(adain, photo_file: Path, tmp_path: Path):
    Image.new("RGB", (40, 40), "orange").save(tmp_path / "orange.png")
    done = adain("image", photo_file, "-s", "orange.png", "--model", "vgg")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "photo_stylized_orange.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--style", "nope"], 1, "unknown style 'nope'"),
        (["--style", "none.jpg"], 1, "no such style picture"),
        (["--style", "ink-wash", "--device", "warp"], 1, "device 'warp' is not on this machine"),
        (["--style", "ink-wash", "--model", "slow"], 1, "unknown model 'slow'"),
        (["--style", "ink-wash", "--backend", "warp"], 2, "want torch, compile, openvino"),
        (["--style", "ink-wash", "-o", "a.xyz"], 1, "want .png"),
    ],
)
def test_bad_choices_are_one_line(adain, photo_file: Path, arguments: list[str], code: int, words: str):
    done = adain("image", photo_file, *arguments)
    assert done.returncode == code
    assert words in one_error_line(done)


@pytest.mark.parametrize(
    "arguments",
    [["--strength", "3"], ["--strength", "x"], ["--size", "-1"], ["--size", "5"], ["--detail", "2"], ["--nope"], []],
)
def test_usage_errors_exit_2(adain, photo_file: Path, arguments: list[str]):
    style = ["--style", "ink-wash"] if arguments else []
    done = adain("image", photo_file, *style, *arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr and done.stdout == b""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder(adain, photo_file: Path, tmp_path: Path):
    (tmp_path / "shut").mkdir(mode=0o555)
    done = adain("image", photo_file, "-s", "ink-wash", "-o", "shut/a.png")
    assert done.returncode == 1 and "cannot be written" in one_error_line(done)


def test_output_under_a_file_is_an_error_not_a_traceback(adain, photo_file: Path, tmp_path: Path):
    (tmp_path / "file").write_text("I am no folder")
    done = adain("image", photo_file, "-s", "ink-wash", "-o", "file/a.png", "--size", 64)
    assert done.returncode == 1 and "cannot be made" in one_error_line(done)


def test_several_results_for_one_file_is_a_usage_error(adain, photo_file: Path):
    done = adain("image", photo_file, "-s", "ink-wash", "-s", "neon", "-o", "a.png")
    assert done.returncode == 2 and "cannot all go to" in one_error_line(done)


def test_plan_refuses_what_would_collide():
    with pytest.raises(OptionError, match="cannot all go to"):
        plan(["a.jpg", "b.jpg"], parse_styles(["ink-wash"]), "out.png")
    with pytest.raises(OptionError, match="several results"):
        plan(["x/a.jpg", "y/a.jpg"], parse_styles(["ink-wash"]), "out/")
    with pytest.raises(OptionError, match="several results"):
        plan(["a.jpg"], parse_styles(["x/wave.jpg", "y/wave.jpg"]), None)
    with pytest.raises(OptionError, match="stdin"):
        plan(["-", "a.jpg"], parse_styles(["ink-wash"]), None)


def test_photos_of_one_name_have_results_of_their_own():
    """As telephones leave them beside each other."""
    jobs = plan(["x/a.heic", "x/a.jpg", "x/b.jpg"], parse_styles(["ink-wash", "neon"]), None)
    assert [job.output for job in jobs] == [
        f"x/{name}_stylized_{style}.png" for name in ("a_heic", "a_jpg", "b") for style in ("ink-wash", "neon")
    ]


def test_a_photo_is_let_go_before_its_last_result_is_written(
    photo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A huge photo, its painting and what encodes that would be one too many in memory."""
    other = tmp_path / "other.png"
    other.write_bytes(photo_file.read_bytes())
    photos: list[weakref.ref] = []
    held: list[bool] = []

    def read(content: str) -> Picture:
        photo = read_content(content)
        photos.append(weakref.ref(photo.rgb))
        return photo

    def write(picture: Picture, output: str, *, overwrite: bool) -> None:
        held.append(photos[-1]() is not None)

    monkeypatch.setattr("adain.apps.image.read_content", read)
    monkeypatch.setattr("adain.apps.image.write_result", write)
    jobs = plan([str(photo_file), str(other)], parse_styles(["ink-wash", "neon"]), f"{tmp_path}/out/")
    assert all("error" not in report for report in run(jobs, ResultOptions(size=64, style_size=64, device="cpu")))
    assert held == [True, False, True, False] and len(photos) == 2


def test_controls_through_the_command(adain, photo_file: Path, photo: np.ndarray, tmp_path: Path):
    mask = np.zeros((20, 30), np.uint8)
    mask[:, :15] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    small = ["--size", 64, "--style-size", 64]
    done = adain("image", photo_file, "--mask", "mask.png", "-s", "left=neon", "-s", "rest=keep", "-o", "a.png", *small)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.array(image)[:, 140:], photo[:, 140:])
        assert np.abs(np.array(image)[:, :100].astype(int) - photo[:, :100]).mean() > 8
    done = adain("image", photo_file, "-s", "neon:2", "-s", "ink-wash:2", "--color", "coral", "--tile", 128, *small)
    assert done.returncode == 0 and (tmp_path / "photo_stylized_neon+ink-wash.png").is_file()
    assert done.stderr.decode() == "note: --style: weights sum to 4; scaled to 1: neon 0.5, ink-wash 0.5\n"
    done = adain("image", photo_file, "--style-levels", "fine=neon,coarse=ink-wash", "--style-scale", 2, *small)
    assert done.returncode == 0 and (tmp_path / "photo_stylized_neon-on-ink-wash.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-s", "neon:-1"], 2, "want a number of 0 or more"),
        (["-s", "neon", "--color", "pink"], 2, "want style, content, lab, histogram, coral"),
        (["-s", "neon", "--tile", "9"], 2, "at least 128"),
        (["--mask", "photo.png", "-s", "sky=neon", "-s", "sea=neon"], 2, "is no colour"),
        (["--mask", "none.png", "-s", "sky=neon", "-s", "rest=keep"], 1, "no such mask"),
        (["--model", "vgg", "--style-levels", "fine=neon,coarse=mosaic"], 1, "'vgg' has one AdaIN layer (relu4_1)"),
    ],
)
def test_controls_that_cannot_be_are_one_line(adain, photo_file: Path, arguments: list[str], code: int, words: str):
    done = adain("image", photo_file, *arguments)
    assert done.returncode == code
    assert words in one_error_line(done)
