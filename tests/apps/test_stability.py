"""`adain eval video`, on a photo that pans."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COUNT = 12


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A folder of pictures, 3 px of a photo on from one to the next, with a camera's noise."""
    folder = tmp_path / "pan"
    folder.mkdir()
    with Image.open(Path(__file__).parents[2] / "docs/samples/palace.jpg") as image:
        photo = np.array(image.convert("RGB").resize((320, 214))).astype(float)
    generator = np.random.default_rng(0)
    for number in range(COUNT):
        frame = photo[20:180, 3 * number : 3 * number + 240]
        noisy = np.clip(frame + generator.normal(0, 2, frame.shape), 0, 255).round().astype(np.uint8)
        Image.fromarray(noisy).save(folder / f"{number:02d}.png")
    return folder


def measured(adain, *arguments: object) -> list[dict]:
    done = adain("eval", "video", *arguments, "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["rows"]


def test_smoothing_and_calm_are_steadier_and_the_table_says_by_how_much(adain, clip: Path):
    off, flow = measured(adain, clip, "-s", "mosaic", "--still", 40)
    (lively,) = measured(adain, clip, "-s", "mosaic", "--smooth", "off", "--calm", 0, "--still", 0)
    assert [row["smooth"] for row in (off, flow, lively)] == ["off", "flow", "off"]
    assert off["near_share"] == off["far_share"] == off["sharpness"] == off["style"] == 1
    assert flow["near"] == pytest.approx(flow["near_share"] * off["near"]) and flow["near_share"] < 0.8
    assert off["near_floor"] < 0.9 * lively["near_floor"]
    assert 0.7 < flow["sharpness"] < 1.5 and 0.8 < flow["style"] < 1.3
    assert 0 <= flow["drift"] < 0.05 and lively["drift"] is None
    assert flow["milliseconds"] > 10 * off["milliseconds"]


def test_a_saved_style_has_no_picture_to_compare_with(adain, clip: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("ADAIN_STYLES", str(tmp_path / "styles"))
    assert adain("styles", "save", "mine", "mosaic").returncode == 0
    off, flow = measured(adain, clip, "-s", "mine", "--still", 0)
    assert off["style"] is flow["style"] is None and flow["near_share"] < 0.8
    table = adain("eval", "video", clip, "-s", "mine", "--still", 0, "--smooth", "light")
    assert table.returncode == 0 and b"light" in table.stdout and b"nan" not in table.stdout


def test_what_cannot_be_measured_is_said(adain, clip: Path):
    for path in sorted(clip.iterdir())[10:]:
        path.unlink()
    short = adain("eval", "video", clip, "-s", "mosaic")
    assert short.returncode == 1 and b"got 10 of the 11 frames" in short.stderr
    unknown = adain("eval", "video", clip, "-s", "mosiac")
    assert unknown.returncode == 1 and b"did you mean mosaic" in unknown.stderr
    unknown = adain("eval", "video", clip, "-s", "mosaic", "--smooth", "very")
    assert unknown.returncode == 2 and b"want one of off, light, flow, strong" in unknown.stderr
