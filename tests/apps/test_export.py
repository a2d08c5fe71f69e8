"""Exported graphs paint what the library paints, in another runtime, at any size and in any style."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adain import Stylizer, list_styles

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

TOLERANCE = 2.0  # of 255, mean


def expected(model: str, photo: np.ndarray, style: np.ndarray) -> np.ndarray:
    stylizer = Stylizer(model, device="cpu", dtype="float32")
    return stylizer.stylize(photo, stylizer.encode_style(style))


@pytest.mark.parametrize("model", ["fast", "vgg"])
def test_onnx_paints_as_the_library_does(adain, photo: np.ndarray, tmp_path: Path, model: str):
    done = adain("export", "onnx", "--model", model)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().split() == [f"{model}.onnx", f"{model}_style.onnx"]
    painter, encoder = (onnxruntime.InferenceSession(tmp_path / name) for name in done.stdout.decode().split())
    for content, style in ((photo, photo[:96, ::-1]), (photo[:128, :64], photo[:, :144, ::-1])):
        found = encoder.run(["mean", "std", "palette"], {"style": style[None]})
        painted = painter.run(None, {"content": content[None], **dict(zip(("mean", "std", "palette"), found))})[0]
        assert painted.shape == content[None].shape and painted.dtype == np.uint8
        assert np.abs(painted[0].astype(int) - expected(model, content, style)).mean() < TOLERANCE


@pytest.mark.parametrize("model", ["fast", "vgg"])
def test_openvino_paints_as_the_library_does(adain, photo: np.ndarray, tmp_path: Path, model: str):
    openvino = pytest.importorskip("openvino")
    done = adain("export", "openvino", "--model", model, "-o", "o/x.xml")
    assert done.returncode == 0, done.stderr
    painter, encoder = (openvino.compile_model(tmp_path / name, "CPU") for name in done.stdout.decode().split())
    style = photo[:96, ::-1]
    painted = painter([photo[None], *encoder(style[None]).values()])[0][0]
    assert np.abs(painted.astype(int) - expected(model, photo, style)).mean() < TOLERANCE


def test_styles_come_ready_and_the_built_in_ones_as_practised(adain_here, photo: np.ndarray, tmp_path: Path):
    Image.fromarray(photo[..., ::-1].copy()).save(tmp_path / "mine.png")
    assert adain_here("export", "onnx")[0] == 0
    assert adain_here("export", "styles") == (0, "")
    assert adain_here("export", "styles", "-s", "mosaic", "-s", "mine.png", "-o", "o/two.npz") == (0, "")
    assert adain_here("export", "styles", "-s", "mosaic", "--calm", 0.7, "-o", "o/calm.npz") == (0, "")
    every, two = np.load("fast_styles.npz"), np.load("o/two.npz")
    assert every["name"].tolist() == list(list_styles()) and two["name"].tolist() == ["mosaic", "mine"]
    stylizer = Stylizer("fast", device="cpu", dtype="float32")
    painter = onnxruntime.InferenceSession("fast.onnx")
    for number, style in enumerate(("mosaic", "mine.png")):
        given = {part: two[part][[number]] for part in ("mean", "std", "palette")}
        painted = painter.run(None, {"content": photo[None], **given})[0][0]
        wanted = stylizer.stylize(photo, stylizer.encode_style(style))
        assert np.abs(painted.astype(int) - wanted).mean() < TOLERANCE
    for part in ("mean", "std", "palette"):
        assert np.array_equal(every[part][every["name"].tolist().index("mosaic")], two[part][0])
    calm = np.load("o/calm.npz")
    painted = painter.run(None, {"content": photo[None], **{part: calm[part] for part in ("mean", "std", "palette")}})
    wanted = stylizer.stylize(photo, stylizer.calmed(stylizer.encode_style("mosaic"), 0.7))
    assert np.abs(painted[0][0].astype(int) - wanted).mean() < TOLERANCE


def test_mistakes_are_one_line(adain_here, photo: np.ndarray, tmp_path: Path):
    (tmp_path / "other").mkdir()
    for folder in (".", "other"):
        Image.fromarray(photo).save(tmp_path / folder / "mine.png")
    for call, words in (
        (["onnx", "-o", "x.txt"], "ends in .onnx"),
        (["onnx", "--model", "slow"], "unknown model"),
        (["styles", "-s", "mosaic", "-o", "x.txt"], "ends in .npz"),
        (["styles", "-s", "mine.png", "-s", "other/mine.png"], "two styles named 'mine'"),
    ):
        got, errors = adain_here("export", *call)
        assert got == 1 and words in errors and errors.count("error") <= 1, errors
