"""Exported graphs paint what the library paints, in another runtime, at any size and in any style."""

from pathlib import Path

import numpy as np
import pytest

from adain import Stylizer

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


def test_mistakes_are_one_line(adain_here):
    for arguments, words in ((["-o", "x.txt"], "ends in .onnx"), (["--model", "slow"], "unknown model")):
        got, errors = adain_here("export", "onnx", *arguments)
        assert got == 1 and words in errors and errors.count("error") <= 1, errors
