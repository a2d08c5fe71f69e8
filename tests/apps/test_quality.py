"""`adain eval images` through the real command."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def test_models_and_folders_side_by_side(adain, photo: np.ndarray, tmp_path: Path):
    for name in ("a", "b"):
        Image.fromarray(photo).save(tmp_path / f"{name}.png")
    Image.fromarray(photo[::-1, :, ::-1]).save(tmp_path / "s.png")
    (tmp_path / "pairs.csv").write_text("content,style\na.png,s.png\nb.png,ink-wash\n")
    (tmp_path / "theirs").mkdir()
    for name in ("a_s.png", "b_stylized_ink-wash.png"):
        Image.fromarray(photo).save(tmp_path / "theirs" / name)
    done = adain("eval", "images", "theirs", "--model", "fast", "--strength", 0.3, "--strength", 1, "--pairs",
                 "pairs.csv", "--size", 128, "--csv", "o.csv", "--plot", "o.png", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    methods = json.loads(done.stdout)["methods"]
    assert list(methods) == ["theirs at 0.3", "theirs at 1", "fast at 0.3", "fast at 1"]
    assert methods["theirs at 1"]["ssim"] > 0.99  # the photo itself
    assert methods["theirs at 0.3"]["style"] == pytest.approx(methods["theirs at 1"]["style"])
    assert methods["theirs at 1"]["style"] > methods["fast at 0.3"]["style"] > methods["fast at 1"]["style"] > 0
    assert methods["fast at 1"]["milliseconds"] > 0
    assert methods["fast at 0.3"]["identity"] > 0 and methods["fast at 1"]["cast"] > 0
    assert methods["theirs at 1"]["cast"] is None and methods["theirs at 1"]["milliseconds"] is None
    assert b"LPIPS" in done.stderr or methods["theirs at 1"]["lpips"] < methods["fast at 1"]["lpips"]
    with (tmp_path / "o.csv").open() as file:
        assert [row["pair"] for row in csv.DictReader(file)] == ["a_s", "b_ink-wash"] * 4
    with Image.open(tmp_path / "o.png") as picture:
        assert picture.width > 500


def test_number_formats_are_compared_with_float32(adain_here, photo_file: Path, tmp_path: Path):
    code, errors = adain_here("eval", "images", "--model", "fast", "-c", photo_file, "-s", "ink-wash", "--size", 128,
                              "--dtype", "float32", "--dtype", "bfloat16", "--csv", "o.csv")  # fmt: skip
    assert code == 0, errors
    with (tmp_path / "o.csv").open() as file:
        apart = {row["method"]: float(row["apart"]) for row in csv.DictReader(file)}
    assert apart["fast, float32 at 1"] == 0
    assert 0 < apart["fast, bfloat16 at 1"] < 2


def test_mistakes_are_one_line(adain_here, photo_file: Path, tmp_path: Path):
    (tmp_path / "bad.csv").write_text("content,style\nphoto.png\n")
    pair = ("-c", photo_file, "-s", "ink-wash")
    for arguments, code, words in [
        (["--model", "fast", "--pairs", "bad.csv"], 2, "line 2"),
        ([".", *pair], 1, "no result for photo_ink-wash"),
        (["--model", "fast", *pair, "--size", 100], 2, "multiple of 16"),
        (["--model", "fast"], 2, "--pairs"),
        (pair, 2, "nothing to measure"),
    ]:
        got, errors = adain_here("eval", "images", *arguments)
        assert got == code and words in errors and errors.count("error") <= 1, errors
